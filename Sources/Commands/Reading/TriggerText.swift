internal import CaptureFormat
internal import Reconstruction

/// A trigger in one line.
enum TriggerText {
  /// `Terminal shell in container (falco, Notice): a shell was spawned`. Its words came from outside: cleaned.
  static func line(_ trigger: TriggerRow) -> String {
    let origin = [trigger.source, trigger.priority].compactMap { $0 }.joined(separator: ", ")
    let reason = trigger.rule == nil ? nil : trigger.reason
    let text = trigger.title == trigger.source ? origin : "\(trigger.title) (\(origin))"
    return EventText.printable(Array((text + (reason.map { ": \($0)" } ?? "")).utf8))
  }
}
