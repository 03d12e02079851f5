internal import CaptureFormat
internal import Events
internal import ProbeRecords

/// Decodes each probe record once, keeps the tables of processes and files up to date with it, and appends the event
/// to the stream of its container and lane.
struct EventDecoder {
  var processes = ProcessTable()
  var files: FileTable
  let recipes: RecipeTable
  let attribution: Attribution
  let streams: Streams
  /// A command and what it started are recorded, whatever their containers.
  var isSubtreeOnly = false
  /// Likely secrets in payloads become asterisks.
  /// Whose sockets are; nil where no packets are recorded.
  var flows: FlowTable?
  /// Who may have got a network namespace since somebody looked.
  var networkHints: [(container: ContainerKey, pid: UInt32)] = []
  var masksSecrets = true
  /// Records that made no sense: too short for their form, or of a form this version does not know.
  private(set) var malformed: UInt64 = 0
  /// Events that stand after younger ones of their stream, because their probe was held up.
  private(set) var stragglers: UInt64 = 0
  /// What is missing or out of its place, and shows in decoding.
  var losses = DecodingLosses()
  /// Requests that io_uring_enter hands over are events of their own; else they are counted as not told.
  var decodesRings: Bool { rings.isDecoded }
  private var lateness = Lateness.none

  /// Why a record may be older than one that was decoded before it.
  private enum Lateness {
    case none
    /// Two CPUs wrote at once.
    case overtaken
    /// Its probe was held up.
    case straggler
    /// It waited until its container was known.
    case held
  }

  /// Where it is not nil: processes as they were before an exec, and until when. To be taken out now and then.
  var supersededImages: [(process: RecordedProcess, until: BootTime)]?
  /// Where it is not nil: what each process has open.
  var descriptors: DescriptorLedger?
  let effects = DescriptorEffects()
  var rings = RingRequests()
  var openKeys = OpenKeys()
  var credentials = CredentialTable()
  var deaths = DeathLedger()
  var interruptedCalls = InterruptedCalls()
  var lives = ContainerLives()
  var addressNames = AddressNames()
  var translations: Translations?
  /// Where paths are put together: its room is used again.
  var joinedPath: [UInt8] = []
  /// Of the row that was begun last.
  private(set) var currentProcess = -1
  /// Files that were named by a number that no definition came for, or whose definition was given up: by container.
  private(set) var unnamedFiles: [ContainerKey: UnnamedFiles] = [:]

  struct UnnamedFiles {
    var count: UInt64 = 0
    var last = BootTime(nanoseconds: 0)
  }

  init(recipes: RecipeTable, attribution: Attribution, streams: Streams, fileCapacity: Int) {
    files = FileTable(capacity: fileCapacity)
    self.recipes = recipes
    self.attribution = attribution
    self.streams = streams
  }

  /// Decodes one record. Cgroup records go to the attribution first, so that what follows them is named.
  mutating func decode(_ record: ProbeRecord) {
    let header = record.header
    switch UInt32(header.form) {
    case AT_FORM_TRANSFER.rawValue, AT_FORM_DESCRIPTOR.rawValue: decodeTransfer(record, header)
    case AT_FORM_CALL.rawValue: decodeCall(record, header)
    case AT_FORM_DETAILED.rawValue: decodeDetailed(record, header)
    case AT_FORM_DEFINITION.rawValue: decodeDefinition(record, header)
    case AT_FORM_FORK.rawValue: decodeFork(record, header)
    case AT_FORM_EXEC.rawValue: decodeExec(record, header)
    case AT_FORM_EXIT.rawValue: decodeExit(record, header)
    case AT_FORM_CGROUP.rawValue: decodeCgroup(record, header)
    case AT_FORM_RENAME.rawValue: decodeRename(record, header)
    case AT_FORM_OUTCOME.rawValue: decodeOutcome(record, header)
    case AT_FORM_FATAL.rawValue: decodeFatal(record, header)
    case AT_FORM_OOM.rawValue: decodeOutOfMemory(record, header)
    case AT_FORM_RING.rawValue: decodeRing(record, header)
    case AT_FORM_SIGNAL_RETURN.rawValue: decodeSignalReturn(header)
    default: malformed += 1
    }
  }

  /// Decodes a record that came after one that is younger by `nanoseconds`.
  mutating func decode(_ record: ProbeRecord, lateBy nanoseconds: UInt64) {
    lateness = nanoseconds > RingSet.slack ? .straggler : .overtaken
    decode(record)
    lateness = .none
  }

  /// Decodes a record that had to wait until its container was known.
  mutating func decodeHeld(_ record: ProbeRecord) {
    lateness = .held
    decode(record)
    lateness = .none
  }

  /// What goes through a file in one direction, by a number; 0 where the file has none.
  static func stream(of file: at_file, isGiven: Bool) -> UInt64 { file.id << 1 | (isGiven && file.id != 0 ? 1 : 0) }

  mutating func countMalformed() { malformed += 1 }

  private static func hintsAtNetwork(_ kind: EventKind) -> Bool {
    kind == .processExec || kind == .namespaceUnshare || kind == .namespaceEnter
  }

  /// Opens the row that every event starts with; nil when the recording does not want this container.
  ///
  /// - Parameter isOutsider: The process acts on the container and is not of it.
  mutating func beginRow(
    _ header: at_header, kind: EventKind, result: Int64, flags: EventFlags = [], process known: Int? = nil,
    isOutsider: Bool = false
  ) -> EventBlockBuilder? {
    let place = attribution.place(
      cgroup: header.cgroup, mountNamespace: header.mount_namespace, at: header.time)
    guard streams.wants(place.container) else { return nil }
    let key = header.processKey
    let number = known ?? processes.enter(key)
    currentProcess = number
    let (generation, marks) =
      isOutsider ? (processes[number].generation, []) : processes.countEvent(of: number, in: place.container)
    // What came through the ring that wakes the recorder is of processes and containers; packets never come this way.
    let lane = Lane.ofEvents.first { $0.rawValue == header.lane } ?? .lifecycle
    let builder = streams.builder(for: StreamKey(container: place.container, lane: lane))
    let process = builder.internProcess(key, generation: generation) { processes[number].blockProcess }
    var flags = flags.union(EventFlags(rawValue: header.flags))
    if place.isEnteredFromOutside { flags.insert(.enteredFromOutside) }
    if marks.contains(.runtimeSetUp) { flags.insert(.runtimeSetUp) }
    if lateness != .none, header.time < builder.latestTime.nanoseconds {
      flags.insert(.outOfOrder)
      if lateness == .straggler {
        stragglers += 1
        losses.note(.outOfOrder, in: builder.stream, at: BootTime(nanoseconds: header.time))
      }
    }
    builder.beginRow(
      time: BootTime(nanoseconds: header.time), process: process, thread: header.tid, kind: kind, call: header.call,
      result: result, flags: flags, cpu: header.cpu)
    if let acting = place.actingIn { builder.set(.actingIn, Int64(acting.rawValue)) }
    if flows != nil, place.container != .host, result >= 0, Self.hintsAtNetwork(kind), networkHints.count < 256 {
      networkHints.append((place.container, key.pid))
    }
    return builder
  }

  private mutating func decodeTransfer(_ record: ProbeRecord, _ header: at_header) {
    guard let body = record.body(as: at_transfer.self) else { return countMalformed() }
    let outline = recipes.outline(of: header.call)
    let kind = outline.kind
    guard let builder = beginRow(header, kind: kind, result: body.result) else { return }
    // What a request to io_uring was about may be in no descriptor.
    let isSlot = body.descriptor < 0 && header.flags & UInt32(AT_FLAG_VIA_RING) != 0
    if !isSlot { builder.set(.descriptor, Int64(body.descriptor)) }
    let isThere = body.file.type != UInt8(AT_FILE_NONE.rawValue)
    if isThere { builder.set(.file, Int64(intern(body.file, in: builder))) }
    if UInt32(header.form) == AT_FORM_TRANSFER.rawValue {
      if isThere, !isSlot { trackUse(currentProcess, body.descriptor, body.file, at: header.time) }
      builder.set(.count, Int64(bitPattern: body.count))
      if body.offset != .max { builder.set(.offset, Int64(bitPattern: body.offset)) }
    } else {
      if !isSlot { trackDescriptorCall(currentProcess, header, body) }
      recipes.forEachArgument(of: outline) { argument in
        if argument.index == 2 { builder.set(argument.column, argument.value(of: body.offset)) }
      }
    }
    if header.field_count > 0 {
      var payload = PayloadField()
      for field in record.fields(after: MemoryLayout<at_transfer>.size) {
        payload.take(field)
        takeDuration(field, header, body.result, builder)
      }
      if body.file.payload_class == UInt8(AT_PAYLOAD_DNS.rawValue) { learnNames(payload, kind, header, builder) }
      payload.write(
        to: builder, masksSecrets: masksSecrets, keys: &openKeys,
        stream: Self.stream(of: body.file, isGiven: kind == .fileWrite || kind == .networkSend))
    }
    streams.endRow(builder)
  }

  private mutating func decodeCall(_ record: ProbeRecord, _ header: at_header) {
    guard let body = record.body(as: at_call.self) else { return countMalformed() }
    let outline = recipes.outline(of: header.call)
    let kind = outline.form == .call ? outline.kind : .call
    guard let builder = beginRow(header, kind: kind, result: body.result) else { return }
    if header.field_count > 0 { setDuration(record, header, body.result, after: MemoryLayout<at_call>.size, builder) }
    if header.flags & UInt32(AT_FLAG_UNFINISHED) != 0, let argument = recipes.descriptorArgument(of: header.call) {
      builder.set(.descriptor, Int64(Int32(truncatingIfNeeded: body.argument(argument))))
      return streams.endRow(builder)
    }
    trackRawCall(currentProcess, header, body)
    if !decodesRings, header.number == Self.ringSetup || header.number == Self.ringEnter { countRing(body, builder) }
    if outline.isTyped {
      recipes.forEachArgument(of: outline) { argument in
        builder.set(argument.column, argument.value(of: body.argument(argument.index)))
      }
      return streams.endRow(builder)
    }
    builder.set(.argument0, Int64(bitPattern: body.arguments.0))
    builder.set(.argument1, Int64(bitPattern: body.arguments.1))
    builder.set(.argument2, Int64(bitPattern: body.arguments.2))
    builder.set(.argument3, Int64(bitPattern: body.arguments.3))
    builder.set(.argument4, Int64(bitPattern: body.arguments.4))
    builder.set(.argument5, Int64(bitPattern: body.arguments.5))
    streams.endRow(builder)
  }

  /// The same on every architecture.
  private static let ringSetup: Int16 = 425
  private static let ringEnter: Int16 = 426

  /// What was handed over through io_uring makes no call. A ring counts as one: a thread of the kernel's own may take from it.
  private mutating func countRing(_ body: at_call, _ builder: EventBlockBuilder) {
    let count = body.header.number == Self.ringSetup ? (body.result >= 0 ? 1 : 0) : max(body.result, 0)
    guard count > 0 else { return }
    losses.note(
      .ioRing, in: StreamKey(container: builder.stream.container, lane: .activity),
      at: BootTime(nanoseconds: body.header.time), count: UInt64(count))
  }

  /// The registers are those of before the signal: neither arguments nor result are the call's.
  private mutating func decodeSignalReturn(_ header: at_header) {
    var header = header
    // The 32-bit interfaces have two calls that do this, and nothing tells which it was.
    if let call = recipes.signalReturn(abi: header.abi) { header.number = Int16(call.number) }
    if let builder = beginRow(header, kind: .signalReturn, result: 0) { streams.endRow(builder) }
  }

  /// The file's number in the block's own dictionary: with its path where a definition came, without where none did.
  mutating func intern(_ file: at_file, in builder: EventBlockBuilder) -> Int {
    builder.internFile(FileID(rawValue: file.id), inode: file.inode, device: file.device) {
      let misses = files.misses
      let definition = file.id == 0 ? nil : files.definition(of: FileID(rawValue: file.id))
      if files.misses > misses { losses.note(.nameGivenUp, in: builder.stream, at: builder.lastTime) }
      if definition == nil, file.id != 0 {
        unnamedFiles[builder.stream.container, default: UnnamedFiles()].count += 1
        unnamedFiles[builder.stream.container]?.last = builder.lastTime
      }
      return BlockFile(
        id: FileID(rawValue: file.id), inode: file.inode, device: file.device, type: FileType(rawValue: file.type),
        mode: file.mode, definition)
    }
  }

  private mutating func decodeDefinition(_ record: ProbeRecord, _ header: at_header) {
    guard let body = record.body(as: at_definition.self) else { return countMalformed() }
    let definition = FileDefinition(
      file: FileID(rawValue: body.file.id), inode: body.file.inode, device: body.file.device, mode: body.file.mode,
      type: body.file.type, openFlags: body.open_flags, flags: EventFlags(rawValue: header.flags))
    for field in record.fields(after: MemoryLayout<at_definition>.size) {
      let notes = EventFlags(rawValue: field.flags)
      definition.flags.formUnion(notes)
      switch field.id {
      case AT_FIELD_COMPONENTS.rawValue where !notes.contains(.unreadable):
        definition.path = path(fromComponents: field.bytes)
      case AT_FIELD_NAME.rawValue where !notes.contains(.unreadable): definition.path = Array(field.bytes)
      case AT_FIELD_SOCKET.rawValue:
        if let socket = field.value(as: at_socket.self) { definition.describe(socket) }
      default: break
      }
    }
    files.insert(definition)
    guard flows != nil, definition.networkNamespace != nil else { return }
    let container = attribution.place(cgroup: header.cgroup, mountNamespace: header.mount_namespace).container
    flows?.note(definition, FlowTable.Owner(process: header.processKey, container: container))
  }
}

extension BlockFile {
  init(id: FileID, inode: UInt64, device: UInt32, type: FileType, mode: UInt16, _ definition: FileDefinition?) {
    self.init(
      id: id, inode: inode, device: device, type: type, mode: mode, path: definition?.path,
      localAddress: definition?.local, remoteAddress: definition?.remote, socketCookie: definition?.cookie,
      networkNamespace: definition?.networkNamespace, socketType: definition?.socketType,
      networkProtocol: definition?.networkProtocol, openFlags: definition?.openFlags,
      peerInode: definition?.peerInode)
  }
}

extension FileDefinition {
  /// Takes the addresses of an Internet socket; a Unix socket's path comes as its name.
  func describe(_ socket: at_socket) {
    if socket.cookie != 0 { cookie = socket.cookie }
    networkNamespace = socket.network_namespace
    socketType = socket.type
    networkProtocol = socket.protocol
    if socket.peer_inode != 0 { peerInode = socket.peer_inode }
    if socket.local_port != 0 {
      local = SocketAddress(family: socket.family, port: socket.local_port, storage: socket.local_address)
    }
    if socket.remote_port != 0 {
      remote = SocketAddress(family: socket.family, port: socket.remote_port, storage: socket.remote_address)
      peer = EncodedAddress(family: socket.family, port: socket.remote_port, storage: socket.remote_address)
    }
  }
}

extension SocketAddress {
  /// The address in the sixteen bytes that the probes keep for either family; nil for families that have none.
  fileprivate init?<Storage: BitwiseCopyable>(family: UInt16, port: UInt16, storage: Storage) {
    let bytes = withUnsafeBytes(of: storage) { Array($0) }
    switch family {
    case Self.ipv4Family: self = .ipv4(address: Array(bytes.prefix(4)), port: port)
    case Self.ipv6Family: self = .ipv6(address: Array(bytes.prefix(16)), port: port)
    default: return nil
    }
  }
}

extension at_header {
  var processKey: ProcessKey { ProcessKey(pid: tgid, start: BootTime(nanoseconds: leader_start)) }
  /// The call that this record is of; nil for scheduler and cgroup events.
  var call: SystemCall? { number >= 0 ? SystemCall(abi: abi, number: UInt16(number)) : nil }
}

extension RecordedProcess {
  /// What a block's own dictionary says of the process.
  var blockProcess: BlockProcess {
    BlockProcess(key: key, comm: comm, executable: executable, namespacePID: namespacePID)
  }
}
