public import CaptureFormat
internal import Events
internal import Posix
internal import Synchronization

/// One capture that is being written. Everything here returns at once: the shelf's threads do the writing.
public final class CaptureJob: Sendable {
  public let captureID: String
  public let containerID: String
  let limits: Limits
  private let identity: Identity
  private let state: Mutex<State>
  private let file: Mutex<PartialFile>
  private let gate: Gate
  private let whenClosed: (@Sendable (CaptureOutcome) -> Void)?
  /// Wakes a writing thread.
  private let wake: @Sendable () -> Void

  struct Limits: Sendable {
    /// Bytes of blocks that may wait for the disk, beside the past.
    var queue: Int
    /// After so long without success a capture that should be closed is given up.
    var patience: UInt64
    /// What is written becomes durable after so long.
    var syncInterval: UInt64 = 1_000_000_000
  }

  private struct Identity: Sendable {
    var containerName: String?
    var container: ContainerRow?
    var anchor: AnchorRow?
  }

  private struct State: Sendable {
    var queue: CaptureQueue
    var path: String
    var triggers: [TriggerRow]
    var losses: [LossRow]
    /// Appended, the lost included.
    var eventCount: UInt64 = 0
    var completeness: Completeness?
    var isPastDurable = false { didSet { if isPastDurable, pastDurableAt == nil { pastDurableAt = Clock.boot } } }
    var pastDurableAt: UInt64?
    var bytesWritten: UInt64 = 0
    /// Monotonic times: when it became dirty, when it is tried again, since when nothing works.
    var unsyncedSince: UInt64?
    var retryAt: UInt64?
    var failingSince: UInt64?
    var failure: String?
    var delay: UInt64 = 0
    var outcome: CaptureOutcome?
  }

  init(
    _ start: CaptureStart, path: String, in directory: ShelfDirectory, limits: Limits,
    whenClosed: (@Sendable (CaptureOutcome) -> Void)?, wake: @escaping @Sendable () -> Void
  ) throws(SystemError) {
    var provenance = start.provenance
    captureID = provenance[.captureID] ?? randomUUID() ?? ""
    provenance[.captureID] = captureID
    containerID = start.containerID
    self.limits = limits
    self.whenClosed = whenClosed
    self.wake = wake
    let anchor = start.anchors.last
    identity = Identity(
      containerName: start.containerName,
      container: start.containers.last { $0.id == start.containerID && !$0.id.isEmpty }, anchor: anchor)
    gate = try Gate()
    file = Mutex(
      PartialFile(path, in: directory, provenance: provenance, catalogue: start.catalogue, anchor: anchor))
    var queue = CaptureQueue(limit: limits.queue)
    var events: UInt64 = 0
    for item in start.items {
      queue.append(item, isPinned: true)
      events += item.eventCount
    }
    state = Mutex(
      State(queue: queue, path: path, triggers: start.triggers, losses: start.losses, eventCount: events))
  }

  /// Where the capture is once it is closed; until then `.partial` is behind its name.
  public var path: String { state.withLock { $0.path } }

  /// Memory that waits for the disk, the past included until it is durable.
  public var queuedBytes: Int { state.withLock { $0.queue.waitingBytes } }

  /// The past is on the disk: a crash does not take it away any more.
  public var isPastDurable: Bool { state.withLock { $0.isPastDurable } }

  /// Since when, by the boot clock.
  var pastDurableAt: BootTime? { state.withLock { $0.pastDurableAt.map { BootTime(nanoseconds: $0) } } }

  /// Bytes written so far, and why writing is being tried again, if it is.
  public var progress: (bytesWritten: UInt64, failure: String?) { state.withLock { ($0.bytesWritten, $0.failure) } }

  /// What became of it; nil until it is closed.
  public var outcome: CaptureOutcome? { state.withLock { $0.outcome } }

  /// Adds what happened after the trigger.
  public func append(_ item: CaptureItem) {
    state.withLock { state in
      if state.completeness != nil { state.queue.isClosed = true }
      state.queue.append(item)
      state.eventCount += item.eventCount
      if case .triggers(let rows) = item { state.triggers += rows }
      if case .losses(let rows) = item { state.losses += rows }
    }
    wake()
  }

  /// Everything was appended: the capture is closed as soon as the disk lets it.
  public func finish(_ completeness: Completeness) {
    state.withLock { if $0.completeness == nil { $0.completeness = completeness } }
    wake()
  }

  /// Waits until the capture is closed, or was given up.
  ///
  /// - Returns: Nil when the time was over before.
  public func waitUntilClosed(limit: Duration? = nil) -> CaptureOutcome? {
    _ = gate.wait(milliseconds: limit.map { Int32(clamping: $0.wholeNanoseconds / 1_000_000) })
    return outcome
  }
}

// MARK: - The writing threads' side

extension CaptureJob {
  /// What a turn of ``work(now:isLast:otherName:)`` came to.
  enum Turn {
    case succeeded
    case failed(SystemError)
    case closed(CaptureOutcome)
  }

  /// When there is something to do, by the monotonic clock; nil when there is nothing.
  var due: UInt64? {
    state.withLock { state in
      if state.outcome != nil { return nil }
      if let retry = state.retryAt { return retry }
      if state.completeness != nil || !state.queue.items.isEmpty || !state.isPastDurable { return 0 }
      return state.unsyncedSince.map { $0 + limits.syncInterval }
    }
  }

  /// Writes what there is to write. Called by one thread at a time.
  ///
  /// - Parameter isLast: After an error the capture is given up rather than tried again.
  func work(now: UInt64, isLast: Bool, otherName: @Sendable () -> String) -> Turn {
    file.withLock { file in
      let (items, completeness, unsyncedSince) = state.withLock { state in
        (state.queue.take(), state.completeness, state.unsyncedSince)
      }
      file.add(items)
      do throws(SystemError) {
        try file.write()
        if let completeness { return .closed(try close(file, completeness, otherName)) }
        let isOverdue = (unsyncedSince.map { now >= $0 + limits.syncInterval } ?? false)
        if !file.isDurable || isOverdue || file.unsyncedBytes > 8 << 20 { release(try file.synchronize()) }
        note(file, now)
        return .succeeded
      } catch {
        return fail(file, error, now, isLast: isLast)
      }
    }
  }

  private func close(
    _ file: PartialFile, _ completeness: Completeness, _ otherName: () -> String
  ) throws(SystemError) -> CaptureOutcome {
    // What did not fit in the queue while the disk did not take it.
    let (losses, lost) = state.withLock { state in
      state.queue.isClosed = true
      let losses = state.queue.takeLosses()
      state.losses += losses
      return (losses, state.queue.lostEvents)
    }
    if !losses.isEmpty {
      file.add([.losses(losses)])
      try file.write()
    }
    var completeness = completeness
    if lost > 0 {
      completeness.isComplete = false
      completeness.reason += "; \(lost) events could not be written"
    }
    release(try file.finish(completeness, otherName: otherName))
    return end(file.finalPath, completeness, bytesWritten: file.bytesWritten, failure: nil)
  }

  private func release(_ items: [CaptureItem]) {
    state.withLock { state in for item in items { state.queue.release(item) } }
  }

  private func note(_ file: PartialFile, _ now: UInt64) {
    state.withLock { state in
      state.retryAt = nil
      state.failingSince = nil
      state.failure = nil
      state.delay = 0
      state.isPastDurable = file.isDurable
      state.bytesWritten = file.bytesWritten
      state.unsyncedSince = file.hasUnsynced ? state.unsyncedSince ?? now : nil
    }
  }

  private func fail(_ file: PartialFile, _ error: SystemError, _ now: UInt64, isLast: Bool) -> Turn {
    // What was written before the error is made durable, as far as that goes.
    if file.hasUnsynced, let items = try? file.synchronize() { release(items) }
    let isOver = state.withLock { state in
      state.failingSince = state.failingSince ?? now
      state.failure = "\(error)"
      state.bytesWritten = file.bytesWritten
      state.delay = min(max(state.delay * 2, 100_000_000), 5_000_000_000)
      state.retryAt = now + state.delay
      state.isPastDurable = state.isPastDurable || (file.isDurable && !file.hasUnsynced)
      return isLast || (state.completeness != nil && now > state.failingSince! + limits.patience)
    }
    guard isOver else { return .failed(error) }
    let kept = file.giveUp()
    state.withLock { state in
      state.queue.isClosed = true
      for item in kept + state.queue.take() { state.queue.giveUp(item) }
      state.losses += state.queue.takeLosses()
    }
    return .closed(end(file.path, nil, bytesWritten: file.bytesWritten, failure: "\(error)"))
  }

  private func end(_ path: String, _ completeness: Completeness?, bytesWritten: UInt64, failure: String?)
    -> CaptureOutcome
  {
    state.withLock { state in
      state.path = failure == nil ? path : state.path
      let outcome = CaptureOutcome(
        path: path, captureID: captureID, containerID: containerID, containerName: identity.containerName,
        container: identity.container, triggers: state.triggers, anchor: identity.anchor, completeness: completeness,
        eventCount: state.eventCount - min(state.eventCount, state.queue.lostEvents), bytesWritten: bytesWritten,
        losses: state.losses,
        failure: failure)
      state.outcome = outcome
      return outcome
    }
  }

  /// Tells those who wait. After the shelf has done its own with the outcome.
  func announce(_ outcome: CaptureOutcome) {
    gate.open()
    whenClosed?(outcome)
  }
}

extension CaptureItem {
  var eventCount: UInt64 {
    if case .block(let block) = self, block.entry.type == .events { UInt64(block.entry.rowCount) } else { 0 }
  }
}
