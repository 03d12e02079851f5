/// What becomes of what rules find.
public struct RuleWatchOptions: Hashable, Sendable {
  /// Which rules raise triggers.
  public enum Captures: String, Hashable, Sendable {
    /// All but those that say `capture: false`.
    case all
    /// Those that say `capture: true`, as Falco has it.
    case marked
    case none
  }

  public var captures = Captures.all
  /// The same rule raises another trigger for the same container after this.
  public var cooldown: Duration = .seconds(60)
  /// Triggers for one container.
  public var capturesPerHour = 20
  /// Rules below it are not tried.
  public var lowestPriority = RulePriority.debug
  /// Alerts go to the log.
  public var logsAlerts = true
  /// Alerts are appended to this file, as Falco's JSON.
  public var file: String?
  /// Alerts are posted to this address, as Falco's JSON.
  public var url: String?

  public init() {}
}
