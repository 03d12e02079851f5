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

  /// Goes to the block's next event that passes one of them; false when there is none.
  public func advance(_ block: EventBlock) -> Bool { blockBank(of: block).advance(block) }

  /// Calls `body` with each event of the block that passes a filter, and with the numbers of those that it passes.
  public func forEachMatch(in block: EventBlock, _ body: (Int, EventBlock) throws -> Void) rethrows {
    let bank = blockBank(of: block)
    while bank.advance(block) { for number in bank.matched { try body(number, block) } }
  }

  /// False: nothing in the block passes any of them.
  public func mayMatch(_ entry: BlockEntry) -> Bool { filters.contains { $0.mayMatch(entry) } }

  /// Calls `body` with the number of each filter that the event passes, in their order.
  public func forEachMatch(_ event: EventBlock, _ body: (Int) throws -> Void) rethrows {
    for number in blockBank(of: event).matches(of: event) { try body(number) }
  }

  private func blockBank(of event: EventBlock) -> BlockBank {
    let readings = BlockReadings.of(event)
    if let known = readings.bank, known.bank === self { return known }
    var kinds = KindMask()
    // Those of the filter alone: of each block they would take longer than the rows that they spare.
    for filter in filters where filter.mayMatch(event.entry) { kinds.formUnion(filter.kinds) }
    let made = BlockBank(self, filters.map { FilterMatcher($0, event) }, kinds)
    readings.bank = made
    return made
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
  unowned let bank: FilterBank
  private let matchers: [FilterMatcher]
  /// Rows of other kinds pass none.
  private let kinds: KindMask
  /// What the row passes that ``advance(_:)`` went to.
  private(set) var matched: [Int] = []
  private var matchedRow = -1
  /// By kind and call: the filters that their name does not rule out. A place for each is found by the key's low bits; whose
  /// is taken by another is worked out again.
  private var keys = [UInt64](repeating: .max, count: 64)
  private var lists = [[Int]](repeating: [], count: 64)

  init(_ bank: FilterBank, _ matchers: [FilterMatcher], _ kinds: KindMask) {
    self.bank = bank
    self.matchers = matchers
    self.kinds = kinds
  }

  func advance(_ block: EventBlock) -> Bool {
    while block.next(in: kinds) {
      let place = place(ofCall: block)
      if lists[place].isEmpty { continue }
      matched.removeAll(keepingCapacity: true)
      for number in lists[place] where matchers[number].matches(block) { matched.append(number) }
      if !matched.isEmpty {
        matchedRow = block.row
        return true
      }
    }
    matchedRow = -1
    return false
  }

  /// The numbers of the filters that the event passes.
  func matches(of event: EventBlock) -> [Int] {
    if matchedRow == event.row { return matched }
    return lists[place(ofCall: event)].filter { matchers[$0].matches(event) }
  }

  private func place(ofCall event: EventBlock) -> Int {
    let call = UInt64(event.call?.packed ?? .max)
    let key = UInt64(event.kind.rawValue) << 32 | call
    let place = Int((call ^ call >> 6 ^ key >> 32 &* 7) & 63)
    if keys[place] != key {
      keys[place] = key
      lists[place] = matchers.indices.filter { matchers[$0].mayMatchCall(of: event) }
    }
    return place
  }
}
