public import Events
public import Rules

/// What `watch` is to do, with every value decided: the defaults, changed by the files.
///
/// Pure data. The names that files use for it, with their ranges and their help, are ``ConfigurationKey/all``.
public struct WatchConfiguration: Hashable, Sendable {
  public var memory = Memory()
  public var windows = Windows()
  /// How much is kept of what is read, written, sent and received.
  public var payload = PayloadLimits()
  /// Which calls have a duration.
  public var durations = CallDurations.blocked
  /// How much is kept of what goes over the network.
  public var packets = PacketOptions()
  /// How long a container stays capturable after its end, at least.
  public var deadContainersFor: Duration = .seconds(120)
  public var death = DeathPredicates()
  /// What is looked for in what is recorded.
  public var rules = WatchRules()
  public var containers = ContainerChoice()
  public var captures = CaptureRetention()
  /// Where the control socket is.
  public var socket = "/run/aftertrace/control.sock"
  public var http = HTTPEndpoint()
  /// What is started for each finished capture, in this order.
  public var onCapture: [CaptureHook] = []
  public var logLevel = LogThreshold.info

  public init() {}
}

extension WatchConfiguration {
  /// The one budget, and what the kernel's rings take of it.
  public struct Memory: Hashable, Sendable {
    public var budget = MemoryBudget.automatic
    /// Bytes of each detail ring, of which there is one a processor; nil leaves it to the budget.
    public var ringSize: UInt64?
  }

  /// How far a capture reaches back from its trigger, in one lane.
  public struct Window: Hashable, Sendable {
    public var before: Duration

    public init(before: Duration) { self.before = before }
  }

  public struct Windows: Hashable, Sendable {
    public var lifecycle = Window(before: .seconds(600))
    public var activity = Window(before: .seconds(120))
    public var detail = Window(before: .seconds(30))
    public var packets = Window(before: .seconds(120))
    /// How long it goes on, in every lane.
    public var after: Duration = .seconds(15)

    public subscript(lane: Lane) -> Window {
      switch lane {
      case .lifecycle: lifecycle
      case .activity: activity
      case .detail: detail
      case .packets: packets
      }
    }
  }

  /// Rules that are tried on what is recorded.
  public struct WatchRules: Hashable, Sendable {
    public var files: [String] = []
    public var hasBuiltIn = false
    public var options = RuleWatchOptions()

    public var isEmpty: Bool { files.isEmpty && !hasBuiltIn }
  }

  /// Where captures are kept, and until when. Nil sets no limit.
  public struct CaptureRetention: Hashable, Sendable {
    public var directory = "/var/lib/aftertrace/captures"
    /// Bytes of all captures together.
    public var quota: UInt64? = 10 << 30
    public var keepFor: Duration? = .seconds(30 * 86_400)
    public var maxCount: Int? = 1000
    /// What the file system keeps free: with less, no capture is begun. Nothing is removed for it.
    public var freeSpace = FreeSpace.perMille(50)
  }

  /// Where alerts are taken over HTTP.
  public struct HTTPEndpoint: Hashable, Sendable {
    public var isEnabled = false
    public var address = "127.0.0.1"
    /// 0 leaves the choice to the kernel.
    public var port: UInt16 = 9465
    public var tokenFile = "/etc/aftertrace/token"
    public var maxBody: UInt64 = 1 << 20
  }

  /// What happens when a capture is finished.
  public struct CaptureHook: Hashable, Sendable {
    public enum Action: Hashable, Sendable {
      /// A program's path and its arguments; the summary is its standard input.
      case command([String])
      /// The summary is sent to it with POST.
      case url(String)
    }

    public var action: Action
    public var timeout: Duration = .seconds(30)

    public init(_ action: Action, timeout: Duration = .seconds(30)) {
      self.action = action
      self.timeout = timeout
    }
  }

  /// The least urgent message that is still printed.
  public enum LogThreshold: String, CaseIterable, Hashable, Sendable {
    case error, warning, notice, info, debug
  }
}

/// How much memory all of the recorder takes: rings, maps, tables, blocks.
public enum MemoryBudget: Hashable, Sendable {
  /// The larger of 128 MiB and 1 % of the machine's memory.
  case automatic
  case bytes(UInt64)
  case perMille(Int)

  public static let least: UInt64 = 32 << 20

  /// The budget on a machine with `memory` bytes, never below ``least``.
  public func bytes(ofMemory memory: UInt64) -> UInt64 {
    switch self {
    case .automatic: max(128 << 20, memory / 100)
    case .bytes(let count): count
    case .perMille(let share): max(Self.least, memory / 1000 * UInt64(share))
    }
  }
}

/// How much of a file system is not to be used.
public enum FreeSpace: Hashable, Sendable {
  case bytes(UInt64)
  case perMille(Int)
}
