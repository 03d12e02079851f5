/// Nanoseconds since boot (`CLOCK_BOOTTIME`): the one clock that every record carries.
///
/// Wall-clock times are made from it through the nearest clock anchor, never stored in its place.
public struct BootTime: Hashable, Comparable, Sendable {
  public var nanoseconds: UInt64
  public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }
  public static func < (left: BootTime, right: BootTime) -> Bool { left.nanoseconds < right.nanoseconds }
}

/// Nanoseconds since 1970-01-01T00:00:00Z (`CLOCK_REALTIME`).
public struct WallTime: Hashable, Comparable, Sendable {
  public var nanoseconds: Int64
  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
  public static func < (left: WallTime, right: WallTime) -> Bool { left.nanoseconds < right.nanoseconds }
}

/// A process within one boot: its thread group id in the initial pid namespace and its leader's start time.
///
/// Never a bare pid: pids are reused within seconds on a busy host.
public struct ProcessKey: Hashable, Sendable {
  public var pid: UInt32
  /// Start of the thread group's leader. Zero where only the pid is known (a parent outside the capture).
  public var start: BootTime
  public init(pid: UInt32, start: BootTime) {
    self.pid = pid
    self.start = start
  }
}

/// A container within one capture section. Issued by the recorder for its life and never reused.
public struct ContainerKey: Hashable, Comparable, Sendable {
  /// As it stands in the file.
  public var rawValue: UInt32
  /// Which section of a file the number is of; 0 is the first. Not stored: a reader adds it.
  public var section: UInt32
  public init(rawValue: UInt32, section: UInt32 = 0) {
    self.rawValue = rawValue
    self.section = section
  }
  /// Everything that is in no container: in every section the same key.
  public static let host = ContainerKey(rawValue: 0)
  public static func < (left: ContainerKey, right: ContainerKey) -> Bool {
    (left.section, left.rawValue) < (right.section, right.rawValue)
  }

  /// The same number as one of another section's.
  public func inSection(_ section: UInt32) -> ContainerKey {
    rawValue == 0 ? .host : ContainerKey(rawValue: rawValue, section: section)
  }
}

/// The id of a cgroup: the inode number of its directory, unique within one hierarchy.
public struct CgroupID: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// An open file under one name, as the probes numbered it; 0 is an unknown one.
public struct FileID: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
  public static let unknown = FileID(rawValue: 0)
}

/// Lanes by worth. Under pressure detail is shed first and lifecycle last, never silently.
public enum Lane: UInt8, CaseIterable, Sendable, Comparable {
  /// Fork, exec, exit, and what changes a process's rights.
  case lifecycle = 0
  /// Opens for writing, creations, deletions, connections, failures.
  case activity = 1
  /// The rest.
  case detail = 2
  /// What went over the network, as it was on the wire.
  case packets = 3
  /// Those that hold events.
  public static let ofEvents: [Lane] = [.lifecycle, .activity, .detail]
  public static func < (left: Lane, right: Lane) -> Bool { left.rawValue < right.rawValue }
  public var name: String {
    switch self {
    case .lifecycle: "lifecycle"
    case .activity: "activity"
    case .detail: "detail"
    case .packets: "packets"
    }
  }
}

/// One stream of a recording: what one container did, in one lane. A block belongs to exactly one.
public struct StreamKey: Hashable, Sendable {
  public var container: ContainerKey
  public var lane: Lane
  public init(container: ContainerKey, lane: Lane) {
    self.container = container
    self.lane = lane
  }
}

/// A system call: the number alone means nothing without the binary interface it was made through.
public struct SystemCall: Hashable, Sendable {
  public var abi: UInt8
  public var number: UInt16
  public init(abi: UInt8, number: UInt16) {
    self.abi = abi
    self.number = number
  }
  /// One number for a column: `abi << 16 | number`.
  public var packed: UInt32 { UInt32(abi) << 16 | UInt32(number) }
  public init(packed: UInt32) {
    self.init(abi: UInt8(truncatingIfNeeded: packed >> 16), number: UInt16(truncatingIfNeeded: packed))
  }
}

/// What is known to qualify one event.
public struct EventFlags: OptionSet, Hashable, Sendable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// The kernel will run the call again (results −512 to −516): not an attempt of its own.
  public static let restarted = EventFlags(rawValue: 1 << 0)
  /// A value is shorter than what was there.
  public static let truncated = EventFlags(rawValue: 1 << 1)
  /// A pointer faulted: the value is absent, which is not the same as empty.
  public static let unreadable = EventFlags(rawValue: 1 << 2)
  /// Of a thread, not of a process.
  public static let thread = EventFlags(rawValue: 1 << 3)
  /// Seen by the scan at the start, not by a probe.
  public static let tableScan = EventFlags(rawValue: 1 << 4)
  /// Stands after later events of its stream: its probe was held up, or it waited until its container was known.
  public static let outOfOrder = EventFlags(rawValue: 1 << 5)
  /// The path leads outside the process's root.
  public static let outsideRoot = EventFlags(rawValue: 1 << 6)
  /// The file had no name any more.
  public static let deletedFile = EventFlags(rawValue: 1 << 7)
  /// The path or address is the program's string, read from its memory when the call ended.
  public static let fromUserMemory = EventFlags(rawValue: 1 << 8)
  /// The process acts in a container's namespaces but is not in its cgroup; of an exec also: it was put into a container
  /// that ran already (docker exec).
  public static let enteredFromOutside = EventFlags(rawValue: 1 << 9)
  /// The call had not returned when the recording ended.
  public static let unfinished = EventFlags(rawValue: 1 << 10)
  /// A likely secret in the payload was replaced or left out.
  public static let masked = EventFlags(rawValue: 1 << 11)
  /// Of a process that a runtime put into the container and that has not yet run anything there: it sets the container up.
  public static let runtimeSetUp = EventFlags(rawValue: 1 << 12)
  /// Asked for through io_uring: the process made no call of its own for it.
  public static let viaRing = EventFlags(rawValue: 1 << 13)
  /// The duration counts from the call's beginning, not from when it first slept.
  public static let wholeDuration = EventFlags(rawValue: 1 << 14)
  /// The call came back, and nobody told with what: the result is 0 and means nothing.
  public static let resultUnknown = EventFlags(rawValue: 1 << 15)
}
