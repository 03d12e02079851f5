internal import Bytes
public import Events
public import Posix

/// Writes a capture, front to back, never going back.
///
/// After an error of the sink nothing more is written: the file ends inside a block, which a reader takes for "not yet".
public final class CaptureWriter {
  /// Where the bytes go: a file, a pipe, memory.
  public typealias Sink = (UnsafeRawBufferPointer) throws(SystemError) -> Void

  public private(set) var bytesWritten: UInt64 = 0

  private let sink: Sink
  private let sealer = TableSealer()
  private var failure: SystemError?
  /// Everything written, for the footer.
  private var entries: [BlockEntry] = []
  private var counts: [StreamCount] = []
  private var previousRoot: UInt64?
  /// Where the interfaces of packets stand in the section, by the recorder's numbers. The first of all has no number: a
  /// file without packets has it too, for the sake of readers that refuse one without.
  private var interfaces: [UInt32: UInt32] = [:]

  /// Writes the section header, the interface block, provenance and catalogue.
  public init(to sink: @escaping Sink, provenance: Provenance, catalogue: SealedCatalogue) throws(SystemError) {
    self.sink = sink
    try write(Self.sectionHeader + PacketFrame.interface())
    try append(.provenance, .properties, provenance.properties) { property, table in
      table.set(.key, property.key)
      table.set(.value, property.value)
    }
    for block in catalogue.blocks { try append(block) }
  }

  public convenience init(
    to sink: @escaping Sink, provenance: Provenance, catalogue: Catalogue
  ) throws(SystemError) {
    try self.init(to: sink, provenance: provenance, catalogue: SealedCatalogue(catalogue))
  }

  /// Goes on with a capture that ends after a whole block.
  ///
  /// - Parameter entries: Its blocks, in file order, but those of footers.
  init(to sink: @escaping Sink, resumingAt length: UInt64, entries: [BlockEntry], counts: [StreamCount]) {
    self.sink = sink
    self.entries = entries
    self.counts = counts
    bytesWritten = length
  }

  /// Appends a finished block.
  public func append(_ block: SealedBlock) throws(SystemError) {
    for interface in block.packets?.interfaces ?? [] { try introduce(interface) }
    var entry = block.entry
    entry.offset = bytesWritten
    try write(block.bytes)
    entries.append(entry)
    if let packets = block.packets {
      var bytes: [UInt8] = []
      bytes.reserveCapacity(packets.lengthInFile)
      packets.write(to: &bytes) { interfaces[$0] ?? 0 }
      try write(bytes)
    }
    guard let stream = entry.stream else { return }
    for (second, count) in block.secondCounts {
      counts.append(StreamCount(stream: stream, second: second, count: UInt64(count)))
    }
  }

  /// Writes an interface before the first of its packets.
  private func introduce(_ interface: PacketInterface) throws(SystemError) {
    guard interfaces[interface.number] == nil else { return }
    interfaces[interface.number] = UInt32(interfaces.count + 1)
    try write(PacketFrame.interface(of: interface))
  }

  public func append(containers: [ContainerRow]) throws(SystemError) {
    try append(.containers, .containers, containers) { $0.write(to: $1) }
  }

  /// Appends rows to the table of processes: of several with one key the last holds.
  public func append(processes: [ProcessRow]) throws(SystemError) {
    try append(.processes, .processes, processes) { $0.write(to: $1) }
  }

  private func append(state: [StateRow]) throws(SystemError) {
    try append(.state, .state, state) { $0.write(to: $1) }
  }

  /// Appends how things stood when the window began.
  public func append(_ image: StateImage) throws(SystemError) {
    try append(state: image.streams)
    try append(.state, .processes, image.processes) { $0.write(to: $1) }
    try append(.state, .descriptors, image.descriptors) { $0.write(to: $1) }
  }

  public func append(losses: [LossRow]) throws(SystemError) {
    try append(.losses, .losses, losses) { $0.write(to: $1) }
  }

  public func append(anchors: [AnchorRow]) throws(SystemError) {
    try append(.anchors, .anchors, anchors) { $0.write(to: $1) }
  }

  /// Appends why the capture is made.
  ///
  /// - Parameter wallTime: Where it is known, each trigger is also told to those who read packets: as a line of the
  ///   journal, which Wireshark shows among the frames.
  public func append(triggers: [TriggerRow], wallTime: (BootTime) -> WallTime? = { _ in nil }) throws(SystemError) {
    try append(.trigger, .triggers, triggers) { $0.write(to: $1) }
    for trigger in triggers {
      if let time = wallTime(trigger.time) { try write(JournalBlock(trigger, at: time).bytes) }
    }
  }

  /// Writes a footer: counts, directory pages, root and trailer. More may be appended after it, and another footer.
  public func finish(_ completeness: Completeness) throws(SystemError) {
    let rows = StreamCount.rows(counts)
    try append(.counts, .counts, rows) { $0.write(to: $1) }
    let listed = entries
    let firstPage = entries.count
    try append(.directoryPage, .directory, listed) { $0.write(to: $1) }
    let pages = Array(entries[firstPage...])
    // The next footer lists its own pages: these are of use to this one only.
    entries.removeSubrange(firstPage...)
    entries.removeAll { $0.type == .counts }

    let root = TableBuilder(.root)
    root.set(.firstTime, completeness.from.nanoseconds)
    root.set(.lastTime, completeness.to.nanoseconds)
    root.set(.flags, completeness.isComplete ? 1 : 0)
    root.set(.reason, completeness.reason)
    root.set(.blockOffset, previousRoot)
    root.endRow()
    let table = TableBuilder(.pages)
    for page in pages {
      table.set(.blockOffset, page.offset)
      table.set(.blockLength, page.length)
      table.endRow()
    }
    let block = sealer.seal(BlockDescription(type: .footerRoot), [root, table])
    let rootOffset = bytesWritten
    try write(block.bytes)
    previousRoot = rootOffset
    try write(Trailer(rootOffset: rootOffset, rootLength: block.entry.length, offset: bytesWritten).bytes)
  }

  // MARK: After an error

  /// A place between two blocks.
  public struct Position: Hashable, Sendable {
    public var bytesWritten: UInt64
    fileprivate var entryCount: Int
    fileprivate var countCount: Int
    fileprivate var previousRoot: UInt64?
    fileprivate var interfaces: [UInt32: UInt32]
  }

  /// Where the writer stands.
  public var position: Position {
    Position(
      bytesWritten: bytesWritten, entryCount: entries.count, countCount: counts.count, previousRoot: previousRoot,
      interfaces: interfaces)
  }

  /// Goes on from an earlier position, as if what was appended since had not been: after an error, once the file was
  /// cut back to it.
  public func resume(at position: Position) {
    bytesWritten = position.bytesWritten
    entries.removeSubrange(min(position.entryCount, entries.count)...)
    counts.removeSubrange(min(position.countCount, counts.count)...)
    previousRoot = position.previousRoot
    interfaces = position.interfaces
    failure = nil
  }

  /// Writes rows as blocks of one table, as many as it takes.
  private func append<Row>(
    _ type: BlockType, _ id: TableID, _ rows: [Row], _ describe: (Row, TableBuilder) -> Void
  ) throws(SystemError) {
    try sealer.seal(type, id, rows, describe) { (block) throws(SystemError) in try append(block) }
  }

  private func write(_ bytes: [UInt8]) throws(SystemError) {
    if let failure { throw failure }
    bytes.withUnsafeBytes { buffer in
      do throws(SystemError) { try sink(buffer) } catch { failure = error }
    }
    if let failure { throw failure }
    bytesWritten += UInt64(bytes.count)
  }

  /// pcapng section header: magic 1A2B3C4D, version 1.0, length −1.
  static let sectionHeader: [UInt8] = {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt32(0x0A0D_0D0A))
    bytes.append(littleEndian: UInt32(28))
    bytes.append(littleEndian: UInt32(0x1A2B_3C4D))
    bytes.append(littleEndian: UInt16(1))
    bytes.append(littleEndian: UInt16(0))
    bytes.append(littleEndian: Int64(-1))
    bytes.append(littleEndian: UInt32(28))
    return bytes
  }()
}

/// Events of a stream in one second, of one block: added up when the footer is written.
struct StreamCount {
  var stream: StreamKey
  var second: UInt64
  var count: UInt64

  static func rows(_ counts: [StreamCount]) -> [CountRow] {
    var sums: [StreamKey: [UInt64: UInt64]] = [:]
    for entry in counts { sums[entry.stream, default: [:]][entry.second, default: 0] += entry.count }
    return sums.sorted { ($0.key.container, $0.key.lane) < ($1.key.container, $1.key.lane) }.flatMap {
      stream, seconds in
      seconds.sorted { $0.key < $1.key }.map {
        CountRow(container: stream.container, lane: stream.lane, second: $0.key, count: $0.value)
      }
    }
  }
}

/// What the recorder can vouch for when it writes a footer.
public struct Completeness: Hashable, Sendable {
  /// The window that was asked for.
  public var from: BootTime
  public var to: BootTime
  /// Nothing was lost and everything was probed, as far as the recorder can prove.
  public var isComplete: Bool
  /// Why the recording ended, in words.
  public var reason: String
  public init(from: BootTime, to: BootTime, isComplete: Bool, reason: String) {
    self.from = from
    self.to = to
    self.isComplete = isComplete
    self.reason = reason
  }
}
