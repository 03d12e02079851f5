internal import BPF
public import Events
public import FilterLanguage
internal import Posix

/// What `record` was asked for.
public struct RecordingOptions: Sendable {
  /// A path; nil is standard output.
  public var output: String?
  /// Ids, prefixes or names. Empty records everything.
  public var containers: [String] = []
  /// Only events that pass are kept; nil keeps all.
  public var filter: CompiledFilter?
  /// A command to hold until the probes are live, then to record with all that it starts.
  public var command: [String]?
  public var duration: Duration?
  /// The capture is ended when it has grown to this many bytes.
  public var sizeLimit: UInt64 = 1 << 30
  /// Bytes of each ring of the detail lane.
  public var ringSize: Int = 16 << 20
  public var payload = PayloadLimits()
  public var durations = CallDurations.blocked
  public var packets = PacketOptions()
  public var toolVersion: String
  public var commandLine: String
  public var forced = ForcedLosses()

  public init(output: String?, toolVersion: String, commandLine: String) {
    self.output = output
    self.toolVersion = toolVersion
    self.commandLine = commandLine
  }
}

/// Losses that a test wants to see: those that a healthy machine does not show.
public struct ForcedLosses: Sendable {
  /// Path definitions are lost.
  public var losesDefinitions = false
  /// Processes and cgroups that can be followed.
  public var tableCapacity: Int?
  /// Probes that are not loaded, as if the kernel refused them.
  public var leftOutProbes: [String] = []

  public init() {}
}

/// What became of a recording.
public struct RecordingSummary: Sendable {
  public var eventCount: UInt64
  public var lostCount: UInt64
  public var bytesWritten: UInt64
  public var isComplete: Bool
  /// Why it ended, and what keeps it from being complete.
  public var reason: String
  /// Of the command that was recorded, as wait(2) gives it.
  public var commandStatus: Int32?
  /// Why the file is shorter than it should be.
  public var writeError: String?
  public var processorNanoseconds: UInt64
}

/// Why nothing is recorded.
public struct RecordingError: Error, CustomStringConvertible {
  public var description: String
  public var remedy: String?

  init(_ description: String, remedy: String? = nil) {
    self.description = description
    self.remedy = remedy
  }

  /// Words what the probes, the kernel or the disk refused.
  init(_ error: any Error) {
    switch error {
    case let error as RecordingError: self = error
    case let error as BPFError: self.init("\(error)", remedy: error.remedy)
    default: self.init("\(error)")
    }
  }
}
