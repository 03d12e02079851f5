import ContainerLab
import Foundation
import Glibc
import Posix
import Testing

/// A terminal of its own, with a shell in it, for a program that wants one.
final class TmuxTerminal {
  private let tmux: String
  private let socket: String
  let place: Workplace

  static var skipReason: String? { Lab.find("tmux") == nil ? "tmux is not installed" : nil }

  /// - Parameter command: For a shell.
  init(columns: Int = 80, rows: Int = 24, environment: [String] = [], _ command: String) throws {
    guard let tmux = Lab.find("tmux") else { throw LabError("tmux is not installed") }
    self.tmux = tmux
    place = try Workplace()
    socket = place["tmux"]
    let program = URL(filePath: Program.path).standardizedFileURL.path
    let captures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "captures/v1").path
    let words =
      environment + [
        "LANG=C.UTF-8", "SWIFT_BACKTRACE=enable=no", "AT=\(program)", "CAPTURES=\(captures)",
        "PLACE=\(place.directory)",
      ]
    let line = words.map { "export '\($0)'; " }.joined() + command
    try run(
      "-f", "/dev/null", "new-session", "-d", "-x", "\(columns)", "-y", "\(rows)", "bash --norc -c \(quoted(line))")
  }

  deinit { _ = try? run("kill-server") }

  private func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }

  @discardableResult
  func run(_ arguments: String...) throws -> String {
    try ProgramLaunch(tmux, ["-S", socket] + arguments, environment: Program.clean + ["TERM=xterm-256color"])
      .run(mergingErrors: true).text
  }

  var screen: String { (try? run("capture-pane", "-p")) ?? "" }
  func send(_ keys: String...) throws {
    _ = try ProgramLaunch(tmux, ["-S", socket, "send-keys"] + keys, environment: Program.clean).run(mergingErrors: true)
  }
  func fact(_ name: String) throws -> String {
    try run("display-message", "-p", "#{\(name)}").split(separator: "\n").first.map(String.init) ?? ""
  }

  /// Escape, and then q: together they would be Alt-q.
  func leave() throws {
    try send("Escape")
    usleep(200_000)
    try send("q")
  }

  /// A button goes down and up again, as xterm's first mouse protocol says it: all numbers from 32 on.
  func click(column: Int, row: Int, button: Int = 0) throws {
    func hexadecimal(_ number: Int) -> String { String(number, radix: 16) }
    let place = [hexadecimal(33 + column), hexadecimal(33 + row)]
    // A wheel has no release.
    for code in button == 0 ? [32, 35] : [32 + button + 1] {
      _ = try ProgramLaunch(
        tmux, ["-S", socket, "send-keys", "-H", "1b", "5b", "4d", hexadecimal(code)] + place, environment: Program.clean
      ).run(mergingErrors: true)
    }
  }

  /// Waits until the screen shows `text`.
  @discardableResult
  func expect(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) -> Bool {
    var last = ""
    let isThere = Lab.waitUntil(limit: .seconds(15)) {
      last = screen
      return last.contains(text)
    }
    #expect(isThere, "\(text) is not on the screen:\n\(last)", sourceLocation: sourceLocation)
    return isThere
  }

  /// Waits until the screen is the shell's again, and what it says of the end.
  func expectEnd(status: Int, sourceLocation: SourceLocation = #_sourceLocation) throws {
    expect("status \(status)", sourceLocation: sourceLocation)
    #expect(try fact("alternate_on") == "0", sourceLocation: sourceLocation)
    #expect(try fact("cursor_flag") == "1", sourceLocation: sourceLocation)
    #expect(try fact("mouse_any_flag") == "0", sourceLocation: sourceLocation)
    #expect(try fact("keypad_flag") == "0", sourceLocation: sourceLocation)
    let (before, after) = (place["before"], place["after"])
    #expect(
      try FileDescriptor.contents(of: before) == FileDescriptor.contents(of: after), sourceLocation: sourceLocation)
  }

  /// Runs the inspector on a sample between two looks at the terminal's settings.
  static func inspecting(_ sample: String = "web-shell", _ flags: String = "") -> String {
    "stty -g >$PLACE/before; $AT inspect \(flags) $CAPTURES/\(sample).pcapng; status=$?; stty -g >$PLACE/after; "
      + "echo status $status; sleep 60"
  }
}

@Suite(.serialized, .enabled(if: TmuxTerminal.skipReason == nil, "needs tmux")) struct InspectTests {
  @Test func `keys lead through a capture, and q gives the terminal back as it was`() throws {
    let terminal = try TmuxTerminal(TmuxTerminal.inspecting())
    terminal.expect("shop-web")
    try terminal.send("j", "Tab")
    terminal.expect("busybox echo checking db1")
    try terminal.send("/", "shadow", "Enter")
    terminal.expect("› exe[2108]")
    try terminal.send("Enter", "Enter")
    terminal.expect("Event")
    terminal.expect("kind")
    try terminal.send("Escape", "Down", "PPage", "End")
    terminal.expect("4 Events")
    try terminal.send("F1")
    terminal.expect("Moving")
    try terminal.send("q", "q")
    try terminal.expectEnd(status: 0)
  }

  @Test func `what was open when the window began is there, and found`() throws {
    let terminal = try TmuxTerminal(TmuxTerminal.inspecting("falco-alert"))
    terminal.expect("6 At the start")
    try terminal.send("s")
    terminal.expect("listens   [::]:80")
    try terminal.send("/")
    terminal.expect("in what was open at the start /")
    try terminal.send("null", "Enter")
    terminal.expect("4 of 7")
    try terminal.send("Enter")
    terminal.expect("› httpd[7955]")
    try terminal.send("q")
    try terminal.expectEnd(status: 0)
  }

  @Test func `captures in one file are shown together`() throws {
    let terminal = try TmuxTerminal(
      "cat $CAPTURES/falco-alert.pcapng $CAPTURES/death.pcapng >$PLACE/both.pcapng; stty -g >$PLACE/before; "
        + "$AT inspect $PLACE/both.pcapng; status=$?; stty -g >$PLACE/after; echo status $status; sleep 60")
    terminal.expect("both.pcapng, 2 captures")
    terminal.expect("shop-web")
    terminal.expect("billing")
    try terminal.send("j", "j", "3")
    terminal.expect("/bin/billing")
    try terminal.send("q")
    try terminal.expectEnd(status: 0)
  }

  @Test func `another size of the window is taken at once`() throws {
    let terminal = try TmuxTerminal(TmuxTerminal.inspecting())
    terminal.expect("2 Containers 1 ─ 3 Processes")
    try terminal.run("resize-window", "-x", "200", "-y", "60")
    terminal.expect("5 Detail")
    #expect(terminal.screen.split(separator: "\n").contains { $0.count == 200 })
    try terminal.run("resize-window", "-x", "30", "-y", "8")
    terminal.expect("too small: 30×8")
    try terminal.run("resize-window", "-x", "80", "-y", "24")
    terminal.expect("2 Containers 1 ─ 3 Processes")
    try terminal.send("q")
    try terminal.expectEnd(status: 0)
  }

  @Test func `the mouse selects and scrolls`() throws {
    let terminal = try TmuxTerminal(TmuxTerminal.inspecting())
    terminal.expect("shop-web")
    try terminal.click(column: 10, row: 9)
    terminal.expect("\n shop-web")
    let tabs = try #require(terminal.screen.split(separator: "\n").first { $0.contains("4 Events") })
    let tab = try #require(tabs.range(of: "4 Events"))
    try terminal.click(column: tabs.distance(from: tabs.startIndex, to: tab.lowerBound), row: 6)
    terminal.expect("WHAT")
    try terminal.click(column: 10, row: 12, button: 64)
    try terminal.send("Enter")
    terminal.expect("Event")
    terminal.expect("close")
    try terminal.leave()
    try terminal.expectEnd(status: 0)
  }

  @Test(arguments: [(SIGTERM, 143), (SIGHUP, 129), (SIGSEGV, 139), (SIGABRT, 134)])
  func `a signal ends it, and the terminal is given back all the same`(signal: Int32, status: Int) throws {
    let terminal = try TmuxTerminal(TmuxTerminal.inspecting())
    terminal.expect("shop-web")
    let shell = try #require(Int32(try terminal.fact("pane_pid")))
    let children = try String(
      decoding: FileDescriptor.contents(of: "/proc/\(shell)/task/\(shell)/children"), as: UTF8.self)
    let child = try #require(children.split(separator: " ").first.flatMap { Int32($0) })
    #expect(kill(child, signal) == 0)
    try terminal.expectEnd(status: status)
  }

  @Test func `Ctrl-Z gives the terminal to the shell, and fg takes it again`() throws {
    let terminal = try TmuxTerminal("PS1='ready> ' exec bash --norc -i")
    terminal.expect("ready>")
    try terminal.send(
      "stty -g >$PLACE/before; $AT inspect $CAPTURES/crash.pcapng; stty -g >$PLACE/after; echo status $?", "Enter")
    terminal.expect("billing")
    try terminal.send("C-z")
    terminal.expect("Stopped")
    #expect(try terminal.fact("alternate_on") == "0")
    try terminal.send("fg", "Enter")
    terminal.expect("billing")
    try terminal.send("j")
    terminal.expect("\n billing")
    try terminal.send("q")
    terminal.expect("ready>")
    #expect(try terminal.fact("alternate_on") == "0")
  }

  @Test func `NO_COLOR is heeded`() throws {
    for (environment, isColoured) in [([], true), (["NO_COLOR=1"], false)] as [([String], Bool)] {
      let terminal = try TmuxTerminal(environment: environment, TmuxTerminal.inspecting())
      terminal.expect("shop-web")
      let raw = try terminal.run("capture-pane", "-p", "-e")
      #expect(
        (raw.range(of: "\u{1b}[^m]*[34]8;5|\u{1b}\\[[34][0-7]m", options: .regularExpression) != nil) == isColoured)
      try terminal.send("q")
      try terminal.expectEnd(status: 0)
    }
  }

  @Test func `what is pasted is not taken for keys`() throws {
    let terminal = try TmuxTerminal(TmuxTerminal.inspecting())
    terminal.expect("shop-web")
    try terminal.run("set-buffer", "qqq")
    try terminal.run("paste-buffer", "-p")
    try terminal.send("/")
    terminal.expect("/")
    try terminal.run("set-buffer", "shop")
    try terminal.run("paste-buffer", "-p")
    terminal.expect("/shop")
    try terminal.leave()
    try terminal.expectEnd(status: 0)
  }

  @Test func `a capture comes through standard input, keys from the terminal`() throws {
    let terminal = try TmuxTerminal(
      "stty -g >$PLACE/before; cat $CAPTURES/crash.pcapng | $AT inspect -; status=$?; stty -g >$PLACE/after; "
        + "echo status $status; sleep 60")
    terminal.expect("billing")
    try terminal.send("q")
    try terminal.expectEnd(status: 0)
  }

  @Test func `what cannot be shown is said before the terminal is touched`() throws {
    let piped = try Program.run("inspect", "captures/v1/crash.pcapng")
    #expect(piped.end == .exited(2))
    #expect(piped.text.contains("standard output is not a terminal"))
    #expect(piped.text.contains("help:"))
    let terminal = try TmuxTerminal(
      "stty -g >$PLACE/before; stty -g >$PLACE/after; $AT inspect /etc/passwd; echo status $?; sleep 60")
    terminal.expect("not a capture")
    try terminal.expectEnd(status: 2)
    let dumb = try TmuxTerminal(
      "stty -g >$PLACE/before; TERM=dumb $AT inspect $CAPTURES/crash.pcapng; echo status $?; stty -g >$PLACE/after; sleep 60"
    )
    dumb.expect("cannot place text on the screen")
  }

  @Test func `random keys in the real terminal leave it alive`() throws {
    let terminal = try TmuxTerminal(TmuxTerminal.inspecting())
    terminal.expect("shop-web")
    let keys = [
      "j", "k", "h", "l", "g", "G", "Tab", "BTab", "Enter", "Escape", "Up", "Down", "Left", "Right", "PPage", "NPage",
      "Home",
      "End", "x", "d", "r", "f", "m", "+", "-", "0", "n", "N", "1", "2", "3", "4", "5", "/", "a", "?", "Space", "F1",
      "M-x",
      "C-l", "BSpace", "y",
    ]
    let end = Date().addingTimeInterval(6)
    while Date() < end {
      for _ in 0..<20 { try terminal.send(keys.randomElement()!, keys.randomElement()!, keys.randomElement()!) }
      #expect(try terminal.fact("alternate_on") == "1")
    }
    // A dialog takes one Ctrl-C, a line that is typed another.
    for _ in 0..<6 where try terminal.fact("alternate_on") == "1" {
      try terminal.send("Escape")
      usleep(200_000)
      try terminal.send("q")
      usleep(300_000)
    }
    try terminal.expectEnd(status: 0)
  }
}
