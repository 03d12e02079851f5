import ContainerLab
import Glibc
import JSON
import Posix
import Testing

extension EndToEndTests {
  /// What is known of things while they happen, and of nothing later: where a program comes from, who let it in.
  @Suite struct MeaningTests {
    static func marks(_ row: JSONValue, _ name: String = "marks") -> Set<String> {
      Set(row[name]?.elements.compactMap(\.string) ?? [])
    }

    @Test(.enabled(if: Program.canRecord(DockerLab.skipReason)))
    func `a program that was written, changed, deleted or put in memory since the container was made is marked`() throws
    {
      let place = try Workplace()
      let capture = place["drift.pcapng"]
      let lab = try DockerLab()
      defer { lab.end() }
      let driver = try lab.docker("info", "--format", "{{.Driver}}")
      let recorder = try RunningRecorder(to: capture)
      let script = """
        /bin/true
        cp /bin/busybox /tmp/sleep; /tmp/sleep 0
        cp /bin/busybox /tmp/id; exec 9</tmp/id; rm /tmp/id; /proc/self/fd/9
        chmod 700 /bin/busybox; /bin/cat /dev/null
        :
        """
      try lab.docker("run", "--name", "drift", "--network", "none", DockerLab.image, "/bin/sh", "-c", script)
      try lab.docker("rm", "drift")
      #expect(try recorder.end() == .exited(0), "\(recorder.said)")
      let processes = try Program.rows("ps", capture, "--json", "--container", "drift")
      func marks(of word: String) throws -> Set<String> {
        Self.marks(try #require(processes.first { $0.words.first == word }, "\(word)"))
      }
      // Only an overlay can tell what was written since.
      let isOverlay = driver == "overlay2"
      #expect(try marks(of: "/bin/true").isEmpty)
      #expect(try marks(of: "/tmp/sleep") == (isOverlay ? ["upper_layer"] : []))
      #expect(try marks(of: "/proc/self/fd/9") == (isOverlay ? ["upper_layer", "deleted_image"] : ["deleted_image"]))
      #expect(try marks(of: "/bin/cat") == (isOverlay ? ["upper_layer", "changed_image"] : []))
      #expect(try marks(of: "/bin/sh") == ["first_process"])
      let exec = try #require(
        try Program.rows("export", capture, "--container", "drift").first {
          $0.text("aftertrace.kind") == "process.exec" && $0.text("process.executable") == "/tmp/sleep"
        })
      #expect(Self.marks(exec, "aftertrace.marks") == (isOverlay ? ["upper_layer"] : []))
      if isOverlay { #expect(exec.text("message")?.contains("program from upper layer") == true) }
      if !isOverlay { print("skipped in part: docker's storage driver is \(driver), no overlay") }
    }

    @Test(.enabled(if: Program.canRecord(DockerLab.skipReason)))
    func
      `what docker exec and nsenter let into a container is marked, its first process and the runtime's are told apart`()
      throws
    {
      let place = try Workplace()
      let capture = place["entry.pcapng"]
      let lab = try DockerLab()
      defer { lab.end() }
      try lab.docker("run", "-d", "--name", "old", "--network", "none", DockerLab.image, "/bin/sleep", "60")
      let recorder = try RunningRecorder(to: capture)
      try lab.docker("run", "-d", "--name", "new", "--network", "none", DockerLab.image, "/bin/sleep", "60")
      for name in ["old", "new"] {
        try lab.docker("exec", name, "/bin/sh", "-c", "/bin/echo inside; :")
      }
      try lab.docker("exec", "-d", "-t", "new", "/bin/sh")
      let pid = try lab.docker("inspect", "-f", "{{.State.Pid}}", "new")
      let entered = try ProgramLaunch(
        "/usr/bin/nsenter", ["-t", pid, "-m", "/bin/sh", "-c", "/bin/ls / >/dev/null; :"]
      )
      .run(mergingErrors: true)
      #expect(entered.end == .exited(0), "\(entered.text)")
      Lab.waitUntil(limit: .seconds(5)) { Program.isOnTerminal(pid) }
      try lab.docker("rm", "-f", "old", "new")
      #expect(try recorder.end() == .exited(0), "\(recorder.said)")

      for name in ["old", "new"] {
        let processes = try Program.rows("ps", capture, "--json", "--container", name)
        let first = try #require(processes.first { $0.words == ["/bin/sleep", "60"] })
        #expect(Self.marks(first) == ["first_process"], "\(name)")
        let exec = try #require(processes.first { $0.words.first == "/bin/sh" && $0.words.count == 3 }, "\(name)")
        #expect(Self.marks(exec) == ["entered_from_outside"], "\(name)")
        let below = processes.filter { $0.number("ppid") == exec.number("pid") }
        #expect(!below.isEmpty && below.allSatisfy { Self.marks($0).isEmpty }, "\(name)")
        let runtime = processes.filter { $0.words.contains("init") && $0.words.first?.hasSuffix("runc") == true }
        #expect(!runtime.isEmpty && runtime.allSatisfy { Self.marks($0).contains("runtime_setup") }, "\(name)")
      }
      let processes = try Program.rows("ps", capture, "--json", "--container", "new")
      let shell = try #require(processes.first { $0.words == ["/bin/sh"] })
      #expect(Self.marks(shell) == ["entered_from_outside", "interactive_shell"])
      #expect(shell.text("tty")?.hasPrefix("pts") == true)
      let forced = try #require(
        processes.first { $0.words.contains("/bin/ls / >/dev/null; :") && $0.words[0] == "/bin/sh" })
      #expect(Self.marks(forced) == ["entered_from_outside"])

      let events = try Program.rows("export", capture, "--container", "new")
      let setUp = events.filter { $0["aftertrace.runtime_setup"]?.bool == true }
      #expect(setUp.contains { $0.text("aftertrace.kind") == "root.pivot" })
      #expect(!setUp.contains { $0.text("process.executable") == "/bin/busybox" })
      let table = try Program.run("ps", capture, "--container", "new").text
      #expect(table.contains("[entered from outside, interactive shell on pts"), "\(table)")
    }

    @Test(.enabled(if: Program.canRecord(DockerLab.skipReason)))
    func `a container's life is told: made, started, started again, ended by whom, paused, removed`() throws {
      let place = try Workplace()
      let capture = place["life.pcapng"]
      let lab = try DockerLab()
      defer { lab.end() }
      let recorder = try RunningRecorder(to: capture)
      let id = try lab.docker(
        "run", "-d", "--name", "life", "--network", "none", DockerLab.image, "/bin/sh", "-c", "sleep 60; :")
      let freezer = try Self.freezer(of: id)
      if let freezer {
        try Self.write("1", to: freezer)
        usleep(200_000)
        try Self.write("0", to: freezer)
      }
      try lab.docker("restart", "-t", "0", "life")
      // The first process of a pid namespace is safe from those inside, but for its own end.
      try lab.docker("rm", "-f", "life")
      try lab.docker("run", "--rm", "--name", "brief", "--network", "none", DockerLab.image, "/bin/true")
      _ = try? lab.docker(
        "run", "--name", "hungry", "--network", "none", "--memory", "16m", "--memory-swap", "16m", DockerLab.image,
        "/bin/dd", "if=/dev/zero", "of=/dev/null", "bs=64M", "count=1")
      try lab.docker("rm", "-f", "hungry")
      #expect(try recorder.end() == .exited(0), "\(recorder.said)")

      func life(_ name: String) throws -> [JSONValue] {
        try Program.rows("export", capture, "--container", name)
          .filter { $0.text("aftertrace.kind")?.hasPrefix("container.") == true }
          .filter { $0.text("aftertrace.kind") != "container.resources" }
      }
      let told = try life("life")
      let pause = freezer == nil ? [] : ["container.pause", "container.resume"]
      let round = ["container.exit", "container.remove"]
      #expect(
        told.compactMap { $0.text("aftertrace.kind") } == ["container.create", "container.start"] + pause + round
          + ["container.create", "container.start"] + round)
      let starts = told.filter { $0.text("aftertrace.kind") == "container.start" }
      #expect(starts.map { $0.number("aftertrace.incarnation") } == [1, 2])
      #expect(starts.map { $0.number("aftertrace.restart_count") } == [0, 0])
      #expect(starts.allSatisfy { $0.text("process.name") == "sh" })
      for end in told.filter({ $0.text("aftertrace.kind") == "container.exit" }) {
        #expect(end.text("aftertrace.ended_by") == "outside")
        #expect(end.number("process.exit_code") == 137)
        #expect(end.text("aftertrace.sender.name")?.hasPrefix("runc") == true)
      }
      let brief = try #require(try life("brief").first { $0.text("aftertrace.kind") == "container.exit" })
      #expect(brief.text("aftertrace.ended_by") == "itself" && brief.number("process.exit_code") == 0)
      let hungry = try #require(try life("hungry").first { $0.text("aftertrace.kind") == "container.exit" })
      #expect(hungry.text("aftertrace.ended_by") == "want of memory")
      #expect(
        told.filter { $0.text("aftertrace.kind") == "container.create" }.allSatisfy { $0.number("process.pid") == nil })
      #expect(try Program.run("events", capture, "--container", "life").text.contains("- container created"))
      if freezer == nil { print("skipped in part: no cgroup of version 2 to freeze") }
    }

    private static func build(_ program: String, in directory: String) throws -> String {
      let source = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
      let built = try ProgramLaunch(
        Lab.find("cc")!, ["-O1", "-static", "-w", "-o", directory + "/" + program, "\(source)/Programs/\(program).c"],
        environment: Program.clean
      ).run(mergingErrors: true)
      guard built.end.isSuccess else { throw LabError("\(program).c: " + built.text) }
      return directory + "/" + program
    }

    @Test(.enabled(if: Program.canRecord(DockerLab.skipReason ?? TaskTests.skipReason)), arguments: [true, false])
    func `what was looked up by DNS names the connects that follow, and users have the container's own names`(
      keepsPayload: Bool
    ) throws {
      let place = try Workplace()
      let capture = place["names.pcapng"]
      let program = try Self.build("names", in: place.directory)
      let lab = try DockerLab()
      defer { lab.end() }
      let recorder = try RunningRecorder(to: capture, flags: keepsPayload ? [] : ["--no-payload"])
      try lab.docker(
        "run", "--rm", "--name", "names", "--network", "none", "--user", "1000:1000", "--sysctl",
        "net.ipv4.ip_unprivileged_port_start=0", "-v", program + ":/bin/names", DockerLab.image, "/bin/names")
      #expect(try recorder.end() == .exited(0), "\(recorder.said)")
      let events = try Program.rows("export", capture, "--container", "names")
      let visits = events.filter { event in
        ["net.connect", "net.outcome"].contains(event.text("aftertrace.kind"))
          && event.number("destination.port") == 8080
      }
      let told = visits.map {
        "\($0.text("aftertrace.kind")!) \($0.text("destination.ip") ?? "-") \($0.text("destination.domain") ?? "-")"
      }
      func name(_ name: String) -> String { keepsPayload ? name : "-" }
      let outcome = told.filter { $0.hasPrefix("net.outcome") }
      #expect(
        told.filter { $0.hasPrefix("net.connect") } == [
          "net.connect 127.0.0.67 \(name("connected.example.test"))",
          "net.connect 127.0.0.109 \(name("musl.example.test"))", "net.connect ::1 \(name("tcp.example.test"))",
          "net.connect 127.0.0.9 -",
        ])
      #expect(outcome.allSatisfy { $0 == "net.outcome 127.0.0.109 \(name("musl.example.test"))" })
      let answers = events.filter { $0.text("dns.type") == "answer" && $0.text("aftertrace.kind") == "net.recv" }
      #expect(
        answers.map { "\($0.text("dns.question.name")!) \($0.text("dns.response_code")!)" }
          == (keepsPayload
            ? [
              "connected.example.test NOERROR", "musl.example.test NOERROR", "gone.example.test NXDOMAIN",
            ] : []))
      let information = try Program.run("info", capture).text
      #expect(information.contains("names       addresses have none") == !keepsPayload, "\(information)")
      if keepsPayload {
        #expect(events.contains { $0["dns.resolved_ip"]?.elements.first?.string == "::1" })
        let text = try Program.run("events", capture, "--container", "names").text
        #expect(text.contains("dns A musl.example.test = edge.cdn.test, 127.0.0.109"))
        #expect(text.contains("127.0.0.67:8080 (connected.example.test)"))
      }
      // Of the image's /etc/passwd: on the host 1000 may be anybody.
      let process = try #require(
        try Program.rows("ps", capture, "--json", "--container", "names").first { $0.words == ["/bin/names"] })
      #expect(process.text("user") == "web" && process.text("group") == "web")
      #expect(try Program.run("ps", capture, "--container", "names").text.contains("1000 (web)"))
      #expect(events.contains { $0.text("user.name") == "web" && $0.text("aftertrace.kind") == "net.connect" })
    }

    static let natSkipReason: String? = {
      for program in ["ip", "iptables", "nsenter", "busybox"] where Lab.find(program) == nil {
        return "\(program) is not installed"
      }
      return File.exists("/proc/net/nf_conntrack") ? nil : "the kernel tracks no connections"
    }()

    @Test(.enabled(if: Program.canRecord(DockerLab.skipReason ?? natSkipReason)))
    func `connections through a masquerade and a published port are told from both sides`() throws {
      let place = try Workplace()
      let capture = place["nat.pcapng"]
      let lab = try DockerLab()
      defer { lab.end() }
      func run(_ words: String...) throws {
        let result = try ProgramLaunch(Lab.find(words[0])!, Array(words.dropFirst()), environment: Program.clean)
          .run(mergingErrors: true)
        guard result.end.isSuccess else { throw LabError("\(words.joined(separator: " ")): \(result.text)") }
      }
      // A host of the test's own, a network namespace, so that no rule is left behind; and what is beyond it.
      let host = "at-host-\(processID)"
      let world = "at-world-\(processID)"
      defer { for name in [host, world] { try? run("ip", "netns", "delete", name) } }
      for name in [host, world] { try run("ip", "netns", "add", name) }
      try lab.docker("run", "-d", "--name", "nat", "--network", "none", DockerLab.image, "/bin/sleep", "120")
      let pid = try lab.docker("inspect", "-f", "{{.State.Pid}}", "nat")
      for (near, far, address, place) in [
        ("to-box", "eth0", "10.77.0", pid), ("to-world", "eth1", "10.78.0", world),
      ] {
        try run("ip", "-n", host, "link", "add", near, "type", "veth", "peer", "name", far, "netns", place)
        try run("ip", "-n", host, "address", "add", address + ".1/24", "dev", near)
        try run("ip", "-n", host, "link", "set", near, "up")
        let inside = place == pid ? ["nsenter", "-t", pid, "-n", "ip"] : ["ip", "-n", world]
        for words in [
          ["address", "add", address + ".2/24", "dev", far], ["link", "set", far, "up"],
          ["route", "add", "default", "via", address + ".1"],
        ] {
          let line = inside + words
          let result = try ProgramLaunch(Lab.find(line[0])!, Array(line.dropFirst()), environment: Program.clean)
            .run(mergingErrors: true)
          #expect(result.end.isSuccess, "\(line): \(result.text)")
        }
      }
      let network = "--net=/run/netns/" + host
      try run("nsenter", network, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
      let rules = [
        "POSTROUTING -s 10.77.0.0/24 -o to-world -j MASQUERADE",
        "PREROUTING -i to-world -p tcp --dport 8080 -j DNAT --to-destination 10.77.0.2:80",
      ]
      for rule in rules { try run("nsenter", network, "sh", "-c", "iptables -t nat -A " + rule) }
      let recorder = try RunningRecorder(to: capture, network: "/run/netns/" + host)
      let server = try ChildProcess(
        starting: ProgramLaunch(
          Lab.find("nsenter")!, ["--net=/run/netns/" + world, "busybox", "nc", "-l", "-p", "7000"],
          environment: Program.clean))
      defer {
        try? server.signal(SIGKILL)
        _ = try? server.wait()
      }
      try lab.docker("exec", "-d", "nat", "/bin/sh", "-c", "echo hello | /bin/nc -l -p 80")
      usleep(300_000)
      try lab.docker("exec", "nat", "/bin/sh", "-c", "echo hello | /bin/nc -w 1 10.78.0.2 7000; :")
      try run("nsenter", "--net=/run/netns/" + world, "busybox", "nc", "-w", "1", "10.78.0.1", "8080")
      #expect(try recorder.end() == .exited(0), "\(recorder.said)")
      let events = try Program.rows("export", capture, "--container", "nat")
      let out = try #require(
        events.first { $0.text("aftertrace.kind") == "net.connect" && $0.number("destination.port") == 7000 })
      #expect(out.text("source.ip") == "10.77.0.2" && out.text("source.nat.ip") == "10.78.0.1")
      #expect(out.text("destination.nat.ip") == nil)
      let accepted = try #require(
        events.first { $0.text("aftertrace.kind") == "net.accept" && $0.number("aftertrace.result") ?? -1 >= 0 })
      #expect(accepted.number("destination.port") == 80)
      #expect(accepted.text("destination.nat.ip") == "10.78.0.1" && accepted.number("destination.nat.port") == 8080)
      #expect(accepted.text("source.nat.ip") == nil)
      #expect(
        try Program.run("events", capture, "--container", "nat").text.contains("translated_local=10.78.0.1:8080"))
      // The same from calls and packets together; the other ends are of nobody's container.
      let connections = try Program.rows("connections", capture, "--json", "--container", "nat")
      let leaving = connections.filter { $0.number("destination.port") == 7000 }
      #expect(leaving.count == 1 && leaving.allSatisfy { $0.text("figures") == "packets" }, "\(leaving)")
      #expect(leaving.first?.text("source.ip") == "10.77.0.2" && leaving.first?.text("source.nat.ip") == "10.78.0.1")
      let arriving = connections.filter { $0.number("destination.port") == 80 || $0.number("destination.port") == 8080 }
      #expect(arriving.count == 1 && arriving.first?.text("network.direction") == "ingress", "\(arriving)")
      #expect(
        arriving.first?.text("destination.nat.ip") == "10.78.0.1" && arriving.first?.number("destination.bytes") == 6)
    }

    private static func write(_ text: String, to path: String) throws {
      let file = try FileDescriptor.open(path, flags: O_WRONLY)
      try Array(text.utf8).withUnsafeBytes { try file.write($0) }
    }

    /// What freezes a container through a cgroup of version 2; nil where there is none.
    static func freezer(of id: String) throws -> String? {
      ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"].map { "\($0)/docker/\(id)/cgroup.freeze" }.first(where: File.exists)
    }
  }
}

extension Program {
  /// Whether a process of the container with this first process has a terminal.
  static func isOnTerminal(_ pid: String) -> Bool {
    let namespace = try? File.linkTarget("/proc/\(pid)/ns/mnt")
    return ((try? Directory.names(in: "/proc")) ?? []).contains { name in
      guard name.allSatisfy(\.isNumber), namespace != nil,
        (try? File.linkTarget("/proc/\(name)/ns/mnt")) == namespace
      else { return false }
      return (try? File.linkTarget("/proc/\(name)/fd/0"))?.hasPrefix("/dev/pts") == true
    }
  }
}
