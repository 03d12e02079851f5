internal import Bytes
internal import Events

/// Where a reader of an event block stands, and its columns.
struct EventCursor {
  let rowCount: Int
  let processes: [BlockProcess]
  private(set) var damagedColumns: Set<ColumnID> = []
  private(set) var row = -1

  private let block: Block
  private let events: Block.Table
  private let strings: BytesColumn?
  private let fileTable: TableReader?
  private var files: [BlockFile]?

  private var times: IntegerColumn
  private var processIndexes: IntegerColumn
  private var threads: IntegerColumn
  private var kinds: IntegerColumn
  private var results: IntegerColumn
  private var flagBits: IntegerColumn
  private var cpus: IntegerColumn
  private var shapeIndexes: IntegerColumn
  /// Of each shape, where its columns stand in ``shapePlaces`` and ``shapeIDs``.
  private let shapes: [Range<Int>]
  /// Places in `arguments`, and their columns' numbers.
  private let shapePlaces: [Int]
  private let shapeIDs: [UInt16]
  /// Of each shape, its arguments' ids.
  private let shapeColumns: [[ColumnID]]
  private var shape = -1
  /// How many rows of each shape were passed over.
  private var shapeCounts: [Int] = []

  private var arguments: [Argument]

  private struct Argument {
    let stored: Block.StoredColumn
    /// How many rows before this one have a value.
    var position = 0
    var values: IntegerColumn?
    var bytes: BytesColumn?
    var isOpen = false
  }

  init(_ block: Block) throws(ByteError) {
    self.block = block
    guard let events = block.table(.events) else { throw .invalid(at: 0, what: "count of tables", value: 0) }
    self.events = events
    rowCount = events.rowCount
    func standard(_ id: ColumnID) throws(ByteError) -> IntegerColumn {
      // A column that was redacted, or that a writer left out, reads as zeros.
      guard let stored = events.column(id), let bytes = try block.encodedBytes(stored) else {
        return try IntegerColumn(
          [UInt8](repeating: 0, count: 8), from: 0, encoding: ColumnEncoding.constant.rawValue, count: events.rowCount)
      }
      guard stored.presence == ColumnPresence.all.rawValue else {
        throw .invalid(at: stored.start, what: "presence of a standard column", value: UInt64(stored.presence))
      }
      return try IntegerColumn(bytes, from: 0, encoding: stored.encoding, count: stored.valueCount)
    }
    times = try standard(.time)
    processIndexes = try standard(.process)
    threads = try standard(.thread)
    kinds = try standard(.kind)
    results = try standard(.result)
    flagBits = try standard(.flags)
    cpus = try standard(.cpu)
    shapeIndexes = try standard(.shape)
    strings = try block.strings()
    fileTable = try TableReader(block, .files)
    processes = try TableReader(block, .processes).map { table throws(ByteError) in try BlockProcess.rows(table) } ?? []

    arguments = events.columns.filter { $0.presence == ColumnPresence.byShape.rawValue }
      .sorted { $0.id.rawValue < $1.id.rawValue }.map { Argument(stored: $0) }
    var places: [ColumnID: Int] = [:]
    for (place, argument) in arguments.enumerated() { places[argument.stored.id] = place }
    var shapes: [[Int]] = []
    if let table = try TableReader(block, .shapes) {
      var lists = try table.bytes(.columnList)
      for row in 0..<table.rowCount {
        let list = lists[row] ?? []
        var found: [Int] = []
        for index in stride(from: 0, to: list.count - 1, by: 2) {
          let id = ColumnID(rawValue: UInt16(list[index]) | UInt16(list[index + 1]) << 8)
          // A column twice in one shape would count its values twice.
          if let place = places[id], !found.contains(place) { found.append(place) }
        }
        shapes.append(found.sorted())
      }
    }
    let ids = arguments.map(\.stored.id)
    var ranges: [Range<Int>] = []
    var flat: [Int] = []
    for places in shapes {
      ranges.append(flat.count..<flat.count + places.count)
      flat += places
    }
    self.shapes = ranges
    shapePlaces = flat
    shapeIDs = flat.map { ids[$0].rawValue }
    shapeColumns = shapes.map { places in places.compactMap { ids[$0] == .call ? nil : ids[$0] } }
  }

  mutating func next() -> Bool {
    guard row + 1 < rowCount else { return false }
    if shape >= 0 { for index in shapes[shape] { arguments[shapePlaces[index]].position += 1 } }
    row += 1
    let number = shapeIndexes.value(at: row) ?? -1
    shape = number >= 0 && number < Int64(shapes.count) ? Int(number) : -1
    return true
  }

  /// The next row of one of these kinds: columns of rows in between are not looked at, but for what says where values stand.
  mutating func next(in mask: KindMask) -> Bool {
    guard next() else { return false }
    if mask.contains(kinds.value(at: row) ?? 0) { return true }
    if shapeCounts.isEmpty { shapeCounts = Array(repeating: 0, count: shapes.count) }
    if shape >= 0 { shapeCounts[shape] += 1 }
    row += 1
    while row < rowCount, !mask.contains(kinds.value(at: row) ?? 0) {
      let number = shapeIndexes.value(at: row) ?? -1
      if number >= 0, number < Int64(shapeCounts.count) { shapeCounts[Int(number)] += 1 }
      row += 1
    }
    for (number, count) in shapeCounts.enumerated() where count > 0 {
      for index in shapes[number] { arguments[shapePlaces[index]].position += count }
      shapeCounts[number] = 0
    }
    guard row < rowCount else {
      row = rowCount - 1
      shape = -1
      return false
    }
    let number = shapeIndexes.value(at: row) ?? -1
    shape = number >= 0 && number < Int64(shapes.count) ? Int(number) : -1
    return true
  }

  // Numbers of the row, zero where the column was taken out.
  var time: Int64 { mutating get { times.value(at: row) ?? 0 } }
  var processIndex: Int64 { mutating get { processIndexes.value(at: row) ?? 0 } }
  var thread: Int64 { mutating get { threads.value(at: row) ?? 0 } }
  var kind: Int64 { mutating get { kinds.value(at: row) ?? 0 } }
  var result: Int64 { mutating get { results.value(at: row) ?? 0 } }
  var flags: Int64 { mutating get { flagBits.value(at: row) ?? 0 } }
  var cpu: Int64 { mutating get { cpus.value(at: row) ?? 0 } }

  var columns: [ColumnID] { shape >= 0 ? shapeColumns[shape] : [] }

  mutating func value(_ column: ColumnID) -> Int64? {
    guard let place = place(of: column) else { return nil }
    let position = arguments[place].position
    return arguments[place].values?.value(at: position)
  }

  mutating func bytes(_ column: ColumnID) -> [UInt8]? {
    guard let place = place(of: column) else { return nil }
    let position = arguments[place].position
    if let bytes = arguments[place].bytes { return bytes[position] }
    guard let index = arguments[place].values?.value(at: position) else { return nil }
    return Int(exactly: index).flatMap { strings?[$0] }
  }

  mutating func file(_ column: ColumnID) -> BlockFile? {
    guard let index = value(column), let place = Int(exactly: index) else { return nil }
    if files == nil { openFiles() }
    guard let files, files.indices.contains(place) else { return nil }
    return files[place]
  }

  private mutating func openFiles() {
    do { files = try fileTable.map { table throws(ByteError) in try BlockFile.rows(table) } ?? [] } catch {
      damagedColumns.insert(.file)
      files = []
    }
  }

  /// Where `column` is among the row's arguments, unpacked.
  private mutating func place(of column: ColumnID) -> Int? {
    guard shape >= 0, row >= 0 else { return nil }
    for index in shapes[shape] where shapeIDs[index] == column.rawValue {
      let place = shapePlaces[index]
      if !arguments[place].isOpen { open(place) }
      return place
    }
    return nil
  }

  private mutating func open(_ place: Int) {
    let stored = arguments[place].stored
    arguments[place].isOpen = true
    do {
      guard let bytes = try block.encodedBytes(stored) else { return }
      if stored.encoding == ColumnEncoding.bytes.rawValue {
        arguments[place].bytes = try BytesColumn(bytes, from: 0, encoding: stored.encoding, count: stored.valueCount)
      } else {
        arguments[place].values = try IntegerColumn(bytes, from: 0, encoding: stored.encoding, count: stored.valueCount)
      }
    } catch {
      damagedColumns.insert(stored.id)
    }
  }
}

extension BlockProcess {
  fileprivate static func rows(_ table: TableReader) throws(ByteError) -> [BlockProcess] {
    var pids = try table.integers(.pid)
    var starts = try table.integers(.start)
    var comms = try table.bytes(.comm)
    var executables = try table.bytes(.executable)
    var namespacePIDs = try table.integers(.namespacePID)
    return (0..<table.rowCount).map { row in
      BlockProcess(
        key: ProcessKey(pid: pids.exactly(row) ?? 0, start: starts.time(row) ?? BootTime(nanoseconds: 0)),
        comm: comms[row] ?? [], executable: executables[row], namespacePID: namespacePIDs.exactly(row))
    }
  }
}

extension BlockFile {
  static func rows(_ table: TableReader) throws(ByteError) -> [BlockFile] {
    var ids = try table.integers(.fileID)
    var inodes = try table.integers(.inode)
    var devices = try table.integers(.device)
    var types = try table.integers(.fileType)
    var modes = try table.integers(.fileMode)
    var paths = try table.bytes(.filePath)
    var locals = try table.bytes(.localAddress)
    var remotes = try table.bytes(.remoteAddress)
    var cookies = try table.integers(.socketCookie)
    var namespaces = try table.integers(.networkNamespace)
    var socketTypes = try table.integers(.socketType)
    var protocols = try table.integers(.networkProtocol)
    var openFlags = try table.integers(.fileFlags)
    var peers = try table.integers(.peerInode)
    return (0..<table.rowCount).map { row in
      BlockFile(
        id: FileID(rawValue: ids.unsigned(row) ?? 0), inode: inodes.unsigned(row) ?? 0,
        device: devices.exactly(row) ?? 0,
        type: FileType(rawValue: types.exactly(row) ?? 0), mode: modes.exactly(row) ?? 0, path: paths[row],
        localAddress: locals[row].flatMap(SocketAddress.init(encoded:)),
        remoteAddress: remotes[row].flatMap(SocketAddress.init(encoded:)), socketCookie: cookies.unsigned(row),
        networkNamespace: namespaces.exactly(row), socketType: socketTypes.exactly(row),
        networkProtocol: protocols.exactly(row), openFlags: openFlags.exactly(row), peerInode: peers.unsigned(row))
    }
  }
}
