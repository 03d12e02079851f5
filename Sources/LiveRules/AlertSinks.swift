internal import HTTP
internal import Posix
internal import Rules
internal import Synchronization

/// Where alerts go: the log, a file, an address. What is slow has a thread of its own, and what it cannot keep up with is
/// counted.
final class AlertSinks: Sendable {
  private struct State {
    var options: RuleWatchOptions
    var waiting: [[UInt8]] = []
    var notSent: UInt64 = 0
    var isClosing = false
    /// The last one did not arrive: that is said once.
    var isFailing = false
    var isFileFailing = false
  }

  private let state: Mutex<State>
  private let bell: WakeUp
  private let done: Gate
  private let log: @Sendable (AlertLogLine) -> Void
  /// Alerts that may wait to be posted.
  private static let queueLimit = 1000
  private static let limit = Duration.seconds(10)

  init(_ options: RuleWatchOptions, log: @escaping @Sendable (AlertLogLine) -> Void) throws(SystemError) {
    state = Mutex(State(options: options))
    bell = try WakeUp()
    done = try Gate()
    self.log = log
    try WorkerThread(name: "at-alerts") { [self] in run() }.detach()
  }

  /// Alerts that reached neither file nor address.
  var notSent: UInt64 { state.withLock { $0.notSent } }

  func change(_ options: RuleWatchOptions) {
    state.withLock { state in
      state.options = options
      (state.isFailing, state.isFileFailing) = (false, false)
    }
  }

  func complain(_ text: String) { log(AlertLogLine(gravity: .warning, text: text)) }

  func take(_ alert: RuleAlert) {
    let options = state.withLock { $0.options }
    if options.logsAlerts {
      log(
        AlertLogLine(
          gravity: AlertLogLine.Gravity(alert.rule.rule.priority), text: "\(alert.rule.rule.name): \(alert.line)"))
    }
    if let path = options.file { append(alert.json, to: path) }
    guard options.url != nil else { return }
    state.withLock { state in
      if state.waiting.count >= Self.queueLimit { state.notSent += 1 } else { state.waiting.append(alert.json) }
    }
    bell.ring()
  }

  /// Opened for each: whoever turns the file over need not tell us.
  private func append(_ json: [UInt8], to path: String) {
    do throws(SystemError) {
      let file = try FileDescriptor.openToAppend(path)
      let line = json + [UInt8(ascii: "\n")]
      var failure: SystemError?
      line.withUnsafeBytes { bytes in
        do throws(SystemError) { try file.write(bytes) } catch { failure = error }
      }
      if let failure { throw failure }
      state.withLock { $0.isFileFailing = false }
    } catch {
      let isNew = state.withLock { state in
        state.notSent += 1
        defer { state.isFileFailing = true }
        return !state.isFileFailing
      }
      if isNew { complain("alerts are not written: \(error)") }
    }
  }

  /// Sends what waits for a moment more, and ends.
  func close() {
    state.withLock { $0.isClosing = true }
    bell.ring()
    _ = done.wait()
    let rest = state.withLock { $0.waiting.count }
    if rest > 0 { complain("\(rest) alerts were not sent: the recorder ends") }
  }

  func closeSoon() {
    state.withLock { $0.isClosing = true }
    bell.ring()
  }

  private func run() {
    defer { done.open() }
    while true {
      let (next, url, isClosing, isFailing) = state.withLock { state in
        (state.waiting.first, state.options.url, state.isClosing, state.isFailing)
      }
      guard let next, let url else {
        if isClosing { return }
        bell.wait(milliseconds: nil)
        continue
      }
      // Of an address that does not answer nobody waits for the end.
      if isClosing, isFailing { return }
      let problem = post(next, to: url)
      let isNew = state.withLock { state in
        state.waiting.removeFirst()
        if problem != nil { state.notSent += 1 }
        defer { state.isFailing = problem != nil }
        return problem != nil && !state.isFailing
      }
      if isNew, let problem { complain("\(HTTPClient.shown(url)): \(problem): alerts are not sent") }
    }
  }

  /// What went wrong; nil when it arrived.
  private func post(_ json: [UInt8], to url: String) -> String? {
    do throws(HTTPClientError) {
      let status = try HTTPClient.post(json, to: url, limit: Self.limit)
      return (200..<300).contains(status) ? nil : "answered \(status)"
    } catch {
      return error.description
    }
  }
}

extension AlertLogLine.Gravity {
  fileprivate init(_ priority: RulePriority) {
    self =
      switch priority {
      case .emergency, .alert, .critical, .error: .error
      case .warning: .warning
      case .notice: .notice
      case .informational, .debug: .information
      }
  }
}
