public import CaptureFormat
public import Events

/// A place in the order of all events of a capture.
public struct EventPosition: Hashable, Comparable, Sendable {
  public var time: BootTime
  /// 255 where the block has none.
  public var lane: UInt8
  public var container: ContainerKey
  /// Of the block.
  public var offset: UInt64
  public var row: UInt32

  public init(time: BootTime, lane: UInt8, container: ContainerKey, offset: UInt64, row: UInt32) {
    self.time = time
    self.lane = lane
    self.container = container
    self.offset = offset
    self.row = row
  }

  /// Before every event of that time.
  public static func before(_ time: BootTime) -> EventPosition {
    EventPosition(time: time, lane: 0, container: .host, offset: 0, row: 0)
  }
  public static let start = EventPosition.before(BootTime(nanoseconds: 0))
  public static let end = EventPosition(
    time: BootTime(nanoseconds: .max), lane: .max, container: ContainerKey(rawValue: .max), offset: .max, row: .max)

  /// The next place there can be.
  public var successor: EventPosition {
    var next = self
    if row < .max { next.row += 1 }
    return next
  }

  public static func < (left: EventPosition, right: EventPosition) -> Bool {
    if left.time != right.time { return left.time < right.time }
    if left.lane != right.lane { return left.lane < right.lane }
    if left.container != right.container { return left.container < right.container }
    if left.offset != right.offset { return left.offset < right.offset }
    return left.row < right.row
  }
}

/// Events in the order of time, from any place forwards or backwards, reading only the blocks around it.
///
/// Of each block that was read it keeps which rows are wanted and when they were, within a budget. To be used from one
/// thread.
public final class EventWindow {
  /// What was found of what was asked for.
  public struct Page {
    /// In ascending order.
    public var positions: [EventPosition] = []
    /// Nothing wanted lies beyond.
    public var isAtEnd = false
    /// Where to go on: everything wanted before it (after it, when going backwards) is among the positions.
    public var reached: EventPosition
  }

  public let capture: Capture
  public let selection: EventSelection
  private let text: EventText
  private let line: CommonTime
  private var entries: [BlockEntry] = []
  /// Of the sections' directories when ``entries`` were taken from them.
  private var directoryCount = -1
  /// Of the selection's filter, by section; made when a block is first asked for, as it may read many.
  private var filters: [UInt32: PreparedFilter] = [:]
  private var originals: [UInt64: BlockEntry] = [:]
  private var indexes: [UInt64: BlockIndex] = [:]
  private var rowsKept = 0
  private var calls: UInt64 = 0
  /// The index that was asked for last had to be made. What is known already costs nothing: so each call gets on.
  private var isNewlyRead = false
  private static let rowsToKeep = 1_000_000

  /// - Parameter line: What the selection's times and processes, and all positions, are told in.
  public init(_ capture: Capture, _ selection: EventSelection, _ text: EventText, on line: CommonTime) {
    self.capture = capture
    self.selection = selection
    self.text = text
    self.line = line
  }

  /// The blocks that can hold what is wanted, by first time, with their times on the common line. Takes in what a growing
  /// file got.
  public var blocks: [BlockEntry] {
    let count = capture.sections.reduce(0) { $0 + $1.directory.count }
    if directoryCount != count {
      directoryCount = count
      // A filter asks for times of the boot, and not for those of the common line.
      if selection.filter != nil {
        originals = Dictionary(capture.directory.map { ($0.offset, $0) }, uniquingKeysWith: { first, _ in first })
      }
      entries = capture.directory.lazy.map(line.entry).filter(selection.mayMatch).sorted {
        ($0.firstTime, $0.offset) < ($1.firstTime, $1.offset)
      }
    }
    return entries
  }

  /// Up to `limit` wanted events from `position` on, that one included.
  ///
  /// - Parameter goesOn: Asked after each block that is read; with false the page ends early, and ``Page/reached`` says where.
  public func page(
    from position: EventPosition, limit: Int, while goesOn: () -> Bool = { true }
  ) throws(CaptureError) -> Page {
    prune()
    let waiting = blocks.filter { $0.lastTime >= position.time }
    var next = 0
    var open = Heap<OpenPlace>()
    var page = Page(reached: position)
    while true {
      while next < waiting.count, open.top.map({ waiting[next].firstTime <= $0.position.time }) ?? true {
        // A block whose first time is not after the best so far may hold a better one.
        let index = try index(of: waiting[next])
        let first = index.firstPlace { Self.position(waiting[next], index, $0)! < position }
        open.insert(Self.position(waiting[next], index, first), number: next, place: first)
        next += 1
        if isNewlyRead, !goesOn() {
          page.reached = max(position, Self.earlier(open.top?.position, waiting, next))
          return page
        }
      }
      guard let best = open.pop() else { break }
      let (top, number, place) = (best.position, best.number, best.place)
      page.positions.append(top)
      let index = try index(of: waiting[number])
      open.insert(Self.position(waiting[number], index, place + 1), number: number, place: place + 1)
      if page.positions.count >= limit {
        page.reached = Self.earlier(open.top?.position, waiting, next)
        page.isAtEnd = open.top == nil && next == waiting.count
        return page
      }
    }
    page.isAtEnd = true
    page.reached = .end
    return page
  }

  /// Up to `limit` wanted events before `position`.
  public func page(
    before position: EventPosition, limit: Int, while goesOn: () -> Bool = { true }
  ) throws(CaptureError) -> Page {
    prune()
    let waiting = blocks.filter { $0.firstTime <= position.time }.sorted {
      ($0.lastTime, $0.offset) > ($1.lastTime, $1.offset)
    }
    var next = 0
    var open = Heap<OpenPlace>()
    var page = Page(reached: position)
    while true {
      while next < waiting.count, open.top.map({ waiting[next].lastTime >= $0.position.time }) ?? true {
        let index = try index(of: waiting[next])
        let last = index.firstPlace { Self.position(waiting[next], index, $0)! < position } - 1
        open.insert(Self.position(waiting[next], index, last), number: next, place: last, isDescending: true)
        next += 1
        if isNewlyRead, !goesOn() {
          page.reached = min(position, Self.later(open.top?.position, waiting, next))
          page.positions.reverse()
          return page
        }
      }
      guard let best = open.pop() else { break }
      let (top, number, place) = (best.position, best.number, best.place)
      page.positions.append(top)
      let index = try index(of: waiting[number])
      open.insert(
        Self.position(waiting[number], index, place - 1), number: number, place: place - 1,
        isDescending: true)
      if page.positions.count >= limit {
        page.reached = top
        page.isAtEnd = open.top == nil && next == waiting.count
        page.positions.reverse()
        return page
      }
    }
    page.isAtEnd = true
    page.reached = .start
    page.positions.reverse()
    return page
  }

  /// How many wanted events of each lane fall into each of `count` equal parts of a span.
  ///
  /// - Returns: By lane, then by part; nil when `goesOn` said no: asked again, it goes on where it was.
  public func counts(
    from: BootTime, to: BootTime, parts count: Int, while goesOn: () -> Bool = { true }
  ) throws(CaptureError) -> [[UInt32]]? {
    var result = [[UInt32]](repeating: [UInt32](repeating: 0, count: max(count, 1)), count: Lane.allCases.count)
    let width = max(to.nanoseconds.subtractingReportingOverflow(from.nanoseconds).partialValue, 1)
    prune()
    for entry in blocks where entry.lastTime >= from && entry.firstTime <= to {
      let index = try index(of: entry)
      let lane = Int(entry.lane?.rawValue ?? Lane.detail.rawValue)
      for time in index.times where time >= from.nanoseconds && time <= to.nanoseconds {
        let part = Int(Double(time - from.nanoseconds) / Double(width) * Double(count))
        result[lane][min(part, count - 1)] &+= 1
      }
      if isNewlyRead, !goesOn() { return nil }
    }
    return result
  }

  /// Calls `body` with the block standing at each of the positions, in the order of their blocks.
  public func visit(
    _ positions: [EventPosition], _ body: (EventPosition, EventBlock) -> Void
  ) throws(CaptureError) {
    let places = Dictionary(grouping: positions, by: \.offset)
    for entry in blocks {
      guard let wanted = places[entry.offset]?.sorted(by: { $0.row < $1.row }) else { continue }
      let block: EventBlock
      guard let section = capture.section(of: entry) else { continue }
      do throws(CaptureError) { block = try section.readEvents(entry) } catch {
        if case .system = error { throw error }
        continue
      }
      var next = wanted.makeIterator()
      var position = next.next()
      while let found = position, block.next() {
        guard block.row == Int(found.row) else { continue }
        body(found, block)
        position = next.next()
      }
    }
  }

  // MARK: Blocks

  private static func position(_ entry: BlockEntry, _ index: BlockIndex, _ place: Int) -> EventPosition? {
    guard index.rows.indices.contains(place) else { return nil }
    return EventPosition(
      time: BootTime(nanoseconds: index.times[place]), lane: entry.lane?.rawValue ?? 255, container: entry.container,
      offset: entry.offset, row: index.rows[place])
  }

  private static func earlier(_ top: EventPosition?, _ waiting: [BlockEntry], _ next: Int) -> EventPosition {
    let block = next < waiting.count ? EventPosition.before(waiting[next].firstTime) : .end
    return min(top ?? .end, block)
  }

  private static func later(_ top: EventPosition?, _ waiting: [BlockEntry], _ next: Int) -> EventPosition {
    // Everything after a block's last time is known, that time itself is not.
    let time = next < waiting.count ? waiting[next].lastTime.nanoseconds : 0
    let block = time == 0 ? .start : EventPosition.before(BootTime(nanoseconds: time == .max ? time : time + 1))
    guard let top else { return block }
    // What is on top is found and not taken yet: it is wanted again.
    return max(top.successor, block)
  }

  private func index(of entry: BlockEntry) throws(CaptureError) -> BlockIndex {
    isNewlyRead = false
    if let known = indexes[entry.offset] {
      indexes[entry.offset]?.lastUse = calls
      return known
    }
    isNewlyRead = true
    var index = BlockIndex(lastUse: calls)
    guard let section = capture.section(of: entry) else { return index }
    let filter = try filter(for: entry.section)
    let original = originals[entry.offset] ?? entry
    if filter?.mayMatch(original) ?? true {
      do throws(CaptureError) {
        try read(try section.readEvents(original), filter, into: &index)
      } catch {
        // Damaged: left out, and among the file's problems where others look for them.
        if case .system = error { throw error }
        try section.noteDamage(error, at: entry)
      }
    }
    indexes[entry.offset] = index
    rowsKept += index.rows.count
    return index
  }

  private func read(
    _ block: EventBlock, _ filter: PreparedFilter?, into index: inout BlockIndex
  ) throws(CaptureError) {
    var matcher = EventMatcher(selection, block, text, line)
    guard matcher.canMatch else { return }
    var isSorted = true
    while filter.map({ $0.advance(block) }) ?? block.next() {
      let position = line.time(block.time, in: block.entry.section)
      guard matcher.matches(block, at: position) else { continue }
      let time = position.nanoseconds
      if let last = index.times.last, last > time { isSorted = false }
      index.times.append(time)
      index.rows.append(UInt32(block.row))
    }
    if !isSorted { index.sort() }
  }

  /// What decides on the selection's filter for blocks of a section.
  private func filter(for section: UInt32) throws(CaptureError) -> PreparedFilter? {
    guard let filter = selection.filter?.compiled else { return nil }
    if let known = filters[section] { return known }
    guard let boot = capture.boots.first(where: { $0.sections.contains { $0.section == section } }) else { return nil }
    let prepared = try PreparedFilter(filter, of: boot)
    for section in boot.sections { filters[section.section] = prepared }
    return prepared
  }

  /// Forgets what was not used lately, when too much is kept. Only between pages: one page needs all of its blocks.
  private func prune() {
    calls += 1
    guard rowsKept > Self.rowsToKeep else { return }
    for (offset, index) in indexes.sorted(by: { $0.value.lastUse < $1.value.lastUse }) {
      guard rowsKept > Self.rowsToKeep / 2, index.lastUse + 1 < calls else { break }
      indexes[offset] = nil
      rowsKept -= index.rows.count
    }
  }
}

/// The rows of one block that are wanted, by time.
private struct BlockIndex {
  var times: [UInt64] = []
  var rows: [UInt32] = []
  var lastUse: UInt64 = 0

  /// The first place that does not hold `isBefore`.
  func firstPlace(_ isBefore: (Int) -> Bool) -> Int {
    var low = 0
    var high = rows.count
    while low < high {
      let middle = (low + high) / 2
      if isBefore(middle) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  mutating func sort() {
    let order = rows.indices.sorted { (times[$0], rows[$0]) < (times[$1], rows[$1]) }
    times = order.map { times[$0] }
    rows = order.map { rows[$0] }
  }
}

/// The next place of an open block; the last of all comes first when descending.
private struct OpenPlace: Comparable {
  let position: EventPosition
  let number: Int
  let place: Int
  let isDescending: Bool

  static func < (left: OpenPlace, right: OpenPlace) -> Bool {
    left.isDescending ? left.position > right.position : left.position < right.position
  }
}

extension Heap<OpenPlace> {
  /// Nothing with nil: the block has no more.
  fileprivate mutating func insert(_ position: EventPosition?, number: Int, place: Int, isDescending: Bool = false) {
    guard let position else { return }
    insert(OpenPlace(position: position, number: number, place: place, isDescending: isDescending))
  }
}
