import CaptureFormat
import Events
import Foundation
import Inspector
import JSON
import Posix
import Reconstruction
import Terminal
import Testing

@Suite struct InspectorStateTests {
  private func bench(_ columns: Int = 80, _ rows: Int = 24) throws -> Bench {
    try Bench(
      bytes: BuiltCapture.bytes(losses: BuiltCapture.losses, triggers: BuiltCapture.triggers), columns: columns,
      rows: rows)
  }

  @Test func `a container narrows processes and events, and Escape takes that back`() throws {
    let bench = try bench()
    let all = bench.state.processRows.count
    bench.type("j")
    #expect(bench.state.filter.container == BuiltCapture.web)
    #expect(bench.state.processRows.count < all)
    bench.type("jG")
    #expect(bench.state.filter.container == BuiltCapture.worker)
    #expect(bench.state.events.lines.allSatisfy { $0.container == BuiltCapture.worker || $0.isLoss })
    bench.type("<Esc>")
    #expect(bench.state.filter.container == nil)
    #expect(bench.state.processRows.count == all)
  }

  @Test func `a filter narrows the events of the selection, and Escape takes it back`() throws {
    let bench = try Bench("web-shell.pcapng")
    bench.type("4G")
    let all = bench.state.events.lines.filter { !$0.isLoss }
    bench.type("g&evt.type = openat and evt.failed = true<Enter>")
    let text = "evt.type = openat and evt.failed = true"
    #expect(bench.state.filter.expression?.text == text)
    #expect(bench.state.prompt == nil)
    bench.type("G")
    let some = bench.state.events.lines.filter { !$0.isLoss }
    // The same by the filter alone.
    let capture = try Capture(path: Bench.captures.appending(path: "web-shell.pcapng").path)
    let filter = try PreparedFilter(EventFilter(text).compiled, of: capture.boots[0])
    var count = 0
    var merge = capture.events(in: capture.directory)
    while let event = try merge.next() { if filter.matchesAlone(event) { count += 1 } }
    #expect(count > 0 && some.count == count && some.count < all.count)
    // With it, what else narrows narrows further.
    bench.type("2jj")
    #expect(bench.state.events.lines.filter { !$0.isLoss }.count <= count)
    #expect(bench.text.contains("where \(text)"))
    bench.type("<Esc>")
    #expect(bench.state.filter.expression == nil)
    #expect(bench.state.filter.container != nil)
  }

  @Test(arguments: [
    ("proc.nam=sh", 0..<8, "did you mean 'proc.name'?"), ("漢 and proc.name=sh", 0..<1, ""),
    ("evt.failed=perhaps", 11..<18, "as in true"), ("proc.name=sh and", 16..<17, ""),
  ]) func `a filter that is wrong stays to be mended`(typed: String, place: Range<Int>, hint: String) throws {
    let bench = try Bench("web-shell.pcapng")
    bench.type("&\(typed)<Enter>")
    let problem = try #require(bench.state.prompt?.problem)
    #expect(problem.place == place)
    #expect(hint.isEmpty || problem.hint?.contains(hint) == true)
    #expect(bench.state.prompt?.text == typed)
    #expect(bench.state.filter.expression == nil)
    bench.checkInvariants()
    bench.type("<C-u><Esc>")
    #expect(bench.state.prompt == nil)
  }

  @Test func `a process narrows events to its own, and with d to those of all that descend from it`() throws {
    let bench = try bench()
    bench.type("3jj")
    let key = try #require(bench.state.filter.process)
    #expect(bench.state.events.lines.allSatisfy { $0.process == key || $0.isLoss })
    #expect(!bench.state.events.lines.isEmpty)
    bench.type("kd")
    let family = Set(bench.state.events.lines.filter { !$0.isLoss }.map(\.process))
    #expect(family.count == 6)
  }

  @Test func `the first and the last event are found from anywhere`() throws {
    let bench = try bench()
    bench.type("4G")
    let last = try #require(bench.state.events.current)
    #expect(bench.state.events.isAtEnd)
    #expect(bench.state.events.place.cursor == bench.state.events.lines.count - 1)
    bench.type("g")
    let first = try #require(bench.state.events.current)
    #expect(first.position < last.position)
    #expect(bench.state.events.isAtStart && bench.state.events.place.cursor == 0)
  }

  @Test func `walking down meets every event once, and up again the same ones`() throws {
    let bench = try bench()
    bench.type("4g")
    var down: [EventPosition] = []
    while true {
      let position = try #require(bench.state.events.current?.position)
      if down.last == position { break }
      down.append(position)
      bench.type("j")
    }
    // 600 events and two losses.
    #expect(down.count == 602)
    #expect(down == down.sorted())
    for position in down.reversed() {
      #expect(bench.state.events.current?.position == position)
      bench.type("k")
    }
  }

  @Test func `a filter keeps the place in time`() throws {
    let bench = try bench()
    bench.type("4:4<Enter>")
    let time = try #require(bench.state.events.current?.time)
    #expect(time >= BuiltCapture.time(4))
    bench.type("x")
    let failed = try #require(bench.state.events.current)
    #expect(failed.isFailed && failed.time >= time && failed.time < BuiltCapture.time(4.5))
    bench.type("x")
    #expect(try #require(bench.state.events.current).time == time)
  }

  @Test func `only what failed, only some kinds, only some lanes`() throws {
    let bench = try bench()
    bench.type("4x")
    #expect(bench.state.events.lines.allSatisfy { $0.isFailed || $0.isLoss })
    bench.type("r")
    #expect(bench.state.filter == Filter())
    bench.type("fjjj<Enter>")
    #expect(bench.state.filter.lanes == [.lifecycle])
    bench.type("<Esc>")
    #expect(bench.state.events.lines.allSatisfy { $0.lane == .lifecycle || $0.isLoss })
    bench.type("<Esc>")
    #expect(bench.state.filter.lanes == nil)
    bench.type("fG<Enter>")
    #expect(bench.state.filter.kinds == [.fileUnlink])
    bench.type("G ")
    #expect(bench.state.filter.kinds == [])
    bench.type("<Esc>")
    #expect(bench.state.events.lines.filter { !$0.isLoss }.isEmpty)
  }

  @Test func `a search finds forwards, backwards, and goes round`() throws {
    let bench = try bench()
    bench.type("4g/file-150<Enter>")
    #expect(bench.state.events.current?.line.contains("file-150") ?? false)
    let first = try #require(bench.state.events.current?.position)
    bench.type("n")
    let second = try #require(bench.state.events.current?.position)
    #expect(second > first)
    bench.type("N")
    #expect(bench.state.events.current?.position == first)
    bench.type("nnn")
    #expect(bench.state.events.current?.position == first)
    #expect(bench.state.message?.text == "search went round")
    bench.type("/nowhere-at-all<Enter>")
    #expect(bench.state.message?.text == "not found: nowhere-at-all")
    #expect(bench.state.events.current?.position == first)
  }

  @Test func `a search among processes goes to the process`() throws {
    let bench = try bench()
    bench.type("3/--number 4<Enter>")
    #expect(bench.state.filter.process?.pid == 104)
  }

  @Test func `a line that is typed can be edited, pasted into, and left`() throws {
    let bench = try bench()
    bench.type("/abc<Left><Left>X<Home>Y<End>Z<BS>")
    #expect(bench.state.prompt?.text == "YaXbc")
    bench.send(.paste("p\u{1b}q\n"))
    #expect(bench.state.prompt?.text == "YaXbcpq")
    bench.type("<C-u>")
    #expect(bench.state.prompt?.text == "")
    bench.type("<BS>")
    #expect(bench.state.prompt == nil)
    bench.type("/q<Esc>")
    #expect(bench.state.prompt == nil && !bench.isOver)
  }

  @Test func `a time that makes no sense is said, and nothing moves`() throws {
    let bench = try bench()
    bench.type("4:4<Enter>")
    let before = bench.state.events.current
    bench.type(":soon<Enter>")
    #expect(bench.state.message?.text == "not a time: soon")
    #expect(bench.state.events.current == before)
  }

  @Test func `zooming narrows events and processes to the range, 0 shows the whole`() throws {
    let bench = try bench()
    bench.type("1" + String(repeating: "l", count: 40) + "++")
    let range = try #require(bench.state.filter.range)
    #expect(bench.state.events.lines.filter { !$0.isLoss }.allSatisfy { $0.time >= range.from && $0.time <= range.to })
    #expect(bench.state.events.lines.count > 10)
    bench.type("0")
    #expect(bench.state.filter.range == nil)
  }

  @Test func `the mouse selects, scrolls, and opens`() throws {
    let bench = try bench()
    func click(_ column: Int, _ row: Int) {
      bench.send(.mouse(MouseAction(.press, at: ScreenPosition(column: column, row: row))))
    }
    click(10, 9)
    #expect(bench.state.filter.container == BuiltCapture.web)
    let tab = try #require(bench.screen.lines[6].range(of: "4 Events"))
    click(bench.screen.lines[6].distance(from: bench.screen.lines[6].startIndex, to: tab.lowerBound), 6)
    #expect(bench.state.focus == .events)
    bench.send(.mouse(MouseAction(.wheelDown, at: ScreenPosition(column: 10, row: 12))))
    #expect(bench.state.events.place.cursor == 3)
    click(20, 10)
    #expect(bench.state.events.place.cursor == 2)
    click(20, 10)
    #expect(bench.state.overlay == .detail)
    bench.type("<Esc>")
    click(40, 3)
    #expect(bench.state.focus == .timeline)
    for column in -1...81 { for row in -1...25 { click(column, row) } }
    bench.checkInvariants()
  }

  @Test func `the selection is exported as JSON lines, to a file that did not exist`() throws {
    let directory = try Directory.createTemporary(prefix: "at-inspect-")
    defer { try? Directory.removeAll(directory) }
    let bench = try bench()
    bench.type("j4xe<C-u>\(directory)/out.jsonl<Enter>")
    let text = String(decoding: try FileDescriptor.contents(of: directory + "/out.jsonl"), as: UTF8.self)
    let rows = try text.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    #expect(rows.count == 58)
    #expect(rows.allSatisfy { $0["event.outcome"]?.string == "failure" && $0["container.name"]?.string == "web" })
    #expect(bench.state.message?.text.hasPrefix("58 events written") ?? false)
    bench.type("e<C-u>\(directory)/out.jsonl<Enter>")
    #expect(bench.state.message?.isProblem ?? false)
    bench.type("G")
    bench.checkInvariants()
  }

  @Test func `a row is copied as text`() throws {
    let bench = try bench()
    bench.type("jy3jy4y")
    #expect(bench.terminal.copied.count == 3)
    #expect(bench.terminal.copied[0] == String(repeating: "ab", count: 32))
    #expect(bench.terminal.copied[1].hasPrefix("100 web --number 0"))
    #expect(bench.terminal.copied[2].contains("openat /srv/web/file-0"))
  }

  @Test func `detail tells every field with its raw value and its flags in words`() throws {
    let bench = try bench(200, 60)
    bench.type("4<Enter>")
    let detail = try #require(bench.state.detail)
    let names = detail.fields.map(\.name)
    for name in [
      "time", "kind", "call", "result", "container", "lane", "thread", "cpu", "flags", "path", "open_flags", "process",
    ] {
      #expect(names.contains(name), "\(name)")
    }
    #expect(detail.fields.first { $0.name == "open_flags" }?.raw == "65")
    #expect(detail.fields.first { $0.name == "open_flags" }?.value == "O_WRONLY|O_CREAT")
    #expect(detail.fields.first { $0.name == "result" }?.raw == "-13")
    #expect(detail.fields.contains { $0.value.contains("a value is shorter than what was there") })
  }

  @Test func `a capture without a footer opens, and a growing one is followed`() throws {
    let directory = try Directory.createTemporary(prefix: "at-inspect-")
    defer { try? Directory.removeAll(directory) }
    let whole = try BuiltCapture.bytes(events: 4000, finished: false)
    let path = directory + "/growing.pcapng"
    try FileDescriptor.write(whole.prefix(whole.count / 2), to: path)
    let bench = try Bench(try Capture(path: path), path: path)
    #expect(bench.text.contains("no footer"))
    bench.type("4F")
    let before = try #require(bench.state.events.current)
    let file = try FileDescriptor.open(path, flags: 0o2001)
    try whole.withUnsafeBytes { try file.write(UnsafeRawBufferPointer(rebasing: $0[(whole.count / 2)...])) }
    bench.session.refresh()
    bench.settle()
    let after = try #require(bench.state.events.current)
    #expect(after.position > before.position)
    #expect(bench.state.tables.eventCount == 12_000)
    bench.type("k")
    #expect(!bench.state.isFollowing)
  }

  @Test func `of several files the chooser opens another, and a bad one leaves the first`() throws {
    let directory = try Directory.createTemporary(prefix: "at-inspect-")
    defer { try? Directory.removeAll(directory) }
    let bad = directory + "/bad.pcapng"
    try FileDescriptor.write("no capture".utf8, to: bad)
    let samples = ["web-shell.pcapng", "crash.pcapng"].map { Bench.captures.appending(path: $0).path }
    let bench = try Bench(try Capture(path: samples[0]), path: samples[0], files: samples + [bad])
    bench.type("oj<Enter>")
    #expect(bench.text.contains("crash.pcapng"))
    #expect(bench.state.tables.containers.first?.label == "billing")
    bench.type("ojj<Enter>")
    #expect(bench.state.message?.isProblem ?? false)
    bench.type("ok<Enter>")
    bench.checkInvariants()
  }

  @Test func `Ctrl-Z suspends, q and Ctrl-C quit, q in a dialog closes it`() throws {
    let bench = try bench()
    bench.type("<C-z>")
    #expect(bench.terminal.suspensions == 1)
    bench.type("?q")
    #expect(!bench.isOver && bench.state.overlay == .none)
    bench.type("<C-c>")
    #expect(bench.isOver)
  }

  @Test func `a capture without events says so`() throws {
    let bench = try Bench(bytes: BuiltCapture.bytes(events: 0))
    bench.type("4gG/x<Enter>nx1m+0")
    bench.checkInvariants()
    bench.type("r4")
    #expect(bench.text.contains("no event of this selection"))
  }
}

extension EventLine {
  var isLoss: Bool { if case .loss = body { true } else { false } }
  var line: String { if case .event(let what, _, _) = body { what } else { "" } }
}
