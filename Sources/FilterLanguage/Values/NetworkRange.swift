/// An IP address with how many of its bits count: `10.0.0.0/8`, or a single address.
public struct NetworkRange: Hashable, Sendable {
  /// Four or sixteen bytes.
  public let address: [UInt8]
  public let bits: Int

  /// Nil for what is none. Bits of the address beyond the prefix do not count.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let address = Self.address(String(parts[0])) else { return nil }
    self.address = address
    if parts.count == 1 {
      bits = address.count * 8
    } else {
      guard !parts[1].isEmpty, parts[1].utf8.allSatisfy(FilterScanner.isDigit), let bits = Int(parts[1]),
        bits <= address.count * 8
      else { return nil }
      self.bits = bits
    }
  }

  public func contains(_ other: [UInt8]) -> Bool {
    guard other.count == address.count else { return false }
    let whole = bits / 8
    guard other[..<whole].elementsEqual(address[..<whole]) else { return false }
    let rest = bits % 8
    return rest == 0 || (other[whole] ^ address[whole]) >> UInt8(8 - rest) == 0
  }

  /// `1.2.3.4`, or an IPv6 address with `::` and an embedded IPv4 one.
  public static func address(_ text: String) -> [UInt8]? { text.contains(":") ? version6(text) : version4(text) }

  private static func version4(_ text: String) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    let bytes = parts.compactMap { part -> UInt8? in
      guard !part.isEmpty, part.count <= 3, part.utf8.allSatisfy(FilterScanner.isDigit) else { return nil }
      return UInt8(part)
    }
    return bytes.count == 4 ? bytes : nil
  }

  private static func version6(_ text: String) -> [UInt8]? {
    let halves = text.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
    guard halves.count <= 2, !halves.contains(where: { $0.hasPrefix(":") || $0.hasSuffix(":") }) else { return nil }
    guard let front = groups(halves[0], isLast: halves.count == 1) else { return nil }
    guard halves.count == 2 else { return front.count == 16 ? front : nil }
    guard let back = groups(halves[1], isLast: true), front.count + back.count <= 14 else { return nil }
    return front + [UInt8](repeating: 0, count: 16 - front.count - back.count) + back
  }

  private static func groups(_ text: String, isLast: Bool) -> [UInt8]? {
    if text.isEmpty { return [] }
    var bytes: [UInt8] = []
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    for (place, part) in parts.enumerated() {
      if isLast, place == parts.count - 1, part.contains(".") {
        guard let embedded = version4(String(part)) else { return nil }
        bytes += embedded
      } else {
        guard !part.isEmpty, part.count <= 4, part.utf8.allSatisfy({ hexadecimal($0) != nil }),
          let value = UInt16(part, radix: 16)
        else { return nil }
        bytes += [UInt8(value >> 8), UInt8(truncatingIfNeeded: value)]
      }
    }
    return bytes.count <= 16 ? bytes : nil
  }
}
