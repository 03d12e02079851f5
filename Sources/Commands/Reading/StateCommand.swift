internal import CaptureFormat
internal import Events
internal import JSON
internal import Reconstruction

/// `state`: who was alive when the window began, and what they had open.
struct StateCommand {
  let file: ReadingFile
  let output: Output

  func run() throws -> Int32 {
    var count = 0
    var isTold = false
    for request in file.requests {
      let state = try WindowState(of: request.boot, containers: request.selected)
      isTold = isTold || state.isTold
      try StateText(request: request, output: output).print(state)
      count += state.processes.count
    }
    guard isTold || file.isNarrowed else {
      throw CommandFailure(
        "\(file.path): the capture does not tell how things stood when it began",
        remedy: "captures of `aftertrace watch` do; `aftertrace ps` lists what was recorded here")
    }
    return count == 0 && file.isNarrowed ? 1 : 0
  }
}

/// The state of one boot's captures.
private struct StateText {
  let request: ReadingRequest
  let output: Output
  private let text: EventText

  init(request: ReadingRequest, output: Output) {
    self.request = request
    self.output = output
    text = EventText(request.boot.catalogue, naming: request.containers)
  }

  func print(_ state: WindowState) throws {
    if request.isJSON { try printJSON(state) } else { try printText(state) }
  }

  private func printText(_ state: WindowState) throws {
    let time = TimeText(clock: request.clock, isLocal: request.isLocal)
    for container in Set(state.streams.map(\.container)).sorted() {
      let starts = Lane.allCases.map { lane in
        "\(lane.name) from \(state.start(of: lane, container).map { time.time($0) } ?? "-")"
      }
      try output.line("\(request.label(of: container)): \(starts.joined(separator: ", "))")
      let forest = ProcessForest(state.processes.filter { $0.container == container })
      for node in forest.nodes {
        let process = node.process
        let indent = String(repeating: "  ", count: node.depth + 1)
        let start = process.key.start.nanoseconds == 0 ? "" : " since \(time.time(process.key.start))"
        try output.line("\(indent)\(process.key.pid) \(command(of: process))\(start)")
        for row in state.descriptors[process.key] ?? [] { try output.line("\(indent)  \(line(of: row, time))") }
      }
    }
  }

  private func command(of process: ProcessRow) -> String {
    if let arguments = process.arguments, arguments.count > 0 { return EventText.commandLine(arguments) }
    return process.comm.isEmpty ? "(unknown)" : "[" + EventText.printable(process.comm) + "]"
  }

  private func line(of row: DescriptorRow, _ time: TimeText) -> String {
    var notes: [String] = []
    if row.flags.contains(.listening) { notes.append("listening") }
    if row.flags.contains(.closesOnExec) { notes.append("close-on-exec") }
    if row.flags.contains(.doubtful) { notes.append("perhaps closed since") }
    if let since = row.since { notes.append("since \(time.time(since))") }
    return "\(row.descriptor) \(text.describe(row.file))" + (notes.isEmpty ? "" : " (\(notes.joined(separator: ", ")))")
  }

  private func printJSON(_ state: WindowState) throws {
    let time = TimeText(clock: request.clock, isLocal: request.isLocal)
    for row in state.streams {
      var json = JSONText()
      json.beginObject()
      json.set("type", "stream")
      json.set("container.id", ifPresent: request.container(row.container)?.id)
      json.set("lane", row.lane.name)
      json.set("start", time.date(row.achievedStart, digits: 9))
      json.set("first_sequence", row.firstSequence)
      json.set("state_time", ifPresent: row.stateTime.map { time.date($0, digits: 9) })
      json.endObject()
      json.newline()
      try output.bytes(json.bytes)
    }
    for process in state.processes {
      var json = JSONText()
      json.beginObject()
      json.set("type", "process")
      json.set("container.id", ifPresent: request.container(process.container)?.id)
      json.set("pid", process.key.pid)
      json.set("start", time.date(process.key.start, digits: 9))
      json.set("ppid", ifPresent: process.parent?.pid)
      json.set("comm", process.comm)
      json.set("executable", ifPresent: process.executable)
      if let arguments = process.arguments {
        json.set("args", strings: arguments.items.map { String(decoding: $0, as: UTF8.self) })
      }
      json.beginArray("descriptors")
      for row in state.descriptors[process.key] ?? [] { write(row, time, to: &json) }
      json.endArray()
      json.endObject()
      json.newline()
      try output.bytes(json.bytes)
    }
  }

  private func write(_ row: DescriptorRow, _ time: TimeText, to json: inout JSONText) {
    json.beginObject()
    json.set("fd", row.descriptor)
    json.set("file", text.describe(row.file))
    json.set("path", ifPresent: row.file.path)
    json.set("inode", row.file.inode)
    json.set("listening", row.flags.contains(.listening))
    json.set("close_on_exec", row.flags.contains(.closesOnExec))
    json.set("doubtful", row.flags.contains(.doubtful))
    json.set("since", ifPresent: row.since.map { time.date($0, digits: 9) })
    json.endObject()
  }
}
