/// Why a text is not JSON.
public struct JSONError: Error, Equatable, Sendable {
  /// Counted from 1; 0 where the place is unknown.
  public var line: Int
  /// Counted in bytes from 1; 0 where the place is unknown.
  public var column: Int
  /// The parser's own words, in lower case.
  public var reason: String

  public init(line: Int, column: Int, reason: String) {
    self.line = line
    self.column = column
    self.reason = reason
  }
}

extension JSONError: CustomStringConvertible {
  public var description: String {
    line > 0 ? "line \(line), column \(column): \(reason)" : reason
  }
}
