public import Events

/// Why a capture was made: one trigger, as it was taken. A capture that several triggers share has a row of each.
public struct TriggerRow: Hashable, Sendable {
  /// When what it is about happened: the capture's windows are counted from here.
  public var time: BootTime
  /// When the recorder took it: alerts come late.
  public var accepted: BootTime
  /// What raised it: `request`, `falco`, `falcosidekick`, `alertmanager`, `cloudevents`, `kubernetes`, `death`.
  public var source: String
  public var reason: String?
  public var rule: String?
  public var priority: String?
  /// Whom it is about.
  public var container: ContainerKey
  /// Nanoseconds of the past that the sender asked for; nil leaves it to the recorder.
  public var before: UInt64?
  /// Nanoseconds to go on for.
  public var after: UInt64?
  public var fingerprint: String?
  /// The alert as it came, up to ``bodyLimit`` bytes of it.
  public var body: [UInt8]?
  /// Its length in bytes, before it was cut.
  public var bodyLength: UInt64?
  /// Which section of the file it stands in. Not stored: a reader adds it.
  public var section: UInt32 = 0

  public static let bodyLimit = 65_536

  public init(
    time: BootTime, accepted: BootTime, source: String, reason: String? = nil, rule: String? = nil,
    priority: String? = nil, container: ContainerKey, before: UInt64? = nil, after: UInt64? = nil,
    fingerprint: String? = nil, body: [UInt8]? = nil
  ) {
    self.time = time
    self.accepted = accepted
    self.source = source
    self.reason = reason
    self.rule = rule
    self.priority = priority
    self.container = container
    self.before = before
    self.after = after
    self.fingerprint = fingerprint
    self.body = body.map { $0.count > Self.bodyLimit ? Array($0.prefix(Self.bodyLimit)) : $0 }
    bodyLength = body.map { UInt64($0.count) }
  }

  /// The alert is not here as a whole.
  public var isBodyCut: Bool { (bodyLength ?? 0) > UInt64(body?.count ?? 0) }

  /// What fired, in the fewest words: the rule, else the reason, else what raised it.
  public var title: String { rule ?? reason ?? source }
}
