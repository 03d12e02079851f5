internal import CaptureFormat
internal import Events
internal import FilterLanguage

/// A compiled filter as it is tried on the rows of blocks: parts that hang on the same thing stand together, and each is
/// decided once for every value of that thing.
final class FilterProgram {
  enum Work {
    case constant(Bool)
    case all([FilterProgram])
    case any([FilterProgram])
    case not(FilterProgram)
    case check(CompiledCheck)
  }
  let work: Work
  let scope: FieldScope
  /// Where its answers are kept; nil for a part of one that is kept, and for what hangs on the row.
  private(set) var slot: Int?

  private init(_ work: Work, _ scope: FieldScope) {
    self.work = work
    self.scope = scope
  }

  /// - Parameter slotCount: Counted on by how many answers are to be kept.
  static func make(_ node: FilterNode, slotCount: inout Int) -> FilterProgram {
    let program = make(node)
    program.number(&slotCount)
    return program
  }

  private static func make(_ node: FilterNode) -> FilterProgram {
    switch node {
    case .constant(let value): FilterProgram(.constant(value), .block)
    case .check(let check):
      FilterProgram(.check(check), check.fields.map { FieldScope($0) }.reduce(.block) { $0.joined(with: $1) })
    case .not(let child):
      { FilterProgram(.not($0), $0.scope) }(make(child))
    case .all(let children): group(children.map(make)) { .all($0) }
    case .any(let children): group(children.map(make)) { .any($0) }
    }
  }

  /// Children of one scope together, those that are decided most rarely first.
  private static func group(_ children: [FilterProgram], _ work: ([FilterProgram]) -> Work) -> FilterProgram {
    let order: [FieldScope] = [.block, .call, .process, .file, .row]
    let groups = order.compactMap { scope -> FilterProgram? in
      let members = children.filter { $0.scope == scope }
      if members.isEmpty { return nil }
      return members.count == 1 ? members[0] : FilterProgram(work(members), scope)
    }
    if groups.count == 1 { return groups[0] }
    return FilterProgram(work(groups), groups.reduce(.block) { $0.joined(with: $1.scope) })
  }

  private func number(_ count: inout Int) {
    if scope != .row {
      slot = count
      count += 1
      return
    }
    switch work {
    case .all(let children), .any(let children): for child in children { child.number(&count) }
    case .not(let child): child.number(&count)
    case .constant, .check: break
    }
  }

  /// Without keeping anything.
  func isTrue(_ source: EventFields) -> Bool {
    switch work {
    case .constant(let value): value
    case .all(let children): children.allSatisfy { $0.isTrue(source) }
    case .any(let children): children.contains { $0.isTrue(source) }
    case .not(let child): !child.isTrue(source)
    case .check(let check): check.holds(in: source)
    }
  }
}

/// Tries a filter on the rows of one block.
final class FilterMatcher {
  private let program: FilterProgram
  private let context: FilterContext
  /// Answers by slot, then by what they hang on: 0 not known, 1 no, 2 yes.
  private var answers: [[UInt8]]
  private var calls: [UInt64: Int] = [:]
  /// The places of calls, by the low bits of their numbers.
  private var callPlaces = [(key: UInt64, place: Int)](repeating: (.max, 0), count: 32)
  private var views: [ProcessView?]
  private let needsViews: Bool
  private static let fileLimit = 1 << 16
  private let filter: PreparedFilter
  private let entry: BlockEntry
  /// Rows of other kinds cannot pass.
  private(set) lazy var kinds: KindMask = filter.kinds(of: entry)

  init(_ filter: PreparedFilter, _ event: EventBlock) {
    program = filter.program
    context = filter.context
    self.filter = filter
    entry = event.entry
    answers = Array(repeating: [], count: filter.slotCount)
    needsViews = filter.context.timeline != nil
    views = Array(repeating: nil, count: needsViews ? event.processes.count : 0)
  }

  func matches(_ event: EventBlock) -> Bool {
    if needsViews { look(at: event) }
    return isTrue(program, event)
  }

  /// False: no event of this call in this block passes, whatever else it says.
  func mayMatchCall(of event: EventBlock) -> Bool {
    guard case .all(let parts) = program.work, program.scope == .row else {
      return program.scope == .call || program.scope == .block ? isTrue(program, event) : true
    }
    return parts.allSatisfy { $0.scope != .call && $0.scope != .block || isTrue($0, event) }
  }

  /// Brings what is known of the event's process up to date.
  private func look(at event: EventBlock) {
    let index = event.processIndex
    guard views.indices.contains(index), let timeline = context.timeline else { return }
    let time = event.time
    if let view = views[index] {
      if time >= view.from, time < view.until { return }
      for slot in answers.indices where answers[slot].count > index { forget(slot, index) }
    }
    views[index] = ProcessView(event.process.key, at: time, in: timeline)
  }

  /// Only slots of processes have it under this number, but another is decided again at little cost.
  private func forget(_ slot: Int, _ place: Int) { answers[slot][place] = 0 }

  private func isTrue(_ part: FilterProgram, _ event: EventBlock) -> Bool {
    guard let slot = part.slot else {
      switch part.work {
      case .constant(let value): return value
      case .all(let children):
        for child in children where !isTrue(child, event) { return false }
        return true
      case .any(let children):
        for child in children where isTrue(child, event) { return true }
        return false
      case .not(let child): return !isTrue(child, event)
      case .check(let check): return check.holds(in: fields(of: event))
      }
    }
    guard let place = place(of: part.scope, event) else { return part.isTrue(fields(of: event)) }
    if place < answers[slot].count, answers[slot][place] != 0 { return answers[slot][place] == 2 }
    let answer = part.isTrue(fields(of: event))
    if answers[slot].count <= place {
      answers[slot].append(contentsOf: repeatElement(0, count: place + 1 - answers[slot].count))
    }
    answers[slot][place] = answer ? 2 : 1
    return answer
  }

  /// What the answer is kept under; nil where it hangs on more than that.
  private func place(of scope: FieldScope, _ event: EventBlock) -> Int? {
    switch scope {
    case .block: return 0
    case .call: return place(ofCall: event)
    case .process:
      let index = event.processIndex
      return event.processes.indices.contains(index) ? index : nil
    case .file:
      // Where the event says more of the file than the block's dictionary does.
      switch event.kind {
      case .networkConnect, .networkAccept, .networkBind, .networkListen, .networkOutcome, .networkSocket: return nil
      default: break
      }
      // Without a file nothing is known of one, but of an open what it was to be.
      guard let place = event.value(.file) else { return event.kind == .fileOpen ? nil : 0 }
      guard place >= 0, place < Self.fileLimit, event.value(.address) == nil else { return nil }
      return Int(place) + 1
    case .row: return nil
    }
  }

  private func place(ofCall event: EventBlock) -> Int {
    let call = UInt64(event.call?.packed ?? .max)
    let key = UInt64(event.kind.rawValue) << 32 | call
    let slot = Int((call ^ key >> 32) & 31)
    if callPlaces[slot].key == key { return callPlaces[slot].place }
    let place = calls[key] ?? calls.count
    calls[key] = place
    callPlaces[slot] = (key, place)
    return place
  }

  private func fields(of event: EventBlock) -> EventFields {
    let index = event.processIndex
    return EventFields(
      context: context, event: event, process: event.process, view: views.indices.contains(index) ? views[index] : nil,
      container: event.entry.container)
  }
}
