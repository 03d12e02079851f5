internal import Arguments

/// What is wrong with a filter, and where in its text.
public struct FilterError: Error, Hashable, Sendable {
  public var problem: FilterProblem
  public var range: FilterRange

  init(_ problem: FilterProblem, at range: FilterRange) {
    self.problem = problem
    self.range = range
  }
}

/// The facts; their wording is ``FilterProblem/message`` and ``FilterProblem/hint``.
public enum FilterProblem: Hashable, Sendable {
  case empty
  case tooLong(limit: Int)
  case tooDeep(limit: Int)
  case tooLarge(limit: Int)
  case unexpected(String, expected: String)
  case missing(String)
  case openQuote
  case invalidEscape(String)
  case unknownField(String, suggestion: String?)
  case unknownOperator(String, suggestion: String?)
  case unknownTransformer(String, suggestion: String?)
  case unknownMacro(String, suggestion: String?)
  case unknownList(String, suggestion: String?)
  case circular(String)
  case argumentMissing(field: String, example: String)
  case argumentUnwanted(field: String)
  case argumentInvalid(field: String, String, expected: String)
  case unsuitable(operator: String, field: String, type: String, suitable: String)
  case unsuitableList(operator: String, field: String)
  case invalidValue(String, field: String, type: String, example: String)
  case invalidRegex(String)
  case notComparable(field: String, with: String)
  case notTransformable(transformer: String, field: String, wants: String)
  case wrongArguments(transformer: String, wants: String)
}

extension FilterProblem {
  /// One line.
  public var message: String {
    switch self {
    case .empty: "the filter is empty"
    case .tooLong(let limit): "the filter is longer than \(limit) bytes"
    case .tooDeep(let limit): "more than \(limit) levels of parentheses"
    case .tooLarge(let limit): "with its macros the filter has more than \(limit) checks"
    case .unexpected(let found, let expected): "unexpected \(found): \(expected) expected"
    case .missing(let what): "\(what) expected"
    case .openQuote: "the quote is not closed"
    case .invalidEscape(let escape): "'\(escape)' is no escape"
    case .unknownField(let name, _): "unknown field '\(name)'"
    case .unknownOperator(let name, _): "unknown operator '\(name)'"
    case .unknownTransformer(let name, _): "unknown transformer '\(name)'"
    case .unknownMacro(let name, _): "unknown macro '\(name)'"
    case .unknownList(let name, _): "unknown list '\(name)'"
    case .circular(let name): "'\(name)' refers to itself"
    case .argumentMissing(let field, _): "'\(field)' lacks its argument"
    case .argumentUnwanted(let field): "'\(field)' takes no argument"
    case .argumentInvalid(let field, let text, let expected): "'\(field)' wants \(expected) in brackets, not '\(text)'"
    case .unsuitable(let comparator, let field, let type, _):
      "'\(comparator)' cannot compare '\(field)', which is \(type)"
    case .unsuitableList(let comparator, let field): "'\(comparator)' cannot compare '\(field)', which is a list"
    case .invalidValue(let text, let field, let type, _):
      "'\(text)' cannot be compared with '\(field)', which is \(type)"
    case .invalidRegex(let why): "the regular expression is invalid: \(why)"
    case .notComparable(let field, let other): "'\(field)' cannot be compared with \(other)"
    case .notTransformable(let transformer, let field, let wants):
      "'\(transformer)' cannot take '\(field)': it wants \(wants)"
    case .wrongArguments(let transformer, let wants): "'\(transformer)' wants \(wants)"
    }
  }

  /// What would help; nil where nothing is known.
  public var hint: String? {
    switch self {
    case .unknownField(_, let near): near.map { "did you mean '\($0)'?" } ?? "`aftertrace fields` lists them"
    case .unknownOperator(_, let near):
      near.map { "did you mean '\($0)'?" } ?? "there are: "
        + FilterOperator.allCases.map(\.rawValue).joined(separator: " ")
    case .unknownTransformer(_, let near):
      near.map { "did you mean '\($0)'?" }
        ?? "there are: " + FilterTransformer.allCases.map(\.rawValue).joined(separator: " ")
    case .unknownMacro(_, let near):
      near.map { "did you mean '\($0)'?" } ?? "a check is a field, an operator and a value, as in proc.name = sh"
    case .unknownList(_, let near):
      near.map { "did you mean '\($0)'?" } ?? "a list of values stands in parentheses: (sh, bash)"
    case .argumentMissing(_, let example): "as in \(example)"
    case .unsuitable(_, _, _, let suitable): "it can be compared with \(suitable)"
    case .unsuitableList: "it can be compared with in, intersects and exists"
    case .invalidValue(_, _, _, let example): "as in \(example)"
    case .invalidEscape: "there are \\b \\f \\n \\r \\t \\\\ \\/ \\xHH and the quote"
    case .invalidRegex: "RE2's POSIX syntax: [[:digit:]], not \\d"
    default: nil
    }
  }
}

extension FilterError {
  public func place(in text: String) -> FilterPlace { FilterPlace(of: range.start, in: Array(text.utf8)) }

  /// The message, the line it is about, and a caret under the place, with what would help.
  ///
  /// ```
  /// unknown field 'proc.nam'
  ///   proc.nam = nginx
  ///   ^^^^^^^^ did you mean 'proc.name'?
  /// ```
  public func description(in text: String) -> String {
    let bytes = Array(text.utf8)
    let start = min(max(range.start, 0), bytes.count)
    let end = min(max(range.end, start), bytes.count)
    let place = FilterPlace(of: start, in: bytes)
    let lineStart = bytes[..<start].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    let lineEnd = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
    let before = scalars(bytes[lineStart..<start])
    let marked = scalars(bytes[start..<min(end, lineEnd)])
    let after = scalars(bytes[min(end, lineEnd)..<lineEnd])
    var head = problem.message
    if bytes.contains(UInt8(ascii: "\n")) { head += " (\(place))" }
    if bytes.isEmpty { return head }
    // A long line is shown around the place.
    let shownBefore = before.count > 60 ? ["…"] + before.suffix(59) : before
    let shownMarked = marked.count > 80 ? marked.prefix(79) + ["…"] : marked[...]
    let room = max(0, 100 - shownBefore.count - shownMarked.count)
    let shownAfter = after.count > room ? after.prefix(room) + ["…"] : after[...]
    let line = (shownBefore + shownMarked + shownAfter).joined()
    let carets =
      String(repeating: " ", count: shownBefore.count) + String(repeating: "^", count: max(1, shownMarked.count))
    return head + "\n  " + line + "\n  " + carets + (problem.hint.map { " " + $0 } ?? "")
  }

  /// A column each: tabs and what a terminal would act on are shown as a blank.
  private func scalars(_ bytes: ArraySlice<UInt8>) -> [String] {
    String(decoding: bytes, as: UTF8.self).unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : String($0) }
  }
}

/// The name nearest to one that is unknown, of many.
func nearest(_ name: String, among names: some Collection<String>) -> String? {
  suggestion(for: name, among: Array(names))
}
