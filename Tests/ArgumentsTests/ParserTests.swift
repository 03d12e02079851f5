internal import Arguments
internal import Testing

@Suite struct ParserTests {
  @Test(arguments: [
    ["record", "--output", "a"], ["record", "--output=a"], ["record", "-o", "a"], ["record", "-oa"],
    ["record", "-o=a"],
    ["record", "-qo", "a"], ["record", "-qoa"],
  ])
  func `a value stands apart, after an equals sign, or attached to its letter`(arguments: [String]) throws {
    guard case .run(let invocation) = try sample.parse(arguments) else { throw NotRun() }
    #expect(invocation.value(of: "output") == "a")
  }

  @Test func `letters bundle`() throws {
    let invocation = try invocation("record", "-qv")
    #expect(invocation.isSet("quiet") && invocation.isSet("verbose") && !invocation.isSet("output"))
  }

  @Test func `flags and files mix`() throws {
    let invocation = try invocation("ps", "a", "--json", "-", "--container", "web", "b")
    #expect(invocation.operands == ["a", "-", "b"])
    #expect(invocation.isSet("json"))
  }

  @Test func `a repeatable flag keeps every value in order`() throws {
    let invocation = try invocation("ps", "a", "--container", "web", "--container=db")
    #expect(invocation.values(of: "container") == ["web", "db"])
  }

  @Test func `a default holds until the flag is typed, and does not count as typed`() throws {
    let absent = try invocation("record")
    #expect(absent.size(of: "size") == 1 << 30)
    #expect(!absent.isSet("size"))
    #expect(try invocation("record", "--size", "4KiB").size(of: "size") == 4096)
  }

  @Test func `two dashes start a command line, flags and all`() throws {
    let invocation = try invocation("record", "-q", "--", "sh", "-c", "--", "--output")
    #expect(invocation.trailing == ["sh", "-c", "--", "--output"])
    #expect(!invocation.isSet("output"))
  }

  @Test func `two dashes end the flags of a command that takes no command line`() throws {
    #expect(try invocation("ps", "--", "--json").operands == ["--json"])
  }

  @Test func `a time may begin with a dash`() throws {
    #expect(try invocation("ps", "a", "--from", "-30s").time(of: "from") == .beforeEnd(.seconds(30)))
  }

  @Test func `one flag takes a word and a time, each once`() throws {
    let both = try invocation("ps", "a", "--to", "jsonl", "--to", "-5s")
    #expect(both.choice(of: "to") == "jsonl")
    #expect(both.time(of: "to") == .beforeEnd(.seconds(5)))
    #expect(mistake(["ps", "a", "--to", "jsonl", "--to", "json"]) == .repeatedFlag("--to", command: "ps"))
    #expect(mistake(["ps", "a", "--to", "14:02", "--to", "14:03"]) == .repeatedFlag("--to", command: "ps"))
  }

  @Test(
    arguments: [
      (["-h"], nil, false), (["--help"], nil, true), (["ps", "-h"], "ps", false), (["ps", "--help"], "ps", true),
      (["record", "-qh"], "record", false), (["ps", "--help", "--nonsense"], "ps", true),
    ] as [([String], String?, Bool)])
  func `help is understood everywhere`(arguments: [String], command: String?, isLong: Bool) throws {
    guard case .help(command, isLong) = try sample.parse(arguments) else {
      Issue.record("\(arguments) is not understood as a wish for help")
      return
    }
  }

  @Test func `help after two dashes belongs to the other program`() throws {
    #expect(try invocation("record", "--", "ls", "--help").trailing == ["ls", "--help"])
  }

  @Test(arguments: ["-V", "--version"]) func `the version is understood`(flag: String) throws {
    guard case .version = try sample.parse([flag]) else { throw NotRun() }
  }

  @Test func `an optional operand may be absent`() throws {
    #expect(try invocation("help").operands == [])
    #expect(try invocation("help", "ps").operands == ["ps"])
  }
}
