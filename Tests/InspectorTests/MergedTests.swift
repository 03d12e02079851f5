import CaptureFormat
import Events
import Inspector
import JSON
import Posix
import Reconstruction
import Terminal
import Testing

/// Files that captures were merged into.
@Suite struct MergedTests {
  private func other() -> Story {
    var story = Story(boot: "boot-2", host: "node-2", recorder: "recorder-2")
    story.epoch += 100
    story.id = String(repeating: "cd", count: 32)
    story.path = "/srv/other"
    return story
  }

  private func bench(_ stories: [Story], _ columns: Int = 200, _ rows: Int = 60) throws -> Bench {
    try Bench(bytes: stories.flatMap { try $0.bytes() }, columns: columns, rows: rows)
  }

  @Test func `every section is shown: containers, processes and events of two hosts on one axis`() throws {
    // The later one comes first in the file.
    let bench = try bench([other(), Story()])
    let tables = bench.state.tables
    #expect(tables.containers.map(\.label) == ["shop@node-1", "shop@node-2"])
    #expect(tables.processes.count == 8 && tables.triggers.count == 2)
    #expect(tables.hostName == "node-2, node-1" && bench.text.contains("2 captures"))
    #expect(tables.last.nanoseconds - tables.first.nanoseconds == 108_501_000_000)
    #expect(tables.completeness?.isComplete ?? false)
    bench.type("4g")
    #expect(bench.state.events.lines.count == 12)
    #expect(bench.state.events.lines.prefix(6).allSatisfy { $0.container == tables.containers[0].key })
    #expect(bench.state.events.lines.suffix(6).allSatisfy { $0.container == tables.containers[1].key })
  }

  @Test func `a container, a process and a text select in whatever section they are`() throws {
    let bench = try bench([Story(), other()])
    bench.type("2jj")
    #expect(bench.state.events.lines.count == 6)
    #expect(bench.state.events.lines.allSatisfy { $0.container == bench.state.filter.container })
    bench.type("3/wget<Enter>")
    #expect(bench.state.events.lines.count == 2)
    #expect(bench.state.events.lines.allSatisfy { $0.process == bench.state.filter.process })
    bench.type("r4/srv/other<Enter><Enter>")
    let detail = try #require(bench.state.detail)
    #expect(detail.fields.first { $0.name == "time" }?.value == "2023-11-14 22:15:08.700000000")
    #expect(detail.fields.contains { $0.name == "  command" && $0.value.contains("evil.example") })
    #expect(detail.fields.first { $0.name == "container" }?.value == "shop@node-2")
  }

  @Test func `two captures of one container are one row, and what both hold is there once`() throws {
    let bytes = try Story().bytes()
    let bench = try Bench(bytes: bytes + bytes, columns: 200, rows: 60)
    #expect(bench.state.tables.containers.map(\.label) == ["shop"])
    #expect(bench.state.tables.processes.count == 4)
    bench.type("j4")
    #expect(bench.state.events.lines.count == 6)
    bench.type("6")
    #expect(bench.state.stateLines.count { $0.role == .orphan } == 1)
    #expect(bench.state.stateLines.count { $0.role == .heading } == 1)
  }

  @Test func `losses of every section are told, with the container that they are of`() throws {
    let built = try BuiltCapture.bytes(losses: BuiltCapture.losses)
    let bench = try Bench(bytes: try Story().bytes() + built, columns: 200, rows: 60)
    #expect(bench.text.contains("12 352 LOST"))
    let web = try #require(bench.state.tables.containers.first { $0.label == "web@node-web" })
    #expect(web.lostCount == 12_345)
  }

  @Test func `all sections are exported, each with its own host and clock`() throws {
    let directory = try Directory.createTemporary(prefix: "at-inspect-")
    defer { try? Directory.removeAll(directory) }
    let bench = try bench([Story(), other()])
    bench.type("4e<C-u>\(directory)/out.jsonl<Enter>")
    let text = String(decoding: try FileDescriptor.contents(of: directory + "/out.jsonl"), as: UTF8.self)
    let rows = try text.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    #expect(rows.count == 12)
    #expect(rows.prefix(6).allSatisfy { $0["host.name"]?.string == "node-1" })
    #expect(rows.suffix(6).allSatisfy { $0["host.name"]?.string == "node-2" })
  }
}

/// What `/` and `n` look through.
@Suite struct SearchTests {
  @Test func `the line that is typed says what is searched, and that is the list with the focus`() throws {
    let bench = try Bench(bytes: Story().bytes())
    for (keys, label) in [
      ("2/", "in containers /"), ("<Esc>3/", "in processes /"), ("<Esc>4/", "in events /"),
      ("<Esc>1/", "in events /"), ("<Esc>6/", "in what was open at the start /"),
    ] {
      bench.type(keys)
      #expect(bench.screen.lines[23].hasPrefix(label))
    }
    bench.type("<Esc>3/orders<Enter>")
    #expect(bench.state.message?.text == "not in the processes: orders; 4 and n look in the events")
    bench.type("4n")
    #expect(bench.state.events.current?.line.contains("/srv/orders") ?? false)
  }

  @Test func `a search within a filter by text finds what has both`() throws {
    let bench = try Bench(
      bytes: BuiltCapture.bytes(losses: BuiltCapture.losses, triggers: BuiltCapture.triggers))
    bench.type("4fj file-15<Enter><Esc>g")
    let lines = bench.state.events.lines.filter { !$0.isLoss }
    #expect(!lines.isEmpty && lines.allSatisfy { $0.line.contains("file-15") })
    // There are many of web-1, but only those with file-15 are meant.
    bench.type("/web-1[<Enter>")
    let found = try #require(bench.state.events.current)
    #expect(found.processName.hasPrefix("web-1[") && found.line.contains("file-15"))
    let result = try #require(bench.state.search.result)
    #expect(result.matches.count == lines.count { $0.processName.hasPrefix("web-1[") })
  }

  @Test func `what cannot be written or opened is said, and everything else stays`() throws {
    let directory = try Directory.createTemporary(prefix: "at-inspect-")
    defer { try? Directory.removeAll(directory) }
    let good = directory + "/good.pcapng"
    let bad = directory + "/bad.pcapng"
    try FileDescriptor.write(try BuiltCapture.bytes(events: 2000), to: good)
    try FileDescriptor.write("no capture".utf8, to: bad)
    let bench = try Bench(try Capture(path: good), path: good, files: [good, bad])
    bench.type("4ge<C-u>\(good)<Enter>")
    #expect(bench.state.message?.isProblem ?? false)
    #expect(bench.state.export == nil && !bench.state.events.isAtEnd)
    bench.type("oj<Enter>")
    #expect(bench.state.message?.isProblem ?? false)
    #expect(bench.state.openFile == 0 && bench.state.tables.eventCount == 6000)
    #expect(bench.text.contains("good.pcapng"))
  }
}
