internal import CaptureFormat
internal import Events
internal import Posix
internal import Synchronization

/// Writes one recording on a thread of its own, so that a slow or full disk never stops the recorder.
///
/// An error ends the writing of events: the rest is counted as lost. Of a full disk the file is cut back to its last whole
/// block, and tables and footer, which are small, are written into the room that this makes. The captures of the armed
/// recorder are ``CaptureJob``s, which try again.
final class CaptureOutput: Sendable {
  fileprivate struct State {
    var queue: CaptureQueue
    var isFinished = false
    var completeness: Completeness?
    var error: SystemError?
    var bytesWritten: UInt64 = 0
    var isAtLimit = false
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

  private func run(_ file: borrowing FileDescriptor, provenance: Provenance, catalogue: Catalogue) {
    let number = file.number
    // Standard output may be a pipe, or hold something of others.
    let canBeCut = (try? file.length()) == 0 && file.isAppending
    do throws(SystemError) {
      let writer = try CaptureWriter(
        to: { (bytes) throws(SystemError) in try Posix.write(bytes, to: number) }, provenance: provenance,
        catalogue: catalogue)
      while true {
        let (items, isFinished, completeness) = state.withLock { state in
          (state.queue.take(), state.isFinished, state.completeness)
        }
        for item in items {
          let position = writer.position
          do throws(SystemError) { try write(item, with: writer) } catch {
            state.withLock { $0.queue.giveUp(item) }
            fail(error)
            if canBeCut, error.isNoSpace { cutBack(file, writer, to: position) }
          }
        }
        if isFinished, items.isEmpty {
          let position = writer.position
          do throws(SystemError) { if let completeness { try writer.finish(completeness) } } catch {
            fail(error)
            if canBeCut, error.isNoSpace { cutBack(file, writer, to: position) }
          }
          state.withLock { $0.bytesWritten = writer.bytesWritten }
          return
        }
        if items.isEmpty { bell.wait(milliseconds: 1000) }
      }
    } catch {
      fail(error)
    }
  }

  /// Writes one item. After an error no more events: they are counted as lost.
  private func write(_ item: CaptureItem, with writer: CaptureWriter) throws(SystemError) {
    if case .block(let block) = item {
      let isOver = writer.bytesWritten + UInt64(block.bytes.count) > sizeLimit
      if error != nil || isOver {
        return state.withLock { state in
          state.isAtLimit = state.isAtLimit || isOver
          state.queue.isClosed = true
          state.queue.giveUp(item)
        }
      }
    }
    try writer.append(item)
    state.withLock {
      $0.queue.release(item)
      $0.bytesWritten = writer.bytesWritten
    }
  }

  /// A half-written block goes, and the writer goes on behind the one before it.
  private func cutBack(
    _ file: borrowing FileDescriptor, _ writer: CaptureWriter, to position: CaptureWriter.Position
  ) {
    do throws(SystemError) {
      try file.truncate(to: position.bytesWritten)
      writer.resume(at: position)
      state.withLock { $0.bytesWritten = writer.bytesWritten }
    } catch {
      // It ends inside a block, which a reader takes for "not yet".
    }
  }

  private func fail(_ error: SystemError) {
    state.withLock {
      $0.error = $0.error ?? error
      $0.queue.isClosed = true
    }
  }
}
