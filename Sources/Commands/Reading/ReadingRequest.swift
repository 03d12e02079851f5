internal import Arguments
public import CaptureFormat
public import Events
internal import Posix
internal import Reconstruction

/// One capture with what every reading command is asked: which containers, from when to when, in which zone.
struct ReadingRequest {
  let path: String
  let file: CaptureFile
  let clock: CaptureClock
  /// Of the capture, whatever is selected.
  let containers: [ContainerRow]
  /// Of the capture, in the order of time.
  let allTriggers: [TriggerRow]
  /// Nil is all of them.
  let selected: Set<ContainerKey>?
  let from: BootTime
  let to: BootTime
  /// A window was asked for.
  let hasWindow: Bool
  /// Whether anything narrows what is shown: then "nothing matched" is an exit status.
  var isNarrowed: Bool { selected != nil || hasWindow }
  let isJSON: Bool
  let isLocal: Bool
}

extension ReadingRequest {
  init(path: String, _ invocation: Invocation) throws {
    self.path = path == "-" ? "standard input" : path
    do throws(CaptureError) {
      file = try CaptureFile(path: path == "-" ? Self.spooledInput() : path)
      clock = CaptureClock(anchors: try file.anchors())
      containers = try file.containers()
      allTriggers = try file.triggers().sorted { $0.time < $1.time }
    } catch {
      throw CommandFailure(error, in: path)
    }
    selected = try Self.select(invocation.values(of: "container"), among: containers, in: path)
    isJSON = invocation.isSet("json")
    isLocal = invocation.isSet("local")
    let span = Self.span(of: file)
    let start = invocation.time(of: "from")
    let end = invocation.time(of: "to")
    hasWindow = start != nil || end != nil
    let offset = isLocal ? (clock.wallTime(of: span.first).map { localOffset(at: $0.nanoseconds) } ?? 0) : 0
    let resolver = WindowResolver(
      clock: clock, first: span.first, last: span.last, trigger: allTriggers.first?.time, localOffset: offset)
    from = try start.map { try resolver.resolve($0) } ?? BootTime(nanoseconds: 0)
    to = try end.map { try resolver.resolve($0) } ?? BootTime(nanoseconds: .max)
    if from > to { throw CommandFailure("--from is after --to", status: 64) }
  }

  /// `pread` needs a file: standard input is copied into an unnamed one.
  private static func spooledInput() throws(CaptureError) -> String {
    do throws(SystemError) {
      return try spoolStandardInput()
    } catch {
      throw .system(error)
    }
  }

  private static func select(
    _ names: [String], among containers: [ContainerRow], in path: String
  ) throws -> Set<ContainerKey>? {
    if names.isEmpty { return nil }
    var keys = Set<ContainerKey>()
    for name in names {
      do throws(ContainerSelection.Failure) {
        let real = containers.filter { $0.key != .host }
        keys.formUnion(try ContainerSelection.containers(matching: name, among: real).map(\.key))
      } catch {
        throw CommandFailure("\(path): \(error)")
      }
    }
    return keys
  }

  private static func span(of file: CaptureFile) -> (first: BootTime, last: BootTime) {
    let zero = BootTime(nanoseconds: 0)
    return (file.directory.map(\.firstTime).min() ?? zero, file.directory.map(\.lastTime).max() ?? zero)
  }

  /// The event blocks that can hold what was asked for.
  var blocks: [BlockEntry] {
    file.directory.filter { entry in
      (selected?.contains(entry.container) ?? true) && entry.firstTime <= to && entry.lastTime >= from
    }
  }

  /// Those that concern what was asked for.
  var triggers: [TriggerRow] {
    allTriggers.filter { isInWindow($0.time) && (selected?.contains($0.container) ?? true) }
  }

  func isInWindow(_ time: BootTime) -> Bool { time >= from && time <= to }

  func container(_ key: ContainerKey) -> ContainerRow? { containers.last { $0.key == key } }

  /// `web-1`, the first digits of the id, or `host`.
  func label(of key: ContainerKey) -> String {
    if key == .host { return "host" }
    guard let row = container(key) else { return "container \(key.rawValue)" }
    let id = String(row.id.prefix(12))
    guard let name = row.name else { return EventText.printable(Array(id.utf8)) }
    let isReused = containers.filter { $0.name == name }.count > 1
    return EventText.printable(Array((isReused ? "\(name) (\(id))" : name).utf8))
  }
}

extension ContainerRow: SelectableContainer {
  public var containerID: String { id }
  public var containerName: String? { name }
}

/// Turns what was typed as a time into the capture's own.
struct WindowResolver {
  var clock: CaptureClock
  var first: BootTime
  var last: BootTime
  /// The first; nil where nothing but a person's wish made the capture.
  var trigger: BootTime?
  /// Seconds east of UTC for times typed without a zone.
  var localOffset: Int64

  func resolve(_ expression: TimeExpression) throws -> BootTime {
    switch expression {
    case .instant(let time, let hasZone):
      return try boot(at: time - (hasZone ? 0 : localOffset * 1_000_000_000))
    case .timeOfDay(let nanoseconds):
      guard let start = clock.wallTime(of: first) else { throw noClock }
      let day: Int64 = 86_400_000_000_000
      let local = start.nanoseconds + localOffset * 1_000_000_000
      var time = local - local % day + nanoseconds - localOffset * 1_000_000_000
      // A capture over midnight: the first such time that is not before its start, as far as it reaches.
      if let end = clock.wallTime(of: last), time + day <= end.nanoseconds, time < start.nanoseconds { time += day }
      return try boot(at: time)
    case .beforeEnd(let duration): return BootTime(nanoseconds: saturating(last, minus: duration))
    case .afterStart(let duration): return BootTime(nanoseconds: saturating(first, minus: .zero - duration))
    case .trigger(let offset):
      guard let trigger else {
        throw CommandFailure("the capture has no trigger", remedy: "use -30s (before its end) or an ISO time")
      }
      return BootTime(nanoseconds: saturating(trigger, minus: .zero - offset))
    }
  }

  private var noClock: CommandFailure {
    CommandFailure("the capture has no clock anchor", remedy: "use +30s (after its start) or -30s (before its end)")
  }

  private func boot(at nanoseconds: Int64) throws -> BootTime {
    guard let anchored = clock.wallTime(of: first) else { throw noClock }
    return clock.bootTime(of: WallTime(nanoseconds: nanoseconds))
      ?? BootTime(nanoseconds: nanoseconds < anchored.nanoseconds ? 0 : .max)
  }

  private func saturating(_ time: BootTime, minus duration: Duration) -> UInt64 {
    let parts = duration.components
    let nanoseconds = parts.seconds &* 1_000_000_000 &+ parts.attoseconds / 1_000_000_000
    if nanoseconds >= 0 {
      let (result, isUnder) = time.nanoseconds.subtractingReportingOverflow(UInt64(nanoseconds))
      return isUnder ? 0 : result
    }
    let (result, isOver) = time.nanoseconds.addingReportingOverflow(nanoseconds.magnitude)
    return isOver ? .max : result
  }
}
