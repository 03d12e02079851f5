extension Program {
  /// Reads a command line, `arguments` being without the program's own name.
  ///
  /// Flags and operands mix freely. A flag's value is the next argument or what follows `=`; short switches bundle, and
  /// the last of a bundle may carry its value (`-oweb.pcapng`). `--` ends the flags, and starts a command line where the
  /// command takes one. `-h` and `--help` win over any mistake that follows them.
  public func parse(_ arguments: [String]) throws(UsageError) -> Request {
    guard let first = arguments.first else { throw .missingCommand }
    switch first {
    case "-h": return .help(command: nil, isLong: false)
    case "--help": return .help(command: nil, isLong: true)
    case "-V", "--version": return .version
    default: break
    }
    guard let command = command(named: first) else {
      if first.hasPrefix("-"), first != "-" {
        let near = suggestion(for: first, among: ["--help", "--version"])
        throw .unknownFlag(first, command: nil, suggestion: near)
      }
      throw .unknownCommand(first, suggestion: suggestion(for: first, among: commands.map(\.name)))
    }
    var reader = CommandReader(command, arguments.dropFirst())
    if let help = try reader.readAll() { return .help(command: command.name, isLong: help == .long) }
    return .run(try reader.finish(commands: commands.map(\.name)))
  }
}

/// Reads the arguments of one command.
private struct CommandReader {
  enum HelpWanted { case short, long }

  private let command: CommandDescription
  private var rest: ArraySlice<String>
  private var invocation: Invocation

  init(_ command: CommandDescription, _ arguments: ArraySlice<String>) {
    self.command = command
    rest = arguments
    invocation = Invocation(command)
  }

  /// Reads to the end, or to the first wish for help.
  mutating func readAll() throws(UsageError) -> HelpWanted? {
    while let argument = rest.popFirst() {
      if argument == "--" {
        if command.trailing != nil { invocation.trailing = Array(rest) } else { invocation.operands += rest }
        rest = []
      } else if argument == "--help" {
        return .long
      } else if argument.hasPrefix("--") {
        try readLong(argument)
      } else if argument.hasPrefix("-"), argument != "-" {
        if try readShort(argument) { return .short }
      } else {
        invocation.operands.append(argument)
      }
    }
    return nil
  }

  private mutating func readLong(_ argument: String) throws(UsageError) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let name = String(parts[0].dropFirst(2))
    guard let flag = command.flags.first(where: { $0.name == name }) else {
      let names = command.flags.map { "--\($0.name)" } + ["--help"]
      throw .unknownFlag(parts[0], command: command.name, suggestion: suggestion(for: parts[0], among: names))
    }
    try take(flag, as: parts[0], attached: parts.count == 2 ? parts[1] : nil)
  }

  /// - Returns: Whether `-h` was among the letters.
  private mutating func readShort(_ argument: String) throws(UsageError) -> Bool {
    var letters = argument.dropFirst()
    while let letter = letters.popFirst() {
      if letter == "h" { return true }
      guard let flag = command.flags.first(where: { $0.short == letter }) else {
        let long = "--\(argument.dropFirst())"
        let known = command.flags.contains { "--\($0.name)" == long }
        throw .unknownFlag("-\(letter)", command: command.name, suggestion: known ? long : nil)
      }
      guard flag.value != nil, !letters.isEmpty else {
        try take(flag, as: "-\(letter)", attached: nil)
        continue
      }
      try take(flag, as: "-\(letter)", attached: String(letters.first == "=" ? letters.dropFirst() : letters))
      return false
    }
    return false
  }

  private mutating func take(_ flag: Flag, as typed: String, attached: String?) throws(UsageError) {
    let earlier = invocation.typed[flag.name]
    guard let wanted = flag.value else {
      if let attached { throw .unexpectedValue(attached, flag: typed, command: command.name) }
      // A switch twice says the same twice.
      invocation.typed[flag.name] = earlier ?? []
      return
    }
    guard let value = attached ?? nextValue() else {
      throw .missingValue(flag: typed, command: command.name, name: wanted.name, expectation: wanted.kind.expectation)
    }
    guard wanted.kind.accepts(value) else {
      throw .invalidValue(value, flag: typed, command: command.name, expectation: wanted.kind.expectation)
    }
    let words = wanted.kind.choices.map(\.name)
    let isRepeated =
      switch wanted.kind {
      case .choiceOrTime: earlier?.contains { words.contains($0) == words.contains(value) } ?? false
      default: earlier != nil
      }
    if isRepeated, !flag.isRepeatable { throw .repeatedFlag(typed, command: command.name) }
    invocation.typed[flag.name, default: []].append(value)
  }

  /// The next argument, unless it is one of the command's own flags or `--`: then somebody forgot the value. `-30s` and
  /// `-` are values.
  private mutating func nextValue() -> String? {
    guard let next = rest.first, next != "--" else { return nil }
    let name = next.prefix { $0 != "=" }
    if name == "--help" || command.flags.contains(where: { "--\($0.name)" == name }) { return nil }
    if next.count == 2, command.flags.contains(where: { flag in flag.short.map { "-\($0)" == next } ?? false }) {
      return nil
    }
    return rest.popFirst()
  }

  /// Checks the operands once all are read.
  consuming func finish(commands: [String]) throws(UsageError) -> Invocation {
    var index = 0
    for operand in command.operands {
      let end = operand.isRepeatable ? invocation.operands.count : min(index + 1, invocation.operands.count)
      if index == end, !operand.isOptional {
        throw .missingOperand(operand.name, command: command.name, expectation: operand.kind.expectation)
      }
      for value in invocation.operands[index..<end] { try check(value, operand, commands) }
      index = end
    }
    if index < invocation.operands.count {
      throw .unexpectedOperand(invocation.operands[index], command: command.name)
    }
    if let trailing = command.trailing, invocation.trailing?.isEmpty ?? false {
      throw .missingOperand(trailing.name, command: command.name, expectation: "a command after '--'")
    }
    return invocation
  }

  private func check(_ value: String, _ operand: Operand, _ commands: [String]) throws(UsageError) {
    let isKnown = operand.kind == .commandName ? commands.contains(value) : operand.kind.accepts(value)
    if isKnown { return }
    let words = operand.kind == .commandName ? commands : operand.kind.choices.map(\.name)
    throw .invalidOperand(
      value, name: operand.name, command: command.name, expectation: operand.kind.expectation,
      suggestion: suggestion(for: value, among: words))
  }
}
