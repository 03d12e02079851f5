internal import CaptureFormat
internal import Events
internal import FilterLanguage
internal import Posix
internal import Reconstruction

/// What `record --filter` keeps: of each sealed block the events that pass, in a block of their own.
///
/// Blocks wait until all that happened up to a time is sealed, so that a filter sees processes as they were.
final class EventSieve {
  private let live: LiveEvents
  private let filter: PreparedFilter
  private let types: [ColumnID: ColumnValueType]
  private let assembler = BlockAssembler()
  private let output: (SealedBlock) -> Void
  private var waiting: [SealedBlock] = []
  /// Of the next event of each stream.
  private var sequences: [StreamKey: UInt64] = [:]
  private(set) var kept: UInt64 = 0
  private(set) var leftOut: UInt64 = 0

  init(_ filter: CompiledFilter, since first: BootTime, output: @escaping (SealedBlock) -> Void) {
    let catalogue = Catalogue.live()
    live = LiveEvents(catalogue, hostName: hostName, since: first)
    self.filter = live.prepared(filter)
    types = Dictionary(
      catalogue.columns.compactMap { column in column.valueType.map { (column.column, $0) } },
      uniquingKeysWith: { first, _ in first })
    self.output = output
  }

  func take(_ block: SealedBlock) {
    // Packets have a filter of their own.
    if block.entry.type == .events { waiting.append(block) } else { output(block) }
  }
  func take(_ rows: [ContainerRow]) { live.take(rows) }
  func take(_ rows: [ProcessRow]) { live.take(rows) }
  func take(_ rows: [AnchorRow]) { live.take(rows) }

  /// All that happened until now is sealed: what passes goes on.
  func pass() {
    let blocks = waiting
    waiting = []
    // Our own blocks, just sealed: one that cannot be read is a defect, and what it held is counted as left out.
    do throws(CaptureError) { try live.apply(blocks) } catch {}
    for block in blocks {
      guard let stream = block.entry.stream else { continue }
      let count = UInt64(block.entry.rowCount)
      guard filter.mayMatch(block.entry), let event = try? EventBlock(block) else {
        leftOut += count
        continue
      }
      let builder = EventBlockBuilder(
        stream: stream, firstSequence: sequences[stream] ?? 0, assembler: assembler)
      while filter.advance(event) {
        builder.append(copying: event) { types[$0] }
        if builder.isFull { output(builder.seal()) }
      }
      if builder.rowCount > 0 { output(builder.seal()) }
      let passed = builder.nextSequence - (sequences[stream] ?? 0)
      sequences[stream] = builder.nextSequence
      kept += passed
      leftOut += count - passed
    }
  }
}
