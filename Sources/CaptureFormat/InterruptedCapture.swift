internal import Events

/// A capture whose recorder ended before it had written a footer: after a crash, or when the power went.
///
/// What is whole up to its last block is kept; a footer that says so makes it a capture like any other.
public struct InterruptedCapture {
  private let file: CaptureFile
  /// Up to here its blocks are whole and their checksums hold: what follows is to be cut off.
  public let soundLength: UInt64
  /// Its footer was written: nothing is to be done but give it its name.
  public var isFinished: Bool { file.hasFooter }
  private let entries: [BlockEntry]

  /// - Throws: ``CaptureError`` when nothing of it can be read.
  public init(path: String) throws(CaptureError) {
    file = try CaptureFile(path: path)
    guard !file.hasFooter else {
      soundLength = file.length
      entries = []
      return
    }
    // Damage that reaches to the end, such as zeros of a block that the disk never got, is a block not written.
    var end = file.walked
    for problem in file.problems where problem.offset + problem.length >= file.length { end = min(end, problem.offset) }
    // A footer begins with its counts; half of one is none.
    for entry in file.tables where entry.type == .counts { end = min(end, entry.offset) }
    var entries = (file.directory + file.tables).filter { $0.offset + UInt64($0.length) <= end }
    entries.sort { $0.offset < $1.offset }
    while let last = entries.last {
      do throws(CaptureError) {
        _ = try file.readBlock(last)
        break
      } catch {
        if case .system = error { throw error }
        end = last.offset
        entries.removeLast()
      }
    }
    guard !entries.isEmpty else { throw .truncated(offset: 0, needed: 256, available: file.length) }
    soundLength = end
    self.entries = entries
  }

  /// Who recorded it, and under which name.
  public var provenance: Provenance { file.provenance }

  /// Writes the footer that is missing, to a file that was cut back to ``soundLength``.
  ///
  /// Reads every event, to count them by second.
  public func writeFooter(to sink: @escaping CaptureWriter.Sink, reason: String) throws(CaptureError) {
    var counts: [StreamCount] = []
    let events = entries.filter { $0.type == .events }
    for entry in events {
      guard let stream = entry.stream, let block = try file.readEventsIfSound(entry) else { continue }
      var seconds: [UInt64: UInt64] = [:]
      while block.next() { seconds[block.time.nanoseconds / 1_000_000_000, default: 0] += 1 }
      for (second, count) in seconds { counts.append(StreamCount(stream: stream, second: second, count: count)) }
    }
    let start = try file.state().map(\.achievedStart).min() ?? events.map(\.firstTime).min()
    let completeness = Completeness(
      from: start ?? BootTime(nanoseconds: 0), to: events.map(\.lastTime).max() ?? start ?? BootTime(nanoseconds: 0),
      isComplete: false, reason: reason)
    let writer = CaptureWriter(to: sink, resumingAt: soundLength, entries: entries, counts: counts)
    do { try writer.finish(completeness) } catch { throw .system(error) }
  }
}
