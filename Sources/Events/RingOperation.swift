/// What can be asked of io_uring: the kernel's `IORING_OP_*`, in their order.
public enum RingOperation {
  static let names: [(Int64, String)] = words.enumerated().map { (Int64($0), "IORING_OP_" + $1) }

  private static let words = [
    "NOP", "READV", "WRITEV", "FSYNC", "READ_FIXED", "WRITE_FIXED", "POLL_ADD", "POLL_REMOVE", "SYNC_FILE_RANGE",
    "SENDMSG", "RECVMSG", "TIMEOUT", "TIMEOUT_REMOVE", "ACCEPT", "ASYNC_CANCEL", "LINK_TIMEOUT", "CONNECT",
    "FALLOCATE", "OPENAT", "CLOSE", "FILES_UPDATE", "STATX", "READ", "WRITE", "FADVISE", "MADVISE", "SEND", "RECV",
    "OPENAT2", "EPOLL_CTL", "SPLICE", "PROVIDE_BUFFERS", "REMOVE_BUFFERS", "TEE", "SHUTDOWN", "RENAMEAT", "UNLINKAT",
    "MKDIRAT", "SYMLINKAT", "LINKAT", "MSG_RING", "FSETXATTR", "SETXATTR", "FGETXATTR", "GETXATTR", "SOCKET",
    "URING_CMD", "SEND_ZC", "SENDMSG_ZC", "READ_MULTISHOT", "WAITID", "FUTEX_WAIT", "FUTEX_WAKE", "FUTEX_WAITV",
    "FIXED_FD_INSTALL", "FTRUNCATE", "BIND", "LISTEN", "RECV_ZC", "EPOLL_WAIT", "READV_FIXED", "WRITEV_FIXED",
    "PIPE",
  ]

  /// The call that does the same, by number; nil for what is like no call.
  public static func call(_ operation: UInt8) -> String? { calls[operation] }

  private static let calls: [UInt8: String] = [
    1: "preadv", 2: "pwritev", 3: "fsync", 4: "pread64", 5: "pwrite64", 8: "sync_file_range", 9: "sendmsg",
    10: "recvmsg", 13: "accept4", 16: "connect", 17: "fallocate", 18: "openat", 19: "close", 21: "statx",
    22: "pread64", 23: "pwrite64", 24: "fadvise64", 25: "madvise", 26: "sendto", 27: "recvfrom", 28: "openat2",
    29: "epoll_ctl", 30: "splice", 33: "tee", 34: "shutdown", 35: "renameat2", 36: "unlinkat", 37: "mkdirat",
    38: "symlinkat", 39: "linkat", 45: "socket", 47: "sendto", 48: "sendmsg", 49: "read", 55: "ftruncate", 56: "bind",
    57: "listen",
  ]

  /// The same where the file's own place is read from or written to.
  public static func unplacedCall(_ operation: UInt8) -> String? {
    switch operation {
    case 1: "readv"
    case 2: "writev"
    case 4, 22: "read"
    case 5, 23: "write"
    default: call(operation)
    }
  }
}
