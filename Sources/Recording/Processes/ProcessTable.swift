internal import CaptureFormat
internal import Events

/// What the recorder knows of one process, from the scan and from its events.
struct RecordedProcess: ForkedProcess, Sendable {
  var key: ProcessKey
  /// The real parent when it started.
  var parent: ProcessKey?
  var container: ContainerKey = .host
  var comm: [UInt8] = []
  var executable: [UInt8]?
  var arguments: [[UInt8]] = []
  var workingDirectory: [UInt8]?
  var userID: UInt32?
  var groupID: UInt32?
  var namespacePID: UInt32?
  var session: UInt32?
  var terminalName: [UInt8]?
  var execTime: BootTime?
  /// When it became a program of its own, as far as the recording saw.
  var firstExec: BootTime?
  var end: BootTime?
  var exitCode: UInt32?
  var flags: EventFlags = []
  /// Whose cgroup it is in, as far as forks, moves and execs told; ``container`` is whose its events are.
  var cgroupContainer: ContainerKey = .host
  /// What is remarkable of its program and of how it came into its container.
  var marks: ProcessFlags = []
  /// Events written of it: a process without any is in the file only as somebody's ancestor.
  var eventCount: UInt64 = 0
  /// The generation of its name: raised at exec, so that block dictionaries describe it anew.
  var generation: UInt32 = 0
  /// Its row was handed on; what is left is a stub for the sake of its children.
  var isBuried = false
  /// The number is free for another process.
  var isForgotten = false
  /// The kernel killed it for want of memory.
  var wasOutOfMemory = false
  /// ``death``, in an array: most have none.
  var deaths: [ProcessDeath] = []

  /// How it came to its end, where more is known than the exit status.
  var death: ProcessDeath? {
    get { deaths.first }
    set { deaths = newValue.map { [$0] } ?? [] }
  }

  /// Since when it has run what it runs.
  var imageStart: BootTime { execTime ?? key.start }
}

/// The processes of a recording, dense by number, found by (pid, start).
struct ProcessTable {
  private(set) var processes: [RecordedProcess] = []
  private var numbers: [ProcessKey: Int] = [:]
  /// The living process of each pid: the scan's 10 ms start times are matched through it.
  private var living: [UInt32: Int] = [:]
  private var free: [Int] = []
  /// Whether ``takeEnds()`` is going to be asked.
  var keepsEnds = false
  private var ends: [Int] = []
  /// Of those that began before this and were told of by their events alone, a note is made.
  var strangersBefore = BootTime(nanoseconds: 0)
  private var strangers: [Int] = []
  /// Numbers of those that may have ended before the probes.
  var passing: [Int] = []
  private var lastKey = ProcessKey(pid: 0, start: BootTime(nanoseconds: 0))
  private var lastNumber = -1

  subscript(number: Int) -> RecordedProcess {
    get { processes[number] }
    _modify { yield &processes[number] }
  }

  func number(of key: ProcessKey) -> Int? { numbers[key] }

  /// The living process that has this pid now.
  func living(pid: UInt32) -> Int? { living[pid] }

  /// The process's number; one that was not known yet is entered with its key alone.
  mutating func enter(_ key: ProcessKey) -> Int {
    if key == lastKey, lastNumber >= 0 { return lastNumber }
    let number: Int
    if let known = numbers[key] {
      number = known
    } else {
      if let reused = free.popLast() {
        number = reused
        processes[reused] = RecordedProcess(key: key)
      } else {
        number = processes.count
        processes.append(RecordedProcess(key: key))
      }
      numbers[key] = number
      living[key.pid] = number
      if key.start < strangersBefore { strangers.append(number) }
    }
    lastKey = key
    lastNumber = number
    return number
  }

  /// Notes an event of the process; answers the generation of its name.
  mutating func countEvent(of number: Int, in container: ContainerKey) -> (generation: UInt32, marks: ProcessFlags) {
    processes.withUnsafeMutableBufferPointer { processes in
      processes[number].container = container
      processes[number].eventCount += 1
      return (processes[number].generation, processes[number].marks)
    }
  }

  /// A process that ended keeps its row; its pid is free.
  mutating func end(_ number: Int, at time: BootTime, exitCode: UInt32?) {
    processes[number].end = time
    processes[number].exitCode = exitCode
    let pid = processes[number].key.pid
    if living[pid] == number { living[pid] = nil }
    if keepsEnds { ends.append(number) }
  }

  /// Those that ended since the last call.
  mutating func takeEnds() -> [Int] {
    defer { ends = [] }
    return ends
  }

  /// Processes that acted, and of which neither the scan nor a probe told who they are: they began before the probes, and
  /// were gone before the scan. Those met since the last call.
  mutating func takeStrangers(isAlive: (ProcessKey) -> Bool = Self.isAlive) -> [RecordedProcess] {
    guard !strangers.isEmpty else { return [] }
    defer { strangers = [] }
    return strangers.map { processes[$0] }.filter { process in
      // An exit tells the parent's pid, and not when that began.
      !process.isForgotten && process.eventCount > 0 && !process.flags.contains(.tableScan)
        && process.parent?.start.nanoseconds ?? 0 == 0 && process.execTime == nil && process.comm.isEmpty
        && !isAlive(process.key)
    }
  }

  /// Those that were on the first list and not on the second go, if nothing was seen of them: they ended before the probes.
  mutating func forgetPassing() {
    for number in passing where processes[number].eventCount == 0 && processes[number].end == nil { forget(number) }
    passing = []
  }

  /// Gives the number of a dead process to others.
  mutating func forget(_ number: Int) {
    let key = processes[number].key
    numbers[key] = nil
    if living[key.pid] == number { living[key.pid] = nil }
    processes[number] = RecordedProcess(key: key, isForgotten: true)
    free.append(number)
    lastNumber = -1
  }

  /// Rows in use.
  var count: Int { processes.count - free.count }

  /// Bytes that the table takes, its strings estimated by their lengths.
  var memoryInBytes: Int {
    var total = processes.capacity * MemoryLayout<RecordedProcess>.stride + numbers.capacity * 40 + living.capacity * 24
    for process in processes where !process.isForgotten {
      total += process.comm.capacity + (process.executable?.capacity ?? 0) + (process.workingDirectory?.capacity ?? 0)
      total += 96 + process.arguments.capacity * 8
      for argument in process.arguments { total += argument.capacity + 32 }
    }
    return total
  }
}

// MARK: Where a recording goes on for ever

extension ProcessTable {
  /// So many dead parents above a living process are kept.
  private static let ancestorLimit = 32

  /// Lets go of processes that died before `time`: each is given to `bury` once, and what is left of it is a stub while
  /// a living process descends from it.
  ///
  /// - Complexity: O(processes · depth).
  mutating func buryDead(before time: BootTime, _ bury: (RecordedProcess) -> Void) {
    var isNeeded = [Bool](repeating: false, count: processes.count)
    for process in processes where !process.isForgotten && process.end == nil {
      var depth = 0
      var next = process.parent
      while depth < Self.ancestorLimit, let key = next, let number = numbers[key], !isNeeded[number] {
        if processes[number].end != nil { isNeeded[number] = true }
        next = processes[number].parent
        depth += 1
      }
    }
    for number in processes.indices where !processes[number].isForgotten {
      guard let end = processes[number].end, end < time else { continue }
      if !processes[number].isBuried {
        bury(processes[number])
        processes[number].isBuried = true
        processes[number].arguments = []
        processes[number].workingDirectory = nil
        processes[number].terminalName = nil
      }
      if !isNeeded[number] { forget(number) }
    }
  }

  /// Ends those whose death was not seen: their exit record was lost, or they were never told of but by their children.
  mutating func endVanished(at time: BootTime, isAlive: (ProcessKey) -> Bool) {
    for number in processes.indices where !processes[number].isForgotten && processes[number].end == nil {
      if !isAlive(processes[number].key) { end(number, at: time, exitCode: nil) }
    }
  }
}
