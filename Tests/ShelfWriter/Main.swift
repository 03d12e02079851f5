import CaptureFormat
import Events
import Posix
import Recording

/// A recorder that only writes: tests kill it at random moments.
///
///     ShelfWriter DIRECTORY
///
/// Prints `durable PATH EVENTS` once a capture's past is on the disk, and `closed PATH EVENTS` once it has its name.
@main struct ShelfWriter {
  static func main() throws {
    var options = ShelfOptions(directory: CommandLine.arguments[1])
    options.reserve = 0
    options.quota = nil
    options.maximumCount = nil
    let shelf = try CaptureShelf(options) { report in say("report \(report.message)") }
    shelf.settle()
    say("ready")
    let pause = try WakeUp()
    for number in 0... {
      let job = try shelf.begin(start: start(number: number)) { outcome in
        if outcome.failure == nil { say("closed \(outcome.path) \(outcome.eventCount)") }
      }
      while !job.isPastDurable { pause.wait(milliseconds: 1) }
      say("durable \(job.path) 600")
      for next in 3..<(3 + number % 5) {
        job.append(.block(block(number: next)))
        pause.wait(milliseconds: 1)
      }
      job.finish(
        Completeness(from: BootTime(nanoseconds: 0), to: BootTime(nanoseconds: 1), isComplete: true, reason: "over"))
    }
  }

  private static func say(_ text: String) { try? StandardStream.output.write(text + "\n") }

  private static let container = ContainerKey(rawValue: 3)

  private static func start(number: Int) -> CaptureStart {
    let now = BootTime(nanoseconds: Clock.boot)
    var start = CaptureStart(
      provenance: Provenance(), catalogue: SealedCatalogue(.current(calls: [])),
      containerID: String(repeating: "5e", count: 32),
      triggers: [TriggerRow(time: now, accepted: now, source: "request", reason: "\(number)", container: container)])
    start.anchors = [
      AnchorRow(
        boot: now, monotonic: Clock.monotonic, real: WallTime(nanoseconds: Clock.real), reason: .start)
    ]
    start.blocks = (0..<3).map { block(number: $0) }
    return start
  }

  private static func block(number: Int) -> SealedBlock {
    let builder = EventBlockBuilder(
      stream: StreamKey(container: container, lane: .detail), firstSequence: UInt64(number * 200))
    let key = ProcessKey(pid: 7, start: BootTime(nanoseconds: 1))
    for row in 0..<200 {
      let process = builder.internProcess(key) { BlockProcess(key: key, comm: Array("sh".utf8)) }
      builder.beginRow(
        time: BootTime(nanoseconds: UInt64(number * 200 + row)), process: process, thread: 7, kind: .fileRead,
        call: SystemCall(abi: 0, number: 0), result: Int64.random(in: 0 ... .max), flags: [], cpu: 0)
      builder.endRow()
    }
    return builder.seal()
  }
}
