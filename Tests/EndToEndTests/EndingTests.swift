import ContainerLab
import Glibc
import JSON
import Posix
import Testing

extension EndToEndTests {
  /// However a recording ends, the file is readable.
  @Suite struct EndingTests {
    /// Calls without end: there is always something in a ring when the recorder ends.
    static let busy = ["/usr/bin/dd", "if=/dev/zero", "of=/dev/null", "bs=1", "status=none"]

    @Test(.enabled(if: Program.canRecord()), arguments: [SIGINT, SIGTERM])
    func `Ctrl-C and SIGTERM end a busy recording with a whole file`(signal: Int32) throws {
      let place = try Workplace()
      let work = try ChildProcess(starting: ProgramLaunch(Self.busy[0], Array(Self.busy.dropFirst())))
      defer { Lab.stop(work) }
      let recorder = try RunningRecorder(to: place["c.pcapng"])
      usleep(200_000)
      try recorder.child.signal(signal)
      let end = try Self.wait(recorder.child)
      #expect(end == .exited(0), "\(recorder.said)")
      let information = try #require(try Program.rows("info", place["c.pcapng"], "--json").first)
      #expect(information["has_footer"]?.bool == true)
    }

    @Test(.enabled(if: Program.canRecord()))
    func `a busy recording ends when its time is over`() throws {
      let place = try Workplace()
      let work = try ChildProcess(starting: ProgramLaunch(Self.busy[0], Array(Self.busy.dropFirst())))
      defer { Lab.stop(work) }
      let recorder = try RunningRecorder(to: place["c.pcapng"], flags: ["--for", "1s"])
      #expect(try Self.wait(recorder.child) == .exited(0), "\(recorder.said)")
    }

    @Test(.enabled(if: Program.canRecord()))
    func `a file whose recorder was killed has no footer and tells the same processes`() throws {
      let place = try Workplace()
      let script = "/bin/sh -c 'exit 3; :'; echo x >\(place["f"]); sleep 30; :"
      let recorder = try RunningRecorder(to: place["c.pcapng"], flags: ["--", "/bin/sh", "-c", script])
      sleep(3)
      try recorder.child.signal(SIGKILL)
      _ = try recorder.child.wait()
      let information = try #require(try Program.rows("info", place["c.pcapng"], "--json").first)
      #expect(information["has_footer"]?.bool == false)
      let processes = try Program.rows("ps", place["c.pcapng"], "--json")
      let shell = try #require(processes.first { $0.words == ["/bin/sh", "-c", script] })
      let child = try #require(processes.first { $0.words == ["/bin/sh", "-c", "exit 3; :"] })
      #expect(child.number("exit_code") == 3)
      #expect(child.number("ppid") == shell.number("pid"))
      // What the recorder held does not outlive this test.
      if let pid = processes.first(where: { $0.words == ["sleep", "30"] })?.number("pid") { kill(pid_t(pid), SIGKILL) }
    }

    @Test(.enabled(if: Program.canRecord()))
    func `an output that exists is refused and left alone`() throws {
      let place = try Workplace()
      try FileDescriptor.write("precious".utf8, to: place["c.pcapng"])
      let result = try Program.run("record", "-o", place["c.pcapng"], "--for", "1s")
      #expect(result.end == .exited(2), "\(result.text)")
      #expect(try FileDescriptor.contents(of: place["c.pcapng"]) == Array("precious".utf8))
    }

    @Test(.enabled(if: Program.canRecord()))
    func `a full disk is said, and what was written is readable`() throws {
      let place = try Workplace()
      try Directory.create(place["small"])
      let mounting = try ProgramLaunch(
        "/usr/bin/mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", place["small"]], environment: Program.clean
      ).run(mergingErrors: true)
      try #require(mounting.end.isSuccess, "\(mounting.text)")
      defer { try? Mount.remove(place["small"]) }
      let capture = place["small"] + "/c.pcapng"
      let result = try Program.record(
        ["/usr/bin/find", "/usr", "-xdev", "-maxdepth", "6", "-name", "nothing"], to: capture)
      #expect(result.end == .exited(2), "\(result.text)")
      #expect(result.text.contains("No space left on device"), "\(result.text)")
      let information = try #require(try Program.rows("info", capture, "--json").first)
      #expect(information["complete"]?.bool == false && (information.number("events") ?? 0) > 0)
      // Cut back to its last whole block; the footer and the losses have room where the half block was.
      #expect(information["has_footer"]?.bool == true && information["problems"]?.elements.isEmpty == true)
      let losses = information["losses"]?.elements ?? []
      #expect(losses.contains { $0.text("cause") == "not-written" && ($0.number("count") ?? 0) > 0 }, "\(losses)")
    }

    @Test(.enabled(if: Program.canRecord()))
    func `tools that read pcapng open a capture without complaint`() throws {
      let place = try Workplace()
      try Program.record(["/bin/true"], to: place["c.pcapng"])
      for (tool, arguments) in [("tshark", ["-r"]), ("capinfos", []), ("tcpdump", ["-nr"])] as [(String, [String])] {
        guard let path = Lab.find(tool) else {
          print("skipped: \(tool) is not installed")
          continue
        }
        let result = try ProgramLaunch(path, arguments + [place["c.pcapng"]], environment: Program.clean).run(
          mergingErrors: true)
        #expect(result.end == .exited(0), "\(tool): \(result.text)")
      }
    }

    /// A recorder that does not end is a failure, not a test that hangs.
    static func wait(_ child: ChildProcess) throws -> ProcessEnd? {
      var end: ProcessEnd?
      if !(try Lab.waitUntil(
        limit: .seconds(20),
        {
          end = try child.endIfOver()
          return end != nil
        }))
      {
        try child.signal(SIGKILL)
        _ = try child.wait()
      }
      return end
    }
  }
}

extension Lab {
  static func stop(_ child: ChildProcess) {
    try? child.signal(SIGKILL)
    _ = try? child.wait()
  }
}
