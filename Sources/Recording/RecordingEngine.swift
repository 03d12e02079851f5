public import CaptureFormat
internal import Events
internal import Posix
internal import ProbeRecords
internal import SystemCalls

/// What everything that records has in common: probes, names, decoding, losses and clocks.
///
/// One thread drains the rings in the order of time, decodes and attributes; where the events go is the streams' matter.
/// The recorder never records itself.
final class RecordingEngine {
  struct Settings {
    /// Bytes of each ring of the detail lane.
    var ringSize: Int
    var recordsByDefault = true
    var isSubtreeOnly = false
    var payload = PayloadLimits()
    var durations = CallDurations.blocked
    var packets = PacketOptions(mode: .off)
    /// What packets may take in the kernel, in bytes; on their way to a block they may take as much again.
    var packetMemory = 128 << 20
    /// What the kernel may need for files that are kept open to be read again, in bytes.
    var openFileMemory = 64 << 20
    /// Names of files that are remembered.
    var fileCapacity = 262_144
    /// Open files that the probes remember to have named; nil leaves it as it is.
    var definitionCapacity: Int?
    var forced = ForcedLosses()
  }

  let resolver: ContainerResolver
  let attribution: Attribution
  let session: ProbeSession
  let streams: Streams
  let started: BootTime
  /// Nil where NAT cannot be seen.
  let translations: Translations?
  var decoder: EventDecoder
  var ledger = LossLedger()
  private let hierarchy: CgroupHierarchy
  private let sampler: ResourceSampler
  private(set) var pending = PendingRecords()
  private var lastAnchor: BootTime
  private var wallOffset: Int64
  /// When the probes' accounts of losses were last gone through for those of dead cgroups.
  private var lastClosing: UInt64
  /// When the cgroups were last looked through because a record of one was lost.
  private var lastRescan: UInt64 = 0
  private var isEnded = false
  /// When the kernel's counts of probes that were not run were last read, and what they were.
  private var lastMisses: (time: UInt64, count: UInt64) = (0, 0)
  private var lastMalformed: (time: UInt64, count: UInt64) = (0, 0)
  /// When the processes that were there already had been looked at.
  private var scanned: BootTime
  /// The processes that were there before the probes were put on, and after; until they are taken in.
  private var rowsBefore: [UInt8] = []
  private var rowsAfter: [UInt8] = []
  private(set) var shedder = LoadShedder()
  /// Of whom nothing is shed any more: what they did to their descriptors meanwhile is not known.
  var takenInAgain: Set<ContainerKey> = []

  /// Loads and attaches the probes, and takes in the containers that are there already.
  init(_ settings: Settings, streams: Streams) throws {
    self.streams = streams
    try PidNamespace.requireInitial()
    hierarchy = try CgroupHierarchy.detect()
    resolver = try ContainerResolver(hierarchy: hierarchy)
    // Not this process's own: as a hardened service it has one to itself.
    let hostNamespace = mountNamespace(at: "/proc/1/ns/mnt") ?? mountNamespace(at: "/proc/self/ns/mnt") ?? 0
    attribution = Attribution(resolver: resolver, hostMountNamespace: hostNamespace)
    sampler = ResourceSampler(
      files: ResourceFile.all(beside: hierarchy), streams: streams, openMemory: settings.openFileMemory)
    translations = Translations()
    let recipes = RecipeTable()
    session = try ProbeSession(
      ProbeSettings(
        ringSize: settings.ringSize, definitionCapacity: settings.definitionCapacity,
        recordsByDefault: settings.recordsByDefault,
        isSubtreeOnly: settings.isSubtreeOnly, hierarchy: hierarchy.number, hostMountNamespace: hostNamespace,
        testing: settings.forced.losesDefinitions ? UInt32(AT_TESTING_LOSE_DEFINITIONS) : 0,
        payload: settings.payload,
        durations: settings.durations,
        fileCapacity: settings.fileCapacity, tableCapacity: settings.forced.tableCapacity,
        leftOut: settings.forced.leftOutProbes),
      recipes: recipes)
    decoder = EventDecoder(
      recipes: recipes, attribution: attribution, streams: streams, fileCapacity: settings.fileCapacity)
    decoder.translations = translations
    decoder.isSubtreeOnly = settings.isSubtreeOnly
    decoder.masksSecrets = settings.payload.masksSecrets
    started = BootTime(nanoseconds: Clock.boot)
    lastAnchor = started
    scanned = started
    lastMisses.time = started.nanoseconds
    lastMalformed.time = started.nanoseconds
    lastClosing = started.nanoseconds
    wallOffset = Clock.real - Int64(Clock.boot)
    // Attached first, scanned second: what starts in between is seen by both, and merged by (pid, start). Listed before as well:
    // who is gone by the second list has left events behind that want a name.
    let lister = try ProcessLister(hierarchy: hierarchy.number)
    rowsBefore = try lister.rows()
    try session.attach()
    rowsAfter = try lister.rows()
    scanned = BootTime(nanoseconds: Clock.boot)
    // Whoever began before this was there for the scan to find.
    decoder.processes.strangersBefore = BootTime(nanoseconds: Clock.boot)
    do throws(SystemError) {
      try session.tryRing(EventDecoder.trialPath)
      decoder.rings.trial = .made(Clock.boot)
    } catch {
      if RequestRing.isAbsent { decoder.rings.trial = .needless }
    }
    resolver.scan(at: started)
    if settings.packets.mode != .off { try tapNetwork(settings) }
  }

  private func tapNetwork(_ settings: Settings) throws {
    // Of whole packets, which segment offload makes 64 KiB long, a megabyte is full within a millisecond.
    let bufferSize = settings.packets.mode == .all ? 8 << 20 : 1 << 20
    let streams = streams
    decoder.flows = FlowTable(capacity: max(4096, settings.packetMemory >> 10))
    streams.packets = try PacketStreams(
      PacketTap.Settings(
        options: settings.packets, masksSecrets: settings.payload.masksSecrets, bufferSize: Int32(bufferSize),
        namespaceLimit: max(settings.packetMemory / bufferSize, 1), queueLimit: settings.packetMemory)
    ) { streams.pass($0) }
    streams.packets?.needsOwner = settings.isSubtreeOnly
    if streams.wants(.host) { streams.packets?.addHost() }
  }

  /// Files the packets that came, and looks for network namespaces that are not captured yet.
  func takePackets(_ now: UInt64) {
    guard let packets = streams.packets else { return }
    for process in decoder.processes.processes
    where process.container != .host && process.end == nil && !process.isForgotten
      && packets.mayBeNew(process.container, now) && streams.wants(process.container)
    {
      tap(process.container, process.key.pid, now, packets)
    }
    packets.run(
      now, flows: decoder.flows ?? FlowTable(capacity: 1), wants: streams.wants, describe: describePacket,
      lose: { ledger.add($0) })
  }

  private func tap(_ container: ContainerKey, _ pid: UInt32, _ now: UInt64, _ packets: PacketStreams) {
    packets.add(container, process: pid, now, isNew: resolver[container].map { !$0.isOlderThanRecording } ?? false)
  }

  /// Enters the network namespaces of containers that have just got one, or begin to run something: before they talk.
  private func tapEarly() {
    guard let packets = streams.packets, !decoder.networkHints.isEmpty else { return }
    let now = Clock.boot
    for (container, pid) in decoder.networkHints where packets.mayBeNew(container, now) && streams.wants(container) {
      tap(container, pid, now, packets)
    }
    decoder.networkHints.removeAll(keepingCapacity: true)
  }

  /// What Wireshark shows of a packet.
  private func describePacket(_ container: ContainerKey, _ process: ProcessKey?) -> [UInt8] {
    var words: [String] = []
    if let record = resolver[container] {
      words.append("container=\(record.metadata.name ?? String(record.id.prefix(12)))")
      if let pod = record.metadata.podName {
        words.append("pod=\(record.metadata.podNamespace.map { $0 + "/" } ?? "")\(pod)")
      }
    } else if container == .host {
      words.append("host")
    }
    if let process {
      words.append("pid=\(process.pid)")
      if let number = decoder.processes.number(of: process) {
        // What reads this finds keys by their "=".
        let comm = decoder.processes[number].comm.map { $0 == UInt8(ascii: "=") ? UInt8(ascii: "?") : $0 }
        words.append("process=\(String(decoding: comm, as: UTF8.self))")
        if let executable = decoder.processes[number].executable {
          words.append("exe=\(String(decoding: executable, as: UTF8.self))")
        }
      }
    }
    let text = words.joined(separator: " ")
    return Array(
      String(
        String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 32 || (127..<160).contains($0.value) ? " " : $0 })
      ).utf8)
  }

  /// Keeps this much of payloads from now on.
  func keep(_ payload: PayloadLimits) throws {
    try session.keep(payload)
    decoder.masksSecrets = payload.masksSecrets
  }

  /// Gives these calls durations from now on.
  func time(_ durations: CallDurations) throws { try session.time(durations) }

  /// Takes in the processes that were there before the probes.
  func scanProcesses() {
    decoder.processes.take(scan: rowsAfter, attribution: attribution)
    decoder.adoptScannedContainers()
    let living = decoder.processes.count
    decoder.processes.take(scan: rowsBefore, attribution: attribution, onlyNew: true)
    decoder.processes.passing = Array(living..<max(living, decoder.processes.count))
    for rows in [rowsBefore, rowsAfter] {
      ProcessTable.credentials(inScan: rows) { header, credentials in
        decoder.credentials.set(header.tid, header.processKey, credentials, at: header.time)
      }
    }
    rowsBefore = []
    rowsAfter = []
  }

  /// Takes in what these processes have open, where somebody asks for it.
  func scanDescriptors() {
    guard decoder.descriptors != nil else { return }
    var scan = DescriptorScan()
    for (number, process) in decoder.processes.processes.enumerated()
    where !process.isForgotten && process.end == nil && process.flags.contains(.tableScan) {
      for descriptor in scan.descriptors(of: process.key.pid) { decoder.descriptors?.take(descriptor, of: number) }
    }
  }

  /// What a container's processes did to their descriptors was passed by: what they have open is looked up anew.
  func rescanDescriptors(of container: ContainerKey) {
    guard decoder.descriptors != nil else { return }
    var scan = DescriptorScan()
    for (number, process) in decoder.processes.processes.enumerated()
    where !process.isForgotten && process.end == nil && process.container == container {
      decoder.descriptors?.forget(number)
      for descriptor in scan.descriptors(of: process.key.pid) { decoder.descriptors?.take(descriptor, of: number) }
    }
  }

  /// Of the kernel's memory, for files that are kept open.
  var bytesOfOpenFiles: Int { sampler.bytesOfOpenFiles }

  /// Where a cgroup's files are.
  func directory(ofCgroup path: CgroupPath) -> String? { hierarchy.directory(of: path) }

  func wallTime(of time: BootTime) -> WallTime {
    WallTime(nanoseconds: Clock.real &+ Int64(bitPattern: time.nanoseconds &- Clock.boot))
  }

  /// Decodes what the probes wrote, but for the last moments before `now`: another probe may be about to write as early a
  /// record.
  func drain(upTo now: UInt64) {
    let horizon = now == .max ? now : now - RingSet.slack
    translations?.drain()
    let fill = session.rings.fill
    let count = Self.drain(session.rings, upTo: horizon, attribution, into: &decoder, holding: &pending)
    follow(shedder.look(Clock.boot, fill: fill, drained: count, samples: session.rings.takeSamples()))
    tapEarly()
  }

  /// Memory is over its budget, though what can be given up was.
  func shedForMemory(_ now: UInt64, isShort: Bool) { follow(shedder.lookAtMemory(now, isShort: isShort)) }

  private func follow(_ decisions: [LoadShedder.Decision]) {
    for decision in decisions {
      switch decision {
      case .shed(let cgroup, let lanes): session.shed(lanes, of: cgroup)
      case .release(let cgroup):
        session.shed([], of: cgroup)
        takenInAgain.insert(attribution.place(cgroup: cgroup, mountNamespace: 0).container)
      }
    }
  }

  /// Whose lanes are shed now, and since when.
  var sheddings: [(container: ContainerKey, lanes: Set<Lane>, since: BootTime)] {
    shedder.active.sorted { $0.key < $1.key }.map { cgroup, state in
      (attribution.place(cgroup: cgroup, mountNamespace: 0).container, state.lanes, BootTime(nanoseconds: state.since))
    }
  }

  /// Takes what it changes as its own for the whole drain: as properties they would be checked at every record.
  private static func drain(
    _ rings: RingSet, upTo horizon: UInt64, _ attribution: Attribution, into decoder: inout EventDecoder,
    holding pending: inout PendingRecords
  ) -> Int {
    rings.drain(upTo: horizon, early: attribution.announce) { record, lateness in
      let cgroup = record.header.cgroup
      if attribution.isUndecided(cgroup), pending.hold(record) { return }
      if lateness == 0 {
        decoder.decode(record)
      } else {
        decoder.decode(record, lateBy: lateness)
      }
    }
  }

  /// What was learnt of containers since the last call.
  func takeChanges() -> [ContainerChange] {
    let changes = resolver.drainResolved()
    if !changes.isEmpty { attribution.forget() }
    let now = Clock.boot
    for change in changes {
      switch change {
      case .assigned(_, let container, _), .described(let container):
        if let record = resolver[container] { sampler.add(record, at: now) }
      case .ended(let container):
        sampler.remove(container)
        streams.packets?.remove(container)
      case .learnedMountNamespace, .releasedMountNamespace: break
      }
    }
    return changes
  }

  /// Reads what containers take of the machine, those whose turn it is. Called ten times a second, after a drain up to
  /// `now`: what is drained later is younger.
  ///
  /// - Parameter isTold: Whether a container's numbers may be written.
  func sampleResources(_ now: UInt64, isTold: (ContainerKey) -> Bool = { _ in true }) {
    sampler.run(now, time: now - RingSet.slack, isTold: isTold)
  }

  /// Decodes what waited to learn its container, once that is known or has taken too long.
  func replayPending(_ now: UInt64) {
    pending.replay(now: now, isDecided: { !attribution.isUndecided($0) }, decode: { decoder.decodeHeld($0) })
    decoder.settleRings(now)
  }

  /// Reads the probes' counts of what they lost.
  func takeLosses() throws {
    let now = Clock.boot
    let isRoutine = !isEnded && now <= lastMisses.time + 1_000_000_000
    let losses = try session.readLosses(onlyIfNew: isRoutine)
    ledger.take(losses, container: loser)
    var shed: [UInt64: UInt64] = [:]
    for loss in losses where loss.key.cause == AT_LOSS_SHED.rawValue {
      shed[loss.key.cgroup, default: 0] += loss.value.count
    }
    follow(shedder.count(shed, now))
    takeOwnLosses(now)
    if ledger.hasLostCgroups, now > lastRescan + 5_000_000_000 {
      ledger.hasLostCgroups = false
      lastRescan = now
      resolver.rescan(at: BootTime(nanoseconds: now))
      attribution.forget()
    }
    guard now > lastClosing + 10_000_000_000 else { return }
    lastClosing = now
    let idle = ledger.idleAccounts(since: now - min(now, 60_000_000_000)) {
      resolver.path(ofCgroup: CgroupID(rawValue: $0)) == nil
    }
    guard !idle.isEmpty else { return }
    ledger.take(try session.closeLosses(idle), container: loser)
    ledger.close(idle)
  }

  /// Whose a loss in the cgroup is; nil when the recording does not want it.
  private func loser(_ cgroup: UInt64) -> ContainerKey? {
    let container = attribution.place(cgroup: cgroup, mountNamespace: 0).container
    return streams.wants(container) ? container : nil
  }

  /// Takes the probes off, and decodes all that they still wrote, and the calls that have not returned.
  func end() {
    isEnded = true
    let before = sleepingCalls()
    session.detach()
    let after = sleepingCalls()
    drain(upTo: .max)
    decoder.settleRings(Clock.boot, isEnd: true)
    // What returned in between has told so itself.
    decodeSleeping(before.filter { after[$0.key] != nil }.values)
    streams.packets?.end(
      flows: decoder.flows ?? FlowTable(capacity: 1), wants: streams.wants, describe: describePacket,
      lose: { ledger.add($0) })
    resolver.settle(limit: .milliseconds(500))
  }

  /// Which thread sleeps, and since when.
  private struct Sleep: Hashable {
    var thread: UInt32
    var since: UInt64
  }

  private func sleepingCalls() -> [Sleep: [UInt8]] {
    let fixed = MemoryLayout<at_call>.size
    let length = fixed + MemoryLayout<at_blocked>.size
    let rows = (try? session.sleepingCalls()) ?? []
    var calls: [Sleep: [UInt8]] = [:]
    for start in stride(from: 0, to: rows.count - length + 1, by: length) {
      let row = Array(rows[start..<(start + length)])
      row.withUnsafeBytes { bytes in
        guard let record = ProbeRecord(bytes) else { return }
        let blocked = bytes.loadUnaligned(fromByteOffset: fixed, as: at_blocked.self)
        calls[Sleep(thread: record.header.tid, since: record.header.time &- blocked.duration)] = row
      }
    }
    return calls
  }

  /// Tells of the calls that the container's threads are in now and were in at `time`, in blocks that are no part of its
  /// history.
  func unfinishedCalls(of container: ContainerKey, since time: BootTime) -> [SealedBlock] {
    let calls = sleepingCalls().filter { $0.key.since <= time.nanoseconds }
    return calls.isEmpty ? [] : streams.aside(container) { decodeSleeping(calls.values) }
  }

  private func decodeSleeping(_ rows: some Sequence<[UInt8]>) {
    func time(_ row: [UInt8]) -> UInt64 { row.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) } }
    for row in rows.sorted(by: { time($0) < time($1) }) {
      row.withUnsafeBytes { if let record = ProbeRecord($0) { decoder.decodeHeld(record) } }
    }
  }

  /// Decodes what still waits, however undecided.
  func replayAllPending() {
    pending.replay(now: .max, isDecided: { _ in true }, decode: { decoder.decodeHeld($0) })
    decoder.settleRings(Clock.boot, isEnd: true)
  }

  /// What is not counted by the probes.
  private func takeOwnLosses(_ now: UInt64) {
    for row in decoder.losses.take() { ledger.add(row) }
    if let row = pending.takeDropped() { ledger.add(row) }
    for process in decoder.processes.takeStrangers() {
      ledger.add(
        LossRow(
          cause: .scanGap, lane: .lifecycle, container: process.container, from: started,
          to: max(started, scanned), count: 1))
    }
    if now > lastMisses.time + 1_000_000_000 {
      takeUnattributed(now)
      decoder.processes.forgetPassing()
    }
  }

  /// Losses that no container can be named for.
  private func takeUnattributed(_ now: UInt64) {
    addGrowth(.recursion, session.recursionMisses(), since: &lastMisses, now)
    addGrowth(.undecodable, decoder.malformed, since: &lastMalformed, now)
  }

  private func addGrowth(
    _ cause: LossCause, _ count: UInt64, since last: inout (time: UInt64, count: UInt64), _ now: UInt64
  ) {
    if count > last.count {
      ledger.add(
        LossRow(
          cause: cause, lane: nil, container: nil, from: BootTime(nanoseconds: last.time),
          to: BootTime(nanoseconds: now), count: count - last.count))
    }
    last = (now, max(count, last.count))
  }

  /// What is missing for as long as this recorder runs: what probes would have told that this kernel does not take.
  func standingLosses(from: BootTime, until end: BootTime) -> [LossRow] {
    session.gaps.map { _ in
      LossRow(cause: .notProbed, lane: nil, container: nil, from: max(from, started), to: end, count: 1)
    }
  }

  /// Counts what is left to count.
  func takeLastLosses(until end: BootTime) {
    takeUnattributed(end.nanoseconds)
    decoder.processes.forgetPassing()
    for row in standingLosses(from: started, until: end) { ledger.add(row) }
  }

  /// What could not be followed because a table is full: whoever is concerned may lack anything.
  func noteFullTable(_ container: ContainerKey?, _ now: UInt64) {
    let time = BootTime(nanoseconds: now)
    ledger.add(LossRow(cause: .tableFull, lane: .lifecycle, container: container, from: time, to: time, count: 1))
  }

  // MARK: Clocks

  /// An anchor when one is due: every ten seconds, and at once when the wall clock was set.
  func dueAnchor(_ now: UInt64) -> AnchorRow? {
    let offset = Clock.real - Int64(Clock.boot)
    if (offset - wallOffset).magnitude > 50_000_000 {
      wallOffset = offset
      return anchor(.step)
    }
    guard now > lastAnchor.nanoseconds + 10_000_000_000 else { return nil }
    lastAnchor = BootTime(nanoseconds: now)
    return anchor(.periodic)
  }

  func anchor(_ reason: AnchorReason) -> AnchorRow {
    AnchorRow(
      boot: BootTime(nanoseconds: Clock.boot), monotonic: Clock.monotonic, real: WallTime(nanoseconds: Clock.real),
      reason: reason)
  }
}

extension Provenance {
  /// What a live capture says of its host and its recorder.
  ///
  /// - Parameter recorder: The recorder's own UUID: the same in all captures of one run.
  static func live(
    captureID: String?, recorder: String?, toolVersion: String, commandLine: String, payload: PayloadLimits
  ) -> Provenance {
    var provenance = Provenance()
    let kernel = kernelFacts
    provenance[.captureID] = captureID
    provenance[.recorderInstance] = recorder
    provenance[.toolVersion] = toolVersion
    provenance[.hostName] = hostName
    provenance[.machineID] = machineID
    provenance[.bootID] = bootID
    provenance[.kernelRelease] = kernel.release
    provenance[.kernelVersion] = kernel.version
    provenance[.architecture] = kernel.architecture
    provenance[.clock] = "boottime"
    provenance[.source] = "live"
    provenance[.commandLine] = commandLine
    provenance[.payload] = payload.text
    return provenance
  }
}

extension Catalogue {
  /// This version's kinds, columns and causes, and the names of this machine's calls.
  public static func live() -> Catalogue {
    var calls: [Catalogue.Call] = []
    #if arch(arm64)
      let interfaces = [UInt8(AT_ABI_ARM64.rawValue), UInt8(AT_ABI_ARM.rawValue)]
    #else
      let interfaces = [AT_ABI_X86_64, AT_ABI_I386, AT_ABI_X32].map { UInt8($0.rawValue) }
    #endif
    for abi in interfaces {
      calls += SystemCallTable.calls(abi: abi).map { .init(abi: abi, number: $0.call.number, name: $0.name) }
    }
    return .current(calls: calls)
  }
}

private let machineID = firstLine(of: "/etc/machine-id")
private let bootID = firstLine(of: "/proc/sys/kernel/random/boot_id")

private func firstLine(of path: String) -> String? {
  guard let bytes = try? FileDescriptor.contents(of: path, limit: 256) else { return nil }
  let line = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  return line.isEmpty ? nil : line
}
