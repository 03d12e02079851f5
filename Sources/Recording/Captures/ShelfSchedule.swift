internal import Posix
internal import Synchronization
internal import Triggers

/// Whose turn it is among the captures being written, and what else the writing threads have to do.
struct ShelfSchedule {
  var jobs: [CaptureJob] = []
  /// Whose turn it is now.
  var running: Set<ObjectIdentifier> = []
  /// Those whose last turn failed.
  var failing: Set<ObjectIdentifier> = []
  /// Where the next search begins: nobody waits for ever.
  var next = 0
  /// Names that are taken, in the directory or by a capture to come.
  var names: Set<String> = []
  /// Partial files that a crash left.
  var leftovers: [String] = []
  var recovering = 0
  var housekeepingAt: UInt64 = 0
  var isKeepingHouse = false
  /// Why no capture is begun; nil when there is room.
  var obstacle: TriggerRefusal?
  var isClosing = false
  /// After this, what cannot be written is given up.
  var closeBy: UInt64?
  var threads: [HeldThread] = []

  enum Task {
    case write(CaptureJob, isLast: Bool)
    case recover(String)
    case keepHouse
    case end
    case wait(milliseconds: Int32?)
  }

  static let housekeepingInterval: UInt64 = 10_000_000_000

  /// `base.pcapng`, or the first of `base-2.pcapng` … that is not taken.
  mutating func newName(_ base: String) -> String {
    var name = base + ShelfDirectory.captureSuffix
    var number = 2
    while !names.insert(name).inserted {
      name = "\(base)-\(number)\(ShelfDirectory.captureSuffix)"
      number += 1
    }
    return name
  }

  mutating func nextTask(_ now: UInt64) -> Task {
    let isLast = closeBy.map { now >= $0 } ?? false
    var soonest = housekeepingAt
    for place in 0..<jobs.count {
      let job = jobs[(next + place) % jobs.count]
      guard !running.contains(ObjectIdentifier(job)), let due = job.due else { continue }
      if due <= now || isLast {
        running.insert(ObjectIdentifier(job))
        next = (next + place + 1) % jobs.count
        return .write(job, isLast: isLast)
      }
      soonest = min(soonest, due)
    }
    if !leftovers.isEmpty {
      recovering += 1
      return .recover(leftovers.removeFirst())
    }
    if isClosing, running.isEmpty, recovering == 0, jobs.isEmpty || isLast { return .end }
    if now >= housekeepingAt, !isKeepingHouse {
      isKeepingHouse = true
      housekeepingAt = now + Self.housekeepingInterval
      return .keepHouse
    }
    if let closeBy { soonest = min(soonest, closeBy) }
    return .wait(milliseconds: Int32(clamping: (soonest > now ? soonest - now : 0) / 1_000_000 + 1))
  }
}

/// A thread that waits in a list to be joined.
final class HeldThread: Sendable {
  private let thread: Mutex<WorkerThread?>
  init(_ thread: consuming sending WorkerThread) { self.thread = Mutex(consume thread) }

  func join() {
    let thread = thread.withLock { $0.take() }
    if let thread { thread.join() }
  }
}
