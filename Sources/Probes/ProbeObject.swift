/// A compiled probe program: an ELF object for the BPF target, carried inside the binary.
public struct ProbeObject: Sendable {
  /// The source's name without `.bpf.c`.
  public var name: String
  /// The object, base64: a string literal of this size compiles in a tenth of a second, an array in ten.
  public var base64: StaticString

  /// The object itself.
  ///
  /// - Complexity: O(n), some tenths of a millisecond; decoded anew each time.
  public var bytes: [UInt8] {
    base64.withUTF8Buffer { text in
      var bytes: [UInt8] = []
      bytes.reserveCapacity(text.count / 4 * 3)
      var bits: UInt32 = 0
      var count = 0
      for character in text {
        guard let value = Self.value(of: character) else { break }  // the padding
        bits = bits << 6 | value
        count += 6
        if count >= 8 {
          count -= 8
          bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
      }
      return bytes
    }
  }

  private static func value(of character: UInt8) -> UInt32? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - 65)
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - 97 + 26)
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - 48 + 52)
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
