internal import CaptureFormat
internal import Events
internal import JSON
internal import Reconstruction

extension TimelineExporter {
  /// What Timesketch and ECS call a kind of event.
  struct Label {
    var description: String
    var type: String
    var categories: [String]
    var types: [String]
    var action: String
  }

  static func label(of kind: EventKind) -> Label { labels[kind] ?? other }

  private static let other = Label(
    description: "System Call", type: "call", categories: [], types: ["info"], action: "call")

  private static let labels: [EventKind: Label] = [
    .processFork: process("Process Forked", "fork", "start"),
    .processExec: process("Process Started", "start", "start", "exec"),
    .processExit: process("Process Ended", "end", "end", "exit"),
    .threadStart: process("Thread Started", "thread-start", "info"),
    .threadExit: process("Thread Ended", "thread-end", "info"),
    .processRename: process("Process Renamed", "rename", "change"),
    .threadRename: process("Thread Renamed", "thread-rename", "info"),
    .signalReturn: process("Signal Handler Returned", "signal-return", "info"),
    .fileOpen: file("File Opened", "open", "access"), .fileClose: file("File Closed", "close", "info"),
    .fileRead: file("File Read", "read", "access"), .fileWrite: file("File Written", "write", "change"),
    .fileRename: file("File Renamed", "rename", "change"), .fileUnlink: file("File Deleted", "delete", "deletion"),
    .fileMakeDirectory: file("Directory Created", "mkdir", "creation"),
    .fileRemoveDirectory: file("Directory Deleted", "rmdir", "deletion"),
    .fileLink: file("File Linked", "link", "creation"),
    .fileSymlink: file("Symbolic Link Created", "symlink", "creation"),
    .fileChangeMode: file("File Mode Changed", "chmod", "change"),
    .fileChangeOwner: file("File Owner Changed", "chown", "change"),
    .fileTruncate: file("File Truncated", "truncate", "change"),
    .descriptorDuplicate: file("Descriptor Duplicated", "dup", "info"),
    .pipeCreate: file("Pipe Created", "pipe", "info"),
    .networkSocket: network("Socket Created", "socket", ["info"]),
    .networkConnect: network("Connection Opened", "connect", ["connection", "start"]),
    .networkAccept: network("Connection Accepted", "accept", ["connection", "start"]),
    .networkBind: network("Address Bound", "bind", ["info"]),
    .networkListen: network("Listening Started", "listen", ["info"]),
    .networkSend: network("Data Sent", "send", ["connection"]),
    .networkReceive: network("Data Received", "receive", ["connection"]),
    .cgroupCreate: cgroup("Control Group Created", "mkdir", "creation"),
    .cgroupRemove: cgroup("Control Group Removed", "rmdir", "deletion"),
    .cgroupAttach: cgroup("Control Group Joined", "attach", "change"),
  ]

  private static func process(_ text: String, _ name: String, _ type: String, _ action: String? = nil) -> Label {
    Label(description: text, type: "process:\(name)", categories: ["process"], types: [type], action: action ?? name)
  }
  private static func file(_ text: String, _ name: String, _ type: String) -> Label {
    Label(description: text, type: "file:\(name)", categories: ["file"], types: [type], action: name)
  }
  private static func network(_ text: String, _ name: String, _ types: [String]) -> Label {
    Label(description: text, type: "network:\(name)", categories: ["network"], types: types, action: name)
  }
  private static func cgroup(_ text: String, _ name: String, _ type: String) -> Label {
    Label(description: text, type: "cgroup:\(name)", categories: ["host"], types: [type], action: name)
  }

  /// An open that may create or change is told apart from one that only reads.
  func eventTypes(_ event: EventBlock, _ label: Label) -> [String] {
    // A program that could not be run has started nothing.
    if event.result < 0, label.types.contains("start") || label.types.contains("end") {
      return label.types.filter { $0 != "start" && $0 != "end" } + ["info"]
    }
    guard event.kind == .fileOpen, let flags = event.value(.openFlags) else { return label.types }
    if flags & OpenFlags.create != 0 { return ["creation"] }
    return flags & 3 == 0 ? ["access"] : ["change"]
  }

  func writeArguments(of event: EventBlock, to json: inout JSONText) {
    switch event.kind {
    case .processExec: writeExec(event, &json)
    case .processExit, .threadExit:
      if let status = event.value(.exitCode).map({ ExitStatus(waitStatus: Int32(truncatingIfNeeded: $0)) }) {
        json.set("process.exit_code", status.shellCode)
        if case .killed(let signal, let core) = status {
          json.set("aftertrace.signal", ExitStatus.signalName(signal))
          json.set("aftertrace.core_dumped", core)
        }
      }
      json.set("process.end", ifPresent: isoTime(of: event.time))
    case .processFork, .threadStart:
      json.set("aftertrace.child.pid", ifPresent: event.value(.childPID))
      if let pid = event.value(.childPID), let start = event.value(.childStart), event.kind == .processFork {
        let key = ProcessKey(
          pid: UInt32(truncatingIfNeeded: pid), start: BootTime(nanoseconds: UInt64(bitPattern: start)))
        json.set("aftertrace.child.entity_id", entityID(of: key))
      }
    case .processRename, .threadRename: json.set("aftertrace.new_name", ifPresent: event.bytes(.comm))
    default:
      if Self.label(of: event.kind).categories == ["network"] { writeNetwork(event, &json) }
      writeFile(event, &json)
    }
    json.set("aftertrace.descriptor", ifPresent: event.value(.descriptor))
    json.set("aftertrace.count", ifPresent: event.value(.count))
    json.set("aftertrace.open_flags", ifPresent: event.value(.openFlags).map { OpenFlags.names($0) })
    if let first = event.value(.argument0) {
      let rest = [ColumnID.argument1, .argument2, .argument3, .argument4, .argument5].map { event.value($0) ?? 0 }
      json.set(
        "aftertrace.raw_arguments",
        strings: ([first] + rest).map { "0x" + String(UInt64(bitPattern: $0), radix: 16) })
    }
  }

  private func writeExec(_ event: EventBlock, _ json: inout JSONText) {
    if let list = event.bytes(.arguments).map({ ByteList(nulTerminated: $0) }) {
      json.set("process.args", strings: list.items.map { String(decoding: $0, as: UTF8.self) })
      json.set("process.args_count", list.count)
      json.set("process.command_line", EventText.commandLine(list))
    }
    json.set("process.working_directory", ifPresent: event.bytes(.workingDirectory))
    json.set("process.start", ifPresent: isoTime(of: event.process.key.start))
    json.set("process.tty", ifPresent: event.bytes(.terminalName))
    json.set("group.id", ifPresent: event.value(.groupID).map(String.init))
    if event.result < 0 { json.set("file.path", ifPresent: event.bytes(.path)) }
  }

  private func writeFile(_ event: EventBlock, _ json: inout JSONText) {
    let file = event.file(.file)
    if let path = event.bytes(.path) ?? file?.path, file?.type != .socket {
      let text = String(decoding: path, as: UTF8.self)
      json.set("file.path", text)
      if let slash = text.lastIndex(of: "/") {
        json.set("file.name", String(text[text.index(after: slash)...]))
        json.set("file.directory", slash == text.startIndex ? "/" : String(text[..<slash]))
      }
    }
    json.set("file.target_path", ifPresent: event.bytes(.secondPath))
    if let file, file.type != .none {
      json.set("file.inode", "\(file.inode)")
      json.set("file.device", "\(file.device >> 20):\(file.device & 0xfffff)")
      if file.path == nil, file.type != .socket { json.set("aftertrace.file_path_unknown", true) }
    }
    if let mode = event.value(.mode),
      event.kind != .fileOpen || event.value(.openFlags).map({ $0 & 0o100 != 0 }) == true
    {
      json.set("file.mode", "0" + String(UInt64(bitPattern: mode), radix: 8))
    }
    if event.kind == .fileChangeOwner {
      json.set("file.uid", ifPresent: event.value(.userID).map(String.init))
      json.set("file.gid", ifPresent: event.value(.groupID).map(String.init))
    }
  }

  private func writeNetwork(_ event: EventBlock, _ json: inout JSONText) {
    let file = event.file(.file)
    let remote = event.kind == .networkBind ? nil : event.address(.address) ?? file?.remoteAddress
    let local = event.kind == .networkBind ? event.address(.address) : file?.localAddress
    let isServer = event.kind == .networkAccept
    let (source, destination) = isServer ? (remote, local) : (local, remote)
    json.set("source.ip", ifPresent: source?.ip)
    json.set("source.port", ifPresent: source?.port)
    json.set("destination.ip", ifPresent: destination?.ip)
    json.set("destination.port", ifPresent: destination?.port)
    if case .unix(let path)? = remote ?? local { json.set("destination.address", path) }
    switch remote ?? local {
    case .ipv4: json.set("network.type", "ipv4")
    case .ipv6: json.set("network.type", "ipv6")
    default: break
    }
    switch file?.socketType.map({ $0 & 0xf }) {
    case 1 where (remote ?? local)?.ip != nil: json.set("network.transport", "tcp")
    case 2 where (remote ?? local)?.ip != nil: json.set("network.transport", "udp")
    default: break
    }
    if event.kind == .networkConnect || event.kind == .networkAccept {
      json.set("network.direction", isServer ? "ingress" : "egress")
    }
    let addresses = [source?.ip, destination?.ip].compactMap { $0 }
    if !addresses.isEmpty { json.set("related.ip", strings: addresses) }
  }

  private func isoTime(of time: BootTime) -> String? {
    clock.wallTime(of: time).map { CalendarTime($0).iso8601() }
  }
}
