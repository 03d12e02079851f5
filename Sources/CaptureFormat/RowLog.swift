internal import Bytes
internal import Events

/// The rows and dictionary entries of a stream in which little happens, as bytes: some ten a row in place of columns that
/// are kilobytes each.
///
/// ```
/// 0         begin: time, process, thread, kind, result, flags, cpu     (time and thread as differences to the row before)
/// 1 … 127   the column of that slot: its value
/// 128       flags added to the row
/// 129       a process: pid, start, comm, executable + 1 or 0, pid in its namespace + 1 or 0
/// 130       a file: presence bits, then the values that are there
/// 131       a column of bytes: its number, how many, the bytes
/// 160 … 223 the column of the slot that is less by 32: its value
/// ```
/// Numbers have seven bits a byte, lowest first; signed ones as ``zigzag(_:)``. Strings are places in the block's table.
struct RowLog: ~Copyable {
  enum Entry {
    case begin(RowHead)
    case value(column: Int, Int64)
    /// Valid while the log is.
    case bytes(column: Int, UnsafeRawBufferPointer)
    case flags(UInt32)
    case process(LoggedProcess)
    case file(LoggedFile)
  }

  private var bytes = ByteBuffer()
  private var lastTime: UInt64 = 0
  private var lastThread: UInt32 = 0

  var count: Int { bytes.count }
  var memoryInBytes: Int { bytes.capacity }

  mutating func begin(_ row: RowHead) {
    bytes.append(littleEndian: UInt8(0))
    put(Int64(bitPattern: row.time &- lastTime))
    bytes.append(variable: UInt64(row.process))
    put(Int64(row.thread) - Int64(lastThread))
    bytes.append(variable: UInt64(row.kind))
    put(row.result)
    bytes.append(variable: UInt64(row.flags))
    bytes.append(variable: UInt64(row.cpu))
    lastTime = row.time
    lastThread = row.thread
  }

  mutating func set(_ column: Int, _ value: Int64) {
    assert(column > 0 && column < 192)
    bytes.append(littleEndian: UInt8(column < 128 ? column : column + 32))
    put(value)
  }

  mutating func set(_ column: Int, _ value: UnsafeRawBufferPointer) {
    bytes.append(littleEndian: UInt8(131))
    bytes.append(littleEndian: UInt8(column))
    bytes.append(variable: UInt64(value.count))
    bytes.append(value)
  }

  mutating func add(flags: UInt32) {
    bytes.append(littleEndian: UInt8(128))
    bytes.append(variable: UInt64(flags))
  }

  mutating func define(_ process: LoggedProcess) {
    bytes.append(littleEndian: UInt8(129))
    bytes.append(variable: UInt64(process.pid))
    bytes.append(variable: process.start)
    bytes.append(variable: UInt64(process.comm))
    bytes.append(variable: process.executable.map { UInt64($0) + 1 } ?? 0)
    bytes.append(variable: process.namespacePID.map { UInt64($0) + 1 } ?? 0)
  }

  mutating func define(_ file: LoggedFile) {
    bytes.append(littleEndian: UInt8(130))
    var presence: UInt64 = 0
    for (index, value) in file.values.enumerated() where value != nil { presence |= 1 << UInt64(index) }
    bytes.append(variable: presence)
    for case let value? in file.values { bytes.append(variable: value) }
  }

  private mutating func put(_ value: Int64) { bytes.append(variable: zigzag(value)) }

  /// Gives every entry to `body`, in the order in which they came.
  func replay(_ body: (Entry) -> Void) {
    var cursor = Cursor(bytes: bytes.bytes)
    var time: UInt64 = 0
    var thread: UInt32 = 0
    while let code = cursor.next() {
      switch code {
      case 0:
        time &+= UInt64(bitPattern: cursor.signed())
        let process = Int(cursor.unsigned())
        thread = UInt32(truncatingIfNeeded: Int64(thread) &+ cursor.signed())
        body(
          .begin(
            RowHead(
              time: time, process: process, thread: thread, kind: UInt16(truncatingIfNeeded: cursor.unsigned()),
              result: cursor.signed(), flags: UInt32(truncatingIfNeeded: cursor.unsigned()),
              cpu: UInt16(truncatingIfNeeded: cursor.unsigned()))))
      case 1..<128: body(.value(column: Int(code), cursor.signed()))
      case 160..<224: body(.value(column: Int(code) - 32, cursor.signed()))
      case 128: body(.flags(UInt32(truncatingIfNeeded: cursor.unsigned())))
      case 129:
        body(
          .process(
            LoggedProcess(
              pid: UInt32(truncatingIfNeeded: cursor.unsigned()), start: cursor.unsigned(),
              comm: Int(cursor.unsigned()), executable: cursor.optional().map { Int($0) },
              namespacePID: cursor.optional().map { UInt32(truncatingIfNeeded: $0) })))
      case 131: body(.bytes(column: Int(cursor.next() ?? 0), cursor.bytes(count: Int(cursor.unsigned()))))
      default:
        let presence = cursor.unsigned()
        body(.file(LoggedFile(values: (0..<14).map { presence >> UInt64($0) & 1 == 0 ? nil : cursor.unsigned() })))
      }
    }
  }

  /// Reads what this very type wrote, in this process: it is not input.
  private struct Cursor {
    let bytes: UnsafeRawBufferPointer
    var position = 0

    mutating func next() -> UInt8? {
      guard position < bytes.count else { return nil }
      defer { position += 1 }
      return bytes[position]
    }

    mutating func unsigned() -> UInt64 {
      var value: UInt64 = 0
      var shift: UInt64 = 0
      while let byte = next() {
        value |= UInt64(byte & 0x7F) << shift
        if byte & 0x80 == 0 { break }
        shift += 7
      }
      return value
    }

    mutating func bytes(count: Int) -> UnsafeRawBufferPointer {
      defer { position += count }
      return UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)])
    }

    mutating func signed() -> Int64 { unzigzag(unsigned()) }
    mutating func optional() -> UInt64? {
      let value = unsigned()
      return value == 0 ? nil : value - 1
    }
  }
}

/// What every row has.
struct RowHead {
  var time: UInt64
  var process: Int
  var thread: UInt32
  var kind: UInt16
  var result: Int64
  var flags: UInt32
  var cpu: UInt16
}

/// A row of the block's table of processes; strings by their place in its table of strings.
struct LoggedProcess {
  var pid: UInt32
  var start: UInt64
  var comm: Int
  var executable: Int?
  var namespacePID: UInt32?
}

/// A row of the block's table of files: the values of ``columns`` in their order.
struct LoggedFile {
  var values: [UInt64?]
  static let columns: [ColumnID] = [
    .fileID, .inode, .device, .fileType, .fileMode, .filePath, .localAddress, .remoteAddress, .socketCookie,
    .networkNamespace, .socketType, .networkProtocol, .fileFlags, .peerInode,
  ]
}
