public import Events

/// Whom a trigger is about, as its sender named them: by whichever of these is known, in the order they are listed here.
///
/// Never a guess: an ambiguous prefix or name is refused, with the candidates.
public struct TriggerScope: Hashable, Sendable {
  /// A full id or an unambiguous prefix of one.
  public var containerID: String?
  public var containerName: String?
  public var podName: String?
  public var podNamespace: String?
  /// The path of a cgroup, as cAdvisor's `id` label has it.
  public var cgroupPath: String?
  /// A process in the initial pid namespace, at the trigger's time.
  public var pid: UInt32?
  /// What is in no container. Only when asked for by name.
  public var isHost = false

  public init() {}

  /// Nothing is named: such a trigger is refused.
  public var isEmpty: Bool {
    containerID == nil && containerName == nil && podName == nil && cgroupPath == nil && pid == nil && !isHost
  }
}

/// One wish to keep the past: from an alert, a person, or a container's death.
public struct TriggerRequest: Hashable, Sendable {
  public var scope: TriggerScope
  /// When what it is about happened, by its sender's clock; nil is now.
  public var time: WallTime?
  /// Longer or shorter windows than the configured ones, for every lane.
  public var before: Duration?
  public var after: Duration?
  /// What raised it: `request`, `falco`, `falcosidekick`, `alertmanager`, `cloudevents`, `kubernetes`, `death`.
  public var source: String
  public var reason: String?
  public var rule: String?
  public var priority: String?
  /// The same alert sent again has the same one: it is taken once.
  public var fingerprint: String?
  /// The alert as it came, kept in the capture up to ``bodyLimit`` bytes.
  public var body: [UInt8]?
  /// Its length in bytes, before it was cut.
  public var bodyLength: Int?

  public static let bodyLimit = 65_536

  public init(scope: TriggerScope, source: String) {
    self.scope = scope
    self.source = source
  }
}

/// What became of a trigger.
public enum TriggerAnswer: Hashable, Sendable {
  /// A capture is being written, or was already: `isMerged` when the trigger joined one.
  case accepted(TriggerReceipt)
  /// Sent before, and taken then.
  case duplicate(TriggerReceipt)
  case refused(TriggerRefusal)
}

/// Where a trigger's capture is.
public struct TriggerReceipt: Hashable, Sendable {
  /// The capture's path once it is closed; until then it is there with `.partial` behind it.
  public var path: String
  /// The capture's UUID.
  public var captureID: String
  /// The container's full id; empty for the host.
  public var containerID: String
  public var isMerged: Bool

  public init(path: String, captureID: String, containerID: String, isMerged: Bool) {
    self.path = path
    self.captureID = captureID
    self.containerID = containerID
    self.isMerged = isMerged
  }
}

/// Why a trigger was not taken.
public struct TriggerRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Kind: Sendable { case noScope, unknownContainer, ambiguous, outOfWindow, busy, cannotWrite }
  public var kind: Kind
  public var description: String
  public var remedy: String?

  public init(_ kind: Kind, _ description: String, remedy: String? = nil) {
    self.kind = kind
    self.description = description
    self.remedy = remedy
  }
}

/// Where triggers are handed in, from any thread: the Unix socket's, the HTTP server's.
///
/// The recorder is the desk's one clerk; it answers within its next round, some milliseconds.
public protocol TriggerDesk: Sendable {
  /// Hands in a trigger and waits for the answer: the past is pinned by then, and its writing has begun.
  func submit(_ request: TriggerRequest) -> TriggerAnswer
  /// Waits until the capture is closed.
  ///
  /// - Returns: Nil when it was written; otherwise what went wrong.
  func waitUntilClosed(_ receipt: TriggerReceipt) -> String?
  /// The recorder's account of itself, one JSON object: histories, memory, losses, triggers.
  ///
  /// docs/json.md has its fields under `status`; `aftertrace status` prints them as a table.
  func statusJSON() -> [UInt8]
}
