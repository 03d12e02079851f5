public import CaptureFormat
internal import Events
internal import Posix

/// One thing to be written into a capture.
public enum CaptureItem: Sendable {
  case block(SealedBlock)
  case containers([ContainerRow])
  case processes([ProcessRow])
  case state(StateImage)
  case losses([LossRow])
  case anchors([AnchorRow])
  case triggers([TriggerRow])
}

extension CaptureItem {
  /// Memory that it takes while it waits, roughly where it is rows.
  var weight: Int {
    switch self {
    case .block(let block): block.memoryInBytes
    case .containers(let rows): rows.count * 512
    case .processes(let rows): rows.count * 384
    case .state(let image): image.processes.count * 384 + image.descriptors.count * 192 + 96
    case .losses(let rows): rows.count * 48
    case .anchors(let rows): rows.count * 32
    case .triggers(let rows): rows.reduce(0) { $0 + 256 + ($1.body?.count ?? 0) }
    }
  }
}

extension CaptureWriter {
  /// - Parameter anchor: Tells triggers' wall times.
  func append(_ item: CaptureItem, anchor: AnchorRow? = nil) throws(SystemError) {
    switch item {
    case .block(let block): try append(block)
    case .containers(let rows): try append(containers: rows)
    case .processes(let rows): try append(processes: rows)
    case .state(let image): try append(image)
    case .losses(let rows): try append(losses: rows)
    case .anchors(let rows): try append(anchors: rows)
    case .triggers(let rows): try append(triggers: rows) { time in anchor?.wallTime(of: time) }
    }
  }
}

extension AnchorRow {
  func wallTime(of time: BootTime) -> WallTime {
    WallTime(nanoseconds: real.nanoseconds &+ Int64(bitPattern: time.nanoseconds &- boot.nanoseconds))
  }
}

/// What waits for the disk, of bounded size. What does not fit is counted as lost with its interval, never silently.
struct CaptureQueue {
  /// Bytes of sealed blocks that may wait.
  let limit: Int
  private(set) var items: [CaptureItem] = []
  /// Of blocks that were appended, until they are released or lost.
  private(set) var waitingBytes = 0
  private(set) var losses: [LossRow] = []
  private(set) var lostEvents: UInt64 = 0
  /// No more blocks are taken: each is lost.
  var isClosed = false

  init(limit: Int) { self.limit = limit }

  /// - Parameter isPinned: In memory already, whether it waits here or not: it is taken whatever the limit is.
  mutating func append(_ item: CaptureItem, isPinned: Bool = false) {
    if case .block(let block) = item {
      if isClosed || (!isPinned && waitingBytes + block.memoryInBytes > limit) { return lose(block.entry) }
      waitingBytes += block.memoryInBytes
    }
    items.append(item)
  }

  mutating func take() -> [CaptureItem] {
    defer { items = [] }
    return items
  }

  /// The item was written.
  mutating func release(_ item: CaptureItem) {
    if case .block(let block) = item { waitingBytes -= block.memoryInBytes }
  }

  /// The item was taken and will not be written.
  mutating func giveUp(_ item: CaptureItem) {
    release(item)
    if case .block(let block) = item { lose(block.entry) }
  }

  mutating func takeLosses() -> [LossRow] {
    defer { losses = [] }
    return losses
  }

  /// Counts the rows of a block that is not in the file.
  mutating func lose(_ entry: BlockEntry) {
    guard entry.type == .events else { return }
    lostEvents += UInt64(entry.rowCount)
    let known = losses.firstIndex { $0.lane == entry.lane && $0.container == entry.container }
    guard let known else {
      losses.append(
        LossRow(
          cause: .notWritten, lane: entry.lane, container: entry.container, from: entry.firstTime, to: entry.lastTime,
          count: UInt64(entry.rowCount)))
      return
    }
    losses[known].from = min(losses[known].from, entry.firstTime)
    losses[known].to = max(losses[known].to, entry.lastTime)
    losses[known].count += UInt64(entry.rowCount)
  }
}
