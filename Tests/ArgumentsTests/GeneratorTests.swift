internal import Arguments
internal import SnapshotLab
internal import Testing

@Suite struct GeneratorTests {
  private static let plain = HelpStyle(isColoured: false)

  @Test func `help on the program lists its commands by group`() throws {
    try expectSnapshot("help-short.txt", sample.help(isLong: false, style: Self.plain))
    try expectSnapshot("help-long.txt", sample.help(isLong: true, style: Self.plain))
  }

  @Test func `help on a command shows its flags, at length with discussion and examples`() throws {
    let record = try #require(sample.command(named: "record"))
    try expectSnapshot("record-short.txt", sample.help(on: record, isLong: false, style: Self.plain))
    try expectSnapshot("record-long.txt", sample.help(on: record, isLong: true, style: Self.plain))
  }

  @Test func `the man page and the completions come from the same declaration`() throws {
    try expectSnapshot("sample.1", sample.manualPage)
    try expectSnapshot("sample.bash", sample.bashCompletion)
    try expectSnapshot("_sample", sample.zshCompletion)
    try expectSnapshot("sample.fish", sample.fishCompletion)
  }

  @Test func `help is coloured only when asked to, and says the same then`() throws {
    let record = try #require(sample.command(named: "record"))
    let plain = sample.help(on: record, isLong: true, style: Self.plain)
    let coloured = sample.help(on: record, isLong: true, style: HelpStyle(isColoured: true))
    #expect(!plain.contains("\u{1b}"))
    #expect(coloured != plain)
    #expect(coloured.replacing(#/\u{1b}\[[0-9;]*m/#, with: "") == plain)
  }

  @Test func `no line of help is wider than a terminal`() {
    for command in sample.commands {
      for line in sample.help(on: command, isLong: true, style: Self.plain).split(separator: "\n") {
        #expect(line.count <= 80)
      }
    }
  }

  @Test func `a broken declaration is described`() {
    let flag = Flag("Twice", short: "x", value: .init("n", .size, standard: "much"), summary: "Upper case.")
    let command = CommandDescription(
      "a", group: "g", summary: "",
      flags: [flag, flag, Flag("help", summary: "mine"), Flag("switch", summary: "s", isRepeatable: true)],
      operands: [
        Operand("A", .file, summary: "a", isRepeatable: true), Operand("B", .file, summary: "b"),
      ])
    let broken = Program(name: "p", version: "1", summary: "s", discussion: "", commands: [command, command])
    let problems = broken.problems.joined(separator: "\n")
    for problem in [
      "two commands share a name", "two flags share a name", "two flags share a letter", "the summary is not",
      "only the last operand", "lower-case letters", "upper case", "its own default", "a switch cannot be repeated",
    ] {
      #expect(problems.contains(problem))
    }
    #expect(sample.problems == [])
  }
}
