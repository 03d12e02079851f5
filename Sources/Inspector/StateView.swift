internal import Events
internal import Reconstruction
internal import Terminal

extension Canvas {
  /// How things stood when the window began: processes, and below each what it had open.
  mutating func drawState(_ area: Rectangle) {
    let lines = state.stateLines
    let right = layout.isSplit && layout.hasDetail ? "5 Detail" : ""
    let count = lines.isEmpty ? "" : "\(state.statePlace.cursor + 1) of \(countText(UInt64(lines.count)))"
    let note = right.isEmpty ? count : right + " ─ " + count
    paneTitle(.state, "6 At the start", note, area)
    for line in 0..<layout.rows(of: .state) {
      let place = state.statePlace.top + line
      guard let entry = lines.element(place) else { break }
      let row = area.row + 1 + line
      draw(entry, Rectangle(column: area.column, row: row, width: area.width, height: 1))
      highlight(state.search.pattern, Rectangle(column: area.column, row: row, width: area.width, height: 1), row: row)
      if place == state.statePlace.cursor { markCursor(area, row: row, isActive: state.focus == .state) }
    }
  }

  private mutating func draw(_ line: StateLine, _ area: Rectangle) {
    var column = area.column + 2
    let row = area.row
    let style =
      switch line.role {
      case .heading: theme.activeTitle
      case .note: theme.dim
      case .process: theme.process
      case .orphan: theme.key
      case .listener, .connection: theme.life
      case .descriptor: Style.plain
      }
    if line.role != .heading, line.role != .note {
      cell(line.number, area.column + 1, row, width: 7, style: theme.dim, isRight: true)
      column = buffer.put(line.branch, column: area.column + 10, row: row, end: area.endColumn, style: theme.dim)
    }
    if !line.kind.isEmpty {
      column = buffer.put(
        line.kind + " ", column: column, row: row, end: area.endColumn,
        style: line.role == .descriptor ? theme.dim : style)
    }
    // Half of the room is for what it is, if the remark needs the rest.
    let room = max(area.endColumn - 1 - column, 0)
    let remark = line.remark.isEmpty ? 0 : min(line.remark.columnCount + 2, room / 2)
    let what = min(line.what.columnCount, room - remark)
    cell(line.what, column, row, width: what, style: style)
    if remark > 0 {
      cell(
        line.remark, column + what + 2, row, width: max(area.endColumn - 1 - column - what - 2, 0),
        style: line.role == .orphan ? style : theme.dim)
    }
  }
}
