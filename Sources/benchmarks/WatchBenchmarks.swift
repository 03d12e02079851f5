internal import JSON
internal import Posix

/// The armed recorder, as it is installed: what it costs and how far back it remembers.
struct WatchBenchmarks {
  let bench: Workbench

  /// Of so many slices of three seconds the one in which the least happened: the host's other processes are recorded, too.
  private static let idleSlices = 10
  /// Longer than the detail lane's window, and than the activity lane's.
  private static let busySeconds = 33
  private static let longSeconds = 135

  /// Idle, and with one container that makes more and more calls: CPU, losses and the achieved windows.
  func run() throws {
    say("\nThe armed recorder (watch, default budget and windows, one container in which something happens)")
    let watch = try ArmedRecorder(bench, settings: "")
    defer { watch.stop() }
    try pause(seconds: 3)
    let slices = try (0..<Self.idleSlices).map { _ in try watch.share { try pause(seconds: 3) } }
    let idle = slices.min { $0.eventsPerSecond < $1.eventsPerSecond }!
    report(
      "idle: CPU, of one core", decimal(idle.share * 100, 2) + " %", target: 0.5, isMet: idle.share <= 0.005)
    report("idle: events/s of the host in that time", decimal(idle.eventsPerSecond, 0))
    for rate in [10, 50, 100, 200] { try measure(rate * 1000, watch, seconds: Self.busySeconds) }
    say("  what the probes add to each call is in the workload's time, not in the recorder's")
  }

  /// The same, for longer than the activity lane's window.
  func windows() throws {
    say("\nThe armed recorder's windows, over more than two minutes")
    let watch = try ArmedRecorder(bench, settings: "")
    defer { watch.stop() }
    try measure(50_000, watch, seconds: Self.longSeconds)
  }

  private func measure(_ rate: Int, _ watch: ArmedRecorder, seconds: Int) throws {
    let container = try LabContainer(number: rate)
    defer { container.remove() }
    let before = try watch.status()
    let work = try container.start("exec \(bench.own) --paced \(rate) \(seconds + 1)")
    try pause(seconds: 1)
    let (share, achieved) = try watch.share { try pause(seconds: seconds - 2) }
    try pause(seconds: 1)
    let status = try watch.status()
    let usage = try Watchdog.wait(for: work).usage
    let name = "\(rate / 1000),000 calls/s"
    report(
      "\(name): CPU, of one core", decimal(share * 100, 2) + " %", target: rate == 100_000 ? 4 : nil,
      isMet: share <= 0.04)
    report("\(name): events/s recorded", decimal(achieved, 0))
    report(
      "\(name): the workload's CPU, probes included",
      decimal(Double(usage.processorNanoseconds) / 1e7 / Double(seconds + 1), 1) + " %")
    let row = status["containers"]?.elements.first { $0["id"]?.string == container.id }
    for lane in ["lifecycle", "activity", "detail"] {
      let wanted = status["windows_s"]?[lane]?.integer ?? 0
      let found = row?["history_s"]?[lane]?.integer ?? 0
      // It cannot remember what was before the container.
      let possible = min(wanted, Int64(seconds - 1))
      report(
        "\(name): \(lane), of \(wanted) s (\(seconds) s of them ran)", "\(found) s", target: Double(possible),
        isMet: found >= possible)
    }
    report("\(name): memory, of \(mebibytes(status, "budget"))", mebibytes(status, "used"))
    let lost = Self.lost(status) - Self.lost(before)
    report("\(name): lost", "\(lost)", target: 0, isMet: lost == 0)
  }

  private func mebibytes(_ status: JSONValue, _ name: String) -> String {
    "\((status["memory"]?[name]?.integer ?? 0) >> 20) MiB"
  }

  /// Events; what was let go to stay within the windows or the budget is no loss.
  private static func lost(_ status: JSONValue) -> Int64 {
    (status["losses"]?.elements ?? []).filter { !["evicted", "shed"].contains($0["cause"]?.string) }
      .reduce(0) { $0 + ($1["count"]?.integer ?? 0) }
  }

  // MARK: Triggers

  /// From a trigger's acceptance by the recorder to its past on the disk, against a plain write and fsync of as much.
  func triggers() throws {
    say("\nFrom a trigger that the armed recorder accepts to the past on the disk")
    let watch = try ArmedRecorder(bench, settings: "windows: {after: 1s}\n")
    defer { watch.stop() }
    for (name, script, rounds) in [
      ("quiet", "while :; do read line </proc/uptime; sleep 0.2; done", 8),
      ("busy", "dd if=/dev/urandom of=/dev/shm/$$ bs=4k count=4000 status=none; rm /dev/shm/$$; sleep 1000", 4),
    ] {
      try measure(watch, name, script, rounds: rounds)
    }
  }

  private func measure(_ watch: ArmedRecorder, _ name: String, _ script: String, rounds: Int) throws {
    let containers = try (0..<25).map { try LabContainer(number: 1000 + $0 + rounds * 100) }
    defer { for container in containers { container.remove() } }
    for container in containers { try container.start(script) }
    try pause(seconds: 4)
    var past: [Double] = []
    var plain: [Double] = []
    var lengths: [Double] = []
    for _ in 0..<rounds {
      for container in containers {
        let (milliseconds, length) = try watch.trigger(container.id)
        past.append(milliseconds)
        lengths.append(Double(length) / 1024)
        plain.append(
          try TriggerBenchmarks.writePlainly(length, to: watch.directory + "/captures/plain") / 1e6)
      }
      // Until the captures are closed: a trigger would join them.
      try pause(seconds: 1)
    }
    TriggerBenchmarks.compare(past, plain, "\(name), \(Spread(lengths).text(digits: 0)) KiB")
  }
}

/// `aftertrace watch` with a configuration, captures and a socket of its own.
final class ArmedRecorder {
  let directory: String
  private let program: String
  private let child: ChildProcess
  private var socket: String { directory + "/control.sock" }

  /// Returns when it is armed.
  init(_ bench: Workbench, settings: String) throws {
    directory = try Directory.createTemporary(prefix: "aftertrace-bench-watch-")
    program = bench.aftertrace
    try Directory.create(directory + "/etc")
    try FileDescriptor.write(
      "captures: {directory: \(directory)/captures, free_space: 0%}\nsocket: \(directory)/control.sock\n\(settings)"
        .utf8,
      to: directory + "/etc/aftertrace.yaml")
    let log = directory + "/log"
    let output = try FileDescriptor.createForAppending(log)
    child = try Watchdog.start(
      ProgramLaunch(
        program, ["watch", "--config", directory + "/etc"], output: output.number, errorOutput: output.number))
    for _ in 0..<600 {
      let said = String(decoding: try FileDescriptor.contents(of: log), as: UTF8.self)
      if said.contains("armed: ") { return }
      if try child.endIfOver() != nil { throw Refusal(reason: said) }
      try pause(milliseconds: 50)
    }
    throw Refusal(reason: "it is not armed after 30 s")
  }

  func stop() {
    try? child.signal(15)
    _ = try? Watchdog.wait(for: child)
    try? Directory.removeAll(directory)
  }

  func status() throws -> JSONValue {
    try JSONValue(parsing: try ProgramLaunch(program, ["status", "--json", "--socket", socket]).run().output)
  }

  /// The part of one processor that the process with all its threads takes while `body` runs, and what it recorded then. To
  /// ask for it is a little of both.
  func share(_ body: () throws -> Void) throws -> (share: Double, eventsPerSecond: Double) {
    func figures() throws -> (milliseconds: Int64, events: Int64, time: UInt64) {
      let recorder = try status()["recorder"]
      guard let time = recorder?["processor_ms"]?.integer, let events = recorder?["events"]?.integer else {
        throw Refusal(reason: "its status does not say what it costs")
      }
      return (time, events, Clock.monotonic)
    }
    let before = try figures()
    try body()
    let after = try figures()
    let seconds = Double(after.time - before.time) / 1e9
    return (
      Double(after.milliseconds - before.milliseconds) / 1000 / seconds, Double(after.events - before.events) / seconds
    )
  }

  /// Asks for a capture, and waits until its past is on the disk.
  ///
  /// - Returns: Milliseconds by the recorder's own account, and the length of what is on the disk.
  func trigger(_ container: String) throws -> (milliseconds: Double, length: Int) {
    let result = try ProgramLaunch(program, ["trigger", "--socket", socket, "--container", container]).run(
      mergingErrors: true)
    guard result.end.isSuccess, let path = result.text.split(separator: "\n").first else {
      throw Refusal(reason: result.text)
    }
    for _ in 0..<200 {
      let capture = try status()["captures"]?.elements.first { $0["path"]?.string == String(path) }
      if let time = capture?["past_durable_after_us"]?.integer, let length = capture?["bytes"]?.integer {
        return (Double(time) / 1000, Int(length))
      }
    }
    throw Refusal(reason: "the past of \(path) is not on the disk")
  }
}

func pause(seconds: Int) throws { try pause(milliseconds: seconds * 1000) }
func pause(milliseconds: Int) throws { try WakeUp().wait(milliseconds: Int32(milliseconds)) }

/// A process that makes so many calls a second: reads and writes of one byte, and now and then what the other lanes hold.
enum PacedWork {
  static func run(callsPerSecond rate: Int, seconds: Int) throws {
    let source = try FileDescriptor.open("/dev/zero", flags: 0)
    let sink = try FileDescriptor.open("/dev/null", flags: 1)
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1, alignment: 1)
    defer { room.deallocate() }
    let slices = 100 * seconds
    let pairs = rate / 200
    let start = Clock.monotonic
    let pause = try WakeUp()
    for slice in 0..<slices {
      for _ in 0..<pairs {
        _ = try source.read(into: room)
        try sink.write(UnsafeRawBufferPointer(room))
      }
      if slice % 100 == 0 {
        _ = try ProgramLaunch("/bin/true", []).run()
        try FileDescriptor.write("x".utf8, to: "/dev/shm/aftertrace-bench-\(processID)")
      }
      let due = start + UInt64(slice + 1) * 10_000_000
      let now = Clock.monotonic
      if due > now { pause.wait(milliseconds: Int32((due - now + 500_000) / 1_000_000)) }
    }
    try File.remove("/dev/shm/aftertrace-bench-\(processID)")
  }
}
