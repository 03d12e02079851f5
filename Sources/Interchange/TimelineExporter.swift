internal import Bytes
public import CaptureFormat
internal import Events
public import JSON
public import Reconstruction

/// Writes events as a timeline: Timesketch's fields and flat dotted ECS keys, one JSON object an event.
///
/// docs/timeline.md lists every field. Nanoseconds are strings, because JSON readers round large numbers.
/// It remembers what events share: one thread, and its copies, use it at a time.
public struct TimelineExporter {
  let clock: CaptureClock
  let text: EventText
  private let containers: [ContainerKey: ContainerRow]
  private let history: ProcessHistory
  private let captureIDs: [UInt32: String]
  private let hostName: String?
  private let bootID: String?
  /// `93f5ea29ed6c-`, what an entity id begins with.
  private let entityPrefix: [UInt8]
  let fragments = TimelineFragments()

  public init(_ file: CaptureFile) throws(CaptureError) {
    let boot = try CaptureBoot([file])
    try self.init(boot)
  }

  /// Of a whole boot: a process's parent may be in another section than its events.
  ///
  /// - Parameter stackSymbols: What names the functions of a crash's stack.
  public init(_ boot: CaptureBoot, stackSymbols: StackSymbols? = nil) throws(CaptureError) {
    clock = boot.clock
    text = EventText(boot.catalogue, naming: boot.containers, stackSymbols: stackSymbols)
    containers = Dictionary(boot.containers.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
    history = try ProcessHistory(of: boot)
    captureIDs = Dictionary(
      boot.sections.compactMap { file in file.provenance[.captureID].map { (file.section, $0) } },
      uniquingKeysWith: { $1 })
    hostName = boot.hostName
    bootID = boot.bootID
    entityPrefix = Array((boot.bootID.map { String($0.filter { $0 != "-" }.prefix(12)) } ?? "boot").utf8) + [45]
  }

  func containerID(_ key: ContainerKey) -> String? { containers[key]?.id }

  /// Appends the event as one object, without a line end.
  public func write(_ event: EventBlock, to json: inout JSONText) {
    let entry = event.entry
    let aspect = aspect(of: event, lane: entry.lane)
    let block = fragments.block(of: event) {
      JSONText.members { writeOrigin(container: entry.container, section: entry.section, to: &$0) }
    }
    json.beginObject()
    fragments.line.removeAll(keepingCapacity: true)
    BlockReadings.of(event).appendProcess(of: event, to: &fragments.line)
    fragments.line.append(UInt8(ascii: " "))
    text.appendLine(event, to: &fragments.line)
    json.set("message", utf8: fragments.line)
    writeTime(event.time, to: &json)
    json.append(members: aspect.head)
    json.set("event.sequence", event.sequence)
    json.append(members: aspect.tail)
    if aspect.hasResult { json.set("aftertrace.result", event.result) }
    json.append(members: block.origin)
    let process = process(of: event, in: block)
    json.append(members: process.head)
    if event.thread != 0 || !event.process.isNone { json.set("process.thread.id", event.thread) }
    json.append(members: process.tail)
    writeArguments(of: event, aspect, block, to: &json)
    if !event.flags.isEmpty {
      if event.flags.contains(.enteredFromOutside) { json.set("aftertrace.entered_from_outside", true) }
      if event.flags.contains(.runtimeSetUp) { json.set("aftertrace.runtime_setup", true) }
    }
    json.endObject()
  }

  private func aspect(of event: EventBlock, lane: Lane?) -> TimelineFragments.Aspect {
    let call = event.call
    let key = TimelineFragments.AspectKey(
      kind: event.kind, call: call?.packed, error: min(event.result, 0),
      isRestarted: event.flags.contains(.restarted),
      hasNoResult: !event.flags.isDisjoint(with: [.unfinished, .resultUnknown]), access: Self.access(of: event),
      lane: lane)
    return fragments.aspect(key) {
      let label = Self.label(of: event.kind)
      let hasResult = text.hasResult(event)
      let head = JSONText.members { json in
        json.set("timestamp_desc", label.description + (event.result < 0 ? " (failed)" : ""))
        json.set("data_type", "container:\(label.type)")
        json.set("event.kind", "event")
      }
      let tail = JSONText.members { json in
        if !label.categories.isEmpty { json.set("event.category", strings: label.categories) }
        json.set("event.type", strings: Self.eventTypes(label, isFailed: event.result < 0, key.access))
        json.set("event.action", call.map { text.name(of: $0) } ?? label.action)
        if hasResult { json.set("event.outcome", event.result < 0 ? "failure" : "success") }
        if event.result < 0 { json.set("error.code", text.result(event)) }
        json.set("aftertrace.kind", text.name(of: event.kind))
        json.set("aftertrace.lane", ifPresent: lane?.name)
      }
      return TimelineFragments.Aspect(
        key: key, head: head, tail: tail, hasResult: hasResult, isNetwork: label.categories == ["network"])
    }
  }

  /// Appends where a trigger fired, as an alert among the events.
  public func write(_ trigger: TriggerRow, to json: inout JSONText) {
    json.beginObject()
    json.set("message", "trigger: " + EventText.printable(Array(trigger.title.utf8)))
    writeTime(trigger.time, to: &json)
    json.set("timestamp_desc", "Trigger Fired")
    json.set("data_type", "container:trigger")
    json.set("tag", strings: ["trigger"])
    json.set("event.kind", "alert")
    json.set("event.type", strings: ["info"])
    json.set("event.action", "trigger")
    json.set("event.provider", trigger.source)
    json.set("event.reason", ifPresent: trigger.reason)
    if let accepted = clock.wallTime(of: trigger.accepted) {
      writeTime("event.created", accepted, to: &json)
    }
    json.set("rule.name", ifPresent: trigger.rule)
    json.set("log.level", ifPresent: trigger.priority)
    json.set("event.id", ifPresent: trigger.fingerprint)
    json.set("event.original", ifPresent: trigger.body)
    if trigger.isBodyCut { json.set("aftertrace.alert_length", ifPresent: trigger.bodyLength) }
    writeOrigin(container: trigger.container, section: trigger.section, to: &json)
    json.endObject()
  }

  private func writeOrigin(container: ContainerKey, section: UInt32, to json: inout JSONText) {
    json.set("aftertrace.capture_id", ifPresent: captureIDs[section])
    json.set("host.name", ifPresent: hostName)
    json.set("host.boot.id", ifPresent: bootID)
    writeContainer(container, to: &json)
  }

  private func writeTime(_ bootTime: BootTime, to json: inout JSONText) {
    if let time = clock.wallTime(of: bootTime) {
      writeTime("datetime", time, to: &json)
      json.set("timestamp", time.nanoseconds / 1000)
      json.set("aftertrace.time_ns") { $0.append(decimal: time.nanoseconds) }
    }
    json.set("aftertrace.boot_time_ns") { $0.append(decimal: bootTime.nanoseconds) }
  }

  private func writeTime(_ key: String, _ time: WallTime, to json: inout JSONText) {
    json.set(key) { fragments.calendar.append(time, to: &$0) }
  }

  /// Nothing where the capture has no clock.
  func writeTime(_ key: String, _ time: BootTime, to json: inout JSONText) {
    if let time = clock.wallTime(of: time) { writeTime(key, time, to: &json) }
  }

  private func writeContainer(_ key: ContainerKey, to json: inout JSONText) {
    guard key != .host, let container = containers[key] else { return }
    json.set("container.id", container.id)
    json.set("container.name", ifPresent: container.name)
    if let image = container.image {
      let parts = Self.splitImage(image)
      json.set("container.image.name", parts.name)
      if let tag = parts.tag { json.set("container.image.tag", strings: [tag]) }
    }
    json.set("container.runtime", ifPresent: container.runtime)
    json.set("orchestrator.namespace", ifPresent: container.podNamespace)
    json.set("orchestrator.resource.name", ifPresent: container.podName)
  }

  /// `registry:5000/app:1.2` is `registry:5000/app` and `1.2`: a colon before a slash is a port.
  static func splitImage(_ image: String) -> (name: String, tag: String?) {
    let base = image.split(separator: "@", maxSplits: 1).first.map(String.init) ?? image
    guard let colon = base.lastIndex(of: ":"), !base[colon...].contains("/") else { return (base, nil) }
    return (String(base[..<colon]), String(base[base.index(after: colon)...]))
  }

  private func process(of event: EventBlock, in block: TimelineFragments.Block) -> TimelineFragments.Process {
    let index = event.processIndex
    guard block.processes.indices.contains(index) else { return process(event.process) }
    if let known = block.processes[index] { return known }
    let made = process(event.process)
    block.processes[index] = made
    return made
  }

  private func process(_ process: BlockProcess) -> TimelineFragments.Process {
    if process.isNone { return TimelineFragments.Process(head: [], tail: []) }
    let head = JSONText.members { json in
      json.set("process.pid", process.key.pid)
      json.set("process.vpid", ifPresent: process.namespacePID)
    }
    return TimelineFragments.Process(head: head, tail: JSONText.members { write(process, to: &$0) })
  }

  private func write(_ process: BlockProcess, to json: inout JSONText) {
    writeEntityID("process.entity_id", of: process.key, to: &json)
    json.set("process.name", process.comm)
    json.set("process.executable", ifPresent: process.executable)
    guard let process = history[process.key] else { return }
    json.set("user.id", ifPresent: process.userID.map(String.init))
    json.set("user.name", ifPresent: process.userID.flatMap { text.accounts.user($0, in: process.container) })
    guard let parent = process.parent else { return }
    json.set("process.parent.pid", parent.pid)
    if parent.start.nanoseconds != 0 { writeEntityID("process.parent.entity_id", of: parent, to: &json) }
    guard let row = history[parent] else { return }
    json.set("process.parent.name", row.comm)
    json.set("process.parent.executable", ifPresent: row.executable)
    json.set("process.parent.command_line", ifPresent: row.arguments.map { EventText.commandLine($0) })
  }

  /// Unique over hosts and boots, and the same in every capture that holds the process.
  func writeEntityID(_ key: String, of process: ProcessKey, to json: inout JSONText) {
    var text = entityPrefix
    text.append(decimal: UInt64(process.pid))
    text.append(UInt8(ascii: "-"))
    text.append(decimal: process.start.nanoseconds)
    // The boot's id is the capture's word.
    json.set(key, text)
  }
}
