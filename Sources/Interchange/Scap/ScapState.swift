internal import CaptureFormat
internal import Events

/// An open file of a .scap file's processes; descriptors that were duplicated share it.
final class ScapFile {
  fileprivate(set) var file: BlockFile
  var isListening = false
  var closesOnExec = false
  var foundByScan = false
  init(_ file: BlockFile) { self.file = file }
}

/// A process as far as a .scap file tells of it.
final class ScapProcess {
  var row: ProcessRow
  /// Counted on when rows are to bear another description.
  var generation: UInt32 = 0
  var files: [Int32: ScapFile] = [:]
  /// Live threads, the first one included.
  var threadCount = 0
  var isInNamespace = false
  var eventCount: UInt64 = 0
  var isFinished = false
  init(_ row: ProcessRow) { self.row = row }
}

/// A thread, and the call that it is in.
final class ScapThread {
  let tid: Int64
  let process: ScapProcess
  /// The last entry: its exit may come.
  var entryType = -1
  var entryTime: UInt64 = 0
  var entryData: [UInt8] = []
  var entryPlaces: [Int32] = []
  var entryCount = 0
  init(tid: Int64, process: ScapProcess) {
    self.tid = tid
    self.process = process
  }
}

/// Everybody whom a .scap file tells of, as of the event that was read last.
///
/// Bounded: what does not fit is counted, and its events are told of a process of which only the number is known.
final class ScapState {
  private(set) var threads: [Int64: ScapThread] = [:]
  private(set) var fileCount = 0
  private var nextFile: UInt64 = 1
  private var lastThread: ScapThread?
  /// Threads and descriptors that were not kept.
  private(set) var overflow: UInt64 = 0

  static let threadLimit = 1 << 20
  static let fileLimit = 1 << 22

  func known(_ tid: Int64) -> ScapThread? {
    if let lastThread, lastThread.tid == tid { return lastThread }
    guard let thread = threads[tid] else { return nil }
    lastThread = thread
    return thread
  }

  /// The thread; one that nothing told of before is a process of its own.
  func thread(_ tid: Int64) -> ScapThread {
    if let thread = known(tid) { return thread }
    let key = ProcessKey(pid: UInt32(truncatingIfNeeded: max(tid, 0)), start: BootTime(nanoseconds: 0))
    return add(tid, to: ScapProcess(ProcessRow(key: key, flags: .startNotSeen)))
  }

  @discardableResult
  func add(_ tid: Int64, to process: ScapProcess) -> ScapThread {
    let thread = ScapThread(tid: tid, process: process)
    guard threads.count < Self.threadLimit else {
      overflow += 1
      return thread
    }
    if let old = threads.updateValue(thread, forKey: tid) { old.process.threadCount -= 1 }
    process.threadCount += 1
    lastThread = thread
    return thread
  }

  /// The thread is gone.
  ///
  /// - Returns: Whether its process has no other.
  func remove(_ thread: ScapThread) -> Bool {
    if lastThread === thread { lastThread = nil }
    if threads[thread.tid] === thread {
      threads[thread.tid] = nil
      thread.process.threadCount -= 1
    }
    return thread.process.threadCount <= 0
  }

  func makeFile(_ file: BlockFile) -> ScapFile {
    var file = file
    file.id = FileID(rawValue: nextFile)
    nextFile += 1
    return ScapFile(file)
  }

  /// Gives a file another description, and another number with it.
  func renew(_ file: ScapFile, _ description: BlockFile) {
    file.file = description
    file.file.id = FileID(rawValue: nextFile)
    nextFile += 1
  }

  func open(_ descriptor: Int64, _ file: ScapFile, in process: ScapProcess) {
    guard let number = Int32(exactly: descriptor), number >= 0 else { return }
    guard fileCount < Self.fileLimit else {
      overflow += 1
      return
    }
    if process.files.updateValue(file, forKey: number) == nil { fileCount += 1 }
  }

  func close(_ descriptor: Int64, in process: ScapProcess) {
    guard let number = Int32(exactly: descriptor) else { return }
    if process.files.removeValue(forKey: number) != nil { fileCount -= 1 }
  }

  func closeAll(in process: ScapProcess, where isClosed: (ScapFile) -> Bool = { _ in true }) {
    for (number, file) in process.files where isClosed(file) {
      process.files[number] = nil
      fileCount -= 1
    }
  }

  /// A child has what its parent has open.
  func inheritFiles(from parent: ScapProcess, to child: ScapProcess) {
    guard fileCount + parent.files.count <= Self.fileLimit else {
      overflow += UInt64(parent.files.count)
      return
    }
    fileCount += parent.files.count - child.files.count
    child.files = parent.files
  }

  func file(_ descriptor: Int64, of process: ScapProcess) -> ScapFile? {
    Int32(exactly: descriptor).flatMap { process.files[$0] }
  }
}
