internal import Arguments
internal import Testing

@Suite struct UsageErrorTests {
  @Test(
    arguments: [
      ([], "no command given\n  help: `sample help` lists them"),
      (["recrod"], "unknown command 'recrod'\n  help: did you mean 'record'?"),
      (["comp"], "unknown command 'comp'\n  help: did you mean 'completions'?"),
      (["xyzzy"], "unknown command 'xyzzy'\n  help: `sample help` lists the commands"),
      (["--hepl"], "unknown flag '--hepl'\n  help: did you mean '--help'?"),
      (["--json"], "unknown flag '--json'\n  help: flags follow the command: `sample help`"),
      (["ps", "--jsno"], "ps: unknown flag '--jsno'\n  help: did you mean '--json'?"),
      (["ps", "--xyzzy=1"], "ps: unknown flag '--xyzzy'\n  help: `sample help ps` lists its flags"),
      (["ps", "-json"], "ps: unknown flag '-j'\n  help: did you mean '--json'?"),
      (["ps", "-x"], "ps: unknown flag '-x'\n  help: `sample help ps` lists its flags"),
      (
        ["record", "--for"],
        "record: '--for' lacks its value\n  help: `--for DURATION` wants a duration such as 30s, 5m or 1h30m"
      ),
      (["record", "-o", "-q"], "record: '-o' lacks its value\n  help: `-o FILE` wants a file"),
      (["record", "-o", "--for=5s"], "record: '-o' lacks its value\n  help: `-o FILE` wants a file"),
      (["record", "-o", "--", "true"], "record: '-o' lacks its value\n  help: `-o FILE` wants a file"),
      (["record", "--output="], "record: --output: '' is not a file"),
      (["record", "--for", "5"], "record: --for: '5' is not a duration such as 30s, 5m or 1h30m"),
      (["record", "--size", "much"], "record: --size: 'much' is not a size such as 64MiB or 1GiB"),
      (["record", "--quiet=yes"], "record: '--quiet' takes no value, and got 'yes'"),
      (["record", "-oa", "-ob"], "record: '-o' is given twice"),
      (["record", "--"], "record: COMMAND is missing\n  help: `sample record` wants a command after '--'"),
      (
        ["record", "ls"],
        "record: 'ls' is one argument too many\n  help: `sample help record` shows what it takes"
      ),
      (["ps"], "ps: FILE is missing\n  help: `sample ps` wants a file"),
      (["ps", "a", "--to", "xml"], "ps: --to: 'xml' is not jsonl or json, or a time such as 14:02 or -30s"),
      (["completions", "powershell"], "completions: SHELL: 'powershell' is not bash or zsh"),
      (["completions", "bsah"], "completions: SHELL: 'bsah' is not bash or zsh\n  help: did you mean 'bash'?"),
      (["help", "pss"], "help: COMMAND: 'pss' is not a command's name\n  help: did you mean 'ps'?"),
    ] as [([String], String)])
  func `a mistake is named, with what would help`(arguments: [String], message: String) {
    #expect(mistake(arguments)?.message(program: sample.name) == message)
  }

  @Test func `a suggestion is no guess at something far away, and a long word costs no time`() {
    #expect(mistake(["q"]) == .unknownCommand("q", suggestion: nil))
    #expect(mistake([String(repeating: "x", count: 1_000_000)]) != nil)
  }
}
