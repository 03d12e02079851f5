public import CaptureFormat
internal import Events
public import FilterLanguage

/// A filter with what its fields are read from in one boot of a capture. To be used from one thread.
public final class PreparedFilter {
  public let filter: CompiledFilter
  let program: FilterProgram
  let slotCount: Int
  let context: FilterContext
  private let condition: BlockCondition

  /// Reads tables, and the blocks of lifecycle events where fields ask for the history of processes.
  ///
  /// - Throws: ``CaptureError`` when the capture cannot be read.
  public convenience init(_ filter: CompiledFilter, of boot: CaptureBoot) throws(CaptureError) {
    self.init(filter, try FilterContext(boot, needs: filter.fields))
  }

  /// - Parameter context: One for several filters; it has what the fields of all need.
  init(_ filter: CompiledFilter, _ context: FilterContext) {
    self.filter = filter
    var count = 0
    program = FilterProgram.make(filter.root, slotCount: &count)
    slotCount = count
    self.context = context
    condition = BlockCondition(filter.root, context)
  }

  /// False: no event of the block passes, as the directory tells.
  public func mayMatch(_ entry: BlockEntry) -> Bool { condition.answer(for: entry) != .never }

  /// Whether the event passes.
  ///
  /// What rows of a block share is decided once, and kept with the block.
  public func matches(_ event: EventBlock) -> Bool { matcher(for: event).matches(event) }

  /// Goes to the block's next event that passes; false when there is none.
  public func advance(_ block: EventBlock) -> Bool {
    let matcher = matcher(for: block)
    while block.next(in: matcher.kinds) { if matcher.matches(block) { return true } }
    return false
  }

  private func matcher(for event: EventBlock) -> FilterMatcher {
    let readings = BlockReadings.of(event)
    if let known = readings.matcher, known.filter === self { return known.matcher }
    let matcher = FilterMatcher(self, event)
    readings.matcher = (self, matcher)
    return matcher
  }

  func kinds(of entry: BlockEntry) -> KindMask { condition.kinds(of: entry) }

  /// Of which an event may pass, whatever block it stands in.
  private(set) lazy var kinds: KindMask = condition.kinds

  /// Whether the event passes, decided without what is kept: for those who check the other.
  public func matchesAlone(_ event: EventBlock) -> Bool {
    let view = context.timeline.map { ProcessView(event.process.key, at: event.time, in: $0) }
    return program.isTrue(
      EventFields(
        context: context, event: event, process: event.process, view: view, container: event.entry.container))
  }

  /// Whether a process passes by itself: every check of an event's field is false.
  ///
  /// Of several programs that it ran, the last counts.
  public func matches(_ row: ProcessRow) -> Bool {
    let end = row.end ?? BootTime(nanoseconds: .max)
    let last = end.nanoseconds == 0 ? end : BootTime(nanoseconds: end.nanoseconds - 1)
    let view = context.timeline.map { ProcessView(row.key, at: last, in: $0) }
    let process = BlockProcess(
      key: row.key, comm: row.comm, executable: row.executable, namespacePID: row.namespacePID)
    return program.isTrue(
      EventFields(context: context, event: nil, process: process, view: view, container: row.container))
  }
}
