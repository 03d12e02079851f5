internal import Arguments
internal import CaptureFormat
internal import Events
internal import Interchange
internal import JSON
internal import Posix
internal import Reconstruction
internal import Rules

/// `findings`: what the built-in rules find in captures, the gravest first.
func runFindings(_ invocation: Invocation) throws -> Int32 {
  if invocation.isSet("rules") {
    let output = Output()
    try output.line(BuiltInRules.text)
    try output.flush()
    return 0
  }
  guard !invocation.operands.isEmpty else {
    throw CommandFailure("findings: no capture named", remedy: "name a file, or `-`", status: 64)
  }
  return try FindingsCommand(invocation).run()
}

private struct FindingsCommand {
  let invocation: Invocation
  let output = Output()

  init(_ invocation: Invocation) { self.invocation = invocation }

  /// What one rule found of one container of one capture.
  private struct Finding {
    var rule: Rule
    var path: String
    var containerID: String
    var container: String
    var first: BootTime
    var firstText: String
    var last: BootTime
    var lastText: String
    var output: String
    var process: String
    var count = 1
  }

  private struct Key: Hashable {
    var path: String
    var boot: String
    var container: ContainerKey
    var rule: String
  }

  func run() throws -> Int32 {
    let set = RuleFiles.load([], hasBuiltIn: true)
    var findings: [Key: Finding] = [:]
    var times: [String: TimeText] = [:]
    let isWhole = try RulesOnCaptures(set.enabled, invocation).run(invocation.operands) { file, match in
      let (event, request) = (match.event, match.request)
      let boot = request.boot.bootID ?? ""
      let key = Key(path: file.path, boot: boot, container: event.entry.container, rule: match.rule.rule.name)
      let place = file.path + "\n" + boot
      if times[place] == nil { times[place] = TimeText(clock: request.clock, isLocal: request.isLocal) }
      let time = times[place]?.time(event.time) ?? ""
      guard findings[key] == nil else {
        findings[key]?.count += 1
        findings[key]?.last = event.time
        findings[key]?.lastText = time
        return
      }
      findings[key] = Finding(
        rule: match.rule.rule, path: file.path,
        containerID: request.container(event.entry.container)?.id ?? "",
        container: request.label(of: event.entry.container),
        first: event.time, firstText: time, last: event.time, lastText: time,
        output: match.writer.text(match.rule, event), process: EventText.name(of: event.process))
    }
    let sorted = findings.values.sorted {
      ($0.rule.priority.rawValue, $0.path, $0.first, $0.rule.name)
        < ($1.rule.priority.rawValue, $1.path, $1.first, $1.rule.name)
    }
    if invocation.isSet("json") {
      for finding in sorted { try output.bytes(json(of: finding)) }
    } else {
      try print(sorted)
    }
    try output.flush()
    return isWhole ? sorted.isEmpty ? 1 : 0 : 2
  }

  private func print(_ findings: [Finding]) throws {
    let namesFile = Set(findings.map(\.path)).count > 1
    for finding in findings {
      let techniques = finding.rule.techniques.joined(separator: ", ")
      let times =
        finding.count == 1 ? finding.firstText : "\(finding.firstText) – \(finding.lastText), \(finding.count) times"
      try output.line(
        "\(finding.rule.priority.name.uppercased()) \(finding.rule.name) (\(techniques))\n"
          + "  \(times), \(finding.container), \(finding.process)" + (namesFile ? ", \(finding.path)" : "") + "\n"
          + "  \(finding.output)")
    }
  }

  private func json(of finding: Finding) -> [UInt8] {
    var json = JSONText()
    json.beginObject()
    json.set("capture", finding.path)
    json.set("rule", finding.rule.name)
    json.set("summary", finding.rule.summary)
    json.set("priority", finding.rule.priority.name)
    json.set("tags", strings: finding.rule.tags)
    json.set("techniques", strings: finding.rule.techniques)
    json.set("container.id", finding.containerID)
    json.set("container.name", finding.container)
    json.set("first", finding.firstText)
    json.set("last", finding.lastText)
    json.set("count", finding.count)
    json.set("process", finding.process)
    json.set("output", finding.output)
    json.endObject()
    json.newline()
    return json.bytes
  }
}
