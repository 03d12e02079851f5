internal import Events

/// Holds back what comes too often, and counts it: alerts of one rule about one container, and the triggers that they raise.
///
/// Times are those of events, not of looking at them.
final class RuleGate {
  private struct Key: Hashable {
    var rule: String
    var container: ContainerKey
  }
  private struct Alerts {
    var second: UInt64
    var count: Int
  }
  private struct Allowance {
    /// Triggers of the last hour.
    var times: [UInt64] = []
  }

  private var alerts: [Key: Alerts] = [:]
  private var lastTrigger: [Key: UInt64] = [:]
  private var allowances: [ContainerKey: Allowance] = [:]
  /// Since the last trigger of a container.
  private var held: [ContainerKey: [String: Int]] = [:]
  private var newlyHeldBack: [String: UInt64] = [:]
  private(set) var capturesHeldBack: UInt64 = 0
  /// Alerts of one rule about one container in a second.
  static let alertsPerSecond = 10
  private static let limit = 100_000

  /// Whether an alert is told of.
  func tells(of rule: String, _ container: ContainerKey, at time: BootTime) -> Bool {
    let key = Key(rule: rule, container: container)
    let second = time.nanoseconds / 1_000_000_000
    var known = alerts[key] ?? Alerts(second: second, count: 0)
    if known.second != second { known = Alerts(second: second, count: 0) }
    known.count += 1
    if alerts.count >= Self.limit { alerts = [:] }
    alerts[key] = known
    if known.count <= Self.alertsPerSecond { return true }
    newlyHeldBack[rule, default: 0] += 1
    return false
  }

  /// By rule, since the last call: alerts that were not told of.
  func takeHeldBack() -> [String: UInt64] {
    defer { newlyHeldBack = [:] }
    return newlyHeldBack
  }

  /// Whether an alert raises a trigger.
  ///
  /// - Returns: What was held back of the container since its last one, such as `3 of Shell in a container`; nil where this is
  ///   held back too.
  func admits(
    _ rule: String, _ container: ContainerKey, at time: BootTime, cooldown: UInt64, perHour: Int
  ) -> [String]? {
    let key = Key(rule: rule, container: container)
    let now = time.nanoseconds
    let isCool = lastTrigger[key].map { now >= $0 && now - $0 >= cooldown } ?? true
    var allowance = allowances[container] ?? Allowance()
    allowance.times.removeAll { $0 + 3_600_000_000_000 <= now }
    guard isCool, allowance.times.count < perHour else {
      capturesHeldBack += 1
      held[container, default: [:]][rule, default: 0] += 1
      return nil
    }
    if lastTrigger.count >= Self.limit { lastTrigger = [:] }
    lastTrigger[key] = now
    allowance.times.append(now)
    if allowances.count >= Self.limit { allowances = [:] }
    allowances[container] = allowance
    let words = (held[container] ?? [:]).sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    held[container] = nil
    return words.map { "\($0.value) of \($0.key)" }
  }
}
