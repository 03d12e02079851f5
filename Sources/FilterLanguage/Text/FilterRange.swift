/// A part of a filter's text, in bytes.
public struct FilterRange: Hashable, Sendable {
  public var start: Int
  public var end: Int

  public init(_ start: Int, _ end: Int) {
    self.start = start
    self.end = end
  }

  func union(_ other: FilterRange) -> FilterRange { FilterRange(min(start, other.start), max(end, other.end)) }
}

/// Line and column in a text, both counted from 1; the column in Unicode scalars.
public struct FilterPlace: Hashable, Sendable, CustomStringConvertible {
  public var line: Int
  public var column: Int

  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  public init(of offset: Int, in text: [UInt8]) {
    var line = 1
    var column = 1
    for byte in text.prefix(max(offset, 0)) {
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else if byte & 0xc0 != 0x80 {
        column += 1
      }
    }
    self.init(line: line, column: column)
  }

  public var description: String { "line \(line), column \(column)" }
}
