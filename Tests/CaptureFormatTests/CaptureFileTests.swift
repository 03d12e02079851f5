import CaptureFormat
import Events
import Testing

@Suite struct CaptureFileTests {
  @Test(arguments: [true, false]) func `what was written is read back, with a footer and without`(finished: Bool) throws
  {
    try SampleCapture.withFile(SampleCapture.bytes(finished: finished)) { path in
      let file = try CaptureFile(path: path)
      #expect(file.problems == [])
      #expect(file.hasFooter == finished)
      #expect(file.completeness == (finished ? SampleCapture.completeness : nil))
      #expect(file.provenance == SampleCapture.provenance)
      #expect(file.catalogue.kinds.map(\.name) == ["future.kind"])
      #expect(file.catalogue.columns == Array(ColumnID.catalogue.prefix(3)))
      #expect(file.catalogue.calls.map(\.name) == ["openat"])
      #expect(file.catalogue.causes == LossCause.catalogue)
      #expect(try file.processes() == Array(SampleCapture.processes.dropFirst()))
      #expect(try file.containers() == SampleCapture.containers)
      #expect(try file.losses() == SampleCapture.losses)
      #expect(try file.anchors() == SampleCapture.anchors)
      #expect(try file.state() == SampleCapture.state)
      #expect(try file.processesAtStart() == [SampleCapture.processes[1]])
      #expect(try file.descriptorsAtStart() == SampleCapture.descriptors)
      #expect(try file.triggers() == SampleCapture.triggers)
      #expect(file.directory.count == 1)
      #expect(file.directory[0].stream == StreamKey(container: SampleCapture.container, lane: .activity))
      if finished {
        #expect(
          try file.counts() == [CountRow(container: SampleCapture.container, lane: .activity, second: 1, count: 12)])
      }
      let block = try file.readEvents(file.directory[0])
      try check(block, rows: 12)
    }
  }

  func check(_ block: EventBlock, rows: Int, first: Int = 0) throws {
    #expect(block.rowCount == rows)
    for index in first..<(first + rows) {
      try #require(block.next())
      #expect(block.sequence == 40 + UInt64(index))
      #expect(block.time.nanoseconds == 1_000_000_000 + UInt64(index) * 1000)
      #expect(block.process.key == (index % 3 == 0 ? SampleCapture.child : SampleCapture.shell))
      #expect(block.process.executable == Array("/bin/sh".utf8))
      switch index % 4 {
      case 0:
        #expect(block.kind == .fileOpen)
        #expect(block.call == SystemCall(abi: 0, number: 257))
        #expect(block.columns == [.file, .openFlags, .path])
        #expect(block.string(.path) == "/etc/passwd\(index % 50)")
        #expect(block.file(.file) == SampleCapture.file)
        #expect(block.flags == [.fromUserMemory])
        #expect(block.value(.count) == nil)
      case 1:
        #expect(block.columns == [.descriptor, .count, .offset])
        #expect(block.value(.offset) == -1)
        #expect(block.value(.count) == 4096)
        #expect(block.result == 4096)
      case 2:
        #expect(block.call == SystemCall(abi: 1, number: 42))
        #expect(block.result == -111)
        #expect(block.cpu == 65535)
        #expect(block.address(.address) == .ipv4(address: [127, 0, 0, 1], port: 80))
        #expect(block.file(.file) == SampleCapture.socket)
      default:
        #expect(block.call == nil)
        #expect(block.list(.arguments) == ["sh", "-c", "echo \(index)"])
        #expect(block.value(.argument0) == Int64.min)
        #expect(block.value(.argument1) == Int64.max)
      }
    }
    #expect(!block.next())
  }

  @Test func `a long stream seals full blocks and reads back whole`() throws {
    let blocks = SampleCapture.events(60_000)
    #expect(blocks.count > 1)
    var first = 0
    let output = SampleCapture.Output()
    let writer = try CaptureWriter(to: output.sink, provenance: Provenance(), catalogue: Catalogue())
    for block in blocks {
      #expect(block.bytes.count <= 262_144)
      try writer.append(block)
    }
    try writer.finish(SampleCapture.completeness)
    try SampleCapture.withFile(output.bytes) { path in
      let file = try CaptureFile(path: path)
      #expect(file.directory.count == blocks.count)
      for entry in file.directory {
        #expect(entry.firstSequence == 40 + UInt64(first))
        try check(try file.readEvents(entry), rows: Int(entry.rowCount), first: first)
        first += Int(entry.rowCount)
      }
      #expect(first == 60_000)
    }
  }

  @Test func `each block's digest is that of what was recorded`() throws {
    for count in [4, 3000] {
      let file = try CaptureFile(bytes: SampleCapture.bytes(events: count), path: "sample")
      #expect(try file.verify(file.directory[0]))
      var entry = file.directory[0]
      entry.digest[0] ^= 1
      #expect(try !file.verify(entry))
    }
  }

  @Test func `a file that grows is followed, and reads the same as one that was opened late`() throws {
    let whole = try SampleCapture.bytes(events: 5000)
    try SampleCapture.withFile(Array(whole.prefix(200))) { path in
      let file = try CaptureFile(path: path)
      #expect(file.partialTail > 0)
      #expect(try !file.refresh())
      var written = 200
      while written < whole.count {
        let next = min(written + 7001, whole.count)
        try SampleCapture.append(whole[written..<next], to: path)
        written = next
        _ = try file.refresh()
      }
      let late = try CaptureFile(path: path)
      #expect(file.problems == [])
      #expect(file.hasFooter)
      #expect(file.directory == late.directory)
      #expect(file.provenance == late.provenance)
      #expect(try file.processes() == late.processes())
      #expect(try file.counts() == late.counts())
      #expect(file.completeness == late.completeness)
    }
  }

  @Test func `of several footers the last one holds`() throws {
    let output = SampleCapture.Output()
    let writer = try CaptureWriter(to: output.sink, provenance: SampleCapture.provenance, catalogue: Catalogue())
    for block in SampleCapture.events(10) { try writer.append(block) }
    try writer.finish(
      Completeness(from: BootTime(nanoseconds: 0), to: BootTime(nanoseconds: 0), isComplete: false, reason: "first"))
    let first = output.bytes
    for block in SampleCapture.events(6, sequence: 50) { try writer.append(block) }
    let between = output.bytes
    try writer.finish(SampleCapture.completeness)
    for (bytes, rows, reason) in [(first, 10, "first"), (between, 16, nil), (output.bytes, 16, "asked to")] {
      let file = try CaptureFile(bytes: bytes, path: "sample")
      #expect(file.problems == [])
      #expect(file.directory.reduce(0) { $0 + Int($1.rowCount) } == rows)
      #expect(file.completeness?.reason == reason)
      if reason != nil { #expect(try file.counts().reduce(0) { $0 + $1.count } == UInt64(rows)) }
    }
    // And to one that walks over the first of them, and follows.
    try SampleCapture.withFile(Array(between.dropLast(100))) { path in
      let file = try CaptureFile(path: path)
      try SampleCapture.append(output.bytes.suffix(output.bytes.count - between.count + 100), to: path)
      #expect(try file.refresh())
      #expect(file.completeness?.reason == "asked to")
      #expect(try file.counts().reduce(0) { $0 + $1.count } == 16)
    }
  }

  @Test func `blocks of many streams are merged in the order of time`() throws {
    let output = SampleCapture.Output()
    let writer = try CaptureWriter(to: output.sink, provenance: SampleCapture.provenance, catalogue: Catalogue())
    for number in 1...6 {
      for lane in Lane.ofEvents {
        let stream = StreamKey(container: ContainerKey(rawValue: UInt32(number)), lane: lane)
        let start = UInt64(number * 700_000 + Int(lane.rawValue) * 300)
        for block in SampleCapture.events(900, in: stream, from: start) { try writer.append(block) }
      }
    }
    let file = try CaptureFile(bytes: output.bytes, path: "sample")
    var merge = EventMerge(file, entries: file.directory)
    var last: UInt64 = 0
    var count = 0
    while let event = try merge.next() {
      #expect(event.time.nanoseconds >= last)
      last = event.time.nanoseconds
      count += 1
    }
    #expect(count == 6 * 3 * 900)
  }

  @Test func `a file that is not a capture is refused with its reason`() throws {
    func failure(_ bytes: [UInt8]) -> CaptureError? {
      do throws(CaptureError) { _ = try CaptureFile(bytes: bytes, path: "x") } catch { return error }
      return nil
    }
    let plain = Array(try SampleCapture.bytes().prefix(60))
    #expect(failure([]) == .empty(path: "x"))
    #expect(failure(plain) == .notACapture(path: "x"))
    #expect(failure(Array("#!/bin/sh\n".utf8)) == .notPcapng(path: "x", firstBytes: Array("#!/bin/s".utf8)))
    #expect(failure([0x0A, 0x0D, 0x0D, 0x0A, 0, 0, 0, 28, 0x1A, 0x2B, 0x3C, 0x4D]) == .bigEndian(path: "x"))
    #expect("\(CaptureError.empty(path: "x"))" == "x: empty file")
    #expect(throws: CaptureError.self) { try CaptureFile(path: "/no/such/file") }
  }

  @Test func `no block is longer than the limit, whatever the values are`() throws {
    var random = SplitMix(state: 7)
    let builder = EventBlockBuilder(stream: StreamKey(container: .host, lane: .detail), firstSequence: 0)
    let output = SampleCapture.Output()
    let writer = try CaptureWriter(to: output.sink, provenance: Provenance(), catalogue: Catalogue())
    var sum: UInt64 = 0
    var lengths = 0
    func number() -> Int64 { Int64(bitPattern: random.next()) }
    for index in 0..<20_000 {
      let key = ProcessKey(pid: UInt32(truncatingIfNeeded: index), start: BootTime(nanoseconds: random.next()))
      let process = builder.internProcess(key) { BlockProcess(key: key, comm: [1, 2, UInt8(index & 255)]) }
      let result = number()
      builder.beginRow(
        time: BootTime(nanoseconds: random.next()), process: process, thread: UInt32(truncatingIfNeeded: number()),
        kind: EventKind(rawValue: UInt16(truncatingIfNeeded: number())),
        call: SystemCall(abi: 0, number: UInt16(truncatingIfNeeded: number())), result: result, flags: [], cpu: 0)
      for column in 60..<66 where random.next() % 3 != 0 { builder.set(ColumnID(rawValue: UInt16(column)), number()) }
      if index % 200 == 0 {
        let length = Int(random.next() % 100_000)
        builder.set(.path, string: (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) })
        lengths += 1
      }
      builder.endRow()
      sum &+= UInt64(bitPattern: result)
      if builder.isFull { try writer.append(builder.seal()) }
    }
    try writer.append(builder.seal())
    let long = [UInt8](repeating: 65, count: 200_000)
    try writer.append(
      processes: (1...40).map { number in
        let noise = (0..<40_000).map { _ in UInt8(truncatingIfNeeded: random.next()) | 1 }
        return ProcessRow(
          key: ProcessKey(pid: UInt32(number), start: BootTime(nanoseconds: 1)), comm: noise, executable: noise,
          arguments: [String(decoding: long, as: UTF8.self)], workingDirectory: noise, terminalName: noise)
      })
    try writer.finish(SampleCapture.completeness)
    let file = try CaptureFile(bytes: output.bytes, path: "sample")
    #expect(file.problems == [])
    #expect(file.directory.allSatisfy { $0.length <= 262_144 })
    #expect(try file.processes().count == 40)
    #expect(file.problems == [])
    var found: UInt64 = 0
    for entry in file.directory {
      let block = try file.readEvents(entry)
      while block.next() {
        found &+= UInt64(bitPattern: block.result)
        if block.bytes(.path) != nil { lengths -= 1 }
      }
    }
    #expect(found == sum)
    #expect(lengths == 0)
  }
}
