internal import CPosix
internal import Glibc

/// A thread of the operating system, for work that may block.
public struct WorkerThread: ~Copyable, Sendable {
  private let handle: pthread_t

  /// Starts `body` on a new thread. The corresponding C function is `pthread_create`.
  ///
  /// - Parameter name: At most 15 bytes, seen in `ps -L`.
  public init(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
    let context = Unmanaged.passRetained(ThreadBody(name: name, run: body))
    var handle = pthread_t()
    let code = pthread_create(&handle, nil, runThreadBody, context.toOpaque())
    guard code == 0 else {
      context.release()
      throw SystemError(call: "pthread_create", code: code)
    }
    self.handle = handle
  }

  /// Waits until the thread's body has returned. The corresponding C function is `pthread_join`.
  public consuming func join() { pthread_join(handle, nil) }

  /// Lets the thread end by itself, unawaited. The corresponding C function is `pthread_detach`.
  public consuming func detach() { pthread_detach(handle) }
}

private final class ThreadBody: Sendable {
  let name: String
  let run: @Sendable () -> Void
  init(name: String, run: @escaping @Sendable () -> Void) {
    self.name = name
    self.run = run
  }
}

private func runThreadBody(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  let body = Unmanaged<ThreadBody>.fromOpaque(context!).takeRetainedValue()
  _ = at_name_this_thread(body.name)
  body.run()
  return nil
}

/// Puts the calling thread before others that want to run. Without `CAP_SYS_NICE` nothing changes.
///
/// The corresponding C function is `setpriority`, which on Linux is of one thread.
public func raiseThreadPriority() { _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, -10) }

/// A bell that one thread rings and another waits for. Rings before the wait are not lost.
public struct WakeUp: ~Copyable, Sendable {
  private let event: FileDescriptor

  /// The corresponding C function is `eventfd`.
  public init() throws(SystemError) {
    event = FileDescriptor(owning: try check("eventfd") { eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK)) })
  }

  /// For a ``Poll``; after it said that the bell rang, ``wait(milliseconds:)`` with 0 makes it silent again.
  public var number: Int32 { event.number }

  /// Wakes the waiting thread, or the next to wait. The corresponding C function is `eventfd_write`.
  public borrowing func ring() { Self.ring(event.number) }

  /// Rings the bell of that ``number``, which its owner keeps while anybody may ring.
  public static func ring(_ number: Int32) {
    _ = try? check("eventfd_write") { eventfd_write(number, 1) }
  }

  /// Waits for a ring, at most `milliseconds`; for ever when nil. The corresponding C function is `poll`.
  public borrowing func wait(milliseconds: Int32?) { Self.wait(event.number, milliseconds: milliseconds) }

  /// Waits for the bell of that ``number``, which its owner keeps while anybody may wait.
  public static func wait(_ number: Int32, milliseconds: Int32?) {
    var wanted = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
    _ = poll(&wanted, 1, milliseconds ?? -1)
    var count: eventfd_t = 0
    _ = eventfd_read(number, &count)
  }
}

/// Opens once, for any number of threads that wait for it.
public struct Gate: ~Copyable, Sendable {
  private let event: FileDescriptor

  /// The corresponding C function is `eventfd`.
  public init() throws(SystemError) {
    event = FileDescriptor(owning: try check("eventfd") { eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK)) })
  }

  /// Lets pass all who wait, and all who come later. The corresponding C function is `eventfd_write`.
  public borrowing func open() {
    let number = event.number
    _ = try? check("eventfd_write") { eventfd_write(number, 1) }
  }

  /// Waits until the gate is open, at most `milliseconds`; for ever when nil. The corresponding C function is `poll`.
  ///
  /// - Returns: Whether it is open.
  public borrowing func wait(milliseconds: Int32? = nil) -> Bool {
    var wanted = pollfd(fd: event.number, events: Int16(POLLIN), revents: 0)
    while true {
      let count = poll(&wanted, 1, milliseconds ?? -1)
      if count >= 0 || errno != EINTR { return count > 0 }
    }
  }
}
