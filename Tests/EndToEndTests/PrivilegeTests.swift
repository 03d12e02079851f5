import ContainerLab
import JSON
import Posix
import Testing

extension EndToEndTests {
  /// A recorder gives up what it needed to load its probes, and records on.
  @Suite struct PrivilegeTests {
    @Test(.enabled(if: Program.canRecord(RuncLab.skipReason)))
    func `a live recorder has three capabilities a thread, that of packets five, and learns of containers`() throws {
      let place = try Workplace()
      let capture = place["dropped.pcapng"]
      let name = "at-dropped-\(processID)"
      let lab = try RuncLab()
      // As a rootless engine's files are: another's, closed to everybody else.
      _ = try ProgramLaunch("/bin/chown", ["65534", lab.directory]).run()
      let recorder = try RunningRecorder(to: capture)
      let tasks = "/proc/\(recorder.child.pid)/task"
      let threads = try Directory.names(in: tasks)
      #expect(threads.count >= 3, "the drain, the writer and the metadata's reader")
      for thread in threads {
        let status = String(
          decoding: try FileDescriptor.contents(of: "\(tasks)/\(thread)/status"), as: UTF8.self)
        // CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE, CAP_BPF; to open sockets in others' network namespaces CAP_SYS_ADMIN and
        // CAP_NET_RAW beside them.
        let kept = status.contains("Name:\tpackets\n") ? "0000008000282004" : "0000008000080004"
        for line in [
          "CapPrm:\t\(kept)", "CapEff:\t\(kept)", "CapBnd:\t0000000000000000",
          "CapInh:\t0000000000000000", "CapAmb:\t0000000000000000", "NoNewPrivs:\t1",
        ] { #expect(status.contains(line), "\(thread)") }
      }
      _ = try ProgramLaunch(
        "/bin/sh", ["-c", try lab.command(name, ["/bin/cat", "/etc/none"]).joined(separator: " ")]
      )
      .run(mergingErrors: true)
      #expect(try recorder.end() == .exited(0), "\(recorder.said)")
      let rows = try Program.rows("containers", capture, "--json").filter { $0.text("container.id") == name }
      #expect(rows.count == 1)
      #expect(rows.first?.text("metadata_source") != "cgroup")
      #expect((rows.first?.number("events") ?? 0) > 0)
    }
  }
}
