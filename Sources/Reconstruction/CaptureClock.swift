public import CaptureFormat
public import Events

/// Makes wall times of boot times, through the nearest anchor.
///
/// Between two anchors the wall clock can have been set: the nearest one is right on its own side of the step.
public struct CaptureClock: Sendable {
  private let anchors: [AnchorRow]
  /// For each anchor the latest wall time that an earlier one gives.
  private let floors: [Int64]

  public init(anchors: [AnchorRow]) {
    let anchors = anchors.sorted { $0.boot < $1.boot }
    var floors: [Int64] = []
    var floor = Int64.min
    for (index, anchor) in anchors.enumerated() {
      floors.append(floor)
      guard index + 1 < anchors.count else { break }
      // The next anchor is the nearer one from here on.
      let half = (anchors[index + 1].boot.nanoseconds &- anchor.boot.nanoseconds) / 2
      floor = max(floor, anchor.real.nanoseconds &+ Int64(half))
    }
    self.anchors = anchors
    self.floors = floors
  }

  /// Nil when the capture has no anchor.
  ///
  /// - Complexity: O(log n) in the number of anchors.
  public func wallTime(of time: BootTime) -> WallTime? {
    nearest(to: time).map { wallTime(of: time, by: anchors[$0]) }
  }

  /// Where a boot time stands among those of other boots: its wall time, but never before that of an earlier boot time.
  ///
  /// Wall clocks are set back; a boot's own events keep their order all the same. Without an anchor, before all others.
  public func timeLine(of time: BootTime) -> UInt64 {
    guard let index = nearest(to: time) else { return 0 }
    let wall = max(wallTime(of: time, by: anchors[index]).nanoseconds, floors[index])
    return UInt64(bitPattern: wall) ^ 1 << 63
  }

  private func wallTime(of time: BootTime, by anchor: AnchorRow) -> WallTime {
    let offset = Int64(bitPattern: time.nanoseconds &- anchor.boot.nanoseconds)
    return WallTime(nanoseconds: anchor.real.nanoseconds &+ offset)
  }

  /// Whether wall time goes forward with boot time in the whole span: no anchor within it tells of a clock that was set back.
  public func isEven(from first: BootTime, to last: BootTime) -> Bool {
    guard let start = nearest(to: first), let end = nearest(to: last) else { return false }
    return (start...end).dropFirst().allSatisfy { floors[$0] <= switchTime(before: $0) }
  }

  /// The wall time that an anchor gives where it becomes the nearest.
  private func switchTime(before index: Int) -> Int64 {
    let half = (anchors[index].boot.nanoseconds &- anchors[index - 1].boot.nanoseconds) / 2
    return anchors[index].real.nanoseconds
      &- Int64(anchors[index].boot.nanoseconds &- anchors[index - 1].boot.nanoseconds &- half)
  }

  /// The boot time at a wall time; nil when the capture has no anchor or the time is before the boot.
  public func bootTime(of time: WallTime) -> BootTime? {
    guard let anchor = anchors.min(by: { distance($0, time) < distance($1, time) }) else { return nil }
    let boot = Int64(bitPattern: anchor.boot.nanoseconds) &+ (time.nanoseconds &- anchor.real.nanoseconds)
    return boot < 0 ? nil : BootTime(nanoseconds: UInt64(boot))
  }

  private func distance(_ anchor: AnchorRow, _ time: WallTime) -> UInt64 {
    (time.nanoseconds &- anchor.real.nanoseconds).magnitude
  }

  private func nearest(to time: BootTime) -> Int? {
    var low = 0
    var high = anchors.count
    while low < high {
      let middle = (low + high) / 2
      if anchors[middle].boot < time { low = middle + 1 } else { high = middle }
    }
    if low == anchors.count { return anchors.indices.last }
    if low == 0 { return 0 }
    let (before, after) = (anchors[low - 1].boot.nanoseconds, anchors[low].boot.nanoseconds)
    return time.nanoseconds - before < after - time.nanoseconds ? low - 1 : low
  }
}
