internal import Bytes
internal import Digests
internal import Events
internal import LZ4

/// A whole block, its checksums verified, its directory taken apart. Columns are unpacked when they are asked for.
struct Block {
  struct Table {
    var id: TableID
    var rowCount: Int
    var columns: [StoredColumn] = []

    func column(_ id: ColumnID) -> StoredColumn? { columns.first { $0.id == id } }
  }

  /// A column as its directory entry describes it:
  ///
  /// ```
  ///  0  u16  column id
  ///  2  u8   encoding (ColumnEncoding)
  ///  3  u8   presence (ColumnPresence)
  ///  4  u32  values: rows that have one
  ///  8  u32  encoded length
  ///      ---- up to here digested, followed by SHA-256(salt, encoded bytes)
  /// 12  u32  stored length
  /// 16  u8   codec (StorageCodec)
  /// 17  3    0
  /// 20  16   salt
  /// ```
  struct StoredColumn {
    var id: ColumnID
    var encoding: UInt8
    var presence: UInt8
    var valueCount: Int
    var encodedLength: Int
    var storedLength: Int
    var codec: UInt8
    /// In the block's data.
    var start: Int
    var salt: [UInt8]
  }

  let header: BlockHeader
  let offset: UInt64
  private(set) var tables: [Table] = []
  /// The stored columns, after the block's own codec.
  private let data: [UInt8]

  /// - Parameter bytes: The whole frame.
  init(_ bytes: [UInt8], at offset: UInt64) throws(CaptureError) {
    self.offset = offset
    let span = bytes.span.bytes
    header = try BlockHeader(span, at: offset)
    guard header.totalLength == bytes.count else {
      throw .truncated(offset: offset, needed: UInt64(header.totalLength), available: UInt64(bytes.count))
    }
    guard span.integer(at: bytes.count - 4, as: UInt32.self) == UInt32(bytes.count) else {
      throw .invalid(
        offset: offset + UInt64(bytes.count - 4), what: "second block length",
        value: UInt64(span.integer(at: bytes.count - 4, as: UInt32.self) ?? 0))
    }
    let start = BlockLayout.frameStart + header.headerLength
    let middle = start + header.directoryLength
    let end = middle + header.storedLength
    let sum = CRC32C.checksum(span.extracting(start..<end))
    guard checksumHolds(header.storedChecksum, found: sum) else {
      throw .checksum(offset: offset, what: "block data", expected: header.storedChecksum, found: sum)
    }
    for place in end..<(bytes.count - 4) where bytes[place] != 0 {
      throw .invalid(offset: offset + UInt64(place), what: "padding", value: UInt64(bytes[place]))
    }
    guard header.key == 0 else { throw .unsupported(offset: offset, what: "key id", value: UInt64(header.key)) }
    let stored = span.extracting(middle..<end)
    switch StorageCodec(rawValue: UInt8(clamping: header.codec)) {
    case StorageCodec.none?: data = stored.array
    case .lz4?:
      guard let plain = LZ4.decompress(stored, count: header.dataLength) else {
        throw .invalid(offset: offset, what: "compressed data of length", value: UInt64(header.storedLength))
      }
      data = plain
    default: throw .unsupported(offset: offset, what: "codec", value: UInt64(header.codec))
    }
    do {
      tables = try Self.tables(span.extracting(start..<middle), count: header.tableCount, dataLength: data.count)
    } catch {
      throw CaptureError(error, at: offset + UInt64(start))
    }
  }

  private static func tables(_ directory: RawSpan, count: Int, dataLength: Int) throws(ByteError) -> [Table] {
    guard count > 0 else { return [] }
    var reader = ByteReader(directory)
    let tableLength = Int(try reader.read(UInt16.self))
    let columnLength = Int(try reader.read(UInt16.self))
    guard tableLength >= TableImage.directoryLength else {
      throw .invalid(at: 0, what: "length of a table entry", value: UInt64(tableLength))
    }
    guard columnLength >= ColumnImage.directoryLength else {
      throw .invalid(at: 2, what: "length of a column entry", value: UInt64(columnLength))
    }
    var tables: [Table] = []
    var columnCounts: [Int] = []
    for _ in 0..<count {
      let at = reader.offset
      var entry = ByteReader(try reader.readBytes(tableLength))
      let id = TableID(rawValue: try entry.read(UInt16.self))
      columnCounts.append(Int(try entry.read(UInt16.self)))
      let rows = try entry.read(UInt32.self)
      guard rows <= BlockLayout.rowLimit else { throw .invalid(at: at, what: "row count", value: UInt64(rows)) }
      tables.append(Table(id: id, rowCount: Int(rows)))
    }
    var start = 0
    for index in tables.indices {
      for _ in 0..<columnCounts[index] {
        let at = reader.offset
        var entry = ByteReader(try reader.readBytes(columnLength))
        let id = ColumnID(rawValue: try entry.read(UInt16.self))
        let encoding = try entry.read(UInt8.self)
        let presence = try entry.read(UInt8.self)
        let valueCount = Int(try entry.read(UInt32.self))
        let encodedLength = Int(try entry.read(UInt32.self))
        let storedLength = Int(try entry.read(UInt32.self))
        let codec = try entry.read(UInt8.self)
        try entry.skip(3)
        let salt = try entry.readBytes(16).array
        guard valueCount <= tables[index].rowCount, presence != 0 || valueCount == tables[index].rowCount else {
          throw .invalid(at: at + 4, what: "count of values", value: UInt64(valueCount))
        }
        guard encodedLength <= BlockLayout.blockLimit else {
          throw .invalid(at: at + 8, what: "encoded length", value: UInt64(encodedLength))
        }
        guard storedLength <= dataLength - start else {
          throw .truncated(at: at + 12, needed: storedLength, available: dataLength - start)
        }
        tables[index].columns.append(
          StoredColumn(
            id: id, encoding: encoding, presence: presence, valueCount: valueCount, encodedLength: encodedLength,
            storedLength: storedLength, codec: codec, start: start, salt: salt))
        start += storedLength
      }
    }
    return tables
  }

  func table(_ id: TableID) -> Table? { tables.first { $0.id == id } }

  func storedBytes(_ column: StoredColumn) -> [UInt8] {
    Array(data[column.start..<(column.start + column.storedLength)])
  }

  /// A column's encoded bytes; nil when they were taken out and only their digest is left.
  func encodedBytes(_ column: StoredColumn) throws(ByteError) -> [UInt8]? {
    let stored = data.span.bytes.extracting(column.start..<(column.start + column.storedLength))
    switch StorageCodec(rawValue: column.codec) {
    case StorageCodec.none?:
      guard column.storedLength == column.encodedLength else {
        throw .invalid(at: column.start, what: "stored length", value: UInt64(column.storedLength))
      }
      return stored.array
    case .lz4?:
      guard let plain = LZ4.decompress(stored, count: column.encodedLength) else {
        throw .invalid(at: column.start, what: "compressed column of length", value: UInt64(column.storedLength))
      }
      return plain
    case .tombstone?: return nil
    case nil: throw .invalid(at: column.start, what: "codec", value: UInt64(column.codec))
    }
  }
}

extension CaptureError {
  /// - Parameter offset: Where in the file the bytes begin that the error counts from.
  init(_ error: ByteError, at offset: UInt64) {
    switch error {
    case .truncated(let at, let needed, let available):
      self = .truncated(
        offset: offset + UInt64(clamping: at), needed: UInt64(clamping: needed), available: UInt64(clamping: available))
    case .invalid(let at, let what, let value):
      self = .invalid(offset: offset + UInt64(clamping: at), what: what, value: value)
    }
  }
}
