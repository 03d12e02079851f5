internal import CaptureFormat
internal import HTTP
internal import JSON
internal import Posix
internal import Reconstruction
internal import Synchronization

/// Runs what is to be done after each capture, one after the other on a thread of its own: a slow program delays the
/// next one, and nothing else.
final class HookRunner: Sendable {
  private struct State {
    var hooks: [CaptureHook]
    var paths: [String] = []
    var isFull = false
    var isClosing = false
    var closeBy: UInt64?
    /// Addresses whose last summary did not arrive: the next one is tried once only.
    var unreachable: Set<CaptureHook> = []
  }

  private let state: Mutex<State>
  private let bell: WakeUp
  private let report: @Sendable (ShelfReport) -> Void
  /// Captures that may wait.
  private static let queueLimit = 1000
  private static let outputLimit = 65_536

  init(_ hooks: [CaptureHook], report: @escaping @Sendable (ShelfReport) -> Void) throws(SystemError) {
    state = Mutex(State(hooks: hooks))
    bell = try WakeUp()
    self.report = report
  }

  func replace(_ hooks: [CaptureHook]) { state.withLock { $0.hooks = hooks } }

  /// A capture was closed.
  func add(_ path: String) {
    let isNewlyFull = state.withLock { state in
      if state.hooks.isEmpty { return false }
      if state.paths.count >= Self.queueLimit {
        defer { state.isFull = true }
        return !state.isFull
      }
      state.paths.append(path)
      return false
    }
    if isNewlyFull {
      report(
        ShelfReport(
          .warning, "on_capture: \(Self.queueLimit) captures wait for it, further ones are not told",
          remedy: "`aftertrace captures --json` lists them all; make the program faster, or its timeout shorter"))
    }
    bell.ring()
  }

  /// No more captures come: those that wait are told until `time`, by the monotonic clock.
  func close(by time: UInt64) {
    state.withLock { ($0.isClosing, $0.closeBy) = (true, time) }
    bell.ring()
  }

  /// The thread's body.
  func run() {
    while true {
      let (path, hooks, isOver) = state.withLock { state -> (String?, [CaptureHook], Bool) in
        if state.paths.isEmpty { state.isFull = false }
        let isLate = state.closeBy.map { Clock.monotonic >= $0 } ?? false
        return (
          state.paths.isEmpty || isLate ? nil : state.paths.removeFirst(), state.hooks,
          state.isClosing && (state.paths.isEmpty || isLate)
        )
      }
      if let path {
        tell(path, hooks)
      } else if isOver {
        let rest = state.withLock { $0.paths.count }
        if rest > 0 { report(ShelfReport(.warning, "on_capture: \(rest) captures were not told: the recorder ends")) }
        return
      } else {
        bell.wait(milliseconds: nil)
      }
    }
  }

  private func tell(_ path: String, _ hooks: [CaptureHook]) {
    let summary: [UInt8]
    do throws(CaptureError) {
      var json = JSONText()
      json.beginObject()
      try CaptureSummary(path: path).write(to: &json)
      json.endObject()
      json.newline()
      summary = json.bytes
    } catch {
      return report(ShelfReport(.warning, "on_capture: \(path): \(error)"))
    }
    for hook in hooks {
      switch hook {
      case .command(let words, let limit): start(words, limit, path, summary)
      case .url(let url, let limit, let attempts): post(to: url, hook, limit, attempts, path, summary)
      }
    }
  }

  // MARK: Programs

  private static let environment = [
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8",
  ]

  private func start(_ words: [String], _ limit: Duration, _ path: String, _ summary: [UInt8]) {
    guard let program = words.first else { return }
    do throws(SystemError) {
      let input = try FileDescriptor.inMemory(summary)
      let pipe = try Pipe()
      let child = try ChildProcess(
        starting: ProgramLaunch(
          program, Array(words.dropFirst()), environment: Self.environment + ["AFTERTRACE_CAPTURE=\(path)"],
          workingDirectory: "/", input: input.number, output: pipe.writing.number, errorOutput: pipe.writing.number))
      let (end, output, wasEnded) = try attend(child, pipe.closeWriting(), limit)
      for line in String(decoding: output, as: UTF8.self).split(separator: "\n").prefix(100) {
        report(ShelfReport(.information, "on_capture: \(program): \(EventText.printable(Array(line.utf8)))"))
      }
      if wasEnded {
        report(
          ShelfReport(
            .warning, "on_capture: \(program) was ended: it took longer than its \(limit.components.seconds) s",
            remedy: "raise its timeout, or have it do its work in the background"))
      } else if !end.isSuccess {
        let words = if case .signalled(let signal) = end { "was ended by signal \(signal)" } else { "failed: \(end)" }
        report(ShelfReport(.warning, "on_capture: \(program) \(words), for \(path)"))
      }
    } catch {
      report(
        ShelfReport(
          .warning, "on_capture: \(program): \(error)",
          remedy: "the first word is the path of a program, without a shell; the others are its arguments"))
    }
  }

  /// Reads what the program says until it ends; ends it and all that it started when its time is over.
  private func attend(
    _ child: ChildProcess, _ reading: consuming FileDescriptor, _ limit: Duration
  ) throws(SystemError) -> (end: ProcessEnd, output: [UInt8], wasEnded: Bool) {
    let poll = try Poll()
    try poll.add(reading.number, token: 1)
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 16_384, alignment: 8)
    defer { room.deallocate() }
    var output: [UInt8] = []
    var isAtEnd = false
    var end: ProcessEnd?
    var wasEnded = false
    let deadline = Clock.monotonic + limit.wholeNanoseconds
    while end == nil {
      var isReady = false
      if isAtEnd { bell.wait(milliseconds: 10) } else { isReady = try !poll.wait(milliseconds: 50).isEmpty }
      if isReady {
        let count = try reading.read(into: room)
        isAtEnd = count == 0
        output += room.prefix(min(count, Self.outputLimit - output.count))
      }
      end = try child.endIfOver()
      let closeBy = state.withLock { $0.closeBy }
      if end == nil, Clock.monotonic >= min(deadline, closeBy ?? .max) {
        // Two seconds to put things in order.
        try? child.signalGroup(wasEnded ? SignalSource.kill : SignalSource.terminate)
        if !wasEnded {
          wasEnded = true
          let grace = Clock.monotonic + 2_000_000_000
          while end == nil, Clock.monotonic < grace {
            try? WakeUp().wait(milliseconds: 10)
            end = try child.endIfOver()
          }
        }
      }
    }
    // What it started and left behind keeps the pipe open, and is not waited for.
    while !isAtEnd, output.count < Self.outputLimit, try !poll.wait(milliseconds: 0).isEmpty {
      let count = try reading.read(into: room)
      isAtEnd = count == 0
      output += room.prefix(min(count, Self.outputLimit - output.count))
    }
    if wasEnded { try? child.signalGroup(SignalSource.kill) }
    return (end!, output, wasEnded)
  }

  // MARK: Addresses

  private func post(
    to url: String, _ hook: CaptureHook, _ limit: Duration, _ attempts: Int, _ path: String, _ summary: [UInt8]
  ) {
    let isKnownBad = state.withLock { $0.unreachable.contains(hook) }
    let attempts = isKnownBad ? 1 : max(attempts, 1)
    var problem = ""
    for attempt in 1...attempts {
      var isTransient: Bool
      do throws(HTTPClientError) {
        let status = try HTTPClient.post(summary, to: url, limit: limit)
        if (200..<300).contains(status) {
          _ = state.withLock { $0.unreachable.remove(hook) }
          return
        }
        problem = "answered \(status)"
        isTransient = status >= 500 || status == 429 || status == 408
      } catch {
        problem = error.description
        isTransient = error.isTransient
      }
      let isClosing = state.withLock { $0.isClosing }
      guard isTransient, attempt < attempts, !isClosing else { break }
      pause(1_000_000_000 << UInt64(min(attempt - 1, 5)))
    }
    _ = state.withLock { $0.unreachable.insert(hook) }
    if isKnownBad { return }
    report(
      ShelfReport(
        .warning, "on_capture: \(HTTPClient.shown(url)): \(problem): not told of \(path)",
        remedy: "of further captures it is told once each, without another word, until that succeeds"))
  }

  /// Between two attempts; cut short when the recorder ends.
  private func pause(_ nanoseconds: UInt64) {
    let end = Clock.monotonic + nanoseconds
    while Clock.monotonic < end, !state.withLock({ $0.isClosing }) { bell.wait(milliseconds: 200) }
  }
}
