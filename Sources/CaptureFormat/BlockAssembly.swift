internal import Bytes
internal import Digests
internal import Events
internal import LZ4

/// What a block's header says beside its tables.
struct BlockDescription {
  var type: BlockType
  var container = ContainerKey.host
  var lane: Lane?
  var firstTime = BootTime(nanoseconds: 0)
  var lastTime = BootTime(nanoseconds: 0)
  var firstSequence: UInt64 = 0
  var kinds = KindSet()
}

/// Puts finished tables into a block: compresses, digests, frames.
///
/// Half a megabyte of buffers that are used again: one for each thread that seals is enough.
public final class BlockAssembler {
  private let sha = SHA256()
  private var scratch: UnsafeMutableRawBufferPointer
  /// The encoded bytes of the columns of the block in the making.
  var raw = ByteBuffer()

  public init() { scratch = .allocate(byteCount: BlockLayout.blockLimit, alignment: 16) }
  deinit { scratch.deallocate() }

  /// - Parameter tables: Their images point into `raw`.
  func assemble(_ description: BlockDescription, tables: [TableImage]) -> SealedBlock {
    let raw = self.raw.bytes
    let columns = tables.flatMap(\.columns)
    let salts = randomBytes(16 * columns.count)
    let isSmall = raw.count < BlockLayout.smallBlock
    let directoryLength =
      BlockLayout.directoryHead + tables.count * TableImage.directoryLength
      + columns.count * ColumnImage.directoryLength

    let header = header(description, tables: tables)
    var directory: [UInt8] = []
    directory.reserveCapacity(directoryLength)
    directory.append(littleEndian: UInt16(TableImage.directoryLength))
    directory.append(littleEndian: UInt16(ColumnImage.directoryLength))
    var digests: [UInt8] = []
    for table in tables {
      let entry = directory.count
      directory.append(littleEndian: table.table.rawValue)
      directory.append(littleEndian: UInt16(table.columns.count))
      directory.append(littleEndian: UInt32(table.rowCount))
      directory.append(littleEndian: UInt32(0))
      digests.append(contentsOf: directory[entry...])
    }

    // Each column on its own, unless the block is small: then all of them together.
    var stored = 0
    for (index, column) in columns.enumerated() {
      let bytes = UnsafeRawBufferPointer(rebasing: raw[column.range])
      let salt = Array(salts[index * 16..<index * 16 + 16])
      var identity: [UInt8] = []
      identity.append(littleEndian: column.column.rawValue)
      identity.append(column.encoding.rawValue)
      identity.append(column.presence.rawValue)
      identity.append(littleEndian: UInt32(column.valueCount))
      identity.append(littleEndian: UInt32(bytes.count))
      sha.update(salt)
      sha.update(bytes)
      digests.append(contentsOf: identity)
      digests.append(contentsOf: sha.finish())

      let (codec, length) = isSmall ? (.none, bytes.count) : store(bytes, at: stored)
      directory.append(contentsOf: identity)
      directory.append(littleEndian: UInt32(length))
      directory.append(codec.rawValue)
      directory.append(contentsOf: [0, 0, 0])
      directory.append(contentsOf: salt)
      stored += length
    }
    assert(directory.count == directoryLength)
    var codec = StorageCodec.none
    if isSmall { (codec, stored) = store(raw, at: 0) }

    var identity: [UInt8] = []
    identity.append(littleEndian: description.type.pcapngType)
    sha.update(identity)
    sha.update(header)
    sha.update(digests)
    let digest = sha.finish()

    let bytes = frame(
      description.type, header: header, codec: codec, directory: directory, stored: stored,
      dataLength: isSmall ? raw.count : stored, digest: digest)
    let entry = BlockEntry(
      type: description.type, offset: 0, length: UInt32(bytes.count), container: description.container,
      lane: description.lane, firstTime: description.firstTime, lastTime: description.lastTime,
      rowCount: UInt32(tables.first?.rowCount ?? 0), firstSequence: description.firstSequence, digest: digest,
      kinds: description.kinds)
    return SealedBlock(bytes: bytes, entry: entry, secondCounts: [])
  }

  /// Compresses `bytes` to `offset` of the scratch space, or copies them where that gains less than a sixteenth.
  private func store(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> (StorageCodec, Int) {
    let room = UnsafeMutableRawBufferPointer(rebasing: scratch[offset...])
    let worthwhile = UnsafeMutableRawBufferPointer(rebasing: room.prefix(bytes.count - bytes.count / 16))
    if bytes.count >= 32, let length = LZ4.compress(bytes, into: worthwhile) { return (.lz4, length) }
    room.copyMemory(from: bytes)
    return (.none, bytes.count)
  }

  /// The digested part of the header.
  private func header(_ description: BlockDescription, tables: [TableImage]) -> [UInt8] {
    var header = BlockLayout.magic
    header.reserveCapacity(BlockLayout.headerLength)
    header.append(littleEndian: BlockLayout.version)
    header.append(littleEndian: UInt16(BlockLayout.headerLength))
    header.append(littleEndian: UInt32(0))
    header.append(littleEndian: UInt32(0))
    header.append(littleEndian: description.container.rawValue)
    header.append(description.lane?.rawValue ?? BlockLayout.noLane)
    header.append(0)
    header.append(littleEndian: UInt16(tables.count))
    header.append(littleEndian: UInt32(tables.first?.rowCount ?? 0))
    header.append(littleEndian: description.firstTime.nanoseconds)
    header.append(littleEndian: description.lastTime.nanoseconds)
    header.append(littleEndian: description.firstSequence)
    header.append(littleEndian: description.kinds.low)
    header.append(littleEndian: description.kinds.high)
    assert(header.count == BlockLayout.digestedLength)
    return header
  }

  private func frame(
    _ type: BlockType, header: [UInt8], codec: StorageCodec, directory: [UInt8], stored: Int, dataLength: Int,
    digest: [UInt8]
  ) -> [UInt8] {
    let unpadded = BlockLayout.frameStart + BlockLayout.headerLength + directory.count + stored
    let padding = (4 - unpadded % 4) % 4
    let total = unpadded + padding + 4
    let data = UnsafeRawBufferPointer(rebasing: scratch.prefix(stored))
    var bytes: [UInt8] = []
    bytes.reserveCapacity(total)
    bytes.append(littleEndian: type.pcapngType)
    bytes.append(littleEndian: UInt32(total))
    bytes.append(contentsOf: header)
    bytes.append(contentsOf: repeatElement(0, count: 24))
    bytes.append(littleEndian: UInt16(codec.rawValue))
    bytes.append(littleEndian: UInt16(0))
    bytes.append(littleEndian: UInt32(directory.count))
    bytes.append(littleEndian: UInt32(stored))
    bytes.append(littleEndian: UInt32(dataLength))
    bytes.append(contentsOf: digest)
    let directorySum = directory.withUnsafeBytes { CRC32C.checksum($0) }
    bytes.append(littleEndian: CRC32C.checksum(data, continuing: directorySum))
    bytes.append(littleEndian: bytes.withUnsafeBytes { CRC32C.checksum($0) })
    assert(bytes.count == BlockLayout.frameStart + BlockLayout.headerLength)
    bytes.append(contentsOf: directory)
    bytes.append(contentsOf: data)
    bytes.append(contentsOf: repeatElement(0, count: padding))
    bytes.append(littleEndian: UInt32(total))
    return bytes
  }
}
