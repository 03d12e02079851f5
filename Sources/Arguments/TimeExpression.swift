/// A point in a capture's time as somebody types it. What it means depends on the capture, so this is syntax only.
public enum TimeExpression: Equatable, Sendable {
  /// A date and time. Without a zone it is UTC, or local time under `--local`.
  case instant(nanosecondsSince1970: Int64, hasZone: Bool)
  /// `14:02` or `14:02:05.5`: that time on the capture's day.
  case timeOfDay(nanoseconds: Int64)
  /// `-30s`: so long before the capture's end.
  case beforeEnd(Duration)
  /// `+30s`: so long after the capture's start.
  case afterStart(Duration)
  /// `trigger`, `trigger-10s`, `trigger+1m`.
  case trigger(offset: Duration)

  /// Reads any of the forms; nil when `text` is none of them.
  public init?(_ text: String) {
    if let duration = text.drop("-") {
      guard let duration = parseDuration(duration) else { return nil }
      self = .beforeEnd(duration)
    } else if let duration = text.drop("+") {
      guard let duration = parseDuration(duration) else { return nil }
      self = .afterStart(duration)
    } else if let offset = text.drop("trigger") {
      guard let offset = Self.offset(offset) else { return nil }
      self = .trigger(offset: offset)
    } else if let time = Self.timeOfDay(text[...]) {
      self = .timeOfDay(nanoseconds: time)
    } else if let instant = Self.instant(text) {
      self = instant
    } else {
      return nil
    }
  }
}

extension TimeExpression {
  private static func offset(_ text: Substring) -> Duration? {
    guard let sign = text.first else { return .zero }
    guard let duration = parseDuration(text.dropFirst()) else { return nil }
    return sign == "+" ? duration : sign == "-" ? .zero - duration : nil
  }

  /// `HH:MM`, `HH:MM:SS`, `HH:MM:SS.fraction` in nanoseconds since midnight. A leap second is second 60.
  private static func timeOfDay(_ text: Substring) -> Int64? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), let hour = twoDigits(parts[0], to: 23),
      let minute = twoDigits(parts[1], to: 59)
    else { return nil }
    var nanoseconds = (hour * 60 + minute) * 60_000_000_000
    if parts.count == 3 {
      let second = parts[2].split(separator: ".", omittingEmptySubsequences: false)
      guard second.count <= 2, let whole = twoDigits(second[0], to: 60) else { return nil }
      nanoseconds += whole * 1_000_000_000
      if second.count == 2 {
        guard let fraction = parseDuration("0.\(second[1])s") else { return nil }
        nanoseconds += fraction.components.attoseconds / 1_000_000_000
      }
    }
    return nanoseconds
  }

  /// `2026-01-31`, `2026-01-31T14:02:05.5Z`, `2026-01-31 14:02+01:00`.
  private static func instant(_ text: String) -> TimeExpression? {
    let day = text.prefix(10)
    let parts = day.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].count == 4, parts[0].allSatisfy(isDigit), let year = Int64(parts[0]),
      (1970...2200).contains(year), let month = twoDigits(parts[1], to: 12), month > 0,
      let dayOfMonth = twoDigits(parts[2], to: length(ofMonth: month, in: year)), dayOfMonth > 0
    else { return nil }
    let midnight = daysSince1970(year, month, dayOfMonth) * 86_400_000_000_000
    let rest = text.dropFirst(10)
    guard let separator = rest.first else { return .instant(nanosecondsSince1970: midnight, hasZone: false) }
    guard "Tt ".contains(separator) else { return nil }
    let time = rest.dropFirst().prefix { isDigit($0) || $0 == ":" || $0 == "." }
    let zone = rest.dropFirst(1 + time.count)
    guard let nanoseconds = timeOfDay(time), let offset = zone.isEmpty ? 0 : self.zone(zone) else { return nil }
    return .instant(nanosecondsSince1970: midnight + nanoseconds - offset, hasZone: !zone.isEmpty)
  }

  /// `Z`, `+01:00`, `-0530` in nanoseconds east of Greenwich.
  private static func zone(_ text: Substring) -> Int64? {
    if text == "Z" || text == "z" { return 0 }
    let digits = text.dropFirst().filter { $0 != ":" }
    guard let sign = text.first, sign == "+" || sign == "-", digits.count == 4,
      let hours = twoDigits(digits.prefix(2), to: 23), let minutes = twoDigits(digits.suffix(2), to: 59)
    else { return nil }
    return (hours * 60 + minutes) * 60_000_000_000 * (sign == "-" ? -1 : 1)
  }

  private static func twoDigits(_ text: some StringProtocol, to limit: Int64) -> Int64? {
    guard text.count == 2, text.allSatisfy(isDigit), let value = Int64(text), value <= limit else { return nil }
    return value
  }

  private static func length(ofMonth month: Int64, in year: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days in the proleptic Gregorian calendar (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms",
  /// days_from_civil), for years after 0.
  private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let yearOfEra = year % 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return year / 400 * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}

extension String {
  fileprivate func drop(_ prefix: String) -> Substring? { hasPrefix(prefix) ? dropFirst(prefix.count) : nil }
}
