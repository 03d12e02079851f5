import CaptureFormat
import Events
import ProbeRecords
import Testing

@testable import Recording

/// Losses of the recorder's own, forced: each is a row with its time, and words that keep a capture from being complete.
@Suite struct ForcedLossTests {
  private static func file(_ id: UInt64) -> at_file {
    at_file(id: id, inode: id, device: 8, mode: 0o100644, type: UInt8(AT_FILE_REGULAR.rawValue), payload_class: 0)
  }

  private static func definition(of id: UInt64, time: UInt64) -> at_definition {
    var definition = at_definition()
    definition.header = Decoding.header(AT_FORM_DEFINITION, time: time)
    definition.file = file(id)
    return definition
  }

  private static func read(from id: UInt64, time: UInt64) -> at_transfer {
    var transfer = at_transfer()
    transfer.header = Decoding.header(AT_FORM_TRANSFER, time: time)
    transfer.header.number = 0
    transfer.header.lane = UInt8(AT_LANE_DETAIL.rawValue)
    transfer.file = file(id)
    transfer.descriptor = 3
    return transfer
  }

  @Test func `a name that is asked for after it was given up is counted, one that was never told is not`() throws {
    var decoding = try Decoding()
    // A file that was never defined, before anything was given up.
    decoding.decode(Self.read(from: 5000, time: 1))
    #expect(decoding.decoder.losses.take().isEmpty)
    for number in 1...3000 as ClosedRange<UInt64> { decoding.decode(Self.definition(of: number, time: 10 + number)) }
    decoding.decode(Self.read(from: 1, time: 4000))
    decoding.decode(Self.read(from: 3000, time: 4001))
    let losses = decoding.decoder.losses.take()
    #expect(losses.map(\.cause) == [.nameGivenUp] && losses.map(\.count) == [1])
    #expect(losses.first?.lane == .detail && losses.first?.from == BootTime(nanoseconds: 4000))
    let words = losses.otherObstacles
    #expect(words == ["names of files given up, asked for once"])
    #expect(try decoding.events { $0.file(.file)?.id.rawValue } == [5000, 1, 3000])
  }

  @Test func `what there is no room to hold until its container is known is decoded at once, and counted`() {
    var pending = PendingRecords()
    var record = [UInt8](repeating: 0, count: 1 << 20)
    record.withUnsafeMutableBytes { $0.storeBytes(of: Decoding.header(AT_FORM_CALL, time: 7), as: at_header.self) }
    let held = (0..<12).map { _ in record.withUnsafeBytes { pending.hold(ProbeRecord($0)!) } }
    #expect(held == Array(repeating: true, count: 8) + Array(repeating: false, count: 4))
    let row = pending.takeDropped()
    #expect(row?.cause == .notAttributed && row?.count == 4 && row?.from == BootTime(nanoseconds: 7))
    #expect([row].compactMap { $0 }.otherObstacles == ["4 events not attributed"])
    #expect(pending.takeDropped() == nil)
    // Given back once they are decided.
    var decoded = 0
    pending.replay(now: 8, isDecided: { _ in true }, decode: { _ in decoded += 1 })
    #expect(decoded == 8)
    let isHeld = record.withUnsafeBytes { pending.hold(ProbeRecord($0)!) }
    #expect(isHeld)
  }
}
