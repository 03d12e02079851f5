internal import CaptureFormat
internal import Events
internal import Reconstruction
internal import Terminal

extension Canvas {
  private static let bars: [Unicode.Scalar] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

  mutating func drawTimeline() {
    guard state.hasTables else { return }
    let area = layout.timeline
    let axis = layout.axis
    var row = area.row
    if area.height >= 4 {
      let range = state.range
      let column = range.width / UInt64(axis.width)
      title(
        "1 Timeline", resourceText + "\(durationText(range.width)), \(durationText(column)) a column", area: area,
        isActive: state.focus == .timeline)
      row += 1
    }
    let counts = histogram(axis.width)
    if area.height >= 6 {
      for lane in Lane.ofEvents {
        label(lane.name, row)
        drawBars(counts[Int(lane.rawValue)], axis.column, row, style: theme.lane(lane))
        row += 1
      }
    } else {
      label(isExact ? "selection" : "events", row)
      let sums = (0..<axis.width).map { part in counts.reduce(0) { $0 + $1[part] } }
      drawBars(sums, axis.column, row, style: theme.lane(.activity))
      row += 1
    }
    if layout.bandCount > 0 { row = drawBands(axis, row) }
    if area.height >= 4 {
      drawMarks(axis, row)
      row += 1
    } else {
      drawMarks(axis, row - 1)
    }
    drawTicks(axis, row)
    drawCursors(axis)
  }

  mutating func label(_ text: String, _ row: Int) {
    guard layout.axis.column > 0 else { return }
    cell(text, 1, row, width: layout.axis.column - 2, style: theme.dim)
  }

  /// The bars show what is selected, not only its containers.
  private var isExact: Bool {
    state.histogram.map { $0.request == state.histogramRequest } ?? false
  }

  private func histogram(_ parts: Int) -> [[Double]] {
    if isExact, let counts = state.histogram?.counts { return counts.map { $0.map(Double.init) } }
    return state.tables.counts.parts(
      of: state.selection.containers, from: state.range.from, to: state.range.to, count: parts)
  }

  private mutating func drawBars(_ counts: [Double], _ column: Int, _ row: Int, style: Style) {
    // By square root: what happens once should be seen beside what happens a thousand times.
    let top = max((counts.max() ?? 0).squareRoot(), 1e-9)
    for (place, count) in counts.enumerated() where count > 0 {
      let level = Int((count.squareRoot() / top * 7.999).rounded(.down))
      buffer.put(String(Self.bars[max(0, min(level, 7))]), column: column + place, row: row, style: style)
    }
  }

  /// Loss bands and trigger marks: what has to be seen before anything else.
  private mutating func drawMarks(_ axis: Rectangle, _ row: Int) {
    let losses = state.tables.losses.filter { state.isRelevant($0) }
    let triggers = state.tables.triggers.filter { state.isRelevant($0) }
    if layout.timeline.height >= 4 {
      label(losses.isEmpty ? triggers.isEmpty ? "" : "triggers" : "LOST", row)
      if !losses.isEmpty { cell("LOST", 1, row, width: layout.axis.column - 2, style: theme.loss) }
    }
    var lost = [UInt64](repeating: 0, count: axis.width)
    for loss in losses where loss.to >= state.range.from && loss.from <= state.range.to {
      let first = max(0, min(state.column(of: loss.from), axis.width - 1))
      let last = max(first, min(state.column(of: loss.to), axis.width - 1))
      for column in first...last { lost[column] &+= loss.count }
    }
    var column = 0
    while column < axis.width {
      guard lost[column] > 0 else {
        column += 1
        continue
      }
      let start = column
      while column < axis.width, lost[column] > 0 { column += 1 }
      let width = column - start
      buffer.fill(
        Rectangle(column: axis.column + start, row: row, width: width, height: 1), "╱", style: theme.loss)
      let text = " \(ClockText.short(lost[start])) lost "
      if text.columnCount + 2 <= width {
        buffer.put(text, column: axis.column + start + (width - text.columnCount) / 2, row: row, style: theme.loss)
      }
    }
    for trigger in triggers {
      let place = state.column(of: trigger.time)
      guard place >= 0, place <= axis.width else { continue }
      let column = axis.column + min(place, axis.width - 1)
      buffer.put("▼", column: column, row: row, style: theme.trigger)
      let text = " " + EventText.printable(Array(trigger.reason.utf8)) + " "
      if layout.timeline.height >= 4, place + 1 + text.columnCount < axis.width,
        lost[min(place + 1, axis.width - 1)] == 0
      {
        buffer.put(text, column: column + 1, row: row, end: axis.endColumn, style: theme.trigger)
      }
    }
  }

  private mutating func drawTicks(_ axis: Rectangle, _ row: Int) {
    let range = state.range
    guard range.width > 0 else { return }
    let wall = times.clock.wallTime(of: range.from)?.nanoseconds
    let start = wall.map { UInt64(bitPattern: $0) } ?? range.from.nanoseconds
    let step = Self.step(range.width / UInt64(max(axis.width / 16, 1)))
    let digits = step >= 1_000_000_000 ? 0 : step >= 1_000_000 ? 3 : 6
    let remainder = start % step
    var offset = remainder == 0 ? 0 : step - remainder
    var free = axis.column
    while offset <= range.width {
      let time = BootTime(nanoseconds: range.from.nanoseconds + offset)
      let column = axis.column + state.column(of: time)
      // Wall times go through the nearest anchor: a tick may be some nanoseconds short of its round time.
      let half: UInt64 = digits == 0 ? 500_000_000 : digits == 3 ? 500_000 : 500
      let text = "╵" + times.time(BootTime(nanoseconds: time.nanoseconds + half), digits: digits)
      if column >= free, column + text.columnCount <= axis.endColumn {
        free = buffer.put(text, column: column, row: row, style: theme.dim) + 1
      }
      let (next, overflow) = offset.addingReportingOverflow(step)
      if overflow { break }
      offset = next
    }
  }

  /// A round length of time that is not below `least`.
  static func step(_ least: UInt64) -> UInt64 {
    let long: [UInt64] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400]
    var small: UInt64 = 1
    while small < 1_000_000_000 {
      for factor: UInt64 in [1, 2, 5] where small * factor >= least { return small * factor }
      small *= 10
    }
    for seconds in long where seconds * 1_000_000_000 >= least { return seconds * 1_000_000_000 }
    return max(least / 86_400_000_000_000, 1) * 86_400_000_000_000
  }

  /// Where the event under the cursor is, the cursor of the axis, and what is being marked.
  private mutating func drawCursors(_ axis: Rectangle) {
    let ticks = layout.timeline.endRow - 1
    if let event = state.events.current {
      let place = state.column(of: event.time)
      if place >= 0, place <= axis.width {
        buffer.put("▲", column: axis.column + min(place, axis.width - 1), row: ticks, style: theme.key)
      }
    }
    guard state.focus == .timeline else { return }
    let first = layout.timeline.height >= 4 ? layout.timeline.row + 1 : layout.timeline.row
    let low = min(state.axis.cursor, state.axis.mark ?? state.axis.cursor)
    let high = max(state.axis.cursor, state.axis.mark ?? state.axis.cursor)
    buffer.restyle(
      Rectangle(column: axis.column + low, row: first, width: high - low + 1, height: layout.timeline.endRow - first)
    ) { $0.adding(.reverse) }
    let text = " " + times.time(state.time(atColumn: state.axis.cursor)) + " "
    let column = axis.column + state.axis.cursor + 1
    let start = column + text.columnCount <= axis.endColumn ? column : column - text.columnCount - 1
    buffer.put(text, column: start, row: ticks, style: theme.cursor)
  }
}
