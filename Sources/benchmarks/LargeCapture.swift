internal import JSON
internal import Posix

/// A recording of 200 containers, 50,000 processes and 10 million events, and how it is read.
struct LargeCapture {
  let directory: String
  private var path: String { directory + "/large.pcapng" }
  private static let containers = 200
  private static let rounds = 5
  private static let eventsWanted = 10_000_000
  private static let memoryLimit = 64 << 20

  /// Records it: some minutes. What is there already is replaced.
  func make(_ bench: Workbench) throws {
    try? File.remove(path)
    let recorder = try BackgroundRecorder(
      [bench.aftertrace, "record", "-o", path, "--max-size", "8G", "--ring-size", "64M"])
    let start = Clock.monotonic
    var containers: [LabContainer] = []
    for number in 0..<Self.containers { containers.append(try LabContainer(number: number)) }
    for round in 0..<Self.rounds {
      // Two at a time, as the machine has cores: each container comes back in every round.
      for first in stride(from: 0, to: containers.count, by: 2) {
        let running = try (first..<min(first + 2, containers.count)).map {
          try containers[$0].start(Self.script(container: $0, round: round))
        }
        for child in running { _ = try Watchdog.wait(for: child) }
      }
      complainProgress(round: round, since: start)
    }
    for container in containers { container.remove() }
    say(try recorder.stop().said)
  }

  /// What one container does in one round; no two do the same: more than 50 processes, and more than ten thousand
  /// calls.
  static func script(container: Int, round: Int) -> String {
    let kind = (container + round) % 4
    let bytes = 3000 + (container * 7 + round * 131) % 1500
    let own =
      switch kind {
      case 0: "find /usr/lib -maxdepth 2 -newer /etc/passwd >/dev/null"
      case 1: "tar cf - /etc 2>/dev/null | wc -c >/dev/null"
      case 2: "ls -lR /usr/share/doc >/dev/null"
      default: "cat /usr/share/common-licenses/* | wc >/dev/null"
      }
    return """
      cd /tmp; i=0; while [ $i -lt 48 ]; do busybox true \(container) \(round) $i; i=$((i+1)); done; \(own)
      dd if=/dev/zero of=/dev/null bs=\(1 + container) count=\(bytes) status=none
      echo \(container) >bench-\(container)-\(round); rm bench-\(container)-\(round)
      """
  }

  private func complainProgress(round: Int, since start: UInt64) {
    let seconds = (Clock.monotonic - start) / 1_000_000_000
    say("round \(round + 1) of \(Self.rounds), \(seconds) s")
  }

  /// Reads it as people do; each question from a process of its own.
  func read(_ bench: Workbench) throws {
    guard File.exists(path) else {
      return report("\nthe large capture", "not measured: `make bench-data` makes \(path)")
    }
    let (facts, _) = try bench.info(path)
    let events = facts["events"]?.integer ?? 0
    let ids = facts["containers"]?.elements.compactMap(\.string).filter { $0.count == 64 } ?? []
    say(
      "\nReading \(events) events of \(ids.count) containers and \(facts["processes"]?.integer ?? 0) processes, "
        + "\((facts["length"]?.integer ?? 0) >> 20) MiB; info reads \((facts["bytes_read"]?.integer ?? 0) >> 10) KiB")
    if events < Self.eventsWanted { say("(fewer than \(Self.eventsWanted) events)") }
    try time("info", ["info", path], bench, limit: 0.1)
    try time("ps", ["ps", path], bench)
    if let id = ids.dropFirst(ids.count / 2).first {
      try time("ps --container", ["ps", path, "--container", id], bench)
      try time("events --container", ["events", path, "--container", id], bench)
    }
    let cut = bench.directory + "/cut.pcapng"
    let length = (facts["length"]?.integer ?? 0) - 100
    _ = try bench.cost(of: bench.shell("head -c \(length) '\(path)' >\(cut)"))
    try time("info, without footer", ["info", cut], bench, limit: 1)
    try? File.remove(cut)
  }

  private func time(_ name: String, _ arguments: [String], _ bench: Workbench, limit: Double? = nil) throws {
    var seconds: [Double] = []
    var peak: UInt64 = 0
    // The first warms the page cache.
    for run in 0...bench.pairs {
      let start = Clock.monotonic
      let child = try Watchdog.start(ProgramLaunch(bench.aftertrace, arguments))
      let (end, usage) = try Watchdog.wait(for: child)
      guard end.isSuccess else { return report(name, "not measured: \(end)") }
      if run > 0 { seconds.append(Double(Clock.monotonic - start) / 1e9) }
      peak = max(peak, usage.peakMemoryInBytes)
    }
    report(name, Spread(seconds), digits: 3, unit: " s", atMost: limit)
    let isSmall = peak <= Self.memoryLimit
    report("  memory", decimal(Double(peak) / 1_048_576, 0) + " MiB", target: 64, isMet: isSmall)
  }
}
