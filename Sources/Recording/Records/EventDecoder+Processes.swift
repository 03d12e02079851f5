internal import CaptureFormat
internal import Events
internal import Posix
internal import ProbeRecords

extension EventDecoder {
  mutating func decodeFork(_ record: ProbeRecord, _ header: at_header) {
    guard let body = record.body(as: at_fork.self) else { return countMalformed() }
    let isThread = header.flags & UInt32(AT_FLAG_THREAD) != 0
    let parent = processes.enter(header.processKey)
    if !isThread {
      let child = processes.enter(
        ProcessKey(pid: body.child_tgid, start: BootTime(nanoseconds: body.child_leader_start)))
      inherit(from: parent, to: child, body)
      inheritMarks(from: parent, to: child, header)
      descriptors?.fork(parent, child, isShared: body.clone_flags & 0x400 != 0, at: header.time)
    }
    let isInNewUserNamespace = body.clone_flags & 0x1000_0000 != 0
    let childKey = ProcessKey(pid: body.child_tgid, start: BootTime(nanoseconds: body.child_leader_start))
    let inherited = credentials.credentials(of: header.tid, header.processKey, before: header.time)
    credentials.set(body.child_tid, childKey, isInNewUserNamespace ? nil : inherited, at: header.time)
    guard let builder = beginRow(header, kind: isThread ? .threadStart : .processFork, result: Int64(body.child_tid))
    else { return }
    builder.set(.childPID, Int64(body.child_tgid))
    builder.set(.childStart, Int64(bitPattern: isThread ? body.child_start : body.child_leader_start))
    builder.set(.childThread, Int64(body.child_tid))
    builder.set(.cloneFlags, Int64(bitPattern: body.clone_flags))
    builder.set(.namespacePID, Int64(body.child_vpid))
    let comm = name(body.child_comm)
    if comm != processes[parent].comm { builder.set(.comm, string: comm) }
    if body.real_parent_tgid != header.tgid {
      builder.set(.parentPID, Int64(body.real_parent_tgid))
      builder.set(.parentStart, Int64(bitPattern: body.real_parent_start))
    }
    streams.endRow(builder)
  }

  private mutating func inherit(from parent: Int, to child: Int, _ body: at_fork) {
    let source = processes[parent]
    // It was described before its fork came.
    if processes[child].eventCount > 0 { processes[child].generation += 1 }
    processes[child].inherit(
      from: source,
      parent: ProcessKey(pid: body.real_parent_tgid, start: BootTime(nanoseconds: body.real_parent_start)),
      comm: name(body.child_comm), namespacePID: body.child_vpid)
    processes[child].container = attribution.place(cgroup: body.child_cgroup, mountNamespace: 0).container
  }

  mutating func decodeExec(_ record: ProbeRecord, _ header: at_header) {
    guard let body = record.body(as: at_exec.self) else { return countMalformed() }
    let number = processes.enter(header.processKey)
    var notes = EventFlags()
    var filename: [UInt8]?
    var argumentBytes: [UInt8]?
    var newCredentials: at_credentials?
    var image: at_image?
    // Nobody was seen to start it: of a container that is recorded alone, what was done before its cgroup was known.
    let isUnseen = (processes[number].parent?.start.nanoseconds ?? 0) == 0
    keepImage(of: number, until: header.time)
    apply(body, to: number, at: header.time)
    descriptors?.exec(number, at: header.time)
    for field in record.fields(after: MemoryLayout<at_exec>.size) {
      let flags = EventFlags(rawValue: field.flags)
      notes.formUnion(flags)
      if flags.contains(.unreadable) { continue }
      switch field.id {
      case AT_FIELD_ARGV.rawValue:
        argumentBytes = Array(field.bytes)
        processes[number].arguments = splitArguments(field.bytes)
      case AT_FIELD_CWD.rawValue: processes[number].workingDirectory = path(fromComponents: field.bytes)
      case AT_FIELD_EXECUTABLE.rawValue: processes[number].executable = path(fromComponents: field.bytes)
      case AT_FIELD_EXECUTABLE_NAME.rawValue: processes[number].executable = Array(field.bytes)
      case AT_FIELD_COMM.rawValue: processes[number].comm = Array(field.bytes.prefix { $0 != 0 })
      case AT_FIELD_TTY_NAME.rawValue: processes[number].terminalName = Array(field.bytes.prefix { $0 != 0 })
      case AT_FIELD_FILENAME.rawValue: filename = Array(field.bytes.prefix { $0 != 0 })
      case AT_FIELD_CREDENTIALS.rawValue: newCredentials = field.value(as: at_credentials.self)
      case AT_FIELD_IMAGE.rawValue: image = field.value(as: at_image.self)
      default: break
      }
    }
    if body.old_tid != header.tid { credentials.set(body.old_tid, header.processKey, nil, at: header.time) }
    credentials.set(header.tid, header.processKey, newCredentials, at: header.time)
    processes[number].flags.formUnion(notes.intersection(.truncated))
    let marks = mark(number, header, body, image, isUnseen: isUnseen)
    if marks.contains(.enteredFromOutside) { notes.insert(.enteredFromOutside) }
    if marks.contains(.firstProcess) { tellStart(number, header) }
    guard let builder = beginRow(header, kind: .processExec, result: 0, flags: notes, process: number) else { return }
    let process = processes[number]
    if let argumentBytes { builder.set(.arguments, string: argumentBytes) }
    builder.set(.argumentLength, Int64(body.argument_length))
    if let path = process.executable { builder.set(.executable, string: path) }
    if let path = process.workingDirectory { builder.set(.workingDirectory, string: path) }
    if let filename { builder.set(.askedFor, string: filename) }
    builder.set(.comm, string: process.comm)
    if body.executable.type != UInt8(AT_FILE_NONE.rawValue) {
      builder.set(.file, Int64(intern(body.executable, in: builder)))
    }
    builder.set(.userID, Int64(body.uid))
    builder.set(.groupID, Int64(body.gid))
    builder.set(.session, Int64(body.session))
    if let newCredentials {
      builder.set(.effectiveUserID, Int64(newCredentials.effective_uid))
      builder.set(.effectiveGroupID, Int64(newCredentials.effective_gid))
      builder.set(.effectiveCapabilities, Int64(bitPattern: newCredentials.effective))
    }
    if body.tty != 0 { builder.set(.terminal, Int64(body.tty)) }
    if let name = process.terminalName, body.tty != 0 { builder.set(.terminalName, string: name) }
    builder.set(.parentPID, Int64(body.parent_tgid))
    builder.set(.parentStart, Int64(bitPattern: body.parent_start))
    builder.set(.namespacePID, Int64(body.vpid))
    if !marks.isEmpty { builder.set(.marks, Int64(marks.rawValue)) }
    if let image, image.streams != 0 { builder.set(.standardStreams, Int64(image.streams)) }
    if body.old_tid != header.tgid { builder.set(.oldThread, Int64(body.old_tid)) }
    streams.endRow(builder)
  }

  /// What the process ran until now, where somebody wants to know later.
  ///
  /// Between a fork and its exec a process is its parent's copy: that need not be kept.
  private mutating func keepImage(of number: Int, until time: UInt64) {
    guard supersededImages != nil else { return }
    let process = processes[number]
    guard !process.comm.isEmpty, time > process.imageStart.nanoseconds + 1_000_000_000 else { return }
    supersededImages?.append((process, BootTime(nanoseconds: time)))
  }

  private mutating func apply(_ body: at_exec, to number: Int, at time: UInt64) {
    processes[number].generation += 1
    // The record's fields bring what could be read of names and paths.
    var program = NewProgram<[[UInt8]]>(arguments: [])
    program.userID = body.uid
    program.groupID = body.gid
    program.session = body.session
    program.namespacePID = body.vpid
    program.hasTerminal = body.tty != 0
    program.parent = ProcessKey(pid: body.parent_tgid, start: BootTime(nanoseconds: body.parent_start))
    processes[number].run(program, at: BootTime(nanoseconds: time))
    processes[number].firstExec = processes[number].firstExec ?? BootTime(nanoseconds: time)
  }

  mutating func decodeExit(_ record: ProbeRecord, _ header: at_header) {
    guard let body = record.body(as: at_exit.self) else { return countMalformed() }
    let number = processes.enter(header.processKey)
    let isThread = header.flags & UInt32(AT_FLAG_THREAD) != 0
    credentials.set(header.tid, header.processKey, nil, at: header.time)
    if !isThread {
      if processes[number].parent == nil {
        processes[number].parent = ProcessKey(pid: body.parent_tgid, start: BootTime(nanoseconds: 0))
      }
      if processes[number].userID == nil { processes[number].userID = body.uid }
      processes[number].death = deaths.take(header.processKey)
      _ = interruptedCalls.take(header.processKey)
    }
    if let builder = beginRow(header, kind: isThread ? .threadExit : .processExit, result: 0, process: number) {
      builder.set(.exitCode, Int64(body.exit_code))
      builder.set(.userID, Int64(body.uid))
      if !isThread { processes[number].death?.write(to: builder) }
      streams.endRow(builder)
    }
    if !isThread {
      descriptors?.exit(number, at: header.time)
      processes[number].wasOutOfMemory = body.is_oom_victim != 0
      tellEnd(number, header, body)
      processes.end(number, at: BootTime(nanoseconds: header.time), exitCode: body.exit_code)
    }
  }

  /// A thread's name is not its process's: only the first thread's is, and from here on events bear the new one.
  mutating func decodeRename(_ record: ProbeRecord, _ header: at_header) {
    guard let body = record.body(as: at_rename.self) else { return countMalformed() }
    let comm = name(body.comm)
    let number = processes.enter(header.processKey)
    let isThread = header.flags & UInt32(AT_FLAG_THREAD) != 0
    if !isThread {
      processes[number].comm = comm
      processes[number].generation += 1
    }
    let kind = isThread ? EventKind.threadRename : .processRename
    guard let builder = beginRow(header, kind: kind, result: 0, process: number) else { return }
    builder.set(.comm, string: comm)
    streams.endRow(builder)
  }

  /// The container that the process was started to run.
  private func launch(of key: ProcessKey) -> RuntimeLaunch? {
    guard let number = processes.number(of: key) else { return nil }
    let process = processes[number]
    return RuntimeLaunch(
      arguments: process.arguments.map { String(decoding: $0, as: UTF8.self) },
      workingDirectory: process.workingDirectory.map { String(decoding: $0, as: UTF8.self) })
  }

  mutating func decodeCgroup(_ record: ProbeRecord, _ header: at_header) {
    guard let body = record.body(as: at_cgroup.self) else { return countMalformed() }
    var name: [UInt8] = []
    for field in record.fields(after: MemoryLayout<at_cgroup>.size) where field.id == AT_FIELD_NAME.rawValue {
      name = Array(field.bytes.prefix { $0 != 0 })
    }
    let time = BootTime(nanoseconds: header.time)
    let kind: EventKind
    switch body.action {
    case AT_CGROUP_MKDIR.rawValue:
      kind = .cgroupCreate
      attribution.cgroupCreated(
        CgroupID(rawValue: body.cgroup), parent: CgroupID(rawValue: body.parent),
        path: String(decoding: name, as: UTF8.self), at: time, creator: header.tgid)
      if let launch = launch(of: header.processKey) {
        attribution.cgroup(CgroupID(rawValue: body.cgroup), wasMadeBy: launch)
      }
    case AT_CGROUP_RMDIR.rawValue:
      kind = .cgroupRemove
      attribution.cgroupRemoved(CgroupID(rawValue: body.cgroup), at: time)
    case AT_CGROUP_ATTACH.rawValue:
      kind = .cgroupAttach
      noteAttach(body)
    case AT_CGROUP_FROZEN.rawValue, AT_CGROUP_THAWED.rawValue:
      return tellFreeze(body.action == AT_CGROUP_FROZEN.rawValue, cgroup: body.cgroup, at: time)
    default: return countMalformed()
    }
    // The act belongs to the container that the cgroup is of: its runtime did it, from outside.
    var header = header
    header.cgroup = body.cgroup
    header.mount_namespace = 0
    // Of a command's recording are the acts of what the command started: other cgroups are other tenants'.
    guard !isSubtreeOnly || body.is_actor_recorded != 0,
      attribution.place(cgroup: body.cgroup, mountNamespace: 0).container != .host || streams.wants(.host),
      let builder = beginRow(header, kind: kind, result: 0, process: outsider(header), isOutsider: true)
    else { return }
    builder.set(.cgroup, Int64(bitPattern: body.cgroup))
    if !name.isEmpty { builder.set(.cgroupPath, string: name) }
    if kind == .cgroupAttach {
      builder.set(.childPID, Int64(body.attached_tgid))
      builder.set(.childThread, Int64(body.attached_tid))
      builder.set(.childStart, Int64(bitPattern: body.attached_leader_start))
    }
    streams.endRow(builder)
    let key = attribution.place(cgroup: body.cgroup, mountNamespace: 0).container
    if kind == .cgroupCreate { tellCreation(of: key, at: time, cgroup: body.cgroup) }
    if kind == .cgroupRemove { tellRemoval(of: key, at: time, cgroup: body.cgroup) }
  }
}

extension EventDecoder {
  /// The runtime's process that acts on a container's cgroup. Where nothing told of it before, only its name is asked for.
  private mutating func outsider(_ header: at_header) -> Int {
    let number = processes.enter(header.processKey)
    if processes[number].comm.isEmpty,
      let name = try? FileDescriptor.contents(of: "/proc/\(header.tgid)/comm", limit: 64)
    {
      processes[number].comm = name.filter { $0 != UInt8(ascii: "\n") }
    }
    return number
  }
}

/// A task's name, to its NUL.
func name<Characters: BitwiseCopyable>(_ characters: Characters) -> [UInt8] {
  withUnsafeBytes(of: characters) { Array($0.prefix { $0 != 0 }) }
}

/// Splits argv as the kernel holds it: each argument followed by NUL.
func splitArguments(_ bytes: UnsafeRawBufferPointer) -> [[UInt8]] {
  var result = bytes.split(separator: 0, omittingEmptySubsequences: false).map { Array($0) }
  if result.last?.isEmpty == true { result.removeLast() }
  return result
}
