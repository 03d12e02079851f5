import CaptureFormat
import Events
import Posix
import Reconstruction
import Testing

/// Captures of one host, of two, and of one recorder, put into one file.
@Suite struct CaptureTests {
  static let container = ContainerKey(rawValue: 1)
  static func boot(_ seconds: UInt64) -> BootTime { BootTime(nanoseconds: seconds * 1_000_000_000) }

  /// A capture with an event at each of `seconds` since boot; the boot began at wall time `epoch`, in seconds.
  struct Recipe {
    var bootID = "boot-1"
    var recorder = "recorder-1"
    var host = "node-1"
    var seconds: [UInt64]
    var processes: [ProcessRow] = []
    var anchors: [(boot: UInt64, real: Int64)] = [(0, 1_700_000_000)]
    var isFinished = true
    /// Blocks of another capture of the same recorder.
    var blocks: [SealedBlock]?

    func seal() -> [SealedBlock] {
      let builder = EventBlockBuilder(stream: StreamKey(container: container, lane: .activity), firstSequence: 1)
      for second in seconds {
        let key = ProcessKey(pid: 10, start: boot(1))
        let process = builder.internProcess(key) { BlockProcess(key: key, comm: Array("sh".utf8)) }
        builder.beginRow(
          time: boot(second), process: process, thread: 10, kind: .fileRead, call: SystemCall(abi: 0, number: 0),
          result: Int64(second), flags: [], cpu: 0)
        builder.endRow()
      }
      return builder.rowCount > 0 ? [builder.seal()] : []
    }

    func bytes() throws -> [UInt8] {
      var bytes: [UInt8] = []
      let writer = try CaptureWriter(
        to: { (buffer) throws(SystemError) in bytes += buffer },
        provenance: Provenance(properties: [
          .init(key: "host.boot.id", value: bootID), .init(key: "recorder.instance", value: recorder),
          .init(key: "host.name", value: host),
        ]), catalogue: Catalogue())
      try writer.append(containers: [ContainerRow(key: container, id: "id-of-\(host)", name: "web")])
      try writer.append(processes: processes)
      for block in blocks ?? seal() { try writer.append(block) }
      try writer.append(
        anchors: anchors.map {
          AnchorRow(
            boot: CaptureTests.boot($0.boot), monotonic: 0, real: WallTime(nanoseconds: $0.real * 1_000_000_000),
            reason: .periodic)
        })
      if isFinished {
        try writer.finish(Completeness(from: boot(0), to: boot(0), isComplete: true, reason: ""))
      }
      return bytes
    }
  }

  /// Host and second of each event, in order.
  private func order(_ recipes: [Recipe]) throws -> [String] {
    let capture = try Capture(bytes: recipes.flatMap { try $0.bytes() }, path: "merged")
    var merge = capture.events(in: capture.boots.flatMap(\.directory))
    var result: [String] = []
    while let event = try merge.next() {
      let boot = try #require(capture.boots.first { $0.sections.contains { $0.section == event.entry.section } })
      result.append("\(boot.hostName ?? "") \(event.result)")
    }
    return result
  }

  @Test(arguments: [true, false])
  func `two captures of one host and boot are one time line, whichever comes first`(isFinished: Bool) throws {
    let late = Recipe(recorder: "r-2", seconds: [2, 4, 7], isFinished: isFinished)
    let early = Recipe(recorder: "r-1", seconds: [1, 3, 5, 6], isFinished: isFinished)
    #expect(try order([late, early]) == (1...7).map { "node-1 \($0)" })
    let capture = try Capture(bytes: late.bytes() + early.bytes(), path: "merged")
    #expect(capture.boots.count == 1 && capture.sections.count == 2)
    #expect(capture.boots[0].span.first == Self.boot(1) && capture.boots[0].span.last == Self.boot(7))
  }

  @Test func `captures of two hosts are merged by wall time`() throws {
    let one = Recipe(seconds: [100, 200, 300])
    let other = Recipe(
      bootID: "boot-2", recorder: "r-2", host: "node-2", seconds: [5, 15, 25], anchors: [(15, 1_700_000_200 - 50)])
    #expect(
      try order([one, other]) == ["node-1 100", "node-2 5", "node-2 15", "node-2 25", "node-1 200", "node-1 300"])
    let interleaved = Recipe(
      bootID: "boot-2", recorder: "r-2", host: "node-2", seconds: [5, 105, 205], anchors: [(5, 1_700_000_150)])
    #expect(
      try order([interleaved, one])
        == ["node-1 100", "node-2 5", "node-1 200", "node-2 105", "node-1 300", "node-2 205"])
  }

  @Test func `a host whose clock was set back keeps the order of its own events`() throws {
    let stepped = Recipe(seconds: [90, 100, 110, 120, 130], anchors: [(100, 1_700_000_100), (120, 1_700_000_020)])
    let other = Recipe(bootID: "boot-2", recorder: "r-2", host: "node-2", seconds: [105])
    let order = try order([stepped, other])
    #expect(order.filter { $0.hasPrefix("node-1") } == [90, 100, 110, 120, 130].map { "node-1 \($0)" })
    #expect(order.count == 6)
  }

  @Test func `a block that two captures of one recorder hold is shown once`() throws {
    let shared = Recipe(seconds: [1, 2, 3])
    let blocks = shared.seal()
    var copy = shared
    copy.blocks = blocks + Recipe(seconds: [4]).seal()
    var original = shared
    original.blocks = blocks
    #expect(try order([original, copy]) == (1...4).map { "node-1 \($0)" })
    // Another recorder's block is another block.
    copy.recorder = "recorder-2"
    #expect(try order([original, copy]).count == 7)
  }

  @Test func `a process is told by the section that knows most of it`() throws {
    let key = ProcessKey(pid: 10, start: Self.boot(1))
    let ancestor = ProcessRow(key: key, flags: .ancestorOnly, comm: Array("sh".utf8))
    let seen = ProcessRow(key: key, container: Self.container, comm: Array("sh".utf8), arguments: ["sh", "-c"])
    let ended = ProcessRow(
      key: key, container: Self.container, flags: .foundByScan, end: Self.boot(9), exitCode: 256,
      comm: Array("sh".utf8), arguments: ["sh", "-c"])
    func merged(_ rows: [ProcessRow]) throws -> ProcessRow {
      let bytes = try rows.enumerated().flatMap { try Recipe(recorder: "\($0)", seconds: [], processes: [$1]).bytes() }
      let capture = try Capture(bytes: bytes, path: "merged")
      let history = try ProcessHistory(of: capture.boots[0])
      #expect(history.processes.count == 1)
      return try #require(history[key])
    }
    for rows in [[ancestor, seen, ended], [ended, seen, ancestor], [seen, ended], [ended, ancestor, seen]] {
      let row = try merged(rows)
      #expect(row.end == Self.boot(9) && row.exitCode == 256)
      #expect(row.flags == [])
    }
    #expect(try merged([ancestor, seen]).arguments == ["sh", "-c"])
    #expect(try merged([ancestor, ancestor]).flags == .ancestorOnly)
  }

  @Test func `a section without a boot id stands alone`() throws {
    let bytes = try SampleWithoutBoot.bytes()
    let capture = try Capture(bytes: bytes + bytes, path: "merged")
    #expect(capture.boots.count == 2)
  }
}

private enum SampleWithoutBoot {
  static func bytes() throws -> [UInt8] {
    var bytes: [UInt8] = []
    _ = try CaptureWriter(
      to: { (buffer) throws(SystemError) in bytes += buffer },
      provenance: Provenance(properties: [.init(key: "host.name", value: "x")]), catalogue: Catalogue())
    return bytes
  }
}

/// Processes made of lifecycle events, where there is no table.
@Suite struct ProcessHistoryTests {
  private static let container = ContainerKey(rawValue: 1)
  private static func time(_ seconds: UInt64) -> BootTime { BootTime(nanoseconds: seconds * 1_000_000_000) }
  private static func key(_ pid: UInt32) -> ProcessKey { ProcessKey(pid: pid, start: time(UInt64(pid))) }

  private func history(_ fill: (EventBlockBuilder) -> Void) throws -> ProcessHistory {
    var bytes: [UInt8] = []
    let writer = try CaptureWriter(
      to: { (buffer) throws(SystemError) in bytes += buffer }, provenance: Provenance(properties: []),
      catalogue: Catalogue())
    let builder = EventBlockBuilder(
      stream: StreamKey(container: Self.container, lane: .lifecycle), firstSequence: 0)
    fill(builder)
    try writer.append(builder.seal())
    return try ProcessHistory(of: Capture(bytes: bytes, path: "built").boots[0])
  }

  private func exec(
    _ builder: EventBlockBuilder, _ pid: UInt32, at seconds: UInt64, parent: UInt32, terminal: (Int64, String?)?
  ) {
    let process = builder.internProcess(Self.key(pid)) { BlockProcess(key: Self.key(pid)) }
    builder.beginRow(
      time: Self.time(seconds), process: process, thread: pid, kind: .processExec, call: nil, result: 0, flags: [],
      cpu: 0)
    builder.set(.comm, string: "sh")
    builder.set(.parentPID, Int64(parent))
    builder.set(.parentStart, Int64(bitPattern: Self.key(parent).start.nanoseconds))
    if let (number, name) = terminal {
      builder.set(.terminal, number)
      if let name { builder.set(.terminalName, string: name) }
    }
    builder.endRow()
  }

  private func fork(_ builder: EventBlockBuilder, _ pid: UInt32, child: UInt32, at seconds: UInt64) {
    let process = builder.internProcess(Self.key(pid)) { BlockProcess(key: Self.key(pid)) }
    builder.beginRow(
      time: Self.time(seconds), process: process, thread: pid, kind: .processFork, call: nil, result: Int64(child),
      flags: [], cpu: 0)
    builder.set(.childPID, Int64(child))
    builder.set(.childStart, Int64(bitPattern: Self.key(child).start.nanoseconds))
    builder.endRow()
  }

  @Test func `a child has its parent's terminal, until an exec without one`() throws {
    let history = try history { builder in
      exec(builder, 10, at: 20, parent: 1, terminal: (0x8800, "pts/3"))
      fork(builder, 10, child: 30, at: 30)
      fork(builder, 10, child: 31, at: 31)
      // Its name could not be read: it is the same one.
      exec(builder, 30, at: 32, parent: 10, terminal: (0x8800, nil))
      exec(builder, 31, at: 33, parent: 10, terminal: nil)
    }
    #expect(history[Self.key(10)]?.terminalName == Array("pts/3".utf8))
    #expect(history[Self.key(30)]?.terminalName == Array("pts/3".utf8))
    #expect(history[Self.key(31)]?.terminalName == nil)
  }

  @Test func `a process keeps the parent that made it when a reaper has it at its exec`() throws {
    let history = try history { builder in
      fork(builder, 10, child: 30, at: 30)
      exec(builder, 30, at: 40, parent: 1, terminal: nil)
      exec(builder, 50, at: 60, parent: 1, terminal: nil)
    }
    #expect(history[Self.key(30)]?.parent == Self.key(10))
    // Nobody told of its fork: whose child it is now is all that is known.
    #expect(history[Self.key(50)]?.parent == Self.key(1))
  }
}
