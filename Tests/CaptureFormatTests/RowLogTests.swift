import Events
import Testing

@testable import CaptureFormat

/// Streams in which little happens are bytes until they are sealed: nothing of that may show in the block.
@Suite struct RowLogTests {
  private struct Row: Hashable {
    var time: UInt64
    var thread: UInt32
    var kind: EventKind
    var result: Int64
    var flags: EventFlags
    var path: [UInt8]?
    var count: Int64?
    var process: ProcessKey
    var file: UInt64?
    var payload: [UInt8]?
  }

  /// Rows of every shape, `step` apart.
  private func rows(_ count: Int, step: UInt64) -> [Row] {
    (0..<count).map { index in
      let pid = UInt32(1 + index % 11)
      let key = ProcessKey(pid: pid, start: BootTime(nanoseconds: UInt64(pid) << 50))
      var row = Row(
        time: 10_000_000_000 + UInt64(index) * step, thread: UInt32(100 + index), kind: .fileRead,
        result: Int64.max - Int64(index), flags: [], process: key)
      if index % 7 == 3 { row.time = 5_000_000_000 }
      if index % 5 == 0 { row.thread = 4_000_000_000 }
      if index % 3 == 0 { row.result = Int64(-index) }
      if index % 4 == 0 { row.flags = [.truncated, .fromUserMemory] }
      if index % 2 == 0 {
        row.kind = .fileOpen
        row.path = Array("/etc/file\(index % 9)".utf8)
      } else {
        row.count = Int64(-1 - index)
        row.file = UInt64.max - UInt64(index % 13)
      }
      if index % 3 == 1 { row.payload = (0..<(index * 7 % 600)).map { UInt8(truncatingIfNeeded: $0 &+ index) } }
      return row
    }
  }

  private func blocks(of rows: [Row]) -> [SealedBlock] {
    var blocks: [SealedBlock] = []
    let builder = EventBlockBuilder(stream: StreamKey(container: .host, lane: .detail), firstSequence: 7)
    for row in rows {
      let process = builder.internProcess(row.process) {
        BlockProcess(key: row.process, comm: Array("p\(row.process.pid)".utf8), namespacePID: row.process.pid % 2)
      }
      builder.beginRow(
        time: BootTime(nanoseconds: row.time), process: process, thread: row.thread, kind: row.kind, call: nil,
        result: row.result, flags: row.flags, cpu: 3)
      if let path = row.path {
        builder.set(.path, string: Array("overwritten".utf8))
        builder.set(.path, string: path)
      }
      if let count = row.count { builder.set(.count, count) }
      if let payload = row.payload { payload.withUnsafeBytes { builder.set(payload: $0) } }
      if let file = row.file {
        let index = builder.internFile(FileID(rawValue: file), inode: file, device: 5) {
          BlockFile(id: FileID(rawValue: file), inode: file, device: 5, type: .regular, mode: 0o644, peerInode: file)
        }
        builder.set(.file, Int64(index))
      }
      builder.endRow()
      if builder.isFull { blocks.append(builder.seal()) }
    }
    return builder.rowCount == 0 ? blocks : blocks + [builder.seal()]
  }

  private func read(_ sealed: [SealedBlock]) throws -> [Row] {
    let output = SampleCapture.Output()
    let writer = try CaptureWriter(
      to: output.sink, provenance: SampleCapture.provenance, catalogue: Catalogue.current(calls: []))
    for block in sealed { try writer.append(block) }
    try writer.finish(SampleCapture.completeness)
    let file = try CaptureFile(bytes: output.bytes, path: "memory")
    let readers = try file.directory.map { try file.readEvents($0) }
    var rows: [Row] = []
    for block in readers {
      while block.next() {
        rows.append(
          Row(
            time: block.time.nanoseconds, thread: block.thread, kind: block.kind, result: block.result,
            flags: block.flags, path: block.bytes(.path), count: block.value(.count), process: block.process.key,
            file: block.file(.file)?.id.rawValue, payload: block.bytes(.payload)))
      }
    }
    return rows
  }

  /// Few rows stay a log; many close together become columns on the way; many far apart are a full log.
  @Test(arguments: [(1, 1), (40, 1_000_000), (40, 60_000_000_000), (700, 1_000), (3000, 10)])
  func `rows come out as they went in, whichever way they were kept`(count: Int, step: Int) throws {
    let expected = rows(count, step: UInt64(step))
    #expect(try read(blocks(of: expected)) == expected)
  }

  @Test func `a stream with an event every ten seconds stays small, and is full in time`() {
    let builder = EventBlockBuilder(stream: StreamKey(container: .host, lane: .lifecycle), firstSequence: 0)
    #expect(builder.memoryInBytes < 1024, "an idle stream takes \(builder.memoryInBytes) bytes")
    var count = 0
    while !builder.isFull {
      let key = ProcessKey(pid: UInt32(count), start: BootTime(nanoseconds: 1))
      let process = builder.internProcess(key) { BlockProcess(key: key, comm: Array("sleep".utf8)) }
      builder.beginRow(
        time: BootTime(nanoseconds: UInt64(count) * 10_000_000_000), process: process, thread: 1, kind: .processExec,
        call: nil, result: 0, flags: [], cpu: 0)
      builder.set(.path, string: Array("/bin/sleep".utf8))
      builder.endRow()
      count += 1
      #expect(builder.memoryInBytes < 16_384)
    }
    #expect(count > 60, "an hour of lifecycle fits in one block")
    #expect(builder.seal().entry.rowCount == UInt32(count))
    #expect(builder.memoryInBytes < 1024)
  }
}
