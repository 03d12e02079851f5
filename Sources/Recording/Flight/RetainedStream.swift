internal import CaptureFormat
internal import Events

/// What is kept of one stream: sealed blocks, the oldest first, and what had to be given up.
struct RetainedStream {
  struct Kept {
    var block: SealedBlock
    /// Captures that still wait for the disk with it: dropping it here would free nothing.
    var pins: Int32 = 0
    var memoryInBytes: Int { RetainedStream.memory(of: block) }
  }

  /// Blocks that were dropped though their window was not over.
  struct Gap {
    var cause: LossCause
    var from: BootTime
    var to: BootTime
    var count: UInt64
  }

  private(set) var kept: [Kept] = []
  /// Of the blocks.
  private(set) var memoryInBytes = 0
  /// Oldest first; those that touch are one, so that there are few.
  private(set) var gaps: [Gap] = []
  /// The last event that is not here any more, or never was: nothing before it can be promised.
  private(set) var lostUntil: BootTime?
  private static let gapLimit = 16

  var isEmpty: Bool { kept.isEmpty }
  var first: Kept? { kept.first }
  var gapBytes: Int { gaps.capacity * MemoryLayout<Gap>.stride }

  mutating func append(_ block: SealedBlock) {
    memoryInBytes += Self.memory(of: block)
    kept.append(Kept(block: block))
  }

  /// Takes the oldest block out. Nothing of it may stay behind: what is given up is to be free at once.
  ///
  /// - Complexity: O(blocks), of which there are some hundreds at the most.
  mutating func removeFirst() -> Kept {
    let first = kept.removeFirst()
    memoryInBytes -= first.memoryInBytes
    return first
  }

  /// Notes that a block's time was over: no loss, but a window that reaches further back is not whole.
  mutating func noteAged(_ entry: BlockEntry) { lostUntil = max(lostUntil ?? entry.lastTime, entry.lastTime) }

  /// Notes that a block is not here any more, though somebody could have asked for it.
  mutating func noteGap(_ entry: BlockEntry, cause: LossCause) {
    lostUntil = max(lostUntil ?? entry.lastTime, entry.lastTime)
    if let last = gaps.last, last.cause == cause, entry.firstTime.nanoseconds < last.to.nanoseconds + 1_000_000_000,
      entry.lastTime.nanoseconds < last.from.nanoseconds + 5_000_000_000
    {
      gaps[gaps.count - 1].to = max(last.to, entry.lastTime)
      gaps[gaps.count - 1].count += UInt64(entry.rowCount)
      return
    }
    gaps.append(Gap(cause: cause, from: entry.firstTime, to: entry.lastTime, count: UInt64(entry.rowCount)))
    guard gaps.count > Self.gapLimit else { return }
    gaps[1].from = min(gaps[0].from, gaps[1].from)
    gaps[1].count += gaps[0].count
    gaps.removeFirst()
  }

  /// Gaps that no window reaches any more are forgotten.
  mutating func forgetGaps(before time: BootTime) {
    let kept = gaps.firstIndex { $0.to >= time } ?? gaps.count
    if kept > 0 { gaps.removeFirst(kept) }
  }

  /// - Parameter change: +1 for a capture that now holds the blocks from `time` on, −1 for one that let them go.
  /// - Returns: Bytes of the blocks that are pinned now and were not, or the other way round.
  mutating func pin(from time: BootTime, by change: Int32) -> Int {
    var bytes = 0
    for index in kept.indices where kept[index].block.entry.lastTime >= time {
      let before = kept[index].pins
      kept[index].pins = max(0, before + change)
      if (before > 0) != (kept[index].pins > 0) { bytes += kept[index].memoryInBytes }
    }
    return bytes
  }

  /// The block's bytes, its entry with the digest, its counts, and what the allocator puts around them.
  private static func memory(of block: SealedBlock) -> Int {
    block.memoryInBytes + 48 + MemoryLayout<Kept>.stride + 64 + 48 + block.secondCounts.capacity * 16
  }
}
