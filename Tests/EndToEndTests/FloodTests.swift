import ContainerLab
import Glibc
import JSON
import Posix
import Testing

extension EndToEndTests {
  /// One container makes more detail calls than can be taken in; what another does in the meantime is all there.
  @Suite struct FloodTests {
    static let rounds = 150

    /// Each round: a file made and removed, and a process that runs and ends.
    static func work(_ name: String) -> String {
      "i=0; while [ $i -lt \(rounds) ]; do echo $i >/tmp/\(name)-$i; /bin/rm /tmp/\(name)-$i; i=$((i+1)); done; echo done"
    }

    /// What a capture tells of ``work(_:)``.
    private struct Told {
      var made = Set<String>()
      var removed = Set<String>()
      var ran = 0

      init(_ name: String, of container: String, in capture: String) throws {
        for event in try Program.rows("export", "--container", container, "-f", "not proc.name = dd", capture) {
          let path = event.text("file.path") ?? ""
          switch event.text("aftertrace.kind") {
          case "file.open" where path.hasPrefix("/tmp/\(name)-"): made.insert(path)
          case "file.unlink" where path.hasPrefix("/tmp/\(name)-"): removed.insert(path)
          case "process.exec"
          where event.text("process.executable")?.hasSuffix("/rm") == true || event.text("process.name") == "rm":
            ran += 1
          default: break
          }
        }
      }
    }

    @Test(.enabled(if: Program.canRecord(RuncLab.skipReason)))
    func `a flood of detail is shed, counted, and takes no event of worth from another container`() throws {
      let place = try Workplace()
      let lab = try RuncLab()
      defer { lab.end() }
      let (loud, quiet) = ("at-loud-\(processID)", "at-quiet-\(processID)")
      let recorder = try RunningRecorder(to: place["flood.pcapng"], flags: ["--ring-size", "2MiB"])
      let flood =
        "for i in 1 2 3 4; do dd if=/dev/zero of=/dev/null bs=1 count=100000000 & all=\"$all $!\"; done; sleep 2; "
        + "\(Self.work("loud")); echo >/data/over; sleep 2; kill $all"
      try lab.start(loud, ["/bin/sh", "-c", flood])
      usleep(1_000_000)
      #expect(try lab.run(quiet, ["/bin/sh", "-c", Self.work("mark")]).contains("done"))
      for _ in 0..<1200 where !File.exists(lab.rootDirectory + "/data/over") { usleep(100_000) }
      usleep(500_000)
      try recorder.end()

      let losses =
        try #require(try Program.rows("info", place["flood.pcapng"], "--json").first)["losses"]?.elements ?? []
      let containers = try Program.rows("containers", "--json", place["flood.pcapng"])
      func id(_ name: String) -> String? {
        containers.first { $0.text("container.name") == name || $0.text("container.id") == name }?.text("container.id")
      }
      let shed = losses.filter { $0.text("cause") == "shed" }
      #expect(
        shed.contains { $0.text("container") == id(loud) } && shed.allSatisfy { $0.text("lane") == "detail" }, "\(shed)"
      )
      #expect(!shed.contains { $0.text("container") == id(quiet) }, "\(shed)")
      // Its interval is that of the flood, and no point at its end.
      #expect(shed.contains { ($0.big("to_boot_ns") ?? 0) > ($0.big("from_boot_ns") ?? 0) })
      // What else runs on this machine meanwhile is not what is asked.
      let worth = losses.filter { $0.text("lane") != "detail" && $0.text("container") == id(quiet) }
      #expect(worth.isEmpty, "\(worth)")

      let whole = try Told("mark", of: quiet, in: place["flood.pcapng"])
      #expect(
        whole.made.count == Self.rounds && whole.removed.count == Self.rounds && whole.ran == Self.rounds,
        "\(whole.made.count) \(whole.removed.count) \(whole.ran)")
      // Of the loud one detail is shed, and what it made and removed is no detail: each is there, or counted as lost.
      let own = losses.filter { $0.text("lane") != "detail" && $0.text("container") == id(loud) }
      let lost = own.reduce(0) { $0 + Int($1.number("count") ?? 0) }
      let marked = try Told("loud", of: loud, in: place["flood.pcapng"])
      #expect(
        [marked.made.count, marked.removed.count, marked.ran].allSatisfy { $0 + lost >= Self.rounds },
        "\(marked.made.count) \(marked.removed.count) \(marked.ran), \(own)")
    }

    @Test(.enabled(if: Program.canRecord(RuncLab.skipReason)))
    func `once the flood is over, all is taken in again`() throws {
      let place = try Workplace()
      let lab = try RuncLab()
      defer { lab.end() }
      let recorder = try RunningRecorder(to: place["after.pcapng"], flags: ["--ring-size", "1MiB"])
      let work = """
        dd if=/dev/zero of=/dev/null bs=1 count=100000000 & one=$!; dd if=/dev/zero of=/dev/null bs=1 count=100000000 & \
        sleep 4; kill $one $!; sleep 4; head -n 1 /etc/passwd; sleep 0.2; echo done
        """
      #expect(try lab.run("at-after-\(processID)", ["/bin/sh", "-c", work]).contains("done"))
      try recorder.end()
      let losses =
        try #require(try Program.rows("info", place["after.pcapng"], "--json").first)["losses"]?.elements ?? []
      #expect(losses.contains { $0.text("cause") == "shed" }, "\(losses)")
      // Beside millions of dd's.
      let reads = try Program.rows(
        "export", "--container", "at-after-\(processID)", "-f", "proc.name = head and fd.name = /etc/passwd",
        place["after.pcapng"]
      ).filter { $0.text("aftertrace.kind") == "file.read" }
      #expect(!reads.isEmpty, "\(losses)")
    }
  }
}
