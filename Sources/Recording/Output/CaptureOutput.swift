internal import CaptureFormat
internal import Events
internal import Posix
internal import Synchronization

/// Writes one recording on a thread of its own, so that a slow or full disk never stops the recorder.
///
/// An error ends the writing of events: the rest is counted as lost. On a full disk tables and footer are written in place
/// of the last events. The captures of the armed recorder are ``CaptureJob``s, which try again.
final class CaptureOutput: Sendable {
  fileprivate struct State {
    var queue: CaptureQueue
    var isFinished = false
    var completeness: Completeness?
    var error: SystemError?
    var bytesWritten: UInt64 = 0
    var isAtLimit = false
    var lostAtEnd: UInt64 = 0
  }

  private let state: Mutex<State>
  private let bell: WakeUp
  /// The capture is not made longer than this.
  private let sizeLimit: UInt64

  init(queueLimit: Int = 64 << 20, sizeLimit: UInt64) throws(SystemError) {
    bell = try WakeUp()
    state = Mutex(State(queue: CaptureQueue(limit: queueLimit)))
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

  func append(_ item: CaptureItem) {
    state.withLock { $0.queue.append(item) }
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
  func takeLosses() -> [LossRow] { state.withLock { $0.queue.takeLosses() } }

  var error: SystemError? { state.withLock { $0.error } }
  var bytesWritten: UInt64 { state.withLock { $0.bytesWritten } }
  /// The size limit was reached: nothing more is written but the footer.
  var isAtLimit: Bool { state.withLock { $0.isAtLimit } }
  /// Events that went for the footer, after the last ``takeLosses()``.
  var lostAtEnd: UInt64 { state.withLock { $0.lostAtEnd } }

  private func run(_ file: consuming FileDescriptor, provenance: Provenance, catalogue: Catalogue) {
    do throws(SystemError) {
      let draft = try CaptureDraft(file, provenance: provenance, catalogue: catalogue)
      while true {
        let (items, isFinished, completeness) = state.withLock { state in
          (state.queue.take(), state.isFinished, state.completeness)
        }
        for item in items {
          do throws(SystemError) { try write(item, to: draft) } catch {
            state.withLock { $0.queue.giveUp(item) }
            fail(error)
          }
        }
        if isFinished, items.isEmpty {
          defer { state.withLock { $0.bytesWritten = draft.bytesWritten } }
          if let completeness { try end(draft, completeness) }
          return
        }
        if items.isEmpty { bell.wait(milliseconds: 1000) }
      }
    } catch {
      fail(error)
    }
  }

  /// Writes one item. After an error no more events: they are counted as lost.
  private func write(_ item: CaptureItem, to draft: CaptureDraft) throws(SystemError) {
    if case .block(let block) = item {
      let isOver = draft.bytesWritten + UInt64(block.lengthInFile) > sizeLimit
      if error != nil || isOver {
        return state.withLock { state in
          state.isAtLimit = state.isAtLimit || isOver
          state.queue.isClosed = true
          state.queue.giveUp(item)
        }
      }
      try draft.append(block)
    } else {
      try draft.append(table: item, givingUp: giveUp)
    }
    state.withLock {
      $0.queue.release(item)
      $0.bytesWritten = draft.bytesWritten
    }
  }

  /// Writes the footer, and what was lost since ``takeLosses()`` was last called.
  private func end(_ draft: CaptureDraft, _ completeness: Completeness) throws(SystemError) {
    var losses: [LossRow] = []
    try draft.end(givingUp: giveUp) { (writer) throws(SystemError) in
      losses += takeLosses()
      if !losses.isEmpty { try writer.append(losses: losses) }
      var completeness = completeness
      if error != nil, completeness.isComplete {
        completeness.isComplete = false
        completeness.reason += "; not all could be written"
      }
      try writer.finish(completeness)
    }
    state.withLock { $0.lostAtEnd = losses.reduce(0) { $0 + $1.count } }
  }

  /// A block that was written goes again, for something that is worth more.
  private func giveUp(_ entry: BlockEntry, for error: SystemError) {
    fail(error)
    state.withLock { $0.queue.lose(entry) }
  }

  private func fail(_ error: SystemError) {
    state.withLock {
      $0.error = $0.error ?? error
      $0.queue.isClosed = true
    }
  }
}
