internal import Events
internal import ProbeRecords

/// Whose record one of many was.
struct LoadSample {
  var cgroup: UInt64
  var lane: UInt8

  init(cgroup: UInt64, lane: Lane) {
    self.cgroup = cgroup
    self.lane = lane.rawValue
  }

  init(_ record: UnsafeRawBufferPointer) {
    guard record.count >= MemoryLayout<at_header>.size else {
      cgroup = 0
      lane = Lane.detail.rawValue
      return
    }
    let header = record.loadUnaligned(as: at_header.self)
    cgroup = header.cgroup
    lane = header.lane
  }
}

/// Decides whose detail, and then whose activity, is left in the kernel while there is more than can be taken in.
///
/// A ring that is found nearly full at two looks in a row is not going to be emptied in time: those that write the most into it
/// are shed, and their share of the ring is everybody else's again. One pause of the recorder is no reason.
/// It ends when what comes, the shed included, would be half of what was too much, for a second; and is tried at lengthening
/// intervals, for what was too much in one moment need not be so in another. Lifecycle is never shed.
struct LoadShedder {
  enum Decision: Equatable {
    case shed(cgroup: UInt64, lanes: Set<Lane>)
    case release(cgroup: UInt64)
  }

  struct Shedding {
    var lanes: Set<Lane>
    var since: UInt64
    /// Events a second that were too many.
    var capacity: Double
    /// What the probes counted so far, and how many a second that are now.
    var count: UInt64 = 0
    var rate = 0.0
    var calmSince: UInt64?
  }

  /// By cgroup.
  private(set) var active: [UInt64: Shedding] = [:]
  private var strain: [Int] = [0, 0, 0]
  private var window: [LoadSample] = []
  private var windowStart: UInt64 = 0
  private var drained = 0
  /// Events a second that were taken in, in the last window.
  private var rate = 0.0
  private var lastCounts: UInt64 = 0
  private var memoryShortSince: UInt64?
  /// How long a cgroup is shed before that is tried without, after it was in vain.
  private var patience: [UInt64: UInt64] = [:]

  private static let second: UInt64 = 1_000_000_000
  private static let windowLength: UInt64 = 100_000_000
  private static let nearlyFull = 0.75
  private static let firstPatience = 5 * second
  private static let lastPatience = 60 * second
  /// Whose share of what was sampled is smaller is not shed.
  private static let share = 0.2
  private static let fewestSamples = 8

  /// Takes in what a drain found.
  ///
  /// - Parameter fill: Of the fullest ring of each lane, before it.
  mutating func look(_ now: UInt64, fill: [Double], drained count: Int, samples: [LoadSample]) -> [Decision] {
    drained += count
    window += samples
    for lane in [1, 2] { strain[lane] = fill[lane] >= Self.nearlyFull ? strain[lane] + 1 : 0 }
    var decisions: [Decision] = []
    for lane in [Lane.activity, .detail] where strain[Int(lane.rawValue)] >= 2 {
      decisions += shedLoudest(of: lane, now)
    }
    let elapsed = now - min(windowStart, now)
    if elapsed >= Self.windowLength {
      rate = Double(drained) * 1e9 / Double(elapsed)
      drained = 0
      windowStart = now
      window.removeAll(keepingCapacity: true)
    }
    return decisions
  }

  /// Memory is over its budget, and nothing is left that could be given up: what comes in has to become less.
  mutating func lookAtMemory(_ now: UInt64, isShort: Bool) -> [Decision] {
    guard isShort else {
      memoryShortSince = nil
      return []
    }
    let since = memoryShortSince ?? now
    memoryShortSince = since
    if now - since >= 5 * Self.second { return shedLoudest(of: .activity, now) }
    return now - since >= Self.second ? shedLoudest(of: .detail, now) : []
  }

  private mutating func shedLoudest(of lane: Lane, _ now: UInt64) -> [Decision] {
    var counts: [UInt64: Int] = [:]
    var total = 0
    for sample in window where sample.lane == lane.rawValue {
      counts[sample.cgroup, default: 0] += 1
      total += 1
    }
    guard total >= Self.fewestSamples else { return [] }
    let lanes: Set<Lane> = lane == .detail ? [.detail] : [.activity, .detail]
    let elapsed = max(now - min(windowStart, now), 1_000_000)
    var decisions: [Decision] = []
    for (cgroup, count) in counts.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) })
    where Double(count) >= Self.share * Double(total) {
      if active[cgroup]?.lanes.isSuperset(of: lanes) == true { continue }
      let capacity = max(rate, Double(drained) * 1e9 / Double(elapsed))
      active[cgroup] = Shedding(
        lanes: lanes.union(active[cgroup]?.lanes ?? []), since: now, capacity: capacity,
        count: active[cgroup]?.count ?? 0)
      decisions.append(.shed(cgroup: cgroup, lanes: active[cgroup]!.lanes))
    }
    if !decisions.isEmpty { strain[Int(lane.rawValue)] = 0 }
    return decisions
  }

  /// Takes in what the probes counted as shed, by cgroup, since they were attached. Called ten times a second.
  mutating func count(_ shed: [UInt64: UInt64], _ now: UInt64) -> [Decision] {
    guard !active.isEmpty else {
      lastCounts = now
      return []
    }
    let elapsed = Double(max(now - min(lastCounts, now), 1)) / 1e9
    lastCounts = now
    var decisions: [Decision] = []
    for cgroup in active.keys.sorted() {
      guard var state = active[cgroup] else { continue }
      let total = max(shed[cgroup] ?? 0, state.count)
      state.rate = Double(total - state.count) / elapsed
      state.count = total
      let isCalm = rate + state.rate < state.capacity / 2
      state.calmSince = isCalm ? state.calmSince ?? now : nil
      let limit = patience[cgroup] ?? Self.firstPatience
      if let calm = state.calmSince, now - calm >= Self.second {
        patience[cgroup] = nil
        active[cgroup] = nil
        decisions.append(.release(cgroup: cgroup))
      } else if now - state.since >= limit, memoryShortSince == nil {
        patience[cgroup] = min(limit * 2, Self.lastPatience)
        active[cgroup] = nil
        decisions.append(.release(cgroup: cgroup))
      } else {
        active[cgroup] = state
      }
    }
    if patience.count > 1024 { patience = [:] }
    return decisions
  }
}
