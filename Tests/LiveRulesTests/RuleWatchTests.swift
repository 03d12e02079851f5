import CaptureFormat
import Events
import FilterLanguage
import HTTP
import JSON
import Posix
import Reconstruction
import Rules
import Synchronization
import Testing
import Triggers

@testable import LiveRules

@Suite struct RuleWatchTests {
  /// Takes every trigger.
  private final class Desk: TriggerDesk {
    let requests = Mutex<[TriggerRequest]>([])
    func submit(_ request: TriggerRequest) -> TriggerAnswer {
      requests.withLock { $0.append(request) }
      return .accepted(TriggerReceipt(path: "/p", captureID: "c", containerID: "i", isMerged: false))
    }
    func waitUntilClosed(_ receipt: TriggerReceipt) -> String? { nil }
    func statusJSON() -> [UInt8] { [] }
  }

  private static var sample: CaptureFile {
    let parts = #filePath.split(separator: "/").dropLast(3)
    // The tests need it: they fail without.
    return try! CaptureFile(path: "/" + parts.joined(separator: "/") + "/captures/v1/web-shell.pcapng")
  }

  private func rules(_ text: String) -> RuleSet {
    var loader = RuleLoader()
    loader.load(Array(text.utf8), from: "rules.yaml")
    return loader.finish()
  }

  private func feed(_ watch: RuleWatch, times: Int = 1) throws {
    let file = Self.sample
    watch.take(try file.anchors())
    watch.take(try file.containers())
    watch.take(try file.processes().filter { $0.flags.contains(.foundByScan) })
    for _ in 0..<times {
      for entry in file.directory where entry.type == .events { watch.take(try file.sealedBlock(entry)) }
    }
    watch.endBundle()
  }

  private func status(_ watch: RuleWatch) throws -> JSONValue {
    var json = JSONText()
    json.beginObject()
    watch.writeStatus(to: &json)
    json.endObject()
    return try JSONValue(parsing: String(decoding: json.bytes, as: UTF8.self))
  }

  private static let text = """
    - rule: Shadow
      desc: d
      condition: evt.type = openat and fd.name = /etc/shadow and proc.pname = status
      output: Read | file=%fd.name parent=%proc.pname container=%container.name
      priority: CRITICAL
      tags: [T1552]
      capture_duration: 5000
    - rule: Many
      desc: d
      condition: evt.type = openat
      output: Opened | %fd.name
      priority: DEBUG
      capture: false
    """

  @Test func `what rules find is told and raises triggers with the rule's output, tags and duration`() throws {
    let directory = try Directory.createTemporary(prefix: "at-live-")
    defer { try? Directory.removeAll(directory) }
    let desk = Desk()
    var options = RuleWatchOptions()
    options.file = directory + "/alerts.jsonl"
    let lines = Mutex<[String]>([])
    let watch = try RuleWatch(
      rules(Self.text), options, catalogue: Self.sample.catalogue, hostName: "node-1", desk: desk
    ) { line in lines.withLock { $0.append(line.text) } }
    try feed(watch)
    watch.close()
    let requests = desk.requests.withLock { $0 }
    #expect(requests.count == 1)
    let request = try #require(requests.first)
    #expect(request.rule == "Shadow" && request.priority == "Critical" && request.after == .seconds(5))
    #expect(request.reason == "Read | file=/etc/shadow parent=status container=shop-web [T1552]")
    #expect(request.scope.containerID?.count == 64 && request.time != nil)
    let text = String(decoding: try FileDescriptor.contents(of: directory + "/alerts.jsonl"), as: UTF8.self)
    let alerts = try text.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    let status = try status(watch)
    #expect(alerts.count == status["alerts"]?.integer.map { Int($0) } && alerts.count > 10)
    #expect(alerts.allSatisfy { $0["hostname"]?.string == "node-1" })
    // In the order of time.
    let times = alerts.compactMap { $0["time"]?.string }
    #expect(times == times.sorted() && times.count == alerts.count)
    #expect(lines.withLock { $0.count } == alerts.count)
    #expect(status["events_not_tried"]?.integer == 0 && status["triggers"]?.integer == 1)
    // Of one rule and container ten a second.
    #expect((status["alerts_held_back"]?.integer ?? 0) > 0)
  }

  @Test func `less grave rules, and captures, can be left out`() throws {
    let desk = Desk()
    var options = RuleWatchOptions()
    options.lowestPriority = .warning
    options.captures = .marked
    let watch = try RuleWatch(
      rules(Self.text), options, catalogue: Self.sample.catalogue, hostName: nil, desk: desk
    ) { _ in }
    try feed(watch)
    watch.close()
    let status = try status(watch)
    #expect(status["rules"]?.integer == 1 && status["alerts"]?.integer == 1)
    #expect(desk.requests.withLock { $0.isEmpty })
  }

  @Test func `what the thread cannot keep up with is not tried, and counted`() throws {
    let watch = try RuleWatch(
      rules(Self.text), RuleWatchOptions(), catalogue: Self.sample.catalogue, hostName: nil, desk: Desk(),
      rowLimit: 3000
    ) { _ in }
    try feed(watch, times: 20)
    watch.close()
    let status = try status(watch)
    let tried = status["events_tried"]?.integer ?? 0
    let notTried = status["events_not_tried"]?.integer ?? 0
    #expect(tried > 2000 && notTried > 5000 && status["events_waiting"]?.integer == 0)
    let relevant = Self.sample.directory.filter { $0.type == .events && $0.kinds.mayContain(anyOf: watch.kinds) }
    #expect(tried + notTried == 20 * relevant.reduce(0) { $0 + Int64($1.rowCount) })
  }

  @Test func `rules that come later are tried from then on, and cooldowns go on`() throws {
    let desk = Desk()
    let watch = try RuleWatch(
      rules("[]"), RuleWatchOptions(), catalogue: Self.sample.catalogue, hostName: nil, desk: desk
    ) { _ in }
    #expect(watch.kinds == LiveEvents.kinds)
    watch.replace(rules(Self.text), RuleWatchOptions())
    #expect(watch.kinds.contains(EventKind.fileOpen))
    try feed(watch)
    watch.replace(rules(Self.text + "\n"), RuleWatchOptions())
    try feed(watch)
    watch.close()
    #expect(desk.requests.withLock { $0.count } == 1)
    #expect(try status(watch)["triggers_held_back"]?.integer == 1)
  }

  /// Keeps what it is sent.
  private final class Sink: HTTPResponder {
    let bodies = Mutex<[[UInt8]]>([])
    func refuse(_ head: HTTPRequest) -> HTTPResponse? { nil }
    func respond(to request: HTTPRequest) -> HTTPResponse {
      bodies.withLock { $0.append(request.body) }
      return HTTPResponse(status: 200, body: [])
    }
  }

  @Test func `alerts are posted, one each, and what does not arrive is counted`() throws {
    let sink = Sink()
    let server = try HTTPServer(address: "127.0.0.1", port: 0, responder: sink)
    var options = RuleWatchOptions()
    options.lowestPriority = .warning
    options.url = "http://127.0.0.1:\(server.port)/alerts"
    let watch = try RuleWatch(
      rules(Self.text), options, catalogue: Self.sample.catalogue, hostName: nil, desk: Desk()
    ) { _ in }
    try feed(watch)
    watch.close()
    server.stop()
    let bodies = sink.bodies.withLock { $0 }
    #expect(bodies.count == 1)
    let alert = try JSONValue(parsing: String(decoding: bodies.first ?? [], as: UTF8.self))
    #expect(alert["rule"]?.string == "Shadow")
    #expect(try status(watch)["alerts_not_sent"]?.integer == 0)
    // The same address, where nobody answers any more.
    let complaints = Mutex<[String]>([])
    let second = try RuleWatch(
      rules(Self.text), options, catalogue: Self.sample.catalogue, hostName: nil, desk: Desk()
    ) { line in complaints.withLock { $0.append(line.text) } }
    try feed(second)
    second.close()
    #expect(try status(second)["alerts_not_sent"]?.integer == 1)
    #expect(complaints.withLock { $0.contains { $0.hasSuffix("alerts are not sent") } })
  }

  @Test func `what filters say of a recorder's blocks is what they say of the capture`() throws {
    let file = Self.sample
    let capture = try Capture([file])
    let texts = [
      "proc.pname = httpd", "proc.aname = httpd and evt.type = openat", "proc.cmdline contains shadow",
      "user.name = root and fd.name startswith /etc", "fd.is_server = true",
      "container.name = shop-web and evt.failed = true",
      "proc.sname exists", "evt.type = execve and proc.exepath exists", "fd.sport = 80",
    ]
    let filters = try texts.map { try CompiledFilter($0) }
    struct Hit: Hashable {
      var filter: Int
      var offset: UInt64
      var row: Int
    }
    var expected = Set<Hit>()
    let bank = try FilterBank(filters, of: capture.boots[0])
    for entry in file.directory where entry.type == .events {
      bank.forEachMatch(in: try file.readEvents(entry)) {
        expected.insert(Hit(filter: $0, offset: $1.entry.offset, row: $1.row))
      }
    }
    let live = LiveEvents(file.catalogue, hostName: nil, since: file.directory[0].firstTime)
    live.take(try file.anchors())
    live.take(try file.containers())
    live.take(try file.processes().filter { $0.flags.contains(.foundByScan) })
    let blocks = try file.directory.filter { $0.type == .events }.map { try file.sealedBlock($0) }
    try live.apply(blocks)
    let liveBank = live.bank(filters)
    var found = Set<Hit>()
    for block in blocks {
      liveBank.forEachMatch(in: try EventBlock(block)) {
        found.insert(Hit(filter: $0, offset: $1.entry.offset, row: $1.row))
      }
    }
    for (number, text) in texts.enumerated() {
      let wanted = expected.filter { $0.filter == number }
      #expect(!wanted.isEmpty, "\(text)")
      #expect(found.filter { $0.filter == number } == wanted, "\(text)")
    }
  }
}
