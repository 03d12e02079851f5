import CaptureFormat
import Events
import Posix
import Reconstruction
import Testing

/// A capture of several streams whose blocks overlap in time, for whoever reads it in order.
enum OverlappingCapture {
  static let containers = [ContainerKey.host, ContainerKey(rawValue: 3), ContainerKey(rawValue: 9)]
  static let shell = ProcessKey(pid: 10, start: BootTime(nanoseconds: 5))
  static let child = ProcessKey(pid: 11, start: BootTime(nanoseconds: 900))

  /// A generator whose numbers are the same in every run.
  struct Numbers: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ state >> 29
    }
  }

  static func bytes(blocks: Int = 24, rows: Int = 40, seed: UInt64 = 1, finished: Bool = true) throws -> [UInt8] {
    var numbers = Numbers(state: seed)
    var bytes: [UInt8] = []
    let writer = try CaptureWriter(
      to: { (buffer) throws(SystemError) in bytes += buffer }, provenance: Provenance(),
      catalogue: Catalogue.current(calls: [.init(abi: 0, number: 257, name: "openat")]))
    var sequences: [StreamKey: UInt64] = [:]
    for block in 0..<blocks {
      let stream = StreamKey(
        container: containers[block % 3], lane: Lane.ofEvents[block / 3 % 3])
      let builder = EventBlockBuilder(stream: stream, firstSequence: sequences[stream] ?? 0)
      var time = UInt64(block) * 300 + UInt64.random(in: 0...200, using: &numbers)
      for row in 0..<rows {
        // Several at one time; now and then one that is late.
        time += UInt64.random(in: 0...60, using: &numbers)
        let late = row % 13 == 5 ? UInt64.random(in: 0...300, using: &numbers) : 0
        add(row, at: time - min(late, time), to: builder, &numbers)
      }
      sequences[stream, default: 0] += UInt64(rows)
      try writer.append(builder.seal())
    }
    if finished {
      try writer.finish(
        Completeness(from: BootTime(nanoseconds: 0), to: BootTime(nanoseconds: 1), isComplete: true, reason: "test"))
    }
    return bytes
  }

  private static func add(_ row: Int, at time: UInt64, to builder: EventBlockBuilder, _ numbers: inout Numbers) {
    let key = row % 3 == 0 ? child : shell
    let process = builder.internProcess(key) { BlockProcess(key: key, comm: Array((row % 3 == 0 ? "cat" : "sh").utf8)) }
    let isFailed = row % 5 == 0
    builder.beginRow(
      time: BootTime(nanoseconds: time), process: process, thread: key.pid,
      kind: row % 2 == 0 ? .fileOpen : .fileUnlink,
      call: SystemCall(abi: 0, number: 257), result: isFailed ? -2 : 3, flags: [], cpu: 0)
    builder.set(.path, string: "/data/file-\(row % 7)")
    builder.endRow()
  }

  /// All positions that `isWanted`, by reading every block: what pages must agree with.
  static func all(_ file: CaptureFile, _ isWanted: (EventBlock) -> Bool = { _ in true }) throws -> [EventPosition] {
    var result: [EventPosition] = []
    for entry in file.directory {
      let block = try file.readEvents(entry)
      while block.next() {
        guard isWanted(block) else { continue }
        result.append(
          EventPosition(
            time: block.time, lane: entry.lane?.rawValue ?? 255, container: entry.container, offset: entry.offset,
            row: UInt32(block.row)))
      }
    }
    return result.sorted()
  }
}

@Suite struct EventWindowTests {
  private func window(
    _ file: CaptureFile, _ change: (inout EventSelection) -> Void = { _ in }
  ) throws -> EventWindow {
    var selection = EventSelection()
    change(&selection)
    let capture = try Capture([file])
    return EventWindow(capture, selection, EventText(file.catalogue), on: CommonTime(capture.boots))
  }

  private func forwards(
    _ window: EventWindow, from: EventPosition = .start, limit: Int, goesOn: () -> Bool = { true }
  ) throws -> [EventPosition] {
    var result: [EventPosition] = []
    var place = from
    for _ in 0..<5000 {
      let page = try window.page(from: place, limit: limit, while: goesOn)
      #expect(page.positions.count <= limit)
      #expect(page.positions.allSatisfy { $0 >= place && $0 < page.reached })
      result += page.positions
      place = page.reached
      if page.isAtEnd { return result }
    }
    Issue.record("no end")
    return result
  }

  private func backwards(
    _ window: EventWindow, before: EventPosition = .end, limit: Int, goesOn: () -> Bool = { true }
  ) throws -> [EventPosition] {
    var result: [EventPosition] = []
    var place = before
    for _ in 0..<5000 {
      let page = try window.page(before: place, limit: limit, while: goesOn)
      #expect(page.positions.count <= limit)
      #expect(page.positions.allSatisfy { $0 < place && $0 >= page.reached })
      result = page.positions + result
      place = page.reached
      if page.isAtEnd { return result }
    }
    Issue.record("no end")
    return result
  }

  @Test(arguments: [1, 7, 100, 5000])
  func `pages forwards and backwards give every event once, in the order of time`(limit: Int) throws {
    let file = try CaptureFile(bytes: OverlappingCapture.bytes(), path: "test")
    let expected = try OverlappingCapture.all(file)
    #expect(try forwards(window(file), limit: limit) == expected)
    #expect(try backwards(window(file), limit: limit) == expected)
  }

  @Test func `pages that are interrupted after every block lose and repeat nothing`() throws {
    for seed in 1...8 as ClosedRange<UInt64> {
      let file = try CaptureFile(bytes: OverlappingCapture.bytes(seed: seed), path: "test")
      let expected = try OverlappingCapture.all(file)
      #expect(try forwards(window(file), limit: 50) { false } == expected)
      #expect(try backwards(window(file), limit: 50) { false } == expected)
      let rare = try window(file) { $0.texts = [TextPattern("file-6")!] }
      let some = try OverlappingCapture.all(file) { $0.string(.path) == "/data/file-6" }
      #expect(!some.isEmpty)
      #expect(try forwards(rare, limit: 3) { false } == some)
      #expect(try backwards(rare, limit: 3) { false } == some)
    }
  }

  @Test func `from any place the rest comes forwards, and what was before comes backwards`() throws {
    let file = try CaptureFile(bytes: OverlappingCapture.bytes(), path: "test")
    let expected = try OverlappingCapture.all(file)
    let window = try window(file)
    for place in stride(from: 0, to: expected.count, by: 37) {
      #expect(try window.page(from: expected[place], limit: 5).positions == Array(expected[place...].prefix(5)))
      #expect(try window.page(before: expected[place], limit: 5).positions == Array(expected[..<place].suffix(5)))
    }
  }

  @Test func `each condition of a selection holds`() throws {
    let file = try CaptureFile(bytes: OverlappingCapture.bytes(), path: "test")
    func chosen(_ change: (inout EventSelection) -> Void) throws -> [EventPosition] {
      try forwards(window(file, change), limit: 64)
    }
    func all(_ isWanted: (EventBlock) -> Bool) throws -> [EventPosition] {
      let result = try OverlappingCapture.all(file, isWanted)
      #expect(!result.isEmpty)
      return result
    }
    let key = OverlappingCapture.containers[1]
    #expect(try chosen { $0.containers = [key] } == all { $0.entry.container == key })
    #expect(try chosen { $0.lanes = [.detail] } == all { $0.entry.lane == .detail })
    #expect(try chosen { $0.kinds = [.fileUnlink] } == all { $0.kind == .fileUnlink })
    let child = OverlappingCapture.child
    #expect(try chosen { $0.processes = [child] } == all { $0.process.key == child })
    #expect(try chosen { $0.isFailedOnly = true } == all { $0.result < 0 })
    #expect(try chosen { $0.texts = [TextPattern("cat[")!] } == all { $0.process.comm == Array("cat".utf8) })
    #expect(try chosen { $0.texts = [TextPattern("enoent")!] } == all { $0.result == -2 })
    let span = BootTime(nanoseconds: 1000)...BootTime(nanoseconds: 2000)
    let inSpan = try chosen {
      $0.from = span.lowerBound
      $0.to = span.upperBound
    }
    #expect(try inSpan == all { span.contains($0.time) })
    #expect(try forwards(window(file) { $0.texts = [TextPattern("Cat[")!] }, limit: 64).isEmpty)
  }

  @Test func `the end is found without reading what is before it`() throws {
    let bytes = try OverlappingCapture.bytes(blocks: 300)
    let file = try CaptureFile(bytes: bytes, path: "test")
    let before = file.bytesRead
    _ = try window(file).page(before: .end, limit: 20)
    #expect(file.bytesRead - before < UInt64(bytes.count) / 5)
  }

  @Test func `a damaged block is left out, and told`() throws {
    var bytes = try OverlappingCapture.bytes()
    let whole = try CaptureFile(bytes: bytes, path: "test")
    let bad = whole.directory[4]
    bytes[Int(bad.offset) + 400] ^= 0xFF
    let file = try CaptureFile(bytes: bytes, path: "test")
    let expected = try OverlappingCapture.all(whole).filter { $0.offset != bad.offset }
    #expect(try forwards(window(file), limit: 64) == expected)
    #expect(try backwards(window(file), limit: 64) == expected)
    #expect(file.problems.count == 1)
  }

  @Test func `counts by part of a span agree with the events`() throws {
    let file = try CaptureFile(bytes: OverlappingCapture.bytes(), path: "test")
    let all = try OverlappingCapture.all(file)
    let counts = try #require(
      try window(file).counts(from: BootTime(nanoseconds: 500), to: BootTime(nanoseconds: 4500), parts: 40))
    for lane in 0..<3 {
      var expected = [UInt32](repeating: 0, count: 40)
      for position in all
      where position.lane == UInt8(lane) && position.time.nanoseconds >= 500 && position.time.nanoseconds <= 4500 {
        expected[min(Int(position.time.nanoseconds - 500) / 100, 39)] += 1
      }
      #expect(counts[lane] == expected)
    }
  }

  @Test func `positions are visited with their rows`() throws {
    let file = try CaptureFile(bytes: OverlappingCapture.bytes(), path: "test")
    let wanted = try OverlappingCapture.all(file).enumerated().filter { $0.offset % 11 == 0 }.map(\.element)
    var seen: [EventPosition] = []
    try window(file).visit(wanted) { position, block in
      #expect(block.time == position.time)
      seen.append(position)
    }
    #expect(seen.sorted() == wanted)
  }
}

@Suite struct ActivityCountsTests {
  private static let second: UInt64 = 1_000_000_000

  @Test func `every event is in one part, wherever the parts divide seconds`() throws {
    let rows = (0..<10).map {
      CountRow(container: .host, lane: .detail, second: UInt64($0), count: UInt64($0 * 100))
    }
    let counts = ActivityCounts(rows)
    for parts in [1, 3, 10, 77] {
      let result = counts.parts(
        of: nil, from: BootTime(nanoseconds: 0), to: BootTime(nanoseconds: 10 * Self.second), count: parts)
      #expect(abs(result[2].reduce(0, +) - 4500) < 0.001)
      #expect(result[0].allSatisfy { $0 == 0 })
    }
    let half = counts.parts(
      of: [.host], from: BootTime(nanoseconds: Self.second / 2 * 5), to: BootTime(nanoseconds: 4 * Self.second),
      count: 1)
    #expect(abs(half[2][0] - (100 + 300)) < 0.001)
    #expect(
      counts.parts(of: [ContainerKey(rawValue: 5)], from: .init(nanoseconds: 0), to: .init(nanoseconds: 9), count: 2)
        == [[0, 0], [0, 0], [0, 0]])
  }

  @Test func `without a footer the directory tells how many there were`() throws {
    let file = try CaptureFile(bytes: OverlappingCapture.bytes(finished: false), path: "test")
    #expect(!file.hasFooter)
    let result = try ActivityCounts(of: file).parts(
      of: nil, from: .init(nanoseconds: 0), to: .init(nanoseconds: Self.second), count: 1)
    #expect(result.reduce(0) { $0 + $1[0] } == Double(file.directory.reduce(0) { $0 + Int($1.rowCount) }))
  }

  @Test func `a block that claims to last for centuries is taken as one second`() {
    let counts = ActivityCounts([CountRow(container: .host, lane: .detail, second: .max, count: .max)])
    #expect(counts.parts(of: nil, from: .init(nanoseconds: 0), to: .init(nanoseconds: .max), count: 4)[2].count == 4)
  }
}

@Suite struct ProcessForestSpanTests {
  @Test func `what is chosen stands under its ancestors, with lines as if there were no others`() {
    func key(_ pid: UInt32) -> ProcessKey { ProcessKey(pid: pid, start: BootTime(nanoseconds: UInt64(pid))) }
    func row(_ pid: UInt32, _ parent: UInt32) -> ProcessRow { ProcessRow(key: key(pid), parent: key(parent)) }
    // 1 ─┬─ 2 ─── 5
    //    ├─ 3 ─── 6 ─── 7
    //    └─ 4            8 ─── 9
    let forest = ProcessForest([
      row(1, 99), row(2, 1), row(5, 2), row(3, 1), row(6, 3), row(7, 6), row(4, 1), row(8, 98), row(9, 8),
    ])
    let chosen = forest.nodes { [5, 7].contains($0.key.pid) }
    #expect(chosen.map(\.node.process.key.pid) == [1, 2, 5, 3, 6, 7])
    #expect(chosen.map(\.isWanted) == [false, false, true, false, false, true])
    #expect(chosen.map { $0.node.isLast.last } == [true, false, true, true, true, true])
    #expect(chosen[2].node.isLast == [true, false, true])
    #expect(forest.nodes { _ in true }.count == 9)
    #expect(forest.nodes { _ in false }.isEmpty)
  }
}
