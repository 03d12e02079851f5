internal import Events

/// What the recorder knows of one process, from the scan and from its events.
struct RecordedProcess: Sendable {
  var key: ProcessKey
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
  var terminal: [UInt8]?
  var execTime: BootTime?
  var end: BootTime?
  var exitCode: UInt32?
  var flags: EventFlags = []
  /// Events written of it: a process without any is in the file only as somebody's ancestor.
  var eventCount: UInt64 = 0
  /// The generation of its name: raised at exec, so that block dictionaries describe it anew.
  var generation: UInt32 = 0
}

/// The processes of a recording, dense by number, found by (pid, start).
struct ProcessTable {
  private(set) var processes: [RecordedProcess] = []
  private var numbers: [ProcessKey: Int] = [:]
  /// The living process of each pid: the scan's 10 ms start times are matched through it.
  private var living: [UInt32: Int] = [:]
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
      number = processes.count
      processes.append(RecordedProcess(key: key))
      numbers[key] = number
      living[key.pid] = number
    }
    lastKey = key
    lastNumber = number
    return number
  }

  /// Notes an event of the process; answers the generation of its name.
  mutating func countEvent(of number: Int, in container: ContainerKey) -> UInt32 {
    processes.withUnsafeMutableBufferPointer { processes in
      processes[number].container = container
      processes[number].eventCount += 1
      return processes[number].generation
    }
  }

  /// A process that ended keeps its row; its pid is free.
  mutating func end(_ number: Int, at time: BootTime, exitCode: UInt32) {
    processes[number].end = time
    processes[number].exitCode = exitCode
    let pid = processes[number].key.pid
    if living[pid] == number { living[pid] = nil }
  }
}
