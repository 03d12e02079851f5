public import CaptureFormat
public import Events

/// What one container took of the machine in a window, as its samples tell. Of any length of recording it takes the same
/// memory.
public struct ResourceHistory: Sendable {
  public private(set) var sampleCount = 0
  public private(set) var firstTime = BootTime(nanoseconds: 0)
  public private(set) var lastTime = BootTime(nanoseconds: 0)
  /// Of ``followed``. Of `cpu_usage` the use between two samples, in thousandths of a CPU.
  public private(set) var series: [ColumnID: ResourceSeries] = [:]
  /// The last that was told of each number, limits and totals among them.
  public private(set) var latest: [ColumnID: UInt64] = [:]
  private var earliest: [ColumnID: UInt64] = [:]
  private let from: BootTime
  private let partNanoseconds: UInt64
  private static let partCount = 24
  /// What is followed over time.
  public static let followed: [ColumnID] = [.memoryCurrent, .cpuUsage, .pidsCurrent]
  private static let columns: ClosedRange<UInt16> = 256...287

  public init(from: BootTime, to: BootTime) {
    self.from = from
    partNanoseconds = max((to.nanoseconds - min(from.nanoseconds, to.nanoseconds)) / UInt64(Self.partCount), 1)
  }

  /// Takes a row of ``EventKind/containerResources``; they come in the order of time.
  public mutating func take(_ event: EventBlock) {
    let time = event.time
    var numbers: [ColumnID: UInt64] = [:]
    for column in event.columns where Self.columns.contains(column.rawValue) {
      numbers[column] = event.value(column).map { UInt64(bitPattern: $0) }
    }
    if let used = numbers[.cpuUsage], let before = latest[.cpuUsage], used >= before, time > lastTime {
      let thousandths = Double(used - before) * 1000 / Double(time.nanoseconds - lastTime.nanoseconds)
      follow(.cpuUsage, UInt64(min(thousandths, 1e9)), time)
    }
    // What is left when the last process is gone is the cgroup's own, and no point of the container's curve.
    for column in [ColumnID.memoryCurrent, .pidsCurrent] where numbers[.pidsCurrent] != 0 {
      if let value = numbers[column] { follow(column, value, time) }
    }
    // A limit that was taken away is none any more; of a total that was not read the last one stands.
    for limit in [ColumnID.memoryMax, .pidsMax, .cpuQuota] { latest[limit] = nil }
    latest.merge(numbers) { $1 }
    earliest.merge(numbers) { first, _ in first }
    if sampleCount == 0 { firstTime = time }
    sampleCount += 1
    lastTime = time
  }

  private mutating func follow(_ column: ColumnID, _ value: UInt64, _ time: BootTime) {
    let part =
      time < from ? 0 : min((time.nanoseconds - from.nanoseconds) / partNanoseconds, UInt64(Self.partCount - 1))
    series[column, default: ResourceSeries(partCount: Self.partCount)].take(value, at: time, part: Int(part))
  }

  /// What a total grew by in the window; nil where it was not told, or began anew.
  public func increase(of column: ColumnID) -> UInt64? {
    guard let last = latest[column], let first = earliest[column], last >= first else { return nil }
    return last - first
  }

  /// The limit of one that is followed, in its unit; nil: there is none.
  public func limit(of column: ColumnID) -> UInt64? {
    switch column {
    case .memoryCurrent: latest[.memoryMax]
    case .pidsCurrent: latest[.pidsMax]
    case .cpuUsage: latest[.cpuQuota]
    default: nil
    }
  }
}
