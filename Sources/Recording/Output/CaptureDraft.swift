internal import CaptureFormat
internal import Posix

/// The file of a recording as its writing thread sees it: what is in it, and what of that can go again.
///
/// Tables and the footer are worth more than the last events. Where the disk has no room for them, events go from the
/// file's end, as many blocks as it takes; who gives them up is told of each.
final class CaptureDraft {
  /// Told of a block of events that went, and why.
  typealias GivingUp = (BlockEntry, SystemError) -> Void

  private let file: FileDescriptor
  private let writer: CaptureWriter
  /// Standard output may be a pipe, or hold something of others.
  private let canBeCut: Bool
  /// What was written last, in the order of the file, as far back as room can be made.
  private var tail: [Written] = []
  private var tailWeight = 0

  private struct Written {
    /// Where it begins.
    var position: CaptureWriter.Position
    var content: Content
    var weight: Int
  }

  private enum Content {
    case events(BlockEntry)
    /// Written anew where events before it went.
    case table(CaptureItem)
  }

  /// Blocks that may go, and memory for what has to be written anew behind them.
  private static let (tailCount, tailMemory) = (1024, 4 << 20)

  /// Writes what every capture begins with.
  init(
    _ file: consuming FileDescriptor, provenance: Provenance, catalogue: Catalogue
  ) throws(SystemError) {
    canBeCut = (try? file.length()) == 0 && file.isAppending
    let number = file.number
    self.file = file
    writer = try CaptureWriter(
      to: { (bytes) throws(SystemError) in try Posix.write(bytes, to: number) }, provenance: provenance,
      catalogue: catalogue)
  }

  var bytesWritten: UInt64 { writer.bytesWritten }

  /// Writes a block of events, whole or not at all.
  func append(_ block: SealedBlock) throws(SystemError) {
    let position = writer.position
    do throws(SystemError) { try writer.append(block) } catch {
      if error.isNoSpace { cutBack(to: position) }
      throw error
    }
    remember(.init(position: position, content: .events(block.entry), weight: 0))
  }

  /// Writes rows of a table, in place of the last events if need be.
  func append(table: CaptureItem, givingUp: GivingUp) throws(SystemError) {
    try write([table], givingUp: givingUp) { (_) throws(SystemError) in }
  }

  /// Writes what ends the file, in place of the last events if need be.
  ///
  /// - Parameter body: Writes it; called anew whenever room was made.
  func end(
    givingUp: GivingUp, _ body: (CaptureWriter) throws(SystemError) -> Void
  ) throws(SystemError) {
    try write([], givingUp: givingUp, body)
  }

  private func write(
    _ items: [CaptureItem], givingUp: GivingUp, _ body: (CaptureWriter) throws(SystemError) -> Void
  ) throws(SystemError) {
    var position = writer.position
    // What was behind the events that went.
    var former: [CaptureItem] = []
    var count = 1
    while true {
      do throws(SystemError) {
        let written = try rewrite(former + items)
        try body(writer)
        for entry in written { remember(entry) }
        return
      } catch {
        guard error.isNoSpace, cutBack(to: position) else { throw error }
        guard let (start, tables) = takeOff(count, { givingUp($0, error) }) else {
          // In vain: what was there before is there again.
          if let written = try? rewrite(former) { for entry in written { remember(entry) } }
          throw error
        }
        guard cutBack(to: start) else { throw error }
        position = start
        former = tables + former
        count *= 2
      }
    }
  }

  private func rewrite(_ items: [CaptureItem]) throws(SystemError) -> [Written] {
    var written: [Written] = []
    for item in items {
      written.append(Written(position: writer.position, content: .table(item), weight: item.weight))
      try writer.append(item)
    }
    return written
  }

  /// Takes the last `count` blocks of events off the list, with what is behind them.
  ///
  /// - Returns: Where they began, and the tables among them; nil when there are no events any more.
  private func takeOff(
    _ count: Int, _ giveUp: (BlockEntry) -> Void
  ) -> (start: CaptureWriter.Position, tables: [CaptureItem])? {
    var start: CaptureWriter.Position?
    var tables: [CaptureItem] = []
    for _ in 0..<count {
      guard let place = tail.lastIndex(where: { if case .events = $0.content { true } else { false } }) else { break }
      start = tail[place].position
      for entry in tail[place...].reversed() {
        switch entry.content {
        case .events(let block): giveUp(block)
        case .table(let item): tables.insert(item, at: 0)
        }
        tailWeight -= entry.weight
      }
      tail.removeSubrange(place...)
    }
    return start.map { ($0, tables) }
  }

  private func remember(_ entry: Written) {
    guard canBeCut else { return }
    tail.append(entry)
    tailWeight += entry.weight
    guard tail.count > Self.tailCount || tailWeight > Self.tailMemory else { return }
    // A half at a time: each is moved once.
    let kept = tail.count / 2
    for entry in tail.dropLast(kept) { tailWeight -= entry.weight }
    tail.removeFirst(tail.count - kept)
  }

  /// What is behind `position` goes, and the writer goes on from there. Where that cannot be the file ends inside a
  /// block, which a reader takes for "not yet".
  @discardableResult
  private func cutBack(to position: CaptureWriter.Position) -> Bool {
    guard canBeCut, (try? file.truncate(to: position.bytesWritten)) != nil else { return false }
    writer.resume(at: position)
    return true
  }
}
