internal import Posix
internal import Synchronization

/// Ends what a section has started when the section takes too long: a benchmark may be slow, but never hangs.
enum Watchdog {
  private struct State {
    var running: [ChildProcess] = []
    var deadline: UInt64?
    var hasBitten = false
  }
  private static let state = Mutex(State())

  /// Runs `body`, whose children are killed with their groups once `seconds` have passed.
  ///
  /// - Throws: What `body` threw, or a ``Refusal`` when it was cut short.
  static func limit(_ seconds: Int, _ body: () throws -> Void) throws {
    state.withLock { $0 = State(deadline: Clock.monotonic + UInt64(seconds) * 1_000_000_000) }
    let thread = try WorkerThread(name: "watchdog") {
      guard let pause = try? WakeUp() else { return }
      while check() { pause.wait(milliseconds: 100) }
    }
    let result = Result { try body() }
    let hasBitten = state.withLock {
      $0.deadline = nil
      return $0.hasBitten
    }
    thread.join()
    if hasBitten { throw Refusal(reason: "it took longer than \(seconds) s and was ended") }
    try result.get()
  }

  /// Kills if it is time; false when there is nothing more to watch.
  private static func check() -> Bool {
    state.withLock { state in
      guard let deadline = state.deadline else { return false }
      if Clock.monotonic >= deadline { state.hasBitten = true }
      // Whatever is started afterwards, too.
      if state.hasBitten { for child in state.running { try? child.signalGroup(9) } }
      return true
    }
  }

  static func start(_ launch: ProgramLaunch) throws -> ChildProcess {
    try state.withLock { state in
      if state.hasBitten { throw Refusal(reason: "there is no time left") }
      let child = try ChildProcess(starting: launch)
      state.running.append(child)
      return child
    }
  }

  static func wait(for child: ChildProcess) throws -> (end: ProcessEnd, usage: ResourceUsage) {
    let result = try child.waitMeasured()
    state.withLock { $0.running.removeAll { $0 == child } }
    return result
  }
}
