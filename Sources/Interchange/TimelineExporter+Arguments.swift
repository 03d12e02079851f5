internal import Bytes
internal import CaptureFormat
internal import Events
internal import JSON
internal import NameService
internal import Reconstruction

extension TimelineExporter {
  /// What a file is opened for, as far as the event says.
  static func access(of event: EventBlock) -> TimelineFragments.AspectKey.Access? {
    guard event.kind == .fileOpen, let flags = event.value(.openFlags) else { return nil }
    return flags & OpenFlags.create != 0 ? .create : flags & 3 == 0 ? .read : .change
  }

  /// An open that may create or change is told apart from one that only reads.
  static func eventTypes(_ label: Label, isFailed: Bool, _ access: TimelineFragments.AspectKey.Access?) -> [String] {
    // A program that could not be run has started nothing.
    if isFailed, label.types.contains("start") || label.types.contains("end") {
      return label.types.filter { $0 != "start" && $0 != "end" } + ["info"]
    }
    return switch access {
    case .create: ["creation"]
    case .read: ["access"]
    case .change: ["change"]
    case nil: label.types
    }
  }

  func writeArguments(
    of event: EventBlock, _ aspect: TimelineFragments.Aspect, _ block: TimelineFragments.Block, to json: inout JSONText
  ) {
    switch event.kind {
    case .processExec: writeExec(event, &json)
    case .processExit, .threadExit, .containerExit:
      if let status = event.value(.exitCode).map({ ExitStatus(waitStatus: Int32(truncatingIfNeeded: $0)) }) {
        json.set("process.exit_code", status.shellCode)
        if case .killed(let signal, let core) = status {
          json.set("aftertrace.signal", ExitStatus.signalName(signal))
          json.set("aftertrace.core_dumped", core)
          writeDeath(event, signal: signal, to: &json)
        }
      }
      writeTime("process.end", event.time, to: &json)
    case .signalFatal:
      let signal = Int32(truncatingIfNeeded: event.value(.signal) ?? 0)
      json.set("aftertrace.signal", ExitStatus.signalName(signal))
      writeDeath(event, signal: signal, to: &json)
    case .memoryExhausted:
      writeDeath(event, signal: 0, to: &json)
      json.set("aftertrace.cgroup_path", ifPresent: event.bytes(.cgroupPath))
    case .processFork, .threadStart:
      json.set("aftertrace.child.pid", ifPresent: event.value(.childPID))
      if let pid = event.value(.childPID), let start = event.value(.childStart), event.kind == .processFork {
        let key = ProcessKey(
          pid: UInt32(truncatingIfNeeded: pid), start: BootTime(nanoseconds: UInt64(bitPattern: start)))
        writeEntityID("aftertrace.child.entity_id", of: key, to: &json)
      }
    case .containerResources: writeResources(event, &json)
    case .processRename, .threadRename: json.set("aftertrace.new_name", ifPresent: event.bytes(.comm))
    default:
      let file = file(of: event, in: block)
      if aspect.isNetwork { writeNetwork(event, file, &json) }
      writeFile(event, file, &json)
    }
    json.set("aftertrace.descriptor", ifPresent: event.value(.descriptor))
    json.set("aftertrace.duration_ns", ifPresent: event.value(.duration).map { "\($0)" })
    if event.flags.contains(.wholeDuration) { json.set("aftertrace.duration_is_whole", true) }
    if event.flags.contains(.viaRing) { json.set("aftertrace.via", "io_uring") }
    json.set("aftertrace.count", ifPresent: event.value(.count))
    if let flags = event.value(.openFlags) {
      json.set(
        "aftertrace.open_flags", OpenFlags.names(flags, isARM: event.call.map { $0.abi == 3 || $0.abi == 4 } ?? false))
      json.set("aftertrace.open_flags_number", flags)
    }
    let typed = ColumnID.effectiveUserID.rawValue...ColumnID.attributesCleared.rawValue
    for column in event.columns where typed.contains(column.rawValue) { writeNamed(column, of: event, &json) }
    let meant = ColumnID.standardStreams.rawValue...ColumnID.endedBy.rawValue
    for column in event.columns where meant.contains(column.rawValue) { writeNamed(column, of: event, &json) }
    if event.kind == .ringRequest { writeNamed(.ringOperation, of: event, &json) }
    json.set("aftertrace.second_descriptor", ifPresent: event.value(.secondDescriptor))
    json.set("aftertrace.second_file", ifPresent: text.value(.secondFile, of: event))
    if event.kind == .processFork || event.kind == .threadStart || event.kind == .namespaceEnter
      || event.kind == .namespaceUnshare
    {
      writeNamed(.cloneFlags, of: event, &json)
    }
    if let payload = event.bytes(.payload) {
      PayloadFields.write(event, payload, prefix: "aftertrace.payload.", to: &json)
      if aspect.isNetwork || event.kind == .fileRead || event.kind == .fileWrite,
        let lookup = NameLookup(event, payload)
      {
        write(lookup, to: &json)
      }
    }
    if let first = event.value(.argument0) {
      json.beginArray("aftertrace.raw_arguments")
      writeRegister(first, &json)
      writeRegister(event.value(.argument1) ?? 0, &json)
      writeRegister(event.value(.argument2) ?? 0, &json)
      writeRegister(event.value(.argument3) ?? 0, &json)
      writeRegister(event.value(.argument4) ?? 0, &json)
      writeRegister(event.value(.argument5) ?? 0, &json)
      json.endArray()
    }
  }

  /// An end of a connection as it is beyond a NAT.
  private func writeTranslated(_ column: ColumnID, _ event: EventBlock, _ json: inout JSONText) {
    guard let address = event.address(column) else { return }
    let isSource = (column == .translatedLocal) != (event.kind == .networkAccept)
    json.set(isSource ? "source.nat.ip" : "destination.nat.ip", ifPresent: address.ip)
    json.set(isSource ? "source.nat.port" : "destination.nat.port", ifPresent: address.port)
  }

  private func write(_ lookup: NameLookup, to json: inout JSONText) {
    let message = lookup.message
    json.set("dns.type", message.isResponse ? "answer" : "query")
    json.set("dns.id", "\(message.id)")
    if let question = message.question {
      json.set("dns.question.name", question.name)
      json.set("dns.question.type", NameMessage.typeName(question.type))
    }
    guard message.isResponse else { return }
    json.set("dns.response_code", message.codeName)
    let addresses = lookup.addresses
    if !addresses.isEmpty { json.set("dns.resolved_ip", strings: addresses) }
  }

  /// Numbers that a JSON reader may round: written as text.
  private static let wide: Set<ColumnID> = [.memoryAddress, .accessTime, .modifyTime, .softLimit, .hardLimit]

  /// A column under its own name: of numbers that have names the names, and the number beside them.
  private func writeNamed(_ column: ColumnID, of event: EventBlock, _ json: inout JSONText) {
    guard let description = text.description(of: column) else { return }
    let name = "aftertrace." + description.name
    switch description.valueType {
    case .string where column == .addressName: json.set("destination.domain", ifPresent: event.bytes(column))
    case .string: json.set(name, ifPresent: event.bytes(column))
    case .list:
      guard let list = event.list(column) else { return }
      json.set(name, strings: list.items.map { String(decoding: $0, as: UTF8.self) })
    case .integer, .unsigned:
      guard let value = event.value(column) else { return }
      if let names = text.names(of: column, value, event) {
        json.set(name, names)
        json.set(name + "_number", value)
      } else if Self.wide.contains(column) {
        json.set(name, text.value(column, of: event) ?? "")
      } else {
        json.set(name, value)
      }
    case .address: writeTranslated(column, event, &json)
    default: break
    }
  }

  private func writeRegister(_ value: Int64, _ json: inout JSONText) {
    json.set(nil) { text in
      text.append(text: "0x")
      text.append(hexadecimal: UInt64(bitPattern: value))
    }
  }

  private func writeExec(_ event: EventBlock, _ json: inout JSONText) {
    if let list = event.bytes(.arguments).map({ ByteList(nulTerminated: $0) }) {
      json.set("process.args", strings: list.items.map { String(decoding: $0, as: UTF8.self) })
      json.set("process.args_count", list.count)
      json.set("process.command_line", EventText.commandLine(list))
    }
    json.set("process.working_directory", ifPresent: event.bytes(.workingDirectory))
    writeTime("process.start", event.process.key.start, to: &json)
    json.set("process.tty", ifPresent: event.bytes(.terminalName))
    if let marks = event.marks { json.set("aftertrace.marks", strings: marks.markNames) }
    json.set("group.id", ifPresent: event.value(.groupID).map(String.init))
    let group = event.value(.groupID).flatMap { UInt32(exactly: $0) }
    json.set("group.name", ifPresent: group.flatMap { text.accounts.group($0, in: event.entry.container) })
    if event.result < 0 { json.set("file.path", ifPresent: event.bytes(.path)) }
  }

  private func file(of event: EventBlock, in block: TimelineFragments.Block) -> TimelineFragments.File? {
    guard let place = event.value(.file) else { return nil }
    if let known = block.files[place] { return known }
    guard let file = event.file(.file) else { return nil }
    let path = JSONText.members { json in if let path = file.path { writePath(path, &json) } }
    let identity = JSONText.members { json in
      if file.type == .none { return }
      json.set("file.inode", "\(file.inode)")
      json.set("file.device", "\(file.device >> 20):\(file.device & 0xfffff)")
      if file.path == nil, file.type != .socket { json.set("aftertrace.file_path_unknown", true) }
    }
    let made = TimelineFragments.File(isSocket: file.type == .socket, path: path, identity: identity)
    block.files[place] = made
    return made
  }

  private func writePath(_ path: [UInt8], _ json: inout JSONText) {
    json.set("file.path", path)
    guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else { return }
    json.set("file.name", Array(path[(slash + 1)...]))
    json.set("file.directory", slash == 0 ? [UInt8(ascii: "/")] : Array(path[..<slash]))
  }

  private func writeFile(_ event: EventBlock, _ file: TimelineFragments.File?, _ json: inout JSONText) {
    if file?.isSocket != true {
      if let path = event.bytes(.path) { writePath(path, &json) } else if let file { json.append(members: file.path) }
    }
    json.set("file.target_path", ifPresent: event.bytes(.secondPath))
    if let file { json.append(members: file.identity) }
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

  private func writeNetwork(_ event: EventBlock, _ file: TimelineFragments.File?, _ json: inout JSONText) {
    // Without an address of its own it says what the socket says.
    guard let file, event.value(.address) == nil, event.bytes(.address) == nil else {
      return writeNetwork(event, &json)
    }
    if file.network?.kind != event.kind {
      file.network = (event.kind, JSONText.members { writeNetwork(event, &$0) })
    }
    if let known = file.network { json.append(members: known.members) }
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
    if event.kind != .networkBind { json.set("network.community_id", ifPresent: file?.communityID(remote: remote)) }
    let addresses = [source?.ip, destination?.ip].compactMap { $0 }
    if !addresses.isEmpty { json.set("related.ip", strings: addresses) }
  }
}
