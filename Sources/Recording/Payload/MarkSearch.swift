/// Passes by what holds no secret, eight bytes at a time: most payloads have few of the letters that one is known by.
enum MarkSearch {
  private static let ones: UInt64 = 0x0101_0101_0101_0101
  private static let highBits: UInt64 = 0x8080_8080_8080_8080

  /// Bits of the bytes of `word` that are 0; those above the first may be wrong.
  @inline(__always)
  private static func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & highBits }

  @inline(__always)
  private static func places(of byte: UInt8, in word: UInt64) -> UInt64 { zeros(word ^ ones &* UInt64(byte)) }

  /// How many of the next eight bytes come before the first of `:`, `=`, `-`, `_`, `A` and `J`.
  ///
  /// - Returns: Nil where the first byte is one of them, or fewer than eight are left: then each has to be looked at.
  @inline(__always)
  static func plainBytes(in bytes: UnsafeRawBufferPointer, from position: Int) -> Int? {
    guard position + 8 <= bytes.count else { return nil }
    let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
    // Of `-` and `=` one bit alone differs.
    let marks =
      places(of: UInt8(ascii: "="), in: word | ones &* 0x10) | places(of: UInt8(ascii: ":"), in: word)
      | places(of: UInt8(ascii: "_"), in: word) | places(of: UInt8(ascii: "A"), in: word)
      | places(of: UInt8(ascii: "J"), in: word)
    let count = marks.trailingZeroBitCount / 8
    return count == 0 ? nil : count
  }

  /// Whether the byte is among the last `count`.
  static func contains(_ byte: UInt8, inLast count: Int, of bytes: UnsafeRawBufferPointer) -> Bool {
    var position = max(0, bytes.count - count)
    while position + 8 <= bytes.count {
      if places(of: byte, in: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)) != 0 { return true }
      position += 8
    }
    while position < bytes.count {
      if bytes[position] == byte { return true }
      position += 1
    }
    return false
  }
}
