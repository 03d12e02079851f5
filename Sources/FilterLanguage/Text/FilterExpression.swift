/// A filter as it was written: names are not looked up yet, nor lists and macros replaced.
public indirect enum FilterExpression: Sendable {
  /// At least two, joined by `and`.
  case all([FilterExpression])
  /// At least two, joined by `or`.
  case any([FilterExpression])
  case not(FilterExpression)
  case check(FilterCheck)
  /// A name that stands for another filter.
  case macro(FilterWord)
}

/// `proc.name in (sh, bash)`
public struct FilterCheck: Sendable {
  public var left: FilterTerm
  public var comparator: FilterOperator
  public var comparatorRange: FilterRange
  /// Only with the operators that compare with one value.
  public var quantifier: FilterQuantifier?
  public var right: FilterOperand
  public var range: FilterRange
}

/// What is compared: a field, or what is made of fields.
public indirect enum FilterTerm: Sendable {
  case field(FilterFieldName)
  case call(FilterCall)
  /// Only as an argument of a transformer.
  case literal(FilterWord)
  /// Only as an argument of a transformer.
  case list([FilterTerm], FilterRange)

  public var range: FilterRange {
    switch self {
    case .field(let name): name.range
    case .call(let call): call.range
    case .literal(let word): word.range
    case .list(_, let range): range
    }
  }
}

/// `proc.aname[2]`
public struct FilterFieldName: Sendable {
  /// As it was written, without what stands in brackets.
  public var name: String
  public var nameRange: FilterRange
  public var argument: FilterWord?
  public var range: FilterRange
}

/// `tolower(proc.name)`
public struct FilterCall: Sendable {
  public var transformer: FilterTransformer
  public var arguments: [FilterTerm]
  /// `getopt(…)[t]`
  public var selector: FilterWord?
  public var range: FilterRange
}

/// The right side of a check.
public enum FilterOperand: Sendable {
  /// Of `exists`.
  case none
  case word(FilterWord)
  case list([FilterWord], FilterRange)
  /// `in shell_binaries`
  case listName(FilterWord)
  /// `val(proc.pname)`, or a transformer.
  case term(FilterTerm, isValue: Bool)
}

/// A text of a filter, without its quotes and escapes.
public struct FilterWord: Sendable {
  /// Not always UTF-8: `"\xff"`.
  public var bytes: [UInt8]
  public var isQuoted: Bool
  public var range: FilterRange

  public init(bytes: [UInt8], isQuoted: Bool, range: FilterRange) {
    self.bytes = bytes
    self.isQuoted = isQuoted
    self.range = range
  }

  public var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// How a field is compared. The raw value is how it is written.
public enum FilterOperator: String, CaseIterable, Sendable {
  case exists
  case less = "<"
  case atMost = "<="
  case greater = ">"
  case atLeast = ">="
  /// `==` too.
  case equals = "="
  case differs = "!="
  case contains, icontains, bcontains, startswith, bstartswith, endswith, glob, iglob, regex
  case `in`, intersects, pmatch

  /// Those that take a number on the right.
  var isOrder: Bool { self == .less || self == .atMost || self == .greater || self == .atLeast }
  /// Those that take a list on the right.
  var takesList: Bool { self == .in || self == .intersects || self == .pmatch }
  /// Written in letters.
  var isWord: Bool { rawValue.utf8.first.map { $0 >= 0x61 } ?? false }
  /// A blank has to follow.
  var wantsBlank: Bool { isWord && !takesList && self != .exists }
  static let words = allCases.filter(\.isWord)
}

/// How many values of a list a check must hold for.
public enum FilterQuantifier: String, CaseIterable, Sendable {
  /// Exactly one.
  case oneof
  case anyof, allof
}

/// What makes another value of a value.
public enum FilterTransformer: String, CaseIterable, Sendable {
  case tolower, toupper, b64, basename, len
  case join, concat, getopt
}
