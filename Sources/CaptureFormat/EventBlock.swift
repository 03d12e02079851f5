public import Events

/// One block of events, verified; its columns are decoded when they are asked for.
public final class EventBlock {
  public let entry: BlockEntry
  public let rowCount: Int
  public let processes: [BlockProcess]
  init(entry: BlockEntry) { self.entry = entry; rowCount = 0; processes = [] }
  /// Goes to the next row; false after the last one.
  public func next() -> Bool { fatalError() }
  // The row that `next` went to:
  public var row: Int { fatalError() }
  public var sequence: UInt64 { fatalError() }
  public var time: BootTime { fatalError() }
  public var process: BlockProcess { fatalError() }
  public var processIndex: Int { fatalError() }
  public var thread: UInt32 { fatalError() }
  public var kind: EventKind { fatalError() }
  public var call: SystemCall? { fatalError() }
  public var result: Int64 { fatalError() }
  public var flags: EventFlags { fatalError() }
  public var cpu: UInt16 { fatalError() }
  /// The arguments that the row has, in ascending order of their numbers.
  public var columns: [ColumnID] { fatalError() }
  public func value(_ column: ColumnID) -> Int64? { fatalError() }
  /// Of a column whose type is string, list or bytes.
  public func bytes(_ column: ColumnID) -> [UInt8]? { fatalError() }
  public func string(_ column: ColumnID) -> String? { fatalError() }
  public func file(_ column: ColumnID) -> BlockFile? { fatalError() }
  public func address(_ column: ColumnID) -> SocketAddress? { fatalError() }
}
