public import CaptureFormat
internal import Glibc
public import Posix

/// Makes a capture of a .scap file, in one pass and in memory that does not grow with it.
public final class ScapConverter {
  private let blocks: FramedBlocks
  private let toolVersion: String
  private let catalogue: Catalogue
  private let sink: CaptureWriter.Sink
  private var section: ScapSection
  private var summary = ConversionSummary()
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
    blocks = FramedBlocks(try PackedSource(fill), isKnown: ScapBlockType.isKnown)
    self.toolVersion = toolVersion
    self.catalogue = catalogue ?? .current(calls: ScapPlan.catalogueCalls)
    self.sink = sink
    section = ScapSection(source: .scap, toolVersion: toolVersion, catalogue: self.catalogue, sink: sink)
  }

  /// Whether a file begins like a .scap file.
  static func recognizes(_ head: UnsafeRawBufferPointer) -> Bool {
    guard head.count >= 12 else { return false }
    let length = Int(head.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
    guard head.loadUnaligned(as: UInt32.self) == ScapBlockType.section, (28...4096).contains(length),
      head.loadUnaligned(fromByteOffset: 8, as: UInt32.self) == 0x1A2B_3C4D, head.count >= length + 4
    else { return false }
    let next = head.loadUnaligned(fromByteOffset: length, as: UInt32.self)
    return next != ScapBlockType.section && ScapBlockType.isKnown(next)
  }

  /// Reads to the end.
  ///
  /// - Throws: ``SystemError`` of reading or writing. Damage is passed over, and told.
  public func run() throws(SystemError) -> ConversionSummary {
    var body = UnsafeRawBufferPointer(start: nil, count: 0)
    var problemsSeen = 0
    var turns = 0
    while let number = try blocks.next(&body) {
      let type = ScapBlockType.current(number)
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
    section = ScapSection(source: .scap, toolVersion: toolVersion, catalogue: catalogue, sink: sink)
  }

  private var reason: String {
    var words = "a .scap file does not tell what its recorder lost"
    if blocks.problemCount > 0 { words += "; \(blocks.problemCount) places of it could not be read" }
    if section.unknownEvents > 0 { words += "; \(section.unknownEvents) events are of types unknown to this version" }
    if section.state.overflow > 0 { words += "; it told of more processes and descriptors than were kept" }
    return words
  }
}
