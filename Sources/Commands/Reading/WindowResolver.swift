internal import Arguments
internal import CaptureFormat
internal import Events
internal import Posix
internal import Reconstruction

/// Turns what was typed as a time into the capture's own.
struct WindowResolver {
  /// What one boot of a capture covers.
  struct Span {
    var clock: CaptureClock
    var first: BootTime
    var last: BootTime
    /// The first; nil where nothing but a person's wish made the capture.
    var trigger: BootTime?
  }

  private let boots: [Span]
  /// Seconds east of UTC for times typed without a zone.
  private let localOffset: Int64

  init(_ boots: [Span], isLocal: Bool) {
    self.boots = boots
    localOffset =
      isLocal ? (Self.earliest(of: boots).map { Posix.localOffset(at: $0.start.nanoseconds) } ?? 0) : 0
  }

  /// A moment: on the wall clock, or on that of the only boot.
  enum Moment {
    case wall(WallTime)
    case boot(BootTime)
  }

  func resolve(_ expression: TimeExpression) throws -> Moment {
    switch expression {
    case .instant(let time, let hasZone):
      guard Self.earliest(of: boots) != nil else { throw noClock }
      return .wall(WallTime(nanoseconds: time - (hasZone ? 0 : localOffset * 1_000_000_000)))
    case .timeOfDay(let nanoseconds):
      guard let (start, _) = Self.earliest(of: boots), let end = Self.latest(of: boots)?.end else { throw noClock }
      let day: Int64 = 86_400_000_000_000
      let local = start.nanoseconds + localOffset * 1_000_000_000
      var time = local - local % day + nanoseconds - localOffset * 1_000_000_000
      // A capture over midnight: the first such time that is not before its start, as far as it reaches.
      if time + day <= end.nanoseconds, time < start.nanoseconds { time += day }
      return .wall(WallTime(nanoseconds: time))
    case .beforeEnd(let duration):
      guard boots.count > 1 else { return .boot(Self.sum(boots[0].last, .zero - duration)) }
      guard let (end, boot) = Self.latest(of: boots) else { throw noClock }
      return .wall(boot.clock.wallTime(of: Self.sum(boot.last, .zero - duration)) ?? end)
    case .afterStart(let duration):
      guard boots.count > 1 else { return .boot(Self.sum(boots[0].first, duration)) }
      guard let (start, boot) = Self.earliest(of: boots) else { throw noClock }
      return .wall(boot.clock.wallTime(of: Self.sum(boot.first, duration)) ?? start)
    case .trigger(let offset):
      let fired = boots.compactMap { boot in boot.trigger.map { ($0, boot) } }
      guard let (first, boot) = fired.min(by: { $0.1.clock.timeLine(of: $0.0) < $1.1.clock.timeLine(of: $1.0) }) else {
        throw CommandFailure("the capture has no trigger", remedy: "use -30s (before its end) or an ISO time")
      }
      let time = Self.sum(first, offset)
      guard boots.count > 1 else { return .boot(time) }
      guard let wall = boot.clock.wallTime(of: time) else { throw noClock }
      return .wall(wall)
    }
  }

  /// The same moment on the clock of one boot: 0 or the greatest where it is before the boot or after all times.
  func time(of moment: Moment, in boot: Span) -> BootTime {
    switch moment {
    case .boot(let time): return time
    case .wall(let time):
      if let result = boot.clock.bootTime(of: time) { return result }
      let start = boot.clock.wallTime(of: boot.first)
      return BootTime(nanoseconds: start.map { time < $0 } ?? true ? 0 : .max)
    }
  }

  private static func earliest(of boots: [Span]) -> (start: WallTime, boot: Span)? {
    boots.compactMap { boot in boot.clock.wallTime(of: boot.first).map { ($0, boot) } }.min { $0.0 < $1.0 }
  }

  private static func latest(of boots: [Span]) -> (end: WallTime, boot: Span)? {
    boots.compactMap { boot in boot.clock.wallTime(of: boot.last).map { ($0, boot) } }.max { $0.0 < $1.0 }
  }

  private var noClock: CommandFailure {
    CommandFailure("the capture has no clock anchor", remedy: "use +30s (after its start) or -30s (before its end)")
  }

  private static func sum(_ time: BootTime, _ duration: Duration) -> BootTime {
    let parts = duration.components
    let nanoseconds = parts.seconds &* 1_000_000_000 &+ parts.attoseconds / 1_000_000_000
    let (result, isOver) =
      nanoseconds < 0
      ? time.nanoseconds.subtractingReportingOverflow(nanoseconds.magnitude)
      : time.nanoseconds.addingReportingOverflow(nanoseconds.magnitude)
    return BootTime(nanoseconds: isOver ? (nanoseconds < 0 ? 0 : .max) : result)
  }
}
