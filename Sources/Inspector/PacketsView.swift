internal import CaptureFormat
internal import Events
internal import Reconstruction
internal import Terminal

extension Canvas {
  /// What went over the network, a row a packet.
  mutating func drawPackets(_ area: Rectangle) {
    let list = state.packets
    let count =
      list.lines.isEmpty
      ? "" : "\(list.place.cursor + 1) of \(list.isCut ? "the first " : "")\(countText(UInt64(list.lines.count)))"
    let name = list.flow.map { "7 Packets of \($0)" } ?? "7 Packets"
    if layout.isSplit {
      paneTitle(.packets, name, count, area)
    } else {
      paneTitle(.packets, "7 Packets", count, area)
    }
    let hasContainers = state.filter.container == nil && state.tables.containers.count > 1 && area.width >= 100
    let hasProcess = area.width >= 60
    var column = area.column + 2
    let timeColumn = column
    column += 16
    let containerColumn = column
    if hasContainers { column += 16 }
    let interfaceColumn = column
    // In a narrow pane what was said needs the room.
    let hasInterface = area.width >= 100
    column += hasInterface ? 10 : 2
    let processWidth = hasProcess ? area.width >= 100 ? 22 : 16 : 0
    let processColumn = area.endColumn - processWidth
    let head = area.row + 1
    cell("TIME", timeColumn, head, width: 15, style: theme.columnHead)
    if hasContainers { cell("CONTAINER", containerColumn, head, width: 15, style: theme.columnHead) }
    if hasInterface { cell("ON", interfaceColumn, head, width: 8, style: theme.columnHead) }
    let what = !layout.isSplit ? list.flow.map { "WHAT, of \($0)" } : nil
    cell(
      what ?? ("WHAT" + (state.horizontal > 0 ? " (from \(state.horizontal))" : "")), column, head,
      width: max(processColumn - 1 - column, 0), style: theme.columnHead)
    if hasProcess { cell("PROCESS", processColumn, head, width: processWidth, style: theme.columnHead) }
    if list.lines.isEmpty {
      let text = list.isDone ? "no packet of this selection" : "reading…"
      cell(text, timeColumn, head + 1, width: area.width - 4, style: theme.dim)
      return
    }
    for line in 0..<layout.rows(of: .packets) {
      let place = list.place.top + line
      guard let packet = list.lines.element(place) else { break }
      let row = area.row + 2 + line
      cell(times.time(packet.time), timeColumn, row, width: 15, style: theme.time)
      if hasContainers {
        cell(state.tables.container(packet.container)?.label ?? "", containerColumn, row, width: 15, style: theme.dim)
      }
      cell(
        hasInterface ? "\(packet.direction) \(packet.interface)" : packet.direction, interfaceColumn, row,
        width: hasInterface ? 9 : 1, style: theme.dim)
      let text = state.horizontal == 0 ? packet.what : String(packet.what.dropFirst(state.horizontal))
      cell(
        text, column, row, width: max(processColumn - 1 - column, 0), style: packet.isFailed ? theme.failure : .plain)
      if hasProcess { cell(packet.processName, processColumn, row, width: processWidth, style: theme.process) }
      highlight(state.search.pattern, Rectangle(column: area.column, row: row, width: area.width, height: 1), row: row)
      if place == list.place.cursor { markCursor(area, row: row, isActive: state.focus == .packets) }
    }
  }
}
