/// A wall time in the Gregorian calendar, UTC shifted by an offset.
public struct CalendarTime: Sendable {
  public var year: Int64
  public var month: Int64
  public var day: Int64
  public var secondOfDay: Int64
  public var nanosecond: Int64
  /// Seconds east of UTC.
  public var offset: Int64

  /// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
  public init(_ time: WallTime, offset: Int64 = 0) {
    self.offset = offset
    var seconds = time.nanoseconds / 1_000_000_000
    nanosecond = time.nanoseconds % 1_000_000_000
    if nanosecond < 0 {
      nanosecond += 1_000_000_000
      seconds -= 1
    }
    seconds += offset
    var days = seconds / 86400
    secondOfDay = seconds % 86400
    if secondOfDay < 0 {
      secondOfDay += 86400
      days -= 1
    }
    days += 719_468
    let era = (days >= 0 ? days : days - 146_096) / 146_097
    let dayOfEra = days - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shifted + 2) / 5 + 1
    month = shifted < 10 ? shifted + 3 : shifted - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// `2026-11-23`
  public var date: String { pad(year, 4) + "-" + pad(month, 2) + "-" + pad(day, 2) }

  /// `20:41:07.123456`, with `digits` of the fraction.
  public func timeOfDay(digits: Int) -> String {
    let time = [secondOfDay / 3600, secondOfDay / 60 % 60, secondOfDay % 60].map { pad($0, 2) }.joined(separator: ":")
    return digits == 0 ? time : time + "." + pad(nanosecond, 9).prefix(digits)
  }

  /// `+00:00`
  public var zone: String {
    (offset < 0 ? "-" : "+") + pad(abs(offset) / 3600, 2) + ":" + pad(abs(offset) / 60 % 60, 2)
  }

  /// `2026-11-23T20:41:07.123456+00:00`
  /// `20261123-204107`: of a name of a file.
  public var fileStamp: String {
    let digits = (date + timeOfDay(digits: 0)).filter(\.isNumber)
    return "\(digits.prefix(8))-\(digits.suffix(6))"
  }

  public func iso8601(digits: Int = 6) -> String { date + "T" + timeOfDay(digits: digits) + zone }

  private func pad(_ value: Int64, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
  }
}
