internal import Events
internal import Posix
internal import Reconstruction

/// Times as a table shows them: UTC unless local was asked for.
struct TimeText {
  let clock: CaptureClock
  let isLocal: Bool
  private var calendarText: CalendarText

  init(clock: CaptureClock, isLocal: Bool) {
    self.clock = clock
    self.isLocal = isLocal
    calendarText = .timeOfDay { isLocal ? localOffset(at: $0.nanoseconds) : 0 }
  }

  /// Appends what ``time(_:)`` says: quicker for times one after another.
  mutating func append(_ time: BootTime, to text: inout [UInt8]) {
    if let wall = clock.wallTime(of: time) {
      calendarText.append(wall, to: &text)
    } else {
      text.append(contentsOf: self.time(time).utf8)
    }
  }

  /// `20:41:07.123456`; `+12.345678s` since boot where the capture has no clock.
  func time(_ time: BootTime) -> String {
    calendar(time)?.timeOfDay(digits: 6) ?? "+\(Double(time.nanoseconds / 1000) / 1e6)s"
  }

  /// `2026-11-23T20:41:07.123+00:00`
  func date(_ time: BootTime, digits: Int = 3) -> String {
    calendar(time)?.iso8601(digits: digits) ?? "+\(Double(time.nanoseconds / 1000) / 1e6)s"
  }

  private func calendar(_ time: BootTime) -> CalendarTime? {
    clock.wallTime(of: time).map {
      CalendarTime($0, offset: isLocal ? localOffset(at: $0.nanoseconds) : 0)
    }
  }
}

/// Columns padded to their widest cell, two blanks apart; the last one is as long as it is.
struct TextTable {
  private var rows: [[String]]
  init(_ header: [String]) { rows = [header] }
  mutating func append(_ row: [String]) { rows.append(row) }
  var isEmpty: Bool { rows.count == 1 }

  var lines: [String] {
    var widths = ColumnWidths()
    for row in rows { widths.include(row.dropLast()) }
    return rows.map { widths.line($0) }
  }
}

/// The widths of a table's columns but the last: what a table takes that is too long to be held, and so is gone through
/// twice.
struct ColumnWidths {
  private var widths: [Int] = []

  /// - Parameter cells: Of one row, without the last.
  mutating func include(_ cells: some Collection<String>) {
    for (column, cell) in cells.enumerated() {
      if column == widths.count { widths.append(0) }
      widths[column] = max(widths[column], cell.count)
    }
  }

  /// - Parameter cells: Of one row, all of them.
  func line(_ cells: [String]) -> String {
    var line = ""
    for (width, cell) in zip(widths, cells) {
      line += cell
      line += String(repeating: " ", count: max(0, width - cell.count) + 2)
    }
    return line + (cells.last ?? "")
  }
}
