internal import CaptureFormat
internal import Events
internal import Reconstruction
internal import Terminal

extension Canvas {
  private struct TextLine {
    var name = ""
    var value = ""
    var note = ""
  }

  mutating func drawDetailPane(_ area: Rectangle) {
    title("5 Detail", "", area: area, isActive: state.focus == .detail)
    drawFields(Rectangle(column: area.column + 1, row: area.row + 1, width: area.width - 2, height: area.height - 1))
  }

  mutating func drawDetailOverlay() {
    let area = layout.dialog(width: 120, height: layout.footer.row - 3)
    box(area, state.detail?.title.isEmpty == false ? "Event" : "Event")
    drawFields(area.inset(by: 2, 1))
  }

  private mutating func drawFields(_ area: Rectangle) {
    guard let current = state.events.current else { return }
    if case .loss = current.body {
      cell("Events are missing here.", area.column, area.row, width: area.width, style: theme.failure)
      for (number, line) in Self.wrap(current.text, area.width).enumerated() where number + 1 < area.height {
        cell(line, area.column, area.row + 1 + number, width: area.width)
      }
      return
    }
    guard let detail = state.detail, detail.position == current.position else {
      cell("reading…", area.column, area.row, width: area.width, style: theme.dim)
      return
    }
    let nameWidth = area.width >= 70 ? 20 : 14
    let lines = Self.lines(detail, valueWidth: area.width - nameWidth)
    let scroll = max(0, min(state.detailScroll, lines.count - area.height))
    for (number, line) in lines.dropFirst(scroll).prefix(area.height).enumerated() {
      let row = area.row + number
      cell(line.name, area.column, row, width: nameWidth - 1, style: theme.process)
      let end = buffer.put(
        line.value, column: area.column + nameWidth, row: row, end: area.endColumn,
        style: line.value.hasPrefix("-E") ? theme.failure : .plain)
      if !line.note.isEmpty {
        let column = line.value.isEmpty ? area.column + nameWidth : end + 2
        cell(line.note, column, row, width: area.endColumn - column, style: theme.dim)
      }
      highlight(state.search.pattern, area, row: row)
    }
    if lines.count > area.height {
      let text = " \(scroll + min(area.height, lines.count)) of \(lines.count) "
      buffer.put(text, column: area.endColumn - text.columnCount, row: area.endRow - 1, style: theme.dim)
    }
  }

  private static func lines(_ detail: EventDetail, valueWidth: Int) -> [TextLine] {
    var lines: [TextLine] = []
    for field in detail.fields {
      let values = wrap(field.value, valueWidth)
      var notes: [String] = []
      if !field.raw.isEmpty {
        notes.append(field.unit.isEmpty || field.unit == "bits" ? field.raw : "\(field.raw) \(field.unit)")
      }
      if field.raw.isEmpty, !field.unit.isEmpty, field.unit != "bits" { notes.append(field.unit) }
      if !field.summary.isEmpty { notes.append(field.summary) }
      var note = notes.joined(separator: " · ")
      for (number, value) in values.enumerated() {
        lines.append(TextLine(name: number == 0 ? field.name : "", value: value))
      }
      if values.isEmpty { lines.append(TextLine(name: field.name)) }
      let used = lines[lines.count - 1].value.columnCount
      if note.columnCount <= valueWidth - used - 2 {
        lines[lines.count - 1].note = note
      } else {
        note = note.isEmpty ? note : note
        for line in wrap(note, valueWidth) { lines.append(TextLine(note: line)) }
      }
    }
    return lines
  }

  /// Breaks a text into pieces of at most `width` columns.
  static func wrap(_ text: String, _ width: Int) -> [String] {
    guard width > 0, !text.isEmpty else { return [] }
    var lines: [String] = []
    var line = String.UnicodeScalarView()
    var columns = 0
    for scalar in text.unicodeScalars {
      let more = CharacterWidth.columns(of: scalar) ?? 1
      if columns + more > width {
        lines.append(String(line))
        line = String.UnicodeScalarView()
        columns = 0
      }
      line.append(scalar)
      columns += more
    }
    lines.append(String(line))
    return lines
  }
}
