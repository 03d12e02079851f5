import CaptureFormat
import Events
import Glibc
import Posix
import Testing

@Suite struct TriggerRowTests {
  @Test func `an alert that is too long is cut, and says how long it was`() throws {
    let body = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let row = TriggerRow(
      time: BootTime(nanoseconds: 5), accepted: BootTime(nanoseconds: 6), source: "alertmanager",
      reason: String(repeating: "r", count: 90_000), rule: String(repeating: "u", count: 90_000),
      container: ContainerKey(rawValue: 2), body: body)
    let rows = try written(Array(repeating: row, count: 5))
    #expect(rows.count == 5)
    for found in rows {
      #expect(found.body == Array(body.prefix(65_536)))
      #expect(found.bodyLength == 100_000)
      #expect(found.isBodyCut)
      #expect(found.reason?.utf8.count == 4096)
      #expect(found.rule?.utf8.count == 4096)
      #expect(found.source == "alertmanager")
    }
  }

  @Test func `an empty alert is not the same as none`() throws {
    let time = BootTime(nanoseconds: 1)
    let rows = [
      TriggerRow(time: time, accepted: time, source: "falco", container: .host, body: []),
      TriggerRow(time: time, accepted: time, source: "falco", container: .host, fingerprint: ""),
    ]
    let found = try written(rows)
    #expect(found == rows)
    #expect(found[0].body == [])
    #expect(found[1].body == nil)
    #expect(!found[0].isBodyCut)
  }

  private func written(_ rows: [TriggerRow]) throws -> [TriggerRow] {
    let output = SampleCapture.Output()
    let writer = try CaptureWriter(to: output.sink, provenance: Provenance(), catalogue: Catalogue())
    try writer.append(triggers: rows)
    try writer.finish(SampleCapture.completeness)
    let file = try CaptureFile(bytes: output.bytes, path: "sample")
    let found = try file.triggers()
    #expect(file.problems == [])
    return found
  }

  @Test func `Wireshark shows a frame where a trigger fired`() throws {
    guard system("command -v tshark >/dev/null 2>&1") == 0 else {
      print("skipped: tshark is not installed")
      return
    }
    try SampleCapture.withFile(SampleCapture.bytes()) { path in
      let result = try ProgramLaunch("/bin/sh", ["-c", "tshark -r \(path) -V 2>/dev/null"]).run()
      #expect(result.end == .exited(0))
      #expect(result.text.contains("trigger fired: Terminal shell in container (falco)"))
      #expect(result.text.contains("trigger fired: request (request)"))
      // 1 700 000 000 s and the trigger's one second, as the journal's entry has it.
      #expect(result.text.contains("Nov 14, 2023 22:13:21"))
      #expect(!result.text.contains("\u{1B}"))
    }
  }
}

@Suite struct InterruptedCaptureTests {
  /// What a reader finds after an interrupted capture of these bytes was finished.
  private func finished(_ bytes: [UInt8]) throws -> (file: CaptureFile, length: Int) {
    try SampleCapture.withFile(bytes) { path in
      let interrupted = try InterruptedCapture(path: path)
      var whole = Array(bytes.prefix(Int(interrupted.soundLength)))
      if !interrupted.isFinished {
        let output = SampleCapture.Output()
        try interrupted.writeFooter(to: output.sink, reason: "the recorder was interrupted")
        whole += output.bytes
      }
      return (try CaptureFile(bytes: whole, path: "finished"), Int(interrupted.soundLength))
    }
  }

  @Test func `cut at any byte it gets a footer, and what was whole is read`() throws {
    let sample = try SampleCapture.bytes(events: 4, small: true)
    var lastLength = 0
    for length in 61..<sample.count {
      let cut = Array(sample.prefix(length))
      let (file, sound): (CaptureFile, Int)
      do { (file, sound) = try finished(cut) } catch {
        #expect(lastLength == 0, "cut at \(length): \(error)")
        continue
      }
      #expect(sound <= length)
      #expect(sound >= lastLength)
      lastLength = sound
      #expect(file.hasFooter)
      #expect(file.problems == [])
      #expect(file.completeness?.isComplete == false)
      #expect(file.completeness?.reason == "the recorder was interrupted")
      let events = file.directory.reduce(0) { $0 + Int($1.rowCount) }
      #expect(try file.counts().reduce(0) { $0 + Int($1.count) } == events)
      #expect(try file.triggers().count <= 1)
    }
    #expect(lastLength > 0)
    #expect(try finished(sample).file.completeness == SampleCapture.completeness)
  }

  @Test func `a tail that the disk never got is cut off`() throws {
    let sample = try SampleCapture.bytes(events: 3000, finished: false)
    for tail in [[UInt8](repeating: 0, count: 5000), [UInt8](repeating: 0xA7, count: 300)] {
      let (file, length) = try finished(sample + tail)
      #expect(length == sample.count)
      #expect(file.problems == [])
      #expect(file.directory.reduce(0) { $0 + Int($1.rowCount) } == 3000)
      #expect(try file.triggers() == SampleCapture.triggers)
      #expect(try file.counts().reduce(0) { $0 + $1.count } == 3000)
    }
    // The last block's header came to the disk, and its data did not.
    let blocks = SampleCapture.events(3000)
    var torn = sample + blocks[0].bytes
    for index in (torn.count - blocks[0].bytes.count / 2)..<torn.count { torn[index] = 0 }
    #expect(try finished(torn).length == sample.count)
  }

  @Test func `what is no capture is refused`() throws {
    for bytes in [[UInt8](), Array("#!/bin/sh".utf8), [UInt8](repeating: 0, count: 100)] {
      #expect(throws: CaptureError.self) { try finished(bytes) }
    }
  }
}

@Suite struct CaptureWriterTests {
  @Test func `after an error it goes on from its last whole block`() throws {
    final class Disk {
      var bytes: [UInt8] = []
      var room = Int.max
    }
    let disk = Disk()
    let sink: CaptureWriter.Sink = { (buffer) throws(SystemError) in
      let fitting = min(buffer.count, disk.room - min(disk.room, disk.bytes.count))
      disk.bytes += buffer.prefix(fitting)
      if fitting < buffer.count { throw SystemError(call: "write", code: ENOSPC) }
    }
    let writer = try CaptureWriter(to: sink, provenance: SampleCapture.provenance, catalogue: Catalogue())
    let blocks = SampleCapture.events(30_000)
    let rows = (0..<2000).map { number in
      LossRow(
        cause: .shed, lane: .detail, container: nil, from: BootTime(nanoseconds: UInt64(number)),
        to: BootTime(nanoseconds: UInt64.random(in: .min ... .max)), count: 1)
    }
    // Each thing fails at several places within it, then has room.
    func survive(_ body: () throws(SystemError) -> Void) {
      for room in [0, 1, 100, 700] {
        let position = writer.position
        disk.room = disk.bytes.count + room
        #expect(throws: SystemError.self) { try body() }
        disk.bytes.removeLast(disk.bytes.count - Int(position.bytesWritten))
        writer.resume(at: position)
      }
      disk.room = .max
      #expect(throws: Never.self) { try body() }
    }
    for block in blocks { survive { () throws(SystemError) in try writer.append(block) } }
    survive { () throws(SystemError) in try writer.append(losses: rows) }
    survive { () throws(SystemError) in try writer.finish(SampleCapture.completeness) }
    let file = try CaptureFile(bytes: disk.bytes, path: "sample")
    #expect(file.problems == [])
    #expect(file.completeness == SampleCapture.completeness)
    #expect(file.directory.reduce(0) { $0 + Int($1.rowCount) } == 30_000)
    #expect(try file.losses().count == 2000)
    #expect(try file.counts().reduce(0) { $0 + $1.count } == 30_000)
  }
}
