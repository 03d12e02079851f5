internal import CaptureFormat
internal import Events
internal import Reconstruction
internal import Terminal

extension InspectorState {
  var filterDialog: Rectangle { layout.dialog(width: 60, height: filterItems.count + 4) }
  var filesDialog: Rectangle { layout.dialog(width: 90, height: files.count + 4) }
}

extension Canvas {
  mutating func drawFilterDialog(_ place: ListPlace) {
    let area = state.filterDialog
    box(area, "Show which events")
    let text = EventText(state.tables.catalogue)
    let items = state.filterItems
    for line in 0..<max(area.height - 4, 0) {
      guard let item = items.element(place.top + line) else { break }
      let row = area.row + 2 + line
      let (name, note): (String, String) =
        switch item {
        case .failed: ("only what failed", "x, anywhere")
        case .text:
          ("only with text" + (state.filter.text.map { ": " + EventText.printable(Array($0.text.utf8)) } ?? "…"), "")
        case .expression:
          (
            "filter" + (state.filter.expression.map { ": " + EventText.printable(Array($0.text.utf8)) } ?? "…"),
            state.filter.expression == nil ? "&, anywhere: proc.name=sh" : ""
          )
        case .lane(let lane): ("lane " + lane.name, "")
        case .kind(let kind):
          (
            EventText.printable(Array(text.name(of: kind).utf8)),
            state.tables.catalogue.kinds.last { $0.number == kind.rawValue }.map {
              EventText.printable(Array($0.summary.utf8))
            } ?? ""
          )
        }
      buffer.put(state.isOn(item) ? "[x]" : "[ ]", column: area.column + 2, row: row, style: theme.key)
      cell(name, area.column + 6, row, width: 22)
      cell(note, area.column + 29, row, width: area.width - 31, style: theme.dim)
      if place.top + line == place.cursor { markCursor(area.inset(by: 1, 0), row: row, isActive: true) }
    }
  }

  mutating func drawFilesDialog(_ place: ListPlace) {
    let area = state.filesDialog
    box(area, "Open which capture")
    for line in 0..<max(area.height - 4, 0) {
      guard let path = state.files.element(place.top + line) else { break }
      let row = area.row + 2 + line
      buffer.put(place.top + line == state.openFile ? "●" : " ", column: area.column + 2, row: row, style: theme.life)
      cell(EventText.printable(Array(path.utf8)), area.column + 4, row, width: area.width - 6)
      if place.top + line == place.cursor { markCursor(area.inset(by: 1, 0), row: row, isActive: true) }
    }
  }

  mutating func drawHelp(_ scroll: Int) {
    let area = layout.dialog(width: 78, height: Self.help.count + 4)
    box(area, "Keys")
    let height = max(area.height - 3, 1)
    let first = max(0, min(scroll, Self.help.count - height))
    for (number, entry) in Self.help.dropFirst(first).prefix(height).enumerated() {
      let row = area.row + 1 + number
      if entry.key.isEmpty {
        cell(entry.text, area.column + 2, row, width: area.width - 4, style: theme.activeTitle)
      } else {
        cell(entry.key, area.column + 4, row, width: 20, style: theme.key)
        cell(entry.text, area.column + 25, row, width: area.width - 27)
      }
    }
  }

  static let help: [(key: String, text: String)] = [
    ("", "Moving"),
    ("↑ ↓  j k", "one row"),
    ("PgUp PgDn  Ctrl-B -F", "a page; Ctrl-U and Ctrl-D: half of one"),
    ("g G  Home End", "first, last: the end of a large capture is read at once"),
    ("← →  h l", "long lines to the side; on the timeline, the cursor"),
    ("Tab  1 2 3 4 5", "other pane: timeline, containers, processes, events, detail"),
    ("s  6", "how things stood at the start: who ran, what was open; s: back"),
    ("p  7", "packets: of an event's socket, else of all that is selected; p again: all, back"),
    ("Enter", "on to the next pane; of an event, all its fields; of a packet, its socket's events"),
    ("Esc  Backspace", "take back the last filter, end a search, close"),
    ("mouse", "click selects, the wheel scrolls, on the timeline it zooms"),
    ("", "Selecting"),
    ("a container", "its row narrows processes, events, timeline"),
    ("a process", "its row narrows events; d: with all that it started"),
    ("f", "by lane, kind, failure, text; samples of resources"),
    ("&", "by a filter as sysdig and Falco have them: proc.name=sh"),
    ("x", "only what failed"),
    ("r", "all again"),
    ("!", "what the built-in rules find: Enter goes there"),
    ("", "Time"),
    (":", "go to a time: 14:02, 14:02:11.5, -30s, +5s, an ISO date"),
    ("+ -", "zoom in and out, around the cursor"),
    ("m", "mark a range on the timeline; Enter zooms into it"),
    ("0", "the whole capture"),
    ("F", "follow a growing capture"),
    ("", "Finding and taking along"),
    ("/", "search the list that has the focus, else the events"),
    ("n N", "next, previous"),
    ("e", "write the selection as JSON lines"),
    ("y", "copy the row"),
    ("o", "another of the captures that were named"),
    ("", "Signs"),
    ("╱╱╱", "events are missing here: how many, and why"),
    ("▼", "a trigger"),
    ("◀━━━  ━━╸  ━━╳  ━━▶", "lived before, ended with 0, ended otherwise, lived on"),
    ("", "Leaving"),
    ("q  Ctrl-C", "quit; Ctrl-Z: for a while; Ctrl-L: draw again"),
  ]
}
