internal import Bytes
internal import Events

/// Rows of one table, column by column. A row may leave columns out.
///
/// For dictionaries and tables; the rows of events have ``EventBlockBuilder``.
final class TableBuilder {
  let table: TableID
  private(set) var rowCount = 0
  /// Grows with the columns that are used: most tables have few.
  private var columns: UnsafeMutablePointer<Column>
  private var columnCapacity = 8
  private(set) var columnCount = 0
  private static let columnLimit = 48

  /// Longer byte strings are cut: a value must fit in a block together with others.
  static let valueLimit = 32_768
  /// And all those of one row together: a page that is not full has room for a row.
  private static let rowLimit = 112 * 1024
  private var roomInRow = rowLimit

  struct Column: ~Copyable {
    var values: ColumnBuffer
    /// One bit a row, for rows up to the last that has a value.
    var presence = ByteBuffer()
  }

  init(_ table: TableID) {
    self.table = table
    columns = .allocate(capacity: columnCapacity)
  }

  deinit {
    columns.deinitialize(count: columnCount)
    columns.deallocate()
  }

  func set(_ column: ColumnID, _ value: some BinaryInteger) {
    place(of: column, .planes).pointee.values.append(Int64(truncatingIfNeeded: value))
  }

  func set(_ column: ColumnID, _ value: (some BinaryInteger)?) {
    if let value { set(column, value) }
  }

  func set(_ column: ColumnID, _ bytes: UnsafeRawBufferPointer, limit: Int = valueLimit) {
    let cut = UnsafeRawBufferPointer(rebasing: bytes.prefix(min(limit, roomInRow)))
    roomInRow -= cut.count
    place(of: column, .bytes).pointee.values.append(cut)
  }

  func set(_ column: ColumnID, _ bytes: [UInt8]?) {
    if let bytes { bytes.withUnsafeBytes { set(column, $0) } }
  }

  func set(_ column: ColumnID, _ string: String?) {
    if var string { string.withUTF8 { set(column, UnsafeRawBufferPointer($0)) } }
  }

  func endRow() {
    rowCount += 1
    roomInRow = Self.rowLimit
  }

  var lengthBound: Int {
    var length = 0
    for index in 0..<columnCount {
      length += columns[index].values.lengthBound + (rowCount + 7) / 8 + ColumnImage.directoryLength
    }
    return length
  }

  var memoryInBytes: Int {
    var length = columnCapacity * MemoryLayout<Column>.stride
    for index in 0..<columnCount { length += columns[index].values.memoryInBytes + columns[index].presence.capacity }
    return length
  }

  func removeAll() {
    rowCount = 0
    for index in 0..<columnCount {
      columns[index].values.removeAll()
      columns[index].presence.removeAll()
    }
  }

  private func place(of column: ColumnID, _ encoding: ColumnEncoding) -> UnsafeMutablePointer<Column> {
    var index = 0
    while index < columnCount, columns[index].values.column != column { index += 1 }
    if index == columnCount {
      precondition(columnCount < Self.columnLimit, "a table has more columns than \(Self.columnLimit)")
      if columnCount == columnCapacity { makeRoomForColumns() }
      (columns + index).initialize(to: Column(values: ColumnBuffer(column, encoding)))
      columnCount += 1
    }
    let place = columns + index
    let byte = rowCount / 8
    while place.pointee.presence.count <= byte { place.pointee.presence.append(littleEndian: UInt8(0)) }
    (place.pointee.presence.base + byte).assumingMemoryBound(to: UInt8.self).pointee |= 1 << UInt8(rowCount & 7)
    return place
  }

  private func makeRoomForColumns() {
    let capacity = min(columnCapacity * 2, Self.columnLimit)
    let bigger = UnsafeMutablePointer<Column>.allocate(capacity: capacity)
    bigger.moveInitialize(from: columns, count: columnCount)
    columns.deallocate()
    columns = bigger
    columnCapacity = capacity
  }

  /// Ends the table: its columns' encoded bytes go to `target`. Columns without a value are left out.
  func finish(into target: inout ByteBuffer) -> TableImage {
    var image = TableImage(table: table, rowCount: rowCount, columns: [])
    for index in 0..<columnCount where columns[index].values.valueCount > 0 {
      let place = columns + index
      let start = target.count
      var presence = ColumnPresence.all
      if place.pointee.values.valueCount < rowCount {
        presence = .bitmap
        while place.pointee.presence.count < (rowCount + 7) / 8 {
          place.pointee.presence.append(littleEndian: UInt8(0))
        }
        target.append(place.pointee.presence.bytes)
      }
      let count = place.pointee.values.valueCount
      let encoding = place.pointee.values.finish(into: &target)
      image.columns.append(
        ColumnImage(
          column: place.pointee.values.column, encoding: encoding, presence: presence, valueCount: count,
          range: start..<target.count))
    }
    return image
  }
}

/// A finished table: what its directory entries say, and where its columns' encoded bytes are.
struct TableImage {
  var table: TableID
  var rowCount: Int
  var columns: [ColumnImage]
  static let directoryLength = 12
}

struct ColumnImage {
  var column: ColumnID
  var encoding: ColumnEncoding
  var presence: ColumnPresence
  var valueCount: Int
  /// In the buffer of encoded bytes.
  var range: Range<Int>
  static let directoryLength = 36
}
