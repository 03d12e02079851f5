public import CaptureFormat
public import Events
public import JSON
internal import Reconstruction

/// A capture in few words, for lists and for those who are told that there is one. Reads tables, never events.
///
/// Of a file that captures were merged into it tells the first, how many there are, and what holds of all.
public struct CaptureSummary: Sendable {
  public var path: String
  public var captureID: String?
  public var host: String?
  /// Whom its triggers are about; nil for the host.
  public var container: ContainerRow?
  /// In the order of time.
  public var triggers: [TriggerRow]
  public var losses: [LossRow]
  /// Nil without a footer.
  public var completeness: Completeness?
  /// Every section has a footer that vouches for it, nothing is missing and no table damaged.
  public var isComplete: Bool
  public var sectionCount: Int
  /// Of all sections.
  public var eventCount: UInt64
  public var lengthInBytes: UInt64
  private let clock: CaptureClock

  /// The most triggers that are told one by one.
  private static let triggerLimit = 100

  public init(path: String) throws(CaptureError) {
    let sections = try CaptureFile.sections(path: path)
    let file = sections[0]
    self.path = path
    sectionCount = sections.count
    captureID = file.provenance[.captureID]
    host = file.provenance[.hostName]
    triggers = try file.triggers().sorted { $0.time < $1.time }
    losses = try file.losses()
    completeness = file.completeness
    eventCount = sections.reduce(0) { $1.directory.reduce($0) { $0 + UInt64($1.rowCount) } }
    lengthInBytes = sections.reduce(0) { $0 + $1.length }
    clock = CaptureClock(anchors: try file.anchors())
    let containers = try file.containers().filter { $0.key != .host }
    let subject = triggers.first?.container ?? (containers.count == 1 ? containers[0].key : nil)
    container = containers.first { $0.key == subject }
    var isComplete = true
    for section in sections {
      let hasLosses = try !section.losses().isEmpty
      if hasLosses || !section.problems.isEmpty || section.completeness?.isComplete != true { isComplete = false }
    }
    self.isComplete = isComplete
  }

  /// When it fired first, or began.
  public var time: WallTime? {
    (triggers.first?.time ?? completeness?.from).flatMap { clock.wallTime(of: $0) }
  }

  /// Sets its members in an object that is open. docs/json.md lists them.
  public func write(to json: inout JSONText) {
    json.set("path", path)
    json.set("capture_id", ifPresent: captureID)
    json.set("host", ifPresent: host)
    json.beginObject("container")
    if let container {
      json.set("id", container.id)
      json.set("name", ifPresent: container.name)
      json.set("image", ifPresent: container.image)
      json.set("pod", ifPresent: container.podName)
      json.set("namespace", ifPresent: container.podNamespace)
    }
    json.endObject()
    json.beginArray("triggers")
    for trigger in triggers.prefix(Self.triggerLimit) {
      json.beginObject()
      json.set("time", ifPresent: date(trigger.time))
      json.set("source", trigger.source)
      json.set("rule", ifPresent: trigger.rule)
      json.set("reason", ifPresent: trigger.reason)
      json.set("priority", ifPresent: trigger.priority)
      json.set("fingerprint", ifPresent: trigger.fingerprint)
      json.endObject()
    }
    json.endArray()
    json.set("trigger_count", triggers.count)
    if let completeness {
      json.beginObject("window")
      json.set("from", ifPresent: date(completeness.from))
      json.set("to", ifPresent: date(completeness.to))
      json.endObject()
    }
    json.set("sections", sectionCount)
    json.set("events", eventCount)
    json.set("complete", isComplete)
    json.set("ended_by", ifPresent: completeness?.reason)
    json.beginArray("losses")
    for loss in losses {
      json.beginObject()
      json.set("cause", loss.cause.name ?? "cause \(loss.cause.rawValue)")
      json.set("lane", ifPresent: loss.lane?.name)
      json.set("from", ifPresent: date(loss.from))
      json.set("to", ifPresent: date(loss.to))
      json.set("count", loss.count)
      json.endObject()
    }
    json.endArray()
    json.set("bytes", lengthInBytes)
  }

  private func date(_ time: BootTime) -> String? {
    clock.wallTime(of: time).map { CalendarTime($0).iso8601(digits: 9) }
  }
}
