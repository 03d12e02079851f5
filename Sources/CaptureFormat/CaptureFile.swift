internal import Bytes
public import Events
internal import Glibc
internal import Posix

/// A capture, open for reading. Reads by `pread`, block by block, and counts what it read.
///
/// With a footer the tables say where everything is; without one the blocks' headers are walked, which is also how a
/// file that is still being written is followed: ``refresh()`` walks on.
public final class CaptureFile {
  public let path: String
  public private(set) var bytesRead: UInt64 = 0
  public private(set) var length: UInt64 = 0
  public internal(set) var provenance = Provenance()
  public internal(set) var catalogue = Catalogue()
  /// Event blocks, in file order.
  public internal(set) var directory: [BlockEntry] = []
  /// Nil without a footer at the end.
  public internal(set) var completeness: Completeness?
  public var hasFooter: Bool { completeness != nil }
  /// What was damaged, and skipped. Grows as more of the file is read.
  public internal(set) var problems: [CaptureProblem] = []
  /// Bytes at the end that are not a whole block yet.
  public internal(set) var partialTail: UInt64 = 0

  /// Blocks of ours that are not of events, in file order.
  var tables: [BlockEntry] = []
  /// Up to here the file's blocks are known.
  var walked: UInt64 = 0
  /// Where the last footer's trailer is; 0 is none yet.
  var lastTrailer: UInt64 = 0
  private let source: CaptureSource

  /// Opens a capture.
  ///
  /// - Throws: ``CaptureError/empty(path:)``, ``CaptureError/notPcapng(path:firstBytes:)``,
  ///   ``CaptureError/bigEndian(path:)``, ``CaptureError/notACapture(path:)``, ``CaptureError/system(_:)``. Damage
  ///   further in is not thrown: see ``problems``.
  public convenience init(path: String) throws(CaptureError) {
    let source: CaptureSource
    do { source = CaptureSource(try FileDescriptor.open(path, flags: O_RDONLY)) } catch { throw .system(error) }
    try self.init(source, path: path)
  }

  /// Opens a capture that is in memory: one that came through a pipe.
  ///
  /// - Parameter path: What errors call it.
  public convenience init(bytes: [UInt8], path: String) throws(CaptureError) {
    try self.init(CaptureSource(bytes), path: path)
  }

  private init(_ source: CaptureSource, path: String) throws(CaptureError) {
    self.path = path
    self.source = source
    do { length = try source.length() } catch { throw .system(error) }
    guard length > 0 else { throw .empty(path: path) }
    try checkSectionHeader()
    if try !readFooter() { try walk() }
    guard !(directory.isEmpty && tables.isEmpty && problems.isEmpty && walked == length) else {
      throw .notACapture(path: path)
    }
  }

  /// Looks whether the file has grown, and takes in what is whole.
  ///
  /// - Returns: Whether anything was added.
  public func refresh() throws(CaptureError) -> Bool {
    let now: UInt64
    do { now = try source.length() } catch { throw .system(error) }
    guard now >= length else { throw .shrunk(offset: now) }
    guard now > length else { return false }
    length = now
    let before = walked
    try walk()
    return walked > before
  }

  /// Reads and verifies one block of events.
  public func readEvents(_ entry: BlockEntry) throws(CaptureError) -> EventBlock {
    let block = try readBlock(entry)
    do { return EventBlock(try EventCursor(block), entry: entry) } catch { throw CaptureError(error, at: entry.offset) }
  }

  /// The same, for a caller that goes on without it: nil and a problem noted when the block is damaged.
  func readEventsIfSound(_ entry: BlockEntry) throws(CaptureError) -> EventBlock? {
    do { return try readEvents(entry) } catch {
      try note(error, at: entry)
      return nil
    }
  }

  // MARK: Tables

  /// Every process that the capture has a row of; the last row of a key holds.
  ///
  /// Read from the file at each call. A damaged block is a problem, not an error.
  public func processes() throws(CaptureError) -> [ProcessRow] {
    var places: [ProcessKey: Int] = [:]
    var result: [ProcessRow] = []
    try forEachTable(.processes, .processes) { (table) throws(ByteError) in
      for row in try ProcessRow.rows(table) {
        if let place = places[row.key] {
          result[place] = row
        } else {
          places[row.key] = result.count
          result.append(row)
        }
      }
    }
    return result
  }

  /// The container of every process that the capture has a row of: what counting takes of ``processes()``.
  public func containersOfProcesses() throws(CaptureError) -> [ProcessKey: ContainerKey] {
    var result: [ProcessKey: ContainerKey] = [:]
    try forEachTable(.processes, .processes) { (table) throws(ByteError) in
      for (key, container) in try ProcessRow.containers(table) { result[key] = container }
    }
    return result
  }

  /// Every container; the last row of a key holds.
  public func containers() throws(CaptureError) -> [ContainerRow] {
    var places: [ContainerKey: Int] = [:]
    var result: [ContainerRow] = []
    try forEachTable(.containers, .containers) { (table) throws(ByteError) in
      for row in try ContainerRow.rows(table) {
        if let place = places[row.key] {
          result[place] = row
        } else {
          places[row.key] = result.count
          result.append(row)
        }
      }
    }
    return result
  }

  public func state() throws(CaptureError) -> [StateRow] { try rows(.state, .state, StateRow.rows) }
  public func losses() throws(CaptureError) -> [LossRow] { try rows(.losses, .losses, LossRow.rows) }
  public func anchors() throws(CaptureError) -> [AnchorRow] { try rows(.anchors, .anchors, AnchorRow.rows) }
  /// Why the capture was made, in the order the triggers were taken; none when somebody recorded by hand.
  public func triggers() throws(CaptureError) -> [TriggerRow] { try rows(.trigger, .triggers, TriggerRow.rows) }

  /// Events per second and stream. Empty without a footer: the directory's row counts tell roughly the same.
  public func counts() throws(CaptureError) -> [CountRow] {
    hasFooter ? try rows(.counts, .counts, CountRow.rows) : []
  }

  private func rows<Row>(
    _ type: BlockType, _ id: TableID, _ read: (TableReader) throws(ByteError) -> [Row]
  ) throws(CaptureError) -> [Row] {
    var result: [Row] = []
    try forEachTable(type, id) { (table) throws(ByteError) in result += try read(table) }
    return result
  }

  private func forEachTable(
    _ type: BlockType, _ id: TableID, _ body: (TableReader) throws(ByteError) -> Void
  ) throws(CaptureError) {
    for entry in tables where entry.type == type {
      do throws(CaptureError) {
        let block = try readBlock(entry)
        do throws(ByteError) {
          if let table = try TableReader(block, id) { try body(table) }
        } catch { throw CaptureError(error, at: entry.offset) }
      } catch { try note(error, at: entry) }
    }
  }

  // MARK: Bytes

  /// Adds to ``problems`` what a reader of blocks came upon and goes on without.
  public func noteDamage(_ error: CaptureError, at entry: BlockEntry) throws(CaptureError) {
    try note(error, at: entry)
  }

  /// Notes damage and lets the caller go on; rethrows what is not damage.
  func note(_ error: CaptureError, at entry: BlockEntry) throws(CaptureError) {
    if case .system = error { throw error }
    let problem = CaptureProblem(offset: entry.offset, length: UInt64(entry.length), message: "\(error)")
    if !problems.contains(problem) { problems.append(problem) }
  }

  func readBlock(_ entry: BlockEntry) throws(CaptureError) -> Block {
    guard entry.length <= BlockLayout.blockLimit else {
      throw .invalid(offset: entry.offset, what: "block length", value: UInt64(entry.length))
    }
    let bytes = try read(at: entry.offset, count: Int(entry.length))
    guard bytes.count == Int(entry.length) else {
      throw .truncated(offset: entry.offset, needed: UInt64(entry.length), available: UInt64(bytes.count))
    }
    return try Block(bytes, at: entry.offset)
  }

  /// Up to `count` bytes: fewer where the file ends.
  func read(at offset: UInt64, count: Int) throws(CaptureError) -> [UInt8] {
    guard offset <= UInt64(Int64.max) - UInt64(count) else {
      throw .invalid(offset: offset, what: "offset", value: offset)
    }
    let bytes: [UInt8]
    do { bytes = try source.read(at: offset, count: count) } catch { throw .system(error) }
    bytesRead += UInt64(bytes.count)
    return bytes
  }
}

/// A place in the file that could not be read.
public struct CaptureProblem: Hashable, Sendable {
  public var offset: UInt64
  /// Bytes skipped, up to where reading went on.
  public var length: UInt64
  public var message: String
}
