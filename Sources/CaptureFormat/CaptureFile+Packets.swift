internal import Bytes
internal import Digests
public import Events

/// A packet of a capture.
public struct CapturedPacket: Sendable {
  public var time: BootTime
  public var container: ContainerKey
  public var interface: PacketInterface?
  public var direction: PacketDirection
  /// On the wire.
  public var length: UInt32
  /// What was kept, beginning with the header of LINKTYPE_LINUX_SLL2.
  public var bytes: [UInt8]
  /// Whose it is, as far as the recorder knew.
  public var process: ProcessKey?
  /// Nanoseconds since 1970, as other readers are told.
  public var wallTime: Int64
  /// What other readers are told of its container and process.
  public var comment: [UInt8] = []

  public init(
    time: BootTime, container: ContainerKey, interface: PacketInterface?, direction: PacketDirection, length: UInt32,
    bytes: [UInt8], process: ProcessKey?, wallTime: Int64, comment: [UInt8] = []
  ) {
    self.time = time
    self.container = container
    self.interface = interface
    self.direction = direction
    self.length = length
    self.bytes = bytes
    self.process = process
    self.wallTime = wallTime
    self.comment = comment
  }
}

extension CaptureFile {
  /// The blocks that tell of packets, in the order of the file.
  public var packetBlocks: [BlockEntry] { tables.filter { $0.type == .packets } }

  /// The packets that a block tells of.
  ///
  /// One that was altered since is left out and noted as a problem; so are those that were cut off.
  public func packets(of entry: BlockEntry) throws(CaptureError) -> [CapturedPacket] {
    let block = try readBlock(entry)
    let rows: [PacketRow]
    do throws(ByteError) { rows = try PacketRow.rows(block, container: entry.container) } catch {
      throw CaptureError(error, at: entry.offset)
    }
    var frames = FrameReader(self, from: entry.offset + UInt64(entry.length))
    var packets: [CapturedPacket] = []
    packets.reserveCapacity(rows.count)
    for (index, row) in rows.enumerated() {
      guard let frame = try frames.nextPacket() else {
        note("\(rows.count - index) of \(rows.count) packets are cut off", at: frames.offset)
        break
      }
      guard frame.bytes.count == row.capturedLength,
        checksumHolds(row.checksum, found: frame.bytes.withUnsafeBytes { CRC32C.checksum($0) })
      else {
        note("a packet is not what was recorded", at: frame.offset)
        continue
      }
      packets.append(
        CapturedPacket(
          time: row.time, container: entry.container, interface: row.interface, direction: row.direction,
          length: row.length, bytes: frame.bytes, process: row.process, wallTime: frame.wallTime,
          comment: frame.comment))
    }
    return packets
  }

  private func note(_ message: String, at offset: UInt64) {
    guard !problems.contains(where: { $0.offset == offset }) else { return }
    problems.append(CaptureProblem(offset: offset, length: 0, message: message))
  }
}

/// What a block tells of one packet.
private struct PacketRow {
  var time: BootTime
  var interface: PacketInterface?
  var direction: PacketDirection
  var length: UInt32
  var capturedLength: Int
  var checksum: UInt32
  var process: ProcessKey?

  static func rows(_ block: Block, container: ContainerKey) throws(ByteError) -> [PacketRow] {
    guard let table = try TableReader(block, .packets) else { return [] }
    let interfaces = try interfaces(block)
    var times = try table.integers(.time)
    var numbers = try table.integers(.interface)
    var directions = try table.integers(.packetDirection)
    var lengths = try table.integers(.packetLength)
    var captured = try table.integers(.capturedLength)
    var checksums = try table.integers(.packetChecksum)
    var pids = try table.integers(.pid)
    var starts = try table.integers(.start)
    return (0..<table.rowCount).map { row in
      let pid: UInt32? = pids.exactly(row)
      return PacketRow(
        time: times.time(row) ?? BootTime(nanoseconds: 0),
        interface: numbers.exactly(row, UInt32.self).flatMap { interfaces[$0] },
        direction: directions.exactly(row).flatMap(PacketDirection.init(rawValue:)) ?? .unknown,
        length: lengths.exactly(row) ?? 0, capturedLength: captured.exactly(row) ?? 0,
        checksum: checksums.exactly(row) ?? 0,
        process: pid.map { ProcessKey(pid: $0, start: starts.time(row) ?? BootTime(nanoseconds: 0)) })
    }
  }

  private static func interfaces(_ block: Block) throws(ByteError) -> [UInt32: PacketInterface] {
    guard let table = try TableReader(block, .interfaces) else { return [:] }
    var numbers = try table.integers(.interface)
    var indexes = try table.integers(.interfaceIndex)
    var names = try table.bytes(.interfaceName)
    var namespaces = try table.integers(.networkNamespace)
    var result: [UInt32: PacketInterface] = [:]
    for row in 0..<table.rowCount {
      guard let number = numbers.exactly(row, UInt32.self) else { continue }
      result[number] = PacketInterface(
        number: number, index: indexes.exactly(row) ?? 0, name: names.string(row) ?? "",
        namespace: namespaces.unsigned(row) ?? 0)
    }
    return result
  }
}

/// Reads the packets that stand one after the other in a file, interfaces between them.
private struct FrameReader {
  private let file: CaptureFile
  private(set) var offset: UInt64
  /// What was read ahead, and where it stands in the file.
  private var window: [UInt8] = []
  private var windowStart: UInt64

  private static let windowLength = 256 * 1024

  init(_ file: CaptureFile, from offset: UInt64) {
    self.file = file
    self.offset = offset
    windowStart = offset
  }

  struct Frame {
    var offset: UInt64
    var wallTime: Int64
    var bytes: [UInt8]
    var comment: [UInt8]
  }

  /// Nil where the packets end: at the end of the file, or at a block of another type.
  mutating func nextPacket() throws(CaptureError) -> Frame? {
    while true {
      let head = try bytes(12)
      guard head.count == 12 else { return nil }
      let span = head.span.bytes
      guard let type = span.integer(at: 0, as: UInt32.self), let total = span.integer(at: 4, as: UInt32.self),
        type == PacketFrame.packetType || type == PacketFrame.interfaceType, total >= 12, total % 4 == 0,
        total <= UInt32(BlockLayout.blockLimit)
      else { return nil }
      let whole = try bytes(Int(total))
      guard whole.count == Int(total) else { return nil }
      let start = offset
      offset += UInt64(total)
      guard type == PacketFrame.packetType else { continue }
      return frame(whole, at: start)
    }
  }

  private func frame(_ whole: [UInt8], at start: UInt64) -> Frame? {
    let span = whole.span.bytes
    guard let upper = span.integer(at: 12, as: UInt32.self), let lower = span.integer(at: 16, as: UInt32.self),
      let captured = span.integer(at: 20, as: UInt32.self), whole.count >= 32, Int(captured) <= whole.count - 32
    else { return nil }
    return Frame(
      offset: start, wallTime: Int64(bitPattern: UInt64(upper) << 32 | UInt64(lower)),
      bytes: Array(whole[28..<(28 + Int(captured))]),
      comment: PacketFrame.comment(in: whole, from: 28 + Int(captured)))
  }

  /// The next bytes of the file: fewer where it ends.
  private mutating func bytes(_ count: Int) throws(CaptureError) -> [UInt8] {
    if offset < windowStart || offset + UInt64(count) > windowStart + UInt64(window.count) {
      windowStart = offset
      window = try file.read(at: offset, count: max(Self.windowLength, count))
    }
    let start = Int(offset - windowStart)
    return Array(window[start..<min(start + count, window.count)])
  }
}
