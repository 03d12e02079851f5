internal import Bytes
internal import CaptureFormat
internal import Events
internal import Posix

/// One section of a .scap file on its way into a section of a capture.
///
/// The lists at its beginning become the state of the window's start; then events become rows as they come, and what is
/// known of processes and descriptors goes along with them.
final class ScapSection {
  let state = ScapState()
  let containers = ScapContainers()
  private var machine: ScapMachine?
  private let sink: CaptureWriter.Sink
  private let source: Source
  private let toolVersion: String
  private let catalogue: Catalogue

  /// Made with the first event: until then the lists come, which the capture's head needs.
  private var writer: CaptureWriter?
  private(set) var streams: ScapStreams?
  /// Parents are named by threads that may come later in the list.
  private var parents: [(process: ScapProcess, tid: Int64)] = []
  private var finished: [ProcessRow] = []
  /// What is taken off a wall time to get a time since boot.
  private var bootOffset: UInt64 = 0
  private(set) var firstTime: BootTime?
  private(set) var lastTime = BootTime(nanoseconds: 0)

  private(set) var eventCount: UInt64 = 0
  /// Neither a row nor an entry: of no process, synthetic, or told by another event.
  private(set) var leftOut: UInt64 = 0
  private(set) var unknownEvents: UInt64 = 0
  private var damagedFrom: BootTime?
  private var damageCount: UInt64 = 0
  private var losses: [LossRow] = []
  private static let lossLimit = 10_000

  private var event = ScapEvent()

  /// Where the events come from: lines of strace take the way of .scap events.
  enum Source {
    case scap
    /// - Parameter hasDate: Times are those of the calendar.
    case strace(hasDate: Bool)
  }

  init(source: Source, toolVersion: String, catalogue: Catalogue, sink: @escaping CaptureWriter.Sink) {
    self.source = source
    self.toolVersion = toolVersion
    self.catalogue = catalogue
    self.sink = sink
  }

  var isEmpty: Bool { writer == nil && state.threads.isEmpty && machine == nil }

  /// Takes in one block of it.
  ///
  /// - Returns: What is wrong with its inside; nil where nothing is.
  func take(_ type: UInt32, _ body: UnsafeRawBufferPointer) throws(SystemError) -> String? {
    switch type {
    case ScapBlockType.events, ScapBlockType.eventsWithFlags, ScapBlockType.eventsV2, ScapBlockType.eventsV2WithFlags,
      ScapBlockType.largeEvents, ScapBlockType.largeEventsWithFlags:
      return try takeEvent(type, body)
    default:
      do throws(ByteError) { try takeList(type, body) } catch { return "\(error)" }
      return nil
    }
  }

  private func takeList(_ type: UInt32, _ body: UnsafeRawBufferPointer) throws(ByteError) {
    if let version = ScapBlockType.processListVersion(type) {
      try ScapThreadEntry.read(body, version: version) { enter($0) }
      return
    }
    switch type {
    case ScapBlockType.machine: machine = try ScapMachine(body)
    case ScapBlockType.descriptorsV1, ScapBlockType.descriptorsV2:
      try ScapDescriptorEntry.read(body, isSized: type == ScapBlockType.descriptorsV2) { tid, entry in
        guard let process = state.known(tid)?.process else { return }
        let file = state.makeFile(entry.blockFile)
        file.isListening = entry.type == ScapDescriptorType.ipv4Server || entry.type == ScapDescriptorType.ipv6Server
        file.closesOnExec = (entry.flags ?? 0) & 1 << 12 != 0
        file.foundByScan = true
        state.open(entry.descriptor, file, in: process)
      }
    case ScapBlockType.users, ScapBlockType.usersV2:
      try ScapAccount.read(body, isSized: type == ScapBlockType.usersV2) {
        containers.name($0.name, isGroup: $0.isGroup)
      }
    default: break
    }
  }

  private func enter(_ entry: ScapThreadEntry) {
    let process: ScapProcess
    if let leader = state.known(entry.pid) {
      process = leader.process
    } else {
      let key = ProcessKey(pid: UInt32(truncatingIfNeeded: max(entry.pid, 0)), start: BootTime(nanoseconds: 0))
      process = ScapProcess(ProcessRow(key: key, flags: .foundByScan))
      state.add(entry.pid, to: process)
    }
    if entry.tid != entry.pid, state.known(entry.tid) == nil { state.add(entry.tid, to: process) }
    guard entry.tid == entry.pid || process.row.comm.isEmpty else { return }
    process.row.flags = .foundByScan
    process.row.comm = Array(entry.comm.prefix(64))
    process.row.executable = entry.executablePath.isEmpty ? Self.path(entry.exe) : entry.executablePath
    process.row.arguments = Self.vector(entry.exe, entry.arguments)
    process.row.workingDirectory = entry.directory.isEmpty ? nil : entry.directory
    process.row.userID = entry.userID
    process.row.groupID = entry.groupID
    process.row.session = entry.session.flatMap { UInt32(exactly: $0) }
    process.row.namespacePID = entry.pidInNamespace.flatMap { UInt32(exactly: $0) }
    process.isInNamespace = entry.pidInNamespace.map { $0 != entry.pid && $0 > 0 } ?? false
    process.row.container = containers.container(ofCgroups: entry.cgroups, at: BootTime(nanoseconds: 0))
    parents.append((process, entry.parent))
  }

  /// The argument vector: the first is told apart from the others.
  static func vector(_ exe: [UInt8], _ arguments: [UInt8]) -> ByteList? {
    if exe.isEmpty, arguments.isEmpty { return nil }
    return ByteList(nulTerminated: exe + [0] + arguments)
  }

  /// What the first argument tells of the program: nothing, unless it is a whole path.
  static func path(_ exe: [UInt8]) -> [UInt8]? { exe.first == UInt8(ascii: "/") ? exe : nil }

  // MARK: Begin and end

  /// Nanoseconds since boot, or since a second before the first event where the file does not tell when that was.
  func time(_ wall: UInt64) -> BootTime { BootTime(nanoseconds: wall >= bootOffset ? wall - bootOffset : 0) }

  private func begin(at wall: UInt64) throws(SystemError) {
    let boot = machine?.bootTime ?? 0
    bootOffset = boot > 0 && boot <= wall && wall - boot < 1 << 61 ? boot : wall - min(wall, 1_000_000_000)
    if bootOffset > UInt64(Int64.max) { bootOffset = UInt64(Int64.max) }
    for (process, tid) in parents {
      process.row.parent = Self.parent(tid, state)
    }
    parents = []
    let writer = try CaptureWriter(
      to: sink, provenance: provenance(), catalogue: catalogue)
    let start = time(wall)
    if hasDate {
      try writer.append(anchors: [
        AnchorRow(
          boot: BootTime(nanoseconds: 0), monotonic: 0, real: WallTime(nanoseconds: Int64(bitPattern: bootOffset)),
          reason: .start)
      ])
    }
    firstTime = start
    self.writer = writer
    streams = ScapStreams(writer: writer)
    try writeState(at: start, to: writer)
  }

  static func parent(_ tid: Int64, _ state: ScapState) -> ProcessKey? {
    guard tid > 0 else { return nil }
    return state.known(tid)?.process.row.key
      ?? ProcessKey(pid: UInt32(truncatingIfNeeded: tid), start: BootTime(nanoseconds: 0))
  }

  private var hasDate: Bool { if case .strace(let hasDate) = source { hasDate } else { true } }

  private func provenance() -> Provenance {
    var provenance = Provenance()
    if let name = machine?.hostName, !name.isEmpty { provenance[.hostName] = String(decoding: name, as: UTF8.self) }
    provenance[.toolVersion] = toolVersion
    provenance[.clock] = "realtime"
    switch source {
    case .scap:
      provenance[.source] = "scap"
      provenance[.operation] = "converted from .scap"
    case .strace:
      provenance[.source] = "strace"
      provenance[.operation] = "converted from what strace printed"
    }
    return provenance
  }

  private func writeState(at time: BootTime, to writer: CaptureWriter) throws(SystemError) {
    var processes: [ScapProcess] = []
    for thread in state.threads.values where thread.tid == Int64(thread.process.row.key.pid) {
      processes.append(thread.process)
    }
    guard !processes.isEmpty else { return }
    processes.sort { $0.row.key.pid < $1.row.key.pid }
    let keys = Set(processes.map(\.row.container)).sorted()
    var image = StateImage(streams: [], processes: [], descriptors: [])
    for key in keys {
      for lane in Lane.allCases {
        image.streams.append(
          StateRow(
            container: key, lane: lane, achievedStart: time, firstSequence: 0,
            stateTime: lane == .activity ? nil : time))
      }
    }
    try writer.append(image)
    // In parts: the descriptors of a large host are many.
    for process in processes {
      image.streams = []
      image.processes.append(process.row)
      for (number, file) in process.files.sorted(by: { $0.key < $1.key }) {
        var flags = DescriptorFlags.foundByScan
        if file.isListening { flags.insert(.listening) }
        if file.closesOnExec { flags.insert(.closesOnExec) }
        image.descriptors.append(
          DescriptorRow(
            container: process.row.container, process: process.row.key, descriptor: number, flags: flags,
            file: file.file))
      }
      if image.processes.count + image.descriptors.count > 4096 {
        try writer.append(image)
        image = StateImage(streams: [], processes: [], descriptors: [])
      }
    }
    try writer.append(image)
  }

  /// A damaged place was passed over: something is missing from here on.
  func noteDamage() {
    damagedFrom = damagedFrom ?? lastTime
    damageCount += 1
  }

  private func endDamage(at time: BootTime) {
    guard let from = damagedFrom else { return }
    damagedFrom = nil
    if losses.count < Self.lossLimit {
      losses.append(
        LossRow(
          cause: .undecodable, lane: nil, container: nil, from: min(from, time), to: time, count: damageCount))
    } else {
      losses[losses.count - 1].to = max(losses[losses.count - 1].to, time)
      losses[losses.count - 1].count += damageCount
    }
    damageCount = 0
  }

  /// Writes what is open, the tables and the footer.
  ///
  /// - Parameter reason: How the .scap file ended, in words.
  func finish(reason: String) throws(SystemError) {
    if isEmpty, damagedFrom == nil { return }
    if writer == nil { try begin(at: (machine?.bootTime).map { $0 &+ 1 } ?? 1_000_000_000) }
    guard let writer, let streams else { return }
    endDamage(at: lastTime)
    try tellUnfinished()
    try streams.sealAll()
    for thread in state.threads.values.sorted(by: { $0.tid < $1.tid }) { try finish(thread.process) }
    try writer.append(processes: finished)
    try writer.append(containers: containers.written)
    if !losses.isEmpty { try writer.append(losses: losses) }
    try writer.finish(
      Completeness(from: firstTime ?? lastTime, to: lastTime, isComplete: false, reason: reason))
  }

  /// The process is over, or the file is: its row can be written.
  func finish(_ process: ScapProcess) throws(SystemError) {
    guard !process.isFinished else { return }
    process.isFinished = true
    process.row.eventCount = process.eventCount
    finished.append(process.row)
    guard finished.count >= 4096 else { return }
    try writer?.append(processes: finished)
    finished = []
  }

  // MARK: Events

  private func takeEvent(_ type: UInt32, _ body: UnsafeRawBufferPointer) throws(SystemError) -> String? {
    if let fault = event.read(type, body) { return fault }
    eventCount += 1
    guard event.type < ScapPlan.all.count, let description = ScapEventTable.shared.event(event.type) else {
      unknownEvents += 1
      return nil
    }
    let parameters = ScapParameters(
      event: description, data: event.data, places: event.places, count: min(event.count, description.parameters.count))
    let plan = ScapPlan.all[event.type]
    if case .none = plan {
      leftOut += 1
      return nil
    }
    // What is told of containers at the beginning has no time, or an impossible one.
    if writer == nil, !plan.isOfContainers { try begin(at: event.time) }
    let time = plan.isOfContainers ? lastTime : time(event.time)
    if damagedFrom != nil { endDamage(at: time) }
    if time > lastTime { lastTime = time }
    switch plan {
    case .none: break
    case .containerJSON:
      leftOut += 1
      if let json = parameters.bytes(.json) { _ = containers.describe(json: json, at: time) }
    case .plugin:
      leftOut += 1
      if parameters.string(.name) == Array("container".utf8), let json = parameters.bytes(.data) {
        _ = containers.describe(json: json, at: time)
      }
    case .containerFields:
      leftOut += 1
      containers.describe(
        id: parameters.string(.id) ?? [], type: parameters.integer(.type) ?? -1, name: parameters.string(.name) ?? [],
        image: parameters.string(.image) ?? [], at: time)
    case .account(let isGroup):
      leftOut += 1
      let id = parameters.integer(isGroup ? .gid : .uid) ?? -1
      if let id = UInt32(exactly: id), let name = parameters.string(.name) {
        containers.name(
          AccountName(id: id, name: name), isGroup: isGroup, in: parameters.string(.containerID) ?? [])
      }
    case .entry: putAside(parameters)
    default: try takeCall(plan, parameters, at: time)
    }
    return nil
  }

  /// Takes in a call that another tool tells of.
  ///
  /// - Parameters:
  ///   - time: When it ended, nanoseconds.
  ///   - plan: Nil where only the thread is told of.
  func take(
    _ plan: ScapPlan, _ exit: ScapParameters, by tid: Int64, at wall: UInt64, duration: UInt64?,
    isUnfinished: Bool = false
  ) throws(SystemError) {
    if writer == nil { try begin(at: wall) }
    eventCount += 1
    let time = time(wall)
    if damagedFrom != nil { endDamage(at: time) }
    if time > lastTime { lastTime = time }
    let thread = state.thread(tid)
    let act = ScapAct(
      section: self, thread: thread, call: ScapCall(exit: exit, entry: nil), time: time, duration: duration, cpu: 0,
      isShown: true)
    if isUnfinished { try act.tellUnfinished(plan) } else { try act.apply(plan) }
  }

  private func putAside(_ parameters: ScapParameters) {
    let thread = state.thread(event.thread)
    thread.entryType = event.type
    thread.entryTime = event.time
    thread.entryCount = parameters.count
    thread.entryData.removeAll(keepingCapacity: true)
    // What was given to a call stands in its exit: of entries the numbers and paths are wanted.
    guard parameters.data.count <= 1 << 16 else {
      thread.entryCount = 0
      return
    }
    thread.entryData.append(contentsOf: parameters.data)
    if thread.entryCount > 0 { thread.entryPlaces = Array(parameters.places.prefix(parameters.count + 1)) }
  }

  private func takeCall(_ plan: ScapPlan, _ exit: ScapParameters, at time: BootTime) throws(SystemError) {
    let thread = state.thread(event.thread)
    // Their entries are even, each followed by its exit's number.
    let isPaired = thread.entryType >= 0 && thread.entryType == event.type - 1 && event.type % 2 == 1
    let entryTime = isPaired && event.time >= thread.entryTime ? thread.entryTime : nil
    let duration = entryTime.map { event.time - $0 }
    thread.entryType = -1
    guard isPaired, thread.entryCount > 0, let description = ScapEventTable.shared.event(event.type - 1) else {
      return try row(of: plan, ScapCall(exit: exit, entry: nil), thread, time, duration)
    }
    var failure: SystemError?
    thread.entryData.withUnsafeBytes { bytes in
      let entry = ScapParameters(
        event: description, data: bytes, places: thread.entryPlaces, count: thread.entryCount)
      do throws(SystemError) {
        try row(of: plan, ScapCall(exit: exit, entry: entry), thread, time, duration)
      } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// The calls that had not returned when the file ended.
  private func tellUnfinished() throws(SystemError) {
    let waiting = state.threads.values.filter { $0.entryType >= 0 }
    for thread in waiting.sorted(by: { $0.tid < $1.tid }) {
      guard thread.entryType + 1 < ScapPlan.all.count,
        let description = ScapEventTable.shared.event(thread.entryType)
      else { continue }
      let began = time(thread.entryTime)
      let data = thread.entryData
      var failure: SystemError?
      data.withUnsafeBytes { bytes in
        let entry = ScapParameters(
          event: description, data: bytes, places: thread.entryPlaces, count: thread.entryCount)
        let act = ScapAct(
          section: self, thread: thread, call: ScapCall(exit: entry, entry: nil), time: lastTime,
          duration: lastTime.nanoseconds >= began.nanoseconds ? lastTime.nanoseconds - began.nanoseconds : nil, cpu: 0,
          isShown: true)
        do throws(SystemError) { try act.tellUnfinished(ScapPlan.all[thread.entryType + 1]) } catch { failure = error }
      }
      if let failure { throw failure }
    }
  }

  private func row(
    of plan: ScapPlan, _ call: ScapCall, _ thread: ScapThread, _ time: BootTime, _ duration: UInt64?
  ) throws(SystemError) {
    let act = ScapAct(
      section: self, thread: thread, call: call, time: time, duration: duration, cpu: event.cpu,
      isShown: !event.isStateOnly)
    try act.apply(plan)
  }

  func countLeftOut() { leftOut += 1 }
}

extension ScapDescriptorEntry {
  /// What the descriptor is, as a capture describes it.
  var blockFile: BlockFile {
    var file = BlockFile(id: .unknown, inode: inode, device: Self.device(device), type: .anonymous, mode: 0)
    switch type {
    case ScapDescriptorType.file, ScapDescriptorType.fileV2, 20: file.type = .regular
    case ScapDescriptorType.directory: file.type = .directory
    case ScapDescriptorType.fifo: file.type = .pipe
    case ScapDescriptorType.ipv4, ScapDescriptorType.ipv6, ScapDescriptorType.ipv4Server,
      ScapDescriptorType.ipv6Server, ScapDescriptorType.unix, ScapDescriptorType.netlink:
      file.type = .socket
    default: file.type = .anonymous
    }
    switch type {
    case ScapDescriptorType.ipv4, ScapDescriptorType.ipv4Server, ScapDescriptorType.ipv6,
      ScapDescriptorType.ipv6Server:
      file.localAddress = SocketAddress(source, sourcePort)
      if !destination.isEmpty { file.remoteAddress = SocketAddress(destination, destinationPort) }
      (file.socketType, file.networkProtocol) = Self.transport(networkProtocol)
    case ScapDescriptorType.unix:
      file.localAddress = .unix(path: name.first == UInt8(ascii: "@") ? [0] + name.dropFirst() : name)
    default: file.path = name.isEmpty ? nil : name
    }
    if let flags { file.openFlags = UInt32(truncatingIfNeeded: ScapFlags.linuxOpen(Int64(flags))) }
    return file
  }

  /// Major and minor number as the kernel gives them to programs.
  static func device(_ value: UInt32) -> UInt32 {
    (value >> 8 & 0xFFF) << 20 | (value & 0xFF | value >> 12 & 0xFFF00)
  }

  /// SOCK_* and IPPROTO_* for the file's own numbers: 1 TCP, 2 UDP, 3 ICMP, 4 raw.
  static func transport(_ number: UInt8) -> (UInt16?, UInt16?) {
    switch number {
    case 1: (1, 6)
    case 2: (2, 17)
    case 3: (3, 1)
    case 4: (3, nil)
    default: (nil, nil)
    }
  }
}

extension SocketAddress {
  init(_ address: [UInt8], _ port: UInt16) {
    self = address.count == 16 ? .ipv6(address: address, port: port) : .ipv4(address: address, port: port)
  }
}
