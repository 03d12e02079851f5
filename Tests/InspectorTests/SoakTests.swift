import Events
import Foundation
import Inspector
import Terminal
import Testing

/// Random keys, clicks and sizes: whatever comes, everything stays in its range.
///
/// `SOAK_SECONDS` makes it longer; `SOAK_SEED` repeats a run.
@Suite struct SoakTests {
  private struct Numbers: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ state >> 31
    }
  }

  private static let characters = Array("jjjjkkkkhlgGnNxdrfmyoF0+-zZ1234567sp& !/:?e.,aqX漢=".unicodeScalars)
  private static let codes: [Key.Code] = [
    .enter, .enter, .tab, .backTab, .escape, .escape, .backspace, .up, .down, .down, .left, .right, .home, .end,
    .pageUp,
    .pageDown, .pageDown, .delete, .insert, .function(1), .function(3), .function(4), .control("f"), .control("b"),
    .control("d"), .control("u"), .control("l"), .control("z"), .control("w"),
  ]

  private static func input(_ numbers: inout Numbers, _ size: ScreenSize) -> TerminalInput {
    switch Int.random(in: 0..<100, using: &numbers) {
    case 0..<50: return .key(Key(.character(characters.randomElement(using: &numbers)!)))
    case 50..<84:
      return .key(Key(codes.randomElement(using: &numbers)!, isAlt: Int.random(in: 0..<20, using: &numbers) == 0))
    case 84..<94:
      let place = ScreenPosition(
        column: Int.random(in: -2...(size.columns + 2), using: &numbers),
        row: Int.random(in: -2...(size.rows + 2), using: &numbers))
      let button = [MouseAction.Button.press, .wheelUp, .wheelDown].randomElement(using: &numbers)!
      return .mouse(MouseAction(button, at: place))
    case 94..<96: return .paste("paste \u{1b}[A\n" + String(Int.random(in: 0..<99, using: &numbers)))
    default:
      return .resize(
        ScreenSize(columns: Int.random(in: 0...220, using: &numbers), rows: Int.random(in: 0...70, using: &numbers)))
    }
  }

  @Test func `random keys never break an invariant`() throws {
    let environment = ProcessInfo.processInfo.environment
    let seconds = environment["SOAK_SECONDS"].flatMap(Double.init) ?? 8
    let seed = environment["SOAK_SEED"].flatMap(UInt64.init) ?? UInt64(Date().timeIntervalSince1970)
    print("seed \(seed)")
    let directory = FileManager.default.temporaryDirectory.appending(
      path: "at-soak-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    var numbers = Numbers(state: seed)
    // All samples as one time line: of several hosts, boots and recorders.
    let samples = try FileManager.default.contentsOfDirectory(at: Bench.captures, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "pcapng" }.sorted { $0.path < $1.path }.flatMap {
        try [UInt8](Data(contentsOf: $0))
      }
    let benches = [
      try Bench(
        bytes: BuiltCapture.bytes(
          processes: 60, events: 3000, losses: BuiltCapture.losses, triggers: BuiltCapture.triggers)),
      try Bench("web-shell.pcapng", columns: 200, rows: 60),
      try Bench("crash.pcapng"),
      try Bench("traffic.pcapng"),
      try Bench(bytes: samples, columns: 120, rows: 40),
      try Bench(bytes: Story().bytes() + Story(boot: "boot-2", host: "node-2", recorder: "r", epoch: 1).bytes()),
    ]
    let end = Date().addingTimeInterval(seconds)
    var steps = 0
    while Date() < end {
      let bench = benches[steps / 50 % benches.count]
      var input = Self.input(&numbers, bench.state.size)
      // An export would write where the test runs: not what is tried here.
      if bench.state.prompt?.purpose == .export { input = .key(Key(.escape)) }
      if case .resize(let size) = input { bench.terminal.size = size }
      bench.send(input)
      bench.checkInvariants()
      steps += 1
    }
    for bench in benches {
      bench.resize(80, 24)
      bench.type("<Esc><Esc><Esc><Esc>r4g")
      bench.checkInvariants()
      #expect(bench.state.events.lines.count >= 6)
    }
    print("\(steps) inputs")
    #expect(steps > 100)
  }
}
