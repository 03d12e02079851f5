internal import CaptureFormat
internal import Events
internal import Posix
internal import Synchronization

/// Writes a capture on a thread of its own, so that a slow or full disk never stops the recorder.
///
/// Blocks wait in a queue of bounded size; what does not fit is counted as lost with its interval, never silently.
final class CaptureOutput: Sendable {
  enum Item: Sendable {
    case block(SealedBlock)
    case containers([ContainerRow])
    case processes([ProcessRow])
    case state([StateRow])
    case losses([LossRow])
    case anchors([AnchorRow])
  }

  fileprivate struct State {
    var items: [Item] = []
    var queuedBytes = 0
    var isFinished = false
    var completeness: Completeness?
    var losses: [LossRow] = []
    var error: SystemError?
    var bytesWritten: UInt64 = 0
    var isAtLimit = false
  }

  private let state = Mutex(State())
  private let bell: WakeUp
  /// Bytes of sealed blocks that may wait for the disk.
  private let queueLimit: Int
  /// The capture is not made longer than this.
  private let sizeLimit: UInt64

  init(queueLimit: Int = 64 << 20, sizeLimit: UInt64) throws(SystemError) {
    bell = try WakeUp()
    self.queueLimit = queueLimit
    self.sizeLimit = sizeLimit
  }

  /// Starts the writing thread, which takes over the file.
  func start(
    writingTo file: consuming FileDescriptor, provenance: Provenance, catalogue: Catalogue
  ) throws(SystemError) -> WorkerThread {
    let number = file.release()
    return try WorkerThread(name: "capture-writer") { [self] in
      let file = FileDescriptor(owning: number)
      run(file, provenance: provenance, catalogue: catalogue)
    }
  }

  func append(_ item: Item) {
    state.withLock { state in
      if case .block(let block) = item {
        let isFull = state.queuedBytes + block.bytes.count > queueLimit
        if isFull || state.isAtLimit || state.error != nil { return state.lose(block) }
        state.queuedBytes += block.bytes.count
      }
      state.items.append(item)
    }
    bell.ring()
  }

  /// Everything was appended: a footer follows once the queue is empty.
  func finish(_ completeness: Completeness) {
    state.withLock {
      $0.completeness = completeness
      $0.isFinished = true
    }
    bell.ring()
  }

  /// What could not be written since the last call.
  func takeLosses() -> [LossRow] {
    state.withLock { state in
      defer { state.losses = [] }
      return state.losses
    }
  }

  var error: SystemError? { state.withLock { $0.error } }
  var bytesWritten: UInt64 { state.withLock { $0.bytesWritten } }
  /// The size limit was reached: nothing more is written but the footer.
  var isAtLimit: Bool { state.withLock { $0.isAtLimit } }

  private func run(_ file: borrowing FileDescriptor, provenance: Provenance, catalogue: Catalogue) {
    let number = file.number
    do throws(SystemError) {
      let writer = try CaptureWriter(
        to: { (bytes) throws(SystemError) in try Posix.write(bytes, to: number) }, provenance: provenance,
        catalogue: catalogue)
      while true {
        let (items, isFinished, completeness) = state.withLock { state in
          defer { state.items = [] }
          return (state.items, state.isFinished, state.completeness)
        }
        for item in items { write(item, with: writer) }
        if isFinished, items.isEmpty {
          if let completeness { try writer.finish(completeness) }
          state.withLock { $0.bytesWritten = writer.bytesWritten }
          return
        }
        if items.isEmpty { bell.wait(milliseconds: 1000) }
      }
    } catch {
      state.withLock { $0.error = $0.error ?? error }
    }
  }

  /// Writes one item. After an error the rest is counted as lost: a half-written block is a readable file's end.
  private func write(_ item: Item, with writer: CaptureWriter) {
    do throws(SystemError) {
      guard error == nil else { throw SystemError(call: "write", code: 0) }
      switch item {
      case .block(let block):
        let isOver = writer.bytesWritten + UInt64(block.bytes.count) > sizeLimit
        if isOver {
          state.withLock {
            $0.isAtLimit = true
            $0.queuedBytes -= block.bytes.count
            $0.lose(block)
          }
          return
        }
        try writer.append(block)
        state.withLock { $0.queuedBytes -= block.bytes.count }
      case .containers(let rows): try writer.append(containers: rows)
      case .processes(let rows): try writer.append(processes: rows)
      case .state(let rows): try writer.append(state: rows)
      case .losses(let rows): try writer.append(losses: rows)
      case .anchors(let rows): try writer.append(anchors: rows)
      }
      state.withLock { $0.bytesWritten = writer.bytesWritten }
    } catch {
      state.withLock { state in
        if error.code != 0 { state.error = state.error ?? error }
        if case .block(let block) = item {
          state.queuedBytes -= block.bytes.count
          state.lose(block)
        }
      }
    }
  }
}

extension CaptureOutput.State {
  /// Counts a block that will not be in the file.
  fileprivate mutating func lose(_ block: SealedBlock) {
    let entry = block.entry
    losses.append(
      LossRow(
        cause: .notWritten, lane: entry.lane, container: entry.container, from: entry.firstTime, to: entry.lastTime,
        count: UInt64(entry.rowCount)))
  }
}
