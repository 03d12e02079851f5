public import Events

/// Events that happened and are not in the capture: how many, why, whose, and between which times.
public struct LossRow: Hashable, Sendable {
  public var cause: LossCause
  /// Nil where the lane is not known.
  public var lane: Lane?
  /// Nil is unattributed: it may be anybody's.
  public var container: ContainerKey?
  public var from: BootTime
  public var to: BootTime
  public var count: UInt64

  public init(cause: LossCause, lane: Lane?, container: ContainerKey?, from: BootTime, to: BootTime, count: UInt64) {
    self.cause = cause
    self.lane = lane
    self.container = container
    self.from = from
    self.to = to
    self.count = count
  }
}

/// A moment on three clocks. Wall times of events are made through the nearest one.
public struct AnchorRow: Hashable, Sendable {
  public var boot: BootTime
  /// `CLOCK_MONOTONIC`, nanoseconds.
  public var monotonic: UInt64
  public var real: WallTime
  public var reason: AnchorReason
  public init(boot: BootTime, monotonic: UInt64, real: WallTime, reason: AnchorReason) {
    self.boot = boot
    self.monotonic = monotonic
    self.real = real
    self.reason = reason
  }
}

public struct AnchorReason: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  public static let start = AnchorReason(rawValue: 1)
  public static let periodic = AnchorReason(rawValue: 2)
  /// The wall clock was set.
  public static let step = AnchorReason(rawValue: 3)
  public static let end = AnchorReason(rawValue: 4)
}

/// How many events of a stream fell into one second since boot.
public struct CountRow: Hashable, Sendable {
  public var container: ContainerKey
  public var lane: Lane
  /// `time / 1 000 000 000`.
  public var second: UInt64
  public var count: UInt64
  public init(container: ContainerKey, lane: Lane, second: UInt64, count: UInt64) {
    self.container = container
    self.lane = lane
    self.second = second
    self.count = count
  }
}

/// Where a stream stands when a capture's window begins: the state block's rows hold after that event.
public struct StateRow: Hashable, Sendable {
  public var container: ContainerKey
  public var lane: Lane
  /// The first instant from which nothing of this stream is missing.
  public var achievedStart: BootTime
  /// Sequence of the first event that is in the capture.
  public var firstSequence: UInt64
  /// When the state was so that this lane's events go on from: of lifecycle the processes', of detail the descriptors'.
  public var stateTime: BootTime?
  public init(
    container: ContainerKey, lane: Lane, achievedStart: BootTime, firstSequence: UInt64, stateTime: BootTime? = nil
  ) {
    self.stateTime = stateTime
    self.container = container
    self.lane = lane
    self.achievedStart = achievedStart
    self.firstSequence = firstSequence
  }
}
