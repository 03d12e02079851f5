internal import CaptureFormat
internal import Events
internal import Posix

/// One event that a process brought about: what it changes, and the row that it becomes.
struct ScapAct {
  let section: ScapSection
  let thread: ScapThread
  let call: ScapCall
  let time: BootTime
  /// Nanoseconds from the entry to the exit, where both are there.
  let duration: UInt64?
  let cpu: UInt16
  /// False: it changes what is known, and that is all.
  let isShown: Bool

  var process: ScapProcess { thread.process }
  var state: ScapState { section.state }

  func apply(_ plan: ScapPlan) throws(SystemError) {
    switch plan {
    case .call(let plan): try apply(plan)
    case .anyCall: try applyAny()
    case .clone(let number): try applyClone(number)
    case .exec(let number): try applyExec(number)
    case .processExit: try applyExit()
    case .signal:
      try row(.processSignal, .lifecycle, nil, result: 0) { builder in
        set(.signal, .sig, builder)
        set(.senderPID, .spid, builder)
      }
    default: break
    }
  }

  /// The call was entered, and had not returned when the file ended.
  func tellUnfinished(_ plan: ScapPlan) throws(SystemError) {
    switch plan {
    case .call(let plan): try tellUnfinished(plan)
    case .anyCall: try applyAny(flags: .unfinished)
    default: break
    }
  }

  // MARK: Rows

  /// Writes a row of the thread's process.
  func row(
    _ kind: EventKind, _ lane: Lane, _ systemCall: SystemCall?, result: Int64, flags: EventFlags = [],
    of other: ScapThread? = nil, _ describe: (EventBlockBuilder) -> Void
  ) throws(SystemError) {
    guard isShown, let streams = section.streams else { return section.countLeftOut() }
    let thread = other ?? self.thread
    let process = thread.process
    process.eventCount += 1
    let builder = streams.builder(for: StreamKey(container: process.row.container, lane: lane))
    let index = builder.internProcess(process.row.key, generation: process.generation) {
      BlockProcess(
        key: process.row.key, comm: process.row.comm, executable: process.row.executable,
        namespacePID: process.row.namespacePID)
    }
    var flags = flags
    if time < builder.latestTime { flags.insert(.outOfOrder) }
    if thread.tid != Int64(process.row.key.pid) { flags.insert(.thread) }
    if (-516 ... -512).contains(result) { flags.insert(.restarted) }
    if duration != nil { flags.insert(.wholeDuration) }
    builder.beginRow(
      time: time, process: index, thread: UInt32(truncatingIfNeeded: thread.tid), kind: kind, call: systemCall,
      result: result, flags: flags, cpu: cpu)
    if let duration { builder.set(.duration, Int64(clamping: duration)) }
    describe(builder)
    try streams.endRow(builder)
  }

  func set(_ column: ColumnID, _ field: ScapField, _ builder: EventBlockBuilder) {
    if let value = call.integer(field) { builder.set(column, value) }
  }

  func set(_ column: ColumnID, text field: ScapField, _ builder: EventBlockBuilder) {
    if let text = call.string(field), !text.isEmpty { builder.set(column, string: text) }
  }

  func set(_ column: ColumnID, _ file: ScapFile?, _ builder: EventBlockBuilder) {
    guard let file = file?.file else { return }
    builder.set(
      column, Int64(builder.internFile(file.id, inode: file.inode, device: file.device) { file }))
  }

  /// A path as the process means it: from its root, where its beginning is known.
  func path(_ field: ScapField, directory: ScapField? = nil) -> [UInt8]? {
    guard let text = call.string(field), !text.isEmpty, text != Self.notAvailable else { return nil }
    if text.first == UInt8(ascii: "/") { return text }
    guard let directory, let number = call.integer(directory), number != -100 else {
      return Self.joined(text, to: process.row.workingDirectory)
    }
    return Self.joined(text, to: state.file(number, of: process)?.file.path)
  }

  private static let notAvailable = Array("<NA>".utf8)

  static func joined(_ path: [UInt8], to base: [UInt8]?) -> [UInt8] {
    let slash = UInt8(ascii: "/")
    guard let base, !base.isEmpty, path.first != slash else { return path }
    var result = base
    if result.last == slash { result.removeLast() }
    for part in path.split(separator: slash) {
      if part.elementsEqual([UInt8(ascii: ".")]) { continue }
      if part.elementsEqual([UInt8(ascii: "."), UInt8(ascii: ".")]) {
        if let last = result.lastIndex(of: slash) { result.removeSubrange(last...) }
        continue
      }
      result.append(slash)
      result += part
    }
    return result.isEmpty ? [slash] : result
  }

  // MARK: Any call

  private func applyAny(flags: EventFlags = []) throws(SystemError) {
    var number: SystemCall?
    if let native = call.integer(.nativeID), native > 0, native < 548 {
      number = SystemCall(abi: 0, number: UInt16(native))
    } else if let id = call.integer(.callID), id > 0, id < ScapEventTable.shared.callNames.count,
      let name = ScapEventTable.shared.callNames[Int(id)]
    {
      number = ScapPlan.call(name)
    }
    guard let number else { return section.countLeftOut() }
    try row(.call, .detail, number, result: 0, flags: flags.union(.resultUnknown)) { _ in }
  }

  // MARK: Processes

  private func applyClone(_ number: SystemCall?) throws(SystemError) {
    let result = call.integer(.res) ?? 0
    if result < 0 {
      return try row(.processFork, .activity, number, result: result) { builder in
        if let flags = call.integer(.flags) { builder.set(.cloneFlags, ScapFlags.linuxClone(flags)) }
      }
    }
    if result == 0 { return try begin(number) }
    learn()
    // In a pid namespace the number is another there: the child itself will say which it has here.
    if isInNamespace { return }
    // It told of itself already.
    if let known = state.known(result)?.process, !known.isFinished, known.row.key.start.nanoseconds > 0 { return }
    let flags = call.integer(.flags) ?? 0
    let isThread = ScapFlags.linuxClone(flags) & ScapFlags.cloneThread != 0
    let child = makeChild(tid: result, pid: isThread ? Int64(process.row.key.pid) : result, of: thread)
    try told(child, by: thread, number, result: result)
  }

  private var isInNamespace: Bool {
    if let inside = call.integer(.vtid), inside > 0 { return inside != thread.tid }
    return process.isInNamespace
  }

  /// The child's own end of the call.
  private func begin(_ number: SystemCall?) throws(SystemError) {
    let pid = call.integer(.pid) ?? thread.tid
    guard let parentID = call.integer(.ptid), parentID > 0 else { return learn() }
    let isThread = pid != thread.tid
    // A thread's parent is its process's: who made it is not told.
    let parent = isThread ? state.thread(pid) : state.thread(parentID)
    let isKnown = thread.process.row.flags != .startNotSeen || thread.process.eventCount > 0
    if isKnown, thread.process.row.key.start.nanoseconds > 0 || thread.process.row.flags.contains(.foundByScan) {
      // Its parent told of it already; only it knows the rest.
      return ScapAct(
        section: section, thread: thread, call: call, time: time, duration: nil, cpu: cpu, isShown: isShown
      ).learn()
    }
    let child = makeChild(tid: thread.tid, pid: pid, of: parent)
    ScapAct(section: section, thread: child, call: call, time: time, duration: nil, cpu: cpu, isShown: isShown).learn()
    try ScapAct(section: section, thread: child, call: call, time: time, duration: nil, cpu: cpu, isShown: isShown)
      .told(child, by: parent, number, result: thread.tid)
  }

  private func makeChild(tid: Int64, pid: Int64, of parent: ScapThread) -> ScapThread {
    if pid != tid {
      return state.add(tid, to: pid == Int64(parent.process.row.key.pid) ? parent.process : state.thread(pid).process)
    }
    let source = parent.process
    var row = source.row
    row.key = ProcessKey(pid: UInt32(truncatingIfNeeded: tid), start: time)
    row.parent = source.row.key
    row.flags = []
    row.end = nil
    row.exitCode = nil
    row.execTime = nil
    row.namespacePID = nil
    row.eventCount = nil
    let child = ScapProcess(row)
    state.inheritFiles(from: source, to: child)
    return state.add(tid, to: child)
  }

  /// The row of a child that was made, which is its parent's.
  private func told(
    _ child: ScapThread, by parent: ScapThread, _ number: SystemCall?, result: Int64
  ) throws(SystemError) {
    let isThread = child.tid != Int64(child.process.row.key.pid)
    try row(isThread ? .threadStart : .processFork, .lifecycle, number, result: result, of: parent) { builder in
      builder.set(.childPID, Int64(child.process.row.key.pid))
      builder.set(.childStart, Int64(bitPattern: isThread ? time.nanoseconds : child.process.row.key.start.nanoseconds))
      builder.set(.childThread, child.tid)
      if let flags = call.integer(.flags) { builder.set(.cloneFlags, ScapFlags.linuxClone(flags)) }
      if let pid = child.process.row.namespacePID, !isThread { builder.set(.namespacePID, Int64(pid)) }
    }
  }

  /// Takes what a clone or an exec says of the process that it is of.
  private func learn() {
    // A thread may have a name of its own: better than none.
    guard thread.tid == call.integer(.pid) ?? thread.tid || process.row.comm.isEmpty else { return }
    var row = process.row
    if let comm = call.string(.comm), !comm.isEmpty { row.comm = Array(comm.prefix(64)) }
    if row.arguments == nil, let exe = call.string(.exe), let arguments = call.bytes(.args) {
      row.arguments = ScapSection.vector(exe, Array(arguments))
    }
    if let directory = call.string(.cwd), !directory.isEmpty { row.workingDirectory = directory }
    if let user = call.integer(.uid), user >= 0 { row.userID = UInt32(truncatingIfNeeded: user) }
    if let group = call.integer(.gid), group >= 0 { row.groupID = UInt32(truncatingIfNeeded: group) }
    if let pid = call.integer(.vpid), pid > 0 {
      row.namespacePID = UInt32(truncatingIfNeeded: pid)
      process.isInNamespace = pid != call.integer(.pid)
    }
    if let cgroups = call.bytes(.cgroups), cgroups.count > 0 {
      row.container = section.containers.container(ofCgroups: Array(cgroups), at: time)
    }
    if row.parent == nil, let parent = call.integer(.ptid) { row.parent = ScapSection.parent(parent, state) }
    if row.comm != process.row.comm || row.namespacePID != process.row.namespacePID { process.generation += 1 }
    process.row = row
  }

  private func applyExec(_ number: SystemCall?) throws(SystemError) {
    let result = call.integer(.res) ?? 0
    let asked = call.string(.filename) ?? call.string(.pathname)
    if result < 0 {
      return try row(.processExec, .activity, number, result: result) { builder in
        let name: ScapField = call.string(.filename) != nil ? .filename : .pathname
        if let path = path(name, directory: .dirfd) { builder.set(.path, string: path) }
      }
    }
    process.generation += 1
    process.row.arguments = nil
    process.row.executable = nil
    learn()
    let exe = call.string(.exe) ?? []
    let trusted = call.string(.trustedPath).flatMap { $0.isEmpty ? nil : $0 }
    let named = asked.flatMap { $0.isEmpty || $0 == Self.notAvailable ? nil : $0 }
    process.row.executable =
      trusted ?? named.map { Self.joined($0, to: process.row.workingDirectory) } ?? ScapSection.path(exe)
    process.row.execTime = time
    let terminal = call.integer(.tty) ?? 0
    state.closeAll(in: process) { $0.closesOnExec }
    try row(.processExec, .lifecycle, number, result: 0) { builder in
      let known = process.row
      if let vector = known.arguments {
        builder.set(.arguments, string: vector.bytes)
        builder.set(.argumentLength, Int64(vector.bytes.count))
      }
      if let path = known.executable { builder.set(.executable, string: path) }
      if let path = known.workingDirectory { builder.set(.workingDirectory, string: path) }
      if let named { builder.set(.askedFor, string: named) }
      builder.set(.comm, string: known.comm)
      if let user = known.userID { builder.set(.userID, Int64(user)) }
      if let group = known.groupID { builder.set(.groupID, Int64(group)) }
      if terminal > 0 { builder.set(.terminal, terminal) }
      if let parent = known.parent {
        builder.set(.parentPID, Int64(parent.pid))
        builder.set(.parentStart, Int64(bitPattern: parent.start.nanoseconds))
      }
      if let pid = known.namespacePID { builder.set(.namespacePID, Int64(pid)) }
    }
  }

  private func applyExit() throws(SystemError) {
    let isLast = state.remove(thread)
    let isProcess = isLast || (process.threadCount <= 0)
    let status = call.integer(.status)
    if isProcess, isShown {
      process.row.end = time
      process.row.exitCode = status.map { Int32(truncatingIfNeeded: $0) }
    }
    try row(isProcess ? .processExit : .threadExit, .lifecycle, nil, result: 0) { builder in
      if let status { builder.set(.exitCode, status & 0xFFFF) }
      if let user = process.row.userID { builder.set(.userID, Int64(user)) }
    }
    if isProcess {
      state.closeAll(in: process)
      try section.finish(process)
    }
  }
}
