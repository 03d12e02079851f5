/// One end of a connection, in the one form the file stores: family and port (u16, little-endian), then 4 or 16 bytes
/// of address; for Unix sockets the path, whose leading NUL marks an abstract name.
public struct Endpoint: Hashable, Sendable {
  public static let unix: UInt16 = 1
  public static let ipv4: UInt16 = 2
  public static let ipv6: UInt16 = 10

  public var family: UInt16
  public var port: UInt16
  public var address: [UInt8]

  public init(family: UInt16, port: UInt16, address: [UInt8]) {
    self.family = family
    self.port = port
    self.address = address
  }

  /// Reads the stored form; nil when it is too short for its family.
  public init?(stored bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    guard bytes.count >= 4 else { return nil }
    family = UInt16(bytes[0]) | UInt16(bytes[1]) << 8
    port = UInt16(bytes[2]) | UInt16(bytes[3]) << 8
    address = Array(bytes[4...])
    switch family {
    case Self.ipv4: if address.count != 4 { return nil }
    case Self.ipv6: if address.count != 16 { return nil }
    default: break
    }
  }

  /// Reads a `struct sockaddr` as a program passed it; nil when it is too short for its family.
  public init?(socketAddress bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    guard bytes.count >= 2 else { return nil }
    family = UInt16(bytes[0]) | UInt16(bytes[1]) << 8
    port = 0
    switch family {
    case Self.ipv4:
      guard bytes.count >= 8 else { return nil }
      port = UInt16(bytes[2]) << 8 | UInt16(bytes[3])
      address = Array(bytes[4..<8])
    case Self.ipv6:
      guard bytes.count >= 24 else { return nil }
      port = UInt16(bytes[2]) << 8 | UInt16(bytes[3])
      address = Array(bytes[8..<24])
    case Self.unix:
      let name = bytes[2...]
      address = name.first == 0 ? Array(name) : Array(name.prefix { $0 != 0 })
    default:
      address = Array(bytes[2...])
    }
  }

  public var stored: [UInt8] {
    [UInt8(truncatingIfNeeded: family), UInt8(truncatingIfNeeded: family >> 8)]
      + [UInt8(truncatingIfNeeded: port), UInt8(truncatingIfNeeded: port >> 8)] + address
  }

  public var isInternet: Bool { family == Self.ipv4 || family == Self.ipv6 }

  /// The address without its port; nil for families that have none.
  public var ip: String? {
    switch family {
    case Self.ipv4: address.map(String.init).joined(separator: ".")
    case Self.ipv6: Self.text(ofIPv6: address)
    default: nil
    }
  }

  /// RFC 5952: lower case, the longest run of two or more zero groups shortened, the first one on a tie.
  private static func text(ofIPv6 bytes: [UInt8]) -> String {
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

extension Endpoint: CustomStringConvertible {
  public var description: String {
    switch family {
    case Self.ipv4: "\(ip ?? ""):\(port)"
    case Self.ipv6: "[\(ip ?? "")]:\(port)"
    case Self.unix:
      address.first == 0
        ? "unix:@" + String(decoding: address.dropFirst(), as: UTF8.self)
        : "unix:" + String(decoding: address, as: UTF8.self)
    default: "family \(family)"
    }
  }
}
