public import Events

/// One open stream's rows, encoded as they come.
public final class EventBlockBuilder {
  public let stream: StreamKey
  public private(set) var rowCount = 0
  public private(set) var firstTime = BootTime(nanoseconds: 0)
  public private(set) var lastTime = BootTime(nanoseconds: 0)
  public init(stream: StreamKey, firstSequence: UInt64) { self.stream = stream }
  public func beginRow(
    time: BootTime, process: Int, thread: UInt32, kind: EventKind, call: SystemCall?, result: Int64, flags: EventFlags,
    cpu: UInt16
  ) { fatalError() }
  public func set(_ column: ColumnID, _ value: Int64) { fatalError() }
  public func set(_ column: ColumnID, string: UnsafeRawBufferPointer) { fatalError() }
  public func set(_ column: ColumnID, string: [UInt8]) { fatalError() }
  public func set(_ column: ColumnID, string: String) { fatalError() }
  public func set(_ column: ColumnID, address: SocketAddress) { fatalError() }
  public func internProcess(_ key: ProcessKey, describe: () -> BlockProcess) -> Int { fatalError() }
  /// A file with id 0 is told apart by inode and device.
  public func internFile(_ id: FileID, inode: UInt64, device: UInt32, describe: () -> BlockFile) -> Int { fatalError() }
  public func endRow() { fatalError() }
  /// Never less than what the columns will take before compression.
  public var estimatedRawLength: Int { fatalError() }
  /// Bytes of memory that it holds.
  public var memoryInBytes: Int { fatalError() }
  /// Seal before another row.
  public var isFull: Bool { fatalError() }
  public var nextSequence: UInt64 { fatalError() }
  /// The rows as a block; the builder is empty after it and goes on with the next sequence.
  public func seal() -> SealedBlock { fatalError() }
}
