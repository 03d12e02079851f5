internal import Configuration
internal import Testing
internal import YAML

@Suite struct ConfigurationProblemTests {
  @Test(arguments: [
    (
      "memory:\n  bugdet: 256MiB\n",
      """
      test.yaml:2:3: memory: unknown key 'bugdet'
        bugdet: 256MiB
        ^^^^^^ did you mean 'budget'?
      """
    ),
    (
      "budget: 256MiB\n",
      """
      test.yaml:1:1: unknown key 'budget'
        budget: 256MiB
        ^^^^^^ did you mean 'memory.budget'?
      """
    ),
    (
      "windows.detail.before: 1m\n",
      """
      test.yaml:1:1: unknown key 'windows.detail.before'
        windows.detail.before: 1m
        ^^^^^^^^^^^^^^^^^^^^^ maps are nested: write windows: {detail: {before: …}}
      """
    ),
    (
      "windows:\n  detail: {before: 30}\n",
      """
      test.yaml:2:20: windows.detail.before: '30' is not a duration from 1s to 1d, such as 30s or 1h30m
        detail: {before: 30}
                         ^^ a number needs its unit, such as 30s or 30MiB
      """
    ),
    (
      "captures: {quota: 1KiB}\n",
      """
      test.yaml:1:19: captures.quota: '1KiB' is not off or a size from 1MiB to 1024TiB
        captures: {quota: 1KiB}
                          ^^^^
      """
    ),
    (
      "log:\n  level: info\n  level: debug\n",
      """
      test.yaml:3:3: the key 'level' is here twice: first in line 2
        level: debug
        ^
      """
    ),
    (
      "memory:\n\tbudget: 1GiB\n",
      """
      test.yaml:2:1: found character that cannot start any token, while scanning for the next token
        \u{fffd}budget: 1GiB
        ^
        help: indent with spaces, not tabs; put quotes around a text that begins with @, `, % or a tab
      """
    ),
    ("- a\n", "test.yaml:1:1: a configuration file is a map of keys, and this is a list\n  - a\n  ^"),
    ("log: 5\n", "test.yaml:1:6: 'log' is a map of keys, and this is a text\n  log: 5\n       ^"),
    (
      "on_capture: [{comand: [/bin/true]}]",
      "test.yaml:1:15: on_capture: unknown key 'comand'\n  on_capture: [{comand: [/bin/true]}]\n"
        + "                ^^^^^^ did you mean 'command'?"
    ),
    (
      "containers: {only: [{label: =x}]}",
      "test.yaml:1:29: containers.only: label: '=x' is not NAME or NAME=VALUE\n  containers: {only: [{label: =x}]}\n"
        + "                              ^^"
    ),
  ])
  func `a problem names file, line, column and shows the line`(text: String, message: String) {
    #expect(problems(of: text) == [message])
  }

  @Test func `all problems are told at once, in order`() {
    let text = """
      memroy: {}
      windows:
        detail: {before: never}
        after: 11m
      http: {port: 65536, enabled: yes}
      on_capture: [{timeout: 5s}, {command: ls}, {command: [/bin/ls], url: "https://x"}]
      """
    #expect(
      problems(of: text).map { String($0.split(separator: "\n")[0]) } == [
        "test.yaml:1:1: unknown key 'memroy'",
        "test.yaml:3:20: windows.detail.before: 'never' is not a duration from 1s to 1d, such as 30s or 1h30m",
        "test.yaml:4:10: windows.after: '11m' is not a duration from 0s to 10m, such as 30s or 1h30m",
        "test.yaml:5:14: http.port: '65536' is not a port from 0 to 65535",
        "test.yaml:5:30: http.enabled: 'yes' is not true or false",
        "test.yaml:6:14: on_capture: an entry has either 'command' or 'url'",
        "test.yaml:6:39: on_capture: command: a text is not a list that begins with a program's whole path",
        "test.yaml:6:44: on_capture: an entry has either 'command' or 'url'",
      ])
  }

  @Test func `a long line is cut around its place, and hides no terminal codes`() throws {
    let text = "containers: {only: [" + String(repeating: "aaaaaaaaa, ", count: 40) + "{lable: \"\\e[2J\u{202e}\"}]}"
    let found = problems(of: text)
    let lines = try #require(found.first).split(separator: "\n")
    try #require(lines.count == 3)
    #expect(lines[1].count < 130 && lines[1].hasPrefix("  …"))
    #expect(!found[0].unicodeScalars.contains("\u{202e}"))
    let column = lines[2].prefix { $0 == " " }.count
    #expect(lines[1].dropFirst(column).hasPrefix("lable"))
  }

  @Test func `no text crashes the reader of configurations`() {
    let sample = Array(everything.utf8)
    for length in 0..<sample.count {
      _ = try? WatchConfiguration.merged([.init(path: "x", bytes: Array(sample[..<length]))])
    }
    for place in 0..<sample.count {
      for value in [sample[place] ^ 0xff, sample[place] ^ 1, 0x0a, 0x7b] {
        var bytes = sample
        bytes[place] = value
        do throws(InvalidConfiguration) {
          _ = try WatchConfiguration.merged([.init(path: "x", bytes: bytes)])
        } catch {
          for problem in error.problems { #expect(!problem.description.isEmpty) }
        }
      }
    }
  }

  @Test(arguments: 1...120) func `the place may be anywhere in the line or behind it`(column: Int) {
    for text in ["", "   ", "short", String(repeating: "x", count: 110)] {
      var problem = ConfigurationProblem(path: "p", place: YAMLPlace(line: 1, column: column), message: "m")
      problem.line = text
      problem.length = 7
      #expect(problem.description.hasPrefix("p:1:\(column): m"))
    }
  }
}
