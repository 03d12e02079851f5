internal import Bytes
internal import Events

/// Rows of a table that is not of events.
struct TableReader {
  let rowCount: Int
  /// Of the file, which the containers that the table names belong to.
  let section: UInt32
  private let block: Block
  private let table: Block.Table
  private let strings: BytesColumn?

  /// Nil when the block has no such table.
  ///
  /// - Parameter section: Of the file, which the containers that it names belong to.
  init?(_ block: Block, _ table: TableID, section: UInt32 = 0) throws(ByteError) {
    guard let found = block.table(table) else { return nil }
    self.section = section
    self.block = block
    self.table = found
    rowCount = found.rowCount
    strings = table == .strings ? nil : try block.strings()
  }

  func container(_ number: UInt32) -> ContainerKey { ContainerKey(rawValue: number).inSection(section) }

  func has(_ column: ColumnID) -> Bool { table.column(column) != nil }

  /// The column's values; one without any when the table does not have it.
  func integers(_ column: ColumnID) throws(ByteError) -> Integers {
    guard let stored = table.column(column), let bytes = try block.encodedBytes(stored) else { return Integers() }
    let places = try Places(bytes, stored, rowCount: rowCount)
    let values = try IntegerColumn(bytes, from: places.end, encoding: stored.encoding, count: stored.valueCount)
    return Integers(places: places, values: values)
  }

  func bytes(_ column: ColumnID) throws(ByteError) -> Strings {
    guard let stored = table.column(column), let bytes = try block.encodedBytes(stored) else { return Strings() }
    if stored.encoding != ColumnEncoding.bytes.rawValue {
      return Strings(indexes: try integers(column), values: strings)
    }
    let places = try Places(bytes, stored, rowCount: rowCount)
    let values = try BytesColumn(bytes, from: places.end, encoding: stored.encoding, count: stored.valueCount)
    return Strings(places: places, values: values)
  }

  /// Which rows have a value, and which one.
  struct Places {
    /// For each row the place of its value, or −1; nil when every row has one.
    private var places: [Int32]?
    /// Where the null map ends.
    let end: Int

    init(_ bytes: [UInt8], _ column: Block.StoredColumn, rowCount: Int) throws(ByteError) {
      switch ColumnPresence(rawValue: column.presence) {
      case .all?:
        places = nil
        end = 0
      case .bitmap?:
        end = (rowCount + 7) / 8
        guard bytes.count >= end else { throw .truncated(at: 0, needed: end, available: bytes.count) }
        var next: Int32 = 0
        var found: [Int32] = []
        found.reserveCapacity(rowCount)
        for row in 0..<rowCount {
          let isThere = bytes[row / 8] & (1 << UInt8(row & 7)) != 0
          found.append(isThere ? next : -1)
          if isThere { next += 1 }
        }
        guard Int(next) == column.valueCount else {
          throw .invalid(at: 0, what: "count of values", value: UInt64(column.valueCount))
        }
        places = found
      default: throw .invalid(at: 0, what: "presence", value: UInt64(column.presence))
      }
    }

    func place(of row: Int) -> Int? {
      guard let places else { return row }
      let place = places[row]
      return place < 0 ? nil : Int(place)
    }
  }

  struct Integers {
    fileprivate var places: Places?
    fileprivate var values: IntegerColumn?

    /// Rows in ascending order are cheap.
    subscript(row: Int) -> Int64? {
      mutating get { places?.place(of: row).flatMap { values?.value(at: $0) } }
    }

    mutating func unsigned(_ row: Int) -> UInt64? { self[row].map { UInt64(bitPattern: $0) } }
    /// Nil also where the number does not fit.
    mutating func exactly<Value: FixedWidthInteger>(_ row: Int, _ type: Value.Type = Value.self) -> Value? {
      self[row].flatMap { Value(exactly: $0) }
    }
    mutating func time(_ row: Int) -> BootTime? { unsigned(row).map(BootTime.init(nanoseconds:)) }
  }

  struct Strings {
    fileprivate var places: Places?
    fileprivate var indexes: Integers?
    fileprivate var values: BytesColumn?
    /// Strings of the block's dictionary that were asked for: the rows that bear one share it.
    private var shared: [[UInt8]?] = []

    fileprivate init(places: Places? = nil, indexes: Integers? = nil, values: BytesColumn? = nil) {
      self.places = places
      self.indexes = indexes
      self.values = values
    }

    subscript(row: Int) -> [UInt8]? {
      mutating get {
        guard let place = place(of: row), let values else { return nil }
        guard indexes != nil, place >= 0, place < values.count else { return values[place] }
        if shared.isEmpty { shared = Array(repeating: nil, count: values.count) }
        if let string = shared[place] { return string }
        let string = values[place]
        shared[place] = string
        return string
      }
    }
    mutating func string(_ row: Int) -> String? { place(of: row).flatMap { values?.string($0) } }

    private mutating func place(of row: Int) -> Int? {
      indexes != nil ? indexes?[row].flatMap { Int(exactly: $0) } : places?.place(of: row)
    }
  }
}

extension Block {
  /// The block's own dictionary of strings.
  func strings() throws(ByteError) -> BytesColumn? {
    guard let stored = table(.strings)?.column(.bytes), let bytes = try encodedBytes(stored) else { return nil }
    return try BytesColumn(bytes, from: 0, encoding: stored.encoding, count: stored.valueCount)
  }
}
