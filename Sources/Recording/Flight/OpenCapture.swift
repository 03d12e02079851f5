internal import CaptureFormat
internal import Events
internal import Posix
internal import Triggers

/// A capture in the making: the past was handed on, and what its container does goes on being handed on.
final class OpenCapture {
  let key: ContainerKey
  let containerID: String
  let job: CaptureJob
  /// Until when events are taken; later triggers move it.
  var end: BootTime
  /// From when on everything was asked for, and from when on it is there, by lane.
  var wanted: [BootTime]
  let achieved: [BootTime]
  /// The container's part of the store is marked as this capture's until its past is durable.
  var isPinned = true
  /// Losses and gaps of the past were told; these came since.
  var lostCount: UInt64 = 0
  var obstacles: Set<String> = []
  /// Files whose names were missing already when it began.
  let unnamedBefore: UInt64
  let begun: BootTime
  var triggerCount = 1

  init(
    key: ContainerKey, containerID: String, job: CaptureJob, end: BootTime, wanted: [BootTime], achieved: [BootTime],
    unnamedBefore: UInt64, begun: BootTime
  ) {
    self.key = key
    self.containerID = containerID
    self.job = job
    self.end = end
    self.wanted = wanted
    self.achieved = achieved
    self.unnamedBefore = unnamedBefore
    self.begun = begun
  }

  var receipt: TriggerReceipt {
    TriggerReceipt(path: job.path, captureID: job.captureID, containerID: containerID, isMerged: false)
  }

  var mergedReceipt: TriggerReceipt {
    TriggerReceipt(path: job.path, captureID: job.captureID, containerID: containerID, isMerged: true)
  }

  /// What is missing, by cause, where that is not events.
  private var counts: [LossCause: UInt64] = [:]

  /// Takes in what is missing.
  func note(_ row: LossRow) {
    if row.cause.countsEvents { lostCount += row.count } else { counts[row.cause, default: 0] += row.count }
  }

  /// What keeps it from being proven complete.
  func words(now: BootTime) -> [String] {
    var words: [String] = []
    for lane in Lane.allCases {
      let index = Int(lane.rawValue)
      if achieved[index] > wanted[index] {
        let missing = (achieved[index].nanoseconds - wanted[index].nanoseconds + 999_999_999) / 1_000_000_000
        words.append("\(lane.name) begins \(missing) s later than asked for")
      }
    }
    if lostCount > 0 { words.append("\(lostCount) events lost") }
    words += counts.sorted { $0.key.rawValue < $1.key.rawValue }.map { $0.key.obstacle($0.value) }
    return words + obstacles.sorted()
  }
}
