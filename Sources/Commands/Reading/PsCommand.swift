internal import CaptureFormat
internal import Events
internal import JSON
internal import Reconstruction

/// `ps`: the process forest, the dead included.
struct PsCommand {
  let file: ReadingFile
  let output: Output

  func run() throws -> Int32 {
    var count = 0
    for request in file.requests {
      if file.hasSeveralBoots, !file.isJSON {
        let boot = request.boot.bootID.map { " (boot \(EventText.printable(Array($0.utf8))))" } ?? ""
        try output.line(request.hostLabel + boot)
      }
      count += try PsTable(
        request: request, output: output, text: EventText(request.boot.catalogue, naming: request.containers)
      ).print()
    }
    return count == 0 && file.isNarrowed ? 1 : 0
  }
}

/// The processes of one boot.
private struct PsTable {
  let request: ReadingRequest
  let output: Output
  let text: EventText

  /// - Returns: How many it shows.
  func print() throws -> Int {
    let history = try ProcessHistory(of: request.boot)
    let shown = request.isNarrowed ? history.processes.filter(isShown) : history.processes
    if request.isJSON {
      for process in shown { try printJSON(process, history) }
    } else {
      try printForest(ProcessForest(shown), history)
    }
    return shown.count
  }

  private func isShown(_ process: ProcessRow) -> Bool {
    guard request.selected?.contains(process.container) ?? true else { return false }
    guard !process.flags.contains(.ancestorOnly) || request.selected == nil else { return false }
    guard process.key.start <= request.to && (process.end.map { $0 >= request.from } ?? true) else { return false }
    return request.filter?.matches(process) ?? true
  }

  private func printForest(_ forest: ProcessForest, _ history: ProcessHistory) throws {
    let severalContainers = Set(forest.nodes.map(\.process.container)).count > 1
    var header = ["PID", "PPID", "USER", "START", "END", "EXIT"]
    if severalContainers { header.append("CONTAINER") }
    // Twice: the rows of a large capture are not to be held as text.
    var widths = ColumnWidths()
    widths.include(header)
    for node in forest.nodes { widths.include(cells(of: node, history, severalContainers)) }
    try output.line(widths.line(header + ["COMMAND"]))
    for node in forest.nodes {
      let command = lines(of: node) + command(of: node.process) + marks(of: node.process)
      try output.line(widths.line(cells(of: node, history, severalContainers) + [command]))
    }
  }

  /// All but the command.
  private func cells(of node: ProcessForest.Node, _ history: ProcessHistory, _ hasContainer: Bool) -> [String] {
    let time = TimeText(clock: request.clock, isLocal: request.isLocal)
    let process = node.process
    var cells = [
      "\(process.key.pid)", parent(of: node, history),
      process.userID.map { text.accounts.userText($0, in: process.container) } ?? "-",
      process.flags.contains(.foundByScan) || process.key.start.nanoseconds == 0
        ? "before" : time.time(process.key.start),
      process.end.map { time.time($0) } ?? "-",
      process.exitCode.map { text.end(ExitStatus(waitStatus: $0), process.death) } ?? "-",
    ]
    if hasContainer { cells.append(request.label(of: process.container)) }
    return cells
  }

  private func parent(of node: ProcessForest.Node, _ history: ProcessHistory) -> String {
    guard let parent = node.process.parent, parent.pid != 0 else { return "-" }
    guard let missing = node.missingParent else { return "\(parent.pid)" }
    guard let row = history[missing], !row.comm.isEmpty else { return "\(parent.pid) (not captured)" }
    return "\(parent.pid) (\(EventText.printable(row.comm)))"
  }

  /// `│ ├─ ` for a child that is not its parent's last.
  private func lines(of node: ProcessForest.Node) -> String {
    guard node.depth > 0 else { return "" }
    let above = node.isLast.dropFirst().dropLast().map { $0 ? "   " : "│  " }.joined()
    return above + (node.isLast.last == true ? "└─ " : "├─ ")
  }

  /// ` [entered from outside, interactive shell on pts0]`.
  private func marks(of process: ProcessRow) -> String {
    guard !process.flags.contains(.ancestorOnly) else { return "" }
    var words = process.flags.markWords
    if process.flags.contains(.interactiveShell), let terminal = process.terminalName,
      let place = words.firstIndex(of: "interactive shell")
    {
      words[place] += " on " + EventText.printable(terminal)
    }
    return words.isEmpty ? "" : " [" + words.joined(separator: ", ") + "]"
  }

  private func command(of process: ProcessRow) -> String {
    if let arguments = process.arguments, arguments.count > 0 {
      let more = process.flags.contains(.argumentsTruncated) ? " …" : ""
      let line = EventText.commandLine(arguments) + more
      return process.execTime == nil && !process.flags.contains(.foundByScan) ? line + " (forked)" : line
    }
    return "[" + EventText.printable(process.comm) + "]"
  }

  private func printJSON(_ death: ProcessDeath, signal: Int32, _ json: inout JSONText) {
    json.set("signal_code", ifPresent: death.signalCode.map { SignalCode.name($0, signal: signal) ?? "\($0)" })
    json.set("fault_address", ifPresent: death.faultAddress.map { "0x" + String($0, radix: 16) })
    if let sender = death.sender {
      json.set("sender.pid", sender.key.pid)
      json.set("sender.start_boot_ns", "\(sender.key.start.nanoseconds)")
      json.set("sender.comm", sender.name)
      json.set("sender.container.id", ifPresent: request.container(sender.container)?.id)
    }
    json.set("memory_limit", ifPresent: death.memoryLimit)
    json.set("memory_usage", ifPresent: death.memoryUsage)
    json.set("during_call", ifPresent: death.call.map { text.name(of: $0) })
    json.set("during_call_ns", ifPresent: death.callDuration.map { "\($0)" })
  }

  private func printJSON(_ process: ProcessRow, _ history: ProcessHistory) throws {
    let time = TimeText(clock: request.clock, isLocal: request.isLocal)
    var json = JSONText()
    json.beginObject()
    json.set("host.name", ifPresent: request.boot.hostName)
    json.set("host.boot.id", ifPresent: request.boot.bootID)
    json.set("pid", process.key.pid)
    json.set("vpid", ifPresent: process.namespacePID)
    json.set("ppid", ifPresent: process.parent?.pid)
    json.set("parent_captured", process.parent.map { history[$0] != nil } ?? false)
    json.set("container.id", ifPresent: request.container(process.container)?.id)
    json.set("container.name", ifPresent: request.container(process.container)?.name)
    json.set("start", time.date(process.key.start, digits: 9))
    json.set("start_boot_ns", "\(process.key.start.nanoseconds)")
    json.set("parent_start_boot_ns", ifPresent: process.parent.map { "\($0.start.nanoseconds)" })
    json.set("found_by_scan", process.flags.contains(.foundByScan))
    json.set("end", ifPresent: process.end.map { time.date($0, digits: 9) })
    if let status = process.exitCode.map({ ExitStatus(waitStatus: $0) }) {
      json.set("exit_code", status.shellCode)
      if case .killed(let signal, let dumpedCore) = status {
        json.set("signal", ExitStatus.signalName(signal))
        json.set("core_dumped", dumpedCore)
        if let death = process.death { printJSON(death, signal: signal, &json) }
      }
    }
    json.set("uid", ifPresent: process.userID)
    json.set("user", ifPresent: process.userID.flatMap { text.accounts.user($0, in: process.container) })
    json.set("gid", ifPresent: process.groupID)
    json.set("group", ifPresent: process.groupID.flatMap { text.accounts.group($0, in: process.container) })
    json.set("session", ifPresent: process.session)
    json.set("tty", ifPresent: process.terminalName)
    json.set("comm", process.comm)
    json.set("executable", ifPresent: process.executable)
    json.set("cwd", ifPresent: process.workingDirectory)
    if let arguments = process.arguments {
      json.set("args", strings: arguments.items.map { String(decoding: $0, as: UTF8.self) })
      json.set("args_truncated", process.flags.contains(.argumentsTruncated))
    }
    let marks = process.flags.markNames
    if !marks.isEmpty { json.set("marks", strings: marks) }
    json.set("events", ifPresent: process.eventCount)
    json.endObject()
    json.newline()
    try output.bytes(json.bytes)
  }
}
