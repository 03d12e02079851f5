internal import Bytes
internal import Digests
internal import Events

/// The rows of an open block. Held by pointer, not in a class's properties, whose every access is checked for exclusivity.
///
/// At first they are bytes in a ``RowLog``: a stream in which little happens never takes more than some kilobytes. Where
/// much happens they become columns, which are faster, and too large for the thousands of streams of a large host.
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
    /// Of slots from 128 on.
    var top: UInt64
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

  /// The rows until they are columns.
  private var log = RowLog()
  private(set) var isLogging = true
  /// A log of this length is a block, where it took long to become so long.
  private static let logLimit = 4096
  private static let stringLimitOfLog = 16_384
  /// Where it did not, it becomes columns at so many times that length: the start of a program is a hundred calls at once,
  /// which as columns would take fifty kilobytes of each of a host's containers.
  private static let burst = 4
  private static let quietSpan: UInt64 = 2_000_000_000

  /// By number; those of `initialized` are there. None while the rows are a log.
  private var columns: UnsafeMutablePointer<ColumnBuffer>!
  private static let columnLimit = 192
  private var initialized = Shape(low: 0, high: 0, top: 0, columnCount: 0)
  private var row = Shape(low: 0, high: 0, top: 0, columnCount: 0)
  private var lastShape = Shape(low: 0, high: 0, top: 0, columnCount: 0)
  private var lastShapeIndex = -1
  private var shapes: [Shape] = []
  private static let shapeLimit = 255
  private static let standard: [ColumnID] = [.time, .process, .thread, .kind, .result, .flags, .cpu, .shape]

  private var strings = StringInterner(seed: hashSeed)
  /// Of the open block; none while the rows are a log.
  private var processes: TableBuilder?
  private var files: TableBuilder?
  private var processIndexes: [ProcessVersion: Int] = [:]
  private var fileIndexes: [FileKey: Int] = [:]
  private var processCache: [Cached<ProcessVersion>?] = []
  private var fileCache: [Cached<FileKey>?] = []
  /// While the rows are a log, in the order of their numbers: few enough to be searched.
  private var loggedProcesses: [ProcessVersion] = []
  private var loggedFiles: [FileKey] = []

  /// What the encoded columns can take at most; brought down to what they do take now and then.
  private var bound = 0
  private(set) var secondCounts: [(second: UInt64, count: UInt32)] = []
  private var secondStart: UInt64 = 0
  private var secondEnd: UInt64 = 0
  private var countInSecond: UInt32 = 0

  init(firstSequence: UInt64) { self.firstSequence = firstSequence }

  deinit {
    guard !isLogging else { return }
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
    row = Shape(low: 0, high: 0, top: 0, columnCount: 0)
    firstTime = min(firstTime, time)
    lastTime = max(lastTime, time)
    kinds.insert(kind)
    if isLogging {
      return log.begin(
        RowHead(
          time: time, process: process, thread: thread, kind: kind.rawValue, result: result, flags: flags.rawValue,
          cpu: cpu))
    }
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
    let index = Self.slot(of: column)
    precondition(index < Self.columnLimit)
    if isLogging { return log.set(index, value) }
    if index >= 128 { return setTop(column, index, value) }
    let bit: UInt64 = 1 &<< UInt64(index & 63)
    let isLow = index < 64
    if (isLow ? initialized.low : initialized.high) & bit == 0 { makeColumn(column) }
    if (isLow ? row.low : row.high) & bit != 0 { return columns[index].replaceLast(value) }
    if isLow { row.low |= bit } else { row.high |= bit }
    columns[index].append(value)
  }

  /// A value of a column that holds its values itself: ``ColumnID/payload``. Once a row.
  mutating func set(_ column: ColumnID, bytes: UnsafeRawBufferPointer) {
    let index = Int(column.rawValue)
    precondition(index < 64)
    bound += bytes.count + 16
    if isLogging { return log.set(index, bytes) }
    let bit: UInt64 = 1 &<< UInt64(index)
    if initialized.low & bit == 0 { makeColumn(column) }
    row.low |= bit
    columns[index].append(bytes)
  }

  @inline(never)
  private mutating func setTop(_ column: ColumnID, _ index: Int, _ value: Int64) {
    let bit: UInt64 = 1 &<< UInt64(index & 63)
    if initialized.top & bit == 0 { makeColumn(column) }
    if row.top & bit != 0 { return columns[index].replaceLast(value) }
    row.top |= bit
    columns[index].append(value)
  }

  mutating func insertIntoLastFlags(_ flags: EventFlags) {
    if isLogging { return log.add(flags: flags.rawValue) }
    columns[Place.flags].insertIntoLast(bits: Int64(flags.rawValue))
  }

  @inline(__always)
  mutating func end() {
    if isLogging { return endLogged() }
    if row.low != lastShape.low || row.high != lastShape.high || row.top != lastShape.top || lastShapeIndex < 0 {
      findShape()
    }
    columns[Place.shape].append(Int64(lastShapeIndex))
    rowCount += 1
    bound += (lastShape.columnCount + 8) * 8
    if rowCount & 511 == 0 { tighten() }
  }

  var isFull: Bool {
    mutating get {
      let limit = BlockLayout.rawLimit - 40_960
      if isLogging { return (isLogFull(times: 1) && !isBurst) || bound >= limit }
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
    var total = MemoryLayout<EventRows>.size + strings.memoryInBytes + log.memoryInBytes
    total += (loggedProcesses.capacity + loggedFiles.capacity) * 24
    if isLogging { return total }
    total += Self.columnLimit * MemoryLayout<ColumnBuffer>.stride + shapes.capacity * 24 + secondCounts.capacity * 16
    total += (processes?.memoryInBytes ?? 0) + (files?.memoryInBytes ?? 0)
    total += processIndexes.capacity * 48 + fileIndexes.capacity * 48
    total += processCache.capacity * 40 + fileCache.capacity * 40
    for index in 0..<Self.columnLimit where Self.contains(initialized, index) { total += columns[index].memoryInBytes }
    return total
  }

  private mutating func tighten() {
    if isLogging {
      bound = strings.lengthBound + log.count * 8 + 8192
      return
    }
    var total = strings.lengthBound + shapes.count * 64
    total += (processes?.lengthBound ?? 0) + (files?.lengthBound ?? 0)
    for index in 0..<Self.columnLimit where Self.contains(initialized, index) { total += columns[index].lengthBound }
    bound = total
  }

  @inline(never)
  private mutating func findShape() {
    let wanted = row
    lastShape = wanted
    lastShape.columnCount =
      wanted.low.nonzeroBitCount + wanted.high.nonzeroBitCount + wanted.top.nonzeroBitCount
    if let index = shapes.firstIndex(where: {
      $0.low == wanted.low && $0.high == wanted.high && $0.top == wanted.top
    }) {
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
    let index = Self.slot(of: column)
    let bit: UInt64 = 1 << UInt64(index & 63)
    if index < 64 {
      initialized.low |= bit
    } else if index < 128 {
      initialized.high |= bit
    } else {
      initialized.top |= bit
    }
    let encoding: ColumnEncoding = column == .time ? .deltas : column == .payload ? .bytes : .planes
    (columns + index).initialize(to: ColumnBuffer(column, encoding))
  }

  private static func contains(_ shape: Shape, _ index: Int) -> Bool {
    (index < 64 ? shape.low : index < 128 ? shape.high : shape.top) & (1 << UInt64(index & 63)) != 0
  }

  /// Where a column's bit and buffer are: at its number; those of 176 … 191 and 256 … 303 follow.
  @inline(__always)
  private static func slot(of column: ColumnID) -> Int {
    let number = Int(column.rawValue)
    return number < 128 ? number : slotBeyond(number)
  }

  @inline(never)
  private static func slotBeyond(_ number: Int) -> Int {
    switch number {
    case 176..<192: number - 48
    case 256..<304: number - 112
    default: .max
    }
  }

  /// Whether a row can have the column as an argument.
  static func holds(_ column: ColumnID) -> Bool { slot(of: column) < columnLimit && !standard.contains(column) }

  private static func column(of slot: Int) -> ColumnID {
    ColumnID(rawValue: UInt16(slot < 128 ? slot : slot < 144 ? slot + 48 : slot + 112))
  }

  // MARK: From log to columns

  private func isLogFull(times count: Int) -> Bool {
    log.count >= Self.logLimit * count || strings.lengthBound >= Self.stringLimitOfLog * count
  }
  private var isBurst: Bool { lastTime &- firstTime < Self.quietSpan }

  @inline(never)
  private mutating func endLogged() {
    rowCount += 1
    tighten()
    if isLogFull(times: Self.burst), isBurst { unfold() }
  }

  /// Makes columns of the logged rows. Between rows only.
  @inline(never)
  private mutating func unfold() {
    var logged = RowLog()
    swap(&logged, &log)
    isLogging = false
    columns = .allocate(capacity: Self.columnLimit)
    for column in Self.standard { makeColumn(column) }
    let processes = TableBuilder(.processes)
    let files = TableBuilder(.files)
    self.processes = processes
    self.files = files
    for (index, key) in loggedProcesses.enumerated() { processIndexes[key] = index }
    for (index, key) in loggedFiles.enumerated() { fileIndexes[key] = index }
    loggedProcesses = []
    loggedFiles = []
    processCache = Array(repeating: nil, count: 16)
    fileCache = Array(repeating: nil, count: 32)
    bound = strings.lengthBound
    rowCount = 0
    var isOpen = false
    logged.replay { entry in
      switch entry {
      case .begin(let head):
        if isOpen { end() }
        isOpen = true
        begin(
          time: head.time, process: head.process, thread: head.thread, kind: EventKind(rawValue: head.kind),
          result: head.result, flags: EventFlags(rawValue: head.flags), cpu: head.cpu)
      case .value(let slot, let value): set(Self.column(of: slot), value)
      case .bytes(let slot, let bytes): set(Self.column(of: slot), bytes: bytes)
      case .flags(let flags): insertIntoLastFlags(EventFlags(rawValue: flags))
      case .process(let process): Self.write(process, to: processes)
      case .file(let file): Self.write(file, to: files)
      }
    }
    if isOpen { end() }
    tighten()
  }

  private static func write(_ process: LoggedProcess, to table: TableBuilder) {
    table.set(.pid, process.pid)
    table.set(.start, process.start)
    table.set(.comm, process.comm)
    table.set(.executable, process.executable)
    table.set(.namespacePID, process.namespacePID)
    table.endRow()
  }

  private static func write(_ file: LoggedFile, to table: TableBuilder) {
    for (column, value) in zip(LoggedFile.columns, file.values) { table.set(column, value) }
    table.endRow()
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
    if isLogging { return loggedProcesses.lastIndex(of: key) }
    let slot = Int(key.key.pid) & (processCache.count - 1)
    if let cached = processCache[slot], cached.key == key { return cached.index }
    guard let index = processIndexes[key] else { return nil }
    processCache[slot] = Cached(key: key, index: index)
    return index
  }

  mutating func internProcess(_ key: ProcessVersion, _ process: BlockProcess) -> Int {
    let row = LoggedProcess(
      pid: key.key.pid, start: key.key.start.nanoseconds, comm: intern(process.comm),
      executable: process.executable.map { intern($0) }, namespacePID: process.namespacePID)
    bound += 64
    guard let processes else {
      loggedProcesses.append(key)
      log.define(row)
      return loggedProcesses.count - 1
    }
    let index = processes.rowCount
    Self.write(row, to: processes)
    processIndexes[key] = index
    return index
  }

  mutating func cachedFile(_ key: FileKey) -> Int? {
    if isLogging { return loggedFiles.lastIndex(of: key) }
    // Ids and inodes are both often consecutive: a plain combination of them sends neighbours to one slot. Five bits: 32 slots.
    let slot = Int(truncatingIfNeeded: (key.id &* 0x9E37_79B9_7F4A_7C15 ^ key.inode &* 0xC2B2_AE3D_27D4_EB4F) >> 59)
    if let cached = fileCache[slot], cached.key == key { return cached.index }
    guard let index = fileIndexes[key] else { return nil }
    fileCache[slot] = Cached(key: key, index: index)
    return index
  }

  mutating func internFile(_ key: FileKey, _ file: BlockFile) -> Int {
    let path = file.path.map { UInt64(intern($0)) }
    let local = file.localAddress.map { UInt64(intern($0.encoded)) }
    let remote = file.remoteAddress.map { UInt64(intern($0.encoded)) }
    let row = LoggedFile(values: [
      key.id, key.inode, UInt64(key.device), UInt64(file.type.rawValue), UInt64(file.mode), path, local, remote,
      file.socketCookie, file.networkNamespace.map(UInt64.init), file.socketType.map(UInt64.init),
      file.networkProtocol.map(UInt64.init), file.openFlags.map(UInt64.init), file.peerInode,
    ])
    bound += 120
    guard let files else {
      loggedFiles.append(key)
      log.define(row)
      return loggedFiles.count - 1
    }
    let index = files.rowCount
    Self.write(row, to: files)
    fileIndexes[key] = index
    return index
  }

  // MARK: Sealing

  /// The block's tables; their encoded bytes go to `target`.
  mutating func finish(into target: inout ByteBuffer) -> [TableImage] {
    if isLogging { unfold() }
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
      for index in 0..<Self.columnLimit where Self.contains(shape, index) {
        list.append(littleEndian: Self.column(of: index).rawValue)
      }
      shapeTable.set(.columnList, list)
      shapeTable.endRow()
    }
    return [
      events, shapeTable.finish(into: &target), strings.finish(into: &target), processes!.finish(into: &target),
      files!.finish(into: &target),
    ]
  }
}

/// Different in every run.
private let hashSeed: UInt64 = randomBytes(8).withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
