import Events
import ProbeRecords
import Testing

@testable import CaptureFormat
@testable import Recording

/// What is remembered of the dead, and of what is open.
@Suite struct ArchiveTests {
  @Test func `processes come out of the archive as they went in, and age out of it`() {
    var archive = ProcessArchive()
    for number in 0..<500 {
      var process = RecordedProcess(
        key: ProcessKey(pid: UInt32(number), start: BootTime(nanoseconds: UInt64(number))),
        container: ContainerKey(rawValue: 7), comm: Array("comm\(number)".utf8))
      process.parent = number % 2 == 0 ? ProcessKey(pid: 1, start: BootTime(nanoseconds: 3)) : nil
      process.arguments = number % 3 == 0 ? [Array("sh".utf8), Array("".utf8), Array("x\(number)".utf8)] : []
      process.executable = number % 5 == 0 ? Array("/bin/sh".utf8) : nil
      process.end = BootTime(nanoseconds: UInt64(number) * 1000)
      process.exitCode = UInt32(number % 256) << 8
      process.execTime = number % 7 == 0 ? BootTime(nanoseconds: 5) : nil
      archive.append(process, until: BootTime(nanoseconds: UInt64(number) * 1000), isSuperseded: number % 11 == 0)
    }
    let images = archive.images(since: BootTime(nanoseconds: 0))
    #expect(images.count == 500)
    let row = images[42].row
    #expect(row.key.pid == 42 && row.parent?.pid == 1 && row.exitCode == 42 << 8 && row.comm == Array("comm42".utf8))
    #expect(row.arguments?.items == [Array("sh".utf8), [], Array("x42".utf8)])
    #expect(row.execTime == BootTime(nanoseconds: 5) && row.container == ContainerKey(rawValue: 7))
    #expect(images[33].isSuperseded && !images[34].isSuperseded && images[1].row.parent == nil)
    #expect(archive.images(since: BootTime(nanoseconds: 400_000)).count == 100)
    #expect(archive.memoryInBytes < 500 * 60)
    archive.forget(before: BootTime(nanoseconds: 600_000))
    #expect(archive.images(since: BootTime(nanoseconds: 0)).isEmpty && archive.memoryInBytes == 0)
  }

  private func file(_ inode: UInt64, id: UInt64) -> at_file {
    at_file(id: id, inode: inode, device: 1, mode: 0o100644, type: UInt8(AT_FILE_REGULAR.rawValue), payload_class: 0)
  }

  private func numbers(_ ledger: DescriptorLedger, _ process: Int) -> [Int32] {
    ledger.descriptors(of: process).map(\.number)
  }

  @Test func `descriptors are inherited, shared, closed at exec, and set right by whoever names them`() {
    var ledger = DescriptorLedger(limit: 1000)
    defer { ledger.removeAll() }
    let second: UInt64 = 1_000_000_000
    ledger.open(0, 3, file(30, id: 1), at: second, flags: [], nil)
    ledger.open(0, 4, file(40, id: 2), at: second, flags: .closesOnExec, nil)
    ledger.duplicate(0, 3, as: 9, nil, at: 2 * second, flags: [], nil)
    ledger.fork(0, 1, isShared: false, at: 3 * second)
    ledger.fork(0, 2, isShared: true, at: 3 * second)
    ledger.close(2, 9...9, at: 4 * second)
    #expect(numbers(ledger, 0) == [3, 4] && numbers(ledger, 1) == [3, 4, 9] && numbers(ledger, 2) == [3, 4])
    ledger.exec(1, at: 5 * second)
    #expect(numbers(ledger, 1) == [3, 9])
    // exec takes a copy: whoever shared keeps its own.
    ledger.exec(2, at: 5 * second)
    #expect(numbers(ledger, 2) == [3] && numbers(ledger, 0) == [3, 4])
    // The same open file under a new name keeps its age; another file was opened unseen.
    ledger.correct(0, 3, file(30, id: 8), at: 6 * second, nil)
    #expect(ledger.descriptors(of: 0)[0].since == second && ledger.descriptors(of: 0)[0].id == 8)
    #expect(ledger.knows(1, 3, file(30, id: 1)) == false)
    ledger.correct(0, 3, file(31, id: 9), at: 7 * second, nil)
    #expect(ledger.descriptors(of: 0)[0].since == 0 && ledger.descriptors(of: 0)[0].inode == 31)
    // Whether it goes at exec was never seen: after one it is doubtful, until it is named again.
    ledger.exec(0, at: 8 * second)
    #expect(ledger.descriptors(of: 0)[0].flags.contains(.doubtful))
    ledger.correct(0, 3, file(31, id: 9), at: 9 * second, nil)
    #expect(!ledger.descriptors(of: 0)[0].flags.contains(.doubtful))
    ledger.exit(0, at: 9 * second)
    ledger.exit(1, at: 9 * second)
    ledger.exit(2, at: 9 * second)
    #expect(ledger.count == 0 && ledger.capacityInUse == 0)
    // All that lived over a whole second was handed on, with its end.
    #expect(ledger.takeClosed().map { $0.1.descriptor.number }.sorted() == [3, 3, 3, 3, 4, 4, 4, 9, 9])
  }

  @Test func `what came and went within a second is not kept, and a full ledger refuses`() {
    var ledger = DescriptorLedger(limit: 2)
    defer { ledger.removeAll() }
    for number in 0..<3 as Range<Int32> { ledger.open(0, number, nil, at: 1_100_000_000, flags: [], nil) }
    #expect(numbers(ledger, 0) == [0, 1] && ledger.refusedCount == 1)
    ledger.close(0, 0...Int64(Int32.max), at: 1_900_000_000)
    #expect(ledger.takeClosed().isEmpty && ledger.count == 0)
  }

  @Test func `sockets of /proc are read with their addresses and listeners`() {
    var sockets: [UInt64: DescriptorScan.SocketEntry] = [:]
    DescriptorScan.parseInternet(
      """
        sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
         0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1
         1: 0100007F:1F90 0200007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 4712 1
        broken
      """, 1, 6, into: &sockets)
    #expect(sockets[4711]?.local == .ipv4(address: [127, 0, 0, 1], port: 8080))
    #expect(sockets[4711]?.isListening == true && sockets[4711]?.remote == nil)
    #expect(sockets[4712]?.remote == .ipv4(address: [127, 0, 0, 2], port: 50000))
    DescriptorScan.parseUnix(
      """
      Num       RefCount Protocol Flags    Type St Inode Path
      0000000000000000: 00000002 00000000 00010000 0001 01 99 /run/a b.sock
      0000000000000000: 00000002 00000000 00000000 0002 01 98
      """, into: &sockets)
    #expect(sockets[99]?.isListening == true && sockets[99]?.path == Array("/run/a b.sock".utf8))
    #expect(sockets[98]?.local == nil && sockets.count == 4)
  }
}
