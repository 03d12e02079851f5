internal import Bytes
internal import Digests
internal import Events

/// The rows of an open block. Held by pointer, not in a class's properties, whose every access is checked for exclusivity.
struct EventRows: ~Copyable {
  /// A process from one exec to the next.
  struct ProcessVersion: Hashable {
    var key: ProcessKey
    var generation: UInt32
  }
  struct FileKey: Hashable {
    var id: UInt64
    var inode: UInt64
    var device: UInt32
  }
  /// The columns that a row has beside those that all have: one bit each.
  struct Shape {
    var low: UInt64
    var high: UInt64
    var columnCount: Int
  }
  /// The numbers of the standard columns as constants: those of ``ColumnID`` are fetched through a call each time.
  private enum Place {
    static var time: Int { 1 }
    static var process: Int { 2 }
    static var thread: Int { 3 }
    static var kind: Int { 4 }
    static var result: Int { 6 }
    static var flags: Int { 7 }
    static var cpu: Int { 8 }
    static var shape: Int { 9 }
  }
  private struct Cached<Key> {
    var key: Key
    var index: Int
  }

  let firstSequence: UInt64
  private(set) var rowCount = 0
  private(set) var firstTime = UInt64.max
  private(set) var lastTime: UInt64 = 0
  private(set) var kinds = KindSet()

  /// By number; those of `initialized` are there.
  private let columns: UnsafeMutablePointer<ColumnBuffer>
  private static let columnLimit = 128
  private var initialized = Shape(low: 0, high: 0, columnCount: 0)
  private var row = Shape(low: 0, high: 0, columnCount: 0)
  private var lastShape = Shape(low: 0, high: 0, columnCount: 0)
  private var lastShapeIndex = -1
  private var shapes: [Shape] = []
  private static let shapeLimit = 255
  private static let standard: [ColumnID] = [.time, .process, .thread, .kind, .result, .flags, .cpu, .shape]

  private var strings = StringInterner(seed: hashSeed)
  private let processes = TableBuilder(.processes)
  private let files = TableBuilder(.files)
  private var processIndexes: [ProcessVersion: Int] = [:]
  private var fileIndexes: [FileKey: Int] = [:]
  private var processCache: [Cached<ProcessVersion>?] = Array(repeating: nil, count: 16)
  private var fileCache: [Cached<FileKey>?] = Array(repeating: nil, count: 32)

  /// What the encoded columns can take at most; brought down to what they do take now and then.
  private var bound = 0
  private(set) var secondCounts: [(second: UInt64, count: UInt32)] = []
  private var secondStart: UInt64 = 0
  private var secondEnd: UInt64 = 0
  private var countInSecond: UInt32 = 0

  init(firstSequence: UInt64) {
    self.firstSequence = firstSequence
    columns = .allocate(capacity: Self.columnLimit)
    for column in Self.standard { makeColumn(column) }
  }

  deinit {
    for index in 0..<Self.columnLimit where Self.contains(initialized, index) {
      (columns + index).deinitialize(count: 1)
    }
    columns.deallocate()
  }

  // MARK: Rows

  @inline(__always)
  mutating func begin(
    time: UInt64, process: Int, thread: UInt32, kind: EventKind, result: Int64, flags: EventFlags, cpu: UInt16
  ) {
    precondition(bound <= BlockLayout.rawLimit && rowCount < BlockLayout.rowLimit, "a full block is sealed first")
    row = Shape(low: 0, high: 0, columnCount: 0)
    firstTime = min(firstTime, time)
    lastTime = max(lastTime, time)
    kinds.insert(kind)
    columns[Place.time].append(Int64(bitPattern: time))
    columns[Place.process].append(Int64(process))
    columns[Place.thread].append(Int64(thread))
    columns[Place.kind].append(Int64(kind.rawValue))
    columns[Place.result].append(result)
    columns[Place.flags].append(Int64(flags.rawValue))
    columns[Place.cpu].append(Int64(cpu))
    if time < secondStart || time >= secondEnd { beginSecond(of: time) }
    countInSecond += 1
  }

  @inline(__always)
  mutating func set(_ column: ColumnID, _ value: Int64) {
    let index = Int(column.rawValue)
    precondition(index < Self.columnLimit)
    let bit: UInt64 = 1 &<< UInt64(index & 63)
    let isLow = index < 64
    if (isLow ? initialized.low : initialized.high) & bit == 0 { makeColumn(column) }
    if (isLow ? row.low : row.high) & bit != 0 { return columns[index].replaceLast(value) }
    if isLow { row.low |= bit } else { row.high |= bit }
    columns[index].append(value)
  }

  func insertIntoLastFlags(_ flags: EventFlags) {
    columns[Place.flags].insertIntoLast(bits: Int64(flags.rawValue))
  }

  @inline(__always)
  mutating func end() {
    if row.low != lastShape.low || row.high != lastShape.high || lastShapeIndex < 0 { findShape() }
    columns[Place.shape].append(Int64(lastShapeIndex))
    rowCount += 1
    bound += (lastShape.columnCount + 8) * 8
    if rowCount & 511 == 0 { tighten() }
  }

  var isFull: Bool {
    mutating get {
      let limit = BlockLayout.rawLimit - 40_960
      if rowCount >= BlockLayout.rowLimit || shapes.count >= Self.shapeLimit { return true }
      if bound < limit { return false }
      tighten()
      return bound >= limit
    }
  }

  var lengthBound: Int {
    mutating get {
      tighten()
      return bound
    }
  }

  var roomForString: Int { max(0, BlockLayout.rawLimit - bound - 4096) }

  var memoryInBytes: Int {
    var total = strings.memoryInBytes + processes.memoryInBytes + files.memoryInBytes + 4096
    total += processIndexes.capacity * 32 + fileIndexes.capacity * 40
    for index in 0..<Self.columnLimit where Self.contains(initialized, index) { total += columns[index].memoryInBytes }
    return total
  }

  private mutating func tighten() {
    var total = strings.lengthBound + processes.lengthBound + files.lengthBound + shapes.count * 64
    for index in 0..<Self.columnLimit where Self.contains(initialized, index) { total += columns[index].lengthBound }
    bound = total
  }

  @inline(never)
  private mutating func findShape() {
    let wanted = row
    lastShape = wanted
    lastShape.columnCount = wanted.low.nonzeroBitCount + wanted.high.nonzeroBitCount
    if let index = shapes.firstIndex(where: { $0.low == wanted.low && $0.high == wanted.high }) {
      lastShapeIndex = index
      return
    }
    shapes.append(lastShape)
    lastShapeIndex = shapes.count - 1
  }

  @inline(never)
  private mutating func beginSecond(of time: UInt64) {
    endSecond()
    secondStart = time / 1_000_000_000 * 1_000_000_000
    secondEnd = secondStart &+ 1_000_000_000
  }

  private mutating func endSecond() {
    if countInSecond > 0 { secondCounts.append((secondStart / 1_000_000_000, countInSecond)) }
    countInSecond = 0
  }

  @inline(never)
  private mutating func makeColumn(_ column: ColumnID) {
    let index = Int(column.rawValue)
    let bit: UInt64 = 1 << UInt64(index & 63)
    if index < 64 { initialized.low |= bit } else { initialized.high |= bit }
    (columns + index).initialize(to: ColumnBuffer(column, column == .time ? .deltas : .planes))
  }

  private static func contains(_ shape: Shape, _ index: Int) -> Bool {
    (index < 64 ? shape.low : shape.high) & (1 << UInt64(index & 63)) != 0
  }

  // MARK: Dictionaries

  mutating func intern(_ string: UnsafeRawBufferPointer) -> Int {
    let before = strings.lengthBound
    let index = strings.index(of: string)
    bound += strings.lengthBound - before
    return index
  }

  private mutating func intern(_ string: [UInt8]) -> Int {
    string.withUnsafeBytes { intern(UnsafeRawBufferPointer(rebasing: $0.prefix(roomForString))) }
  }

  mutating func cachedProcess(_ key: ProcessVersion) -> Int? {
    let slot = Int(key.key.pid) & (processCache.count - 1)
    if let cached = processCache[slot], cached.key == key { return cached.index }
    guard let index = processIndexes[key] else { return nil }
    processCache[slot] = Cached(key: key, index: index)
    return index
  }

  mutating func internProcess(_ key: ProcessVersion, _ process: BlockProcess) -> Int {
    let index = processes.rowCount
    processes.set(.pid, key.key.pid)
    processes.set(.start, key.key.start.nanoseconds)
    processes.set(.comm, intern(process.comm))
    processes.set(.executable, process.executable.map { intern($0) })
    processes.set(.namespacePID, process.namespacePID)
    processes.endRow()
    bound += 48
    processIndexes[key] = index
    return index
  }

  mutating func cachedFile(_ key: FileKey) -> Int? {
    // Ids and inodes are both often consecutive: a plain combination of them sends neighbours to one slot. Five bits: 32 slots.
    let slot = Int(truncatingIfNeeded: (key.id &* 0x9E37_79B9_7F4A_7C15 ^ key.inode &* 0xC2B2_AE3D_27D4_EB4F) >> 59)
    if let cached = fileCache[slot], cached.key == key { return cached.index }
    guard let index = fileIndexes[key] else { return nil }
    fileCache[slot] = Cached(key: key, index: index)
    return index
  }

  mutating func internFile(_ key: FileKey, _ file: BlockFile) -> Int {
    let index = files.rowCount
    files.set(.fileID, key.id)
    files.set(.inode, key.inode)
    files.set(.device, key.device)
    files.set(.fileType, file.type.rawValue)
    files.set(.fileMode, file.mode)
    files.set(.filePath, file.path.map { intern($0) })
    files.set(.localAddress, file.localAddress.map { intern($0.encoded) })
    files.set(.remoteAddress, file.remoteAddress.map { intern($0.encoded) })
    files.set(.socketCookie, file.socketCookie)
    files.set(.networkNamespace, file.networkNamespace)
    files.set(.socketType, file.socketType)
    files.set(.networkProtocol, file.networkProtocol)
    files.set(.fileFlags, file.openFlags)
    files.set(.peerInode, file.peerInode)
    files.endRow()
    bound += 120
    fileIndexes[key] = index
    return index
  }

  // MARK: Sealing

  /// The block's tables; their encoded bytes go to `target`.
  mutating func finish(into target: inout ByteBuffer) -> [TableImage] {
    endSecond()
    var events = TableImage(table: .events, rowCount: rowCount, columns: [])
    for index in 0..<Self.columnLimit where Self.contains(initialized, index) {
      let column = columns + index
      let start = target.count
      let count = column.pointee.valueCount
      let encoding = column.pointee.finish(into: &target)
      events.columns.append(
        ColumnImage(
          column: column.pointee.column, encoding: encoding,
          presence: Self.standard.contains(column.pointee.column) ? .all : .byShape, valueCount: count,
          range: start..<target.count))
    }
    let shapeTable = TableBuilder(.shapes)
    for shape in shapes {
      var list: [UInt8] = []
      for index in 0..<Self.columnLimit where Self.contains(shape, index) { list.append(littleEndian: UInt16(index)) }
      shapeTable.set(.columnList, list)
      shapeTable.endRow()
    }
    return [
      events, shapeTable.finish(into: &target), strings.finish(into: &target), processes.finish(into: &target),
      files.finish(into: &target),
    ]
  }
}

/// Different in every run.
private let hashSeed: UInt64 = randomBytes(8).withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
