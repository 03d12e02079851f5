internal import CaptureFormat
internal import Events
internal import Reconstruction

extension EventDetail {
  /// Takes an event apart, with the names and sentences of the capture's own catalogue.
  init(
    _ event: EventBlock, at position: EventPosition, on line: CommonTime, tables: CaptureTables, text: EventText,
    times: ClockText
  ) {
    self.position = position
    self.line = line
    title = EventText.name(of: event.process) + "  " + text.line(event)
    fields = []
    addStandard(event, tables, text, times)
    for column in event.columns where column != .frames {
      switch column {
      case .payload: addPayload(event)
      // The payload says how much of how much.
      case .payloadLength where event.bytes(.payload) != nil: break
      default: add(column, of: event, text, times)
      }
    }
    for (place, frame) in StackFrame.frames(event.bytes(.frames) ?? []).enumerated() {
      fields.append(Field(name: place == 0 ? "stack" : "", value: "\(frame)"))
    }
    addProcess(event.process, line.key(event.process.key, in: event.entry.section), tables, text, times)
    addCircumstances(event, tables)
    for column in event.damagedColumns.sorted(by: { $0.rawValue < $1.rawValue }) {
      fields.append(Field(name: text.name(of: column), value: "damaged in this block"))
    }
  }

  private mutating func addStandard(
    _ event: EventBlock, _ tables: CaptureTables, _ text: EventText, _ times: ClockText
  ) {
    fields.append(
      Field(
        name: "time", value: times.full(position.time), raw: "\(event.time.nanoseconds)", unit: "ns",
        summary: "since boot; the wall clock by the nearest anchor"))
    let kind = tables.catalogue.kinds.last { $0.number == event.kind.rawValue }
    fields.append(
      Field(
        name: "kind", value: text.name(of: event.kind), raw: "\(event.kind.rawValue)",
        summary: kind.map { Self.clean($0.summary) } ?? ""))
    if let call = event.call {
      fields.append(
        Field(
          name: "call", value: text.name(of: call), raw: "\(call.number)",
          summary:
            "binary interface \(["x86-64", "i386", "x32", "arm64", "arm"].element(Int(call.abi)) ?? "\(call.abi)")"))
      let result = text.hasResult(event) ? text.result(event) : "none"
      fields.append(
        Field(
          name: "result", value: result, raw: result == "\(event.result)" ? "" : "\(event.result)",
          summary: event.isFailed ? "failed" : ""))
    }
  }

  /// Where it happened: what few people look for stands last.
  private mutating func addCircumstances(_ event: EventBlock, _ tables: CaptureTables) {
    let container = tables.container(event.entry.container)
    fields.append(
      Field(
        name: "container", value: container?.label ?? "\(event.entry.container.rawValue)",
        raw: container.map { Self.clean($0.row.id) } ?? "", summary: container?.image ?? ""))
    fields.append(
      Field(
        name: "lane", value: event.entry.lane?.name ?? "none", summary: "sequence \(event.sequence) of its stream"))
    fields.append(Field(name: "thread", value: "\(event.thread)"))
    fields.append(Field(name: "cpu", value: "\(event.cpu)"))
    let flags = event.flags
    fields.append(
      Field(
        name: "flags", value: flags.rawValue == 0 ? "none" : "",
        raw: flags.rawValue == 0 ? "" : "0x" + String(flags.rawValue, radix: 16)))
    for (flag, sentence) in Self.flagSentences where flags.contains(flag) {
      fields.append(Field(name: "", value: "· " + sentence))
    }
  }

  private mutating func add(_ column: ColumnID, of event: EventBlock, _ text: EventText, _ times: ClockText) {
    let description = text.description(of: column)
    let value = text.value(column, of: event) ?? "taken out"
    let number = event.value(column)
    var field = Field(
      name: Self.clean(text.name(of: column)), value: value, unit: Self.clean(description?.unit ?? ""),
      summary: Self.clean(description?.summary ?? ""))
    switch description?.valueType {
    case .integer, .unsigned, .process, nil:
      if let number, "\(number)" != value { field.raw = "\(number)" }
      if column == .childStart || column == .parentStart, let number {
        field.value = times.full(
          line.time(BootTime(nanoseconds: UInt64(bitPattern: number)), in: event.entry.section))
        field.raw = "\(number)"
      }
    case .file:
      if let file = event.file(column) {
        fields.append(field)
        addFile(file)
        return
      }
    default: break
    }
    fields.append(field)
  }

  /// Text line by line, as a person would see it; else as one string with escapes.
  private mutating func addPayload(_ event: EventBlock) {
    guard let payload = event.bytes(.payload) else { return }
    let amount = PayloadText.amount(event) ?? ""
    let isText =
      String(validating: payload, as: UTF8.self) != nil
      && !payload.contains { $0 < 0x20 && ![0x09, 0x0a, 0x0d].contains($0) }
    guard isText, payload.dropLast().contains(0x0a) else {
      var line: [UInt8] = []
      PayloadText.append(payload, to: &line)
      fields.append(Field(name: "payload", value: String(decoding: line, as: UTF8.self), raw: amount))
      return
    }
    fields.append(Field(name: "payload", value: "", raw: amount))
    var lines = payload.split(separator: 0x0a, omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    for line in lines {
      let text = line.last == 0x0d ? line.dropLast() : line
      fields.append(Field(name: "", value: "│ " + EventText.printable(Array(text))))
    }
  }

  private mutating func addFile(_ file: BlockFile) {
    let types = [
      "none", "regular file", "directory", "character device", "block device", "pipe", "socket", "symlink", "anonymous",
    ]
    func add(_ name: String, _ value: String?) {
      if let value { fields.append(Field(name: "  " + name, value: value)) }
    }
    add("type", types.element(Int(file.type.rawValue)) ?? "\(file.type.rawValue)")
    add("inode", "\(file.inode) on device \(file.device >> 20):\(file.device & 0xfffff)")
    if file.mode != 0 { add("mode", "0" + String(file.mode, radix: 8)) }
    add("opened with", file.openFlags.map { OpenFlags.names(Int64($0)) })
    add("local", file.localAddress.map { Self.clean($0.description) })
    add("remote", file.remoteAddress.map { Self.clean($0.description) })
    add("cookie", file.socketCookie.map(String.init))
    add("network namespace", file.networkNamespace.map(String.init))
    add("peer inode", file.peerInode.map(String.init))
    add("file id", "\(file.id.rawValue)")
  }

  private mutating func addProcess(
    _ process: BlockProcess, _ key: ProcessKey, _ tables: CaptureTables, _ text: EventText, _ times: ClockText
  ) {
    if process.isNone { return }
    fields.append(
      Field(name: "process", value: EventText.name(of: process), summary: "as it was when the event happened"))
    func add(_ name: String, _ value: String?, _ summary: String = "") {
      if let value { fields.append(Field(name: "  " + name, value: value, summary: summary)) }
    }
    add("executable", process.executable.map { EventText.printable($0) })
    add("pid inside", process.namespacePID.map(String.init), "in its innermost pid namespace")
    guard let row = tables.process(key) else { return }
    add("command", row.arguments.map { EventText.commandLine($0) })
    add("directory", row.workingDirectory.map { EventText.printable($0) })
    add("user", row.userID.map { text.accounts.userText($0, in: row.container) + (row.groupID.map { ":\($0)" } ?? "") })
    let marks = row.flags.markWords
    add("marks", marks.isEmpty ? nil : marks.joined(separator: ", "))
    add("started", (row.flags.contains(.foundByScan) ? "before the recording, " : "") + times.full(row.key.start))
    if let end = row.end {
      add(
        "ended",
        times.full(end) + (row.exitCode.map { ", exit \(text.end(ExitStatus(waitStatus: $0), row.death))" } ?? ""))
    }
    var parent = row.parent
    var seen: Set<ProcessKey> = [row.key]
    var names: [String] = []
    while let key = parent, seen.insert(key).inserted, names.count < 8 {
      let ancestor = tables.process(key)
      names.append((ancestor.map { EventText.printable($0.comm) } ?? "") + "[\(key.pid)]")
      parent = ancestor?.parent
    }
    if !names.isEmpty { add("started by", names.joined(separator: " ‹ ")) }
  }

  static func clean(_ text: String) -> String { EventText.printable(Array(text.utf8)) }

  private static let flagSentences: [(EventFlags, String)] = [
    (.restarted, "the kernel will run the call again: not an attempt of its own"),
    (.truncated, "a value is shorter than what was there"),
    (.unreadable, "a pointer faulted: the value is absent, which is not the same as empty"),
    (.thread, "of a thread, not of a process"),
    (.tableScan, "seen by the scan at the start, not by a probe"),
    (.outOfOrder, "arrived after later events of its stream were sealed"),
    (.outsideRoot, "the path leads outside the process's root"),
    (.deletedFile, "the file had no name any more"),
    (.fromUserMemory, "the path or address is the program's string, read from its memory when the call ended"),
    (
      .enteredFromOutside,
      "from outside: not in the container's cgroup, or put into the container when it ran already (docker exec)"
    ),
    (.runtimeSetUp, "of a runtime's process, which sets the container up"),
    (.unfinished, "the call had not returned when the recording ended"),
    (.viaRing, "asked for through io_uring, not by a call of its own"),
    (.wholeDuration, "the duration counts from the call's beginning, not from its first sleep"),
  ]
}

extension Array {
  func element(_ index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
