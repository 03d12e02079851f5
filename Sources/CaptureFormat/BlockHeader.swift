internal import Bytes
internal import Digests
internal import Events

/// A block's header, verified. The bytes are drawn at ``BlockLayout``.
struct BlockHeader {
  var type: BlockType
  var totalLength: Int
  var headerLength: Int
  var container: ContainerKey
  var lane: Lane?
  var tableCount: Int
  var rowCount: UInt32
  var firstTime: UInt64
  var lastTime: UInt64
  var firstSequence: UInt64
  var kinds = KindSet()
  var codec: UInt16
  var key: UInt16
  var directoryLength: Int
  var storedLength: Int
  var dataLength: Int
  var digest: [UInt8]
  var storedChecksum: UInt32

  /// From the frame's first byte to the header's last.
  static let lengthInFrame = BlockLayout.frameStart + BlockLayout.headerLength

  /// - Parameter bytes: From the frame's first byte on; the header must be whole, what follows need not be there.
  /// - Parameter offset: In the file, for errors.
  init(_ bytes: RawSpan, at offset: UInt64) throws(CaptureError) {
    func field<Value: FixedWidthInteger & BitwiseCopyable>(_ place: Int, _ type: Value.Type) throws(CaptureError)
      -> Value
    {
      guard let value = bytes.integer(at: BlockLayout.frameStart + place, as: type) else {
        throw .truncated(
          offset: offset, needed: UInt64(BlockLayout.frameStart + place), available: UInt64(bytes.byteCount))
      }
      return value
    }
    guard let number = bytes.integer(at: 0, as: UInt32.self), let total = bytes.integer(at: 4, as: UInt32.self) else {
      throw .truncated(offset: offset, needed: 8, available: UInt64(bytes.byteCount))
    }
    guard let type = BlockType(pcapngType: number) else {
      throw .invalid(offset: offset, what: "block type", value: UInt64(number))
    }
    self.type = type
    totalLength = Int(total)
    guard bytes.byteCount >= BlockLayout.frameStart + BlockLayout.magic.count else {
      throw .truncated(offset: offset, needed: 24, available: UInt64(bytes.byteCount))
    }
    for (index, byte) in BlockLayout.magic.enumerated() where bytes.integer(at: 8 + index, as: UInt8.self) != byte {
      throw .invalid(offset: offset + 8, what: "magic of an aftertrace block", value: UInt64(index))
    }
    headerLength = Int(try field(BlockLayout.headerLengthOffset, UInt16.self))
    guard headerLength >= BlockLayout.headerLength else {
      throw .invalid(offset: offset + 26, what: "header length", value: UInt64(headerLength))
    }
    let end = BlockLayout.frameStart + headerLength
    let sum: UInt32 = try field(headerLength - 4, UInt32.self)
    storedChecksum = try field(headerLength - 8, UInt32.self)
    let found = CRC32C.checksum(bytes.extracting(0..<(end - 4)))
    guard checksumHolds(sum, found: found) else {
      throw .checksum(offset: offset, what: "block header", expected: sum, found: found)
    }

    let version: UInt16 = try field(BlockLayout.versionOffset, UInt16.self)
    guard version == BlockLayout.version else {
      throw .unsupported(offset: offset, what: "block version", value: UInt64(version))
    }
    let features: UInt32 = try field(BlockLayout.mustUnderstandOffset, UInt32.self)
    guard features & ~BlockLayout.knownMustUnderstand == 0 else {
      throw .unsupported(offset: offset, what: "feature bits", value: UInt64(features))
    }
    container = ContainerKey(rawValue: try field(BlockLayout.containerOffset, UInt32.self))
    lane = Lane(rawValue: try field(BlockLayout.laneOffset, UInt8.self))
    tableCount = Int(try field(BlockLayout.tableCountOffset, UInt16.self))
    rowCount = try field(BlockLayout.rowCountOffset, UInt32.self)
    firstTime = try field(BlockLayout.firstTimeOffset, UInt64.self)
    lastTime = try field(BlockLayout.lastTimeOffset, UInt64.self)
    firstSequence = try field(BlockLayout.firstSequenceOffset, UInt64.self)
    kinds.low = try field(BlockLayout.kindsOffset, UInt64.self)
    kinds.high = try field(BlockLayout.kindsOffset + 8, UInt64.self)
    codec = try field(BlockLayout.codecOffset, UInt16.self)
    key = try field(BlockLayout.keyOffset, UInt16.self)
    directoryLength = Int(try field(BlockLayout.directoryLengthOffset, UInt32.self))
    storedLength = Int(try field(BlockLayout.storedLengthOffset, UInt32.self))
    dataLength = Int(try field(BlockLayout.dataLengthOffset, UInt32.self))
    let digestStart = BlockLayout.frameStart + BlockLayout.digestOffset
    digest = bytes.extracting(digestStart..<(digestStart + 32)).array
    let needed = end + directoryLength + storedLength + 4
    guard totalLength >= needed, totalLength % 4 == 0, totalLength <= BlockLayout.blockLimit else {
      throw .invalid(offset: offset + 4, what: "block length", value: UInt64(totalLength))
    }
    guard dataLength <= BlockLayout.blockLimit, rowCount <= BlockLayout.rowLimit else {
      throw .invalid(offset: offset, what: "data length or row count", value: UInt64(max(dataLength, Int(rowCount))))
    }
  }

  func entry(at offset: UInt64) -> BlockEntry {
    BlockEntry(
      type: type, offset: offset, length: UInt32(totalLength), container: container, lane: lane,
      firstTime: BootTime(nanoseconds: firstTime), lastTime: BootTime(nanoseconds: lastTime), rowCount: rowCount,
      firstSequence: firstSequence, digest: digest, kinds: kinds)
  }
}
