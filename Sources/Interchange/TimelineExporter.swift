public import CaptureFormat
internal import Events
public import JSON
public import Reconstruction

/// Writes events as a timeline: Timesketch's fields and flat dotted ECS keys, one JSON object an event.
///
/// docs/timeline.md lists every field. Nanoseconds are strings, because JSON readers round large numbers.
public struct TimelineExporter {
  let clock: CaptureClock
  let text: EventText
  private let containers: [ContainerKey: ContainerRow]
  private let history: ProcessHistory
  private let captureIDs: [UInt32: String]
  private let hostName: String?
  private let bootID: String?

  public init(_ file: CaptureFile) throws(CaptureError) {
    let boot = try CaptureBoot([file])
    try self.init(boot)
  }

  /// Of a whole boot: a process's parent may be in another section than its events.
  public init(_ boot: CaptureBoot) throws(CaptureError) {
    clock = boot.clock
    text = EventText(boot.catalogue)
    containers = Dictionary(boot.containers.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
    history = try ProcessHistory(of: boot)
    captureIDs = Dictionary(
      boot.sections.compactMap { file in file.provenance[.captureID].map { (file.section, $0) } },
      uniquingKeysWith: { $1 })
    hostName = boot.hostName
    bootID = boot.bootID
  }

  /// Appends the event as one object, without a line end.
  public func write(_ event: EventBlock, to json: inout JSONText) {
    let label = Self.label(of: event.kind)
    json.beginObject()
    json.set("message", "\(EventText.printable(event.process.comm))[\(event.process.key.pid)] \(text.line(event))")
    writeTime(event.time, to: &json)
    json.set("timestamp_desc", label.description + (event.result < 0 ? " (failed)" : ""))
    json.set("data_type", "container:\(label.type)")
    json.set("event.kind", "event")
    json.set("event.sequence", event.sequence)
    if !label.categories.isEmpty { json.set("event.category", strings: label.categories) }
    json.set("event.type", strings: eventTypes(event, label))
    json.set("event.action", event.call.map { text.name(of: $0) } ?? label.action)
    let hasResult = event.call != nil && event.kind != .signalReturn
    if hasResult { json.set("event.outcome", event.result < 0 ? "failure" : "success") }
    if event.result < 0 { json.set("error.code", text.result(event)) }
    json.set("aftertrace.kind", text.name(of: event.kind))
    json.set("aftertrace.lane", ifPresent: event.entry.lane?.name)
    if hasResult { json.set("aftertrace.result", event.result) }
    writeOrigin(container: event.entry.container, section: event.entry.section, to: &json)
    writeProcess(of: event, to: &json)
    writeArguments(of: event, to: &json)
    json.endObject()
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
      json.set("event.created", CalendarTime(accepted).iso8601())
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
      json.set("datetime", CalendarTime(time).iso8601())
      json.set("timestamp", time.nanoseconds / 1000)
      json.set("aftertrace.time_ns", "\(time.nanoseconds)")
    }
    json.set("aftertrace.boot_time_ns", "\(bootTime.nanoseconds)")
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

  private func writeProcess(of event: EventBlock, to json: inout JSONText) {
    let key = event.process.key
    json.set("process.pid", key.pid)
    json.set("process.vpid", ifPresent: event.process.namespacePID)
    json.set("process.thread.id", event.thread)
    json.set("process.entity_id", entityID(of: key))
    json.set("process.name", event.process.comm)
    json.set("process.executable", ifPresent: event.process.executable)
    guard let process = history[key] else { return }
    json.set("user.id", ifPresent: process.userID.map(String.init))
    guard let parent = process.parent else { return }
    json.set("process.parent.pid", parent.pid)
    if parent.start.nanoseconds != 0 { json.set("process.parent.entity_id", entityID(of: parent)) }
    guard let row = history[parent] else { return }
    json.set("process.parent.name", row.comm)
    json.set("process.parent.executable", ifPresent: row.executable)
    json.set("process.parent.command_line", ifPresent: row.arguments.map { EventText.commandLine($0) })
  }

  /// Unique over hosts and boots, and the same in every capture that holds the process.
  func entityID(of key: ProcessKey) -> String {
    "\(bootID.map { String($0.filter { $0 != "-" }.prefix(12)) } ?? "boot")-\(key.pid)-\(key.start.nanoseconds)"
  }
}
