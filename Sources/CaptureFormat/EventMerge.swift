internal import Events

/// Events of many blocks in the order of their time, reading each block when its time comes.
///
/// Memory is bounded by the blocks whose spans overlap one instant.
public struct EventMerge {
  private let file: CaptureFile
  /// By first time, the earliest last.
  private var waiting: [BlockEntry]
  /// A heap: the block with the earliest row on top, each standing at its next row.
  private var open: [Open] = []

  private struct Open {
    var time: UInt64
    let block: EventBlock

    /// Ties go by lane and container, then by place in the file: the same order in every run.
    func isBefore(_ other: Open) -> Bool {
      if time != other.time { return time < other.time }
      let (mine, theirs) = (block.entry, other.block.entry)
      if mine.lane != theirs.lane { return (mine.lane?.rawValue ?? .max) < (theirs.lane?.rawValue ?? .max) }
      if mine.container != theirs.container { return mine.container < theirs.container }
      return mine.offset < theirs.offset
    }
  }

  /// - Parameter entries: In any order; those that are not of events are left out.
  public init(_ file: CaptureFile, entries: [BlockEntry]) {
    self.file = file
    waiting = entries.filter { $0.type == .events }.sorted {
      ($0.firstTime, $0.offset) > ($1.firstTime, $1.offset)
    }
  }

  private var isStarted = false

  /// The block that holds the next event, standing at it; nil after the last.
  ///
  /// What it returns is good until the next call. A damaged block is left out, and noted in the file's problems.
  public mutating func next() throws(CaptureError) -> EventBlock? {
    if isStarted { advance() }
    isStarted = true
    while let entry = waiting.last, open.isEmpty || entry.firstTime.nanoseconds <= open[0].time {
      waiting.removeLast()
      guard let block = try file.readEventsIfSound(entry), block.next() else { continue }
      open.append(Open(time: block.time.nanoseconds, block: block))
      siftUp(open.count - 1)
    }
    return open.first?.block
  }

  /// Moves the block on top to its next row, or drops it.
  private mutating func advance() {
    guard !open.isEmpty else { return }
    if open[0].block.next() {
      open[0].time = open[0].block.time.nanoseconds
    } else {
      let last = open.removeLast()
      if open.isEmpty { return }
      open[0] = last
    }
    siftDown()
  }

  private mutating func siftUp(_ start: Int) {
    var child = start
    while child > 0 {
      let parent = (child - 1) / 2
      guard open[child].isBefore(open[parent]) else { return }
      open.swapAt(child, parent)
      child = parent
    }
  }

  private mutating func siftDown() {
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < open.count && open[child].isBefore(open[least]) {
        least = child
      }
      if least == parent { return }
      open.swapAt(parent, least)
      parent = least
    }
  }
}
