public import CaptureFormat
internal import Events
public import FilterLanguage

/// Many filters tried together on the events of one boot. To be used from one thread.
///
/// For each call of a block the filters that its name rules out are left out once: a rule about `execve` costs a read nothing.
public final class FilterBank {
  private let filters: [PreparedFilter]
  private let context: FilterContext

  /// - Parameter terms: What else is to be asked of events that pass.
  public init(
    _ filters: [CompiledFilter], asking terms: [CompiledTerm] = [], of boot: CaptureBoot
  ) throws(CaptureError) {
    var fields = Set(terms.flatMap(\.fields))
    for filter in filters { fields.formUnion(filter.fields) }
    let context = try FilterContext(boot, needs: fields)
    self.context = context
    self.filters = filters.map { PreparedFilter($0, context) }
  }

  /// False: nothing in the block passes any of them.
  public func mayMatch(_ entry: BlockEntry) -> Bool { filters.contains { $0.mayMatch(entry) } }

  /// Calls `body` with the number of each filter that the event passes, in their order.
  public func forEachMatch(_ event: EventBlock, _ body: (Int) throws -> Void) rethrows {
    let readings = BlockReadings.of(event)
    let block: BlockBank
    if let known = readings.bank, known.bank === self {
      block = known
    } else {
      block = BlockBank(self, filters.map { FilterMatcher($0, event) })
      readings.bank = block
    }
    let key = UInt64(event.kind.rawValue) << 32 | UInt64(event.call?.packed ?? .max)
    let candidates: [Int]
    if let known = block.candidates[key] {
      candidates = known
    } else {
      candidates = block.matchers.indices.filter { block.matchers[$0].mayMatchCall(of: event) }
      block.candidates[key] = candidates
    }
    for number in candidates where block.matchers[number].matches(event) { try body(number) }
  }

  /// What a field or a transformer is at the event.
  public func value(of term: CompiledTerm, at event: EventBlock) -> FieldValue {
    let view = context.timeline.map { ProcessView(event.process.key, at: event.time, in: $0) }
    return term.value(
      in: EventFields(
        context: context, event: event, process: event.process, view: view, container: event.entry.container))
  }
}

/// The filters on one block.
final class BlockBank {
  let bank: FilterBank
  let matchers: [FilterMatcher]
  var candidates: [UInt64: [Int]] = [:]

  init(_ bank: FilterBank, _ matchers: [FilterMatcher]) {
    self.bank = bank
    self.matchers = matchers
  }
}
