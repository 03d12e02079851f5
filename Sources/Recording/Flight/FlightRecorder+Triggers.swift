internal import CaptureFormat
internal import Events
internal import Posix
internal import Reconstruction
internal import Triggers

extension FlightRecorder {
  /// Answers who waits at the desk.
  func answer(_ now: UInt64) {
    let (submissions, statusQueries) = desk.take()
    for submission in submissions { submission.reply(take(submission.question, now)) }
    for query in statusQueries { query.reply(status(now: now)) }
  }

  /// Takes a trigger: finds whom it is about, joins the capture that is being made of it, or begins one.
  func take(_ request: TriggerRequest, _ now: UInt64) -> TriggerAnswer {
    if let known = request.fingerprint.flatMap({ fingerprints[$0] }) {
      triggerCounts.duplicate += 1
      return .duplicate(known.receipt)
    }
    let time = self.time(of: request, now: BootTime(nanoseconds: now))
    do throws(TriggerRefusal) {
      let key = try ScopeSearch(
        containers: engine.resolver.containers, time: time,
        containerOfProcess: { self.container(ofProcess: $0, at: time) }
      ).container(for: request.scope)
      guard keeps(key) else {
        let name =
          key == .host ? "what is in no container" : engine.resolver[key].map { $0.metadata.name ?? $0.id } ?? ""
        throw TriggerRefusal(
          .unknownContainer, "\(name) is not recorded: the configuration leaves it out",
          remedy: "see `containers` in what `aftertrace watch --check` prints")
      }
      let receipt = try capture(key, request, time: time, now: BootTime(nanoseconds: now))
      if let fingerprint = request.fingerprint { fingerprints[fingerprint] = (receipt, now) }
      if receipt.isMerged { triggerCounts.merged += 1 } else { triggerCounts.accepted += 1 }
      return .accepted(receipt)
    } catch {
      triggerCounts.refused += 1
      return .refused(error)
    }
  }

  /// The trigger's own time on the boot clock: not later than now, whatever its sender's clock says.
  private func time(of request: TriggerRequest, now: BootTime) -> BootTime {
    guard let wall = request.time else { return now }
    // The clock as it is now counts for the present: a step since the last anchor would shift it.
    let current = CaptureClock(anchors: anchors + [engine.anchor(.periodic)])
    return min(current.bootTime(of: wall) ?? BootTime(nanoseconds: 0), now)
  }

  private func container(ofProcess pid: UInt32, at time: BootTime) -> ContainerKey? {
    let alive = engine.decoder.processes.processes.filter { process in
      !process.isForgotten && process.key.pid == pid && process.key.start <= time && (process.end ?? time) >= time
    }
    if let process = alive.max(by: { $0.key.start < $1.key.start }) { return process.container }
    // Dead and buried: some container's archive knows it.
    for history in store.histories.values {
      if history.processes.images(since: time).contains(where: { $0.row.key.pid == pid && $0.row.key.start <= time }) {
        return history.key
      }
    }
    return engine.decoder.processes.living(pid: pid).map { engine.decoder.processes[$0].container }
  }

  private func capture(
    _ key: ContainerKey, _ request: TriggerRequest, time: BootTime, now: BootTime
  ) throws(TriggerRefusal) -> TriggerReceipt {
    let row = row(of: request, key: key, time: time, now: now)
    let after = request.after?.wholeNanoseconds ?? options.windows.after.wholeNanoseconds
    let windowEnd = store.history(of: key).windowEnd(time, deadAreKeptFor: store.deadAreKeptFor)
    let wanted = Lane.allCases.map { lane in
      windowEnd.before(request.before?.wholeNanoseconds ?? options.windows.before(lane))
    }
    if let open = captures[key] {
      open.end = max(open.end, time.after(after))
      open.wanted = zip(open.wanted, wanted).map { min($0, $1) }
      open.triggerCount += 1
      open.job.append(.triggers([row]))
      return open.mergedReceipt
    }
    engine.streams.seal(key)
    deliver()
    takeImages()
    let start = begin(key, row, wanted: wanted, now: now, end: time.after(after))
    let job = try shelf.begin(start: start.start)
    desk.register(job)
    let open = OpenCapture(
      key: key, containerID: start.start.containerID, job: job, end: time.after(after), wanted: wanted,
      achieved: start.achieved, unnamedBefore: engine.decoder.unnamedFiles[key]?.count ?? 0, begun: now)
    for loss in start.start.losses { open.note(loss) }
    captures[key] = open
    engine.streams.urgent.insert(key)
    store.pin(key, from: wanted, by: 1)
    return open.receipt
  }

  private func row(of request: TriggerRequest, key: ContainerKey, time: BootTime, now: BootTime) -> TriggerRow {
    var row = TriggerRow(
      time: time, accepted: now, source: request.source, reason: request.reason, rule: request.rule,
      priority: request.priority, container: key, before: request.before?.wholeNanoseconds,
      after: request.after?.wholeNanoseconds, fingerprint: request.fingerprint, body: request.body)
    if let length = request.bodyLength { row.bodyLength = UInt64(length) }
    return row
  }

  private struct Beginning {
    var start: CaptureStart
    var achieved: [BootTime]
  }

  /// The past of a container: who it is, how things stood when the window began, its blocks, and what is missing.
  private func begin(_ key: ContainerKey, _ row: TriggerRow, wanted: [BootTime], now: BootTime, end: BootTime)
    -> Beginning
  {
    let record = engine.resolver[key]
    var provenance = Provenance.live(
      captureID: randomUUID(), recorder: recorderID, toolVersion: options.toolVersion,
      commandLine: options.commandLine, payload: options.payload)
    provenance[.filter] = key == .host ? "the host" : "container \(record?.id ?? "")"
    var start = CaptureStart(
      provenance: provenance, catalogue: catalogue, containerID: record?.id ?? "",
      containerName: record?.metadata.name, triggers: [row])
    start.anchors = anchors + [engine.anchor(.periodic)]
    if let record { start.containers = [ContainerRow(record)] }
    let history = store.history(of: key)
    var achieved: [BootTime] = []
    for lane in Lane.allCases {
      let from = wanted[Int(lane.rawValue)]
      achieved.append(history.achievedStart(lane, wanted: from))
      let stream = history[lane]
      start.blocks += stream.kept.filter { $0.block.entry.lastTime >= from }.map(\.block)
      for gap in stream.gaps where gap.to >= from {
        start.losses.append(
          LossRow(cause: gap.cause, lane: lane, container: key, from: gap.from, to: gap.to, count: gap.count))
      }
    }
    start.blocks.sort { $0.entry.firstTime < $1.entry.firstTime }
    let earliest = wanted.min() ?? now
    let standing = standingLosses(from: max(earliest, history.isOlder ? earliest : history.start), until: end)
    for loss in history.losses + unattributed + standing where loss.to >= earliest {
      if let lane = loss.lane, loss.to < wanted[Int(lane.rawValue)] { continue }
      start.losses.append(loss)
    }
    let processes = CaptureProcesses(key, table: engine.decoder.processes, history: history, since: achieved[0])
    start.processes = processes.rows
    start.state = state(of: history, processes, achieved: achieved, now: now)
    return Beginning(start: start, achieved: achieved)
  }

  // MARK: Afterwards

  /// Lets go of what is on the disk, and ends a capture whose window is over.
  func advance(_ capture: OpenCapture, _ now: UInt64) {
    if capture.isPinned, capture.job.isPastDurable { unpin(capture) }
    if capture.job.outcome != nil { return close(capture) }
    let time = BootTime(nanoseconds: now)
    // Nothing comes any more from a container that is gone.
    let isOver =
      engine.resolver[capture.key]?.removed.map { $0.after(2_000_000_000) < time && capture.begun < time } ?? false
    if capture.end.after(20_000_000) < time || isOver {
      finish(capture, at: isOver ? min(time, capture.end) : capture.end)
    }
  }

  private func unpin(_ capture: OpenCapture) {
    capture.isPinned = false
    store.pin(capture.key, from: capture.wanted, by: -1)
  }

  private func close(_ capture: OpenCapture) {
    if capture.isPinned { unpin(capture) }
    captures[capture.key] = nil
    engine.streams.urgent.remove(capture.key)
  }

  /// Hands on what is left, and says how whole it is.
  func finish(_ capture: OpenCapture, at end: BootTime) {
    engine.streams.seal(capture.key)
    deliver()
    takeImages()
    for block in engine.unfinishedCalls(of: capture.key, since: end) { capture.job.append(.block(block)) }
    let history = store.history(of: capture.key)
    let processes = CaptureProcesses(
      capture.key, table: engine.decoder.processes, history: history, since: capture.achieved[0])
    capture.job.append(.processes(processes.rows))
    if let record = engine.resolver[capture.key] { capture.job.append(.containers([ContainerRow(record)])) }
    capture.job.append(.anchors([engine.anchor(.end)]))
    if (engine.decoder.unnamedFiles[capture.key]?.count ?? 0) > capture.unnamedBefore {
      capture.obstacles.insert("names of files not known")
    }
    let obstacles = capture.words(now: end)
    let triggers =
      capture.triggerCount == 1 ? "the window was over" : "the window of \(capture.triggerCount) triggers was over"
    capture.job.finish(
      Completeness(
        from: capture.wanted.min() ?? capture.begun, to: end, isComplete: obstacles.isEmpty,
        reason: ([triggers] + obstacles).joined(separator: "; ")))
    close(capture)
  }
}
