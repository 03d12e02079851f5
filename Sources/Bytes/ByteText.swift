extension [UInt8] {
  /// Appends the digits of `value`, with no string in between.
  public mutating func append(decimal value: UInt64) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      var rest = value
      var place = 20
      while rest >= 10 {
        let pair = UInt8(truncatingIfNeeded: rest % 100)
        rest /= 100
        place -= 2
        digits[place] = 48 + pair / 10
        digits[place + 1] = 48 + pair % 10
      }
      if rest > 0 || place == 20 {
        place -= 1
        digits[place] = 48 + UInt8(truncatingIfNeeded: rest)
      }
      append(contentsOf: UnsafeBufferPointer(rebasing: digits[place...]))
    }
  }

  public mutating func append(decimal value: Int64) {
    if value < 0 { append(UInt8(ascii: "-")) }
    append(decimal: value.magnitude)
  }

  /// Appends the digits of `value` in lower case, without leading zeros and without `0x`.
  public mutating func append(hexadecimal value: UInt64) {
    let count = Swift.max(1, (67 - value.leadingZeroBitCount) / 4)
    for place in stride(from: 4 * (count - 1), through: 0, by: -4) {
      let digit = UInt8(truncatingIfNeeded: value >> UInt64(place) & 0xf)
      append(digit < 10 ? 48 + digit : 87 + digit)
    }
  }

  /// Appends UTF-8 of `text`.
  @inline(__always)
  public mutating func append(text: String) { append(contentsOf: text.utf8) }
}
