public import Posix
public import Reconstruction
internal import Synchronization
public import Terminal

/// The state, its screen and its worker together: what comes in, what goes out.
public final class InspectorSession {
  public private(set) var state: InspectorState
  private let device: any TerminalDevice
  private let mailbox: Mailbox

  public init(_ state: InspectorState, device: any TerminalDevice, mailbox: Mailbox) {
    self.state = state
    self.device = device
    self.mailbox = mailbox
  }

  /// Takes an input; false when it was the last one.
  public func handle(_ input: TerminalInput) -> Bool {
    if case .wakeUp = input {
      takeResults()
      return true
    }
    return perform(state.update(input))
  }

  public func takeResults() {
    for result in mailbox.takeResults() { _ = perform(state.take(result)) }
  }

  public func draw() { device.present(state.draw()) }

  /// How long a key waits for what the worker finds at once, so that nothing flickers: far below what a person notices.
  public static let patienceInNanoseconds: UInt64 = 20_000_000

  /// Whether the worker still owes something that the screen shows.
  public var isUnsettled: Bool {
    isWaiting || state.events.isLoadingAfter || state.events.isLoadingBefore || state.wantedHistogram != nil
      || !state.tables.hasProcesses || state.search.result.map { !$0.isDone } ?? false
  }

  /// Whether the screen would show more in a moment: not worth drawing twice for.
  public var isWaiting: Bool {
    state.events.lines.isEmpty && (state.events.isLoadingAfter || state.events.isLoadingBefore)
      || state.wantedDetail != nil && state.detail == nil || !state.hasTables
  }

  public var isFollowing: Bool { state.isFollowing }
  public func refresh() { mailbox.ask(.refresh) }

  private func perform(_ effects: [Effect]) -> Bool {
    var goesOn = true
    for effect in effects {
      switch effect {
      case .ask(let request): mailbox.ask(request)
      case .copy(let text): device.copy(text)
      case .suspend:
        device.suspend()
        device.redraw()
      case .redraw: device.redraw()
      case .quit: goesOn = false
      }
    }
    return goesOn
  }
}

/// A worker on its own thread.
public struct RunningWorker: ~Copyable {
  public let mailbox: Mailbox
  private let thread: WorkerThread
  private let bell: WakeUp

  /// - Parameter ring: Called from the worker's thread with each answer.
  public init(
    _ capture: sending Capture, path: String, isLocal: Bool,
    ring: @escaping @Sendable () -> Void
  ) throws(SystemError) {
    let bell = try WakeUp()
    let number = bell.number
    let mailbox = Mailbox(ring: ring, call: { WakeUp.ring(number) })
    let handover = Handover(
      CaptureWorker(capture, path: path, mailbox: mailbox, isLocal: isLocal))
    let thread = try WorkerThread(name: "capture") {
      handover.take()?.run { WakeUp.wait(number, milliseconds: $0) }
    }
    self.mailbox = mailbox
    self.thread = thread
    self.bell = bell
  }

  /// Ends what the worker does, and waits until it has.
  public consuming func stop() {
    mailbox.close()
    thread.join()
    _ = consume bell
  }
}

/// Shows a capture in the terminal until the person has seen enough.
///
/// - Parameters:
///   - capture: The first of the state's files, open.
///   - state: With its files and its resolver of times; size and colours are the terminal's.
/// - Returns: The exit status: 0, or 128 and the signal that ended it.
/// - Throws: `TerminalError` when there is no terminal to show it in.
public func inspect(
  _ capture: sending Capture, _ state: InspectorState, wantsColour: Bool
) throws -> Int32 {
  // First of all: the worker inherits the blocked signals.
  let terminal = try Terminal(wantsColour: wantsColour)
  defer { terminal.close() }
  let worker = try RunningWorker(
    capture, path: state.files[0], isLocal: state.isLocal, ring: terminal.waker)
  var state = state
  state.size = terminal.size
  state.colourCount = terminal.colourCount
  let status = loop(InspectorSession(state, device: terminal, mailbox: worker.mailbox), terminal)
  terminal.close()
  worker.stop()
  return status
}

private func loop(_ session: InspectorSession, _ terminal: Terminal) -> Int32 {
  while true {
    var deadline = Clock.monotonic + InspectorSession.patienceInNanoseconds
    while session.isWaiting, Clock.monotonic < deadline {
      guard let input = terminal.next(milliseconds: 5) else { continue }
      // A key is answered within its own time, whatever the worker is at.
      if case .wakeUp = input {} else { deadline = min(deadline, Clock.monotonic + 5_000_000) }
      if let status = take(input, session) { return status }
    }
    session.draw()
    guard let input = terminal.next(milliseconds: session.isFollowing ? 500 : -1) else {
      if session.isFollowing { session.refresh() }
      continue
    }
    if let status = take(input, session) { return status }
    // Keys that came meanwhile: a screen for the last of them is enough.
    for _ in 0..<64 {
      guard let input = terminal.next(milliseconds: 0) else { break }
      if let status = take(input, session) { return status }
    }
  }
}

/// Nil: go on.
private func take(_ input: TerminalInput, _ session: InspectorSession) -> Int32? {
  if case .terminate(let signal) = input { return 128 + signal }
  return session.handle(input) ? nil : 0
}

/// Hands something to one other thread, once.
private final class Handover<Value>: @unchecked Sendable {
  private let lock = Mutex(())
  private var content: Value?
  init(_ content: Value) { self.content = content }
  func take() -> Value? {
    lock.withLock { _ in
      let result = content
      content = nil
      return result
    }
  }
}
