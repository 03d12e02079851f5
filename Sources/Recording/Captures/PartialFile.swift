internal import CaptureFormat
internal import Posix

/// The file of a capture that is being written: what is durable in it, what is written, and what is yet to be.
///
/// After an error the file is cut back to its last whole block, and writing goes on from there. What was written and
/// never became durable is written again: it is kept here until it did.
final class PartialFile {
  /// Without `.partial`.
  private(set) var finalPath: String
  private let directory: ShelfDirectory
  private let provenance: Provenance
  private let catalogue: SealedCatalogue
  private let anchor: AnchorRow?
  /// Where the bytes go: another file after the first was removed.
  private let target = Target()
  private var writer: CaptureWriter?
  private var durable: CaptureWriter.Position?
  /// Bytes behind the writer's position are of a block that failed.
  private var isTorn = false
  private var isFooterDurable = false
  private var pending: [CaptureItem] = []
  private var unsynced: [CaptureItem] = []

  /// Gathers what is short: a capture begins with a dozen small blocks, and a call for each costs more than they do.
  private final class Target {
    var file: FileDescriptor?
    private var gathered: [UInt8] = []
    private static let limit = 64 << 10

    func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
      let isLong = bytes.count > Self.limit / 2
      if isLong || gathered.count + bytes.count > Self.limit { try flush() }
      if isLong { return try put(bytes) }
      gathered.append(contentsOf: bytes)
    }

    func flush() throws(SystemError) {
      guard !gathered.isEmpty else { return }
      let bytes = gathered
      gathered.removeAll(keepingCapacity: true)
      var result: Result<Void, SystemError> = .success(())
      bytes.withUnsafeBytes { bytes in
        do throws(SystemError) { try put(bytes) } catch { result = .failure(error) }
      }
      try result.get()
    }

    /// What was gathered is of no use any more.
    func drop() { gathered.removeAll(keepingCapacity: true) }

    private func put(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
      guard file != nil else { throw SystemError.notOpen }
      try file!.write(bytes)
    }
  }

  init(
    _ finalPath: String, in directory: ShelfDirectory, provenance: Provenance, catalogue: SealedCatalogue,
    anchor: AnchorRow?
  ) {
    self.finalPath = finalPath
    self.directory = directory
    self.provenance = provenance
    self.catalogue = catalogue
    self.anchor = anchor
  }

  var path: String { finalPath + ShelfDirectory.partialSuffix }
  var bytesWritten: UInt64 { writer?.bytesWritten ?? 0 }
  /// Something was written that a crash could take away.
  var hasUnsynced: Bool { writer != nil && writer?.position != durable }
  var unsyncedBytes: UInt64 { bytesWritten - (durable?.bytesWritten ?? 0) }
  var isDurable: Bool { durable != nil }

  func add(_ items: [CaptureItem]) { pending += items }

  /// Everything that is kept here: none of it is durable.
  func giveUp() -> [CaptureItem] {
    defer { (pending, unsynced) = ([], []) }
    return unsynced + pending
  }

  /// Writes what was added: all of it together, or where that fails as much as goes.
  func write() throws(SystemError) {
    try open()
    guard let writer else { return }
    do throws(SystemError) {
      try write(pending[...], with: writer)
      unsynced += pending
      pending = []
    } catch {
      guard pending.count > 1 else { throw error }
      try open()
      var done = 0
      defer { pending.removeFirst(done) }
      for item in pending {
        try write(CollectionOfOne(item), with: writer)
        unsynced.append(item)
        done += 1
      }
    }
  }

  private func write(_ items: some Collection<CaptureItem>, with writer: CaptureWriter) throws(SystemError) {
    let position = writer.position
    do throws(SystemError) {
      for item in items { try writer.append(item, anchor: anchor) }
      try target.flush()
    } catch {
      cutBack(to: position)
      throw error
    }
  }

  /// Waits until everything written is on the disk, under its name.
  ///
  /// - Returns: What need not be kept any more.
  func synchronize() throws(SystemError) -> [CaptureItem] {
    try open()
    try moveIfRemoved()
    do throws(SystemError) {
      try target.file!.synchronize()
      if durable == nil { try directory.synchronize() }
    } catch {
      // The kernel forgets what it could not write: only what an earlier call vouched for is there.
      pending = unsynced + pending
      unsynced = []
      if let durable { cutBack(to: durable) } else { startOver() }
      throw error
    }
    durable = writer?.position
    defer { unsynced = [] }
    return unsynced
  }

  /// Writes the footer and gives the capture its name.
  ///
  /// - Parameter otherName: A name to take when the capture's own was taken by somebody else.
  func finish(_ completeness: Completeness, otherName: () -> String) throws(SystemError) -> [CaptureItem] {
    var released: [CaptureItem] = []
    if !isFooterDurable {
      try open()
      guard let writer else { return [] }
      let position = writer.position
      do throws(SystemError) {
        try writer.finish(completeness)
        try target.flush()
      } catch {
        cutBack(to: position)
        throw error
      }
      released = try synchronize()
      isFooterDurable = true
    } else {
      try moveIfRemoved()
    }
    do { try File.renameExclusively(path, to: finalPath) } catch  where error.isExisting {
      let former = path
      finalPath = otherName()
      try File.renameExclusively(former, to: finalPath)
    }
    try directory.synchronize()
    target.file = nil
    return released
  }

  // MARK: The file

  private func open() throws(SystemError) {
    if target.file == nil {
      try directory.restore()
      target.file = try .createForAppending(path)
    }
    if isTorn {
      try target.file!.truncate(to: writer?.bytesWritten ?? 0)
      isTorn = false
    }
    guard writer == nil else { return }
    isTorn = true
    target.drop()
    let target = target
    writer = try CaptureWriter(
      to: { (bytes) throws(SystemError) in try target.write(bytes) }, provenance: provenance, catalogue: catalogue)
    do throws(SystemError) { try target.flush() } catch {
      writer = nil
      throw error
    }
    isTorn = false
  }

  private func cutBack(to position: CaptureWriter.Position) {
    target.drop()
    writer?.resume(at: position)
    isTorn = (try? target.file?.truncate(to: position.bytesWritten)) == nil
  }

  private func startOver() {
    target.drop()
    writer = nil
    isTorn = (try? target.file?.truncate(to: 0)) == nil
  }

  /// A removed file lives on for those who have it open: what is in it goes into a new one.
  private func moveIfRemoved() throws(SystemError) {
    let status = try FileStatus(of: target.file!)
    if let found = try? FileStatus(ofLink: path), found.inode == status.inode, found.device == status.device { return }
    try directory.restore()
    let fresh = try FileDescriptor.createForAppending(path)
    do throws(SystemError) {
      try copy(upTo: bytesWritten, to: fresh)
      try fresh.synchronize()
      try directory.synchronize()
    } catch {
      try? File.remove(path)
      throw error
    }
    target.file = consume fresh
    durable = writer?.position
  }

  private func copy(upTo length: UInt64, to fresh: borrowing FileDescriptor) throws(SystemError) {
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
    defer { chunk.deallocate() }
    var offset: UInt64 = 0
    while offset < length {
      let wanted = Int(min(UInt64(chunk.count), length - offset))
      let got = try target.file!.read(into: UnsafeMutableRawBufferPointer(rebasing: chunk[..<wanted]), at: offset)
      guard got > 0 else { throw SystemError.notOpen }
      try fresh.write(UnsafeRawBufferPointer(rebasing: chunk[..<got]))
      offset += UInt64(got)
    }
  }
}
