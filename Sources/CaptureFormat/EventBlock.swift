public import Events

/// One block of events, verified. Goes through its rows forwards; columns are unpacked when they are asked for.
///
/// A class, for there is one position: hand it to one reader at a time.
public final class EventBlock {
  public let entry: BlockEntry
  public let rowCount: Int
  /// The block's own dictionary: the processes its rows name.
  public let processes: [BlockProcess]
  /// What its reader made of the dictionary, kept for the next row.
  public var readings: AnyObject?
  /// By pointer: each access to a class's property would be checked for exclusivity, which costs more than the access.
  private let cursor: UnsafeMutablePointer<EventCursor>

  init(_ cursor: EventCursor, entry: BlockEntry) {
    self.entry = entry
    rowCount = cursor.rowCount
    processes = cursor.processes
    self.cursor = .allocate(capacity: 1)
    self.cursor.initialize(to: cursor)
  }

  /// Reads a block that is in memory, as a recorder sealed it.
  public convenience init(_ sealed: SealedBlock) throws(CaptureError) {
    let block = try Block(sealed.bytes, at: 0)
    let cursor: EventCursor
    do { cursor = try EventCursor(block) } catch { throw CaptureError(error, at: 0) }
    self.init(cursor, entry: sealed.entry)
  }

  deinit {
    cursor.deinitialize(count: 1)
    cursor.deallocate()
  }

  /// Goes to the next row; false after the last one.
  public func next() -> Bool { cursor.pointee.next() }

  /// Goes to the next row of one of these kinds; false after the last one.
  /// - Complexity: O(rows passed over), some nanoseconds each.
  public func next(in kinds: KindMask) -> Bool { cursor.pointee.next(in: kinds) }

  /// The row that ``next()`` went to; −1 before the first.
  public var row: Int { cursor.pointee.row }
  /// Arguments that cannot be read in this block, though its directory lists them.
  public var damagedColumns: Set<ColumnID> { cursor.pointee.damagedColumns }

  /// Contiguous within the stream.
  public var sequence: UInt64 { entry.firstSequence &+ UInt64(max(row, 0)) }
  public var time: BootTime { BootTime(nanoseconds: UInt64(bitPattern: cursor.pointee.time)) }
  public var processIndex: Int { Int(truncatingIfNeeded: cursor.pointee.processIndex) }
  public var process: BlockProcess {
    let index = processIndex
    return processes.indices.contains(index)
      ? processes[index] : BlockProcess(key: ProcessKey(pid: 0, start: BootTime(nanoseconds: 0)))
  }
  public var thread: UInt32 { UInt32(truncatingIfNeeded: cursor.pointee.thread) }
  public var kind: EventKind { EventKind(rawValue: UInt16(truncatingIfNeeded: cursor.pointee.kind)) }
  public var result: Int64 { cursor.pointee.result }
  public var flags: EventFlags { EventFlags(rawValue: UInt32(truncatingIfNeeded: cursor.pointee.flags)) }
  public var cpu: UInt16 { UInt16(truncatingIfNeeded: cursor.pointee.cpu) }
  /// Nil for an event that is not of a system call.
  public var call: SystemCall? { value(.call).map { SystemCall(packed: UInt32(truncatingIfNeeded: $0)) } }

  /// The arguments that the row has, in ascending order of their numbers.
  public var columns: [ColumnID] { cursor.pointee.columns }
  /// A number; of a string column its place in the dictionary. Nil where the row has none.
  public func value(_ column: ColumnID) -> Int64? { cursor.pointee.value(column) }
  /// Of a column whose type is string, list, address or bytes.
  public func bytes(_ column: ColumnID) -> [UInt8]? { cursor.pointee.bytes(column) }
  /// The same, as text: what is not UTF-8 is replaced.
  public func string(_ column: ColumnID) -> String? { bytes(column).map { String(decoding: $0, as: UTF8.self) } }
  public func address(_ column: ColumnID) -> SocketAddress? { bytes(column).flatMap(SocketAddress.init(encoded:)) }
  /// What is remarkable of the program that an exec runs; nil for other events.
  public var marks: ProcessFlags? {
    value(.marks).map { ProcessFlags(rawValue: UInt32(truncatingIfNeeded: $0)).intersection(.marks) }
  }
  public func list(_ column: ColumnID) -> ByteList? { bytes(column).map(ByteList.init(nulTerminated:)) }
  public func file(_ column: ColumnID) -> BlockFile? { cursor.pointee.file(column) }
}
