/// A number as a filter has it: decimal, hexadecimal, or with a fraction.
public enum FilterNumber: Hashable, Sendable {
  case integer(Int64)
  case decimal(Double)

  /// Nil for a text that is no number, or one of more than 64 bits.
  public init?(_ text: String) {
    if let value = Self.integer(text) {
      self = .integer(value)
      return
    }
    // As upstream: digits, a point, digits, and an exponent that has a sign.
    var rest = Array(text.utf8)[...]
    if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
    let whole = rest.prefix(while: FilterScanner.isDigit)
    guard !whole.isEmpty else { return nil }
    rest = rest.dropFirst(whole.count)
    if rest.first == UInt8(ascii: ".") { rest = rest.dropFirst().drop(while: FilterScanner.isDigit) }
    if let letter = rest.first, letter | 0x20 == UInt8(ascii: "e") {
      guard let sign = rest.dropFirst().first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else {
        return nil
      }
      let digits = rest.dropFirst(2)
      guard !digits.isEmpty else { return nil }
      rest = digits.drop(while: FilterScanner.isDigit)
    }
    guard rest.isEmpty, let value = Double(text.last == "." ? String(text.dropLast()) : text), value.isFinite else {
      return nil
    }
    self = .decimal(value)
  }

  /// A whole number; one above what a signed one holds is taken by its bits.
  static func integer(_ text: String) -> Int64? {
    let lower = text.lowercased()
    if lower.hasPrefix("0x") {
      guard lower.utf8.dropFirst(2).allSatisfy({ hexadecimal($0) != nil }) else { return nil }
      return UInt64(lower.dropFirst(2), radix: 16).map { Int64(bitPattern: $0) }
    }
    return Int64(text) ?? UInt64(text).map { Int64(bitPattern: $0) }
  }
}
