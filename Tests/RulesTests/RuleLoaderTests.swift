import FilterLanguage
import Rules
import Testing

@Suite struct RuleLoaderTests {
  private func load(_ texts: String...) -> RuleSet {
    var loader = RuleLoader()
    for (number, text) in texts.enumerated() { loader.load(Array(text.utf8), from: "rules-\(number + 1).yaml") }
    return loader.finish()
  }

  private static let base = """
    - required_engine_version: 0.57.0
    - list: shells
      items: [sh, bash, '"(odd)"']
    - list: all_shells
      items: [shells, zsh]
    - macro: spawned
      condition: (evt.type in (execve, execveat))
    - rule: Shell
      desc: a shell
      condition: spawned and proc.name in (all_shells)
      output: A shell | name=%proc.name parent=%proc.aname[2] user=%user.name
      priority: WARNING
      tags: [one, two]
    """

  /// Whether the first rule fires for a process of this name.
  private func fires(_ set: RuleSet, _ name: String, _ more: [String: FieldValue] = [:]) -> Bool {
    let values = more.merging(["evt.type": .text("execve"), "proc.name": .text(name)]) { first, _ in first }
    return set.rules[0].filter.matches(Given(values: values))
  }

  private struct Given: FieldSource {
    var values: [String: FieldValue]
    func value(of use: FieldUse) -> FieldValue { values[use.field.rawValue] ?? .absent }
  }

  @Test func `lists, macros and rules are read as they are`() throws {
    let set = load(Self.base)
    #expect(set.problems.isEmpty && set.listCount == 2 && set.macroCount == 1)
    let rule = try #require(set.rules.first?.rule)
    #expect(rule.name == "Shell" && rule.priority == .warning && rule.tags == ["one", "two"] && rule.isEnabled)
    for name in ["sh", "bash", "zsh", "(odd)"] { #expect(fires(set, name)) }
    #expect(!fires(set, "ls") && !fires(set, "shells"))
    #expect(set.rules[0].output.fields.map(\.name) == ["proc.name", "proc.aname[2]", "user.name"])
    #expect(set.rules[0].output.text { _ in "x" } == "A shell | name=x parent=x user=x")
  }

  @Test(arguments: [
    ("- list: shells\n  append: true\n  items: [fish]", "fish", true),
    ("- list: shells\n  items: [fish]\n  override: {items: append}", "bash", true),
    ("- list: shells\n  items: [fish]\n  override: {items: replace}", "bash", false),
    ("- list: shells\n  items: [fish]", "bash", false),
    ("- macro: spawned\n  append: true\n  condition: and proc.name != bash", "bash", false),
    ("- macro: spawned\n  condition: or proc.name = ls\n  override: {condition: append}", "sh", true),
    ("- macro: spawned\n  condition: (evt.type = open)", "bash", false),
    ("- rule: Shell\n  append: true\n  condition: and not proc.name = bash", "bash", false),
    ("- rule: Shell\n  condition: or proc.name = ls\n  override: {condition: append}", "ls", true),
    ("- rule: Shell\n  condition: proc.name = ls\n  override: {condition: replace}", "bash", false),
  ])
  func `a later file adds to an earlier one or takes its place`(text: String, name: String, isFired: Bool) {
    let set = load(Self.base, text)
    #expect(set.problems.isEmpty, "\(set.problems)")
    #expect(fires(set, name) == isFired)
    #expect(set.rules[0].rule.output.hasPrefix("A shell"))
  }

  @Test func `what is overridden is only what is named`() throws {
    let set = load(
      Self.base,
      "- rule: Shell\n  priority: ERROR\n  tags: [three]\n  output: and %proc.pid\n  capture: true\n  capture_duration: 5000\n"
        + "  override: {priority: replace, tags: append, output: append, capture: replace, capture_duration: replace}")
    #expect(set.problems.isEmpty, "\(set.problems)")
    let rule = set.rules[0].rule
    #expect(rule.priority == .error && rule.tags == ["one", "two", "three"] && rule.output.hasSuffix("and %proc.pid"))
    #expect(rule.wantsCapture == true && rule.captureDuration == 5000)
    #expect(fires(set, "bash"))
  }

  @Test func `a rule can be switched off and on`() {
    #expect(load(Self.base, "- rule: Shell\n  enabled: false").enabled.isEmpty)
    #expect(load(Self.base, "- rule: Shell\n  enabled: false", "- rule: Shell\n  enabled: true").enabled.count == 1)
    #expect(load(Self.base, "- rule: Shell\n  enabled: false\n  override: {enabled: replace}").enabled.isEmpty)
  }

  private static let exceptions = """
    - rule: Shell
      desc: a shell
      condition: evt.type = execve or evt.type = execveat
      output: A shell
      priority: INFO
      exceptions:
        - name: names
          fields: proc.name
          values: [cron, make, sshd]
        - name: pairs
          fields: [proc.name, proc.pname]
          comps: [=, in]
          values:
            - [bash, [tmux, screen]]
            - [sh, [make]]
        - name: starts
          fields: proc.cmdline
          comps: startswith
          values: [bash -l]
        - name: empty
          fields: [proc.name]
    """

  @Test func `exceptions take away what they name`() {
    let set = load(Self.exceptions)
    #expect(set.problems.isEmpty, "\(set.problems)")
    #expect(!fires(set, "cron") && fires(set, "bash") && fires(set, "x"))
    #expect(!fires(set, "bash", ["proc.pname": .text("screen")]) && fires(set, "bash", ["proc.pname": .text("make")]))
    #expect(!fires(set, "sh", ["proc.pname": .text("make")]))
    #expect(
      !fires(set, "x", ["proc.cmdline": .text("bash -login")]) && fires(set, "x", ["proc.cmdline": .text("bash")]))
    let more = load(
      Self.exceptions,
      "- rule: Shell\n  append: true\n  exceptions:\n    - name: names\n      values: [x]\n    - name: pairs\n      values: [[zsh, [tmux]]]"
    )
    #expect(more.problems.isEmpty, "\(more.problems)")
    #expect(!fires(more, "x") && !fires(more, "cron") && !fires(more, "zsh", ["proc.pname": .text("tmux")]))
  }

  @Test func `rules about other events are skipped with a reason`() {
    let set = load(
      Self.base.split(separator: "\n").joined(separator: "\n") + "\n  source: k8s_audit",
      "- rule: Odd\n  desc: d\n  condition: foo.bar = 1\n  output: o\n  priority: debug\n  skip-if-unknown-filter: true"
    )
    #expect(set.rules.isEmpty && set.problems.isEmpty)
    #expect(
      set.skipped.map(\.reason) == [
        "its events come from 'k8s_audit', which is not recorded",
        "rule 'Odd': condition: unknown field 'foo.bar'\n  foo.bar = 1\n  ^^^^^^^ `aftertrace fields` lists them",
      ])
  }

  @Test(arguments: [
    ("list: x", 1, 1, "rules are a list, not a map"),
    ("- x", 1, 3, "an item is a map, not a text"),
    ("- ruel: x", 1, 3, "an item is a list, a macro, a rule or a required version, not 'ruel'"),
    ("- list: x", 1, 3, "list 'x' lacks its items"),
    ("- list: x\n  items: [[a]]", 2, 10, "list 'x': an item is no text"),
    ("- macro: x", 1, 3, "macro 'x' lacks its condition"),
    ("- macro: x\n  condition: a =", 1, 3, "macro 'x': unknown field 'a'\n  a =\n  ^ `aftertrace fields` lists them"),
    ("- rule: x\n  desc: d\n  output: o\n  priority: debug", 1, 3, "rule 'x' lacks its condition"),
    ("- rule: x\n  append: true\n  condition: and a", 1, 3, "rule 'x' is to be changed, and there is none before"),
    (
      "- rule: x\n  desc: d\n  condition: evt.failed = true\n  output: o\n  priority: grave", 5, 13,
      "'grave' is no priority"
    ),
    (
      "- rule: x\n  desc: d\n  condition: evt.failed = 1\n  output: o\n  priority: info", 1, 3,
      "rule 'x': condition: '1' cannot be compared with 'evt.failed', which is true or false\n  evt.failed = 1\n               ^ as in true"
    ),
    (
      "- rule: x\n  desc: d\n  condition: evt.failed = true\n  output: \"a %proc.nam b\"\n  priority: info", 1, 3,
      "rule 'x': output: unknown field 'proc.nam'\n  a %proc.nam b\n     ^^^^^^^^ did you mean 'proc.name'?"
    ),
    ("- required_engine_version: x", 1, 28, "'x' is no version"),
    (
      "- rule: x\n  desc: d\n  condition: spwned\n  output: o\n  priority: info\n- macro: spawned\n  condition: evt.failed = true",
      1, 3,
      "rule 'x': condition: unknown macro 'spwned'\n  spwned\n  ^^^^^^ did you mean 'spawned'?"
    ),
    ("- list: [", 1, 9, "did not find expected node content, while parsing a flow node"),
  ])
  func `what is wrong is named with its place`(text: String, line: Int, column: Int, message: String) {
    let set = load(text)
    #expect(set.hasErrors)
    #expect(set.problems.first?.message == message)
    if !message.hasPrefix("did not") {
      #expect(set.problems.first?.place == RulePlace(file: "rules-1.yaml", line: line, column: column))
    }
  }

  @Test func `a version that is too new is a warning`() {
    let set = load("- required_engine_version: 99.0.0")
    #expect(set.problems.count == 1 && !set.hasErrors)
    #expect(load("- required_engine_version: 15").problems.isEmpty)
  }
}
