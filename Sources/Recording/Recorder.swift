internal import CaptureFormat
internal import Events
internal import FilterLanguage
public import Posix

/// Records what containers do, from the probes to the file.
///
/// One thread drains the rings in the order of time, decodes, attributes and seals blocks; another writes them; a third
/// reads containers' metadata. The recorder never records itself.
public final class Recorder {
  private let options: RecordingOptions
  private let engine: RecordingEngine
  private let output: CaptureOutput
  private var writer: WorkerThread?
  private var command: HeldCommand?
  /// How many containers the file tells of, and which of them changed since.
  private var changedContainers: Set<ContainerKey> = []
  /// Where only some events are kept.
  private let sieve: EventSieve?
  private var nextPass: UInt64 = 0

  private var streams: Streams { engine.streams }
  private var session: ProbeSession { engine.session }
  private var resolver: ContainerResolver { engine.resolver }

  /// Loads and attaches the probes, and takes in what is there already.
  ///
  /// - Parameter output: Takes the capture; owned from here on.
  /// - Throws: ``RecordingError`` with what is missing and what would help.
  public init(_ options: RecordingOptions, output file: consuming FileDescriptor) throws(RecordingError) {
    self.options = options
    do {
      let output = try CaptureOutput(sizeLimit: options.sizeLimit)
      self.output = output
      let sieve = options.filter.map { filter in
        EventSieve(filter, since: BootTime(nanoseconds: Clock.boot)) { output.append(.block($0)) }
      }
      self.sieve = sieve
      engine = try RecordingEngine(
        .init(
          ringSize: options.ringSize, recordsByDefault: options.containers.isEmpty,
          isSubtreeOnly: options.command != nil, payload: options.payload,
          durations: options.durations, packets: options.packets, forced: options.forced),
        streams: Streams(wanted: options.containers.isEmpty ? nil : []) { block in
          if let sieve { sieve.take(block) } else { output.append(.block(block)) }
        })
      if !options.containers.isEmpty { try select() }
      if options.command == nil || options.containers.isEmpty { engine.scanProcesses() }
      writer = try output.start(writingTo: file, provenance: provenance(), catalogue: .live())
      append(engine.anchor(.start))
      writeContainers(resolver.containers.map(\.key))
      output.append(.processes(engine.decoder.processes.rows(isOwn: isOwn)))
      sieve?.take(resolver.containers.map { ContainerRow($0) })
      sieve?.take(engine.decoder.processes.rows { _ in true })
      if let words = options.command { command = try HeldCommand(words) }
    } catch {
      throw RecordingError(error)
    }
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

  /// Bytes of the kernel's rings.
  var ringBytes: Int { session.rings.capacity }

  /// Records until a signal, the time, the size or the command's end; then writes what is left and the footer.
  public func run(signals: borrowing SignalSource, whenLive: () -> Void) throws(RecordingError) -> RecordingSummary {
    // Whoever waits for a processor while rings fill loses what does not fit.
    raiseThreadPriority()
    do {
      let poll = try Poll()
      try poll.add(signals.number, token: 1)
      try poll.add(session.rings.urgentDescriptor, token: 2)
      if let command { try session.record(subtreeOf: UInt32(command.pid)) }
      whenLive()
      command?.release()
      let end = options.duration.map { Clock.boot + $0.wholeNanoseconds }
      var reason: String?
      var nextTick: UInt64 = 0
      while reason == nil {
        _ = try poll.wait(milliseconds: 5)
        let now = Clock.boot
        engine.drain(upTo: now)
        // A container that is started again has new cgroups, which the kernel does not know to be wanted.
        if streams.wanted != nil { takeChanges() }
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

  /// What need not be done for every drain: losses, names, old blocks, clocks.
  private func tick(_ now: UInt64) throws {
    takeChanges()
    engine.replayPending(now)
    engine.sampleResources(now) { tells(of: $0) }
    engine.takePackets(now)
    try takeLosses()
    if let sieve {
      // All of them at once: so a filter is never asked before the exec of its event's process is known.
      if now >= nextPass {
        streams.sealAll()
        sieve.pass()
        nextPass = now + 1_000_000_000
      }
    }
    streams.sealAged(now: BootTime(nanoseconds: now))
    if let anchor = engine.dueAnchor(now) { append(anchor) }
  }

  private func append(_ anchor: AnchorRow) {
    output.append(.anchors([anchor]))
    sieve?.take([anchor])
  }

  private func takeChanges() {
    for change in engine.takeChanges() {
      switch change {
      case .assigned(let cgroup, let container, _):
        changedContainers.insert(container)
        if streams.wanted?.contains(container) == true { follow(container) { try session.record(cgroup: cgroup) } }
      case .described(let container), .ended(let container): changedContainers.insert(container)
      case .learnedMountNamespace(let namespace, let container):
        if streams.wanted?.contains(container) == true {
          follow(container) { try session.record(mountNamespace: namespace) }
        }
      case .releasedMountNamespace(let namespace, _): try? session.forget(mountNamespace: namespace)
      }
    }
    if let sieve, !changedContainers.isEmpty {
      sieve.take(changedContainers.compactMap { resolver[$0] }.map { ContainerRow($0) })
    }
    writeContainers(changedContainers)
  }

  private func follow(_ container: ContainerKey, _ entry: () throws -> Void) {
    do { try entry() } catch { engine.noteFullTable(container, Clock.boot) }
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

  private func takeLosses() throws {
    try engine.takeLosses()
    for row in output.takeLosses() { engine.ledger.add(row) }
    let new = engine.ledger.takeNew()
    if !new.isEmpty { output.append(.losses(new)) }
  }

  private func finish(_ reason: String) throws -> RecordingSummary {
    let end = BootTime(nanoseconds: Clock.boot)
    engine.end()
    takeChanges()
    engine.replayAllPending()
    streams.sealAll()
    sieve?.pass()
    engine.takeLastLosses(until: end)
    try takeLosses()
    writeContainers(resolver.containers.map(\.key))
    output.append(.processes(engine.decoder.processes.rows(isOwn: isOwn)))
    output.append(.anchors([engine.anchor(.end)]))
    let obstacles = obstacles()
    let words = obstacles.isEmpty ? reason : reason + "; " + obstacles.joined(separator: ", ")
    output.finish(Completeness(from: engine.started, to: end, isComplete: obstacles.isEmpty, reason: words))
    writer.take()?.join()
    return RecordingSummary(
      eventCount: sieve?.kept ?? streams.eventCount, lostCount: engine.ledger.eventCount + output.lostAtEnd,
      bytesWritten: output.bytesWritten,
      isComplete: obstacles.isEmpty && output.error == nil, reason: words, commandStatus: command?.status,
      writeError: output.error.map { "\($0)" }, processorNanoseconds: Clock.processCPU)
  }

  /// What keeps the capture from being proven complete.
  private func obstacles() -> [String] {
    var obstacles: [String] = []
    if engine.ledger.eventCount > 0 { obstacles.append("\(engine.ledger.eventCount) events lost") }
    obstacles += engine.ledger.otherObstacles
    if output.error != nil { obstacles.append("not all could be written") }
    if let sieve {
      obstacles.append("\(sieve.leftOut) events that did not pass the filter were left out")
    }
    obstacles += streams.packets?.failures ?? []
    return obstacles
  }

  /// Whether a process is of what is recorded, and not somebody's ancestor.
  private func isOwn(_ process: RecordedProcess) -> Bool {
    if let wanted = streams.wanted { return wanted.contains(process.container) }
    return options.command == nil || process.eventCount > 0
  }

  private func provenance() -> Provenance {
    var provenance = Provenance.live(
      captureID: randomUUID(), recorder: randomUUID(), toolVersion: options.toolVersion,
      commandLine: options.commandLine, payload: options.payload)
    if !options.containers.isEmpty { provenance[.filter] = "container " + options.containers.joined(separator: ", ") }
    if options.command != nil { provenance[.filter] = "the command and what it started" }
    if let filter = options.filter {
      provenance[.filter] = [provenance[.filter], "events: " + filter.text].compactMap { $0 }.joined(separator: "; ")
    }
    return provenance
  }
}
