import CaptureFormat
import Events
import Inspector
import Reconstruction
import Terminal
import Testing

/// How things stood when the window began.
@Suite struct StateTests {
  private func bench(_ columns: Int = 80, _ rows: Int = 24) throws -> Bench {
    try Bench(bytes: Story().bytes(), columns: columns, rows: rows)
  }

  @Test func `the state has the listener, the connection, the open file and the daemon whose parent is gone`() throws {
    let bench = try bench()
    bench.type("6")
    #expect(bench.state.focus == .state)
    func line(_ role: StateLine.Role) -> StateLine? { bench.state.stateLines.first { $0.role == role } }
    #expect(line(.heading)?.remark == "2 processes, 4 open descriptors, 1 listener, 1 connection")
    #expect(line(.listener)?.what == "10.0.0.2:80->-")
    #expect(line(.connection)?.what == "10.0.0.2:80->10.0.0.9:4321")
    #expect(line(.descriptor)?.remark.hasPrefix("for writing, since ") ?? false)
    let orphan = try #require(line(.orphan))
    #expect(orphan.process == Story.daemon && orphan.remark.hasPrefix("its parent sh[110] had ended"))
    // Neither who had ended nor who began later.
    #expect(!bench.state.stateLines.contains { $0.process == Story.shell || $0.process == Story.worker })
    #expect(bench.text.contains("miner --quiet"))
  }

  @Test func `the selected process narrows the state, and one that began later says so`() throws {
    let bench = try bench()
    bench.type("3jj6")
    #expect(bench.state.stateLines.allSatisfy { $0.process == nil || $0.process == bench.state.filter.process })
    bench.type("3/wget<Enter>6")
    #expect(bench.state.filter.process == Story.worker)
    #expect(bench.text.contains("sh[130] did not run yet when the window began"))
    bench.type("<Esc>")
    #expect(bench.state.stateLines.count > 5)
  }

  @Test func `the state is searched, and Enter leads on to the process's events`() throws {
    let bench = try bench()
    bench.type("6/pipe<Enter>")
    #expect(bench.state.stateLines[bench.state.statePlace.cursor].what.hasPrefix("pipe:["))
    bench.type("<Enter>")
    #expect(bench.state.filter.process == Story.daemon && bench.state.focus == .events)
    bench.type("s/nowhere<Enter>")
    #expect(bench.state.message?.text.hasPrefix("not in what was open at the start: nowhere") ?? false)
    bench.type("y")
    #expect(bench.terminal.copied.count == 1)
  }

  @Test func `s and 5 change what the place beside the events shows`() throws {
    let bench = try bench(200, 60)
    #expect(bench.text.contains("5 Detail") && bench.state.shared == .detail)
    bench.type("s")
    #expect(bench.state.layout.panes[.state] != nil && bench.state.layout.panes[.detail] == nil)
    #expect(bench.text.contains("its parent sh[110] had ended"))
    bench.type("s")
    #expect(bench.state.focus == .events && bench.state.layout.panes[.detail] != nil)
    bench.type("65")
    #expect(bench.state.focus == .detail && bench.state.layout.panes[.detail] != nil)
    // No room for a detail: the state takes the events' place.
    bench.resize(120, 30)
    bench.type("6")
    #expect(bench.state.layout.panes[.state] != nil && bench.state.layout.panes[.events] == nil)
    bench.checkInvariants()
  }

  @Test func `a capture without a state says whose captures have one`() throws {
    let bench = try Bench("web-shell.pcapng")
    bench.type("6")
    #expect(bench.state.focus != .state)
    #expect(bench.state.message?.text.contains("those of `aftertrace watch` do") ?? false)
  }

  @Test func `a long state scrolls`() throws {
    let bench = try bench(80, 10)
    bench.type("6G")
    #expect(bench.state.statePlace.cursor == bench.state.stateLines.count - 1 && bench.state.statePlace.top > 0)
    bench.type("g")
    #expect(bench.state.statePlace.cursor == 0 && bench.state.statePlace.top == 0)
    bench.checkInvariants()
  }
}

/// Samples of what containers take, beside their events.
@Suite struct ResourceTests {
  @Test func `samples are a band on the timeline, and rows only when they are asked for`() throws {
    let bench = try Bench(bytes: Story().bytes(), columns: 200, rows: 60)
    #expect(bench.state.events.lines.count == 6)
    let parts = try #require(bench.state.band?.parts)
    #expect(parts.mostMemory == 64 << 20)
    #expect(try abs(#require(parts.mostCPU) - 0.15) < 0.001)
    #expect(bench.text.contains("cpu 15 %") && bench.text.contains("mem 64 MiB"))
    let kinds = bench.state.tables.kinds
    let place = try #require(kinds.firstIndex(of: .containerResources))
    bench.type("f" + String(repeating: "j", count: 6 + place) + " <Esc>")
    #expect(bench.state.events.lines.count == 15)
    #expect(bench.text.contains("with samples"))
    bench.type("f" + String(repeating: "j", count: 6 + place) + "<Enter><Esc>")
    #expect(bench.state.filter.kinds == [.containerResources] && bench.state.events.lines.count == 9)
    bench.type("r")
    #expect(bench.state.events.lines.count == 6)
  }

  @Test func `the band is of what is selected, and follows the zoom`() throws {
    let bench = try Bench(bytes: Story().bytes(), columns: 200, rows: 60)
    bench.type("1" + String(repeating: "l", count: 20) + "+")
    let request = try #require(bench.state.band?.request)
    #expect(request.from == bench.state.range.from && request.to == bench.state.range.to)
    #expect(try #require(bench.state.band?.parts.mostMemory) < 64 << 20)
    bench.type("02j")
    #expect(bench.state.band?.request.containers == [Story.container])
  }

  @Test func `on a small screen the title tells the most`() throws {
    let bench = try Bench(bytes: Story().bytes())
    #expect(bench.text.contains("at most cpu 15 %, mem 64 MiB"))
  }
}
