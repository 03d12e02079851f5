internal import CPosix
internal import Glibc

/// io_uring, as far as the recorder uses it: to see whether it is seen.
public enum RequestRing {
  /// Opens a path by a request to a ring of its own, and closes what it opened.
  ///
  /// The corresponding C functions are `io_uring_setup` and `io_uring_enter`.
  public static func open(_ path: String) throws(SystemError) {
    let code = path.withCString { at_open_by_ring($0) }
    if code < 0 { throw SystemError(call: "io_uring", subject: path, code: -code) }
  }

  /// Whether nobody on this host can make a ring: the kernel lacks them, or its administrator forbade them to all.
  public static var isAbsent: Bool {
    guard let text = try? FileDescriptor.contents(of: "/proc/sys/kernel/io_uring_disabled", limit: 16) else {
      return access("/proc/sys/kernel/io_uring_disabled", F_OK) != 0 && code == ENOSYS
    }
    return text.first == UInt8(ascii: "2")
  }

  private static var code: Int32 { -at_open_by_ring("/") }
}

/// The calling thread's number in its pid namespace. The corresponding C function is `gettid`.
public var threadID: UInt32 { at_thread_number() }
