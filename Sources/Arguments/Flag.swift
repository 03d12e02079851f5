/// One flag of a command: everything that the parser, the help, the man page and the completions say about it.
public struct Flag: Sendable {
  /// The long name without its dashes, such as `container`.
  public var name: String
  /// The one-letter name.
  public var short: Character?
  /// What follows it; nil for a switch.
  public var value: Value?
  /// One line, lower case, without a full stop.
  public var summary: String
  /// Further sentences for `--help` and the man page; empty when the summary says it all.
  public var discussion: String
  /// Whether each further use adds a value. Otherwise a second use is an error: silently ignoring one of two
  /// contradicting wishes would be worse.
  public var isRepeatable: Bool

  public init(
    _ name: String, short: Character? = nil, value: Value? = nil, summary: String, discussion: String = "",
    isRepeatable: Bool = false
  ) {
    self.name = name
    self.short = short
    self.value = value
    self.summary = summary
    self.discussion = discussion
    self.isRepeatable = isRepeatable
  }
}

extension Flag {
  /// The value of a flag.
  public struct Value: Sendable {
    /// The word that stands for it in help, such as `FILE`.
    public var name: String
    public var kind: ValueKind
    /// What holds when the flag is absent, as it would be typed.
    public var standard: String?

    public init(_ name: String, _ kind: ValueKind, standard: String? = nil) {
      self.name = name
      self.kind = kind
      self.standard = standard
    }
  }
}

/// One positional argument, or a run of them.
public struct Operand: Sendable {
  public var name: String
  public var kind: ValueKind
  public var summary: String
  public var isOptional: Bool
  public var isRepeatable: Bool

  public init(_ name: String, _ kind: ValueKind, summary: String, isOptional: Bool = false, isRepeatable: Bool = false)
  {
    self.name = name
    self.kind = kind
    self.summary = summary
    self.isOptional = isOptional
    self.isRepeatable = isRepeatable
  }
}

/// What may be typed as a value: decides what the parser accepts and what a completion offers.
public enum ValueKind: Sendable, Equatable {
  case text
  case file
  /// A container: full id, unambiguous prefix, or name.
  case container
  /// One of some words.
  case choice([Choice])
  /// Such as `30s`; see ``parseDuration(_:)``.
  case duration
  /// Such as `64MiB`; see ``parseSize(_:)``.
  case size
  /// Such as `14:02`; see ``TimeExpression``.
  case time
  /// Either: `export --to jsonl --from 14:00 --to 14:05` means both, once each.
  case choiceOrTime([Choice])
  /// The name of one of the program's commands.
  case commandName
  /// A program to run and its arguments.
  case commandLine
}

/// One word of a ``ValueKind/choice(_:)``.
public struct Choice: Sendable, Equatable {
  public var name: String
  public var summary: String

  public init(_ name: String, _ summary: String) {
    self.name = name
    self.summary = summary
  }
}

extension ValueKind {
  /// The words that can be offered for it.
  public var choices: [Choice] {
    switch self {
    case .choice(let choices), .choiceOrTime(let choices): choices
    default: []
    }
  }

  /// What a value has to look like, to end the sentence "… is not".
  var expectation: String {
    switch self {
    case .text: "some text"
    case .file: "a file"
    case .container: "a container's id or name"
    case .choice(let choices): list(choices)
    case .duration: "a duration such as 30s, 5m or 1h30m"
    case .size: "a size such as 64MiB or 1GiB"
    case .time: "a time such as 2026-01-31T14:02:05Z, 14:02, -30s or trigger-10s"
    case .choiceOrTime(let choices): "\(list(choices)), or a time such as 14:02 or -30s"
    case .commandName: "a command's name"
    case .commandLine: "a command"
    }
  }

  /// Whether `value` has the right shape. Whether the file or container exists is for the command to find out.
  func accepts(_ value: String) -> Bool {
    switch self {
    case .text, .commandName, .commandLine: true
    case .file, .container: !value.isEmpty
    case .choice(let choices): choices.contains { $0.name == value }
    case .duration: parseDuration(value) != nil
    case .size: parseSize(value) != nil
    case .time: TimeExpression(value) != nil
    case .choiceOrTime(let choices): choices.contains { $0.name == value } || TimeExpression(value) != nil
    }
  }

  private func list(_ choices: [Choice]) -> String {
    let names = choices.map(\.name)
    guard let last = names.last, names.count > 1 else { return names.first ?? "" }
    return names.dropLast().joined(separator: ", ") + " or " + last
  }
}
