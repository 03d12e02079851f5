/// One command of the program, as data.
public struct CommandDescription: Sendable {
  public var name: String
  /// One line, lower case, without a full stop.
  public var summary: String
  /// Paragraphs, parted by empty lines.
  public var discussion: String
  /// The heading it stands under in the program's help.
  public var group: String
  public var flags: [Flag]
  public var operands: [Operand]
  /// What may follow `--`; nil when `--` only ends the flags.
  public var trailing: Operand?
  public var examples: [Example]

  public init(
    _ name: String, group: String, summary: String, discussion: String = "", flags: [Flag] = [],
    operands: [Operand] = [], trailing: Operand? = nil, examples: [Example] = []
  ) {
    self.name = name
    self.group = group
    self.summary = summary
    self.discussion = discussion
    self.flags = flags
    self.operands = operands
    self.trailing = trailing
    self.examples = examples
  }

  /// A command line and what it is for.
  public struct Example: Sendable {
    public var command: String
    public var purpose: String

    public init(_ command: String, _ purpose: String) {
      self.command = command
      self.purpose = purpose
    }
  }
}

extension CommandDescription {
  /// Such as `ps [FLAGS] FILE…`, without the program's name.
  public var usage: String {
    var words = [name]
    if !flags.isEmpty { words.append("[FLAGS]") }
    for operand in operands {
      let word = operand.name + (operand.isRepeatable ? "…" : "")
      words.append(operand.isOptional ? "[\(word)]" : word)
    }
    if let trailing { words.append("[-- \(trailing.name)…]") }
    return words.joined(separator: " ")
  }
}

/// The whole program: its commands and the flags that stand before or instead of one.
public struct Program: Sendable {
  public var name: String
  public var version: String
  public var summary: String
  public var discussion: String
  public var commands: [CommandDescription]
  /// What each exit status means.
  public var exitStatuses: [(status: Int32, meaning: String)]
  /// Environment variables that change what it does.
  public var environment: [(name: String, meaning: String)]

  public init(
    name: String, version: String, summary: String, discussion: String, commands: [CommandDescription],
    exitStatuses: [(status: Int32, meaning: String)] = [], environment: [(name: String, meaning: String)] = []
  ) {
    self.name = name
    self.version = version
    self.summary = summary
    self.discussion = discussion
    self.commands = commands
    self.exitStatuses = exitStatuses
    self.environment = environment
  }

  public func command(named name: String) -> CommandDescription? { commands.first { $0.name == name } }

  /// The groups' headings in the order of their first command.
  var groups: [String] {
    commands.reduce(into: []) { groups, command in
      if !groups.contains(command.group) { groups.append(command.group) }
    }
  }
}

extension Flag {
  /// Understood by every command.
  static let help = Flag(
    "help", short: "h", summary: "print help; `-h` in short, `--help` at length")
  /// Understood in place of a command.
  static let version = Flag("version", short: "V", summary: "print the version")
}

extension Program {
  /// What is wrong with the declaration itself, a sentence each. A test asks that there is nothing.
  public var problems: [String] {
    var problems: [String] = []
    func require(_ holds: Bool, _ problem: @autoclosure () -> String) {
      if !holds { problems.append(problem()) }
    }
    require(Set(commands.map(\.name)).count == commands.count, "two commands share a name")
    for command in commands {
      let label = command.name
      require(isLine(command.summary), "\(label): the summary is not one lower-case line of at most 60 characters")
      let long = (command.flags + [.help]).map(\.name)
      require(Set(long).count == long.count, "\(label): two flags share a name")
      let short = (command.flags + [.help]).compactMap(\.short)
      require(Set(short).count == short.count, "\(label): two flags share a letter")
      require(
        command.operands.dropLast().allSatisfy { !$0.isOptional && !$0.isRepeatable },
        "\(label): only the last operand may be optional or repeated")
      for flag in command.flags {
        let label = "\(label) --\(flag.name)"
        require(isLine(flag.summary), "\(label): the summary is not one lower-case line of at most 60 characters")
        require(
          flag.name.allSatisfy { $0.isLowercase || $0 == "-" }, "\(label): a name is lower-case letters and dashes")
        require(flag.value != nil || !flag.isRepeatable, "\(label): a switch cannot be repeated")
        guard let value = flag.value else { continue }
        require(value.name == value.name.uppercased(), "\(label): a value's name is upper case")
        require(value.standard.map(value.kind.accepts) ?? true, "\(label): it does not accept its own default")
      }
    }
    return problems
  }

  private func isLine(_ text: String) -> Bool {
    guard let first = text.first, let last = text.last else { return false }
    return text.count <= 60 && !text.contains("\n") && !first.isUppercase && last != "."
  }
}
