public import CaptureFormat
internal import Events
internal import Interchange
public import JSON
public import Posix
internal import Reconstruction
public import Recording
public import Rules
internal import Synchronization
public import Triggers

/// Tries rules on what the recorder records while it does, tells of what they find, and raises triggers.
///
/// The recorder hands over each block that it seals and goes on; a thread of its own does the rest. What that thread cannot
/// keep up with is not tried, and counted: a slow rule costs the rules, and never the recording.
public final class RuleWatch: BlockListener {
  private struct Queue {
    var blocks: [SealedBlock] = []
    /// Of them, what happened up to the last bundle's end.
    var bundled = 0
    var containers: [ContainerRow] = []
    var processes: [ProcessRow] = []
    var anchors: [AnchorRow] = []
    var rows = 0
    var replacement: (rules: [CompiledRule], options: RuleWatchOptions)?
    var isClosing = false
  }

  private let queue = Mutex(Queue())
  private let mask: Mutex<KindMask>
  private let account = Mutex(RuleAccount())
  private let bell: WakeUp
  private let sinks: AlertSinks
  private let catalogue: Catalogue
  private let hostName: String?
  private let started: BootTime
  private let desk: any TriggerDesk
  private let done: Gate
  /// Events that may wait; of processes' beginnings and ends, without which the others tell less, four times as many.
  private let rowLimit: Int

  /// - Parameters:
  ///   - catalogue: Of the recorder's events.
  ///   - desk: Where triggers are handed in.
  ///   - log: Takes alerts for the log, and what goes wrong.
  public convenience init(
    _ rules: RuleSet, _ options: RuleWatchOptions, catalogue: Catalogue, hostName: String?,
    desk: any TriggerDesk, log: @escaping @Sendable (AlertLogLine) -> Void
  ) throws(SystemError) {
    try self.init(
      rules, options, catalogue: catalogue, hostName: hostName, desk: desk, rowLimit: 1_000_000, log: log)
  }

  init(
    _ rules: RuleSet, _ options: RuleWatchOptions, catalogue: Catalogue, hostName: String?,
    desk: any TriggerDesk, rowLimit: Int, log: @escaping @Sendable (AlertLogLine) -> Void
  ) throws(SystemError) {
    self.rowLimit = rowLimit
    let enabled = rules.enabled(options)
    self.catalogue = catalogue
    self.hostName = hostName
    self.desk = desk
    started = BootTime(nanoseconds: Clock.boot)
    bell = try WakeUp()
    done = try Gate()
    sinks = try AlertSinks(options, log: log)
    mask = Mutex(Self.kinds(of: enabled, catalogue))
    queue.withLock { $0.replacement = (enabled, options) }
    try WorkerThread(name: "at-rules") { [self] in run() }.detach()
  }

  private static func kinds(of rules: [CompiledRule], _ catalogue: Catalogue) -> KindMask {
    var kinds = LiveEvents.kinds
    kinds.formUnion(
      LiveEvents(catalogue, hostName: nil, since: BootTime(nanoseconds: 0)).bank(rules.map(\.filter)).kinds)
    return kinds
  }

  /// Takes other rules from the next bundle on; what is known of processes stays.
  public func replace(_ rules: RuleSet, _ options: RuleWatchOptions) {
    let enabled = rules.enabled(options)
    let kinds = Self.kinds(of: enabled, catalogue)
    mask.withLock { $0 = kinds }
    queue.withLock { $0.replacement = (enabled, options) }
    sinks.change(options)
    bell.ring()
  }

  /// Tries the rules on what waits, and ends.
  public func close() {
    queue.withLock { queue in
      queue.bundled = queue.blocks.count
      queue.isClosing = true
    }
    bell.ring()
    _ = done.wait()
    sinks.close()
  }

  /// The same, without waiting for it: for the recorder's own thread, which answers triggers.
  public func closeSoon() {
    queue.withLock { $0.isClosing = true }
    bell.ring()
    sinks.closeSoon()
  }

  // MARK: From the recorder's thread

  public var kinds: KindMask { mask.withLock { $0 } }

  public func take(_ block: SealedBlock) {
    guard block.entry.type == .events, block.entry.kinds.mayContain(anyOf: kinds) else { return }
    let count = Int(block.entry.rowCount)
    let limit = block.entry.lane == .lifecycle ? 4 * rowLimit : rowLimit
    let isTaken = queue.withLock { queue in
      if queue.rows + count > limit { return false }
      queue.blocks.append(block)
      queue.rows += count
      return true
    }
    if !isTaken { account.withLock { $0.notTried += UInt64(count) } }
  }

  public func take(_ rows: [ContainerRow]) { queue.withLock { $0.containers += rows } }
  public func take(_ rows: [ProcessRow]) { queue.withLock { $0.processes += rows } }
  public func take(_ rows: [AnchorRow]) { queue.withLock { $0.anchors += rows } }

  public func endBundle() {
    let hasWork = queue.withLock { queue in
      queue.bundled = queue.blocks.count
      return queue.bundled > 0
    }
    if hasWork { bell.ring() }
  }

  public func writeStatus(to json: inout JSONText) {
    let waiting = queue.withLock { $0.rows }
    account.withLock { $0.write(to: &json, waiting: waiting, notSent: sinks.notSent) }
  }

  // MARK: The rules' own thread

  private func run() {
    defer { done.open() }
    let live = LiveEvents(catalogue, hostName: hostName, since: started)
    var trial: RuleTrial?
    while true {
      bell.wait(milliseconds: nil)
      let work = queue.withLock { queue in
        var work = queue
        work.blocks = Array(queue.blocks[..<queue.bundled])
        work.rows = work.blocks.reduce(0) { $0 + Int($1.entry.rowCount) }
        queue.blocks.removeFirst(queue.bundled)
        (queue.containers, queue.processes, queue.anchors) = ([], [], [])
        queue.replacement = nil
        queue.bundled = 0
        return work
      }
      live.take(work.anchors)
      live.take(work.containers)
      live.take(work.processes)
      if let (rules, options) = work.replacement {
        // What was held back goes on being held back.
        trial = RuleTrial(rules, options, live, gate: trial?.gate)
        account.withLock { $0.ruleCount = rules.count }
      }
      if let trial, !work.blocks.isEmpty { run(trial, work.blocks, live) }
      // Those were in memory, and waited, until now.
      queue.withLock { $0.rows -= work.rows }
      if work.isClosing { return }
    }
  }

  private func run(_ trial: RuleTrial, _ blocks: [SealedBlock], _ live: LiveEvents) {
    let begin = Clock.monotonic
    do throws(CaptureError) { try live.apply(blocks) } catch { noteProblem("\(error)") }
    var alerts: [RuleAlert] = []
    for block in blocks {
      do throws(CaptureError) { alerts += try trial.alerts(of: block) } catch {
        account.withLock { $0.notTried += UInt64(block.entry.rowCount) }
        noteProblem("\(error)")
      }
    }
    let time = Clock.monotonic - begin
    account.withLock { account in
      account.tried += UInt64(blocks.reduce(0) { $0 + Int($1.entry.rowCount) })
      account.busyNanoseconds += time
      account.take(trial.gate.takeHeldBack())
    }
    alerts.sort { ($0.time, $0.rule.rule.name) < ($1.time, $1.rule.rule.name) }
    for alert in alerts {
      account.withLock { $0.count(alert) }
      sinks.take(alert)
      if let request = trial.trigger(for: alert) {
        let answer = desk.submit(request)
        account.withLock { $0.count(answer) }
      }
    }
    account.withLock { $0.capturesHeldBack = trial.gate.capturesHeldBack }
  }

  /// A block of our own that cannot be read is a defect: said once a kind of it.
  private func noteProblem(_ text: String) {
    if account.withLock({ $0.problems.insert(text).inserted }) { sinks.complain("rules: \(text)") }
  }
}

extension RuleSet {
  /// Those that are switched on and grave enough.
  fileprivate func enabled(_ options: RuleWatchOptions) -> [CompiledRule] {
    enabled.filter { $0.rule.priority <= options.lowestPriority }
  }
}
