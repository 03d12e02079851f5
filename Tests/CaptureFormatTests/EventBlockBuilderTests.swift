import CaptureFormat
import Events
import Testing

@Suite struct EventBlockBuilderTests {
  @Test func `a process that runs another program within a block bears each name where it had it`() throws {
    let key = ProcessKey(pid: 42, start: BootTime(nanoseconds: 7))
    let builder = EventBlockBuilder(stream: StreamKey(container: .host, lane: .lifecycle), firstSequence: 0)
    // The caches answer from the second row of a generation on, and when an old generation comes back.
    let generations: [UInt32] = [0, 0, 1, 1, 0, 2]
    for (row, generation) in generations.enumerated() {
      let process = builder.internProcess(key, generation: generation) {
        BlockProcess(key: key, comm: Array("name\(generation)".utf8), executable: Array("/bin/\(generation)".utf8))
      }
      builder.beginRow(
        time: BootTime(nanoseconds: UInt64(100 + row)), process: process, thread: 42, kind: .call, call: nil, result: 0,
        flags: [], cpu: 0)
      builder.endRow()
    }
    let output = SampleCapture.Output()
    let writer = try CaptureWriter(
      to: output.sink, provenance: SampleCapture.provenance, catalogue: Catalogue.current(calls: []))
    try writer.append(builder.seal())
    try writer.finish(SampleCapture.completeness)
    try SampleCapture.withFile(output.bytes) { path in
      let file = try CaptureFile(path: path)
      let block = try file.readEvents(file.directory[0])
      for generation in generations {
        try #require(block.next())
        #expect(block.process.key == key)
        #expect(block.process.comm == Array("name\(generation)".utf8))
        #expect(block.process.executable == Array("/bin/\(generation)".utf8))
      }
      #expect(!block.next())
    }
  }
}
