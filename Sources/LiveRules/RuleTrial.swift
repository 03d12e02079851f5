internal import CaptureFormat
internal import Events
internal import Interchange
internal import JSON
internal import Posix
internal import Reconstruction
internal import Rules
internal import Triggers

/// What a rule found.
struct RuleAlert {
  var rule: CompiledRule
  var time: BootTime
  var wallTime: WallTime?
  var container: ContainerKey
  /// Empty for the host, and where it is not known.
  var containerID: String
  /// Of its process, in the initial pid namespace.
  var pid: UInt32
  /// The rule's output.
  var text: String
  /// With time and priority.
  var line: String
  /// Falco's.
  var json: [UInt8]
}

/// Rules that are tried on bundles of blocks.
final class RuleTrial {
  private let rules: [CompiledRule]
  private let options: RuleWatchOptions
  private let live: LiveEvents
  private let bank: FilterBank
  let gate: RuleGate

  /// - Parameter gate: That of the rules before, whose cooldowns go on.
  init(_ rules: [CompiledRule], _ options: RuleWatchOptions, _ live: LiveEvents, gate: RuleGate?) {
    self.rules = rules
    self.options = options
    self.live = live
    bank = live.bank(rules.map(\.filter))
    self.gate = gate ?? RuleGate()
  }

  /// What the rules find in a block, whose bundle was taken in.
  func alerts(of block: SealedBlock) throws(CaptureError) -> [RuleAlert] {
    guard bank.mayMatch(block.entry) else { return [] }
    let events = try EventBlock(block)
    let writer = FalcoAlertWriter(bank, clock: live.clock, hostName: live.hostName)
    var alerts: [RuleAlert] = []
    bank.forEachMatch(in: events) { number, event in
      let rule = rules[number]
      guard gate.tells(of: rule.rule.name, event.entry.container, at: event.time) else { return }
      var json = JSONText()
      writer.write(rule, event, to: &json)
      alerts.append(
        RuleAlert(
          rule: rule, time: event.time, wallTime: live.clock.wallTime(of: event.time),
          container: event.entry.container, containerID: live.container(event.entry.container)?.id ?? "",
          pid: event.process.key.pid, text: writer.text(rule, event), line: writer.line(rule, event),
          json: json.bytes))
    }
    return alerts
  }

  /// The trigger that an alert raises; nil where it raises none, or is held back.
  func trigger(for alert: RuleAlert) -> TriggerRequest? {
    let isWanted =
      switch options.captures {
      case .all: alert.rule.rule.wantsCapture ?? true
      case .marked: alert.rule.rule.wantsCapture ?? false
      case .none: false
      }
    guard isWanted else { return nil }
    var scope = TriggerScope()
    if alert.container == .host {
      scope.isHost = true
    } else if !alert.containerID.isEmpty {
      scope.containerID = alert.containerID
    } else {
      scope.pid = alert.pid
    }
    guard
      let held = gate.admits(
        alert.rule.rule.name, alert.container, at: alert.time, cooldown: options.cooldown.wholeNanoseconds,
        perHour: options.capturesPerHour)
    else { return nil }
    var request = TriggerRequest(scope: scope, source: "rules")
    request.time = alert.wallTime
    request.rule = alert.rule.rule.name
    request.priority = alert.rule.rule.priority.name
    var reason = alert.text
    if !alert.rule.rule.tags.isEmpty { reason += " [" + alert.rule.rule.tags.joined(separator: ", ") + "]" }
    if !held.isEmpty { reason += "; held back since the last capture: " + held.joined(separator: ", ") }
    request.reason = reason
    request.after = alert.rule.rule.captureDuration.map { .milliseconds($0) }
    request.body = alert.json
    request.bodyLength = alert.json.count
    return request
  }
}
