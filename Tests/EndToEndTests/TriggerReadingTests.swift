import CaptureFormat
import Events
import Glibc
import JSON
import Posix
import Testing

/// What reading commands make of a capture that triggers caused, and `captures` of a directory of them.
@Suite struct TriggerReadingTests {
  private static let containerID = String(repeating: "c0", count: 32)
  private static let container = ContainerKey(rawValue: 4)

  /// Ten events a second apart, from second 100 on (22:15:00 by the wall), and two triggers among them.
  private static func write(to path: String, triggers: Bool = true, isComplete: Bool = true) throws {
    let file = try FileDescriptor.create(path)
    let number = file.number
    let writer = try CaptureWriter(
      to: { (bytes) throws(SystemError) in try Posix.write(bytes, to: number) },
      provenance: Provenance(properties: [.init(key: "host.name", value: "node-1")]), catalogue: .current(calls: []))
    let anchor = AnchorRow(
      boot: second(0), monotonic: 0, real: WallTime(nanoseconds: 1_700_000_000_000_000_000), reason: .start)
    try writer.append(anchors: [anchor])
    if triggers {
      try writer.append(triggers: [
        TriggerRow(
          time: second(107), accepted: second(109), source: "request", reason: "by hand", container: container),
        TriggerRow(
          time: second(105), accepted: second(108), source: "falco", reason: "cat /etc/shadow\u{1B}[31m",
          rule: "Read sensitive file", priority: "Warning", container: container, before: 5_000_000_000,
          fingerprint: "abc", body: Array(#"{"rule":"Read sensitive file"}"#.utf8)),
      ]) { anchor.real.nanoseconds > 0 ? WallTime(nanoseconds: anchor.real.nanoseconds + Int64($0.nanoseconds)) : nil }
    }
    try writer.append(containers: [ContainerRow(key: container, id: containerID, name: "web", image: "nginx:1")])
    let builder = EventBlockBuilder(stream: StreamKey(container: container, lane: .detail), firstSequence: 0)
    let key = ProcessKey(pid: 7, start: second(1))
    for row in 0..<10 {
      let process = builder.internProcess(key) { BlockProcess(key: key, comm: Array("sh".utf8)) }
      builder.beginRow(
        time: second(100 + row), process: process, thread: 7, kind: .fileRead, call: SystemCall(abi: 0, number: 0),
        result: 1, flags: [], cpu: 0)
      builder.endRow()
    }
    try writer.append(builder.seal())
    try writer.finish(
      Completeness(from: second(100), to: second(120), isComplete: isComplete, reason: "the window was over"))
  }

  private static func second(_ number: Int) -> BootTime { BootTime(nanoseconds: UInt64(number) * 1_000_000_000) }

  @Test func `events and export show each trigger where it fired`() throws {
    let place = try Workplace()
    try Self.write(to: place["t.pcapng"])
    let lines = try Program.run("events", place["t.pcapng"]).text.split(separator: "\n").map(String.init)
    #expect(lines.count == 12)
    // A trigger stands before the event of its own instant.
    #expect(
      lines[5] == "22:15:05.000000 --- trigger: Read sensitive file (falco, Warning): cat /etc/shadow\\u{1b}[31m ---")
    #expect(lines[8].hasSuffix("--- trigger: by hand (request) ---"))
    let rows = try Program.rows("export", "--to", "jsonl", place["t.pcapng"])
    #expect(
      rows.map { $0.text("event.kind") } == [
        "event", "event", "event", "event", "event", "alert", "event", "event", "alert", "event", "event", "event",
      ])
    let trigger = rows[5]
    #expect(trigger["tag"] == .array([.string("trigger")]))
    #expect(trigger.text("datetime") == "2023-11-14T22:15:05.000000+00:00")
    #expect(trigger.text("event.created") == "2023-11-14T22:15:08.000000+00:00")
    #expect(trigger.text("rule.name") == "Read sensitive file")
    #expect(trigger.text("event.original") == #"{"rule":"Read sensitive file"}"#)
    #expect(trigger.text("container.id") == Self.containerID)
    #expect(trigger.text("timestamp_desc") == "Trigger Fired")
    #expect(try Program.run("export", "--to", "json", place["t.pcapng"]).text.hasPrefix("[\n{"))
    let array = try JSONValue(parsing: try Program.run("export", "--to", "json", place["t.pcapng"]).text)
    #expect(array.elements.count == 12)
  }

  @Test func `times around the trigger count from the first of them`() throws {
    let place = try Workplace()
    try Self.write(to: place["t.pcapng"])
    func seconds(_ arguments: String...) throws -> [String] {
      try ProgramLaunch(Program.path, ["events"] + arguments + [place["t.pcapng"]]).run().text.split(separator: "\n")
        .filter { !$0.contains("trigger:") }.map { String($0.dropFirst(6).prefix(2)) }
    }
    #expect(try seconds("--from", "trigger-2s", "--to", "trigger+1s") == ["03", "04", "05", "06"])
    #expect(try seconds("--from", "trigger", "--to", "trigger") == ["05"])
    try Self.write(to: place["none.pcapng"], triggers: false)
    let refused = try Program.run("events", "--from", "trigger-1s", place["none.pcapng"])
    #expect(refused.end == .exited(2))
    #expect(refused.text.contains("the capture has no trigger"))
  }

  @Test func `info lists the triggers`() throws {
    let place = try Workplace()
    try Self.write(to: place["t.pcapng"])
    let text = try Program.run("info", place["t.pcapng"]).text
    #expect(
      text.contains("trigger     2023-11-14T22:15:05.000+00:00 Read sensitive file (falco, Warning): cat /etc/shadow"))
    #expect(!text.contains("\u{1B}"))
    let triggers = try #require(try Program.rows("info", "--json", place["t.pcapng"]).first?["triggers"]?.elements)
    #expect(triggers.count == 2)
    #expect(triggers[0].text("rule") == "Read sensitive file")
    #expect(triggers[0].text("before_ns") == "5000000000")
    #expect(triggers[0].number("alert_length") == 30)
    #expect(triggers[0].text("container") == Self.containerID)
    #expect(triggers[1].text("reason") == "by hand")
  }

  @Test func `captures are listed, kept, released and removed`() throws {
    let place = try Workplace()
    let directory = place["captures"]
    try Directory.create(directory)
    try Self.write(to: directory + "/a.pcapng")
    try Self.write(to: directory + "/b.pcapng", isComplete: false)
    try Self.write(to: directory + "/c.pcapng.partial")
    try FileDescriptor.write([1, 2, 3], to: directory + "/d.pcapng.damaged")
    try FileDescriptor.write([1, 2, 3], to: directory + "/e.pcapng")
    func captures(_ words: String...) throws -> ProgramResult {
      try ProgramLaunch(Program.path, ["captures", "--directory", directory] + words).run(mergingErrors: true)
    }
    func rows() throws -> [String: JSONValue] {
      let rows = try Program.rows("captures", "--json", "--directory", directory)
      return Dictionary(uniqueKeysWithValues: rows.map { ($0.text("name") ?? "", $0) })
    }
    let found = try rows()
    #expect(
      found.mapValues { $0.text("state") } == [
        "a.pcapng": "complete", "b.pcapng": "incomplete", "c.pcapng.partial": "interrupted",
        "d.pcapng.damaged": "damaged", "e.pcapng": "unreadable",
      ])
    #expect(found["a.pcapng"]?["container"]?.text("name") == "web")
    #expect(found["a.pcapng"]?["container"]?.text("image") == "nginx:1")
    #expect(found["a.pcapng"]?["triggers"]?.elements.first?.text("rule") == "Read sensitive file")
    #expect(found["a.pcapng"]?.number("trigger_count") == 2)
    #expect(found["a.pcapng"]?.number("events") == 10)
    #expect(found["a.pcapng"]?["window"]?.text("from") == "2023-11-14T22:15:00.000000000+00:00")
    #expect(found["a.pcapng"]?["complete"] == .bool(true))
    #expect(found["b.pcapng"]?["complete"] == .bool(false))
    let table = try captures().text
    #expect(table.contains("Read sensitive file and 1 more"))
    #expect(table.split(separator: "\n").count == 6)

    #expect(try captures("keep", "a", directory + "/b.pcapng").end == .exited(0))
    #expect(try rows().values.filter { $0["kept"] == .bool(true) }.count == 2)
    #expect(try captures("release", "b").end == .exited(0))
    #expect(try rows().values.filter { $0["kept"] == .bool(true) }.count == 1)
    #expect(try captures("remove", "a.pcapng", "b").end == .exited(0))
    #expect(try Directory.names(in: directory).sorted() == ["c.pcapng.partial", "d.pcapng.damaged", "e.pcapng"])

    let missing = try captures("remove", "../../etc/passwd", "e")
    #expect(missing.end == .exited(2))
    #expect(missing.text.contains("../../etc/passwd: no such capture in \(directory)"))
    #expect(!File.exists(directory + "/e.pcapng"))
    #expect(try captures("destroy", "a").end == .exited(64))
    #expect(try captures("keep").end == .exited(64))
    let nowhere = try Program.run("captures", "--directory", place["nowhere"])
    #expect(nowhere.end == .exited(2))
    #expect(nowhere.text.contains("`aftertrace watch` makes it"))
  }
}
