internal import CaptureFormat
internal import Events
internal import ProbeRecords

/// Turns the probes' running totals into losses with an interval, by container and lane.
///
/// A total is kept per CPU, cgroup, lane and cause; what it grew by since the last reading is one loss, from the first to
/// the last time that this CPU lost something since then. What was handed on is not kept.
struct LossLedger {
  private struct Account: Hashable {
    var cgroup: UInt64
    var lane: UInt32
    var cause: UInt32
    var processor: Int

    init(key: at_loss_key, processor: Int) {
      cgroup = key.cgroup
      lane = key.lane
      cause = key.cause
      self.processor = processor
    }
  }

  private struct Total {
    var count: UInt64
    /// When the last loss was.
    var last: UInt64
  }

  private var totals: [Account: Total] = [:]
  private var new: [LossRow] = []
  /// Since the beginning, by cause and lane.
  private(set) var sums: [Sum: UInt64] = [:]

  struct Sum: Hashable {
    var cause: LossCause
    var lane: Lane?
  }

  /// Events that happened and are missing.
  var eventCount: UInt64 { sums.reduce(0) { $1.key.cause.countsEvents ? $0 + $1.value : $0 } }
  /// What else keeps a capture of everything from being complete, in words.
  var otherObstacles: [String] {
    var counts: [LossCause: UInt64] = [:]
    for (sum, count) in sums where !sum.cause.countsEvents { counts[sum.cause, default: 0] += count }
    return counts.sorted { $0.key.rawValue < $1.key.rawValue }.map { $0.key.obstacle($0.value) }
  }
  /// A record of a new or a removed cgroup may be among what was lost. Whoever looked for it takes the note away.
  var hasLostCgroups = false
  /// How many accounts are kept.
  var accountCount: Int { totals.count }

  /// - Parameter container: Whose a cgroup is; nil when the recording does not want it.
  mutating func take(_ losses: [ProbeSession.Loss], container: (UInt64) -> ContainerKey?) {
    for loss in losses {
      let total = Total(count: loss.value.count, last: loss.value.last)
      let before = totals.updateValue(total, forKey: Account(key: loss.key, processor: loss.processor))?.count ?? 0
      guard loss.value.count > before else { continue }
      if loss.key.lane == AT_LANE_URGENT.rawValue { hasLostCgroups = true }
      guard let container = container(loss.key.cgroup) else { continue }
      let lane = loss.key.lane == AT_LANE_URGENT.rawValue ? .lifecycle : Lane(rawValue: UInt8(loss.key.lane))
      add(
        LossRow(
          cause: LossCause(rawValue: UInt16(loss.key.cause)), lane: lane, container: container,
          from: BootTime(nanoseconds: loss.value.first), to: BootTime(nanoseconds: loss.value.last),
          count: loss.value.count - before))
    }
  }

  mutating func add(_ row: LossRow) {
    guard row.count > 0 else { return }
    new.append(row)
    sums[Sum(cause: row.cause, lane: row.lane), default: 0] += row.count
  }

  /// What was lost since the last call.
  mutating func takeNew() -> [LossRow] {
    defer { new = [] }
    return new
  }

  /// The probes' accounts of cgroups that are gone, and in which nothing was lost since `time`: their room is limited.
  func idleAccounts(since time: UInt64, isGone: (UInt64) -> Bool) -> [at_loss_key] {
    var last: [Account: UInt64] = [:]
    for (account, total) in totals where account.cgroup != 0 {
      var key = account
      key.processor = 0
      last[key] = max(last[key] ?? 0, total.last)
    }
    return last.filter { $0.value < time && isGone($0.key.cgroup) }.map {
      at_loss_key(cgroup: $0.key.cgroup, lane: $0.key.lane, cause: $0.key.cause)
    }
  }

  /// Drops accounts that the probes dropped, after what stood in them was taken.
  mutating func close(_ keys: [at_loss_key]) {
    let closed = Set(keys.map { Account(key: $0, processor: 0) })
    totals = totals.filter { total in
      var key = total.key
      key.processor = 0
      return !closed.contains(key)
    }
  }
}
