internal import Events
internal import Posix
internal import Synchronization
public import Triggers

/// Where triggers wait for the recorder, which looks every few milliseconds, or at once when it is told.
public final class FlightDesk: TriggerDesk {
  /// A question and the place for its answer.
  final class Query<Question: Sendable, Answer: Sendable>: Sendable {
    let question: Question
    private let answer = Mutex<Answer?>(nil)
    private let gate: Gate

    init(_ question: Question) throws(SystemError) {
      self.question = question
      gate = try Gate()
    }

    func reply(_ value: Answer) {
      answer.withLock { $0 = $0 ?? value }
      gate.open()
    }

    func wait() -> Answer? {
      _ = gate.wait()
      return answer.withLock { $0 }
    }
  }

  typealias Submission = Query<TriggerRequest, TriggerAnswer>
  typealias StatusQuery = Query<Void, [UInt8]>

  private struct State {
    var submissions: [Submission] = []
    var statusQueries: [StatusQuery] = []
    var jobs: [String: CaptureJob] = [:]
    var order: [String] = []
    var isClosed = false
    var isStopping = false
  }

  private let state = Mutex(State())
  let bell: WakeUp
  /// More than these wait for no answer.
  private static let queueLimit = 4096
  private static let jobLimit = 1024

  init() throws(SystemError) { bell = try WakeUp() }

  // MARK: From any thread

  public func submit(_ request: TriggerRequest) -> TriggerAnswer {
    guard let query = try? Submission(request) else {
      return .refused(TriggerRefusal(.busy, "no descriptor is left for a trigger to wait on"))
    }
    let refusal: TriggerRefusal? = state.withLock { state in
      if state.isClosed { return TriggerRefusal(.cannotWrite, "the recorder is ending") }
      if state.submissions.count >= Self.queueLimit {
        return TriggerRefusal(.busy, "\(state.submissions.count) triggers wait already", remedy: "send it again")
      }
      state.submissions.append(query)
      return nil
    }
    if let refusal { return .refused(refusal) }
    bell.ring()
    return query.wait() ?? .refused(TriggerRefusal(.cannotWrite, "the recorder is ending"))
  }

  public func waitUntilClosed(_ receipt: TriggerReceipt) -> String? {
    guard let job = state.withLock({ $0.jobs[receipt.captureID] }) else { return nil }
    return job.waitUntilClosed()?.failure
  }

  public func statusJSON() -> [UInt8] {
    guard let query = try? StatusQuery(()) else { return [] }
    let isClosed = state.withLock { state in
      if !state.isClosed { state.statusQueries.append(query) }
      return state.isClosed
    }
    if isClosed { return Array("{}".utf8) }
    bell.ring()
    return query.wait() ?? []
  }

  /// Ends the recorder as SIGTERM does.
  public func stop() {
    state.withLock { $0.isStopping = true }
    bell.ring()
  }

  // MARK: The recorder's side

  var isStopping: Bool { state.withLock { $0.isStopping } }

  func take() -> (submissions: [Submission], statusQueries: [StatusQuery]) {
    state.withLock { state in
      defer {
        state.submissions = []
        state.statusQueries = []
      }
      return (state.submissions, state.statusQueries)
    }
  }

  func register(_ job: CaptureJob) {
    state.withLock { state in
      if state.jobs.updateValue(job, forKey: job.captureID) == nil { state.order.append(job.captureID) }
      if state.order.count > Self.jobLimit { state.jobs[state.order.removeFirst()] = nil }
    }
  }

  /// Whoever asks from now on is told that it is over.
  func close() {
    let (submissions, queries) = state.withLock { state in
      state.isClosed = true
      return (state.submissions, state.statusQueries)
    }
    for submission in submissions {
      submission.reply(.refused(TriggerRefusal(.cannotWrite, "the recorder is ending")))
    }
    for query in queries { query.reply(Array("{}".utf8)) }
  }
}
