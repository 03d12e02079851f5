internal import Bytes
public import Events

/// One open stream: rows are encoded as they come, so that what is open takes little more memory than what is sealed.
///
/// For each event: ``beginRow(time:process:thread:kind:call:result:flags:cpu:)``, a `set` for each argument it has,
/// ``endRow()``; then ``seal()`` when ``isFull``. Not safe to use from two threads at once.
public final class EventBlockBuilder {
  public let stream: StreamKey
  private let assembler: BlockAssembler
  private let rows: UnsafeMutablePointer<EventRows>

  /// - Parameter assembler: Holds the large buffers that sealing needs: share one among a thread's builders.
  public init(stream: StreamKey, firstSequence: UInt64, assembler: BlockAssembler = BlockAssembler()) {
    self.stream = stream
    self.assembler = assembler
    rows = .allocate(capacity: 1)
    rows.initialize(to: EventRows(firstSequence: firstSequence))
  }

  deinit {
    rows.deinitialize(count: 1)
    rows.deallocate()
  }

  public var rowCount: Int { rows.pointee.rowCount }
  /// Of the rows so far.
  public var kinds: KindSet { rows.pointee.kinds }
  public var firstTime: BootTime { BootTime(nanoseconds: rowCount == 0 ? 0 : rows.pointee.firstTime) }
  public var lastTime: BootTime { BootTime(nanoseconds: rows.pointee.lastTime) }
  /// The youngest row's, also of what was sealed.
  public var latestTime: BootTime { max(sealedTime, lastTime) }
  private var sealedTime = BootTime(nanoseconds: 0)
  /// Of the next row.
  public var nextSequence: UInt64 { rows.pointee.firstSequence + UInt64(rowCount) }
  /// Never less than what the columns will take before compression.
  public var estimatedRawLength: Int { rows.pointee.lengthBound }
  /// Bytes of memory that its buffers take.
  public var memoryInBytes: Int { rows.pointee.memoryInBytes }
  /// Little happened so far: the rows take little more memory than their bytes.
  public var isCompact: Bool { rows.pointee.isLogging }
  /// Seal before another row.
  public var isFull: Bool { rows.pointee.isFull }

  /// Begins a row.
  ///
  /// - Parameter process: What ``internProcess(_:generation:describe:)`` answered, since the last ``seal()``.
  /// - Parameter call: Nil for an event that is not of a system call.
  public func beginRow(
    time: BootTime, process: Int, thread: UInt32, kind: EventKind, call: SystemCall?, result: Int64, flags: EventFlags,
    cpu: UInt16
  ) {
    rows.pointee.begin(
      time: time.nanoseconds, process: process, thread: thread, kind: kind, result: result, flags: flags, cpu: cpu)
    if let call { rows.pointee.set(.call, Int64(call.packed)) }
  }

  /// Gives the row a number; of an unsigned column its bit pattern, of a file what `internFile` answered.
  ///
  /// A second value for one column takes the place of the first.
  ///
  /// - Parameter column: An argument: less than 128, 176 … 191, or 256 … 303.
  public func set(_ column: ColumnID, _ value: Int64) { rows.pointee.set(column, value) }

  /// Gives the row a string, which the block holds once. One that does not fit in the block any more is cut, and the
  /// row flagged as truncated.
  public func set(_ column: ColumnID, string: UnsafeRawBufferPointer) {
    var string = string
    let room = rows.pointee.roomForString
    if string.count > room {
      string = UnsafeRawBufferPointer(rebasing: string.prefix(room))
      rows.pointee.insertIntoLastFlags(.truncated)
    }
    rows.pointee.set(column, Int64(rows.pointee.intern(string)))
  }

  public func set(_ column: ColumnID, string: [UInt8]) { string.withUnsafeBytes { set(column, string: $0) } }

  public func set(_ column: ColumnID, string: String) {
    var string = string
    string.withUTF8 { set(column, string: UnsafeRawBufferPointer($0)) }
  }

  /// Gives the row the first bytes of what was transferred. What does not fit in the block any more is cut: the row's
  /// `payload_length` says how much there was.
  public func set(payload: UnsafeRawBufferPointer) {
    rows.pointee.set(.payload, bytes: UnsafeRawBufferPointer(rebasing: payload.prefix(rows.pointee.roomForString)))
  }

  /// Adds to what qualifies the row that was begun last.
  public func insertIntoFlags(_ flags: EventFlags) { rows.pointee.insertIntoLastFlags(flags) }

  public func set(_ column: ColumnID, address: SocketAddress) { set(column, string: address.encoded) }

  /// The process's place in the block's table; `describe` is asked once a block and generation.
  ///
  /// - Parameter generation: Another number says that the process is described differently now, as after an exec: rows
  ///   from here on bear the new description, those before keep the old one.
  public func internProcess(_ key: ProcessKey, generation: UInt32 = 0, describe: () -> BlockProcess) -> Int {
    let key = EventRows.ProcessVersion(key: key, generation: generation)
    if let index = rows.pointee.cachedProcess(key) { return index }
    return rows.pointee.internProcess(key, describe())
  }

  /// The file's place in the block's table; `describe` is asked once a block.
  ///
  /// - Parameter id: Files of id 0 (unknown) are told apart by inode and device alone.
  public func internFile(_ id: FileID, inode: UInt64, device: UInt32, describe: () -> BlockFile) -> Int {
    let key = EventRows.FileKey(id: id.rawValue, inode: inode, device: device)
    if let index = rows.pointee.cachedFile(key) { return index }
    return rows.pointee.internFile(key, describe())
  }

  /// Ends the row that was begun.
  public func endRow() { rows.pointee.end() }

  /// Makes a block of the rows. The builder is empty after it, and goes on with the next sequence.
  ///
  /// - Precondition: There is a row.
  public func seal() -> SealedBlock {
    precondition(rowCount > 0, "a block of events needs a row")
    let description = BlockDescription(
      type: .events, container: stream.container, lane: stream.lane, firstTime: firstTime, lastTime: lastTime,
      firstSequence: rows.pointee.firstSequence, kinds: rows.pointee.kinds)
    assembler.raw.removeAll()
    let tables = rows.pointee.finish(into: &assembler.raw)
    var block = assembler.assemble(description, tables: tables)
    block.secondCounts = rows.pointee.secondCounts
    sealedTime = latestTime
    let next = nextSequence
    rows.pointee = EventRows(firstSequence: next)
    return block
  }
}
