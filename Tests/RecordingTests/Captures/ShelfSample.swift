import CaptureFormat
import Events
import Posix
import Synchronization
import Testing

@testable import Recording

/// A shelf in a directory of its own, and captures to put on it.
final class ShelfSample: Sendable {
  let directory: String
  let said = Mutex<[ShelfReport]>([])

  init() throws { directory = try Directory.createTemporary(prefix: "at-shelf-") + "/captures" }
  deinit { try? Directory.removeAll(String(directory.dropLast("/captures".count))) }

  func options(_ change: (inout ShelfOptions) -> Void = { _ in }) -> ShelfOptions {
    var options = ShelfOptions(directory: directory)
    options.reserve = 0
    change(&options)
    return options
  }

  func shelf(_ change: (inout ShelfOptions) -> Void = { _ in }) throws -> CaptureShelf {
    try CaptureShelf(options(change)) { [self] report in said.withLock { $0.append(report) } }
  }

  var reports: [ShelfReport] { said.withLock { $0 } }
  var names: [String] { ((try? Directory.names(in: directory)) ?? []).sorted() }
  func path(_ name: String) -> String { directory + "/" + name }

  static let container = ContainerKey(rawValue: 3)
  static let containerID = String(repeating: "5e", count: 32)

  /// A capture's beginning: `blocks` sealed blocks of `rows` events each.
  static func start(blocks: Int = 3, rows: Int = 500, name: String? = "web") -> CaptureStart {
    let now = Clock.boot
    var provenance = Provenance()
    provenance[.hostName] = "node-1"
    var start = CaptureStart(
      provenance: provenance, catalogue: SealedCatalogue(.current(calls: [])), containerID: containerID,
      containerName: name,
      triggers: [
        TriggerRow(
          time: BootTime(nanoseconds: now), accepted: BootTime(nanoseconds: now), source: "falco", rule: "shell",
          container: container)
      ])
    start.anchors = [
      AnchorRow(
        boot: BootTime(nanoseconds: now), monotonic: Clock.monotonic, real: WallTime(nanoseconds: Clock.real),
        reason: .start)
    ]
    start.containers = [ContainerRow(key: container, id: containerID, name: name)]
    start.blocks = (0..<blocks).map { block(number: $0, rows: rows) }
    return start
  }

  /// Events that do not compress well, so that length means something.
  static func block(number: Int, rows: Int = 500) -> SealedBlock {
    let builder = EventBlockBuilder(
      stream: StreamKey(container: container, lane: .detail), firstSequence: UInt64(number * rows))
    let key = ProcessKey(pid: 7, start: BootTime(nanoseconds: 1))
    for row in 0..<rows {
      let process = builder.internProcess(key) { BlockProcess(key: key, comm: Array("sh".utf8)) }
      builder.beginRow(
        time: BootTime(nanoseconds: UInt64(number * rows + row) * 1_000_000), process: process, thread: 7,
        kind: .fileRead, call: SystemCall(abi: 0, number: 0), result: Int64.random(in: 0 ... .max), flags: [], cpu: 0)
      builder.set(.count, Int64.random(in: 0 ... .max))
      builder.endRow()
    }
    return builder.seal()
  }

  static func completeness(_ reason: String = "the window was over") -> Completeness {
    Completeness(
      from: BootTime(nanoseconds: 0), to: BootTime(nanoseconds: 1), isComplete: true, reason: reason)
  }
}

extension CaptureFile {
  var eventCount: Int { directory.reduce(0) { $0 + Int($1.rowCount) } }
}

/// Waits for what another thread does.
func eventually(_ limit: Duration = .seconds(20), _ condition: () -> Bool) -> Bool {
  let end = ContinuousClock.now + limit
  while ContinuousClock.now < end {
    if condition() { return true }
    try? WakeUp().wait(milliseconds: 3)
  }
  return condition()
}
