internal import CaptureFormat
internal import Events

/// The last minutes of one container, as far as memory holds them.
final class ContainerHistory {
  let key: ContainerKey
  /// Before this nothing could be recorded: the recorder or the container began here.
  let start: BootTime
  /// The container was there before the recorder.
  let isOlder: Bool
  private(set) var streams: [RetainedStream] = Lane.allCases.map { _ in RetainedStream() }
  /// Rows of processes that died, and of what living ones ran before.
  var processes = ProcessArchive()
  /// What was open in it and is not any more.
  var descriptors = DescriptorArchive()
  /// Losses in the kernel and in decoding, oldest first.
  private(set) var losses: [LossRow] = []
  /// When its first process died, or its last cgroup went; nil while it lives.
  var ended: BootTime?
  /// Bytes of its open blocks, as they were last counted.
  var openBytes = 0

  private static let lossLimit = 256

  init(key: ContainerKey, start: BootTime, isOlder: Bool) {
    self.key = key
    self.start = start
    self.isOlder = isOlder
  }

  subscript(lane: Lane) -> RetainedStream {
    get { streams[Int(lane.rawValue)] }
    _modify { yield &streams[Int(lane.rawValue)] }
  }

  /// Windows reach back from here: from its death, for as long as the dead are kept. A minute later an alert still finds
  /// its last deeds.
  func windowEnd(_ now: BootTime, deadAreKeptFor span: UInt64) -> BootTime {
    guard let ended, ended < now, ended.after(span) > now else { return now }
    return ended
  }

  var blockBytes: Int { streams.reduce(0) { $0 + $1.memoryInBytes } }
  var archiveBytes: Int {
    processes.memoryInBytes + descriptors.memoryInBytes + losses.capacity * 56
      + streams.reduce(512) { $0 + $1.gapBytes }
  }
  var memoryInBytes: Int { blockBytes + openBytes + archiveBytes }

  /// From when on nothing of the lane is missing, if `wanted` is what is asked for.
  ///
  /// Not later than the first event that is missing after it: a lane whose kernel ring overflowed has its losses listed
  /// with their intervals, and is not said to begin later for it.
  func achievedStart(_ lane: Lane, wanted: BootTime) -> BootTime {
    let begun = isOlder ? max(wanted, start) : wanted
    guard let lost = self[lane].lostUntil else { return begun }
    return max(begun, BootTime(nanoseconds: lost.nanoseconds + 1))
  }

  func add(loss: LossRow) {
    losses.append(loss)
    guard losses.count > Self.lossLimit else { return }
    // The two oldest become one where they are alike, else the oldest is widened into its lane's next.
    let oldest = losses.removeFirst()
    if let next = losses.firstIndex(where: { $0.cause == oldest.cause && $0.lane == oldest.lane }) {
      losses[next].from = min(losses[next].from, oldest.from)
      losses[next].count += oldest.count
    } else {
      losses[0].from = min(losses[0].from, oldest.from)
      losses[0].count += oldest.count
    }
  }

  func forgetLosses(before time: BootTime) {
    let kept = losses.firstIndex { $0.to >= time } ?? losses.count
    if kept > 0 { losses.removeFirst(kept) }
  }
}
