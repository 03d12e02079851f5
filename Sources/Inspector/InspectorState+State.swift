internal import CaptureFormat
public import Events
internal import Reconstruction
internal import Terminal

/// One row of what was there when the window began.
public struct StateLine: Hashable, Sendable {
  public enum Role: Hashable, Sendable {
    case heading, note, process, orphan
    case descriptor, listener, connection
  }
  public var role: Role
  /// Whose; nil of headings.
  public var process: ProcessKey?
  /// The pid, or nothing.
  public var number = ""
  /// The lines of the tree, or blanks.
  public var branch = ""
  /// `3  listens`
  public var kind = ""
  public var what: String
  public var remark = ""

  /// In one piece: to look in, and to copy.
  public var text: String {
    [number, kind, what, remark].filter { !$0.isEmpty }.joined(separator: " ")
  }
}

extension InspectorState {
  /// Makes the rows of the state pane, of what is selected; the cursor stays on its row.
  mutating func rebuildState() {
    let before = stateLines.element(statePlace.cursor)
    stateLines = tables.state.map { StateLines(self, $0).lines } ?? []
    if let before, let place = stateLines.firstIndex(of: before) {
      statePlace.cursor = place
    } else {
      statePlace = ListPlace()
    }
  }

  /// On to the events of the process whose row it is.
  mutating func chooseStateLine() -> [Effect] {
    guard let key = stateLines.element(statePlace.cursor)?.process, let place = processRows.place(of: key) else {
      message = Message(text: "no process here")
      return []
    }
    processes.cursor = place + 1
    focus = .detail
    focus = .events
    return chooseProcess()
  }

  /// Nothing but samples of resources was recorded of the selection, or of the file.
  var hasOnlySamples: Bool {
    tables.hasResources && filter.kinds == nil && !filter.isFailedOnly && filter.text == nil && filter.process == nil
  }
}

/// Makes them.
private struct StateLines {
  private(set) var lines: [StateLine] = []
  private let tables: CaptureTables
  private let text: EventText
  private let times: ClockText

  init(_ inspector: InspectorState, _ state: WindowState) {
    tables = inspector.tables
    text = EventText(tables.catalogue)
    times = ClockText(tables.clock, isLocal: inspector.isLocal)
    let filter = inspector.filter
    var wanted: Set<ProcessKey>?
    if let key = filter.process { wanted = filter.hasDescendants ? tables.family(of: key) : [key] }
    let groups = Dictionary(grouping: state.processes, by: \.container)
    var containers = Set(state.streams.map(\.container)).union(groups.keys).sorted()
    if let container = filter.container { containers = containers.filter { $0 == container } }
    let alive = Set(state.processes.map(\.key))
    for container in containers {
      let rows = (groups[container] ?? []).filter { wanted?.contains($0.key) ?? true }
      if rows.isEmpty, wanted != nil { continue }
      addHeading(container, rows, state)
      for node in ProcessForest(rows).nodes {
        add(node, alive)
        for row in (state.descriptors[node.process.key] ?? []).sorted(by: { $0.descriptor < $1.descriptor }) {
          add(row, below: node)
        }
      }
    }
    if lines.isEmpty {
      let what = filter.process.map { key in
        let name = tables.process(key).map { EventText.printable($0.comm) } ?? ""
        return "\(name)[\(key.pid)] did not run yet when the window began"
      }
      lines = [StateLine(role: .note, what: what ?? "nothing is told of this container when the window began")]
    }
  }

  private mutating func addHeading(_ container: ContainerKey, _ rows: [ProcessRow], _ state: WindowState) {
    let open = rows.flatMap { state.descriptors[$0.key] ?? [] }
    let listeners = open.count { $0.flags.contains(.listening) }
    let connections = open.count { $0.file.remoteAddress != nil }
    let counts = [
      (rows.count, "process", "processes"), (open.count, "open descriptor", "open descriptors"),
      (listeners, "listener", "listeners"), (connections, "connection", "connections"),
    ].filter { $0.0 > 0 }.map { "\(countText(UInt64($0.0))) \($0.0 == 1 ? $0.1 : $0.2)" }
    let label = tables.container(container)?.label ?? "container \(container.rawValue)"
    lines.append(
      StateLine(role: .heading, what: label, remark: counts.isEmpty ? "no process" : counts.joined(separator: ", ")))
    let starts = Lane.allCases.compactMap { lane in state.start(of: lane, container).map { (lane, $0) } }
    guard let first = starts.first?.1 else { return }
    let parts = starts.map { lane, time in "\(lane.name) from \(times.time(time, digits: 3))" }
    let isOne = starts.count == Lane.allCases.count && starts.allSatisfy { $0.1 == first }
    lines.append(
      StateLine(
        role: .note, what: isOne ? "the window begins at \(times.time(first))" : parts.joined(separator: ", ")))
  }

  private mutating func add(_ node: ProcessForest.Node, _ alive: Set<ProcessKey>) {
    let process = node.process
    var remarks: [String] = []
    var isOrphan = false
    if let parent = node.missingParent, !alive.contains(parent) {
      let row = tables.process(parent)
      let name = (row.map { EventText.printable($0.comm) } ?? "") + "[\(parent.pid)]"
      isOrphan = row?.end != nil
      remarks.append(isOrphan ? "its parent \(name) had ended" : "of \(name)")
    }
    remarks.append("since \(times.time(process.key.start, digits: 3))")
    lines.append(
      StateLine(
        role: isOrphan ? .orphan : .process, process: process.key, number: "\(process.key.pid)",
        branch: node.branch, what: process.commandText, remark: remarks.joined(separator: ", ")))
  }

  private mutating func add(_ row: DescriptorRow, below node: ProcessForest.Node) {
    let isListening = row.flags.contains(.listening)
    let isConnected = row.file.remoteAddress != nil
    let kinds = ["", "file", "directory", "device", "device", "pipe", "socket", "link", ""]
    let kind =
      isListening ? "listens" : isConnected ? "connected" : kinds.element(Int(row.file.type.rawValue)) ?? ""
    var remarks: [String] = []
    if row.file.type == .regular, let flags = row.file.openFlags, flags & 3 != 0 { remarks.append("for writing") }
    if row.flags.contains(.doubtful) { remarks.append("perhaps closed since") }
    if let since = row.since { remarks.append("since \(times.time(since, digits: 3))") }
    let number = "\(row.descriptor)"
    lines.append(
      StateLine(
        role: isListening ? .listener : isConnected ? .connection : .descriptor, process: node.process.key,
        branch: String(repeating: " ", count: node.branch.columnCount + 2),
        kind: String(repeating: " ", count: max(3 - number.count, 0)) + number + " " + kind
          + String(repeating: " ", count: max(9 - kind.count, 0)), what: text.describe(row.file),
        remark: remarks.joined(separator: ", ")))
  }
}

extension ProcessForest.Node {
  /// `│ ├─`; a deep tree shows its last levels.
  var branch: String {
    let lines = isLast.dropFirst()
    guard let last = lines.last else { return "" }
    let shown = lines.dropLast().suffix(10)
    let cut = lines.count - 1 > shown.count ? "…" : ""
    return cut + shown.map { $0 ? "  " : "│ " }.joined() + (last ? "└─" : "├─")
  }
}
