import CaptureFormat
import Events
import Foundation
import Inspector
import Posix
import Reconstruction
import Terminal
import Testing

/// An inspector with a screen in memory, whose worker works when it is told to.
final class Bench {
  let terminal: MemoryTerminal
  let session: InspectorSession
  let worker: CaptureWorker
  let mailbox = Mailbox()
  private(set) var isOver = false

  init(_ capture: Capture, path: String, columns: Int = 80, rows: Int = 24, files: [String]? = nil, colours: Int = 256)
    throws
  {
    terminal = MemoryTerminal(columns: columns, rows: rows, colourCount: colours)
    var state = InspectorState(size: terminal.size, colourCount: colours, files: files ?? [path])
    state.timeResolver = { text, tables in
      guard let seconds = Double(text) else { return .failure(TimeProblem(text: "not a time: \(text)")) }
      return .success(BootTime(nanoseconds: tables.first.nanoseconds + UInt64(max(seconds, 0) * 1e9)))
    }
    session = InspectorSession(state, device: terminal, mailbox: mailbox)
    worker = CaptureWorker(capture, path: path, mailbox: mailbox, isLocal: false)
    settle()
  }

  convenience init(_ sample: String, columns: Int = 80, rows: Int = 24) throws {
    let path = Self.captures.appending(path: sample).path
    try self.init(try Capture(path: path), path: path, columns: columns, rows: rows)
  }

  convenience init(bytes: [UInt8], columns: Int = 80, rows: Int = 24, colours: Int = 256) throws {
    try self.init(
      try Capture(bytes: bytes, path: "built.pcapng"), path: "built.pcapng", columns: columns, rows: rows,
      colours: colours)
  }

  static let captures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "captures/v1")

  var state: InspectorState { session.state }
  var screen: CellBuffer { terminal.screen }
  var text: String { terminal.screen.text }

  /// Lets the worker do all that is asked for, and draws.
  func settle() {
    repeat {
      while worker.step() {}
      session.takeResults()
    } while mailbox.hasRequests
    session.draw()
  }

  func send(_ input: TerminalInput) {
    if !session.handle(input) { isOver = true }
    settle()
  }

  /// Characters, and names of keys in angle brackets: `/passwd<Enter>`.
  func type(_ keys: String) {
    var rest = keys[...]
    while let first = rest.first {
      if first == "<", let end = rest.firstIndex(of: ">"), let code = Self.names[String(rest[rest.startIndex...end])] {
        send(.key(Key(code)))
        rest = rest[rest.index(after: end)...]
      } else {
        for scalar in String(first).unicodeScalars { send(.key(Key(.character(scalar)))) }
        rest = rest.dropFirst()
      }
    }
  }

  func resize(_ columns: Int, _ rows: Int) {
    terminal.size = ScreenSize(columns: columns, rows: rows)
    send(.resize(terminal.size))
  }

  static let names: [String: Key.Code] = [
    "<Enter>": .enter, "<Tab>": .tab, "<BackTab>": .backTab, "<Esc>": .escape, "<Up>": .up, "<Down>": .down,
    "<Left>": .left, "<Right>": .right, "<PgUp>": .pageUp, "<PgDn>": .pageDown, "<Home>": .home, "<End>": .end,
    "<BS>": .backspace, "<C-c>": .control("c"), "<C-u>": .control("u"), "<C-w>": .control("w"), "<C-z>": .control("z"),
    "<C-l>": .control("l"), "<C-d>": .control("d"), "<F1>": .function(1), "<Del>": .delete,
  ]

  /// What must hold at every moment.
  func checkInvariants(sourceLocation: SourceLocation = #_sourceLocation) {
    let state = state
    func expect(_ holds: Bool, _ what: String) { #expect(holds, "\(what)", sourceLocation: sourceLocation) }
    expect(screen.size == state.size, "the screen has the terminal's size")
    expect(screen.cells.count == screen.size.columns * screen.size.rows, "every cell is inside")
    for (place, cell) in screen.cells.enumerated() {
      if CharacterWidth.columns(of: cell.scalar) == nil { expect(false, "cell \(place) shows \(cell.scalar.value)") }
      if cell.width == 2 { expect(screen.cells[place + 1].width == 0, "a wide character has both halves") }
      if cell.width == 0 { expect(screen.cells[place - 1].width == 2, "a second half has a first") }
    }
    if let cursor = screen.cursor {
      expect(cursor.column >= 0 && cursor.column < screen.size.columns, "cursor's column \(cursor.column)")
      expect(cursor.row >= 0 && cursor.row < screen.size.rows, "cursor's row \(cursor.row)")
    }
    guard !state.isTooSmall else { return }
    expect(
      state.containers.cursor >= 0 && state.containers.cursor <= state.tables.containers.count, "containers' cursor")
    expect(state.processes.cursor >= 0 && state.processes.cursor <= state.processRows.count, "processes' cursor")
    expect(
      state.events.place.cursor >= 0 && state.events.place.cursor < max(state.events.lines.count, 1),
      "events' cursor \(state.events.place.cursor) of \(state.events.lines.count)")
    expect(
      state.statePlace.cursor >= 0 && state.statePlace.cursor < max(state.stateLines.count, 1), "state's cursor")
    expect(
      state.packets.place.cursor >= 0 && state.packets.place.cursor < max(state.packets.lines.count, 1),
      "packets' cursor")
    expect(state.axis.cursor >= 0 && state.axis.cursor < state.layout.axis.width, "axis' cursor")
    expect(
      zip(state.events.lines, state.events.lines.dropFirst()).allSatisfy { $0.position < $1.position },
      "events in order")
    for (pane, area) in state.layout.panes {
      expect(
        area.column >= 0 && area.row >= 0 && area.endColumn <= state.size.columns && area.endRow < state.size.rows,
        "\(pane) is inside")
    }
  }
}
