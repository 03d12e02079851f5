public import CaptureFormat
public import Events

/// Makes wall times of boot times, through the nearest anchor.
///
/// Between two anchors the wall clock can have been set: the nearest one is right on its own side of the step.
public struct CaptureClock: Sendable {
  private let anchors: [AnchorRow]

  public init(anchors: [AnchorRow]) { self.anchors = anchors.sorted { $0.boot < $1.boot } }

  /// Nil when the capture has no anchor.
  ///
  /// - Complexity: O(log n) in the number of anchors.
  public func wallTime(of time: BootTime) -> WallTime? {
    guard let anchor = nearest(to: time.nanoseconds, by: \.boot.nanoseconds) else { return nil }
    let offset = Int64(bitPattern: time.nanoseconds &- anchor.boot.nanoseconds)
    return WallTime(nanoseconds: anchor.real.nanoseconds &+ offset)
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

  private func nearest(to value: UInt64, by key: (AnchorRow) -> UInt64) -> AnchorRow? {
    var low = 0
    var high = anchors.count
    while low < high {
      let middle = (low + high) / 2
      if key(anchors[middle]) < value { low = middle + 1 } else { high = middle }
    }
    if low == anchors.count { return anchors.last }
    if low == 0 { return anchors[0] }
    return value - key(anchors[low - 1]) < key(anchors[low]) - value ? anchors[low - 1] : anchors[low]
  }
}
