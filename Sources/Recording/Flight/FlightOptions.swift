public import Events
internal import Posix

/// How the armed recorder keeps the past.
public struct FlightOptions: Sendable {
  /// Everything that the recorder takes, in the kernel and outside it; nil is the larger of 128 MiB and 1 % of the machine's.
  public var memory: Int?
  public var windows = FlightWindows()
  /// Bytes of each ring of the detail lane; nil leaves it to the budget.
  public var ringSize: Int?
  public var payload = PayloadLimits()
  public var durations = CallDurations.blocked
  public var packets = PacketOptions()
  /// How long after its end a container can still be captured.
  public var retention: Duration = .seconds(120)
  /// A block of a stream in which much happens is sealed at this age.
  public var sealAge: Duration = .seconds(10)
  /// Says why a container's end raises a trigger by itself; nil when it does not.
  public var deathReason: @Sendable (ContainerDeath) -> String? = { _ in nil }
  /// Whether a container of which a file of its engine told is recorded.
  public var includes: @Sendable (ContainerMetadata) -> Bool = { _ in true }
  /// Whether what runs in no container is.
  public var includesHost = true
  /// The same alert, sent again within this time, is taken once.
  public var duplicateSpan: Duration = .seconds(3600)
  /// Bytes of sealed blocks at the most, whatever the budget would allow: for tests that are to see it enforced.
  var blockLimit: Int?
  public var forced = ForcedLosses()
  /// Where it is noted that the recorder runs, so that the next one knows when it did not; nil notes nothing.
  public var noteOfRun: String?
  public var toolVersion: String
  public var commandLine: String

  public init(toolVersion: String, commandLine: String) {
    self.toolVersion = toolVersion
    self.commandLine = commandLine
  }

  /// Nanoseconds for which the dead stay, where there is room: a whole window, and at least the retention.
  var deadAreKeptFor: UInt64 { max(retention.wholeNanoseconds, windows.longest) }

  /// The whole budget, in bytes.
  var budget: Int { max(memory ?? max(128 << 20, Int(clamping: physicalMemory / 100)), 32 << 20) }

  /// Of each detail ring: what lets all rings together take an eighth of the budget at most.
  func ringSize(ringCount: Int) -> Int {
    if let ringSize { return ringSize }
    var size = 65_536
    // All rings: detail, half of it for activity, for each CPU; a quarter for lifecycle; and the urgent one.
    while size < 8 << 20, total(size * 2, ringCount) <= budget / 8 { size *= 2 }
    return size
  }

  private func total(_ size: Int, _ count: Int) -> Int { size * count * 3 / 2 + size / 4 + 1 << 18 }
}

/// How far back a capture reaches, by lane, and how long it goes on.
public struct FlightWindows: Hashable, Sendable {
  public var lifecycle: Duration = .seconds(600)
  public var activity: Duration = .seconds(120)
  public var detail: Duration = .seconds(30)
  public var packets: Duration = .seconds(120)
  public var after: Duration = .seconds(15)

  /// Alerts come some seconds after what they are about, and their windows count from that: so much longer all is kept.
  static let lateness: UInt64 = 5_000_000_000

  public init() {}

  func before(_ lane: Lane) -> UInt64 {
    switch lane {
    case .lifecycle: lifecycle.wholeNanoseconds
    case .activity: activity.wholeNanoseconds
    case .detail: detail.wholeNanoseconds
    case .packets: packets.wholeNanoseconds
    }
  }

  var longest: UInt64 { Lane.allCases.map { before($0) }.max() ?? 0 }
}

/// How a container ended, or one of its processes for lack of memory.
public struct ContainerDeath: Hashable, Sendable {
  /// As wait(2) gives it, of the container's first process; nil when that is not known.
  public var waitStatus: Int32?
  public var wasOutOfMemory: Bool
  /// From the start of its first program; nil when it is older than the recording.
  public var lifetime: Duration?
}
