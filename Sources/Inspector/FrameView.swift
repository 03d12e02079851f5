internal import CaptureFormat
internal import Events
internal import Reconstruction
internal import Terminal

extension InspectorState {
  /// The panes as tabs, where only one is seen at a time.
  func tabs(width: Int) -> [(pane: Pane, text: String, columns: Range<Int>)] {
    var counts: [(Pane, String)] = [
      (.containers, "2 Containers \(tables.containers.count)"),
      (.processes, tables.hasProcesses ? "3 Processes \(processRows.count)" : "3 Processes"), (.events, "4 Events"),
    ]
    if tables.state != nil { counts.append((.state, "6 At the start")) }
    if tables.hasPackets { counts.append((.packets, "7 Packets")) }
    var column = 1
    return counts.map { pane, text in
      let start = column
      column += text.columnCount + 3
      return (pane, text, start..<(column - 1))
    }
  }

  /// All that is missing, of the selected container or of anybody.
  var lostCount: UInt64 {
    tables.losses.reduce(0) { sum, loss in isRelevant(loss) ? sum &+ loss.count : sum }
  }

  func isRelevant(_ loss: LossRow) -> Bool {
    loss.cause.countsEvents
      && (filter.container == nil || loss.container == nil || loss.container == filter.container)
  }

  func isRelevant(_ trigger: TriggerMark) -> Bool {
    filter.container == nil || trigger.container == nil || trigger.container == filter.container
  }
}

extension Canvas {
  mutating func drawFrame() {
    drawHeader()
    drawBreadcrumbs()
  }

  private mutating func drawHeader() {
    let tables = state.tables
    let width = layout.header.width
    buffer.fill(layout.header, " ", style: theme.header)
    let name = EventText.printable(Array((tables.path.split(separator: "/").last ?? "").utf8))
    var left = " aftertrace"
    if state.hasTables {
      left += "  " + (name.isEmpty ? "opening" : name)
      if tables.sectionCount > 1 { left += ", \(tables.sectionCount) captures," }
      if let host = tables.hostName { left += " on \(host)" }
      if width >= 100 {
        left +=
          "  \(times.full(tables.first, digits: 0)), \(durationText(tables.last.nanoseconds - tables.first.nanoseconds))"
      }
      left += "  \(countText(tables.eventCount)) events"
    } else {
      left += "  opening \(EventText.printable(Array((state.files.element(state.openFile) ?? "").utf8)))"
    }
    let (verdict, style) = verdict
    let room = width - verdict.columnCount - 1
    cell(left, 0, 0, width: max(room - 1, 0), style: theme.header)
    buffer.put(verdict, column: max(room, 0), row: 0, style: style)
  }

  /// "complete" only where that is proven.
  private var verdict: (String, Style) {
    guard state.hasTables else { return ("", theme.header) }
    let lost = state.tables.losses.reduce(UInt64(0)) { $1.cause.countsEvents ? $0 &+ $1.count : $0 }
    if lost > 0 { return (" \(countText(lost)) LOST ", theme.loss) }
    if !state.tables.problems.isEmpty { return (" DAMAGED: \(state.tables.problems.count) ", theme.loss) }
    guard let completeness = state.tables.completeness else {
      return (state.isFollowing ? " growing " : " no footer: cut off, or growing ", theme.header)
    }
    return (completeness.isComplete ? " complete " : " not proven complete ", theme.header)
  }

  private mutating func drawBreadcrumbs() {
    var column = 1
    let row = layout.breadcrumbs.row
    let status = status
    let end = layout.breadcrumbs.width - (status.isEmpty ? 0 : status.columnCount + 2)
    for (number, crumb) in state.breadcrumbs.enumerated() {
      if number > 0 { column = buffer.put(" › ", column: column, row: row, end: end, style: theme.dim) }
      column = buffer.put(crumb, column: column, row: row, end: end, style: number == 0 ? .plain : theme.crumb)
    }
    if !status.isEmpty {
      buffer.put(status, column: end + 1, row: row, style: theme.key)
    }
  }

  /// What is going on meanwhile.
  private var status: String {
    if let export = state.export { return "writing \(countText(UInt64(export.count)))…" }
    if let pattern = state.search.pattern, let result = state.search.result {
      let found = "\(countText(UInt64(result.matches.count)))\(result.isCut ? "+" : "")"
      let text = EventText.printable(Array(pattern.text.utf8)).prefix(20)
      return result.isDone ? "/\(text): \(found)" : "/\(text): \(found), \(Int(result.progress * 100)) %"
    }
    if !state.tables.hasProcesses, state.hasTables { return "reading processes…" }
    return state.isFollowing ? "following" : ""
  }

  // MARK: Bottom

  mutating func drawFooter() {
    var row = layout.footer.row
    if let prompt = state.prompt {
      if prompt.problem != nil, row > 2 { row -= 1 }
      let start = buffer.put(prompt.label, column: 0, row: row, style: theme.key)
      // The end of a long line stays in view.
      let scalars = Array(prompt.text.unicodeScalars)
      var first = 0
      func columns(_ range: Range<Int>) -> Int {
        scalars[range].reduce(0) { $0 + (CharacterWidth.columns(of: $1) ?? 1) }
      }
      while first < prompt.cursor, columns(first..<prompt.cursor) > layout.footer.width - start - 2 { first += 1 }
      if let problem = prompt.problem, row > 1, row < layout.footer.row {
        buffer.fill(Rectangle(column: 0, row: row - 1, width: layout.footer.width, height: 3))
        cell(
          EventText.printable(Array(problem.message.utf8)), 1, row - 1, width: layout.footer.width - 1,
          style: theme.problem)
        buffer.put(prompt.label, column: 0, row: row, style: theme.key)
        let place = problem.place.clamped(to: first..<max(scalars.count, first))
        let column = start + columns(first..<max(place.lowerBound, first))
        let carets = String(repeating: "^", count: max(columns(place), 1))
        let hint = problem.hint.map { " " + EventText.printable(Array($0.utf8)) } ?? ""
        // What does not fit behind the place stands before it.
        let room = layout.footer.width - column
        if carets.columnCount + hint.columnCount <= room || column < hint.columnCount + 1 {
          cell(carets + hint, column, row + 1, width: room, style: theme.problem)
        } else {
          cell(hint + " ", column - hint.columnCount - 1, row + 1, width: hint.columnCount + 1, style: theme.problem)
          cell(carets, column, row + 1, width: room, style: theme.problem)
        }
      }
      buffer.put(String(String.UnicodeScalarView(scalars[first...])), column: start, row: row)
      buffer.cursor = ScreenPosition(column: start + columns(first..<prompt.cursor), row: row)
      return
    }
    if let message = state.message {
      cell(
        " " + message.text, 0, row, width: layout.footer.width, style: message.isProblem ? theme.problem : theme.message
      )
      return
    }
    // What leads on is always there; the rest as far as it fits.
    let always = state.overlay == .none ? [("?", "help"), ("q", "quit")] : []
    func width(_ hint: (String, String)) -> Int { hint.0.columnCount + hint.1.columnCount + 3 }
    let room = layout.footer.width - always.reduce(0) { $0 + width($1) }
    var shown: [(String, String)] = []
    for hint in hints where shown.reduce(0, { $0 + width($1) }) + width(hint) <= room { shown.append(hint) }
    var column = 0
    for (key, text) in shown + always {
      column = buffer.put(" " + key, column: column, row: row, style: theme.key)
      column = buffer.put(" " + text + " ", column: column, row: row, style: theme.dim)
    }
  }

  private var hints: [(String, String)] {
    switch state.overlay {
    case .help: return [("↑↓", "scroll"), ("Esc", "close")]
    case .filter: return [("Space", "on, off"), ("Enter", "only this"), ("r", "all again"), ("Esc", "close")]
    case .files: return [("Enter", "open"), ("Esc", "close")]
    case .findings: return [("↑↓", "select"), ("Enter", "go there"), ("Esc", "close")]
    case .detail: return [("↑↓", "scroll"), ("←→", "other events"), ("y", "copy"), ("Esc", "close")]
    case .none: break
    }
    let common = [("Tab", "pane")]
    var state = self.state.tables.state == nil ? [] : [("s", "at the start")]
    if self.state.tables.hasPackets { state.append(("p", "packets")) }
    switch self.state.focus {
    case .timeline:
      return [
        ("←→", "move"), ("m", "mark"), ("Enter", self.state.axis.mark == nil ? "go there" : "zoom"), ("+-", "zoom"),
        ("0", "whole"),
      ]
        + common
    case .containers:
      return [("↑↓", "select"), ("Enter", "processes"), ("/", "search"), ("f", "filter"), (":", "time")] + state
        + common
    case .processes:
      return [("↑↓", "select"), ("d", "descendants"), ("Enter", "events"), ("/", "search"), ("f", "filter")] + state
        + common
    case .events:
      return [
        ("Enter", "detail"), ("/", "search"), ("n", "next"), ("f", "filter"), ("&", "where"), ("x", "failed"),
        (":", "time"), ("+-", "zoom"),
      ]
        + (self.state.tables.hasPackets ? [("p", "its packets")] : []) + common + [
          ("e", "export"), ("y", "copy"), ("F", "follow"), ("r", "all again"),
        ]
    case .detail: return [("↑↓", "scroll"), ("Enter", "large"), ("y", "copy")] + state + common
    case .state:
      return [("↑↓", "move"), ("Enter", "its events"), ("/", "search"), ("n", "next"), ("s", "back"), ("y", "copy")]
        + common
    case .packets:
      return [
        ("↑↓", "move"), ("Enter", "events of its socket"),
        ("p", self.state.packets.event == nil ? "back" : "all packets"),
        ("/", "search"), ("n", "next"), ("y", "copy"),
      ] + common
    }
  }

  /// The head of a pane: its title, or the tabs where panes share one place.
  mutating func paneTitle(_ pane: Pane, _ text: String, _ right: String, _ area: Rectangle) {
    guard !layout.isSplit else {
      return title(text, right, area: area, isActive: state.focus == pane)
    }
    title("", right, area: area, isActive: false)
    for tab in state.tabs(width: area.width) {
      let isOpen = tab.pane == pane
      let style = isOpen ? (state.focus == pane ? theme.activeTitle.adding(.reverse) : theme.activeTitle) : theme.dim
      buffer.put(" \(tab.text) ", column: tab.columns.lowerBound, row: area.row, style: style)
    }
  }
}
