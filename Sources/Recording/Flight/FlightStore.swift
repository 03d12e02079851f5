internal import CaptureFormat
internal import Events
internal import Posix

/// The past of every container, in bounded memory.
///
/// What is past its window is dropped: that is no loss. What has to go earlier is taken from those that hold more than
/// their share, detail before activity before lifecycle, the oldest first; it is counted, with its interval. The share is
/// what each would have if all had the same: so whoever stays below it keeps its whole windows, whatever the others do.
final class FlightStore {
  var windows: FlightWindows
  /// Nanoseconds for which the dead keep the windows that they died with.
  var deadAreKeptFor: UInt64
  private(set) var histories: [ContainerKey: ContainerHistory] = [:]
  /// Bytes of all sealed blocks here.
  private(set) var blockBytes = 0
  /// Of those, what a capture holds too: its queue counts them.
  private(set) var pinnedBytes = 0
  private(set) var evictedEvents: UInt64 = 0
  private(set) var shedEvents: UInt64 = 0
  /// What sealed blocks may take; everything else of the budget is somebody else's.
  var limit: Int
  /// Containers that were left out for a while, and since when they are not.
  var resumed: [ContainerKey: BootTime] = [:]
  private let recorderStart: BootTime
  /// Of a container that is met for the first time: when it began, nil where it was there before the recorder.
  private let beginning: (ContainerKey) -> BootTime?

  init(
    windows: FlightWindows, deadAreKeptFor: UInt64 = 120_000_000_000, limit: Int, recorderStart: BootTime,
    beginning: @escaping (ContainerKey) -> BootTime?
  ) {
    self.windows = windows
    self.deadAreKeptFor = deadAreKeptFor
    self.limit = limit
    self.recorderStart = recorderStart
    self.beginning = beginning
  }

  func history(of key: ContainerKey) -> ContainerHistory {
    if let known = histories[key] { return known }
    if let time = resumed[key] {
      let history = ContainerHistory(key: key, start: time, isOlder: true)
      histories[key] = history
      return history
    }
    let begun = key == .host ? nil : beginning(key)
    let history = ContainerHistory(key: key, start: max(begun ?? recorderStart, recorderStart), isOlder: begun == nil)
    histories[key] = history
    return history
  }

  /// Keeps a sealed block, and makes room for it.
  func take(_ block: SealedBlock) {
    guard let stream = block.entry.stream else { return }
    let history = history(of: stream.container)
    history[stream.lane].append(block)
    // Whoever goes on calling is not dead. (Its runtime's last acts are of the lifecycle lane.)
    if stream.lane == .detail, let ended = history.ended, block.entry.lastTime > ended.after(1_000_000_000) {
      history.ended = nil
    }
    blockBytes += history[stream.lane].kept.last?.memoryInBytes ?? 0
    if blockBytes > limit { evict() }
  }

  // MARK: Age

  /// Drops what no window reaches any more. Of the dead the last minutes of their lives stay, until they are forgotten.
  func dropAged(now present: BootTime) {
    for history in histories.values {
      let now = history.windowEnd(present, deadAreKeptFor: deadAreKeptFor)
      for lane in Lane.allCases {
        let time = now.before(windows.before(lane) + FlightWindows.lateness)
        while let first = history[lane].first, first.block.entry.lastTime < time {
          history[lane].noteAged(first.block.entry)
          remove(first: lane, of: history)
        }
        history[lane].forgetGaps(before: time)
      }
      history.forgetLosses(before: now.before(windows.longest))
      history.processes.forget(before: now.before(windows.lifecycle.wholeNanoseconds))
      history.descriptors.forget(before: now.before(windows.detail.wholeNanoseconds))
    }
  }

  /// Drops a container with all that is kept of it.
  func forget(_ key: ContainerKey) {
    guard let history = histories.removeValue(forKey: key) else { return }
    for lane in Lane.allCases { while !history[lane].isEmpty { remove(first: lane, of: history) } }
  }

  // MARK: Room

  /// What each container may hold in any case.
  var share: Int { limit / max(histories.count, 1) }

  /// Gives up blocks until what is kept fits.
  func evict() {
    for lane in Lane.allCases.reversed() {
      while blockBytes > limit {
        guard let history = largest(with: lane) else { break }
        // A hundredth of it at a time: what is loud has many blocks, and finding it again costs a look at everybody.
        var room = max(history.blockBytes / 100, 1)
        while room > 0, blockBytes > limit, let first = history[lane].first, first.pins == 0 {
          room -= first.memoryInBytes
          history[lane].noteGap(first.block.entry, cause: .evicted)
          evictedEvents += UInt64(first.block.entry.rowCount)
          remove(first: lane, of: history)
        }
      }
    }
    if blockBytes > limit { shed() }
  }

  /// The container that holds the most over its share and has something of the lane that dropping would free.
  private func largest(with lane: Lane) -> ContainerHistory? {
    let share = share
    var result: ContainerHistory?
    var most = share
    for history in histories.values {
      let bytes = history.blockBytes
      if bytes > most, let first = history[lane].first, first.pins == 0 {
        most = bytes
        result = history
      }
    }
    return result
  }

  /// Nothing that could go would free anything: captures hold it, or nobody is over its share. The newest goes.
  private func shed() {
    while blockBytes > limit {
      var victim: (history: ContainerHistory, lane: Lane)?
      for lane in Lane.allCases.reversed() {
        let candidates = histories.values.filter { $0[lane].first.map { $0.pins == 0 } ?? false }
        if let largest = candidates.max(by: { $0.blockBytes < $1.blockBytes }) {
          victim = (largest, lane)
          break
        }
      }
      guard let (history, lane) = victim, let first = history[lane].first else { return }
      history[lane].noteGap(first.block.entry, cause: .shed)
      shedEvents += UInt64(first.block.entry.rowCount)
      remove(first: lane, of: history)
    }
  }

  private func remove(first lane: Lane, of history: ContainerHistory) {
    let kept = history[lane].removeFirst()
    blockBytes -= kept.memoryInBytes
    if kept.pins > 0 { pinnedBytes -= kept.memoryInBytes }
  }

  // MARK: Captures

  /// Marks what a capture takes along, from the given time on in each lane.
  func pin(_ key: ContainerKey, from starts: [BootTime], by change: Int32) {
    guard let history = histories[key] else { return }
    for lane in Lane.allCases {
      let bytes = history[lane].pin(from: starts[Int(lane.rawValue)], by: change)
      pinnedBytes += change > 0 ? bytes : -bytes
    }
  }
}

extension BootTime {
  /// So many nanoseconds earlier; not before boot.
  func before(_ nanoseconds: UInt64) -> BootTime {
    BootTime(nanoseconds: self.nanoseconds > nanoseconds ? self.nanoseconds - nanoseconds : 0)
  }

  func after(_ nanoseconds: UInt64) -> BootTime {
    let (sum, isOver) = self.nanoseconds.addingReportingOverflow(nanoseconds)
    return BootTime(nanoseconds: isOver ? .max : sum)
  }
}
