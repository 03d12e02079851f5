import CaptureFormat
import Events
import Posix
import ProbeRecords
import Testing

@testable import Recording

/// A decoder without probes: records are made by hand, events read back from the blocks.
struct Decoding {
  var decoder: EventDecoder
  private let streams: Streams
  private let blocks = Blocks()
  private let directory: String

  private final class Blocks {
    var list: [SealedBlock] = []
  }

  init() throws {
    directory = try Directory.createTemporary(prefix: "at-decoding-")
    let hierarchy = CgroupHierarchy(version: .unified, number: 0, mountPoint: directory)
    let resolver = try ContainerResolver(hierarchy: hierarchy, roots: .none, discoversRoots: false)
    let blocks = blocks
    streams = Streams { blocks.list.append($0) }
    decoder = EventDecoder(
      recipes: RecipeTable(), attribution: Attribution(resolver: resolver, hostMountNamespace: 0), streams: streams,
      fileCapacity: 1000)
  }

  static func header(_ form: at_form, time: UInt64, process: UInt32 = 7, thread: UInt32 = 7) -> at_header {
    var header = at_header()
    header.time = time
    header.tgid = process
    header.tid = thread
    header.leader_start = 1
    header.form = UInt8(form.rawValue)
    header.number = -1
    return header
  }

  /// - Parameter lateness: As the rings tell it; nil for a record that was held.
  mutating func decode(_ record: some BitwiseCopyable, lateBy lateness: UInt64? = 0) {
    withUnsafeBytes(of: record) {
      let record = ProbeRecord($0)!
      switch lateness {
      case nil: decoder.decodeHeld(record)
      case 0: decoder.decode(record)
      case let lateness?: decoder.decode(record, lateBy: lateness)
      }
    }
  }

  /// A record as it lies in a ring.
  mutating func decode(bytes: [UInt8]) {
    bytes.withUnsafeBytes { decoder.decode(ProbeRecord($0)!) }
  }

  /// Ends the recording and reads what became of it, in the order of the stream.
  func events<Answer>(_ answer: (EventBlock) -> Answer) throws -> [Answer] {
    streams.sealAll()
    defer { try? Directory.removeAll(directory) }
    var bytes: [UInt8] = []
    let writer = try CaptureWriter(
      to: { bytes += $0 }, provenance: Provenance(), catalogue: Catalogue.current(calls: []))
    for block in blocks.list { try writer.append(block) }
    let file = try CaptureFile(bytes: bytes, path: "decoding")
    var answers: [Answer] = []
    for entry in file.directory where entry.type == .events {
      let block = try file.readEvents(entry)
      while block.next() { answers.append(answer(block)) }
    }
    return answers
  }
}

@Suite struct EventDecoderTests {
  private static func exit(_ time: UInt64) -> at_exit {
    var record = at_exit()
    record.header = Decoding.header(AT_FORM_EXIT, time: time, thread: 8)
    record.header.flags = UInt32(AT_FLAG_THREAD)
    return record
  }

  @Test func `a straggler is flagged and counted`() throws {
    var decoding = try Decoding()
    decoding.decode(Self.exit(10_000_000))
    decoding.decode(Self.exit(5_000_000), lateBy: 5_000_000)
    decoding.decode(Self.exit(11_000_000))
    #expect(decoding.decoder.stragglers == 1)
    let losses = decoding.decoder.losses.take()
    #expect(losses.map(\.cause) == [.outOfOrder] && losses.map(\.count) == [1])
    #expect(losses.first?.from == BootTime(nanoseconds: 5_000_000) && losses.first?.lane == .lifecycle)
    let events = try decoding.events { ($0.time.nanoseconds, $0.flags.contains(.outOfOrder)) }
    #expect(events.map(\.0) == [10_000_000, 5_000_000, 11_000_000])
    #expect(events.map(\.1) == [false, true, false])
  }

  @Test func `what is handed over through io_uring is counted as not told, unless it is`() throws {
    func call(_ number: Int16, result: Int64) -> at_call {
      var record = at_call()
      record.header = Decoding.header(AT_FORM_CALL, time: 10)
      record.header.number = number
      record.header.lane = UInt8(AT_LANE_DETAIL.rawValue)
      record.result = result
      return record
    }
    var decoding = try Decoding()
    for (number, result) in [(425, 5), (425, -1), (426, 3), (426, 0), (426, -11), (427, 0)] as [(Int16, Int64)] {
      decoding.decode(call(number, result: result))
    }
    let losses = decoding.decoder.losses.take()
    #expect(losses.map(\.cause) == [.ioRing] && losses.map(\.count) == [4] && losses.map(\.lane) == [.activity])
    decoding.decoder.rings.trial = .seen
    decoding.decode(call(426, result: 3))
    #expect(decoding.decoder.losses.take().isEmpty)
  }

  @Test func `what two processors wrote at once is flagged and keeps nothing from being complete`() throws {
    var decoding = try Decoding()
    decoding.decode(Self.exit(10_000))
    decoding.decode(Self.exit(9_000), lateBy: 1_000)
    #expect(decoding.decoder.stragglers == 0)
    #expect(try decoding.events { $0.flags.contains(.outOfOrder) } == [false, true])
  }

  @Test func `what waited for its container is flagged only where younger events are before it`() throws {
    var decoding = try Decoding()
    decoding.decode(Self.exit(10_000_000), lateBy: nil)
    decoding.decode(Self.exit(11_000_000))
    decoding.decode(Self.exit(9_000_000), lateBy: nil)
    #expect(decoding.decoder.stragglers == 0)
    #expect(try decoding.events { $0.flags.contains(.outOfOrder) } == [false, false, true])
  }

  @Test func `late for another stream is not out of order in its own`() throws {
    var decoding = try Decoding()
    decoding.decode(Self.exit(10_000_000))
    var detail = Decoding.header(AT_FORM_SIGNAL_RETURN, time: 2_000_000)
    detail.lane = UInt8(AT_LANE_DETAIL.rawValue)
    decoding.decode(detail, lateBy: 8_000_000)
    #expect(decoding.decoder.stragglers == 0)
    #expect(try decoding.events { $0.flags.contains(.outOfOrder) } == [false, false])
  }

  @Test func `a straggler's block is sealed: what came before counts all the same`() throws {
    let builder = EventBlockBuilder(stream: StreamKey(container: .host, lane: .detail), firstSequence: 0)
    let process = builder.internProcess(ProcessKey(pid: 1, start: BootTime(nanoseconds: 1))) {
      BlockProcess(key: ProcessKey(pid: 1, start: BootTime(nanoseconds: 1)))
    }
    builder.beginRow(
      time: BootTime(nanoseconds: 50), process: process, thread: 1, kind: .call, call: nil, result: 0, flags: [],
      cpu: 0)
    builder.endRow()
    _ = builder.seal()
    #expect(builder.latestTime == BootTime(nanoseconds: 50))
  }

  @Test func `a record too short for its form is counted and makes no event`() throws {
    var decoding = try Decoding()
    for form in [AT_FORM_EXIT, AT_FORM_FORK, AT_FORM_EXEC, AT_FORM_CALL, AT_FORM_TRANSFER, AT_FORM_RENAME] {
      decoding.decode(Decoding.header(form, time: 1))
    }
    var unknown = Decoding.header(AT_FORM_EXIT, time: 1)
    unknown.form = 200
    decoding.decode(unknown)
    #expect(decoding.decoder.malformed == 7)
    #expect(try decoding.events { $0.kind }.isEmpty)
  }
}
