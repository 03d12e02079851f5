internal import Arguments
internal import Bytes
internal import CaptureFormat
internal import Events
internal import FilterLanguage
internal import Interchange
internal import JSON
internal import Posix
internal import Reconstruction
internal import Rules

/// `rules check FILE…` and `rules run CAPTURE… --rules FILE`.
func runRules(_ invocation: Invocation) throws -> Int32 {
  let action = invocation.operands.first ?? ""
  let names = Array(invocation.operands.dropFirst())
  switch action {
  case "check":
    guard !names.isEmpty else {
      throw CommandFailure("rules: no file named", remedy: "as in `rules check falco_rules.yaml`", status: 64)
    }
    return try checkRules(names, isJSON: invocation.isSet("json"))
  case "run":
    guard !names.isEmpty else {
      throw CommandFailure(
        "rules: no capture named", remedy: "as in `rules run web.pcapng --rules falco_rules.yaml`", status: 64)
    }
    let files = invocation.values(of: "rules")
    guard !files.isEmpty else {
      throw CommandFailure("rules: no rules named", remedy: "`--rules FILE` names them", status: 64)
    }
    return try RulesRun(rules: loadRules(files), invocation: invocation).run(names)
  default:
    throw CommandFailure(
      "rules: '\(action)' is no action",
      remedy: suggestion(for: action, among: ["check", "run"]).map { "did you mean '\($0)'?" } ?? "check or run",
      status: 64)
  }
}

/// Reads the files in their order, and complains of what is wrong.
private func loadRules(_ paths: [String]) -> RuleSet {
  let set = RuleFiles.load(paths)
  for problem in set.problems {
    complain(CommandFailure((problem.isWarning ? "warning: " : "") + "\(problem)", remedy: problem.hint))
  }
  return set
}

private func checkRules(_ paths: [String], isJSON: Bool) throws -> Int32 {
  let set = loadRules(paths)
  let output = Output()
  if isJSON {
    for rule in set.rules { try output.bytes(describe(rule)) }
  } else {
    let off = set.rules.count - set.enabled.count
    try output.line(
      "\(set.rules.count) rules" + (off > 0 ? " (\(off) switched off)" : "")
        + ", \(set.macroCount) macros, \(set.listCount) lists")
    for skipped in set.skipped { try output.line("skipped: \(skipped.name): \(skipped.reason)") }
    for (rule, fields) in absentFields(set.rules) {
      try output.line("\(rule): never known: \(fields.joined(separator: ", "))")
    }
  }
  try output.flush()
  return set.hasErrors ? 2 : 0
}

/// Of each rule the fields that a capture never has: what hangs on them does not fire.
private func absentFields(_ rules: [CompiledRule]) -> [(String, [String])] {
  rules.compactMap { rule in
    let names = Set(rule.fieldsNamed.filter { FieldCatalogue[$0.field].absence != nil }.map(\.field.rawValue)).sorted()
    return names.isEmpty ? nil : (rule.rule.name, names)
  }
}

private func describe(_ rule: CompiledRule) -> [UInt8] {
  var json = JSONText()
  json.beginObject()
  json.set("rule", rule.rule.name)
  json.set("priority", rule.rule.priority.name)
  json.set("source", rule.rule.source)
  json.set("enabled", rule.rule.isEnabled)
  json.set("tags", strings: rule.rule.tags)
  json.set("capture", rule.rule.wantsCapture ?? false)
  json.set("capture_duration_ms", ifPresent: rule.rule.captureDuration)
  json.set("fields", strings: Set(rule.fieldsNamed.map(\.field.rawValue)).sorted())
  json.set(
    "never_known",
    strings: Set(rule.fieldsNamed.filter { FieldCatalogue[$0.field].absence != nil }.map(\.field.rawValue)).sorted())
  json.set("place", "\(rule.rule.place)")
  json.endObject()
  json.newline()
  return json.bytes
}

/// Tries rules on captures, and prints an alert for each event that one fires for.
private struct RulesRun {
  let rules: RuleSet
  let invocation: Invocation
  let output = Output()

  func run(_ paths: [String]) throws -> Int32 {
    if rules.hasErrors {
      throw CommandFailure(
        "rules: nothing is tried while rules are wrong", remedy: "`aftertrace rules check` names what is")
    }
    var count = 0
    var json = JSONText()
    let isWhole = try RulesOnCaptures(rules.enabled, invocation).run(paths) { _, match in
      count += 1
      guard invocation.isSet("json") else { return try output.line(match.writer.line(match.rule, match.event)) }
      match.writer.write(match.rule, match.event, to: &json)
      json.newline()
      try output.bytes(json.bytes)
      json.removeAll()
    }
    try output.flush()
    // Rules are a filter: nothing matched.
    return isWhole ? count == 0 ? 1 : 0 : 2
  }
}

/// Rules tried on captures, one file after the other.
struct RulesOnCaptures {
  /// An event that a rule fires for.
  struct Match {
    var rule: CompiledRule
    var event: EventBlock
    var writer: FalcoAlertWriter
    var request: ReadingRequest
  }

  private let rules: [CompiledRule]
  private let invocation: Invocation

  init(_ rules: [CompiledRule], _ invocation: Invocation) {
    self.rules = rules
    self.invocation = invocation
  }

  /// Calls `body` with each match, in the order of time.
  ///
  /// - Returns: False where a file could not be read as a whole: that is said by then.
  func run(_ paths: [String], _ body: (ReadingFile, Match) throws -> Void) throws -> Bool {
    var isWhole = true
    for path in paths {
      do {
        let file = try ReadingFile(path: path, invocation)
        try run(file) { try body(file, $0) }
        if file.complainOfProblems() { isWhole = false }
      } catch let error as CaptureError {
        complain(CommandFailure(error, in: path))
        isWhole = false
      }
    }
    return isWhole
  }

  private func run(_ file: ReadingFile, _ body: (Match) throws -> Void) throws {
    var banks: [(FilterBank, FalcoAlertWriter)] = []
    for boot in file.capture.boots {
      let bank = try FalcoAlertWriter.bank(for: rules, of: boot)
      banks.append((bank, FalcoAlertWriter(bank, boot)))
    }
    var bySection: [UInt32: Int] = [:]
    for (number, boot) in file.capture.boots.enumerated() {
      for section in boot.sections { bySection[section.section] = number }
    }
    let entries = zip(file.requests, banks).flatMap { request, bank in request.blocks.filter { bank.0.mayMatch($0) } }
    var merge = file.capture.events(in: entries) { block in
      bySection[block.entry.section].map { banks[$0].0.advance(block) } ?? block.next()
    }
    while let event = try merge.next() {
      guard let number = bySection[event.entry.section], file.requests[number].isInWindow(event.time) else { continue }
      let (bank, writer) = banks[number]
      try bank.forEachMatch(event) { rule in
        try body(Match(rule: rules[rule], event: event, writer: writer, request: file.requests[number]))
      }
    }
  }
}
