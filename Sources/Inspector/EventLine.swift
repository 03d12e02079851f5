public import CaptureFormat
public import Events
public import Reconstruction

/// One row of the list of events, made to be shown.
public struct EventLine: Hashable, Sendable {
  public enum Body: Hashable, Sendable {
    case event(what: String, result: String, notes: String)
    /// Something is missing from here on.
    case loss(LossRow)
  }

  public var position: EventPosition
  public var container: ContainerKey
  public var process: ProcessKey
  public var processName: String
  public var lane: Lane?
  public var isFailed: Bool
  public var body: Body

  public var time: BootTime { position.time }

  init(_ event: EventBlock, at position: EventPosition, _ text: EventText) {
    self.position = position
    container = event.entry.container
    process = event.process.key
    processName = EventText.name(of: event.process)
    lane = event.entry.lane
    isFailed = event.isFailed
    var notes = text.notes(event)
    if let duration = text.duration(event) { notes.insert(duration, at: 0) }
    body = .event(
      what: text.what(event, putsTextFirst: true), result: text.hasResult(event) ? text.result(event) : "",
      notes: notes.joined(separator: ", "))
  }

  init(_ loss: LossRow, number: Int, notBefore: BootTime) {
    position = EventPosition(
      time: max(loss.from, notBefore), lane: 254, container: loss.container ?? .host, offset: .max,
      row: UInt32(truncatingIfNeeded: number))
    container = loss.container ?? .host
    process = ProcessKey(pid: 0, start: BootTime(nanoseconds: 0))
    processName = ""
    lane = loss.lane
    isFailed = false
    body = .loss(loss)
  }
}

/// Everything that is known of one event.
public struct EventDetail: Equatable, Sendable {
  public struct Field: Hashable, Sendable {
    public var name: String
    public var value: String
    /// The number as it stands in the file, where the value is not that.
    public var raw: String = ""
    public var unit: String = ""
    /// What the catalogue says of the field.
    public var summary: String = ""
  }

  public var position: EventPosition
  public var title: String
  public var fields: [Field]
  /// What its times are told in.
  let line: CommonTime

  public static func == (left: EventDetail, right: EventDetail) -> Bool {
    left.position == right.position && left.fields == right.fields
  }
}
