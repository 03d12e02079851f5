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
    let others = [
      state.tables.state == nil ? nil : "6 At the start", state.tables.hasPackets ? "7 Packets" : nil,
    ]
    title(
      "5 Detail", others.compactMap { $0 }.joined(separator: " ─ "), area: area, isActive: state.focus == .detail)
    drawFields(Rectangle(column: area.column + 1, row: area.row + 1, width: area.width - 2, height: area.height - 1))
  }

  mutating func drawDetailOverlay() {
    let area = layout.dialog(width: 120, height: layout.footer.row - 3)
    box(area, "Event")
    drawFields(area.inset(by: 2, 1))
  }

  private mutating func drawFields(_ area: Rectangle) {
    guard let current = state.events.current else { return }
    if case .loss(let loss) = current.body { return drawLoss(loss, area) }
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

  /// What is missing, how much of it, and between when.
  private mutating func drawLoss(_ loss: LossRow, _ area: Rectangle) {
    let cause = state.tables.catalogue.causes.last { $0.number == loss.cause.rawValue }
    let whose = loss.container.map { state.tables.container($0)?.label ?? "container \($0.rawValue)" }
    let fields = [
      ("missing", "\(countText(loss.count)) events"), ("lane", loss.lane?.name ?? "not known"),
      ("of", whose ?? "not known: they may be anybody's"),
      (
        "cause",
        (loss.cause.name ?? "\(loss.cause.rawValue)")
          + (cause.map { ": " + EventText.printable(Array($0.summary.utf8)) } ?? "")
      ),
      ("from", times.full(loss.from)), ("to", times.full(loss.to)),
    ]
    for (number, (name, value)) in fields.enumerated() where number < area.height {
      cell(name, area.column, area.row + number, width: 10, style: theme.process)
      cell(
        value, area.column + 10, area.row + number, width: area.width - 10, style: number == 0 ? theme.failure : .plain)
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
      let note = notes.joined(separator: " · ")
      for (number, value) in values.enumerated() {
        lines.append(TextLine(name: number == 0 ? field.name : "", value: value))
      }
      if values.isEmpty { lines.append(TextLine(name: field.name)) }
      let used = lines[lines.count - 1].value.columnCount
      if note.columnCount <= valueWidth - used - 2 {
        lines[lines.count - 1].note = note
      } else {
        for line in wrap(note, valueWidth) { lines.append(TextLine(note: line)) }
      }
    }
    return lines
  }

  /// Breaks a text into pieces of at most `width` columns: at a blank where there is one near the end.
  static func wrap(_ text: String, _ width: Int) -> [String] {
    guard width > 0, !text.isEmpty else { return [] }
    var lines: [String] = []
    var line: [Unicode.Scalar] = []
    var columns = 0
    for scalar in text.unicodeScalars {
      let more = CharacterWidth.columns(of: scalar) ?? 1
      if columns + more > width {
        let blank = line.lastIndex(of: " ").flatMap { $0 > line.count * 2 / 3 ? $0 : nil }
        let rest = blank.map { Array(line[($0 + 1)...]) } ?? []
        lines.append(string(blank.map { Array(line[..<$0]) } ?? line))
        line = rest
        columns = string(rest).columnCount
      }
      line.append(scalar)
      columns += more
    }
    lines.append(string(line))
    return lines
  }

  private static func string(_ scalars: [Unicode.Scalar]) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }
}
