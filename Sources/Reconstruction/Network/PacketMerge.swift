public import CaptureFormat
internal import Events

/// The packets of many blocks in the order of time. Holds those of the blocks that one moment is in.
public struct PacketMerge {
  private let files: [UInt32: CaptureFile]
  private var entries: ArraySlice<BlockEntry>
  /// In the order of time.
  private var waiting: ArraySlice<CapturedPacket> = []

  /// - Parameter isWanted: Says which blocks are read.
  public init(_ sections: [CaptureFile], isWanted: (BlockEntry) -> Bool) {
    files = Dictionary(sections.map { ($0.section, $0) }, uniquingKeysWith: { $1 })
    entries =
      sections.flatMap(\.packetBlocks).filter(isWanted).sorted {
        ($0.firstTime, $0.section, $0.offset) < ($1.firstTime, $1.section, $1.offset)
      }[...]
  }

  /// A block that cannot be read is noted as a problem of its file and passed over.
  public mutating func next() throws(CaptureError) -> CapturedPacket? {
    while let entry = entries.first, waiting.first.map({ $0.time >= entry.firstTime }) ?? true {
      entries.removeFirst()
      guard let file = files[entry.section] else { continue }
      let packets: [CapturedPacket]
      do throws(CaptureError) { packets = try file.packets(of: entry) } catch {
        try file.noteDamage(error, at: entry)
        continue
      }
      waiting = (Array(waiting) + packets).sorted { $0.time < $1.time }[...]
    }
    return waiting.popFirst()
  }
}
