public import CaptureFormat
internal import Glibc
public import Posix

/// Makes a capture of a .scap file, in one pass and in memory that does not grow with it.
public final class ScapConverter {
  /// What came of it.
  public struct Summary: Hashable, Sendable {
    /// Of all kinds, as they stand in the file.
    public var eventCount: UInt64 = 0
    /// Rows of the capture.
    public var rowCount: UInt64 = 0
    /// Of no process, synthetic, or told by others.
    public var leftOut: UInt64 = 0
    /// Of types that this version does not know.
    public var unknownEvents: UInt64 = 0
    public var sectionCount = 0
    /// What is wrong with the file: the first places, in its order.
    public var problems: [String] = []
    public var problemCount = 0
  }

  private let blocks: ScapBlocks
  private let toolVersion: String
  private let catalogue: Catalogue
  private let sink: CaptureWriter.Sink
  private var section: ScapSection
  private var summary = Summary()
  /// Told how many bytes of the file were read, now and then.
  public var progress: ((UInt64) -> Void)?

  /// - Parameter fill: Gives the file's bytes, front to back, packed as they are.
  /// - Parameter sink: Takes the capture's bytes.
  /// - Parameter catalogue: What the capture says of its numbers; nil is all that this version knows.
  public init(
    toolVersion: String, catalogue: Catalogue? = nil,
    reading fill: @escaping (UnsafeMutableRawBufferPointer) throws(SystemError) -> Int,
    writingTo sink: @escaping CaptureWriter.Sink
  ) throws(SystemError) {
    blocks = ScapBlocks(try ScapSource(fill))
    self.toolVersion = toolVersion
    self.catalogue = catalogue ?? .current(calls: ScapPlan.catalogueCalls)
    self.sink = sink
    section = ScapSection(toolVersion: toolVersion, catalogue: self.catalogue, sink: sink)
  }

  /// Whether bytes begin like a .scap file, packed or not.
  ///
  /// - Parameter fill: Gives the file's bytes from its beginning.
  public static func recognizes(
    _ fill: @escaping (UnsafeMutableRawBufferPointer) throws(SystemError) -> Int
  ) throws(SystemError) -> Bool {
    let source = try ScapSource(fill)
    guard try source.require(12) else { return false }
    let bytes = source.available
    let length = Int(bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
    guard bytes.loadUnaligned(as: UInt32.self) == ScapBlockType.section, (28...4096).contains(length),
      bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self) == 0x1A2B_3C4D
    else { return false }
    guard try source.require(length + 4) else { return false }
    let next = source.available.loadUnaligned(fromByteOffset: length, as: UInt32.self)
    return next != ScapBlockType.section && ScapBlockType.isKnown(next)
  }

  /// Whether a file that begins so may still be a .scap file; of any other pcapng file a few bytes tell.
  ///
  /// - Parameter head: The file's first bytes, 64 are enough.
  public static func mayBegin(with head: UnsafeRawBufferPointer) -> Bool {
    guard head.count >= 8, head.loadUnaligned(as: UInt32.self) == ScapBlockType.section else { return true }
    let length = Int(head.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
    guard head.count >= length + 4 else { return true }
    return ScapBlockType.isKnown(head.loadUnaligned(fromByteOffset: length, as: UInt32.self))
  }

  /// Reads to the end.
  ///
  /// - Throws: ``SystemError`` of reading or writing. Damage is passed over, and told.
  public func run() throws(SystemError) -> Summary {
    var body = UnsafeRawBufferPointer(start: nil, count: 0)
    var problemsSeen = 0
    var turns = 0
    while let type = try blocks.next(&body) {
      if blocks.problemCount > problemsSeen {
        problemsSeen = blocks.problemCount
        section.noteDamage()
      }
      if type == ScapBlockType.section {
        try endSection()
        continue
      }
      if let fault = try section.take(type, body) {
        blocks.noteDamage(fault, length: body.count + 12)
        problemsSeen = blocks.problemCount
        section.noteDamage()
      }
      turns += 1
      if turns & 0xFFFF == 0 { progress?(blocks.source.bytesRead) }
    }
    if blocks.problemCount > problemsSeen { section.noteDamage() }
    try endSection()
    summary.problems = blocks.problems.map(\.message)
    summary.problemCount = blocks.problemCount
    return summary
  }

  private func endSection() throws(SystemError) {
    try section.finish(reason: reason)
    summary.eventCount += section.eventCount
    summary.rowCount += section.streams?.rowCount ?? 0
    summary.leftOut += section.leftOut
    summary.unknownEvents += section.unknownEvents
    if section.streams != nil { summary.sectionCount += 1 }
    section = ScapSection(toolVersion: toolVersion, catalogue: catalogue, sink: sink)
  }

  private var reason: String {
    var words = "a .scap file does not tell what its recorder lost"
    if blocks.problemCount > 0 { words += "; \(blocks.problemCount) places of it could not be read" }
    if section.unknownEvents > 0 { words += "; \(section.unknownEvents) events are of types unknown to this version" }
    if section.state.overflow > 0 { words += "; it told of more processes and descriptors than were kept" }
    return words
  }
}
