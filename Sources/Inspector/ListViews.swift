internal import CaptureFormat
internal import Events
internal import Reconstruction
internal import Terminal

extension Canvas {
  // MARK: Containers

  mutating func drawContainers(_ area: Rectangle) {
    paneTitle(.containers, "2 Containers \(state.tables.containers.count)", "", area)
    let isActive = state.focus == .containers
    let numbers = area.width >= 60 ? 21 : 14
    let stateWidth = area.width >= 70 ? 16 : 12
    let rest = area.width - numbers - stateWidth - 4
    let nameWidth = rest >= 32 ? rest / 2 : rest
    let imageWidth = rest - nameWidth
    let stateColumn = area.column + 2 + nameWidth + imageWidth
    let numberColumn = stateColumn + stateWidth
    let head = area.row + 1
    cell("NAME", area.column + 2, head, width: nameWidth, style: theme.columnHead)
    cell("IMAGE", area.column + 2 + nameWidth, head, width: imageWidth, style: theme.columnHead)
    cell("STATE", stateColumn, head, width: stateWidth, style: theme.columnHead)
    func numberCells(_ texts: [(String, Style)], _ row: Int, _ canvas: inout Canvas) {
      for (place, (text, style)) in texts.suffix(numbers / 7).enumerated() {
        canvas.cell(text, numberColumn + 7 * place, row, width: 6, style: style, isRight: true)
      }
    }
    numberCells([("PROCS", theme.columnHead), ("EVENTS", theme.columnHead), ("LOST", theme.columnHead)], head, &self)
    for line in 0..<layout.rows(of: .containers) {
      let place = state.containers.top + line
      let row = area.row + 2 + line
      guard place <= state.tables.containers.count else { break }
      if place == 0 {
        let lost = state.tables.losses.reduce(UInt64(0)) { $1.cause.countsEvents ? $0 &+ $1.count : $0 }
        cell("all containers", area.column + 2, row, width: nameWidth + imageWidth)
        numberCells(
          [
            (ClockText.short(UInt64(state.tables.processes.count)), .plain),
            (ClockText.short(state.tables.eventCount), .plain),
            (ClockText.short(lost), lost > 0 ? theme.loss : theme.dim),
          ], row, &self)
      } else {
        let container = state.tables.containers[place - 1]
        if state.tables.triggers.contains(where: { $0.container == container.key }) {
          buffer.put("▼", column: area.column, row: row, style: theme.trigger)
        }
        cell(container.label, area.column + 2, row, width: nameWidth - 1, style: theme.process)
        cell(container.image, area.column + 2 + nameWidth, row, width: imageWidth - 1, style: theme.dim)
        let (text, style) = status(of: container)
        cell(text, stateColumn, row, width: stateWidth - 1, style: style)
        numberCells(
          [
            (ClockText.short(UInt64(container.processCount)), .plain), (ClockText.short(container.eventCount), .plain),
            (ClockText.short(container.lostCount), container.lostCount > 0 ? theme.loss : theme.dim),
          ], row, &self)
      }
      highlight(state.search.pattern, Rectangle(column: area.column, row: row, width: stateColumn, height: 1), row: row)
      if place == state.containers.cursor { markCursor(area, row: row, isActive: isActive) }
    }
  }

  /// `running`, `ended 0`, `SIGSEGV`.
  private func status(of container: ContainerSummary) -> (String, Style) {
    if container.key == .host { return ("", theme.dim) }
    if container.isOutOfMemory { return ("ended OOM", theme.failure) }
    guard let code = container.exitCode else {
      if container.row.ended != nil { return ("ended", .plain) }
      return (container.row.flags.contains(.foundByScan) ? "since before" : "running", theme.life)
    }
    return ("ended \(ExitStatus(waitStatus: code))", code == 0 ? theme.dim : theme.failure)
  }

  // MARK: Processes

  mutating func drawProcesses(_ area: Rectangle) {
    let count = countText(UInt64(state.processRows.count))
    paneTitle(.processes, "3 Processes \(count)", state.filter.hasDescendants ? "with descendants" : "", area)
    let text = EventText(state.tables.catalogue)
    let life = area.width >= 60 ? max(area.width / 4, 16) : 0
    let exitWidth = area.width >= 76 ? 14 : 9
    let lifeColumn = area.endColumn - life
    let exitColumn = lifeColumn - exitWidth - (life > 0 ? 1 : 0)
    let head = area.row + 1
    cell("PID", area.column + 2, head, width: 7, style: theme.columnHead)
    cell("COMMAND", area.column + 10, head, width: 20, style: theme.columnHead)
    cell("EXIT", exitColumn, head, width: exitWidth, style: theme.columnHead)
    cell("LIFE", lifeColumn, head, width: life, style: theme.columnHead)
    if !state.tables.hasProcesses, state.hasTables {
      cell("reading…", area.column + 10, head + 1, width: 20, style: theme.dim)
      return
    }
    for line in 0..<layout.rows(of: .processes) {
      let place = state.processes.top + line
      let row = area.row + 2 + line
      guard place <= state.processRows.count else { break }
      if place == 0 {
        cell("all processes", area.column + 10, row, width: exitColumn - area.column - 11)
      } else {
        let (node, isWanted) = state.processRows[place - 1]
        let process = node.process
        // Who started it, where that one is not in the list.
        let from =
          node.missingParent.map { key in
            (state.tables.process(key).map { EventText.printable($0.comm) } ?? "") + "[\(key.pid)] › "
          } ?? ""
        let command = process.commandText
        // How it died takes what room the command leaves, and half of it all the same.
        let exit = self.exit(of: process, text)
        let room = exitColumn + exitWidth - area.column - 10
        let free = room - (node.branch.columnCount + from.columnCount + command.columnCount + 1)
        let width = max(exitWidth, min(exit.text.columnCount, max(room / 2, free)))
        let exitColumn = exitColumn + exitWidth - width
        cell("\(process.key.pid)", area.column + 1, row, width: 7, style: theme.dim, isRight: true)
        let start = buffer.put(
          node.branch + from, column: area.column + 10, row: row, end: exitColumn - 1, style: theme.dim)
        cell(
          command, start, row, width: exitColumn - 1 - start,
          style: isWanted && !process.flags.contains(.runtimeSetUp) ? theme.process : theme.dim)
        cell(exit.text, exitColumn, row, width: width, style: exit.style)
        if life > 0 { drawLife(of: process, lifeColumn, row, width: life) }
        highlight(
          state.search.pattern, Rectangle(column: area.column, row: row, width: exitColumn - area.column, height: 1),
          row: row)
      }
      if place == state.processes.cursor { markCursor(area, row: row, isActive: state.focus == .processes) }
    }
  }

  /// `0`, `SIGKILL: OOM, 64 MiB of 64 MiB`.
  private func exit(of process: ProcessRow, _ text: EventText) -> (text: String, style: Style) {
    if let code = process.exitCode {
      let status = text.end(ExitStatus(waitStatus: code), process.death)
      return (status, code == 0 ? theme.dim : theme.failure)
    }
    return (process.end == nil ? "" : "ended", theme.dim)
  }

  /// A bar from start to end, over the span of the time axis.
  private mutating func drawLife(of process: ProcessRow, _ column: Int, _ row: Int, width: Int) {
    let range = state.range
    func place(_ time: BootTime) -> Int {
      let offset = (Double(time.nanoseconds) - Double(range.from.nanoseconds)) / Double(max(range.width, 1))
      return Int((max(-1, min(offset, 2)) * Double(width)).rounded(.down))
    }
    let isBefore = process.key.start < range.from
    let isAfter = process.end.map { $0 > range.to } ?? true
    let first = isBefore ? 0 : place(process.key.start)
    let last = isAfter ? width - 1 : place(process.end ?? range.to)
    guard first < width, last >= 0, first <= last else { return }
    let style = process.exitCode.map { $0 == 0 ? theme.life : theme.failure } ?? theme.life
    for place in max(first, 0)...min(last, width - 1) {
      buffer.put("━", column: column + place, row: row, style: style)
    }
    if isBefore { buffer.put("◀", column: column, row: row, style: style) }
    if isAfter {
      buffer.put("▶", column: column + width - 1, row: row, style: style)
    } else if last < width {
      buffer.put(process.exitCode.map { $0 == 0 } ?? true ? "╸" : "╳", column: column + last, row: row, style: style)
    }
  }

  // MARK: Events

  mutating func drawEvents(_ area: Rectangle) {
    paneTitle(.events, "4 Events", eventsStatus, area)
    let hasContainers = state.filter.container == nil && state.tables.containers.count > 1 && area.width >= 100
    let hasProcess = state.filter.process == nil || state.filter.hasDescendants
    let resultWidth = area.width >= 100 ? 14 : 10
    var column = area.column + 2
    let timeColumn = column
    column += 16
    let containerColumn = column
    if hasContainers { column += 16 }
    let processColumn = column
    let processWidth = hasProcess ? area.width >= 100 ? 22 : 16 : 0
    column += processWidth
    let resultColumn = area.endColumn - resultWidth
    let head = area.row + 1
    cell("TIME", timeColumn, head, width: 15, style: theme.columnHead)
    if hasContainers { cell("CONTAINER", containerColumn, head, width: 15, style: theme.columnHead) }
    if hasProcess { cell("PROCESS", processColumn, head, width: processWidth - 1, style: theme.columnHead) }
    cell(
      "WHAT" + (state.horizontal > 0 ? " (from \(state.horizontal))" : ""), column, head, width: 20,
      style: theme.columnHead)
    cell("RESULT", resultColumn, head, width: resultWidth, style: theme.columnHead)
    if state.events.lines.isEmpty, state.hasTables {
      let isSearching = state.events.isLoadingAfter || state.events.isLoadingBefore
      let text =
        isSearching
        ? "reading…"
        : (state.hasOnlySamples ? "no event but samples of resources: f shows them" : "no event of this selection")
          + (state.breadcrumbs.count > 1 ? ": r shows all again" : "")
      cell(text, timeColumn, head + 1, width: area.width - 4, style: theme.dim)
      return
    }
    for line in 0..<layout.rows(of: .events) {
      let place = state.events.place.top + line
      guard let event = state.events.lines.element(place) else { break }
      let row = area.row + 2 + line
      let isCursor = place == state.events.place.cursor
      switch event.body {
      case .loss:
        let text = "╱╱ \(times.time(event.time)) ╱╱ \(event.text) "
        buffer.fill(Rectangle(column: area.column, row: row, width: area.width, height: 1), "╱", style: theme.loss)
        buffer.put(text, column: area.column, row: row, end: area.endColumn, style: theme.loss)
        if isCursor { buffer.put("▶", column: area.column, row: row, style: theme.loss) }
        continue
      case .event(let what, let result, let notes):
        buffer.put("▎", column: area.column, row: row, style: theme.lane(event.lane))
        cell(times.time(event.time), timeColumn, row, width: 15, style: theme.time)
        if hasContainers {
          cell(state.tables.container(event.container)?.label ?? "", containerColumn, row, width: 15, style: theme.dim)
        }
        if hasProcess { cell(event.processName, processColumn, row, width: processWidth - 1, style: theme.process) }
        let whole = notes.isEmpty ? what : what + " [" + notes + "]"
        let text = state.horizontal == 0 ? whole : String(whole.dropFirst(state.horizontal))
        cell(text, column, row, width: resultColumn - 1 - column, style: event.isFailed ? theme.failure : .plain)
        cell(result, resultColumn, row, width: resultWidth, style: event.isFailed ? theme.failure : theme.dim)
      }
      highlight(
        state.search.pattern ?? state.filter.text,
        Rectangle(column: area.column, row: row, width: area.width, height: 1), row: row)
      if isCursor { markCursor(area, row: row, isActive: state.focus == .events) }
    }
  }

  private var eventsStatus: String {
    if state.events.isLoadingAfter || state.events.isLoadingBefore { return "reading…" }
    guard let event = state.events.current, state.range.width > 0 else { return "" }
    if state.events.isAtStart, state.events.isAtEnd {
      return "\(state.events.place.cursor + 1) of \(countText(UInt64(state.events.lines.count)))"
    }
    if state.events.isAtEnd, state.events.place.cursor == state.events.lines.count - 1 { return "end" }
    let offset = Double(event.time.nanoseconds) - Double(state.range.from.nanoseconds)
    return "\(Int(max(0, min(offset / Double(state.range.width), 1)) * 100)) % of the time"
  }
}
