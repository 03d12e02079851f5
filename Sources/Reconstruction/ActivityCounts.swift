public import CaptureFormat
public import Events

/// How many events there were when, by container and lane: from the footer's counts, or from the directory where there
/// is no footer.
public struct ActivityCounts: Sendable {
  /// Of one container: by lane, the seconds that have events, ascending.
  private typealias Lanes = [[Second]]
  private struct Second {
    var second: UInt64
    var count: UInt64
  }

  private var all: Lanes
  private var byContainer: [ContainerKey: Lanes] = [:]

  public init(_ rows: [CountRow] = []) {
    var sums: [[UInt64: UInt64]] = [[:], [:], [:]]
    for row in rows {
      let lane = Int(row.lane.rawValue)
      let sum = sums[lane][row.second] ?? 0
      sums[lane][row.second] = sum &+ row.count
      byContainer[row.container, default: [[], [], []]][lane].append(Second(second: row.second, count: row.count))
    }
    all = sums.map { lane in
      lane.map { Second(second: $0.key, count: $0.value) }.sorted { $0.second < $1.second }
    }
    for key in byContainer.keys {
      for lane in 0..<3 { byContainer[key]?[lane].sort { $0.second < $1.second } }
    }
  }

  /// Reads the footer's table. Without one each block's rows are spread evenly over its time.
  public init(of file: CaptureFile) throws(CaptureError) {
    if file.hasFooter {
      self.init(try file.counts())
    } else {
      self.init(file.directory.flatMap(Self.spread))
    }
  }

  /// The same of all sections, on a common line of time. Blocks that stand in several sections count once.
  ///
  /// - Parameter container: Whose counts a container's are added to.
  public init(
    of capture: Capture, on line: CommonTime, container: (ContainerKey) -> ContainerKey
  ) throws(CaptureError) {
    if capture.sections.count == 1 {
      try self.init(of: capture.sections[0])
      return
    }
    self.init(
      capture.directory.flatMap { entry in
        var entry = line.entry(entry)
        entry.container = container(entry.container)
        return Self.spread(entry)
      })
  }

  private static func spread(_ entry: BlockEntry) -> [CountRow] {
    let first = entry.firstTime.nanoseconds / 1_000_000_000
    let last = entry.lastTime.nanoseconds / 1_000_000_000
    let lane = entry.lane ?? .detail
    // Blocks are sealed within seconds: a longer one is no reason to make a row a second.
    guard last > first, last - first < 100 else {
      return [CountRow(container: entry.container, lane: lane, second: first, count: UInt64(entry.rowCount))]
    }
    let seconds = last - first + 1
    let rows = UInt64(entry.rowCount)
    return (0..<seconds).map { place in
      let share = rows * (place + 1) / seconds - rows * place / seconds
      return CountRow(container: entry.container, lane: lane, second: first + place, count: share)
    }
  }

  /// Events by lane in each of `count` equal parts of a span; a second that falls into several parts is divided.
  ///
  /// - Parameter containers: Nil is all of them.
  /// - Complexity: O(seconds in the span) for each container.
  public func parts(
    of containers: Set<ContainerKey>?, from: BootTime, to: BootTime, count: Int
  ) -> [[Double]] {
    var result = [[Double]](repeating: [Double](repeating: 0, count: max(count, 0)), count: 3)
    guard count > 0, to > from else { return result }
    let sources = containers.map { $0.compactMap { byContainer[$0] } } ?? [all]
    let start = Double(from.nanoseconds)
    let width = Double(to.nanoseconds - from.nanoseconds) / Double(count)
    for lanes in sources {
      for lane in 0..<3 {
        let seconds = lanes[lane]
        var place = Self.firstPlace(seconds, atLeast: from.nanoseconds / 1_000_000_000)
        while place < seconds.count {
          let begin = Double(seconds[place].second) * 1e9
          guard begin < Double(to.nanoseconds) else { break }
          let low = max(begin - start, 0) / width
          let high = min((begin + 1e9 - start) / width, Double(count))
          let share = Double(seconds[place].count) * width / 1e9
          var part = Int(low)
          while part < count, Double(part) < high {
            result[lane][part] += share * (min(Double(part + 1), high) - max(Double(part), low))
            part += 1
          }
          place += 1
        }
      }
    }
    return result
  }

  private static func firstPlace(_ seconds: [Second], atLeast second: UInt64) -> Int {
    var low = 0
    var high = seconds.count
    while low < high {
      let middle = (low + high) / 2
      if seconds[middle].second < second { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
