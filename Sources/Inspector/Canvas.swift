internal import Reconstruction
public import Terminal

/// A buffer and what all views need to draw into it.
struct Canvas {
  var buffer: CellBuffer
  let theme: Theme
  let state: InspectorState
  let layout: Layout
  let times: ClockText

  init(_ state: InspectorState) {
    buffer = CellBuffer(state.size)
    theme = Theme(colourCount: state.colourCount)
    self.state = state
    layout = state.layout
    times = ClockText(state.tables.clock, isLocal: state.isLocal)
  }

  /// A text cut to `width`, with `…` where something is missing; on the right of the space when `isRight`.
  mutating func cell(
    _ text: String, _ column: Int, _ row: Int, width: Int, style: Style = .plain, isRight: Bool = false
  ) {
    guard width > 0 else { return }
    let length = text.columnCount
    if length <= width {
      buffer.put(text, column: isRight ? column + width - length : column, row: row, end: column + width, style: style)
    } else {
      buffer.put(text, column: column, row: row, end: column + width - 1, style: style)
      buffer.put("…", column: column + width - 1, row: row, end: column + width, style: style)
    }
  }

  /// `─ Title ────── right ─`
  mutating func title(_ text: String, _ right: String, area: Rectangle, isActive: Bool) {
    let style = isActive ? theme.activeTitle : theme.title
    let line = isActive ? theme.activeTitle : theme.dim
    buffer.fill(Rectangle(column: area.column, row: area.row, width: area.width, height: 1), "─", style: line)
    let end = buffer.put(" \(text) ", column: area.column + 1, row: area.row, end: area.endColumn - 1, style: style)
    let width = right.columnCount + 2
    guard !right.isEmpty, area.endColumn - 1 - width > end else { return }
    buffer.put(" \(right) ", column: area.endColumn - 1 - width, row: area.row, end: area.endColumn - 1, style: line)
  }

  /// An empty box with a title, over what is there.
  mutating func box(_ area: Rectangle, _ title: String) {
    buffer.fill(area, " ", style: theme.dialog)
    for row in area.row..<area.endRow {
      buffer.put("│", column: area.column, row: row, style: theme.activeTitle)
      buffer.put("│", column: area.endColumn - 1, row: row, style: theme.activeTitle)
    }
    let bar = String(repeating: "─", count: max(area.width - 2, 0))
    buffer.put("┌" + bar + "┐", column: area.column, row: area.row, end: area.endColumn, style: theme.activeTitle)
    buffer.put(
      "└" + bar + "┘", column: area.column, row: area.endRow - 1, end: area.endColumn, style: theme.activeTitle)
    buffer.put(
      " \(title) ", column: area.column + 2, row: area.row, end: area.endColumn - 1, style: theme.activeTitle)
  }

  /// Shows where the row is that the cursor is on.
  mutating func markCursor(_ area: Rectangle, row: Int, isActive: Bool) {
    let theme = theme
    buffer.restyle(Rectangle(column: area.column, row: row, width: area.width, height: 1)) {
      theme.underCursor($0, isActive: isActive)
    }
  }

  /// Shows where in a row the text is that was looked for.
  mutating func highlight(_ pattern: TextPattern?, _ area: Rectangle, row: Int) {
    guard let pattern, row >= 0, row < buffer.size.rows else { return }
    let needle = Array(pattern.text.unicodeScalars)
    let ignoresCase = !pattern.text.contains(where: \.isUppercase)
    func folded(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
      ignoresCase && scalar.value >= 0x41 && scalar.value <= 0x5a ? Unicode.Scalar(UInt8(scalar.value + 0x20)) : scalar
    }
    let cells = (area.column..<min(area.endColumn, buffer.size.columns)).filter { buffer[$0, row].width > 0 }
    guard !needle.isEmpty, cells.count >= needle.count else { return }
    let style = theme.match
    var place = 0
    while place + needle.count <= cells.count {
      if needle.indices.allSatisfy({ folded(buffer[cells[place + $0], row].scalar) == needle[$0] }) {
        let start = cells[place]
        let width = cells[place + needle.count - 1] - start + 1
        buffer.restyle(Rectangle(column: start, row: row, width: width, height: 1)) { _ in style }
        place += needle.count
      } else {
        place += 1
      }
    }
  }
}

extension InspectorState {
  /// Draws everything.
  public func draw() -> CellBuffer {
    var canvas = Canvas(self)
    if isTooSmall {
      canvas.buffer.put("too small: \(size.columns)×\(size.rows)", column: 0, row: 0)
      canvas.buffer.put("40×10 at least", column: 0, row: 1)
      return canvas.buffer
    }
    canvas.drawFrame()
    canvas.drawTimeline()
    if layout.isSplit {
      let column = (layout.panes[.events] ?? layout.panes[.state] ?? layout.panes[.packets])!.column - 1
      for row in layout.timeline.endRow..<layout.footer.row {
        canvas.buffer.put("│", column: column, row: row, style: canvas.theme.dim)
      }
    }
    for (pane, area) in layout.panes {
      switch pane {
      case .containers: canvas.drawContainers(area)
      case .processes: canvas.drawProcesses(area)
      case .events: canvas.drawEvents(area)
      case .detail: canvas.drawDetailPane(area)
      case .state: canvas.drawState(area)
      case .packets: canvas.drawPackets(area)
      case .timeline: break
      }
    }
    switch overlay {
    case .none: break
    case .help(let scroll): canvas.drawHelp(scroll)
    case .filter(let place): canvas.drawFilterDialog(place)
    case .files(let place): canvas.drawFilesDialog(place)
    case .findings(let place): canvas.drawFindings(place)
    case .detail: canvas.drawDetailOverlay()
    }
    canvas.drawFooter()
    return canvas.buffer
  }
}
