import CaptureFormat
import Events
import Testing

@Suite struct CaptureFileTests {
  @Test(arguments: [true, false]) func `what was written is read back, with a footer and without`(finished: Bool) throws {
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
      #expect(file.directory.count == 1)
      #expect(file.directory[0].stream == StreamKey(container: SampleCapture.container, lane: .activity))
      if finished {
        #expect(try file.counts() == [CountRow(container: SampleCapture.container, lane: .activity, second: 1, count: 12)])
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
}
