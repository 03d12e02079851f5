import ContainerLab
import Events
import Glibc
import HTTP
import JSON
import Posix
import Synchronization
import Testing

extension EndToEndTests {
  /// `watch` as it is used: containers, alerts, captures, and what others make of them.
  @Suite struct WatchTests {
    private static let story = """
      echo canary >/tmp/loot-file; cat /etc/passwd >/dev/null; nc 127.0.0.1 4444 </dev/null; : >/tmp/done; exec sleep 1001
      """

    @Test(.enabled(if: Program.canRecord(DockerLab.skipReason ?? Watcher.skipReason)))
    func `an alert for a container that is gone gets what it did before`() throws {
      let watcher = try Watcher()
      defer { watcher.end() }
      let docker = try DockerLab()
      defer { docker.end() }
      let id = try docker.docker(
        "run", "-d", "--name", "shop-web", "--network", "none", DockerLab.image, "sh", "-c", Self.story)
      #expect(Lab.waitUntil { (try? docker.docker("exec", "shop-web", "ls", "/tmp/done")) != nil })
      usleep(1_000_000)
      let fired = Watcher.now()
      try docker.docker("rm", "-f", "shop-web")
      let gone = Watcher.now()
      usleep(3_000_000)

      let body = Watcher.falco(id, at: fired)
      #expect(try watcher.post(body, token: "wrong-" + watcher.token).status == "401")
      let answer = try watcher.post(body, token: watcher.token)
      #expect(answer.status == "202", "\(answer.body)")
      let trigger = try #require(answer.body["triggers"]?.elements.first)
      #expect(trigger.text("container") == id)
      let path = try #require(trigger.text("path"))
      #expect(path.hasPrefix(watcher.captures + "/"))
      #expect(Lab.waitUntil { File.exists(path) }, "\(watcher.said)")

      let processes = try Program.rows("ps", "--json", path, "--container", "shop-web")
      #expect(processes.contains { $0.words == ["cat", "/etc/passwd"] })
      #expect(processes.contains { $0.words == ["nc", "127.0.0.1", "4444"] })
      let events = try Program.run("events", path).text
      #expect(events.contains("/tmp/loot-file") && events.contains("trigger: Terminal shell in container (falco"))
      let timeline = try Program.rows("export", "--to", "jsonl", "--container", "shop-web", path)
      let at = CalendarTime(fired).iso8601()
      let alert = try #require(timeline.first { $0.text("event.kind") == "alert" })
      let (low, high) = (fired.nanoseconds - 2_000_000, fired.nanoseconds + 2_000_000)
      let around = [low, high].map { CalendarTime(WallTime(nanoseconds: $0)).iso8601() }
      #expect((around[0]...around[1]).contains(alert.text("datetime") ?? ""), "\(fired)")
      #expect((alert.text("event.created") ?? "") > CalendarTime(Watcher.now(-60)).iso8601())
      let call = try #require(timeline.first { $0.number("destination.port") == 4444 })
      #expect((call.text("datetime") ?? "9") < at)
      #expect(timeline.filter { $0.text("event.kind") == "event" }.allSatisfy { $0.text("container.id") == id })
      #expect(timeline.contains { DockerLab.image.hasPrefix($0.text("container.image.name") ?? "-") })

      // Others who raise alarms, of the same container.
      let sidekick = try watcher.alert(
        #"{"uuid":"1","output":"o","priority":"Critical","rule":"Drop and execute","time":""#
          + CalendarTime(fired).date + "T" + CalendarTime(fired).timeOfDay(digits: 9)
          + #"Z","source":"syscall","output_fields":{"container.id":""# + id.prefix(12) + #""},"hostname":"n"}"#,
        "--wait")
      #expect(sidekick.end == .exited(0), "\(sidekick.text)")
      let second = sidekick.text.split(separator: "\n").first.map(String.init) ?? ""
      #expect(second != path && File.exists(second))
      // Until it is dead for twenty seconds.
      usleep(UInt32(max(0, 20_500_000 - (Watcher.now().nanoseconds - gone.nanoseconds) / 1000)))
      let manager = try watcher.alert(
        #"{"receiver":"a","status":"firing","version":"4","groupKey":"g","alerts":[{"status":"firing","labels":{"alertname":"#
          + #""Late","container_id":"docker://"# + id + #""},"annotations":{"summary":"s"},"startsAt":""#
          + CalendarTime(fired).date + "T" + CalendarTime(fired).timeOfDay(digits: 3)
          + #"Z","endsAt":"0001-01-01T00:00:00Z","fingerprint":"1a30ba71cca2921f"}]}"#, "--wait")
      #expect(manager.end == .exited(0), "\(manager.text)")
      let third = manager.text.split(separator: "\n").first.map(String.init) ?? ""
      #expect(try Program.run("events", third).text.contains("/tmp/loot-file"))
      #expect(try watcher.captures(of: "shop-web").count == 3)
      #expect(
        try watcher.captures(of: "shop-web").compactMap { $0["triggers"]?.elements.first?.text("source") }.sorted() == [
          "alertmanager", "falco", "falcosidekick",
        ])

      let status = try watcher.status()
      let row = try #require(try watcher.container("shop-web"))
      #expect(row.text("image") == DockerLab.image && row["running"] == .bool(false))
      #expect((row["history_s"]?.number("lifecycle") ?? 0) >= 20)
      #expect(status["triggers"]?.number("accepted") == 3)
      let memory = try #require(status["memory"])
      #expect(memory.number("budget") == 64 << 20)
      #expect((memory.number("used") ?? .max) <= 64 << 20)
      #expect(status["losses"] != nil)
      let text = try Program.run("status", "--socket", watcher.place["control.sock"]).text
      for word in ["shop-web", "of 64 MiB", "3 accepted", "  lost  "] { #expect(text.contains(word), "\(text)") }
    }

    /// Notes what is posted to it.
    private final class Receiver: HTTPResponder {
      let bodies = Mutex<[[UInt8]]>([])
      func refuse(_ head: HTTPRequest) -> HTTPResponse? { nil }
      func respond(to request: HTTPRequest) -> HTTPResponse {
        bodies.withLock { $0.append(request.body) }
        return HTTPResponse(status: 204, headers: [], body: [])
      }
    }

    @Test(.enabled(if: Program.canRecord(RuncLab.skipReason ?? Watcher.skipReason)))
    func `a container's death triggers by its kind, and others are told of the capture`() throws {
      let place = try Workplace()
      let receiver = Receiver()
      let server = try HTTPServer(address: "127.0.0.1", port: 0, responder: receiver)
      defer { server.stop() }
      try FileDescriptor.write(
        "#!/bin/sh\ncat >\(place["told"]).$$\nmv \(place["told"]).$$ \(place["told"])-$$\n".utf8, to: place["tell"],
        mode: 0o755)
      let watcher = try Watcher(
        """
        death: {non_zero_exit: true, expected_exits: [5], fatal_signal: [SIGSEGV, SIGILL], oom: true, lifetime_below: 2s}
        on_capture: [{command: [\(place["tell"])]}, {url: "http://127.0.0.1:\(server.port)/told"}]
        """)
      defer { watcher.end() }
      let lab = try RuncLab()
      defer { lab.end() }
      try FileDescriptor.write(Self.crashingProgram, to: lab.directory + "/rootfs/bin/crash", mode: 0o755)
      let pid = processID
      let deaths: [(name: String, words: [String], memory: Int?, reason: String)] = [
        ("exit", ["/bin/sh", "-c", "sleep 2.5; exit 7"], nil, "exit status 7"),
        ("crash", ["/bin/sh", "-c", "sleep 2.5; exec /bin/crash"], nil, "killed by SIG"),
        (
          "oom", ["/bin/sh", "-c", "sleep 2.5; exec dd if=/dev/zero of=/dev/null bs=200M count=1"], 32 << 20,
          "out of memory"
        ),
        ("brief", ["/bin/true"], nil, "lived "), ("quiet", ["/bin/sleep", "2.5"], nil, ""),
        ("asked", ["/bin/sh", "-c", "sleep 2.5; exit 5"], nil, ""),
      ]
      let children = try deaths.map { death in
        try lab.launch("at-\(death.name)-\(pid)", death.words, memoryLimit: death.memory)
      }
      for child in children { _ = try child.wait() }
      for death in deaths where !death.reason.isEmpty {
        let name = "at-\(death.name)-\(pid)"
        #expect(
          Lab.waitUntil(limit: .seconds(10)) {
            let states = ((try? watcher.captures(of: name)) ?? []).compactMap { $0.text("state") }
            return !states.isEmpty && Set(states).isSubset(of: ["complete", "incomplete"])
          }, "\(name)")
        let found = try watcher.captures(of: name)
        #expect(found.count == 1, "\(name): \(watcher.said)")
        let trigger = found.first?["triggers"]?.elements.first
        #expect(trigger?.text("source") == "death")
        #expect(trigger?.text("reason")?.contains("ended: " + death.reason) == true, "\(trigger?.text("reason") ?? "")")
        let path = found.first?.text("path") ?? ""
        #expect(try Program.rows("ps", "--json", path).contains { !$0.words.isEmpty })
        #expect(
          Lab.waitUntil { receiver.bodies.withLock { $0 }.contains { Self.tells($0, of: name, path) } }, "\(name)")
      }
      for name in ["at-quiet-\(pid)", "at-asked-\(pid)"] { #expect(try watcher.captures(of: name).isEmpty) }
      let told = try Directory.names(in: place.directory).filter { $0.hasPrefix("told-") }
        .map { try FileDescriptor.contents(of: place[$0]) }
      for death in deaths where !death.reason.isEmpty {
        #expect(told.filter { Self.tells($0, of: "at-\(death.name)-\(pid)", nil) }.count == 1)
      }
    }

    private static func tells(_ body: [UInt8], of name: String, _ path: String?) -> Bool {
      guard let summary = try? JSONValue(parsing: body) else { return false }
      return summary["container"]?.text("id") == name && (path == nil || summary.text("path") == path)
        && summary["triggers"]?.elements.first?.text("source") == "death"
    }

    /// A static executable of one instruction that no user may run.
    private static let crashingProgram: [UInt8] = {
      #if arch(arm64)
        let (machine, code): (UInt8, [UInt8]) = (183, [0, 0, 0, 0])
      #else
        let (machine, code): (UInt8, [UInt8]) = (62, [0xf4, 0x90, 0x90, 0x90])
      #endif
      func number(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
      }
      var bytes: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0] + number(0, 8) + [2, 0, machine, 0] + number(1, 4)
      bytes += number(0x400078, 8) + number(64, 8) + number(0, 8) + number(0, 4) + number(64, 2) + number(56, 2)
      bytes += number(1, 2) + number(0, 6)
      bytes += number(1, 4) + number(5, 4) + number(0, 8) + number(0x400000, 8) + number(0x400000, 8)
      return bytes + number(124, 8) + number(124, 8) + number(0x1000, 8) + code
    }()

    @Test(.enabled(if: Program.canRecord(RuncLab.skipReason ?? Watcher.skipReason)))
    func `a storm of alerts makes few captures, each of its own container; kill -9 loses nothing durable`() throws {
      let watcher = try Watcher()
      defer { watcher.end() }
      let lab = try RuncLab()
      defer { lab.end() }
      let names = ["at-storm-a-\(processID)", "at-storm-b-\(processID)", "at-storm-c-\(processID)"]
      for name in names {
        try lab.start(
          name, ["/bin/sh", "-c", "while :; do echo x >/tmp/path-\(name); /bin/echo argument-\(name); sleep 0.3; done"])
      }
      usleep(1_500_000)
      let count = 1000
      var requests = ""
      for number in 0..<count {
        if number > 0 { requests += "next\n" }
        let scope = names[number % 3]
        requests += """
          url = "\(watcher.url)"
          silent
          output = "/dev/null"
          header = "Authorization: Bearer \(watcher.token)"
          header = "Content-Type: application/json"
          data = "{\\"container\\": \\"\(scope)\\", \\"reason\\": \\"alert \(number)\\"}"
          write-out = "%{http_code}\\n"

          """
      }
      try FileDescriptor.write(requests.utf8, to: watcher.place["requests"])
      let start = ContinuousClock.now
      let answers = try ProgramLaunch(Watcher.curl, ["-Z", "--parallel-max", "16", "-K", watcher.place["requests"]])
        .run()
        .text.split(separator: "\n")
      print("1000 alerts were answered in \(ContinuousClock.now - start)")
      #expect(answers.count == count)
      #expect(answers.allSatisfy { $0 == "202" }, "\(Set(answers))")
      let status = try watcher.status()
      #expect(status["triggers"].map { ($0.number("accepted") ?? 0) + ($0.number("merged") ?? 0) } == Int64(count))
      #expect((status["memory"]?.number("used") ?? .max) <= 64 << 20)
      #expect(Lab.waitUntil(limit: .seconds(15)) { (try? watcher.status()["captures"]?.elements.isEmpty) == true })
      var triggers = 0
      for name in names {
        let captures = try watcher.captures(of: name)
        #expect((1...8).contains(captures.count), "\(captures.count) captures of \(name)")
        for capture in captures {
          triggers += Int(capture.number("trigger_count") ?? 0)
          let path = capture.text("path") ?? ""
          let text = try Program.run("export", "--to", "jsonl", path).text
          #expect(text.contains("argument-\(name)") && text.contains("path-\(name)"))
          for other in names where other != name { #expect(!text.contains(other), "\(other) in \(path)") }
        }
      }
      #expect(triggers == count)

      // Killed while it writes.
      let answer = try watcher.trigger("--container", names[0], "--after", "60s", "--json")
      let path = try #require(try JSONValue(parsing: answer.text).text("path"))
      #expect(Lab.waitUntil { (try? watcher.status()["captures"]?.elements.first?["past_is_durable"]) == .bool(true) })
      #expect((try watcher.status()["captures"]?.elements.first?.number("bytes") ?? 0) > 1000)
      watcher.kill()
      let partial = path + ".partial"
      #expect(File.exists(partial))
      #expect(try Program.run("events", partial).text.contains("argument-\(names[0])"))
      try watcher.start()
      #expect(Lab.waitUntil { File.exists(path) }, "\(watcher.said)")
      #expect(!File.exists(partial))
      #expect(try Program.run("events", path).text.contains("argument-\(names[0])"))
      #expect(try watcher.captures(of: names[0]).first { $0.text("path") == path }?["complete"] == .bool(false))
      // And is armed again.
      #expect(File.exists(try watcher.capture(names[1])))
    }

    @Test(.enabled(if: Program.canRecord(RuncLab.skipReason ?? Watcher.skipReason)))
    func `a full disk, a removed directory and a reload leave history as it is`() throws {
      let disk = try Workplace()
      try Directory.create(disk["disk"])
      #expect(
        try ProgramLaunch("/bin/mount", ["-t", "tmpfs", "-o", "size=8m,mode=700", "lab", disk["disk"]]).run().end
          == .exited(0))
      defer { try? Mount.remove(disk["disk"]) }
      let watcher = try Watcher(captures: disk["disk/captures"])
      defer { watcher.end() }
      let lab = try RuncLab()
      defer { lab.end() }
      let name = "at-disk-\(processID)"
      try lab.start(name, ["/bin/sh", "-c", "echo x >/tmp/before-all; while :; do /bin/echo turn; sleep 0.5; done"])
      usleep(800_000)

      // Not a byte is left.
      _ = try ProgramLaunch("/bin/dd", ["if=/dev/zero", "of=" + disk["disk/filler"], "bs=64k"]).run(mergingErrors: true)
      let full = try watcher.trigger("--container", name)
      #expect(full.end == .exited(0), "\(full.text)")
      #expect(
        Lab.waitUntil { watcher.said.contains("make room on the file system of \(watcher.captures)") },
        "\(watcher.said)")
      #expect(watcher.isAlive)
      let error = try watcher.status()["captures"]?.elements.first?.text("error")
      #expect(error?.contains("No space left on device") == true, "\(error ?? "no error is told")")
      try File.remove(disk["disk/filler"])
      let path = full.text.split(separator: "\n").first.map(String.init) ?? ""
      #expect(Lab.waitUntil(limit: .seconds(20)) { File.exists(path) }, "\(watcher.said)")
      #expect(try Program.run("events", path).text.contains("/tmp/before-all"))

      try Directory.removeAll(watcher.captures)
      let again = try watcher.capture(name)
      #expect(try Program.run("events", again).text.contains("/tmp/before-all"))

      // A configuration that is wrong changes nothing.
      try watcher.reload("windows: {after: never}", until: "the configuration stays as it was")
      #expect(watcher.said.contains("conf.d/test.yaml:1:18: windows.after: 'never' is not a duration"))
      #expect(try watcher.status()["windows_s"]?.number("after") == 1)
      _ = try ProgramLaunch("/bin/dd", ["if=/dev/zero", "of=" + disk["disk/filler"], "bs=1M", "count=2"]).run(
        mergingErrors: true)
      // One that is right holds at once, and what was recorded before it is there.
      try watcher.reload(
        "windows: {after: 2s}\ncaptures: {free_space: 90%}", until: "windows.after changed from 1s to 2s")
      #expect(try watcher.status()["windows_s"]?.number("after") == 2)
      #expect(
        Lab.waitUntil {
          let refused = try? watcher.trigger("--container", name)
          return refused?.end == .exited(2) && refused?.text.contains("are held in reserve") == true
        })
      try watcher.reload("windows: {after: 500ms}", until: "captures.free_space changed from 90% to 0%")
      #expect(Lab.waitUntil { (try? watcher.trigger("--container", name).end) == .exited(0) })
      let after = try watcher.capture(name)
      #expect(try Program.run("events", after).text.contains("/tmp/before-all"))
    }

    @Test(.enabled(if: Program.canRecord(RuncLab.skipReason)))
    func `a capture ends with the calls that had not returned, and the next one does not have them twice`() throws {
      let watcher = try Watcher()
      defer { watcher.end() }
      let lab = try RuncLab()
      defer { lab.end() }
      let name = "at-unfinished-\(processID)"
      try lab.start(name, ["/bin/sh", "-c", "/bin/mkfifo /tmp/p; /bin/cat /tmp/p & /bin/true; exec /bin/sleep 99"])
      let first = try lab.pid(of: name)
      #expect(
        Lab.waitUntil { (try? FileDescriptor.contents(of: "/proc/\(first)/comm").starts(with: "sleep".utf8)) ?? false })
      usleep(300_000)
      for _ in 0..<2 {
        let capture = try watcher.capture(name)
        let events = try Program.rows("export", capture)
        let unfinished = events.filter {
          $0["aftertrace.duration_ns"] != nil && $0["aftertrace.result"] == nil && $0.text("event.kind") == "event"
        }
        let actions = unfinished.compactMap { $0.text("event.action") }
        #expect(actions.filter { $0.hasPrefix("open") }.count == 1, "\(actions)")
        #expect(actions.filter { $0.hasSuffix("nanosleep") }.count == 1, "\(actions)")
        #expect(try Program.run("info", capture).text.contains("complete"))
        #expect(try Program.run("info", "--json", capture, merging: false).end == .exited(0))
      }
      // All durations from here on.
      try watcher.reload("durations: all", until: "durations changed from blocked to all")
      _ = try lab.exec(name, ["/bin/cat", "/proc/self/status"])
      let whole = try Program.rows("export", try watcher.capture(name)).filter {
        $0["aftertrace.duration_is_whole"] != nil && $0.text("event.action") == "read"
      }
      #expect(!whole.isEmpty && whole.allSatisfy { $0.big("aftertrace.duration_ns") ?? 0 > 0 })
    }

    @Test(.enabled(if: Program.canRecord(DockerLab.skipReason ?? Watcher.skipReason)))
    func `containers that the configuration leaves out are not recorded, until it takes them in`() throws {
      let watcher = try Watcher("containers: {except: [secret-*], host: false}")
      defer { watcher.end() }
      let docker = try DockerLab()
      defer { docker.end() }
      for name in ["secret-one", "plain"] {
        try docker.docker(
          "run", "-d", "--name", name, "--network", "none", DockerLab.image, "sh", "-c",
          "echo x >/tmp/early-\(name); while :; do /bin/echo turn-\(name); sleep 0.3; done")
      }
      usleep(1_500_000)
      #expect(try watcher.container("plain") != nil)
      #expect(try watcher.container("secret-one") == nil)
      #expect(try watcher.container("") == nil)
      for scope in [["--container", "secret-one"], ["--host"]] {
        let refused = try ProgramLaunch(
          Program.path, ["trigger", "--socket", watcher.place["control.sock"]] + scope
        ).run(mergingErrors: true)
        #expect(refused.end == .exited(2))
        #expect(refused.text.contains("is not recorded: the configuration leaves it out"), "\(refused.text)")
      }
      let plain = try watcher.capture("plain")
      #expect(try Program.run("events", plain).text.contains("early-plain"))
      try Self.expectTrueStandardOutput(try watcher.capture("plain", "--before", "500ms"), of: docker, "plain")
      try watcher.reload("containers: {except: [plain]}", until: "containers.except changed")
      usleep(1_500_000)
      let path = try watcher.capture("secret-one")
      let text = try Program.run("events", path).text
      #expect(text.contains("turn-secret-one") && !text.contains("early-secret-one"))
      try Self.expectTrueStandardOutput(
        try watcher.capture("secret-one", "--before", "500ms"), of: docker, "secret-one")
      #expect(try Program.rows("info", "--json", path).first?["complete"] == .bool(false))
      #expect(try watcher.trigger("--container", "plain").end == .exited(2))
      #expect(try watcher.trigger("--host").end == .exited(0))
    }

    /// What the state says of the first process's standard output is what the kernel says.
    private static func expectTrueStandardOutput(_ capture: String, of docker: DockerLab, _ name: String) throws {
      let pid = try docker.docker("inspect", "-f", "{{.State.Pid}}", name)
      let target = try File.linkTarget("/proc/\(pid)/fd/1")
      #expect(target.hasPrefix("pipe:"))
      let lines = try Program.run("state", capture).text.split(separator: "\n").map(String.init)
      let first = try #require(lines.firstIndex { $0.contains(" \(pid) sh ") || $0.hasPrefix("  \(pid) ") })
      let output = try #require(lines[first...].first { $0.hasPrefix("    1 ") })
      #expect(output.contains(target), "\(output) is \(target)")
    }
  }
}
