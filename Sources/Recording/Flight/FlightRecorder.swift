internal import CaptureFormat
internal import Events
public import Posix
internal import ProbeRecords
internal import Reconstruction
internal import Triggers

/// The armed recorder: keeps the last minutes of every container in bounded memory, and hands them to the shelf when
/// something fires.
///
/// One thread does it all: drains, decodes, seals, keeps, answers triggers. What could block (the disk, files about
/// containers) is others' work.
public final class FlightRecorder {
  private(set) var options: FlightOptions
  let shelf: CaptureShelf
  let engine: RecordingEngine
  let store: FlightStore
  let desk: FlightDesk
  /// What every capture says of this version's numbers.
  let catalogue = SealedCatalogue(.live())
  /// Filled by the streams' seal; emptied into the store and the open captures.
  private let outbox: Outbox
  var captures: [ContainerKey: OpenCapture] = [:]
  var account: MemoryAccount
  /// Oldest first, as far back as a window reaches.
  var anchors: [AnchorRow] = []
  /// Triggers that were taken lately, by fingerprint.
  var fingerprints: [String: (receipt: TriggerReceipt, time: UInt64)] = [:]
  /// What runs in no container is kept.
  var keepsHost = true
  var triggerCounts = TriggerCounts()
  let recorderID: String?
  private let runNote: RunNote?
  /// Since when no recorder had run on this boot; nil where this is the first, or not known.
  private(set) var pausedSince: BootTime?
  private let report: (ShelfReport) -> Void
  /// Looks at what is recorded.
  private(set) var listener: (any BlockListener)?
  private var nextTick: UInt64 = 0
  private var nextSecond: UInt64 = 0
  private var nextReap: UInt64 = 0

  /// Blocks between the streams and the store.
  final class Outbox {
    var blocks: [SealedBlock] = []
  }

  struct TriggerCounts {
    var accepted: UInt64 = 0
    var merged: UInt64 = 0
    var duplicate: UInt64 = 0
    var refused: UInt64 = 0
  }

  /// Where triggers are handed in.
  public var triggerDesk: FlightDesk { desk }

  /// Loads and attaches the probes, and takes in what is there already.
  ///
  /// - Throws: ``RecordingError`` with what is missing and what would help.
  public init(
    _ options: FlightOptions, shelf: CaptureShelf, report: @escaping (ShelfReport) -> Void
  ) throws(RecordingError) {
    OwnMemory.keepLean()
    self.options = options
    self.shelf = shelf
    self.report = report
    recorderID = randomUUID()
    runNote = RunNote(options.noteOfRun)
    pausedSince = runNote?.lastRun(before: BootTime(nanoseconds: Clock.boot))
    account = MemoryAccount(budget: options.budget)
    let outbox = Outbox()
    self.outbox = outbox
    do {
      desk = try FlightDesk()
      let windows = options.windows
      let streams = Streams(
        ages: Streams.Ages(
          busy: options.sealAge,
          quiet: Lane.allCases.map { lane in
            // A block is kept until all of it is past the window: the longer it is open, the longer its first event stays.
            max(min(.nanoseconds(Int64(windows.before(lane) / 2)), .seconds(300)), min(options.sealAge, .seconds(1)))
          })
      ) { outbox.blocks.append($0) }
      let budget = options.budget
      engine = try RecordingEngine(
        .init(
          ringSize: options.ringSize(ringCount: try ProbeSession.ringCount), payload: options.payload,
          durations: options.durations, packets: options.packets, packetMemory: budget / 16,
          openFileMemory: budget / 16,
          fileCapacity: max(4096, budget >> 13),
          definitionCapacity: max(4096, budget >> 14), forced: options.forced),
        streams: streams)
      engine.decoder.supersededImages = []
      engine.decoder.descriptors = DescriptorLedger(limit: max(16_384, budget >> 10))
      engine.decoder.processes.keepsEnds = true
      let resolver = engine.resolver
      store = FlightStore(
        windows: windows, deadAreKeptFor: options.deadAreKeptFor, limit: min(budget / 2, options.blockLimit ?? .max),
        recorderStart: engine.started
      ) { key in
        resolver[key].flatMap { $0.isOlderThanRecording ? nil : $0.firstSeen }
      }
      engine.scanProcesses()
      engine.scanDescriptors()
      anchors = [engine.anchor(.start)]
      chooseAll(BootTime(nanoseconds: Clock.boot))
      account.kernel = OwnMemory.kernelMaps
      guard account.kernel < budget / 2 else {
        throw RecordingError(
          "the probes' rings and maps take \(account.kernel >> 20) MiB of a budget of \(budget >> 20) MiB",
          remedy: "give it more: --memory \(account.kernel >> 18)MiB")
      }
    } catch {
      throw RecordingError(error)
    }
  }

  /// Has `listener` look at what is recorded from now on, and tells it what is known; nil: nobody looks any more.
  public func listen(_ listener: (any BlockListener)?) {
    self.listener = listener
    guard let listener else {
      engine.streams.prompt = nil
      return
    }
    engine.streams.prompt = listener.kinds
    listener.take(anchors)
    listener.take(engine.resolver.containers.map { ContainerRow($0) })
    listener.take(engine.decoder.processes.rows { _ in true })
  }

  /// The listener looks for other kinds.
  public func listenerHasChanged() { engine.streams.prompt = listener?.kinds }

  /// Records until a signal; then finishes the captures in progress.
  ///
  /// - Parameters:
  ///   - onSignal: Told of signals other than INT and TERM, on this thread.
  ///   - eachSecond: Called about once a second, on this thread.
  public func run(
    signals: borrowing SignalSource, whenArmed: () -> Void, onSignal: (Int32) -> Void = { _ in },
    eachSecond: () -> Void = {}
  ) throws(RecordingError) {
    // Whoever waits for a processor while rings fill loses what does not fit.
    raiseThreadPriority()
    do {
      let poll = try Poll()
      try poll.add(signals.number, token: 1)
      try poll.add(engine.session.rings.urgentDescriptor, token: 2)
      try poll.add(desk.bell.number, token: 3)
      whenArmed()
      var isEnding = false
      var wasBusy = true
      while !isEnding {
        let ready = try wait(poll, isBusy: wasBusy)
        if ready.contains(3) { desk.bell.wait(milliseconds: 0) }
        wasBusy = try round(eachSecond)
        isEnding = desk.isStopping
        while ready.contains(1), let signal = signals.next() {
          if signal == SignalSource.interrupt || signal == SignalSource.terminate {
            isEnding = true
          } else {
            onSignal(signal)
          }
        }
      }
      try end()
    } catch {
      throw RecordingError(error)
    }
  }

  /// Where much happens the rings are looked at every few milliseconds; else when something cannot wait, when one of them
  /// fills, or when the next tick is due.
  private func wait(_ poll: borrowing Poll, isBusy: Bool) throws(SystemError) -> [UInt64] {
    if isBusy { return try poll.wait(milliseconds: 5) }
    let now = Clock.boot
    engine.session.rest()
    defer { engine.session.endRest() }
    return try poll.wait(milliseconds: Int32(clamping: nextTick > now ? (nextTick - now) / 1_000_000 + 1 : 0))
  }

  /// Takes other options, without losing history. The budget and the rings stay as they are.
  public func change(_ options: FlightOptions) {
    var options = options
    options.memory = self.options.memory
    options.ringSize = self.options.ringSize
    // The one map update that can fail here leaves the limits as they were.
    if options.payload != self.options.payload { try? engine.keep(options.payload) }
    if options.durations != self.options.durations { try? engine.time(options.durations) }
    self.options = options
    store.windows = options.windows
    store.deadAreKeptFor = options.deadAreKeptFor
    chooseAll(BootTime(nanoseconds: Clock.boot))
  }

  /// - Returns: Whether there was much to do.
  private func round(_ eachSecond: () -> Void) throws -> Bool {
    let now = Clock.boot
    let before = engine.streams.eventCount
    engine.drain(upTo: now)
    deliver()
    answer(now)
    if now >= nextTick {
      try tick(now)
      nextTick = now + 100_000_000
    }
    if now >= nextSecond {
      everySecond(now)
      eachSecond()
      nextSecond = now + 1_000_000_000
    }
    return engine.streams.eventCount - before > 200
  }

  /// Sealed blocks go into the store, and to the captures that wait for them.
  func deliver() {
    guard !outbox.blocks.isEmpty else { return }
    let blocks = outbox.blocks
    outbox.blocks = []
    for block in blocks where keepsHost || block.entry.container != .host {
      store.take(block)
      listener?.take(block)
      captures[block.entry.container]?.job.append(.block(block))
    }
  }

  private func tick(_ now: UInt64) throws {
    for change in engine.takeChanges() { take(change, now) }
    engine.replayPending(now)
    engine.sampleResources(now)
    engine.takePackets(now)
    try takeLosses()
    takeInAgain()
    takeClosedDescriptors()
    watchDeaths(now)
    if let anchor = engine.dueAnchor(now) {
      anchors.append(anchor)
      listener?.take([anchor])
      for capture in captures.values { capture.job.append(.anchors([anchor])) }
    }
    engine.streams.urgent = Set(captures.keys)
    for capture in Array(captures.values) { advance(capture, now) }
  }

  private func everySecond(_ now: UInt64) {
    let time = BootTime(nanoseconds: now)
    engine.streams.sealAged(now: time)
    deliver()
    listener?.endBundle()
    takeImages()
    engine.decoder.processes.buryDead(before: time.before(3_000_000_000)) { process in
      store.history(of: process.container).processes.append(
        process, until: process.end ?? time, isSuperseded: false)
    }
    if now >= nextReap {
      nextReap = now + 30_000_000_000
      engine.decoder.processes.endVanished(at: time) { ProcessTable.isAlive($0) }
    }
    store.dropAged(now: time)
    forgetContainers(time)
    let horizon = time.before(options.windows.longest + options.duplicateSpan.wholeNanoseconds)
    // Of times before the oldest window the nearest anchor is as good.
    while anchors.count > 2, anchors[1].boot < horizon { anchors.removeFirst() }
    fingerprints = fingerprints.filter { $0.value.time + options.duplicateSpan.wholeNanoseconds > now }
    measure()
    runNote?.write(time)
  }

  private func take(_ change: ContainerChange, _ now: UInt64) {
    switch change {
    case .assigned(_, let container, _), .described(let container):
      choose(container, BootTime(nanoseconds: now))
      if engine.resolver[container]?.removed == nil { store.histories[container]?.ended = nil }
      tell(of: container)
    case .ended(let container):
      if let history = store.histories[container], history.ended == nil { history.ended = BootTime(nanoseconds: now) }
      tell(of: container)
    case .learnedMountNamespace, .releasedMountNamespace: break
    }
  }

  private func tell(of container: ContainerKey) {
    guard listener != nil || captures[container] != nil, let record = engine.resolver[container] else { return }
    let rows = [ContainerRow(record)]
    listener?.take(rows)
    captures[container]?.job.append(.containers(rows))
  }

  private func takeLosses() throws {
    try engine.takeLosses()
    for row in engine.ledger.takeNew() {
      guard let key = row.container else {
        for capture in captures.values { add(row, to: capture) }
        unattributed.append(row)
        if unattributed.count > 64 { unattributed.removeFirst() }
        continue
      }
      store.history(of: key).add(loss: row)
      if let capture = captures[key] { add(row, to: capture) }
    }
  }

  func tell(_ message: ShelfReport) { report(message) }

  /// Losses that may be anybody's.
  var unattributed: [LossRow] = []

  private func add(_ row: LossRow, to capture: OpenCapture) {
    capture.job.append(.losses([row]))
    capture.note(row)
  }

  /// What is missing of every container: while no recorder ran, and what probes do not run.
  func standingLosses(from: BootTime, until end: BootTime) -> [LossRow] {
    var rows = engine.standingLosses(from: from, until: end)
    if let pausedSince, engine.started >= from {
      rows.append(
        LossRow(
          cause: .notRunning, lane: nil, container: nil, from: max(from, pausedSince), to: engine.started, count: 1))
    }
    return rows
  }

  /// Of whom nothing is shed any more, what they have open is looked up anew.
  private func takeInAgain() {
    for container in engine.takenInAgain { engine.rescanDescriptors(of: container) }
    engine.takenInAgain = []
  }

  private func takeClosedDescriptors() {
    for (process, closed) in engine.decoder.descriptors?.takeClosed() ?? [] {
      var closed = closed
      closed.process = engine.decoder.processes[process].key
      store.history(of: engine.decoder.processes[process].container).descriptors.append(closed)
    }
  }

  func takeImages() {
    let images = engine.decoder.supersededImages ?? []
    guard !images.isEmpty else { return }
    engine.decoder.supersededImages = []
    for (process, until) in images {
      store.history(of: process.container).processes.append(process, until: until, isSuperseded: true)
    }
  }

  /// The dead whose time is over go, with all that was kept of them.
  private func forgetContainers(_ now: BootTime) {
    // As long as there is room they stay for a whole window.
    let isCrowded = store.blockBytes > store.limit / 2 || store.histories.count > 4096
    let limit = isCrowded ? options.retention.wholeNanoseconds : options.deadAreKeptFor
    let gone = engine.resolver.forget(containersEndedBefore: now.before(limit)) { captures[$0] != nil }
    for key in gone {
      store.forget(key)
      store.resumed[key] = nil
      engine.streams.unwanted.remove(key)
      engine.streams.forget(key)
      engine.decoder.addressNames.forget(key)
    }
  }

  private func measure() {
    engine.streams.sealLargest(downTo: account.openLimit)
    deliver()
    let open = engine.streams.memoryByContainer()
    account.open = open.values.reduce(0, +)
    for (key, bytes) in open { store.histories[key]?.openBytes = bytes }
    account.blocks = store.blockBytes
    account.archives = store.histories.values.reduce(0) { $0 + $1.archiveBytes }
    account.processes = engine.decoder.processes.memoryInBytes + engine.decoder.credentials.memoryInBytes
    account.processes += engine.decoder.addressNames.memoryInBytes + (engine.translations?.memoryInBytes ?? 0)
    account.processes += engine.decoder.rings.memoryInBytes
    account.descriptors = engine.decoder.descriptors?.memoryInBytes ?? 0
    account.files = engine.decoder.files.memoryInBytes
    account.packets = engine.streams.packets?.memoryInBytes ?? 0
    account.packetRings = engine.streams.packets?.ringBytes ?? 0
    account.openFiles = engine.bytesOfOpenFiles
    account.queue = max(shelf.queuedBytes - store.pinnedBytes, 0)
    account.measure()
    store.limit = min(account.blockLimit, options.blockLimit ?? .max)
    if store.blockBytes > store.limit { store.evict() }
    engine.shedForMemory(Clock.boot, isShort: account.total > account.budget && store.blockBytes > store.limit / 2)
  }

  /// Finishes what is being written, and takes the probes off.
  private func end() throws {
    desk.close()
    let now = BootTime(nanoseconds: Clock.boot)
    engine.end()
    _ = engine.takeChanges()
    engine.replayAllPending()
    deliver()
    try takeLosses()
    for capture in Array(captures.values) {
      if capture.end > now { capture.obstacles.insert("the recorder was ended before the window was over") }
      finish(capture, at: now)
    }
    engine.decoder.descriptors?.removeAll()
    runNote?.write(now)
  }
}
