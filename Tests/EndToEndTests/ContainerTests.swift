import ContainerLab
import Glibc
import JSON
import Posix
import Testing

extension EndToEndTests {
  /// Containers with known deeds, removed before the capture is read.
  @Suite struct ContainerTests {
    /// Every deed of the script is in the tests below. Applets by path: busybox runs bare names without exec.
    static let script = """
      echo one >/data/first
      /bin/cat /data/first >/tmp/second
      (exit 7)
      /bin/sh -c 'exit 3; :'
      /bin/nc -w 1 127.0.0.1 9 </dev/null
      /bin/nc -l -p 7777 >/data/heard & /bin/sleep 0.3
      /bin/nc -w 2 127.0.0.1 7777 </dev/null
      /bin/mkdir /tmp/dir
      /bin/mv /tmp/second /tmp/dir/third
      /bin/cat /data/absent
      /bin/rm /data/first
      /bin/sleep 60 & /bin/sleep 0.2; kill -9 $!; wait; exit 5
      """

    @Test(.enabled(if: Program.canRecord(RuncLab.skipReason)))
    func `every process, file and connection of a runc container is told after it is gone`() throws {
      let place = try Workplace()
      let capture = place["runc.pcapng"]
      let name = "at-known-\(processID)"
      do {
        let lab = try RuncLab()
        let recording = try Program.record(try lab.command(name, ["/bin/sh", "-c", Self.script]), to: capture)
        #expect(recording.end == .exited(5), "the recorder's status is the command's: \(recording.text)")
      }
      // It talks as soon as it runs: packets may go by before its network namespace is entered, and are counted then.
      let losses = try #require(try Program.rows("info", capture, "--json").first)["losses"]?.elements ?? []
      #expect(losses.allSatisfy { $0.text("cause") == "late-tap" }, "\(losses)")
      try Self.expectDeeds(in: capture, container: name)
    }

    @Test(.enabled(if: Program.canRecord(DockerLab.skipReason)))
    func `every process, file and connection of a docker container is told after it is gone, by its name and image`()
      throws
    {
      let place = try Workplace()
      let capture = place["docker.pcapng"]
      let name = "known-\(processID)"
      let short = "brief-\(processID)"
      do {
        let lab = try DockerLab()
        try lab.docker("run", "-d", "--name", "there", "--network", "none", DockerLab.image, "/bin/sleep", "60")
        let refused = try Program.run("record", "-o", place["no.pcapng"], "--container", "no-such", "--for", "1s")
        #expect(refused.end == .exited(2))
        #expect(refused.text.contains("no container 'no-such'") && refused.text.contains("there"), "\(refused.text)")
        let recorder = try RunningRecorder(to: capture, flags: ["--ring-size", "32MiB"])
        _ = try? lab.docker("run", "--name", name, "--network", "none", DockerLab.image, "/bin/sh", "-c", Self.script)
        try lab.docker("run", "--rm", "--name", short, "--network", "none", DockerLab.image, "/bin/sleep", "0.1")
        try lab.docker("rm", "-f", name)
        #expect(try recorder.end() == .exited(0), "\(recorder.said)")
      }
      let containers = try Program.rows("containers", capture, "--json")
      for wanted in [name, short] {
        let container = try #require(
          containers.first { $0.text("container.name") == wanted }, "\(wanted) is not among \(containers)")
        #expect(container.text("container.image.name") == DockerLab.image)
        #expect(container.text("container.id")?.count == 64)
        #expect(container.text("ended") != nil)
      }
      let sleep = try Program.rows("ps", capture, "--json", "--container", short).first {
        $0.words == ["/bin/sleep", "0.1"]
      }
      #expect(sleep?.number("exit_code") == 0)
      try Self.expectDeeds(in: capture, container: name)
    }

    @Test(.enabled(if: Program.canRecord(DockerLab.skipReason)))
    func `twenty docker containers that only run true, on a busy machine, each have name and image`() throws {
      let place = try Workplace()
      let lab = try DockerLab()
      defer { lab.end() }
      let recorder = try RunningRecorder(to: place["busy.pcapng"])
      // Two that call as fast as they can on each processor: the recorder is far behind.
      let busy = try (0..<4).map { _ in
        try ChildProcess(
          starting: ProgramLaunch("/usr/bin/dd", ["if=/dev/zero", "of=/dev/null", "bs=1", "status=none"]))
      }
      defer {
        for child in busy {
          try? child.signal(SIGKILL)
          _ = try? child.wait()
        }
      }
      for number in 1...20 {
        try lab.docker("run", "--rm", "--name", "busy-\(number)", "--network", "none", DockerLab.image, "/bin/true")
      }
      #expect(try recorder.end() == .exited(0), "\(recorder.said)")
      let containers = try Program.rows("containers", place["busy.pcapng"], "--json")
      for number in 1...20 {
        let found = containers.filter { $0.text("container.name") == "busy-\(number)" }
        #expect(found.map { $0.text("container.image.name") } == [DockerLab.image], "busy-\(number)")
      }
    }

    @Test(.enabled(if: Program.canRecord(RuncLab.skipReason)))
    func `a command's capture does not tell of the containers that came and went beside it`() throws {
      let place = try Workplace()
      let lab = try RuncLab()
      defer { lab.end() }
      let recorder = try RunningRecorder(to: place["own.pcapng"], flags: ["--", "/bin/sleep", "1.5"])
      let name = "at-beside-\(processID)"
      try lab.run(name, ["/bin/true"])
      #expect(try recorder.child.wait() == .exited(0), "\(recorder.said)")
      let events = try Program.run("events", place["own.pcapng"])
      #expect(events.text.contains("sleep[") && !events.text.contains("at-beside-"), "\(events.text)")
      #expect(try Program.rows("containers", place["own.pcapng"], "--json").isEmpty)
    }

    /// What the script does, against what the capture says.
    static func expectDeeds(in capture: String, container: String) throws {
      let processes = try Program.rows("ps", capture, "--json", "--container", container)
      let first = try #require(processes.first { $0.words == ["/bin/sh", "-c", script] && $0.number("vpid") == 1 })
      #expect(first.number("exit_code") == 5)
      let root = try #require(first.number("pid"))
      // Arguments, exit code, signal: one row each, all children of the script's shell.
      let expected: [([String], Int64, String?)] = [
        (["/bin/cat", "/data/first"], 0, nil),
        (["/bin/sh", "-c", "exit 3; :"], 3, nil),
        (["/bin/nc", "-w", "1", "127.0.0.1", "9"], 1, nil),
        (["/bin/nc", "-l", "-p", "7777"], 0, nil),
        (["/bin/sleep", "0.3"], 0, nil),
        (["/bin/nc", "-w", "2", "127.0.0.1", "7777"], 0, nil),
        (["/bin/mkdir", "/tmp/dir"], 0, nil),
        (["/bin/mv", "/tmp/second", "/tmp/dir/third"], 0, nil),
        (["/bin/cat", "/data/absent"], 1, nil),
        (["/bin/rm", "/data/first"], 0, nil),
        (["/bin/sleep", "60"], 137, "SIGKILL"),
        (["/bin/sleep", "0.2"], 0, nil),
      ]
      for (words, code, signal) in expected {
        let found = processes.filter { $0.words == words }
        #expect(found.count == 1, "\(words)")
        guard let process = found.first else { continue }
        #expect(process.number("ppid") == root, "\(words)")
        #expect(process.number("exit_code") == code, "\(words)")
        #expect(process.text("signal") == signal, "\(words)")
        #expect(process.text("container.name") == container, "\(words)")
        #expect(process.text("executable") == "/bin/busybox", "\(words)")
      }
      // A fork without exec: (exit 7).
      let forks = processes.filter { $0.words == first.words && $0.number("pid") != root }
      #expect(forks.compactMap { $0.number("exit_code") } == [7])
      #expect(forks.allSatisfy { $0.number("ppid") == root })

      let events = try Program.rows("export", capture, "--container", container)
      #expect(events.allSatisfy { ($0.text("container.name") ?? container) == container })
      let opened = try events.filter { $0.text("aftertrace.kind") == "file.open" }
        .map { Opening(path: try #require($0.text("file.path")), result: try #require($0.number("aftertrace.result"))) }
      for path in ["/data/first", "/tmp/second", "/data/heard"] {
        #expect(opened.contains { $0.path == path && $0.result >= 0 }, "\(path)")
      }
      #expect(opened.contains(Opening(path: "/data/absent", result: -2)))
      func deeds(_ action: String) -> [JSONValue] {
        events.filter { $0.text("event.action") == action && $0.number("aftertrace.result") == 0 }
      }
      #expect(deeds("mkdir").contains { $0.text("file.path") == "/tmp/dir" })
      #expect(deeds("rename").contains { $0.text("message")?.contains("/tmp/second /tmp/dir/third") == true })
      #expect(deeds("unlink").contains { $0.text("file.path") == "/data/first" })
      #expect(
        events.contains {
          $0.text("aftertrace.kind") == "file.write" && $0.text("file.path") == "/data/first"
            && $0.number("aftertrace.count") == 4
        })

      let connects = events.filter { $0.text("event.action") == "connect" && $0.text("destination.ip") != nil }
        .map {
          "\($0.text("destination.ip")!):\($0.number("destination.port") ?? -1) \($0.number("aftertrace.result") ?? 1)"
        }
      #expect(connects.sorted() == ["127.0.0.1:7777 0", "127.0.0.1:9 -111"])
      #expect(
        events.contains {
          ["accept", "accept4"].contains($0.text("event.action")) && ($0.number("aftertrace.result") ?? -1) >= 0
        })
      #expect(events.contains { $0.text("event.action") == "listen" })
    }

    struct Opening: Equatable {
      var path: String
      var result: Int64
    }
  }
}
