internal import Arguments
internal import Control
internal import Events
internal import JSON
internal import Reconstruction

/// `status`: what the watcher remembers, what it costs, and what it lost.
func runStatus(_ invocation: Invocation) throws -> Int32 {
  let status: JSONValue
  do throws(ControlError) {
    var client = try ControlClient(path: invocation.value(of: "socket") ?? ControlSocket.standardPath)
    status = try client.status()
  } catch {
    throw CommandFailure(error.description, remedy: error.remedy)
  }
  if let error = status["error"]?.string { throw CommandFailure(error, remedy: status["help"]?.string) }
  let output = Output()
  if invocation.isSet("json") {
    try output.line(String(decoding: status.encoded, as: UTF8.self))
  } else {
    for line in StatusText(status).lines { try output.line(line) }
  }
  try output.flush()
  return 0
}

/// The account as a person reads it, in 80 columns; docs/json.md has the object's fields.
struct StatusText {
  private let status: JSONValue
  init(_ status: JSONValue) { self.status = status }

  var lines: [String] {
    var lines = ["aftertrace " + recorder]
    lines.append("  memory    " + memory)
    lines += losses
    lines += notices
    lines.append("  triggers  " + triggers)
    if let rules { lines.append("  rules     " + rules) }
    if let containers = containers { lines += [""] + containers }
    if let captures = captures { lines += [""] + captures }
    return lines
  }

  private var recorder: String {
    let recorder = status["recorder"]
    var parts = [text(recorder?["version"]) ?? "?"]
    if let pid = number(recorder?["pid"]) { parts.append("pid \(pid)") }
    if let seconds = number(recorder?["uptime_s"]) { parts.append("up " + durationText(seconds &* 1_000_000_000)) }
    return parts.joined(separator: ", ")
  }

  private var memory: String {
    guard let used = number(status["memory"]?["used"]) else { return "-" }
    return sizeText(used) + (number(status["memory"]?["budget"]).map { " of \(sizeText($0))" } ?? "")
  }

  /// A line for each cause and lane, in words.
  private var losses: [String] {
    let losses = (status["losses"]?.elements ?? []).filter { number($0["count"]) ?? 0 > 0 }
    if losses.isEmpty { return ["  lost      nothing"] }
    return losses.map { loss in
      let cause = [text(loss["cause"]), text(loss["text"])].compactMap { $0 }.joined(separator: ": ")
      let parts = [countText(number(loss["count"]) ?? 0), text(loss["lane"]), text(loss["of"]), "(\(cause))"]
      return "  lost      " + parts.compactMap { $0 }.joined(separator: " ")
    }
  }

  /// What goes on being missing.
  private var notices: [String] {
    var lines = (status["shedding"]?.elements ?? []).map { shedding in
      let name = text(shedding["name"]) ?? text(shedding["container"]).map { String($0.prefix(12)) }
      let lanes = (shedding["lanes"]?.elements ?? []).compactMap { text($0) }.joined(separator: " and ")
      return "  shedding  \(lanes) of \(name.flatMap { $0.isEmpty ? nil : $0 } ?? "the host"), "
        + "for \(seconds(shedding["since_s"])): more comes than can be taken in"
    }
    for gap in status["probes_missing"]?.elements ?? [] {
      lines.append("  no probe  \(text(gap["probe"]) ?? "?"): \(text(gap["reason"]) ?? "?")")
    }
    if let seconds = number(status["not_running_s"]) {
      lines.append("  paused    no recorder ran for \(durationText(seconds &* 1_000_000_000)) before this one")
    }
    return lines
  }

  private var triggers: String {
    let triggers = status["triggers"]
    let counts = ["accepted", "merged", "duplicate", "refused"].compactMap { name in
      number(triggers?[name]).flatMap { $0 > 0 || name == "accepted" ? "\(countText($0)) \(name)" : nil }
    }
    return (counts.isEmpty ? "-" : counts.joined(separator: ", "))
      + (text(triggers?["last"]).map { "; last \($0.prefix(19))" } ?? "")
  }

  /// How many rules, what they found, and what was not tried or not told.
  private var rules: String? {
    guard let rules = status["rules"], let count = number(rules["rules"]) else { return nil }
    let counts = [
      ("alerts", "alerts", true), ("alerts_held_back", "alerts held back", false), ("triggers", "triggers", true),
      ("triggers_held_back", "triggers held back", false), ("triggers_refused", "triggers refused", false),
      ("alerts_not_sent", "alerts not sent", false), ("events_not_tried", "EVENTS NOT TRIED", false),
    ].compactMap { key, words, isAlways in
      number(rules[key]).flatMap { $0 > 0 || isAlways ? "\(countText($0)) \(words)" : nil }
    }
    return "\(countText(count)): " + counts.joined(separator: ", ")
  }

  /// Seconds that each lane reaches back.
  private var containers: [String]? {
    let containers = status["containers"]?.elements ?? []
    if containers.isEmpty { return nil }
    var table = TextTable(["CONTAINER", "NAME", "LIFECYCLE", "ACTIVITY", "DETAIL", "MEMORY", "LOST"])
    for container in containers {
      let history = container["history_s"]
      table.append(
        [
          text(container["id"]).flatMap { $0.isEmpty ? nil : String($0.prefix(12)) } ?? "host",
          String((text(container["name"]) ?? "-").prefix(18)), seconds(history?["lifecycle"]),
          seconds(history?["activity"]), seconds(history?["detail"]),
          number(container["memory"]).map(sizeText) ?? "-", number(container["lost"]).map(countText) ?? "-",
        ])
    }
    return table.lines
  }

  /// Those that are being written.
  private var captures: [String]? {
    let captures = status["captures"]?.elements ?? []
    if captures.isEmpty { return nil }
    var table = TextTable(["WRITING", "TRIGGERS", "SIZE", "CAPTURE"])
    for capture in captures {
      let name = text(capture["name"]) ?? text(capture["container"]).map { String($0.prefix(12)) }
      table.append(
        [
          String((name.flatMap { $0.isEmpty ? nil : $0 } ?? "host").prefix(18)),
          number(capture["triggers"]).map(countText) ?? "-", number(capture["bytes"]).map(sizeText) ?? "-",
          (text(capture["path"]) ?? "-") + (text(capture["error"]).map { ": " + $0 } ?? ""),
        ])
    }
    return table.lines
  }

  private func seconds(_ value: JSONValue?) -> String { number(value).map { "\($0)s" } ?? "-" }

  private func text(_ value: JSONValue?) -> String? { value?.string.map { EventText.printable(Array($0.utf8)) } }

  /// A count, an amount or whole seconds; nothing else is believed.
  private func number(_ value: JSONValue?) -> UInt64? {
    switch value {
    case .integer(let value): UInt64(exactly: value)
    case .real(let value): value >= 0 && value < 1e15 ? UInt64(value) : nil
    default: nil
    }
  }
}
