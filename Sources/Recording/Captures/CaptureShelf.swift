internal import CaptureFormat
internal import Events
internal import Posix
internal import Synchronization
public import Triggers

/// The captures of an armed recorder: the directory they are in, those being written, and the threads that write.
///
/// A few threads serve however many captures: each takes the one whose turn it is, writes what waits, and goes on to
/// the next. So a storm of triggers costs captures, not threads, and a slow disk delays them all alike.
public final class CaptureShelf: Sendable {
  /// As they were at the start; limits and hooks can change.
  public let options: ShelfOptions
  private let limits: Mutex<ShelfOptions>
  private let hooks: HookRunner
  let directory: ShelfDirectory
  let report: @Sendable (ShelfReport) -> Void
  private let state: Mutex<ShelfSchedule>
  private let hookThread = Mutex<HeldThread?>(nil)
  private let bell: WakeUp

  /// Opens the directory, and begins to finish what a crash left in it.
  ///
  /// - Parameter report: Told, from any thread, what a person should know.
  public init(_ options: ShelfOptions, report: @escaping @Sendable (ShelfReport) -> Void) throws(ShelfError) {
    self.options = options
    limits = Mutex(options)
    self.report = report
    directory = try ShelfDirectory(options.directory, report: report)
    var state = ShelfSchedule()
    do throws(SystemError) {
      bell = try WakeUp()
      hooks = try HookRunner(options.hooks, report: report)
      let names = try Directory.names(in: directory.path)
      state.names = Set(names.map(Self.captureName))
      state.leftovers = names.filter { $0.hasSuffix(ShelfDirectory.partialSuffix) }.sorted()
    } catch {
      throw ShelfError("\(error)")
    }
    self.state = Mutex(state)
    keepHouse()
    do throws(SystemError) {
      let thread = HeldThread(try WorkerThread(name: "on-capture") { [hooks] in hooks.run() })
      hookThread.withLock { $0 = thread }
    } catch {
      throw ShelfError("\(error)")
    }
    for number in 1...max(options.writerCount, 1) {
      do throws(SystemError) {
        let thread = try WorkerThread(name: "captures-\(number)") { [self] in serve() }
        let held = HeldThread(thread)
        self.state.withLock { $0.threads.append(held) }
      } catch {
        throw ShelfError("\(error)")
      }
    }
  }

  /// `a.pcapng` for it and for `a.pcapng.partial`, `.damaged`, `.keep`.
  private static func captureName(_ name: String) -> String {
    for suffix in [ShelfDirectory.partialSuffix, ShelfDirectory.damagedSuffix, ShelfDirectory.keepSuffix]
    where name.hasSuffix(suffix) {
      return String(name.dropLast(suffix.count))
    }
    return name
  }

  /// Captures that are being written.
  public var inProgress: Int { state.withLock { $0.jobs.count } }

  /// Memory of all that waits for the disk.
  public var queuedBytes: Int { state.withLock { $0.jobs }.reduce(0) { $0 + $1.queuedBytes } }

  /// Begins a capture; its past is on the disk some milliseconds later.
  ///
  /// Returns at once, whatever the disk does.
  ///
  /// - Parameter whenClosed: Called on a writing thread, once.
  /// - Throws: ``TriggerRefusal`` of kind `busy` or `cannotWrite`.
  public func begin(
    start: CaptureStart, whenClosed: (@Sendable (CaptureOutcome) -> Void)? = nil
  ) throws(TriggerRefusal) -> CaptureJob {
    let base = start.baseName(at: WallTime(nanoseconds: Clock.real))
    let limits = CaptureJob.Limits(queue: options.queueLimit, patience: options.patience.wholeNanoseconds)
    let answer: Result<CaptureJob, TriggerRefusal> = state.withLock { state in
      if state.isClosing { return .failure(TriggerRefusal(.cannotWrite, "the recorder is ending")) }
      if let obstacle = state.obstacle { return .failure(obstacle) }
      if state.jobs.count >= options.maximumInProgress {
        return .failure(
          TriggerRefusal(
            .busy, "\(state.jobs.count) captures are being written already",
            remedy: "trigger again when some are closed: `aftertrace captures` lists them"))
      }
      let name = state.newName(base)
      do throws(SystemError) {
        let job = try CaptureJob(
          start, path: directory.path(of: name), in: directory, limits: limits, whenClosed: whenClosed,
          wake: { [self] in bell.ring() })
        state.jobs.append(job)
        return .success(job)
      } catch {
        return .failure(TriggerRefusal(.cannotWrite, "\(error)"))
      }
    }
    bell.ring()
    return try answer.get()
  }

  /// Waits until what a crash left is finished.
  public func settle() {
    while state.withLock({ !$0.leftovers.isEmpty || $0.recovering > 0 }) { try? WakeUp().wait(milliseconds: 5) }
  }

  /// Closes the captures that are finished and ends the threads. What cannot be written within `limit` stays partial,
  /// for the next start.
  public func close(limit: Duration = .seconds(10)) {
    let closeBy = Clock.monotonic + limit.wholeNanoseconds
    let threads = state.withLock { state in
      state.isClosing = true
      state.closeBy = closeBy
      defer { state.threads = [] }
      return state.threads
    }
    bell.ring()
    for thread in threads { thread.join() }
    hooks.close(by: closeBy)
    hookThread.withLock { $0 }?.join()
    directory.close()
  }

  /// Takes other limits and hooks, from now on. The directory stays.
  public func apply(_ options: ShelfOptions) {
    limits.withLock { $0 = options }
    hooks.replace(options.hooks)
    state.withLock { $0.housekeepingAt = 0 }
    bell.ring()
  }

  // MARK: The writing threads

  private func serve() {
    while true {
      let now = Clock.monotonic
      switch state.withLock({ $0.nextTask(now) }) {
      case .write(let job, let isLast):
        bell.ring()
        let turn = job.work(now: now, isLast: isLast) { [self] in
          state.withLock { directory.path(of: $0.newName("capture-\(job.captureID)")) }
        }
        settle(job, turn)
      case .recover(let name):
        bell.ring()
        recover(name)
        state.withLock { $0.recovering -= 1 }
      case .keepHouse:
        keepHouse()
        state.withLock { $0.isKeepingHouse = false }
      case .end:
        bell.ring()
        return
      case .wait(let milliseconds): bell.wait(milliseconds: milliseconds)
      }
    }
  }

  private func settle(_ job: CaptureJob, _ turn: CaptureJob.Turn) {
    let id = ObjectIdentifier(job)
    let wasFailing = state.withLock { state in
      state.running.remove(id)
      let wasFailing = !state.failing.isEmpty
      switch turn {
      case .failed: state.failing.insert(id)
      case .succeeded, .closed: state.failing.remove(id)
      }
      if case .closed = turn { state.jobs.removeAll { $0 === job } }
      return wasFailing
    }
    switch turn {
    case .failed(let error): if !wasFailing { tell(error) }
    case .closed(let outcome):
      close(job, outcome)
    case .succeeded: break
    }
    if wasFailing, state.withLock({ $0.failing.isEmpty }) {
      if case .closed(let outcome) = turn, outcome.failure != nil { return }
      report(ShelfReport(.information, "captures are written to \(directory.path) again"))
    }
  }

  private func tell(_ error: SystemError) {
    report(
      ShelfReport(
        .failure, "a capture cannot be written: \(error)", remedy: error.writingRemedy(in: directory.path)))
  }

  private func close(_ job: CaptureJob, _ outcome: CaptureOutcome) {
    if let failure = outcome.failure {
      report(
        ShelfReport(
          .failure, "\(outcome.path): given up: \(failure)",
          remedy: "what became durable is readable: `aftertrace info \(outcome.path)`"))
    }
    job.announce(outcome)
    if outcome.failure == nil { hooks.add(outcome.path) }
    // Not at once: a storm would have the directory looked through for each of its captures.
    state.withLock { $0.housekeepingAt = min($0.housekeepingAt, Clock.monotonic + 500_000_000) }
  }

  /// For a capture whose own name was taken.
  func unusedName(like name: String) -> String {
    state.withLock { $0.newName(String(Self.captureName(name).dropLast(ShelfDirectory.captureSuffix.count))) }
  }

  // MARK: Housekeeping

  /// Removes what is beyond the limits, and looks whether there is room.
  private func keepHouse() {
    makeRoom()
    let obstacle = self.obstacle()
    let isNew = state.withLock { state in
      defer { state.obstacle = obstacle }
      return obstacle != nil && state.obstacle?.kind != obstacle?.kind
    }
    if let obstacle, isNew {
      report(ShelfReport(.warning, "no capture is begun: \(obstacle.description)", remedy: obstacle.remedy))
    }
  }

  private func makeRoom() {
    guard let listing = try? ShelfListing(directory.path) else { return }
    let options = limits.withLock { $0 }
    let limits = ShelfLimits(
      quota: options.quota, maximumAge: options.maximumAge?.wholeNanoseconds, maximumCount: options.maximumCount)
    for (entry, reason) in limits.removals(from: listing.entries, now: Clock.real) {
      do throws(SystemError) {
        try listing.remove(entry)
        state.withLock { _ = $0.names.remove(entry.name) }
        report(ShelfReport(.information, "\(entry.path): removed: \(reason)"))
      } catch {
        report(ShelfReport(.warning, "\(entry.path): cannot be removed: \(error)"))
      }
    }
  }

  private func obstacle() -> TriggerRefusal? {
    guard let space = try? FileSystemSpace(at: directory.path) else { return nil }
    let reserve = limits.withLock { $0.reserve(of: space.totalBytes) }
    guard space.freeBytes < reserve else { return nil }
    return TriggerRefusal(
      .cannotWrite,
      "\(directory.path): \(space.freeBytes >> 20) MiB are free, \(reserve >> 20) MiB are held in reserve",
      remedy: "make room on that file system, such as with `aftertrace captures remove NAME`")
  }
}
