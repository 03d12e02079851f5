internal import Bytes
internal import CaptureFormat
internal import Events
internal import Interchange
internal import JSON
internal import Reconstruction

/// `logs`: what a container's processes wrote to standard output and error.
struct LogsCommand {
  let file: ReadingFile
  let output: Output
  /// Also what went through a pipe to another process of the capture.
  let showsAll: Bool

  func run() throws -> Int32 {
    let blocks = file.requests.flatMap(\.blocks).filter { entry in
      entry.kinds.mayContain(.fileWrite) || entry.kinds.mayContain(.networkSend)
        || entry.kinds.mayContain(.fileTransfer)
    }
    let inner = try showsAll ? [] : innerPipes()
    var merge = file.events(in: blocks)
    let printers = file.requests.map {
      LogPrinter($0, output: output, namesHost: file.hasSeveralBoots, innerPipes: inner)
    }
    var bySection: [UInt32: LogPrinter] = [:]
    for (boot, printer) in zip(file.capture.boots, printers) {
      for section in boot.sections { bySection[section.section] = printer }
    }
    var count = 0
    while let event = try merge.next() {
      if try bySection[event.entry.section]?.print(event) == true { count += 1 }
    }
    guard count == 0 else { return 0 }
    // What was there and is not shown was looked for.
    if !inner.isEmpty { return file.isNarrowed ? 1 : 0 }
    if file.isNarrowed { return 1 }
    throw CommandFailure(
      "\(file.path): nothing that a process wrote to its standard output or error is in the capture",
      remedy: "it holds what was written while it was recorded, unless payload was switched off "
        + "(`record --no-payload`, `payload.output: 0`)")
  }
}

extension LogsCommand {
  /// Pipes that a recorded process reads from: what a shell's pipeline passes on is no output yet.
  private func innerPipes() throws -> Set<PipeKey> {
    var result: Set<PipeKey> = []
    // Whoever reads the pipe: the filter is about what is written.
    let blocks = file.requests.flatMap { $0.boot.directory }.filter { $0.kinds.mayContain(.fileRead) }
    var merge = file.capture.events(in: blocks)
    while let event = try merge.next() {
      guard event.kind == .fileRead, let pipe = PipeKey(event, event.file(.file)) else { continue }
      result.insert(pipe)
    }
    return result
  }
}

/// A pipe of one section and container.
private struct PipeKey: Hashable {
  var section: UInt32
  var container: ContainerKey
  var inode: UInt64

  init?(_ event: EventBlock, _ file: BlockFile?) {
    guard let file, file.type == .pipe else { return nil }
    section = event.entry.section
    container = event.entry.container
    inode = file.inode
  }
}

/// A call by which a process gave something out on its standard output or error.
private struct OutputCall {
  let isError: Bool
  /// Where the descriptor leads.
  let target: BlockFile?
  /// The first bytes of it.
  var payload: [UInt8] = []
  /// Of what the kernel moved from another file (sendfile, splice, tee) no bytes were kept: which call, and how many.
  var moved: (call: SystemCall?, count: UInt64, source: BlockFile?)?

  init?(_ event: EventBlock) {
    switch event.kind {
    case .fileWrite, .networkSend:
      guard let descriptor = event.value(.descriptor), descriptor == 1 || descriptor == 2,
        let payload = event.bytes(.payload)
      else { return nil }
      isError = descriptor == 2
      target = event.file(.file)
      self.payload = payload
    case .fileTransfer:
      guard let descriptor = event.value(.secondDescriptor), descriptor == 1 || descriptor == 2, event.result > 0 else {
        return nil
      }
      isError = descriptor == 2
      target = event.file(.secondFile)
      moved = (event.call, UInt64(event.result), event.file(.file))
    default: return nil
    }
  }

  /// The file that the output goes to, where it is neither pipe, terminal nor socket.
  var redirection: [UInt8]? { target.flatMap { $0.type == .regular ? $0.path : nil } }
}

/// Prints what was written in one boot.
private struct LogPrinter {
  private let request: ReadingRequest
  private let output: Output
  private let time: TimeText
  private let text: EventText
  private let namesContainer: Bool
  private let namesHost: Bool
  private let innerPipes: Set<PipeKey>

  init(_ request: ReadingRequest, output: Output, namesHost: Bool, innerPipes: Set<PipeKey>) {
    self.innerPipes = innerPipes
    self.request = request
    self.output = output
    self.namesHost = namesHost
    time = TimeText(clock: request.clock, isLocal: request.isLocal)
    text = EventText(request.boot.catalogue)
    namesContainer = request.hasSeveralContainers
  }

  /// - Returns: Whether the event is such a write.
  func print(_ event: EventBlock) throws -> Bool {
    guard request.isInWindow(event.time), let call = OutputCall(event) else { return false }
    if !innerPipes.isEmpty, let pipe = PipeKey(event, call.target), innerPipes.contains(pipe) { return false }
    if request.isJSON {
      try printJSON(event, call)
    } else {
      try printText(event, call)
    }
    return true
  }

  private func printText(_ event: EventBlock, _ call: OutputCall) throws {
    var head: [UInt8] = []
    head.append(text: time.time(event.time))
    head.append(text: call.isError ? " err " : " out ")
    if namesHost { head.append(text: request.hostLabel + " ") }
    if namesContainer { head.append(text: request.label(of: event.entry.container) + " ") }
    head.append(text: EventText.name(of: event.process))
    if let path = call.redirection { head.append(text: " > " + EventText.printable(path)) }
    head.append(text: ": ")
    if let moved = call.moved {
      head.append(text: "[\(countText(moved.count)) \(moved.count == 1 ? "byte" : "bytes")")
      if let name = moved.call.map({ text.name(of: $0) }) { head.append(text: " by \(name)") }
      if let path = moved.source?.path { head.append(text: " from " + EventText.printable(path)) }
      head.append(text: "]\n")
      return try output.bytes(head)
    }
    var lines = call.payload.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    let isCut = event.value(.payloadLength).map { UInt64(bitPattern: $0) > UInt64(call.payload.count) } ?? false
    for (index, text) in lines.enumerated() {
      var line = head
      // A carriage return at a line's end is how terminals end lines.
      EventText.append(printable: Array(text.last == UInt8(ascii: "\r") ? text.dropLast() : text), to: &line)
      if index == lines.count - 1, isCut { line.append(text: "… [\(PayloadText.amount(event) ?? "")]") }
      line.append(UInt8(ascii: "\n"))
      try output.bytes(line)
    }
  }

  private func printJSON(_ event: EventBlock, _ call: OutputCall) throws {
    var json = JSONText()
    json.beginObject()
    json.set("time", time.date(event.time, digits: 9))
    json.set("stream", call.isError ? "stderr" : "stdout")
    let container = request.container(event.entry.container)
    json.set("container.id", ifPresent: container?.id)
    json.set("container.name", ifPresent: container?.name)
    json.set("pid", event.process.key.pid)
    json.set("process", event.process.comm)
    json.set("file", ifPresent: call.redirection)
    if let moved = call.moved {
      json.set("moved_by", ifPresent: moved.call.map { text.name(of: $0) })
      json.set("moved_from", ifPresent: moved.source?.path)
      json.set("captured", 0)
      json.set("length", moved.count)
    } else {
      PayloadFields.write(event, call.payload, prefix: "", to: &json)
    }
    json.endObject()
    json.newline()
    try output.bytes(json.bytes)
  }
}
