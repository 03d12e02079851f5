internal import Arguments

/// A program with every kind of flag and operand, for the tests.
let sample = Program(
  name: "sample", version: "1.2", summary: "a sample", discussion: "What it does.\n\nAnd more.",
  commands: [
    CommandDescription(
      "record", group: "Make", summary: "record now", discussion: "At length.",
      flags: [
        Flag("output", short: "o", value: .init("FILE", .file), summary: "where to"),
        Flag("for", value: .init("DURATION", .duration), summary: "how long"),
        Flag("size", value: .init("SIZE", .size, standard: "1GiB"), summary: "how much"),
        Flag("quiet", short: "q", summary: "say less", discussion: "Nothing at all, in fact."),
        Flag("verbose", short: "v", summary: "say more"),
      ], trailing: Operand("COMMAND", .commandLine, summary: "what to run"),
      examples: [.init("sample record -- true", "Do little")]),
    CommandDescription(
      "ps", group: "Read", summary: "list [processes]: it's all",
      flags: [
        Flag("container", value: .init("ID", .container), summary: "which", isRepeatable: true),
        Flag("from", value: .init("TIME", .time), summary: "since"),
        Flag(
          "to", value: .init("FORMAT|TIME", .choiceOrTime([.init("jsonl", "lines"), .init("json", "array")])),
          summary: "until"),
        Flag("json", summary: "as JSON"),
      ], operands: [Operand("FILE", .file, summary: "a file", isRepeatable: true)]),
    CommandDescription(
      "completions", group: "About", summary: "a script",
      operands: [Operand("SHELL", .choice([.init("bash", "GNU's"), .init("zsh", "Z")]), summary: "which")]),
    CommandDescription(
      "help", group: "About", summary: "help",
      operands: [Operand("COMMAND", .commandName, summary: "on what", isOptional: true)]),
  ],
  exitStatuses: [(0, "done"), (64, "wrong usage")], environment: [("NO_COLOR", "no colour")])

/// What `arguments` ask the sample to run.
func invocation(_ arguments: String...) throws -> Invocation {
  guard case .run(let invocation) = try sample.parse(arguments) else { throw NotRun() }
  return invocation
}

/// The mistake in `arguments`; nil when there is none.
func mistake(_ arguments: [String]) -> UsageError? {
  do throws(UsageError) {
    _ = try sample.parse(arguments)
    return nil
  } catch {
    return error
  }
}

struct NotRun: Error {}
