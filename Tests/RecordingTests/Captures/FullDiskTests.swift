import CaptureFormat
import Events
import Glibc
import Posix
import Testing

@testable import Recording

/// A recording on a disk that fills up.
@Suite(.serialized) struct FullDiskTests {
  /// Whatever is left when the last block does not fit: nothing, or nearly a block.
  @Test(arguments: stride(from: 96, through: 288, by: 12).map { $0 })
  func `a capture on a full disk ends with its tables and a footer, and says what is not in it`(
    kibibytes: Int
  ) throws {
    guard geteuid() == 0 else {
      print("skipped: mounting needs root")
      return
    }
    let disk = try Directory.createTemporary(prefix: "at-full-")
    try Mount.create("tmpfs", at: disk, type: "tmpfs", options: "size=\(kibibytes)k,mode=0700")
    defer {
      try? Mount.remove(disk)
      try? Directory.remove(disk)
    }
    let path = disk + "/c.pcapng"
    let output = try CaptureOutput(sizeLimit: .max)
    let writer = try output.start(
      writingTo: FileDescriptor.createForAppending(path), provenance: Provenance(), catalogue: .current(calls: []))
    output.append(.containers([ContainerRow(key: ShelfSample.container, id: ShelfSample.containerID, name: "web")]))
    // Blocks of different lengths, with a table among them now and then.
    var appended: UInt64 = 0
    var number = 0
    while output.error == nil, number < 500 {
      let rows = 40 + number * 53 % 300
      appended += UInt64(rows)
      output.append(.block(ShelfSample.block(number: number, rows: rows)))
      if number % 5 == 4 { output.append(.processes([Self.process(number)])) }
      number += 1
      if number % 8 == 0 { try WakeUp().wait(milliseconds: 1) }
    }
    #expect(eventually { output.error != nil })
    let late = output.takeLosses()
    if !late.isEmpty { output.append(.losses(late)) }
    // More than the half block left room for.
    output.append(.processes((1000..<1400).map(Self.process)))
    output.finish(ShelfSample.completeness())
    writer.join()

    let capture = try CaptureFile(path: path)
    #expect(capture.problems == [] && capture.partialTail == 0)
    let footer = try #require(capture.completeness)
    #expect(!footer.isComplete && footer.reason.hasSuffix("; not all could be written"))
    let processes = try capture.processes()
    #expect(processes.count { $0.key.pid >= 1000 } == 400)
    // A table is not lost with the events before it.
    #expect(processes.count { $0.key.pid < 1000 } == number / 5)
    #expect(try capture.containers().map(\.name) == ["web"])
    let lost = try capture.losses().filter { $0.cause == .notWritten }
    #expect(!lost.isEmpty)
    let written = capture.directory.reduce(0) { $0 + ($1.type == .events ? UInt64($1.rowCount) : 0) }
    #expect(written + lost.reduce(0) { $0 + $1.count } == appended)
    #expect(output.lostAtEnd <= lost.reduce(0) { $0 + $1.count })
  }

  private static func process(_ pid: Int) -> ProcessRow {
    ProcessRow(
      key: ProcessKey(pid: UInt32(pid), start: BootTime(nanoseconds: UInt64(pid) &* 0x9E37_79B9_7F4A_7C15)),
      comm: Array("worker-\(pid)".utf8))
  }
}
