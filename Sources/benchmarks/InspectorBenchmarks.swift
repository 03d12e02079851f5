internal import CaptureFormat
internal import Events
internal import Inspector
internal import Posix
internal import Reconstruction
internal import Terminal

/// How fast the inspector opens the large capture, and answers keys in it.
///
/// The worker runs on its own thread as in the program; the screen is drawn in memory.
struct InspectorBenchmarks {
  private let path = "captures/bench/large.pcapng"
  private static let openLimit = 0.2
  private static let keyLimit = 0.05

  func run(_ bench: Workbench) throws {
    guard File.exists(path) else {
      return report("\nthe inspector", "not measured: `make bench-data` makes \(path)")
    }
    try measure(bench, path, note: "")
    // Without its footer, as after a crash.
    let cut = bench.directory + "/cut.pcapng"
    let length = try CaptureFile(path: path).length - 100
    _ = try bench.cost(of: bench.shell("head -c \(length) '\(path)' >\(cut)"))
    try measure(bench, cut, note: ", without footer")
    try? File.remove(cut)
  }

  private func measure(_ bench: Workbench, _ path: String, note: String) throws {
    var opened: [Double] = []
    var settled: [Double] = []
    for _ in 0..<bench.pairs {
      let rig = try Rig(path)
      opened.append(rig.secondsToEvents)
      settled.append(rig.secondsToProcesses)
      rig.stop()
    }
    say("\nThe inspector\(note)")
    let limit = note.isEmpty ? Self.openLimit : nil
    report("to the first screen, with events", Spread(opened), digits: 3, unit: " s", atMost: limit)
    report("  until processes are there, too", Spread(settled), digits: 3, unit: " s")
    let rig = try Rig(path)
    for key in Self.script { rig.press(key) }
    rig.stop()
    let answers = rig.answers.sorted { $0.seconds < $1.seconds }
    let p99 = answers[min(answers.count * 99 / 100, answers.count - 1)]
    let worst = answers[answers.count - 1]
    report(
      "a key, p99 of \(answers.count)", decimal(p99.seconds * 1000, 1) + " ms", target: Self.keyLimit * 1000,
      isMet: p99.seconds <= Self.keyLimit)
    report(
      "  worst: \(worst.key)", decimal(worst.seconds * 1000, 1) + " ms", target: Self.keyLimit * 1000,
      isMet: worst.seconds <= Self.keyLimit)
    let slowest = rig.answers.max { $0.settledSeconds < $1.settledSeconds }!
    let typical = Spread(rig.answers.map { $0.settledSeconds * 1000 })
    report("  until all that it asked for is there", decimal(typical.median, 1) + " ms")
    report("    longest: \(slowest.key)", decimal(slowest.settledSeconds * 1000, 0) + " ms")
  }

  /// A person at work: down the containers, through processes, to ends and times, filters, searches, ranges.
  private static let script: [String] =
    Array(repeating: "j", count: 40) + ["G", "g", "Tab"] + Array(repeating: "j", count: 40)
    + ["PgDn", "PgDn", "G", "g", "j", "d", "d", "Tab"] + Array(repeating: "PgDn", count: 30)
    + Array(repeating: "j", count: 30) + ["G", "k", "PgUp", "g", "Enter", "Right", "Right", "Esc"]
    + [":30", ":60", ":1", "x", "G", "g", "x", "r", "/bench-7-", "n", "n", "N", "Esc", "1"]
    + Array(repeating: "l", count: 30) + ["+", "+", "+", "+", "+", "-", "-", "0", "f", "j", "Space", "Space", "Esc"]
    + ["3", "/busybox", "n", "n", "n", "Esc", "r", "200x60", "80x24", "4", "G", "PgUp", "PgUp"]
}

/// An inspector at work on a file.
private final class Rig {
  struct Answer {
    var key: String
    /// To the screen that the key gave.
    var seconds: Double
    /// To the one that shows everything it asked for.
    var settledSeconds: Double
  }

  private(set) var answers: [Answer] = []
  let secondsToEvents: Double
  let secondsToProcesses: Double
  private let session: InspectorSession
  private let terminal = MemoryTerminal(columns: 200, rows: 60)
  private let bell: WakeUp
  private var worker: RunningWorker?

  init(_ path: String) throws {
    let start = Clock.monotonic
    let file = try Capture(path: path)
    bell = try WakeUp()
    let number = bell.number
    let worker = try RunningWorker(file, path: path, isLocal: false) { WakeUp.ring(number) }
    var state = InspectorState(size: terminal.size, files: [path])
    state.timeResolver = { text, tables in
      .success(BootTime(nanoseconds: tables.first.nanoseconds + (UInt64(text) ?? 0) * 1_000_000_000))
    }
    session = InspectorSession(state, device: terminal, mailbox: worker.mailbox)
    self.worker = consume worker
    var events: UInt64?
    while session.isUnsettled {
      bell.wait(milliseconds: 1000)
      session.takeResults()
      session.draw()
      if events == nil, !session.isWaiting { events = Clock.monotonic }
      if Clock.monotonic - start > 60_000_000_000 { break }
    }
    secondsToEvents = Double((events ?? Clock.monotonic) - start) / 1e9
    secondsToProcesses = Double(Clock.monotonic - start) / 1e9
  }

  func stop() { worker.take()?.stop() }

  func press(_ key: String) {
    let start = Clock.monotonic
    for input in Self.inputs(key) { _ = session.handle(input) }
    while session.isWaiting, Clock.monotonic - start < InspectorSession.patienceInNanoseconds {
      bell.wait(milliseconds: 5)
      session.takeResults()
    }
    session.draw()
    let drawn = Clock.monotonic
    while session.isUnsettled, Clock.monotonic - start < 30_000_000_000 {
      bell.wait(milliseconds: 100)
      session.takeResults()
    }
    session.draw()
    answers.append(
      Answer(
        key: key, seconds: Double(drawn - start) / 1e9, settledSeconds: Double(Clock.monotonic - start) / 1e9))
  }

  private static func inputs(_ key: String) -> [TerminalInput] {
    let codes: [String: Key.Code] = [
      "Tab": .tab, "Enter": .enter, "Esc": .escape, "PgDn": .pageDown, "PgUp": .pageUp, "Right": .right,
      "Space": .character(" "),
    ]
    if let code = codes[key] { return [.key(Key(code))] }
    let sizes = key.split(separator: "x").compactMap { Int($0) }
    if sizes.count == 2 { return [.resize(ScreenSize(columns: sizes[0], rows: sizes[1]))] }
    let characters = key.unicodeScalars.map { TerminalInput.key(Key(.character($0))) }
    return key.count > 1 ? characters + [.key(Key(.enter))] : characters
  }
}
