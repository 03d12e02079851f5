internal import CaptureFormat
internal import Events
internal import ProbeRecords

/// Turns the probes' running totals into losses with an interval, by container and lane.
///
/// A total is kept per CPU, cgroup, lane and cause; what it grew by since the last reading is one loss, from the first to
/// the last time that this CPU lost something since then.
struct LossLedger {
  private struct Account: Hashable {
    var cgroup: UInt64
    var lane: UInt32
    var cause: UInt32
    var processor: Int
  }

  private var totals: [Account: UInt64] = [:]
  private(set) var eventCount: UInt64 = 0
  private(set) var rows: [LossRow] = []
  private var written = 0

  /// - Parameter container: Whose a cgroup is; nil when the recording does not want it.
  mutating func take(_ losses: [ProbeSession.Loss], container: (UInt64) -> ContainerKey?) {
    for loss in losses {
      let account = Account(
        cgroup: loss.key.cgroup, lane: loss.key.lane, cause: loss.key.cause, processor: loss.processor)
      let before = totals.updateValue(loss.value.count, forKey: account) ?? 0
      guard loss.value.count > before, let container = container(loss.key.cgroup) else { continue }
      let lane = loss.key.lane == AT_LANE_URGENT.rawValue ? .lifecycle : Lane(rawValue: UInt8(loss.key.lane))
      add(
        LossRow(
          cause: LossCause(rawValue: UInt16(loss.key.cause)), lane: lane, container: container,
          from: BootTime(nanoseconds: loss.value.first), to: BootTime(nanoseconds: loss.value.last),
          count: loss.value.count - before))
    }
  }

  mutating func add(_ row: LossRow) {
    rows.append(row)
    if row.cause != .definition { eventCount += row.count }
  }

  /// What is not in the file yet.
  mutating func takeNew() -> [LossRow] {
    defer { written = rows.count }
    return Array(rows[written...])
  }
}
