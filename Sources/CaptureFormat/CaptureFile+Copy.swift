public import Events

// What goes from one capture into another: whole blocks byte for byte, and rows one by one where a block is to be cut.

extension CaptureFile {
  /// A block of events as it stands in the file, for a writer to append. Nil and a problem noted when it is damaged.
  ///
  /// Its bytes, and so its digest, stay what they are: an extract can be compared with what it was taken from.
  public func copy(of entry: BlockEntry) throws(CaptureError) -> SealedBlock? {
    guard let events = try readEventsIfSound(entry) else { return nil }
    var counts: [(second: UInt64, count: UInt32)] = []
    while events.next() {
      let second = events.time.nanoseconds / 1_000_000_000
      if counts.last?.second == second {
        counts[counts.count - 1].count += 1
      } else {
        counts.append((second, 1))
      }
    }
    return SealedBlock(bytes: try read(at: entry.offset, count: Int(entry.length)), entry: entry, secondCounts: counts)
  }

  /// A block of packets with those that follow it, for a writer to append. Nil and a problem noted when it is damaged.
  ///
  /// - Parameter isWanted: Where it takes every packet, and none is damaged, the block stays what it is.
  public func copyPackets(
    of entry: BlockEntry, with assembler: BlockAssembler, where isWanted: (CapturedPacket) -> Bool
  ) throws(CaptureError) -> SealedBlock? {
    let packets: [CapturedPacket]
    do throws(CaptureError) { packets = try self.packets(of: entry) } catch {
      try note(error, at: entry)
      return nil
    }
    let builder = PacketBlockBuilder(container: entry.container, assembler: assembler)
    for packet in packets where isWanted(packet) {
      guard let interface = packet.interface else { continue }
      var head = PacketHead(
        time: packet.time, wallTime: packet.wallTime, interface: interface.number, direction: packet.direction,
        length: packet.length, capturedLength: UInt32(packet.bytes.count))
      head.process = packet.process
      packet.bytes.withUnsafeBytes { builder.append(head, $0, interface: interface, comment: packet.comment) }
    }
    let count = builder.packetCount
    guard count > 0 else { return nil }
    var block = builder.seal()
    guard count == entry.rowCount else { return block }
    block.bytes = try read(at: entry.offset, count: Int(entry.length))
    block.entry = entry
    return block
  }
}

/// Takes single rows out of blocks into those of another capture: of one stream.
public final class RowCopy {
  public let builder: EventBlockBuilder
  private let types: [ColumnID: ColumnValueType]
  /// Descriptions of processes that the open block has, by the number that tells them apart.
  private var generations: [BlockProcess: UInt32] = [:]

  /// - Parameter catalogue: Of the capture that the rows are taken from.
  public init(
    stream: StreamKey, firstSequence: UInt64, catalogue: Catalogue, assembler: BlockAssembler
  ) {
    builder = EventBlockBuilder(stream: stream, firstSequence: firstSequence, assembler: assembler)
    types = Dictionary(
      catalogue.columns.compactMap { column in column.valueType.map { (column.column, $0) } },
      uniquingKeysWith: { $1 })
  }

  /// Adds the row at which a block stands.
  ///
  /// - Throws: ``CaptureError/unsupported(offset:what:value:)`` for a column that this version cannot write.
  public func append(_ event: EventBlock) throws(CaptureError) {
    let columns = event.columns
    for column in columns where !EventRows.holds(column) || types[column] == nil {
      throw .unsupported(offset: event.entry.offset, what: "column", value: UInt64(column.rawValue))
    }
    let process = event.process
    let generation = generations[process] ?? UInt32(generations.count)
    generations[process] = generation
    let index = builder.internProcess(process.key, generation: generation) { process }
    builder.beginRow(
      time: event.time, process: index, thread: event.thread, kind: event.kind, call: event.call, result: event.result,
      flags: event.flags, cpu: event.cpu)
    for column in columns { copy(column, of: event) }
    builder.endRow()
  }

  private func copy(_ column: ColumnID, of event: EventBlock) {
    if column == .payload {
      event.bytes(column)?.withUnsafeBytes { builder.set(payload: $0) }
      return
    }
    switch types[column] {
    case .bytes, .string, .address, .list:
      if let bytes = event.bytes(column) { builder.set(column, string: bytes) }
    case .file:
      guard let file = event.file(column) else { return }
      let place = builder.internFile(file.id, inode: file.inode, device: file.device) { file }
      builder.set(column, Int64(place))
    case .process, nil: break
    case .integer, .unsigned: if let value = event.value(column) { builder.set(column, value) }
    }
  }

  /// Makes a block of what was added.
  public func seal() -> SealedBlock {
    generations = [:]
    return builder.seal()
  }
}
