internal import Bytes
public import Events
internal import Posix

/// A capture, open for reading: one section of a file. Reads by `pread`, block by block, and counts what it read.
///
/// With a footer the tables say where everything is; without one the blocks' headers are walked, which is also how a
/// file that is still being written is followed: ``refresh()`` walks on.
///
/// A file that captures were merged into has several sections, each with ids, names and a clock of its own:
/// ``sections(path:)`` opens them all. Offsets are those of the file.
public final class CaptureFile {
  public let path: String
  /// Which one of the file; 0 is the first. In the keys of containers that are read from it.
  public let section: UInt32
  /// Where it begins in the file.
  public let start: UInt64
  /// Of the section, in bytes.
  public var length: UInt64 { end - start }
  /// Of the file, whatever section they were read for.
  public var bytesRead: UInt64 { source.bytesRead }
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
  /// Up to here the section is known to reach, or to where the file ends.
  var end: UInt64
  /// Whether it ends at `end` for good, because a further section begins there.
  var isClosed: Bool
  /// Where a further section begins, which a walk came to.
  var nextSection: UInt64?
  /// Up to here the file's blocks are known.
  var walked: UInt64
  /// Where the last footer's trailer is; 0 is none yet.
  var lastTrailer: UInt64 = 0
  private let source: CaptureSource

  /// Opens a capture; of a file with several sections, the first, with a problem that says so.
  ///
  /// - Throws: ``CaptureError/empty(path:)``, ``CaptureError/notPcapng(path:firstBytes:)``,
  ///   ``CaptureError/bigEndian(path:)``, ``CaptureError/notACapture(path:)``, ``CaptureError/system(_:)``. Damage
  ///   further in is not thrown: see ``problems``.
  public convenience init(path: String) throws(CaptureError) {
    let source = try CaptureSource.open(path)
    let end = try Self.firstEnd(in: source, path: path)
    try self.init(source, path: path, section: 0, start: 0, end: end)
    try settleAlone()
  }

  /// Opens a capture that is in memory: one that came through a pipe.
  ///
  /// - Parameter path: What errors call it.
  public convenience init(bytes: [UInt8], path: String) throws(CaptureError) {
    let source = CaptureSource(bytes)
    let end = try Self.firstEnd(in: source, path: path)
    try self.init(source, path: path, section: 0, start: 0, end: end)
    try settleAlone()
  }

  private static func firstEnd(in source: CaptureSource, path: String) throws(CaptureError) -> UInt64? {
    let starts = try footedStarts(in: source, path: path)
    return starts.count > 1 ? starts[1] : nil
  }

  private func settleAlone() throws(CaptureError) {
    if isForeign { throw .notACapture(path: path) }
    guard isClosed else { return }
    let message = "offset \(end): a further section begins, which is not read"
    problems.append(CaptureProblem(offset: end, length: 0, message: message))
  }

  /// - Parameter end: Where the next section begins, when that is known; nil is the end of the file.
  init(_ source: CaptureSource, path: String, section: UInt32, start: UInt64, end: UInt64?) throws(CaptureError) {
    self.path = path
    self.source = source
    self.section = section
    self.start = start
    walked = start
    isClosed = end != nil
    if let end { self.end = end } else { self.end = try source.length() }
    try checkSectionHeader()
    if try !readFooter() { try walk() }
  }

  /// Whether it is a whole pcapng section without a single block of ours.
  var isForeign: Bool { directory.isEmpty && tables.isEmpty && problems.isEmpty && walked == end }

  /// Looks whether the file has grown, and takes in what is whole. A further section is left to ``sections(path:)``.
  ///
  /// - Returns: Whether anything was added.
  public func refresh() throws(CaptureError) -> Bool {
    if isClosed { return false }
    let now = try source.length()
    guard now >= end else { throw .shrunk(offset: now) }
    guard now > end else { return false }
    end = now
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

  /// The same with each process's first row: of those that the scan found, what they were then.
  public func processesAsFirstTold() throws(CaptureError) -> [ProcessRow] {
    var seen = Set<ProcessKey>()
    return try rows(.processes, .processes, ProcessRow.rows).filter { seen.insert($0.key).inserted }
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
  /// Those that were alive when the window began.
  public func processesAtStart() throws(CaptureError) -> [ProcessRow] { try rows(.state, .processes, ProcessRow.rows) }
  /// What was open when the window began.
  public func descriptorsAtStart() throws(CaptureError) -> [DescriptorRow] {
    try rows(.state, .descriptors, DescriptorRow.rows)
  }
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
          if let table = try TableReader(block, id, section: section) { try body(table) }
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

  /// A block as it stands in the file, as a recorder sealed it.
  public func sealedBlock(_ entry: BlockEntry) throws(CaptureError) -> SealedBlock {
    SealedBlock(
      bytes: try read(at: entry.offset, count: Int(min(entry.length, UInt32(BlockLayout.blockLimit)))), entry: entry,
      secondCounts: [])
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
    return try source.read(at: offset, count: count)
  }
}

/// A place in the file that could not be read.
public struct CaptureProblem: Hashable, Sendable {
  public var offset: UInt64
  /// Bytes skipped, up to where reading went on.
  public var length: UInt64
  public var message: String
}
