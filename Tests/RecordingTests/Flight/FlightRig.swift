import ContainerLab
import Glibc
import Posix
import Synchronization
import Testing
import Triggers

@testable import Recording

/// An armed recorder in this process, on a thread of its own. It records everything but this process.
final class FlightRig {
  let directory: String
  let desk: FlightDesk
  let shelf: CaptureShelf
  private var thread: WorkerThread?
  private let state: State

  private final class State: Sendable {
    let desk = Mutex<FlightDesk?>(nil)
    let error = Mutex<String?>(nil)
    let messages = Mutex<[String]>([])
  }

  /// Why nothing can be recorded here; nil when it can.
  static let skipReason: String? = {
    if geteuid() != 0 { return "recording needs root" }
    return File.exists("/sys/kernel/btf/vmlinux") ? nil : "the kernel has no BTF"
  }()

  static func canRecord(_ also: String? = nil) -> Bool {
    guard let reason = skipReason ?? also else { return true }
    print("skipped: \(reason)")
    return false
  }

  /// Comes back when the recorder is armed.
  init(_ change: @Sendable (inout FlightOptions) -> Void = { _ in }) throws {
    let directory = try Directory.createTemporary(prefix: "at-flight-")
    self.directory = directory
    let state = State()
    self.state = state
    let shelf = try CaptureShelf(ShelfOptions(directory: directory)) { report in
      state.messages.withLock { $0.append(report.message) }
    }
    self.shelf = shelf
    var options = FlightOptions(toolVersion: "test", commandLine: "test")
    change(&options)
    let final = options
    thread = try WorkerThread(name: "flight") {
      do {
        let signals = try SignalSource([SIGUSR2])
        let recorder = try FlightRecorder(final, shelf: shelf) { _ in }
        try recorder.run(signals: signals, whenArmed: { state.desk.withLock { $0 = recorder.triggerDesk } })
      } catch {
        state.error.withLock { $0 = "\(error)" }
      }
    }
    guard
      Lab.waitUntil(limit: .seconds(60), { state.desk.withLock { $0 != nil } || state.error.withLock { $0 != nil } }),
      let desk = state.desk.withLock({ $0 })
    else { throw LabError("the recorder does not start: \(state.error.withLock { $0 } ?? "no reason")") }
    self.desk = desk
  }

  deinit { end() }

  /// Ends the recorder, and removes its captures.
  func end() {
    guard let thread = thread.take() else { return }
    desk.stop()
    thread.join()
    shelf.close()
    try? Directory.removeAll(directory)
  }

  var error: String? { state.error.withLock { $0 } }
  var messages: [String] { state.messages.withLock { $0 } }

  func trigger(
    container id: String, reason: String = "test", _ change: (inout TriggerRequest) -> Void = { _ in }
  ) -> TriggerAnswer {
    var scope = TriggerScope()
    scope.containerID = id
    var request = TriggerRequest(scope: scope, source: "request")
    request.reason = reason
    change(&request)
    return desk.submit(request)
  }

  /// Triggers, and waits until the capture is closed.
  func capture(_ id: String, _ change: (inout TriggerRequest) -> Void = { _ in }) throws -> String {
    guard case .accepted(let receipt) = trigger(container: id, change) else {
      throw LabError("refused: \(trigger(container: id))")
    }
    if let failure = desk.waitUntilClosed(receipt) { throw LabError(failure) }
    return receipt.path
  }
}
