import CaptureFormat
import Events
import Inspector
import Interchange
import SnapshotLab
import Terminal
import Testing

/// The screens as text, of real captures and of built ones. What they look like is reviewed like code.
@Suite struct ScreenTests {
  static let sizes: [(columns: Int, rows: Int)] = [(80, 24), (200, 60)]

  private func snapshot(_ name: String, _ bench: Bench) throws {
    bench.checkInvariants()
    try expectSnapshot("\(name)-\(bench.state.size.columns)x\(bench.state.size.rows).txt", bench.text)
  }

  @Test(arguments: sizes) func `a capture as it opens`(columns: Int, rows: Int) throws {
    try snapshot("open", Bench("web-shell.pcapng", columns: columns, rows: rows))
  }

  @Test(arguments: sizes) func `the processes of a container that is gone`(columns: Int, rows: Int) throws {
    let bench = try Bench("web-shell.pcapng", columns: columns, rows: rows)
    bench.type("j<Enter>jjj")
    try snapshot("processes", bench)
  }

  @Test(arguments: sizes) func `the failures of one container`(columns: Int, rows: Int) throws {
    let bench = try Bench("crash.pcapng", columns: columns, rows: rows)
    bench.type("j4x")
    try snapshot("failures", bench)
  }

  @Test(arguments: sizes) func `one event with all its fields`(columns: Int, rows: Int) throws {
    let bench = try Bench("web-shell.pcapng", columns: columns, rows: rows)
    bench.type("4/shadow<Enter><Enter>")
    try snapshot("detail", bench)
  }

  @Test(arguments: sizes) func `losses are bands, on the axis and among the events`(columns: Int, rows: Int) throws {
    let bench = try Bench(
      bytes: BuiltCapture.bytes(losses: BuiltCapture.losses, triggers: BuiltCapture.triggers), columns: columns,
      rows: rows)
    bench.type("4:2<Enter>")
    try snapshot("losses", bench)
    #expect(bench.text.contains("12 345 detail events"))
    #expect(bench.text.contains("╱╱╱"))
    #expect(bench.text.contains("12 352 LOST"))
    #expect(bench.text.contains("▼"))
  }

  @Test(arguments: sizes) func `the dialog of filters`(columns: Int, rows: Int) throws {
    let bench = try Bench("web-shell.pcapng", columns: columns, rows: rows)
    bench.type("fjjj ")
    try snapshot("filter", bench)
  }

  @Test(arguments: sizes) func `the events that a filter lets through`(columns: Int, rows: Int) throws {
    let bench = try Bench("web-shell.pcapng", columns: columns, rows: rows)
    bench.type("4&proc.pname=httpd and evt.type=openat<Enter>")
    try snapshot("where", bench)
  }

  @Test(arguments: sizes) func `what the built-in rules found, and the event that Enter goes to`(
    columns: Int, rows: Int
  ) throws {
    let bench = try Bench("web-shell.pcapng", columns: columns, rows: rows)
    bench.type("!")
    try snapshot("findings", bench)
    #expect(bench.text.contains("Credential file read"))
    bench.type("G<Enter>")
    bench.checkInvariants()
    #expect(bench.state.overlay == .none && bench.state.focus == .events && bench.state.filter.container != nil)
    let finding = try #require(bench.state.findings?.items.last)
    #expect(bench.state.events.current?.position == finding.first)
  }

  @Test(arguments: sizes) func `what is wrong with a filter stands under its place`(columns: Int, rows: Int) throws {
    let bench = try Bench("web-shell.pcapng", columns: columns, rows: rows)
    bench.type("&evt.failed=true and proc.nam = sh<Enter>")
    try snapshot("where-wrong", bench)
    bench.type("<BS>")
    #expect(!bench.text.contains("unknown field"))
  }

  @Test(arguments: sizes) func `how things stood when the window began`(columns: Int, rows: Int) throws {
    let bench = try Bench(bytes: Story().bytes(), columns: columns, rows: rows)
    bench.type("6j")
    try snapshot("state", bench)
  }

  @Test(arguments: sizes) func `how processes died, and what they took until then`(columns: Int, rows: Int) throws {
    let bench = try Bench(bytes: Story().bytes(), columns: columns, rows: rows)
    bench.type("j3")
    try snapshot("deaths", bench)
    #expect(bench.text.contains("SIGKILL: OOM, 64 MiB of"))
  }

  @Test(arguments: sizes) func `what a process wrote, line by line`(columns: Int, rows: Int) throws {
    let bench = try Bench(bytes: Story().bytes(), columns: columns, rows: rows)
    bench.type("4/order 2<Enter><Enter>")
    try snapshot("payload", bench)
    #expect(bench.text.contains("│ order 2: 1 item"))
  }

  @Test(arguments: sizes) func `calls by what they mean`(columns: Int, rows: Int) throws {
    let bench = try Bench("acts.pcapng", columns: columns, rows: rows)
    bench.type("4/clone_newns<Enter>/setns<Enter>")
    try snapshot("acts", bench)
  }

  @Test(arguments: sizes) func `captures of two hosts in one file`(columns: Int, rows: Int) throws {
    var other = Story(boot: "boot-2", host: "node-2", recorder: "recorder-2", epoch: 1_700_000_020)
    other.id = String(repeating: "cd", count: 32)
    let bench = try Bench(bytes: try Story().bytes() + other.bytes(), columns: columns, rows: rows)
    bench.type("jj")
    try snapshot("merged", bench)
  }

  @Test(arguments: sizes) func `the keys`(columns: Int, rows: Int) throws {
    let bench = try Bench("web-shell.pcapng", columns: columns, rows: rows)
    bench.type("?")
    try snapshot("help", bench)
  }

  @Test(arguments: sizes) func `a range that is marked and zoomed into`(columns: Int, rows: Int) throws {
    let bench = try Bench("web-shell.pcapng", columns: columns, rows: rows)
    bench.type("1m" + String(repeating: "l", count: 12) + "<Enter>")
    try snapshot("zoom", bench)
    #expect(bench.state.filter.range != nil)
  }

  @Test(arguments: [(39, 24), (80, 9), (1, 1), (0, 0)]) func `a screen that is too small says so`(
    columns: Int, rows: Int
  ) throws {
    let bench = try Bench("crash.pcapng", columns: columns, rows: rows)
    bench.checkInvariants()
    if columns > 30 { #expect(bench.text.contains("too small: \(columns)×\(rows)")) }
    bench.type("q")
    #expect(bench.isOver)
  }

  @Test func `every size draws inside its screen`() throws {
    let bench = try Bench(bytes: BuiltCapture.bytes(losses: BuiltCapture.losses, triggers: BuiltCapture.triggers))
    try drawInEverySize(bench)
    try drawInEverySize(Bench(bytes: Story().bytes()))
  }

  private func drawInEverySize(_ bench: Bench) throws {
    for keys in [
      "", "4", "<Enter>", "<Esc>f", "<Esc>?", "<Esc>1m", "<Esc>/x", "<Esc>6", "<Esc>&evt.tpye=漢 or a<Enter>",
      "<Esc><Esc>!",
    ] {
      bench.type(keys)
      for columns in [1, 39, 40, 41, 59, 60, 79, 80, 99, 109, 110, 131, 200, 400] {
        for rows in [1, 9, 10, 11, 19, 20, 24, 29, 30, 40, 60, 120] {
          bench.resize(columns, rows)
          bench.checkInvariants()
        }
      }
      bench.resize(80, 24)
      bench.type("<Esc><Esc>")
    }
  }

  @Test(arguments: [0, 8, 16]) func `without colours the same text is shown`(colours: Int) throws {
    let bytes = try BuiltCapture.bytes(losses: BuiltCapture.losses)
    let plain = try Bench(bytes: bytes, colours: colours)
    let coloured = try Bench(bytes: bytes)
    for bench in [plain, coloured] { bench.type("j4") }
    #expect(plain.text == coloured.text)
    if colours == 0 {
      #expect(plain.screen.cells.allSatisfy { $0.style.foreground == .standard && $0.style.background == .standard })
      #expect(plain.screen.cells.contains { $0.style.attributes.contains(.reverse) })
    } else {
      #expect(plain.screen.cells.allSatisfy { Int($0.style.foreground.rawValue) < colours })
    }
  }

  @Test func `names that would command the terminal are shown, not sent`() throws {
    let name = "\u{1b}]0;pwned\u{7}\u{202e}evil\u{9b}2J\u{200f}\u{feff}漢\u{301}\u{302}\u{303}\u{304}\r\n\u{85}"
    let bench = try Bench(
      bytes: BuiltCapture.bytes(
        name: name, losses: BuiltCapture.losses,
        triggers: [
          .init(
            time: BuiltCapture.time(5), accepted: BuiltCapture.time(5), source: name, rule: name,
            container: BuiltCapture.web)
        ]), columns: 160, rows: 50)
    for keys in ["", "j", "3j", "4", "<Enter>", "<Esc>f", "<Esc>/evil<Enter>", "4y", "<Esc>x", "e"] {
      bench.type(keys)
      bench.checkInvariants()
      #expect(!bench.screen.cells.contains { $0.scalar.value < 0x20 || $0.scalar.value == 0x202e })
    }
    for text in bench.terminal.copied {
      #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7f..<0xa0).contains($0.value) })
    }
    #expect(!bench.terminal.copied.isEmpty)
  }
}
