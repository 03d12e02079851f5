internal import CaptureFormat
internal import Events
public import Posix
internal import ProbeRecords
internal import SystemCalls

/// Records what containers do, from the probes to the file.
///
/// One thread drains the rings in the order of time, decodes, attributes and seals blocks; another writes them; a third
/// reads containers' metadata. The recorder never records itself.
public final class Recorder {
  private let options: RecordingOptions
  private let hierarchy: CgroupHierarchy
  private let resolver: ContainerResolver
  private let attribution: Attribution
  private let session: ProbeSession
  private let output: CaptureOutput
  private let streams: Streams
  private var writer: WorkerThread?
  private var decoder: EventDecoder
  private var ledger = LossLedger()
  private var pending = PendingRecords()
  private var command: HeldCommand?
  private let started: BootTime
  private var lastAnchor: BootTime
  private var wallOffset: Int64
  /// How many containers the file tells of, and which of them changed since.
  private var changedContainers: Set<ContainerKey> = []

  /// Loads and attaches the probes, and takes in what is there already.
  ///
  /// - Parameter output: Takes the capture; owned from here on.
  /// - Throws: ``RecordingError`` with what is missing and what would help.
  public init(_ options: RecordingOptions, output file: consuming FileDescriptor) throws(RecordingError) {
    self.options = options
    do {
      try PidNamespace.requireInitial()
      hierarchy = try CgroupHierarchy.detect()
      resolver = try ContainerResolver(hierarchy: hierarchy)
      let hostNamespace = mountNamespace(at: "/proc/self/ns/mnt") ?? 0
      attribution = Attribution(resolver: resolver, hostMountNamespace: hostNamespace)
      let recipes = RecipeTable()
      session = try ProbeSession(
        ProbeSettings(
          ringSize: options.ringSize, recordsByDefault: options.containers.isEmpty,
          isSubtreeOnly: options.command != nil, hierarchy: hierarchy.number, hostMountNamespace: hostNamespace,
          testing: options.losesDefinitions ? UInt32(AT_TESTING_LOSE_DEFINITIONS) : 0),
        recipes: recipes)
      let output = try CaptureOutput(sizeLimit: options.sizeLimit)
      self.output = output
      streams = Streams { output.append(.block($0)) }
      decoder = EventDecoder(recipes: recipes, attribution: attribution, streams: streams)
      started = BootTime(nanoseconds: Clock.boot)
      lastAnchor = started
      wallOffset = Clock.real - Int64(Clock.boot)
      try session.attach()
      try scan()
      writer = try output.start(
        writingTo: file, provenance: provenance(), catalogue: Catalogue.current(calls: Self.callNames()))
      output.append(.anchors([anchor(.start)]))
      writeContainers(resolver.containers.map(\.key))
      output.append(.processes(decoder.processes.rows(isOwn: isOwn)))
      if let words = options.command { command = try HeldCommand(words) }
    } catch {
      throw RecordingError(error)
    }
  }

  /// Attached first, scanned second: what starts in between is seen by both, and merged by (pid, start).
  private func scan() throws {
    resolver.scan(at: started)
    if !options.containers.isEmpty { try select() }
    if options.command == nil || options.containers.isEmpty {
      decoder.processes.take(
        scan: try ProbeSession.scanProcesses(hierarchy: hierarchy.number), attribution: attribution)
    }
    streams.wanted = options.containers.isEmpty ? nil : streams.wanted
  }

  /// Turns names into cgroups and mount namespaces that the probes watch.
  private func select() throws {
    var keys = Set<ContainerKey>()
    for name in options.containers {
      let running = resolver.containers.filter { $0.removed == nil }
      for container in try ContainerSelection.containers(matching: name, among: running) {
        keys.insert(container.key)
        for cgroup in container.cgroups { try session.record(cgroup: cgroup) }
        if let namespace = container.metadata.mountNamespace { try session.record(mountNamespace: namespace) }
      }
    }
    streams.wanted = keys
  }

  /// Records until a signal, the time, the size or the command's end; then writes what is left and the footer.
  public func run(signals: borrowing SignalSource, whenLive: () -> Void) throws(RecordingError) -> RecordingSummary {
    do {
      let poll = try Poll()
      try poll.add(signals.number, token: 1)
      try poll.add(session.rings.urgentDescriptor, token: 2)
      if let command { try session.record(subtreeOf: UInt32(command.pid)) }
      whenLive()
      command?.release()
      let end = options.duration.map {
        Clock.boot + UInt64($0.components.seconds) * 1_000_000_000
          + UInt64($0.components.attoseconds / 1_000_000_000)
      }
      var reason: String?
      var nextTick: UInt64 = 0
      while reason == nil {
        _ = try poll.wait(milliseconds: 5)
        let now = Clock.boot
        drain(upTo: now)
        if now >= nextTick {
          try tick(now)
          nextTick = now + 100_000_000
        }
        reason = whyToStop(now, end: end, signals)
      }
      return try finish(reason ?? "")
    } catch {
      throw RecordingError(error)
    }
  }

  private func whyToStop(_ now: UInt64, end: UInt64?, _ signals: borrowing SignalSource) -> String? {
    while let signal = signals.next() {
      if signal != SignalSource.childEnded { return ExitStatus.signalName(signal) }
    }
    if let command, command.endIfOver() { return "the command ended" }
    if let end, now >= end { return "the time was over" }
    if output.isAtLimit { return "the size limit was reached" }
    if output.error != nil { return "the capture could not be written" }
    return nil
  }

  private func drain(upTo horizon: UInt64) {
    Self.drain(session.rings, upTo: horizon, attribution, into: &decoder, holding: &pending)
  }

  /// Takes what it changes as its own for the whole drain: as properties they would be checked at every record.
  private static func drain(
    _ rings: RingSet, upTo horizon: UInt64, _ attribution: Attribution, into decoder: inout EventDecoder,
    holding pending: inout PendingRecords
  ) {
    _ = rings.drain(upTo: horizon) { record in
      let cgroup = record.header.cgroup
      if attribution.isUndecided(cgroup), pending.hold(record) { return }
      decoder.decode(record)
    }
  }

  /// What need not be done for every drain: losses, names, old blocks, clocks.
  private func tick(_ now: UInt64) throws {
    takeChanges()
    replayPending(now)
    try takeLosses()
    streams.sealAged(now: BootTime(nanoseconds: now))
    let offset = Clock.real - Int64(Clock.boot)
    if (offset - wallOffset).magnitude > 50_000_000 {
      output.append(.anchors([anchor(.step)]))
      wallOffset = offset
    } else if now > lastAnchor.nanoseconds + 10_000_000_000 {
      output.append(.anchors([anchor(.periodic)]))
      lastAnchor = BootTime(nanoseconds: now)
    }
  }

  private func takeChanges() {
    for change in resolver.drainResolved() {
      attribution.forget()
      switch change {
      case .assigned(let cgroup, let container, _):
        changedContainers.insert(container)
        if streams.wanted?.contains(container) == true { try? session.record(cgroup: cgroup) }
      case .described(let container), .ended(let container): changedContainers.insert(container)
      case .learnedMountNamespace(let namespace, let container):
        if streams.wanted?.contains(container) == true { try? session.record(mountNamespace: namespace) }
      }
    }
    writeContainers(changedContainers)
  }

  /// Writes what is known of the containers that the capture is about; the others wait until it is about them.
  private func writeContainers(_ keys: some Collection<ContainerKey>) {
    let told = keys.filter { $0 != .host && tells(of: $0) }
    changedContainers = Set(keys).subtracting(told)
    let rows = told.sorted().compactMap { resolver[$0] }.map { ContainerRow($0) }
    if !rows.isEmpty { output.append(.containers(rows)) }
  }

  /// A command's capture names only the containers that it had to do with: the others are other tenants'.
  private func tells(of container: ContainerKey) -> Bool {
    streams.wants(container) && (options.command == nil || streams.containers.contains(container))
  }

  /// Decodes what waited to learn its container, once that is known or has taken too long.
  private func replayPending(_ now: UInt64) {
    pending.replay(now: now, isDecided: { !attribution.isUndecided($0) }, decode: { decoder.decode($0) })
  }

  private func takeLosses() throws {
    ledger.take(try session.readLosses()) { cgroup in
      let container = attribution.place(cgroup: cgroup, mountNamespace: 0).container
      return streams.wants(container) ? container : nil
    }
    for row in output.takeLosses() { ledger.add(row) }
    let new = ledger.takeNew()
    if !new.isEmpty { output.append(.losses(new)) }
  }

  private func finish(_ reason: String) throws -> RecordingSummary {
    let end = BootTime(nanoseconds: Clock.boot)
    session.detach()
    drain(upTo: .max)
    resolver.settle(limit: .milliseconds(500))
    takeChanges()
    pending.replay(now: .max, isDecided: { _ in true }, decode: { decoder.decode($0) })
    streams.sealAll()
    countUnattributed(until: end)
    try takeLosses()
    writeContainers(resolver.containers.map(\.key))
    output.append(.processes(decoder.processes.rows(isOwn: isOwn)))
    output.append(.anchors([anchor(.end)]))
    let obstacles = obstacles()
    let words = obstacles.isEmpty ? reason : reason + "; " + obstacles.joined(separator: ", ")
    output.finish(Completeness(from: started, to: end, isComplete: obstacles.isEmpty, reason: words))
    writer.take()?.join()
    return RecordingSummary(
      eventCount: streams.eventCount, lostCount: ledger.eventCount, bytesWritten: output.bytesWritten,
      isComplete: obstacles.isEmpty && output.error == nil, reason: words, commandStatus: command?.status,
      writeError: output.error.map { "\($0)" }, processorNanoseconds: Clock.processCPU)
  }

  /// Losses that no container can be named for.
  private func countUnattributed(until end: BootTime) {
    for (cause, count) in [(LossCause.recursion, session.recursionMisses()), (.undecodable, decoder.malformed)]
    where count > 0 {
      ledger.add(LossRow(cause: cause, lane: nil, container: nil, from: started, to: end, count: count))
    }
  }

  /// What keeps the capture from being proven complete.
  private func obstacles() -> [String] {
    var obstacles: [String] = []
    if ledger.eventCount > 0 { obstacles.append("\(ledger.eventCount) events lost") }
    if ledger.rows.contains(where: { $0.cause == .definition }) { obstacles.append("names of files lost") }
    if decoder.files.evictions > 0 { obstacles.append("\(decoder.files.evictions) names of files given up") }
    if pending.droppedCount > 0 { obstacles.append("\(pending.droppedCount) events not attributed") }
    if output.error != nil { obstacles.append("not all could be written") }
    return obstacles
  }

  /// Whether a process is of what is recorded, and not somebody's ancestor.
  private func isOwn(_ process: RecordedProcess) -> Bool {
    if let wanted = streams.wanted { return wanted.contains(process.container) }
    return options.command == nil || process.eventCount > 0
  }

  private func anchor(_ reason: AnchorReason) -> AnchorRow {
    AnchorRow(
      boot: BootTime(nanoseconds: Clock.boot), monotonic: Clock.monotonic, real: WallTime(nanoseconds: Clock.real),
      reason: reason)
  }

  private static func callNames() -> [Catalogue.Call] {
    var calls: [Catalogue.Call] = []
    #if arch(arm64)
      let interfaces = [UInt8(AT_ABI_ARM64.rawValue), UInt8(AT_ABI_ARM.rawValue)]
    #else
      let interfaces = [AT_ABI_X86_64, AT_ABI_I386, AT_ABI_X32].map { UInt8($0.rawValue) }
    #endif
    for abi in interfaces {
      calls += SystemCallTable.calls(abi: abi).map { .init(abi: abi, number: $0.call.number, name: $0.name) }
    }
    return calls
  }

  private func provenance() -> Provenance {
    var provenance = Provenance()
    let kernel = kernelFacts
    provenance[.captureID] = randomUUID()
    provenance[.recorderInstance] = randomUUID()
    provenance[.toolVersion] = options.toolVersion
    provenance[.hostName] = hostName
    provenance[.machineID] = firstLine(of: "/etc/machine-id")
    provenance[.bootID] = firstLine(of: "/proc/sys/kernel/random/boot_id")
    provenance[.kernelRelease] = kernel.release
    provenance[.kernelVersion] = kernel.version
    provenance[.architecture] = kernel.architecture
    provenance[.clock] = "boottime"
    provenance[.source] = "live"
    provenance[.commandLine] = options.commandLine
    if !options.containers.isEmpty { provenance[.filter] = "container " + options.containers.joined(separator: ", ") }
    if options.command != nil { provenance[.filter] = "the command and what it started" }
    return provenance
  }
}

private func firstLine(of path: String) -> String? {
  guard let bytes = try? FileDescriptor.contents(of: path, limit: 256) else { return nil }
  let line = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  return line.isEmpty ? nil : line
}

/// Version 4, from the kernel's generator.
private func randomUUID() -> String? { firstLine(of: "/proc/sys/kernel/random/uuid") }
