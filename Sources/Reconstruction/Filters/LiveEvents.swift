public import CaptureFormat
public import Events
public import FilterLanguage

/// What is known of the processes, containers and sockets of a recorder at work: what fields of its events are read from.
///
/// It is told what the recorder knows at its start, then what changes; blocks of events are taken in bundles, all that
/// happened up to a time: first what they change of processes, in the order of time, then filters are tried on them. So a
/// filter sees a process as it was when the event happened, whatever stream its exec stands in. To be used from one thread.
public final class LiveEvents {
  private let context: FilterContext
  private var anchors: [AnchorRow] = []
  private var containers: [ContainerKey: ContainerRow] = [:]
  private var nextBurial = BootTime(nanoseconds: 0)
  /// So long the dead are known to those who come late.
  private static let deadAreKnownFor: UInt64 = 30_000_000_000

  public init(_ catalogue: Catalogue, hostName: String?, since first: BootTime) {
    context = FilterContext(live: catalogue, hostName: hostName, since: first)
  }

  /// Events of these kinds have to be taken in, whatever filters are tried.
  public static let kinds: KindMask = {
    var mask = KindMask()
    for kind in ProcessTimeline.kinds + SocketRoles.kinds + [.processExit, .processDirectory] { mask.insert(kind) }
    return mask
  }()

  /// Filters on what is taken in here.
  public func bank(_ filters: [CompiledFilter]) -> FilterBank { FilterBank(filters, context) }

  /// One filter on what is taken in here.
  public func prepared(_ filter: CompiledFilter) -> PreparedFilter { PreparedFilter(filter, context) }

  public func take(_ rows: [ContainerRow]) {
    for row in rows { containers[row.key] = row }
    context.take(rows)
  }

  public func take(_ rows: [ProcessRow]) { for row in rows { context.timeline?.add(row) } }

  public func take(_ rows: [AnchorRow]) {
    anchors += rows
    if anchors.count > 1000 { anchors.removeFirst(anchors.count - 500) }
    context.take(anchors)
  }

  public func container(_ key: ContainerKey) -> ContainerRow? { containers[key] }
  public var clock: CaptureClock { context.clock }
  public var hostName: String? { context.hostName.map { String(decoding: $0, as: UTF8.self) } }
  /// Processes that are known.
  public var processCount: Int { context.timeline?.count ?? 0 }

  /// Takes in what events change of processes and sockets.
  ///
  /// - Parameter blocks: All that happened since the last ones, in any order.
  /// - Throws: ``CaptureError`` for a block that cannot be read; the others are taken in all the same.
  public func apply(_ blocks: [SealedBlock]) throws(CaptureError) {
    var problem: CaptureError?
    var open: [OpenBlock] = []
    var latest = BootTime(nanoseconds: 0)
    for block in blocks {
      latest = max(latest, block.entry.lastTime)
      guard block.entry.kinds.mayContain(anyOf: Self.kinds) else { continue }
      do throws(CaptureError) {
        let events = try EventBlock(block)
        if events.next(in: Self.kinds) { open.append(OpenBlock(events)) }
      } catch { problem = error }
    }
    var heap = Heap(open)
    while let event = heap.top?.event {
      context.apply(event)
      if event.next(in: Self.kinds) { heap.replaceTop(with: OpenBlock(event)) } else { heap.pop() }
    }
    if latest >= nextBurial {
      let span = Self.deadAreKnownFor
      let time = BootTime(nanoseconds: latest.nanoseconds > span ? latest.nanoseconds - span : 0)
      context.timeline?.bury(before: time)
      forgetContainers(endedBefore: time)
      nextBurial = BootTime(nanoseconds: latest.nanoseconds + 10_000_000_000)
    }
    if let problem { throw problem }
  }

  private func forgetContainers(endedBefore time: BootTime) {
    for (key, row) in containers where row.ended.map({ $0 < time }) ?? false {
      containers[key] = nil
      context.forget(key)
    }
  }
}

/// A block at the row that it stands at.
private struct OpenBlock: Comparable {
  let time: BootTime
  let event: EventBlock

  init(_ event: EventBlock) { (time, self.event) = (event.time, event) }

  static func < (left: OpenBlock, right: OpenBlock) -> Bool { left.time < right.time }
  static func == (left: OpenBlock, right: OpenBlock) -> Bool { left.time == right.time }
}
