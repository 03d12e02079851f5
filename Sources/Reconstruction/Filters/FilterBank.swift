public import CaptureFormat
internal import Events
public import FilterLanguage

/// Many filters tried together on the events of one boot. To be used from one thread.
///
/// For each call of a block the filters that its name rules out are left out once: a rule about `execve` costs a read nothing.
public final class FilterBank {
  private let filters: [PreparedFilter]
  private let context: FilterContext
  /// Of the process that was asked for last.
  private var last: (key: ProcessKey, view: ProcessView)?

  /// - Parameter terms: What else is to be asked of events that pass.
  public convenience init(
    _ filters: [CompiledFilter], asking terms: [CompiledTerm] = [], of boot: CaptureBoot
  ) throws(CaptureError) {
    var fields = Set(terms.flatMap(\.fields))
    for filter in filters { fields.formUnion(filter.fields) }
    self.init(filters, try FilterContext(boot, needs: fields))
  }

  init(_ filters: [CompiledFilter], _ context: FilterContext) {
    self.context = context
    self.filters = filters.map { PreparedFilter($0, context) }
  }

  /// Of a container of which nothing is known: events of other kinds pass none of the filters.
  public var kinds: KindMask {
    var mask = KindMask()
    for filter in filters { mask.formUnion(filter.kinds) }
    return mask
  }

  /// Goes to the block's next event of a kind that may pass one of them; false when there is none.
  public func advance(_ block: EventBlock) -> Bool {
    let readings = BlockReadings.of(block)
    if readings.bankKinds?.bank !== self { readings.bankKinds = (self, kinds(of: block.entry)) }
    return block.next(in: readings.bankKinds?.kinds ?? .all)
  }

  private func kinds(of entry: BlockEntry) -> KindMask {
    var mask = KindMask()
    for filter in filters where filter.mayMatch(entry) { mask.formUnion(filter.kinds(of: entry)) }
    return mask
  }

  /// Calls `body` with each event of the block that passes a filter, and with the numbers of those that it passes.
  public func forEachMatch(in block: EventBlock, _ body: (Int, EventBlock) throws -> Void) rethrows {
    let mask = kinds(of: block.entry)
    while block.next(in: mask) { try forEachMatch(block) { try body($0, block) } }
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
    let key = event.process.key
    let time = event.time
    if let timeline = context.timeline {
      let isKnown = last.map { $0.key == key && time >= $0.view.from && time < $0.view.until } ?? false
      if !isKnown { last = (key, ProcessView(key, at: time, in: timeline)) }
    }
    return term.value(
      in: EventFields(
        context: context, event: event, process: event.process, view: last?.view, container: event.entry.container))
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
