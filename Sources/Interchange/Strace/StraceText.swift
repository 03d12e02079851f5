/// A place in a line of strace, and what is read from there.
///
/// Bounded: nothing is read behind the line, whatever stands in it.
struct StraceText {
  let bytes: ArraySlice<UInt8>
  private(set) var place: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    place = bytes.startIndex
  }

  var rest: ArraySlice<UInt8> { bytes[place...] }
  var isAtEnd: Bool { place >= bytes.endIndex }
  var next: UInt8? { isAtEnd ? nil : bytes[place] }

  mutating func skip(_ count: Int = 1) { place = min(place + count, bytes.endIndex) }
  mutating func skipSpaces() { while next == UInt8(ascii: " ") || next == UInt8(ascii: "\t") { place += 1 } }

  func starts(with text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard bytes.endIndex - place >= count else { return false }
    return bytes[place..<(place + count)].elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: count))
  }

  mutating func take(_ text: StaticString) -> Bool {
    guard starts(with: text) else { return false }
    place += text.utf8CodeUnitCount
    return true
  }

  /// Digits; nil where there are none, or too many.
  mutating func takeNumber() -> Int64? {
    var value: Int64 = 0
    let start = place
    while let digit = next, (48...57).contains(digit), place - start < 18 {
      value = value * 10 + Int64(digit - 48)
      place += 1
    }
    return place > start ? value : nil
  }

  /// Letters, digits and underscores.
  mutating func takeWord() -> ArraySlice<UInt8> {
    let start = place
    while let byte = next, Self.isWord(byte) { place += 1 }
    return bytes[start..<place]
  }

  static func isWord(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == UInt8(ascii: "_")
  }

  /// Passes over a string, `"…"` with backslashes, to behind its end.
  mutating func skipString() {
    skip()
    while let byte = next {
      skip(byte == UInt8(ascii: "\\") ? 2 : 1)
      if byte == UInt8(ascii: "\"") { return }
    }
  }

  /// Passes over what `-y` writes behind a descriptor, `</etc/passwd>` or `<TCP:[10.0.0.1:80->10.0.0.2:4242]>`.
  mutating func takeAnnotation() -> ArraySlice<UInt8>? {
    guard next == UInt8(ascii: "<") else { return nil }
    let start = place + 1
    var depth = 0
    var at = place
    while at < bytes.endIndex {
      switch bytes[at] {
      case UInt8(ascii: "<"): depth += 1
      case UInt8(ascii: "-") where at + 1 < bytes.endIndex && bytes[at + 1] == UInt8(ascii: ">"): at += 1
      case UInt8(ascii: ">"):
        depth -= 1
        if depth == 0 {
          place = at + 1
          return bytes[start..<at]
        }
      default: break
      }
      at += 1
    }
    return nil
  }

  /// The argument that begins here, to its comma or to the parenthesis that ends them all; neither is part of it.
  mutating func takeArgument() -> ArraySlice<UInt8> {
    skipSpaces()
    let start = place
    var depth = 0
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""): skipString()
      case UInt8(ascii: "<") where place > start && Self.isWord(bytes[place - 1]):
        if takeAnnotation() == nil { skip() }
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"):
        depth += 1
        skip()
      case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
        if depth == 0 { return trimmed(start) }
        depth -= 1
        skip()
      case UInt8(ascii: ",") where depth == 0: return trimmed(start)
      default: skip()
      }
    }
    return trimmed(start)
  }

  private func trimmed(_ start: Int) -> ArraySlice<UInt8> {
    var end = place
    while end > start, bytes[end - 1] == UInt8(ascii: " ") { end -= 1 }
    return bytes[start..<end]
  }

  /// What a string in quotes says: `\n`, `\33`, `\x1b`, `\"`. Nil where none begins here.
  static func unquoted(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    var reader = StraceText(text)
    // An abstract address begins with NUL.
    var result: [UInt8] = reader.take("@") ? [0] : []
    guard reader.next == UInt8(ascii: "\"") else { return nil }
    reader.skip()
    while let byte = reader.next, byte != UInt8(ascii: "\"") {
      reader.skip()
      guard byte == UInt8(ascii: "\\"), let escaped = reader.next else {
        result.append(byte)
        continue
      }
      reader.skip()
      switch escaped {
      case UInt8(ascii: "n"): result.append(10)
      case UInt8(ascii: "t"): result.append(9)
      case UInt8(ascii: "r"): result.append(13)
      case UInt8(ascii: "v"): result.append(11)
      case UInt8(ascii: "f"): result.append(12)
      case UInt8(ascii: "x"):
        var value: UInt8 = 0
        for _ in 0..<2 {
          guard let digit = reader.next.flatMap(hexadecimal) else { break }
          value = value &* 16 &+ digit
          reader.skip()
        }
        result.append(value)
      case 48...55:
        var value = UInt16(escaped - 48)
        for _ in 0..<2 {
          guard let digit = reader.next, (48...55).contains(digit) else { break }
          value = value * 8 + UInt16(digit - 48)
          reader.skip()
        }
        result.append(UInt8(truncatingIfNeeded: value))
      default: result.append(escaped)
      }
    }
    return result
  }

  private static func hexadecimal(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 48...57: byte - 48
    case 97...102: byte - 87
    case 65...70: byte - 55
    default: nil
    }
  }

  /// Every string in a structure, in its order: of vectors what their parts hold.
  static func strings(in text: ArraySlice<UInt8>) -> [[UInt8]] {
    var reader = StraceText(text)
    var result: [[UInt8]] = []
    while let byte = reader.next {
      guard byte == UInt8(ascii: "\"") else {
        reader.skip()
        continue
      }
      let start = reader.place
      reader.skipString()
      if let string = unquoted(text[start..<reader.place]) { result.append(string) }
    }
    return result
  }

  /// What follows `name=` in a structure, to its comma or end.
  static func member(_ name: StaticString, in text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var reader = StraceText(text)
    while let byte = reader.next {
      if byte == UInt8(ascii: "\"") {
        reader.skipString()
        continue
      }
      let isBegin = reader.place == text.startIndex || !isWord(text[reader.place - 1])
      if isBegin, reader.take(name) { return reader.takeArgument() }
      reader.skip()
    }
    return nil
  }
}
