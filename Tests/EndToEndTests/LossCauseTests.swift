import ContainerLab
import Glibc
import JSON
import Posix
import Testing

extension EndToEndTests {
  /// Each cause that is not a full ring, forced: the capture says what is missing, and is not called complete.
  @Suite struct LossCauseTests {
    /// A cause's rows, and what `info` says in its first line.
    private static func losses(_ cause: String, in capture: String) throws -> (rows: [JSONValue], verdict: String) {
      let information = try #require(try Program.rows("info", capture, "--json").first)
      #expect(information["complete"]?.bool == false, "\(information.text("verdict") ?? "")")
      let rows = (information["losses"]?.elements ?? []).filter { $0.text("cause") == cause }
      return (rows, information.text("verdict") ?? "")
    }

    private static func count(_ rows: [JSONValue]) -> Int64 { rows.reduce(0) { $0 + ($1.number("count") ?? 0) } }

    @Test(.enabled(if: Program.canRecord()))
    func `a table of the probes that is full is told, with whose processes are not followed`() throws {
      let place = try Workplace()
      try Program.record(
        ["/bin/sh", "-c", "for i in $(seq 60); do sleep 0.2 & done; wait"], to: place["full.pcapng"],
        environment: ["AFTERTRACE_TEST_TABLE_CAPACITY=8"])
      let (rows, verdict) = try Self.losses("table-full", in: place["full.pcapng"])
      // Every CPU may hold an entry of its own beside the table's.
      #expect((30...60).contains(Self.count(rows)), "\(rows)")
      #expect(rows.allSatisfy { $0.text("lane") == "lifecycle" && $0.text("container") == "host" })
      #expect(verdict.contains("found a table full"), "\(verdict)")
    }

    @Test(.enabled(if: Program.canRecord()))
    func `a probe that does not run keeps a capture from being complete, and the others record`() throws {
      let place = try Workplace()
      try Program.record(
        ["/bin/true"], to: place["gap.pcapng"], environment: ["AFTERTRACE_TEST_WITHOUT_PROBE=on_rename"])
      let (rows, verdict) = try Self.losses("not-probed", in: place["gap.pcapng"])
      #expect(Self.count(rows) == 1 && rows.first?.text("container") == nil)
      #expect(verdict.contains("1 probe not attached"), "\(verdict)")
      let kinds = try Program.rows("export", place["gap.pcapng"]).compactMap { $0.text("aftertrace.kind") }
      #expect(kinds.contains("process.exec") && kinds.contains("process.exit"))
    }

    /// What plugs a CPU in and out; nil where the machine has none that can be.
    private static let secondProcessor: String? = {
      let path = "/sys/devices/system/cpu/cpu1/online"
      return access(path, W_OK) == 0 && Lab.find("taskset") != nil ? path : nil
    }()

    @Test(.enabled(if: Program.canRecord(secondProcessor == nil ? "no CPU can be plugged in" : nil)))
    func `a CPU that is plugged in later is recorded like the others`() throws {
      let switchFile = try #require(Self.secondProcessor)
      let place = try Workplace()
      try FileDescriptor.write(Array("0".utf8), to: switchFile)
      defer { try? FileDescriptor.write(Array("1".utf8), to: switchFile) }
      let script = """
        echo 1 > \(switchFile)
        exec taskset -c 1 dd if=/dev/zero of=/dev/null bs=1 count=5000 status=none
        """
      try Program.record(["/bin/sh", "-c", script], to: place["plugged.pcapng"], flags: ["--ring-size", "16MiB"])
      let summary = try LossTests.Summary(place["plugged.pcapng"])
      #expect(summary.isComplete && summary.lost == 0)
      #expect(try LossTests.transfers(place["plugged.pcapng"]).count == 10_000)
    }

    @Test(.enabled(if: Program.canRecord()))
    func `processes that end while the probes are put on have a name, or are told as a gap`() throws {
      let place = try Workplace()
      let child = try ChildProcess(
        starting: ProgramLaunch(
          "/bin/sh",
          ["-c", "while :; do for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do sleep 0.03 & done; wait; done"],
          environment: Program.clean))
      defer {
        try? child.signal(SIGKILL)
        _ = try? child.wait()
      }
      usleep(200_000)
      let recorder = try RunningRecorder(to: place["scan.pcapng"], flags: ["--ring-size", "16MiB"])
      usleep(1_500_000)
      try recorder.end()
      let nameless = try Program.rows("ps", "--json", place["scan.pcapng"]).filter {
        $0.text("comm")?.isEmpty != false && $0["end"] != nil && ($0.number("events") ?? 0) > 0
          && $0.text("parent_start_boot_ns") ?? "0" == "0"
      }
      let information = try #require(try Program.rows("info", place["scan.pcapng"], "--json").first)
      let gaps = (information["losses"]?.elements ?? []).filter { $0.text("cause") == "scan-gap" }
      #expect(Self.count(gaps) == Int64(nameless.count), "\(gaps), \(nameless)")
    }
  }
}
