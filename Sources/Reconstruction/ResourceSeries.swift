internal import Events

/// One number of a container over time.
public struct ResourceSeries: Sendable {
  public private(set) var first: UInt64 = 0
  public private(set) var last: UInt64 = 0
  public private(set) var least: UInt64 = .max
  public private(set) var most: UInt64 = 0
  /// The largest value in each part of the window; nil where no sample is.
  public private(set) var parts: [UInt64?]
  /// The last ones with their times, oldest first.
  private var recent: [(time: BootTime, value: UInt64)] = []
  private static let recentCount = 60

  init(partCount: Int) { parts = Array(repeating: nil, count: partCount) }

  mutating func take(_ value: UInt64, at time: BootTime, part: Int) {
    if recent.isEmpty { first = value }
    last = value
    least = min(least, value)
    most = max(most, value)
    parts[part] = max(parts[part] ?? 0, value)
    if recent.count == Self.recentCount { recent.removeFirst() }
    recent.append((time, value))
  }

  /// What it grows by a second, by the line that fits its last samples best; nil where they lie on none, do not rise, or are
  /// too few to tell. One that is let go of now and then (a garbage collector's) grows too, if less comes back each time.
  public var growthPerSecond: Double? {
    guard recent.count > 2, last > recent[0].value else { return nil }
    let points = recent.map {
      (x: Double($0.time.nanoseconds &- recent[0].time.nanoseconds) / 1e9, y: Double($0.value))
    }
    let count = Double(points.count)
    let meanX = points.reduce(0) { $0 + $1.x } / count
    let meanY = points.reduce(0) { $0 + $1.y } / count
    var (xx, xy, yy) = (0.0, 0.0, 0.0)
    for point in points {
      xx += (point.x - meanX) * (point.x - meanX)
      xy += (point.x - meanX) * (point.y - meanY)
      yy += (point.y - meanY) * (point.y - meanY)
    }
    guard xx > 0, yy > 0, xy > 0, xy * xy / (xx * yy) >= Self.leastFit else { return nil }
    // What a hostile capture claims is still a number.
    return min(xy / xx, 1e18)
  }

  /// The part of its variance that the line must explain.
  private static let leastFit = 0.6

  /// Seconds until it is at `limit` if it goes on so; nil where it does not grow.
  public func secondsUntil(_ limit: UInt64) -> Double? {
    guard last < limit, let growth = growthPerSecond, growth > 0 else { return nil }
    return Double(limit - last) / growth
  }
}
