internal import JSON
internal import Rules
internal import Triggers

/// What the recorder's status tells of its rules.
struct RuleAccount {
  var ruleCount = 0
  /// Events that were looked at, and that could not be.
  var tried: UInt64 = 0
  var notTried: UInt64 = 0
  var busyNanoseconds: UInt64 = 0
  var capturesHeldBack: UInt64 = 0
  /// Said already.
  var problems: Set<String> = []
  private var alerts: UInt64 = 0
  private var heldBack: UInt64 = 0
  private var captures: UInt64 = 0
  private var refused: UInt64 = 0
  private var byRule: [String: (alerts: UInt64, heldBack: UInt64)] = [:]

  mutating func count(_ alert: RuleAlert) {
    alerts += 1
    byRule[alert.rule.rule.name, default: (0, 0)].alerts += 1
  }

  mutating func take(_ held: [String: UInt64]) {
    for (rule, count) in held {
      heldBack += count
      byRule[rule, default: (0, 0)].heldBack += count
    }
  }

  mutating func count(_ answer: TriggerAnswer) {
    switch answer {
    case .accepted, .duplicate: captures += 1
    case .refused: refused += 1
    }
  }

  func write(to json: inout JSONText, waiting: Int, notSent: UInt64) {
    json.set("rules", ruleCount)
    json.set("events_tried", tried)
    json.set("events_waiting", waiting)
    json.set("events_not_tried", notTried)
    json.set("busy_ms", busyNanoseconds / 1_000_000)
    json.set("alerts", alerts)
    json.set("alerts_held_back", heldBack)
    json.set("alerts_not_sent", notSent)
    json.set("triggers", captures)
    json.set("triggers_held_back", capturesHeldBack)
    json.set("triggers_refused", refused)
    json.beginArray("by_rule")
    for (rule, counts) in byRule.sorted(by: { $0.key < $1.key }) {
      json.beginObject()
      json.set("rule", rule)
      json.set("alerts", counts.alerts)
      json.set("alerts_held_back", counts.heldBack)
      json.endObject()
    }
    json.endArray()
  }
}
