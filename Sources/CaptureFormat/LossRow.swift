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

/// Why something was lost. The numbers are the file's; their names are in each capture's catalogue.
public struct LossCause: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }
  /// The kernel's ring had no room: the recorder did not drain it in time.
  public static let ringFull = LossCause(rawValue: 1)
  /// No scratch space: a probe ran inside a probe on one CPU.
  public static let scratch = LossCause(rawValue: 2)
  /// Not an event: a path definition could not be sent.
  public static let definition = LossCause(rawValue: 3)
  /// A probe was not run because one was running on that CPU.
  public static let recursion = LossCause(rawValue: 4)
  /// Evicted from memory to stay within the budget.
  public static let evicted = LossCause(rawValue: 16)
  /// The lane was shed under pressure.
  public static let shed = LossCause(rawValue: 17)
  /// A record that the recorder could not decode.
  public static let undecodable = LossCause(rawValue: 18)
  /// The capture could not be written (disk full, size limit).
  public static let notWritten = LossCause(rawValue: 19)
  /// A probe could not be attached.
  public static let notProbed = LossCause(rawValue: 20)

  /// What a capture's catalogue says of each cause that this version writes.
  public static let catalogue: [Catalogue.Cause] = [
    .init(number: 1, name: "ring-full", summary: "the kernel's ring had no room"),
    .init(number: 2, name: "no-scratch", summary: "a probe ran inside a probe on one CPU"),
    .init(number: 3, name: "path-definition", summary: "not an event: the name of a file could not be sent"),
    .init(number: 4, name: "recursion", summary: "a probe was not run because one was running on that CPU"),
    .init(number: 16, name: "evicted", summary: "dropped from memory to stay within the budget"),
    .init(number: 17, name: "shed", summary: "the lane was shed under pressure"),
    .init(number: 18, name: "undecodable", summary: "a kernel record made no sense"),
    .init(number: 19, name: "not-written", summary: "the capture could not be written"),
    .init(number: 20, name: "not-probed", summary: "a probe could not be attached"),
  ]

  /// The cause's name in this version's catalogue.
  public var name: String? { Self.catalogue.first { $0.number == rawValue }?.name }
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
