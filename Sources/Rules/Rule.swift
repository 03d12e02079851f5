public import FilterLanguage

/// A rule of Falco's, with everything that files said of it.
public struct Rule: Sendable {
  public var name: String
  public var summary: String
  public var condition: String
  /// With `%field` in it.
  public var output: String
  public var priority: RulePriority
  public var tags: [String]
  public var isEnabled: Bool
  /// `syscall`, or the plugin that makes the events.
  public var source: String
  public var exceptions: [RuleException]
  /// Whether it asks for a capture, nil where it says nothing of one; and for how long in milliseconds.
  public var wantsCapture: Bool?
  public var captureDuration: Int64?
  /// A field that is not known leaves the rule out instead of being a mistake.
  public var skipsUnknownFields: Bool
  /// Where it was first written.
  public var place: RulePlace
}

/// From the gravest on, as syslog has them.
public enum RulePriority: Int, CaseIterable, Sendable, Comparable {
  case emergency, alert, critical, error, warning, notice, informational, debug

  /// Upper and lower case do not count; `INFO` is short for informational.
  public init?(_ text: String) {
    let lower = text.lowercased()
    if lower == "info" {
      self = .informational
      return
    }
    guard let found = Self.allCases.first(where: { "\($0)" == lower }) else { return nil }
    self = found
  }

  /// `Warning`
  public var name: String {
    let word = "\(self)"
    return word.prefix(1).uppercased() + word.dropFirst()
  }

  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// What a rule's condition is not to fire for.
public struct RuleException: Sendable {
  public var name: String
  /// Several fields are compared together, one value of a row each.
  public var fields: [String]
  public var comparators: [String]
  /// False: one field, whose values are a list.
  public var isTable: Bool
  public var rows: [[RuleExceptionValue]]
}

/// One value of an exception: a text, or a list of them for `in` and its like.
public enum RuleExceptionValue: Sendable {
  case one(String)
  case several([String])
}

/// A place in a file of rules.
public struct RulePlace: Hashable, Sendable, CustomStringConvertible {
  public var file: String
  public var line: Int
  public var column: Int

  public init(file: String, line: Int, column: Int) {
    self.file = file
    self.line = line
    self.column = column
  }

  public var description: String { "\(file):\(line):\(column)" }
}

/// Something that is wrong with rules.
public struct RuleProblem: Error, Hashable, Sendable, CustomStringConvertible {
  public var place: RulePlace
  public var message: String
  /// What would help.
  public var hint: String?
  /// Only worth telling: the rules are read all the same.
  public var isWarning: Bool

  public init(_ message: String, at place: RulePlace, hint: String? = nil, isWarning: Bool = false) {
    self.place = place
    self.message = message
    self.hint = hint
    self.isWarning = isWarning
  }

  public var description: String { "\(place): \(message)" }
}

/// A rule that is not tried, and why.
public struct SkippedRule: Hashable, Sendable {
  public var name: String
  public var reason: String
}

/// A rule that is ready to be tried.
public struct CompiledRule: Sendable {
  public let rule: Rule
  public let filter: CompiledFilter
  public let output: OutputTemplate

  /// Every field that its condition and its output name, also those that were folded away.
  public let fieldsNamed: Set<FieldUse>
}
