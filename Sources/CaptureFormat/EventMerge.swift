public import Events

/// Events of many blocks in the order of their time, reading each block when its time comes.
///
/// Memory is bounded by the blocks whose spans overlap one instant.
public struct EventMerge {
  /// Where an event of a section stands in time: never less than that of an earlier one of the same section.
  public typealias TimeLine = (_ section: UInt32, _ time: BootTime) -> UInt64

  /// Goes to a block's next row that is wanted; false when there is none.
  public typealias Step = (_ block: EventBlock) -> Bool

  private let files: [UInt32: CaptureFile]
  private let step: Step
  private let timeLine: TimeLine?
  /// By first time, the earliest last.
  private var waiting: [(time: UInt64, entry: BlockEntry)]
  /// A heap: the block with the earliest row on top, each standing at its next row.
  private var open: [Open] = []

  private struct Open {
    var place: UInt64
    var time: UInt64
    let block: EventBlock

    /// Ties go by lane and container, then by place in the file: the same order in every run.
    func isBefore(_ other: Open) -> Bool {
      if place != other.place { return place < other.place }
      if time != other.time { return time < other.time }
      let (mine, theirs) = (block.entry, other.block.entry)
      if mine.lane != theirs.lane { return (mine.lane?.rawValue ?? .max) < (theirs.lane?.rawValue ?? .max) }
      if mine.container != theirs.container { return mine.container < theirs.container }
      return mine.offset < theirs.offset
    }
  }

  /// - Parameter entries: In any order; those that are not of events are left out.
  /// - Parameter step: Rows that it goes past are not merged. Nil is every row.
  public init(_ file: CaptureFile, entries: [BlockEntry], step: Step? = nil) {
    self.init([file], entries: entries, step: step)
  }

  /// Merges sections of one file.
  ///
  /// - Parameter entries: In any order; those that are not of events are left out.
  /// - Parameter step: Rows that it goes past are not merged. Nil is every row.
  /// - Parameter timeLine: Nil is the boot's, where all sections are of one boot.
  public init(_ files: [CaptureFile], entries: [BlockEntry], step: Step? = nil, timeLine: TimeLine? = nil) {
    self.step = step ?? { $0.next() }
    self.files = Dictionary(files.map { ($0.section, $0) }, uniquingKeysWith: { $1 })
    self.timeLine = timeLine
    waiting = entries.filter { $0.type == .events }.map { entry in
      (timeLine?(entry.section, entry.firstTime) ?? entry.firstTime.nanoseconds, entry)
    }.sorted { ($0.time, $0.entry.firstTime, $0.entry.offset) > ($1.time, $1.entry.firstTime, $1.entry.offset) }
  }

  private var isStarted = false

  /// The block that holds the next event, standing at it; nil after the last.
  ///
  /// What it returns is good until the next call. A damaged block is left out, and noted in the file's problems.
  public mutating func next() throws(CaptureError) -> EventBlock? {
    if isStarted { advance() }
    isStarted = true
    while let (time, entry) = waiting.last, open.isEmpty || time <= open[0].place {
      waiting.removeLast()
      guard let block = try files[entry.section]?.readEventsIfSound(entry), step(block) else { continue }
      open.append(Open(place: place(of: block), time: block.time.nanoseconds, block: block))
      siftUp(open.count - 1)
    }
    return open.first?.block
  }

  private func place(of block: EventBlock) -> UInt64 {
    timeLine?(block.entry.section, block.time) ?? block.time.nanoseconds
  }

  /// Moves the block on top to its next row, or drops it.
  private mutating func advance() {
    guard !open.isEmpty else { return }
    if step(open[0].block) {
      open[0].time = open[0].block.time.nanoseconds
      open[0].place = place(of: open[0].block)
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
