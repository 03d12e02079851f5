public import Events
internal import Interchange
internal import Posix
public import Reconstruction

/// Times of a capture as the inspector writes them.
public struct ClockText: Sendable {
  public var clock: CaptureClock
  public var isLocal: Bool

  public init(_ clock: CaptureClock, isLocal: Bool = false) {
    self.clock = clock
    self.isLocal = isLocal
  }

  private func calendar(_ time: BootTime) -> CalendarTime? {
    clock.wallTime(of: time).map { CalendarTime($0, offset: isLocal ? localOffset(at: $0.nanoseconds) : 0) }
  }

  /// `20:41:07.123456`; seconds since boot where the capture has no clock.
  public func time(_ time: BootTime, digits: Int = 6) -> String {
    calendar(time)?.timeOfDay(digits: digits) ?? "+" + Self.seconds(time.nanoseconds, digits: digits)
  }

  /// `2026-11-23 20:41:07.123456789`
  public func full(_ time: BootTime, digits: Int = 9) -> String {
    calendar(time).map { $0.date + " " + $0.timeOfDay(digits: digits) } ?? "+"
      + Self.seconds(time.nanoseconds, digits: digits) + "s since boot"
  }

  public func date(_ time: BootTime) -> String { calendar(time)?.date ?? "" }

  static func seconds(_ nanoseconds: UInt64, digits: Int) -> String {
    let fraction = String(nanoseconds % 1_000_000_000)
    let text = String(repeating: "0", count: 9 - fraction.count) + fraction
    return "\(nanoseconds / 1_000_000_000)" + (digits == 0 ? "" : "." + text.prefix(digits))
  }

  /// `999`, `12.3k`, `4.5M`: at most five columns.
  public static func short(_ count: UInt64) -> String {
    switch count {
    case ..<10_000: "\(count)"
    case ..<100_000: "\(count / 1000).\(count % 1000 / 100)k"
    case ..<1_000_000: "\(count / 1000)k"
    case ..<100_000_000: "\(count / 1_000_000).\(count % 1_000_000 / 100_000)M"
    case ..<10_000_000_000: "\(count / 1_000_000)M"
    default: "\(count / 1_000_000_000)G"
    }
  }
}
