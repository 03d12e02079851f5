extension SocketAddress {
  public static let unixFamily: UInt16 = 1
  public static let ipv4Family: UInt16 = 2
  public static let ipv6Family: UInt16 = 10

  /// Reads a `struct sockaddr` as a program passed it; nil when it is too short for its family.
  public init?(socketAddress bytes: [UInt8]) {
    guard bytes.count >= 2 else { return nil }
    let family = UInt16(bytes[0]) | UInt16(bytes[1]) << 8
    switch family {
    case Self.ipv4Family:
      guard bytes.count >= 8 else { return nil }
      self = .ipv4(address: Array(bytes[4..<8]), port: UInt16(bytes[2]) << 8 | UInt16(bytes[3]))
    case Self.ipv6Family:
      guard bytes.count >= 24 else { return nil }
      self = .ipv6(address: Array(bytes[8..<24]), port: UInt16(bytes[2]) << 8 | UInt16(bytes[3]))
    case Self.unixFamily:
      let name = bytes[2...]
      self = .unix(path: name.first == 0 ? Array(name) : Array(name.prefix { $0 != 0 }))
    default: self = .other(family: family, bytes: Array(bytes[2...]))
    }
  }

  /// The address without its port; nil for families that have none.
  public var ip: String? {
    switch self {
    case .ipv4(let address, _): address.map(String.init).joined(separator: ".")
    case .ipv6(let address, _): Self.text(ofIPv6: address)
    case .unix, .other: nil
    }
  }

  /// Nil for families that have none.
  public var port: UInt16? {
    switch self {
    case .ipv4(_, let port), .ipv6(_, let port): port
    case .unix, .other: nil
    }
  }

  /// RFC 5952: lower case, the longest run of two or more zero groups shortened, the first one on a tie.
  private static func text(ofIPv6 bytes: [UInt8]) -> String {
    guard bytes.count == 16 else { return "" }
    let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
    if groups[..<5].allSatisfy({ $0 == 0 }), groups[5] == 0xffff {
      return "::ffff:" + bytes[12...].map(String.init).joined(separator: ".")
    }
    var best = 0..<0
    var start = 0
    while start < 8 {
      var end = start
      while end < 8, groups[end] == 0 { end += 1 }
      if end - start > max(best.count, 1) { best = start..<end }
      start = max(end, start + 1)
    }
    let hex = { (range: Range<Int>) in range.map { String(groups[$0], radix: 16) }.joined(separator: ":") }
    return best.isEmpty ? hex(0..<8) : hex(0..<best.lowerBound) + "::" + hex(best.upperBound..<8)
  }
}

extension SocketAddress: CustomStringConvertible {
  public var description: String {
    switch self {
    case .ipv4(_, let port): "\(ip ?? ""):\(port)"
    case .ipv6(_, let port): "[\(ip ?? "")]:\(port)"
    case .unix(let path) where path.first == 0: "unix:@" + String(decoding: path.dropFirst(), as: UTF8.self)
    case .unix(let path): "unix:" + String(decoding: path, as: UTF8.self)
    case .other(let family, _): "family \(family)"
    }
  }
}
