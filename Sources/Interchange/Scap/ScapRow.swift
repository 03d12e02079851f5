internal import Bytes
internal import CaptureFormat
internal import Events
internal import Reconstruction
internal import SystemCalls

/// One event of a capture on its way into a .scap file.
struct ScapRow {
  let exporter: ScapExporter
  let event: EventBlock

  private var time: UInt64 { exporter.wall(event.time) }
  /// The call began that much earlier, where that is known.
  private var entryTime: UInt64 {
    let duration = event.value(.duration).map { UInt64(clamping: $0) } ?? 0
    return time - min(time, duration)
  }

  func write() throws {
    switch event.kind {
    case .processFork where event.result >= 0, .threadStart: try writeFork()
    case .processExec where event.result >= 0: try writeExec()
    case .processExit, .threadExit: try writeExit()
    case .signalFatal, .memoryExhausted, .cgroupCreate, .cgroupRemove, .cgroupAttach, .containerResources,
      .processRename, .threadRename, .networkOutcome:
      return
    default: if let call = event.call { try writeCall(call) }
    }
  }

  // MARK: Processes

  private func writeFork() throws {
    guard let child = event.childKey else { return }
    let parent = exporter.known(event)
    let isThread = event.kind == .threadStart
    let tid = event.value(.childThread) ?? Int64(child.pid)
    let flags = ScapFlags.scapClone(event.value(.cloneFlags) ?? 0)
    try exporter.emit(222, event, at: entryTime, [])
    try exporter.emit(223, event, at: time, clone(parent, tid: Int64(event.thread), result: tid, flags: flags))
    if isThread {
      let inside = Int64(event.value(.namespacePID) ?? tid)
      return try exporter.emit(
        223, event, at: time, thread: tid,
        clone(parent, tid: tid, result: 0, flags: flags, threadInNamespace: inside))
    }
    var row = parent
    row.key = child
    // With CLONE_PARENT it is not who forked.
    row.parent = event.parentKey ?? exporter.recorded(child)?.parent ?? parent.key
    row.container = exporter.recorded(child)?.container ?? event.entry.container
    row.comm = event.bytes(.comm) ?? parent.comm
    row.namespacePID = event.value(.namespacePID).map { UInt32(truncatingIfNeeded: $0) }
    exporter.learn(row)
    // Only of those whose capture this is.
    guard exporter.isWanted(row.container) else { return }
    try exporter.emit(223, event, at: time, thread: tid, clone(row, tid: tid, result: 0, flags: flags))
  }

  /// The parameters of clone's exit, of whoever it returns to.
  private func clone(
    _ row: ProcessRow, tid: Int64, result: Int64, flags: Int64, threadInNamespace: Int64? = nil
  ) -> [[UInt8]] {
    let (exe, rest) = row.scapArguments
    let inside = row.namespacePID.map(Int64.init) ?? Int64(row.key.pid)
    return [
      int64(result), text(exe), rest, int64(tid), int64(Int64(row.key.pid)), int64(Int64(row.parent?.pid ?? 0)),
      text(row.workingDirectory ?? []), int64(1024), int64(0), int64(0), int32(0), int32(0), int32(0), text(row.comm),
      exporter.cgroups(of: row.container), int32(flags), int32(Int64(row.userID ?? 0)), int32(Int64(row.groupID ?? 0)),
      int64(threadInNamespace ?? inside), int64(inside),
    ]
  }

  private func writeExec() throws {
    var row = exporter.known(event)
    row.comm = event.bytes(.comm) ?? event.process.comm
    row.executable = event.bytes(.executable)
    row.arguments = event.bytes(.arguments).map(ByteList.init(nulTerminated:))
    row.workingDirectory = event.bytes(.workingDirectory)
    if let user = event.value(.userID) { row.userID = UInt32(truncatingIfNeeded: user) }
    if let group = event.value(.groupID) { row.groupID = UInt32(truncatingIfNeeded: group) }
    if let pid = event.value(.namespacePID) { row.namespacePID = UInt32(truncatingIfNeeded: pid) }
    if let parent = event.parentKey { row.parent = parent }
    row.container = event.entry.container
    exporter.learn(row)
    let (exe, rest) = row.scapArguments
    let name = text(row.executable ?? event.bytes(.askedFor) ?? [])
    try exporter.emit(292, event, at: entryTime, [name])
    try exporter.emit(
      293, event, at: time,
      [
        int64(0), text(exe), rest, int64(Int64(event.thread)), int64(Int64(row.key.pid)),
        int64(Int64(row.parent?.pid ?? 0)), text(row.workingDirectory ?? []), int64(1024), int64(0), int64(0), int32(0),
        int32(0), int32(0), text(row.comm), exporter.cgroups(of: row.container), [], int32(event.value(.terminal) ?? 0),
        int64(Int64(row.key.pid)), int32(-1), int32(0),
      ])
  }

  private func writeExit() throws {
    let status = event.value(.exitCode) ?? 0
    try exporter.emit(
      186, event, at: time,
      [
        int64(status), int64(status >> 8 & 0xFF), [UInt8(truncatingIfNeeded: status & 0x7F)],
        [status & 0x80 != 0 ? 1 : 0],
      ])
    if event.kind == .processExit { exporter.forget(event.process.key) }
  }

  // MARK: Calls

  private static let callNumbers: [String: Int64] = Dictionary(
    ScapEventTable.shared.callNames.enumerated().compactMap { number, name in name.map { ($0, Int64(number)) } },
    uniquingKeysWith: { $1 })

  /// Types up to this one are known to sysdig 0.29 of Debian.
  private static let newestType = 335

  /// Calls up to this one are known to it; one beyond is read from outside of its table, and ends it.
  private static let newestCall: Int64 = 328

  /// The exit's type for a call, by its name; the newest of those that every reader knows.
  private static let types: [String: Int] = {
    var types: [String: Int] = [:]
    for (number, event) in ScapEventTable.shared.events.enumerated() where number <= newestType {
      guard let event, event.isExit else { continue }
      if case .call = ScapPlan.all[number] { types[event.name] = number }
    }
    for (name, other) in [
      ("pread64", "pread"), ("pwrite64", "pwrite"), ("accept4", "accept"), ("umount2", "umount"), ("pipe2", "pipe"),
      ("dup2", "dup"), ("dup3", "dup"), ("eventfd2", "eventfd"), ("preadv2", "preadv"), ("pwritev2", "pwritev"),
    ] where types[name] == nil { types[name] = types[other] }
    types["socketcall"] = nil
    return types
  }()

  private func writeCall(_ call: SystemCall) throws {
    let name = exporter.callNames[call.packed] ?? ""
    if event.kind == .processExec { return try writeFailedExec(name) }
    guard event.kind != .processFork, let type = Self.types[name],
      event.kind != .call || Self.positional.contains(name),
      let exit = ScapEventTable.shared.event(type), let entry = ScapEventTable.shared.event(type - 1)
    else { return try writeOther(name, call) }
    try exporter.emit(type - 1, event, at: entryTime, entry.parameters.map { value(of: $0, in: entry) })
    // An entry alone is a call that has not returned.
    if event.flags.contains(.unfinished) { return }
    try exporter.emit(type, event, at: time, exit.parameters.map { value(of: $0, in: entry) })
  }

  /// Calls that are recorded with raw arguments, which stand in the entry in the call's own order.
  private static let positional: Set<String> = [
    "fstat", "lseek", "munmap", "mprotect", "mmap", "brk", "ioctl", "getdents", "getdents64", "flock",
  ]

  /// A raw argument of such a call.
  private func raw(_ parameter: ScapEventTable.Parameter, in entry: ScapEventTable.Event) -> Int64? {
    guard event.kind == .call, parameter.name != "res",
      let place = entry.parameters.firstIndex(where: { $0.name == parameter.name }), place < 6
    else { return nil }
    let value = event.value(ColumnID(rawValue: ColumnID.argument0.rawValue + UInt16(place)))
    return parameter.name == "flags" ? value.map(ScapFlags.scapMapping) : value
  }

  private func writeFailedExec(_ name: String) throws {
    let row = exporter.known(event)
    let (exe, rest) = row.scapArguments
    try exporter.emit(292, event, at: entryTime, [text(event.bytes(.path) ?? [])])
    try exporter.emit(
      293, event, at: time,
      [
        int64(event.result), text(exe), rest, int64(Int64(event.thread)), int64(Int64(row.key.pid)),
        int64(Int64(row.parent?.pid ?? 0)), text(row.workingDirectory ?? []), int64(1024), int64(0), int64(0), int32(0),
        int32(0), int32(0), text(row.comm), exporter.cgroups(of: event.entry.container), [], int32(0),
        int64(Int64(row.key.pid)), int32(-1), int32(0),
      ])
  }

  private func writeOther(_ name: String, _ call: SystemCall) throws {
    let number = Self.callNumbers[name].map { $0 > Self.newestCall ? 0 : $0 } ?? 0
    let parameters = [int16(number), int16(Int64(call.number))]
    try exporter.emit(0, event, at: entryTime, parameters)
    if event.flags.contains(.unfinished) { return }
    try exporter.emit(1, event, at: time, parameters)
  }

  /// The bytes of one parameter, by its name and type. What the capture does not know is empty, of a number zero.
  private func value(of parameter: ScapEventTable.Parameter, in entry: ScapEventTable.Event) -> [UInt8] {
    switch parameter.type {
    case "charbuf", "fspath", "fsrelpath": return parameter.field.flatMap(string).map(text) ?? text([])
    case "bytebuf": return parameter.name == "data" ? Array((event.bytes(.payload) ?? []).prefix(65_000)) : []
    case "socktuple": return tuple
    case "sockaddr": return address
    case "fdlist", "dyn", "charbufarray", "charbuf_pair_array": return []
    default: return integer(raw(parameter, in: entry) ?? parameter.field.flatMap(number) ?? 0, parameter.type)
    }
  }

  private func string(_ field: ScapField) -> [UInt8]? {
    switch field {
    // As it was asked for, which is how sysdig has it; the kernel's name where that does not begin at the root.
    case .name where event.kind == .fileOpen && event.result >= 0 && event.bytes(.path)?.first != UInt8(ascii: "/"):
      event.file(.file)?.path ?? event.bytes(.path)
    case .name, .path, .filename, .pathname, .oldpath: event.bytes(.path) ?? event.bytes(.objectName)
    case .target: event.bytes(.path)
    case .newpath, .linkpath: event.bytes(.secondPath)
    case .dir: event.bytes(.path)
    case .dev: event.bytes(.source)
    case .type: event.bytes(.objectType)
    default: nil
    }
  }

  private func number(_ field: ScapField) -> Int64? {
    switch field {
    case .res: return event.result
    case .fd:
      let makes: [EventKind] = [.fileOpen, .networkSocket, .networkAccept]
      return makes.contains(event.kind) ? event.result : event.value(.descriptor) ?? -1
    case .fd1, .processDescriptor: return event.value(.descriptor)
    case .fd2, .newfd, .foreignDescriptor: return event.value(.secondDescriptor) ?? event.result
    case .oldfd, .sourceDescriptor: return event.value(.descriptor)
    case .targetDescriptor: return event.value(.secondDescriptor)
    // Paths are whole: the directory does not matter.
    case .dirfd, .olddir, .newdir, .olddirfd, .newdirfd, .linkdirfd: return -100
    case .flags:
      if event.kind == .fileOpen { return ScapFlags.scapOpen(event.value(.openFlags) ?? 0) }
      if event.kind == .namespaceUnshare {
        return ScapFlags.scapClone(event.value(.cloneFlags) ?? event.value(.callFlags) ?? 0)
      }
      if let flags = event.value(.mappingFlags) { return ScapFlags.scapMapping(flags) }
      return event.value(.callFlags)
    case .nstype: return ScapFlags.scapClone(event.value(.cloneFlags) ?? event.value(.callFlags) ?? 0)
    case .mode: return event.value(.mode)
    case .dev: return event.file(.file).map { Int64(ScapDescriptorEntry.packed(device: $0.device)) }
    case .ino: return event.file(.file).map { Int64(bitPattern: $0.inode) }
    case .size, .len: return event.value(.count)
    case .pos, .offset: return event.value(.offset)
    case .length: return event.value(.length)
    case .prot: return event.value(.protection)
    case .domain: return event.value(.family)
    case .type: return event.value(.socketType)
    case .proto: return event.value(.networkProtocol)
    case .backlog: return event.value(.backlog)
    case .sig: return event.value(.signal)
    case .pid: return event.value(.targetPID)
    case .tid: return event.value(.targetThread)
    case .uid, .ruid: return event.value(.askedID) ?? event.value(.userID)
    case .gid, .rgid: return event.value(.askedID) ?? event.value(.groupID)
    case .euid, .egid: return event.value(.askedEffectiveID)
    case .suid, .sgid: return event.value(.askedSavedID)
    case .how, .request, .option, .operation: return event.value(.operation)
    case .pgid: return event.value(.operand)
    // F_DUPFD: what else fcntl does has no row of its own.
    case .cmd: return event.kind == .descriptorDuplicate ? 1 : event.value(.operation)
    default: return nil
    }
  }

  /// Two sockets' addresses; empty where neither is known.
  private var tuple: [UInt8] {
    let file = event.file(.file)
    let local = file?.localAddress
    var remote = file?.remoteAddress
    if let address = event.address(.address) { remote = address }
    let isReceiving = event.kind == .networkAccept || event.kind == .networkReceive
    switch (local, remote) {
    case (.unix(let path), _) where !path.isEmpty && isReceiving: return unix(path)
    case (_, .unix(let path)), (.unix(let path), _): return unix(path)
    default: break
    }
    let (first, second) = isReceiving ? (remote, local) : (local, remote)
    return SocketAddress.scapTuple(source: first, destination: second) ?? []
  }

  private func unix(_ path: [UInt8]) -> [UInt8] {
    [1] + [UInt8](repeating: 0, count: 16) + path + [0]
  }

  private var address: [UInt8] { event.address(.address)?.scapAddress ?? [] }

  // MARK: Bytes

  private func text(_ bytes: [UInt8]) -> [UInt8] { Array(bytes.prefix(4095).prefix { $0 != 0 }) + [0] }

  private func int64(_ value: Int64) -> [UInt8] { little(value) }
  private func int32(_ value: Int64) -> [UInt8] { little(Int32(truncatingIfNeeded: value)) }
  private func int16(_ value: Int64) -> [UInt8] { little(Int16(truncatingIfNeeded: value)) }
  private func little(_ value: some FixedWidthInteger) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: value)
    return bytes
  }

  private func integer(_ value: Int64, _ type: String) -> [UInt8] {
    switch type {
    case "int8", "uint8", "flags8", "enumflags8", "sigtype", "l4proto", "sockfamily":
      [UInt8(truncatingIfNeeded: value)]
    case "int16", "uint16", "flags16", "enumflags16", "syscallid", "port": int16(value)
    case "int32", "uint32", "flags32", "enumflags32", "uid", "gid", "mode", "sigset", "bool", "fd32", "pid32":
      int32(value)
    default: int64(value)
    }
  }
}

extension EventBlock {
  /// The parent that a fork or an exec names.
  var parentKey: ProcessKey? {
    guard let pid = value(.parentPID), let start = value(.parentStart) else { return nil }
    return ProcessKey(
      pid: UInt32(truncatingIfNeeded: pid), start: BootTime(nanoseconds: UInt64(bitPattern: start)))
  }
}
