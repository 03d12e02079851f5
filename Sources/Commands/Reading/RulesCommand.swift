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
private func loadRules(_ paths: [String]) throws -> RuleSet {
  var loader = RuleLoader()
  for path in paths {
    do throws(SystemError) {
      loader.load(try path == "-" ? StandardStream.input.readToEnd() : FileDescriptor.contents(of: path), from: path)
    } catch {
      throw CommandFailure("\(error)")
    }
  }
  let set = loader.finish()
  for problem in set.problems {
    complain(CommandFailure((problem.isWarning ? "warning: " : "") + "\(problem)", remedy: problem.hint))
  }
  return set
}

private func checkRules(_ paths: [String], isJSON: Bool) throws -> Int32 {
  let set = try loadRules(paths)
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
  json.set("capture", rule.rule.wantsCapture)
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
    var isWhole = true
    for path in paths {
      do {
        let file = try ReadingFile(path: path, invocation)
        count += try run(file)
        if file.complainOfProblems() { isWhole = false }
      } catch let error as CaptureError {
        complain(CommandFailure(error, in: path))
        isWhole = false
      }
    }
    try output.flush()
    // Rules are a filter: nothing matched.
    return isWhole ? count == 0 ? 1 : 0 : 2
  }

  private func run(_ file: ReadingFile) throws -> Int {
    let enabled = rules.enabled
    var banks: [(FilterBank, FalcoAlertWriter)] = []
    for boot in file.capture.boots {
      let bank = try FalcoAlertWriter.bank(for: enabled, of: boot)
      banks.append((bank, FalcoAlertWriter(bank, boot)))
    }
    var bySection: [UInt32: Int] = [:]
    for (number, boot) in file.capture.boots.enumerated() {
      for section in boot.sections { bySection[section.section] = number }
    }
    let entries = zip(file.requests, banks).flatMap { request, bank in request.blocks.filter { bank.0.mayMatch($0) } }
    var merge = file.capture.events(in: entries)
    var json = JSONText()
    var count = 0
    while let event = try merge.next() {
      guard let number = bySection[event.entry.section], file.requests[number].isInWindow(event.time) else { continue }
      let (bank, writer) = banks[number]
      try bank.forEachMatch(event) { rule in
        count += 1
        guard file.isJSON else { return try output.line(writer.line(enabled[rule], event)) }
        writer.write(enabled[rule], event, to: &json)
        json.newline()
        try output.bytes(json.bytes)
        json.removeAll()
      }
    }
    return count
  }
}
