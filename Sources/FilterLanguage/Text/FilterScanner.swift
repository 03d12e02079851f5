/// Reads a filter's text a piece at a time.
struct FilterScanner {
  let text: [UInt8]
  private(set) var offset = 0

  init(_ text: String) { self.text = Array(text.utf8) }

  var isAtEnd: Bool { offset >= text.count }
  var next: UInt8? { offset < text.count ? text[offset] : nil }

  func byte(after count: Int) -> UInt8? { offset + count < text.count ? text[offset + count] : nil }
  func range(from start: Int) -> FilterRange { FilterRange(start, offset) }
  mutating func go(to offset: Int) { self.offset = offset }

  static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x08 || byte == 0x0d || byte == 0x0a
  }
  static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a }
  static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
  static func isNamePart(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) || byte == 0x5f }
  /// What a word without quotes may hold: `[^()"'\s=,]`.
  static func isBare(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x09...0x0d, 0x20, UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "\""), UInt8(ascii: "'"),
      UInt8(ascii: "="), UInt8(ascii: ","):
      false
    default: true
    }
  }

  /// - Returns: Whether there was one.
  @discardableResult mutating func skipBlanks() -> Bool {
    let start = offset
    while let byte = next, Self.isBlank(byte) { offset += 1 }
    return offset > start
  }

  mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    offset += 1
    return true
  }

  func stands(_ word: String) -> Bool {
    let end = offset + word.utf8.count
    return end <= text.count && text[offset..<end].elementsEqual(word.utf8)
  }

  mutating func take(_ word: String) -> Bool {
    guard stands(word) else { return false }
    offset += word.utf8.count
    return true
  }

  /// `[a-zA-Z][a-zA-Z0-9_]*`; nil when there is none.
  mutating func takeName() -> String? {
    guard let first = next, Self.isLetter(first) else { return nil }
    let start = offset
    while let byte = next, Self.isNamePart(byte) { offset += 1 }
    return String(decoding: text[start..<offset], as: UTF8.self)
  }

  /// What stands here, for messages: up to the next blank or sign.
  func wordHere() -> String {
    var end = offset
    while end < text.count, Self.isBare(text[end]) { end += 1 }
    if end == offset, end < text.count { end += 1 }
    return String(decoding: text[offset..<end], as: UTF8.self)
  }

  func rangeOfWordHere() -> FilterRange { FilterRange(offset, max(offset + wordHere().utf8.count, offset)) }

  mutating func takeBare() -> FilterWord? {
    let start = offset
    while let byte = next, Self.isBare(byte) { offset += 1 }
    guard offset > start else { return nil }
    return FilterWord(bytes: Array(text[start..<offset]), isQuoted: false, range: range(from: start))
  }

  /// What may stand in brackets without quotes: `[^]["'\s]`.
  mutating func takeBareArgument() -> FilterWord? {
    let start = offset
    while let byte = next {
      switch byte {
      case 0x09...0x0d, 0x20, UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "\""), UInt8(ascii: "'"): break
      default:
        offset += 1
        continue
      }
      break
    }
    guard offset > start else { return nil }
    return FilterWord(bytes: Array(text[start..<offset]), isQuoted: false, range: range(from: start))
  }

  /// `"…"` or `'…'`; nil when no quote stands here.
  mutating func takeQuoted() throws(FilterError) -> FilterWord? {
    guard let quote = next, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return nil }
    let start = offset
    offset += 1
    var bytes: [UInt8] = []
    while let byte = next {
      offset += 1
      if byte == quote { return FilterWord(bytes: bytes, isQuoted: true, range: range(from: start)) }
      if byte == UInt8(ascii: "\\") { bytes.append(try takeEscape(quote)) } else { bytes.append(byte) }
    }
    throw FilterError(.openQuote, at: FilterRange(start, start + 1))
  }

  /// What follows a backslash.
  private mutating func takeEscape(_ quote: UInt8) throws(FilterError) -> UInt8 {
    let start = offset - 1
    guard let byte = next else { throw FilterError(.openQuote, at: FilterRange(start, offset)) }
    offset += 1
    switch byte {
    case UInt8(ascii: "b"): return 0x08
    case UInt8(ascii: "f"): return 0x0c
    case UInt8(ascii: "n"): return 0x0a
    case UInt8(ascii: "r"): return 0x0d
    case UInt8(ascii: "t"): return 0x09
    case UInt8(ascii: "\\"), UInt8(ascii: "/"), quote: return byte
    // Old rules have it for a backslash that stands before a blank, and upstream takes it.
    case UInt8(ascii: " "): return UInt8(ascii: "\\")
    case UInt8(ascii: "x"):
      if let high = next.flatMap(hexadecimal), let low = self.byte(after: 1).flatMap(hexadecimal) {
        offset += 2
        return high << 4 | low
      }
      fallthrough
    default:
      // The whole of a character that takes several bytes.
      while let byte = next, byte & 0xc0 == 0x80 { offset += 1 }
      throw FilterError(
        .invalidEscape(String(decoding: text[start..<offset], as: UTF8.self)), at: range(from: start))
    }
  }
}

/// The value of a hexadecimal digit.
func hexadecimal(_ byte: UInt8) -> UInt8? {
  switch byte {
  case 0x30...0x39: byte - 0x30
  case 0x41...0x46: byte - 0x37
  case 0x61...0x66: byte - 0x57
  default: nil
  }
}
