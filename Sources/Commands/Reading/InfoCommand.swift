internal import CaptureFormat
internal import Events
internal import JSON
internal import Reconstruction

/// `info`: what a capture holds, and what it lost. Reads tables, never events.
struct InfoCommand {
  let file: ReadingFile
  let output: Output

  func run() throws -> Int32 {
    for request in file.requests {
      for section in request.boot.sections {
        let name =
          file.capture.sections.count > 1
          ? "\(file.path), section \(section.section + 1) of \(file.capture.sections.count)" : file.path
        try SectionInfo(request: request, section: section, name: name, output: output).print()
      }
    }
    return 0
  }
}

/// One section: a capture of its own, with its own verdict.
private struct SectionInfo {
  let request: ReadingRequest
  let section: CaptureFile
  let name: String
  let output: Output

  func print() throws {
    let losses = try section.losses().filter { loss in
      (loss.container.map { request.selected?.contains($0) ?? true } ?? true) && loss.from <= request.to
        && loss.to >= request.from
    }
    let processCount = try ProcessHistory.containers(of: section).count {
      request.selected?.contains($0) ?? true
    }
    try request.isJSON ? printJSON(losses, processCount) : printText(losses, processCount)
  }

  private var blocks: [BlockEntry] { request.blocks(of: section.directory) }

  private var containers: [ContainerRow] {
    request.containers.filter { $0.key != .host && $0.key.section == section.section }
  }

  private var triggers: [TriggerRow] { request.triggers.filter { $0.section == section.section } }

  private func eventCount(_ lane: Lane? = nil) -> UInt64 {
    blocks.filter { lane == nil || $0.lane == lane }.reduce(0) { $0 + UInt64($1.rowCount) }
  }

  private static let complete = "complete as recorded"

  private func verdict(_ losses: [LossRow]) -> String {
    let lost = losses.lostEvents
    if lost > 0 { return "\(countText(lost)) events lost" }
    if losses.contains(where: { $0.cause != .definition && $0.cause != .nameGivenUp }) {
      return "no event lost, but " + losses.otherObstacles.joined(separator: ", ")
    }
    if !losses.isEmpty { return "no event lost, but not every file could be named" }
    guard let completeness = section.completeness else {
      return "not proven complete: the file has no footer, its recorder was cut off or is still writing"
    }
    if !section.problems.isEmpty { return "damaged: \(section.problems.count) places could not be read" }
    // Event blocks are not read for this: one that was damaged since is found when it is.
    return completeness.isComplete ? Self.complete : "not proven complete: \(completeness.reason)"
  }

  private func printText(_ losses: [LossRow], _ processCount: Int) throws {
    let time = TimeText(clock: request.clock, isLocal: request.isLocal)
    try output.line("\(name): \(verdict(losses))")
    var facts: [(String, String)] = []
    let provenance = section.provenance
    facts.append(
      ("host", [provenance[.hostName], provenance[.kernelRelease]].compactMap { $0 }.joined(separator: ", kernel ")))
    let tool = "aftertrace " + (provenance[.toolVersion] ?? "?")
    facts.append(origin(tool))
    if let filter = provenance[.filter] { facts.append(("filter", filter)) }
    if provenance[.payload]?.contains(" dns=0 ") == true {
      facts.append(("names", "addresses have none: no payload of name lookups was kept"))
    }
    let timed = blocks.isEmpty ? request.blocks(of: section.packetBlocks) : blocks
    if let first = timed.map(\.firstTime).min(), let last = timed.map(\.lastTime).max() {
      facts.append(
        ("time", "\(time.date(first)) to \(time.date(last)), \(durationText(last.nanoseconds - first.nanoseconds))"))
    }
    let lanes = Lane.ofEvents.map { "\(countText(eventCount($0))) \($0.name)" }.joined(separator: ", ")
    facts.append(("events", "\(countText(eventCount())): \(lanes)"))
    if packetCount > 0 { facts.append(("packets", countText(packetCount))) }
    facts.append(("processes", countText(UInt64(processCount))))
    let shown = containers.filter { request.selected?.contains($0.key) ?? true }
    facts.append(("containers", "\(shown.count)" + (shown.isEmpty ? "" : ": " + names(shown))))
    facts.append(
      (
        "file",
        "\(sizeText(section.length)), \(section.directory.count) event blocks"
          + (section.hasFooter ? "" : ", no footer")
      )
    )
    if section.partialTail > 0 {
      facts.append(("unfinished", "\(section.partialTail) bytes of a block that is not whole"))
    }
    if let reason = section.completeness?.reason { facts.append(("ended by", reason)) }
    for (name, value) in facts {
      try output.line("  \(name.padding(to: 12))\(EventText.printable(Array(value.utf8)))")
    }
    for trigger in triggers {
      try output.line(
        "  trigger     \(time.date(trigger.time)) \(TriggerText.line(trigger)), \(request.label(of: trigger.container))"
      )
    }
    for loss in losses.inStretches {
      let cause = EventText.printable(Array(causeText(loss.cause).utf8))
      let whose = loss.container.map { request.label(of: $0) } ?? "unattributed"
      let unit = loss.cause.noun(for: loss.count)
      let what = loss.lane.map { $0.name.hasPrefix(unit) ? unit : $0.name + " " + unit } ?? unit
      try output.line(
        "  \(loss.cause.countsEvents ? "lost      " : "not whole ")  \(countText(loss.count)) \(what) (\(cause)), \(whose), "
          + "\(time.time(loss.from)) to \(time.time(loss.to))")
    }
  }

  private func origin(_ tool: String) -> (String, String) {
    switch section.provenance[.source] {
    case "scap": ("converted", "from a .scap file by " + tool)
    case "strace": ("converted", "from what strace printed, by " + tool)
    case "pcap": ("converted", "from a file of packets, by " + tool)
    default: ("recorded by", tool)
    }
  }

  private var packetCount: UInt64 {
    request.blocks(of: section.packetBlocks).reduce(0) { $0 + UInt64($1.rowCount) }
  }

  private func names(_ containers: [ContainerRow]) -> String {
    let names = containers.prefix(6).map { request.label(of: $0.key) }.joined(separator: ", ")
    return containers.count > 6 ? names + " and \(containers.count - 6) more" : names
  }

  private func causeName(_ cause: LossCause) -> String {
    section.catalogue.causes.first { $0.number == cause.rawValue }?.name ?? cause.name ?? "cause \(cause.rawValue)"
  }

  /// Name and sentence, as the capture's own catalogue has them: it may be of a newer version.
  private func causeText(_ cause: LossCause) -> String {
    let summary = section.catalogue.causes.first { $0.number == cause.rawValue }?.summary
    return causeName(cause) + (summary.map { ": " + $0 } ?? "")
  }

  private func printJSON(_ losses: [LossRow], _ processCount: Int) throws {
    var json = JSONText()
    json.beginObject()
    json.set("path", request.path)
    json.set("section", section.section + 1)
    json.set("complete", verdict(losses) == Self.complete)
    json.set("verdict", verdict(losses))
    json.set("has_footer", section.hasFooter)
    json.set("length", section.length)
    json.set("bytes_read", section.bytesRead)
    json.set("event_blocks", section.directory.count)
    json.set("events", eventCount())
    for lane in Lane.ofEvents { json.set("events_\(lane.name)", eventCount(lane)) }
    json.set("packets", packetCount)
    json.set("processes", processCount)
    json.beginObject("provenance")
    for property in section.provenance.properties { json.set(property.key, property.value) }
    json.endObject()
    let timed = blocks.isEmpty ? request.blocks(of: section.packetBlocks) : blocks
    if let first = timed.map(\.firstTime).min(), let last = timed.map(\.lastTime).max() {
      let time = TimeText(clock: request.clock, isLocal: request.isLocal)
      json.set("first", time.date(first, digits: 9))
      json.set("last", time.date(last, digits: 9))
    }
    json.beginArray("triggers")
    for trigger in triggers { printJSON(trigger, to: &json) }
    json.endArray()
    json.set("containers", strings: containers.map(\.id))
    json.beginArray("losses")
    for loss in losses {
      json.beginObject()
      json.set("cause", causeName(loss.cause))
      json.set("lane", ifPresent: loss.lane?.name)
      json.set("container", ifPresent: loss.container.map { request.container($0)?.id ?? "host" })
      json.set("from_boot_ns", "\(loss.from.nanoseconds)")
      json.set("to_boot_ns", "\(loss.to.nanoseconds)")
      json.set("count", loss.count)
      json.endObject()
    }
    json.endArray()
    json.set("problems", strings: section.problems.map(\.message))
    json.endObject()
    json.newline()
    try output.bytes(json.bytes)
  }

  private func printJSON(_ trigger: TriggerRow, to json: inout JSONText) {
    let time = TimeText(clock: request.clock, isLocal: request.isLocal)
    json.beginObject()
    json.set("time", time.date(trigger.time, digits: 9))
    json.set("time_boot_ns", "\(trigger.time.nanoseconds)")
    json.set("accepted", time.date(trigger.accepted, digits: 9))
    json.set("source", trigger.source)
    json.set("reason", ifPresent: trigger.reason)
    json.set("rule", ifPresent: trigger.rule)
    json.set("priority", ifPresent: trigger.priority)
    json.set("container", request.container(trigger.container)?.id.nonEmpty ?? "host")
    json.set("before_ns", ifPresent: trigger.before.map { "\($0)" })
    json.set("after_ns", ifPresent: trigger.after.map { "\($0)" })
    json.set("fingerprint", ifPresent: trigger.fingerprint)
    json.set("alert_length", ifPresent: trigger.bodyLength)
    json.endObject()
  }
}

extension String {
  var nonEmpty: String? { isEmpty ? nil : self }

  func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
