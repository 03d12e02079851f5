import ContainerLab
import Glibc
import JSON
import Posix
import Testing

extension EndToEndTests {
  /// Losses that are forced: the capture's own count and times of them are checked against the workload's.
  @Suite struct LossTests {
    static func workload(_ count: Int) -> [String] {
      ["/usr/bin/dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=\(count)", "status=none"]
    }

    @Test(.enabled(if: Program.canRecord()))
    func `with a tiny ring, kept and lost add up to what happened`() throws {
      let place = try Workplace()
      // The control: the same workload, nothing forced.
      try Program.record(Self.workload(30000), to: place["whole.pcapng"], flags: ["--ring-size", "64MiB"])
      let whole = try Summary(place["whole.pcapng"])
      #expect(whole.isComplete)
      #expect(try Program.run("info", place["whole.pcapng"]).text.contains(": complete"))
      #expect(try Self.transfers(place["whole.pcapng"]).count >= 60000)

      let before = Clock.boot
      try Program.record(Self.workload(30000), to: place["tiny.pcapng"], flags: ["--ring-size", "4096"])
      let after = Clock.boot
      let tiny = try Summary(place["tiny.pcapng"])
      #expect(!tiny.isComplete)
      let text = try Program.run("info", place["tiny.pcapng"]).text
      #expect(!text.contains(": complete") && text.contains("lost"))
      #expect(tiny.lost > 0)
      // A loaded machine may add a call or two of its own (a restarted wait).
      #expect(
        abs(tiny.kept + tiny.lost - whole.kept) <= 8, "\(tiny.kept) kept + \(tiny.lost) lost, \(whole.kept) happened")
      for band in tiny.bands { #expect(before <= band.from && band.from <= band.to && band.to <= after) }
    }

    @Test(.enabled(if: Program.canRecord()))
    func `while the recorder is stopped, what is lost is counted and its time is known`() throws {
      let place = try Workplace()
      try Program.record(Self.workload(300_000), to: place["whole.pcapng"], flags: ["--ring-size", "64MiB"])
      let whole = try Summary(place["whole.pcapng"])
      #expect(whole.isComplete)

      let before = Clock.boot
      let recorder = try RunningRecorder(
        to: place["stopped.pcapng"], flags: ["--ring-size", "65536", "--"] + Self.workload(300_000))
      try recorder.child.signal(SIGSTOP)
      usleep(200_000)
      let stopped = Clock.boot
      usleep(300_000)
      let continued = Clock.boot
      try recorder.child.signal(SIGCONT)
      #expect(try recorder.child.wait() == .exited(0), "\(recorder.said)")
      let after = Clock.boot
      let summary = try Summary(place["stopped.pcapng"])
      #expect(!summary.isComplete)
      #expect(
        abs(summary.kept + summary.lost - whole.kept) <= 8,
        "\(summary.kept) kept + \(summary.lost) lost, \(whole.kept) happened")
      for band in summary.bands { #expect(before <= band.from && band.from <= band.to && band.to <= after) }
      // The ring was full well before `stopped`, and nobody emptied it until `continued`; unless dd was done by then.
      let end = min(continued, try Self.transfers(place["stopped.pcapng"]).max() ?? continued)
      if end > stopped {
        #expect(summary.bands.contains { $0.from <= stopped && end <= $0.to + 20_000_000 }, "\(summary.bands)")
      }
    }

    /// When dd read and wrote, of what was kept.
    static func transfers(_ capture: String) throws -> [UInt64] {
      try Program.rows("export", capture).filter {
        ["file.read", "file.write"].contains($0.text("aftertrace.kind")) && $0.number("aftertrace.count") == 1
      }.compactMap { $0.big("aftertrace.boot_time_ns") }
    }

    /// What `info --json` says of losses.
    struct Summary {
      var isComplete: Bool
      var kept: Int64
      var lost: Int64 = 0
      var bands: [(from: UInt64, to: UInt64)] = []

      init(_ capture: String) throws {
        let information = try #require(try Program.rows("info", capture, "--json").first)
        isComplete = information["complete"]?.bool ?? false
        kept = information.number("events") ?? 0
        // A lost name is not a lost event.
        for loss in information["losses"]?.elements ?? [] where loss.text("cause") != "path-definition" {
          lost += loss.number("count") ?? 0
          if let from = loss.big("from_boot_ns"), let to = loss.big("to_boot_ns") { bands.append((from, to)) }
        }
      }
    }
  }
}
