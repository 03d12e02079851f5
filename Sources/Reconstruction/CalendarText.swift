internal import Bytes
public import Events

/// Writes wall times one after another. The second is put into the calendar once: events come in thousands a second.
public struct CalendarText {
  private let head: (CalendarTime) -> String
  private let tail: (CalendarTime) -> String
  private let offset: (WallTime) -> Int64
  private var second = Int64.min
  private var before: [UInt8] = []
  private var after: [UInt8] = []

  /// `2026-11-23T20:41:07.123456+00:00`
  public static func iso8601() -> CalendarText {
    CalendarText(offset: { _ in 0 }, head: { $0.date + "T" + $0.timeOfDay(digits: 0) }, tail: \.zone)
  }

  /// `20:41:07.123456`
  ///
  /// - Parameter offset: Seconds east of UTC at a time.
  public static func timeOfDay(offset: @escaping (WallTime) -> Int64) -> CalendarText {
    CalendarText(offset: offset, head: { $0.timeOfDay(digits: 0) }, tail: { _ in "" })
  }

  private init(
    offset: @escaping (WallTime) -> Int64, head: @escaping (CalendarTime) -> String,
    tail: @escaping (CalendarTime) -> String
  ) {
    self.offset = offset
    self.head = head
    self.tail = tail
  }

  /// Appends `time`, to the microsecond.
  public mutating func append(_ time: WallTime, to text: inout [UInt8]) {
    var second = time.nanoseconds / 1_000_000_000
    var nanosecond = time.nanoseconds % 1_000_000_000
    if nanosecond < 0 {
      second -= 1
      nanosecond += 1_000_000_000
    }
    if second != self.second {
      self.second = second
      let calendar = CalendarTime(time, offset: offset(time))
      before = Array((head(calendar) + ".").utf8)
      after = Array(tail(calendar).utf8)
    }
    text.append(contentsOf: before)
    var rest = nanosecond / 1000
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 6) { digits in
      for place in stride(from: 5, through: 0, by: -1) {
        digits[place] = 48 + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      }
      text.append(contentsOf: UnsafeBufferPointer(digits))
    }
    text.append(contentsOf: after)
  }
}
