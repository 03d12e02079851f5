public import CaptureFormat
internal import Events
public import Posix

/// Makes a capture of a pcap or pcapng file: its packets, each with its interface, direction and comment.
///
/// Whose they are nobody told: they are of the host, and of no process.
public final class PacketFileConverter {
  private let source: PackedSource
  private let sink: CaptureWriter.Sink
  private let toolVersion: String
  private let catalogue: Catalogue
  private var summary = ConversionSummary()
  /// Told how many bytes of the file were read, now and then.
  public var progress: ((UInt64) -> Void)?

  private var writer: CaptureWriter?
  private let builder = PacketBlockBuilder(container: .host, assembler: BlockAssembler())
  /// What is taken off a wall time to get a time since boot.
  private var offset: Int64 = 0
  private var first: BootTime?
  private var last = BootTime(nanoseconds: 0)
  private var interfaceCount: UInt32 = 0
  /// Packets of link layers that this version does not know, by number.
  private var unknownLinks: [UInt16: UInt64] = [:]

  /// A frame of more would not be a block of a capture.
  static let packetLimit = 261_120

  public init(
    toolVersion: String, catalogue: Catalogue? = nil, reading fill: @escaping ForeignFormat.Fill,
    writingTo sink: @escaping CaptureWriter.Sink
  ) throws(SystemError) {
    source = try PackedSource(fill)
    self.toolVersion = toolVersion
    self.catalogue = catalogue ?? .current(calls: [])
    self.sink = sink
  }

  /// Whether a file begins like pcap, or like pcapng without a block of ours.
  static func recognizes(_ head: UnsafeRawBufferPointer) -> Bool {
    guard head.count >= 12 else { return false }
    let magic = head.loadUnaligned(as: UInt32.self)
    if PlainPacketFile.Header(head) != nil { return true }
    let mark = head.loadUnaligned(fromByteOffset: 8, as: UInt32.self)
    guard magic == PacketBlock.section, mark == 0x1A2B_3C4D || mark == 0x4D3C_2B1A else { return false }
    guard mark == 0x1A2B_3C4D else { return true }
    var place = 0
    while place + 8 <= head.count {
      let type = head.loadUnaligned(fromByteOffset: place, as: UInt32.self)
      if BlockType(pcapngType: type) != nil { return false }
      let length = Int(head.loadUnaligned(fromByteOffset: place + 4, as: UInt32.self))
      guard length >= 12, length % 4 == 0, length <= head.count - place else { break }
      place += length
    }
    return true
  }

  /// Reads to the end.
  ///
  /// - Throws: ``SystemError`` of reading or writing. Damage is passed over, and told.
  public func run() throws(SystemError) -> ConversionSummary {
    _ = try source.require(PlainPacketFile.headerLength)
    if let header = PlainPacketFile.Header(source.available) {
      try readPlain(header)
    } else {
      try readBlocks()
    }
    try finish()
    return summary
  }

  // MARK: pcap

  private func readPlain(_ header: PlainPacketFile.Header) throws(SystemError) {
    source.skip(PlainPacketFile.headerLength)
    let interface = makeInterface(name: "")
    while try source.require(16) {
      let head = PlainPacketFile.Record(source.available, header)
      guard head.capturedLength <= PlainPacketFile.lengthLimit else {
        return summary.note(
          "offset \(source.position): a packet cannot be \(head.capturedLength) bytes long, the rest is not read")
      }
      let position = source.position
      source.skip(16)
      guard try source.require(head.capturedLength) else { break }
      let bytes = UnsafeRawBufferPointer(rebasing: source.available[..<head.capturedLength])
      try take(
        bytes, link: header.link, time: head.time, length: head.length, direction: nil, comment: [], interface,
        at: position)
      source.skip(head.capturedLength)
    }
    if let problem = source.problem {
      summary.note("offset \(source.position): \(problem)")
    } else if !source.available.isEmpty {
      summary.note("offset \(source.position): the file ends inside a packet")
    }
  }

  // MARK: pcapng

  private func readBlocks() throws(SystemError) {
    let blocks = FramedBlocks(source, mayBeBigEndian: true, isKnown: PacketBlock.isKnown)
    var body = UnsafeRawBufferPointer(start: nil, count: 0)
    var interfaces: [(PacketBlock.Interface, PacketInterface)] = []
    while let type = try blocks.next(&body) {
      let reader = PacketBlock(body, isBigEndian: blocks.isBigEndian)
      switch type {
      case PacketBlock.section: interfaces = []
      case PacketBlock.interface:
        guard let described = reader.interface, interfaces.count < 4096 else {
          blocks.noteDamage("an interface that is not whole", length: body.count + 12)
          continue
        }
        interfaces.append((described, makeInterface(name: described.name)))
      default:
        guard let packet = reader.packet(type, interfaces.map(\.0)), interfaces.indices.contains(packet.interface)
        else {
          blocks.noteDamage("a packet that is not whole, or of no interface", length: body.count + 12)
          continue
        }
        let (described, interface) = interfaces[packet.interface]
        try take(
          packet.bytes, link: described.link, time: packet.time ?? lastWall, length: packet.length,
          direction: packet.direction, comment: packet.comment, interface, at: source.position)
      }
    }
    for problem in blocks.problems { summary.note(problem.message) }
    summary.problemCount += blocks.problemCount - blocks.problems.count
  }

  private func makeInterface(name: String) -> PacketInterface {
    interfaceCount += 1
    return PacketInterface(number: interfaceCount, index: interfaceCount - 1, name: name, namespace: 0)
  }

  // MARK: Packets

  private var lastWall: Int64 { Int64(bitPattern: last.nanoseconds) &+ offset }

  private func take(
    _ bytes: UnsafeRawBufferPointer, link: UInt16, time wall: Int64, length: UInt32, direction: PacketDirection?,
    comment: [UInt8], _ interface: PacketInterface, at position: UInt64
  ) throws(SystemError) {
    summary.eventCount += 1
    guard let frame = LinkFrame(bytes, link: link) else {
      if unknownLinks.count < 64 { unknownLinks[link, default: 0] += 1 }
      summary.leftOut += 1
      return
    }
    if writer == nil { try begin(at: wall) }
    let since = wall.subtractingReportingOverflow(offset)
    let time = BootTime(nanoseconds: since.overflow || since.partialValue < 0 ? 0 : UInt64(since.partialValue))
    first = first ?? time
    if time > last { last = time }
    let kept = frame.bytes.count > Self.packetLimit ? Array(frame.bytes.prefix(Self.packetLimit)) : frame.bytes
    let added = UInt32(clamping: frame.bytes.count - min(bytes.count, frame.bytes.count))
    let head = PacketHead(
      time: time, wallTime: wall, interface: interface.number, direction: direction ?? frame.direction,
      length: max(length &+ added, UInt32(kept.count)), capturedLength: UInt32(kept.count))
    kept.withUnsafeBytes { builder.append(head, $0, interface: interface, comment: comment) }
    summary.rowCount += 1
    if builder.isFull { try writer?.append(builder.seal()) }
    if summary.rowCount & 0xFFFF == 0 { progress?(source.bytesRead) }
  }

  private func begin(at wall: Int64) throws(SystemError) {
    var provenance = Provenance()
    provenance[.toolVersion] = toolVersion
    provenance[.clock] = "realtime"
    provenance[.source] = "pcap"
    provenance[.operation] = "converted from a file of packets"
    offset = max(wall, 1_000_000_000) - 1_000_000_000
    let writer = try CaptureWriter(to: sink, provenance: provenance, catalogue: catalogue)
    try writer.append(anchors: [
      AnchorRow(
        boot: BootTime(nanoseconds: 0), monotonic: 0, real: WallTime(nanoseconds: offset), reason: .start)
    ])
    self.writer = writer
  }

  private func finish() throws(SystemError) {
    for (link, count) in unknownLinks.sorted(by: { $0.key < $1.key }) {
      summary.note("\(count) packets of link type \(link) are not read: this version does not know it")
    }
    // A file without packets is one all the same.
    if writer == nil { try begin(at: 1_000_000_000) }
    guard let writer else { return }
    if !builder.isEmpty { try writer.append(builder.seal()) }
    summary.sectionCount = 1
    try writer.finish(
      Completeness(
        from: first ?? last, to: last, isComplete: false,
        reason: "a file of packets does not tell what its recorder lost"))
  }
}
