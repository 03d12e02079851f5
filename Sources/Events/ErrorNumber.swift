/// The names of Linux error numbers, which are the same on every architecture that is recorded.
public enum ErrorNumber {
  /// `ENOENT` for 2; nil for a number without a name.
  public static func name(_ number: Int64) -> String? {
    number > 0 && number < names.count ? names[Int(number)] : nil
  }

  // Source: include/uapi/asm-generic/errno-base.h and errno.h.
  private static let names: [String?] = [
    nil, "EPERM", "ENOENT", "ESRCH", "EINTR", "EIO", "ENXIO", "E2BIG", "ENOEXEC", "EBADF", "ECHILD", "EAGAIN", "ENOMEM",
    "EACCES", "EFAULT", "ENOTBLK", "EBUSY", "EEXIST", "EXDEV", "ENODEV", "ENOTDIR", "EISDIR", "EINVAL", "ENFILE",
    "EMFILE", "ENOTTY", "ETXTBSY", "EFBIG", "ENOSPC", "ESPIPE", "EROFS", "EMLINK", "EPIPE", "EDOM", "ERANGE", "EDEADLK",
    "ENAMETOOLONG", "ENOLCK", "ENOSYS", "ENOTEMPTY", "ELOOP", nil, "ENOMSG", "EIDRM", "ECHRNG", "EL2NSYNC", "EL3HLT",
    "EL3RST", "ELNRNG", "EUNATCH", "ENOCSI", "EL2HLT", "EBADE", "EBADR", "EXFULL", "ENOANO", "EBADRQC", "EBADSLT", nil,
    "EBFONT", "ENOSTR", "ENODATA", "ETIME", "ENOSR", "ENONET", "ENOPKG", "EREMOTE", "ENOLINK", "EADV", "ESRMNT",
    "ECOMM",
    "EPROTO", "EMULTIHOP", "EDOTDOT", "EBADMSG", "EOVERFLOW", "ENOTUNIQ", "EBADFD", "EREMCHG", "ELIBACC", "ELIBBAD",
    "ELIBSCN", "ELIBMAX", "ELIBEXEC", "EILSEQ", "ERESTART", "ESTRPIPE", "EUSERS", "ENOTSOCK", "EDESTADDRREQ",
    "EMSGSIZE",
    "EPROTOTYPE", "ENOPROTOOPT", "EPROTONOSUPPORT", "ESOCKTNOSUPPORT", "EOPNOTSUPP", "EPFNOSUPPORT", "EAFNOSUPPORT",
    "EADDRINUSE", "EADDRNOTAVAIL", "ENETDOWN", "ENETUNREACH", "ENETRESET", "ECONNABORTED", "ECONNRESET", "ENOBUFS",
    "EISCONN", "ENOTCONN", "ESHUTDOWN", "ETOOMANYREFS", "ETIMEDOUT", "ECONNREFUSED", "EHOSTDOWN", "EHOSTUNREACH",
    "EALREADY", "EINPROGRESS", "ESTALE", "EUCLEAN", "ENOTNAM", "ENAVAIL", "EISNAM", "EREMOTEIO", "EDQUOT", "ENOMEDIUM",
    "EMEDIUMTYPE", "ECANCELED", "ENOKEY", "EKEYEXPIRED", "EKEYREVOKED", "EKEYREJECTED", "EOWNERDEAD", "ENOTRECOVERABLE",
    "ERFKILL", "EHWPOISON",
  ]
}

/// How a process ended, from the number that wait(2) gives.
public enum ExitStatus: Equatable, Sendable {
  case exited(code: Int32)
  case killed(signal: Int32, dumpedCore: Bool)

  public init(waitStatus: Int32) {
    let signal = waitStatus & 0x7f
    self =
      signal == 0 ? .exited(code: waitStatus >> 8 & 0xff) : .killed(signal: signal, dumpedCore: waitStatus & 0x80 != 0)
  }

  /// What a shell would give as `$?`: the code, or 128 + the signal.
  public var shellCode: Int32 {
    switch self {
    case .exited(let code): code
    case .killed(let signal, _): 128 + signal
    }
  }

  public static func signalName(_ number: Int32) -> String {
    number > 0 && number < signals.count ? signals[Int(number)] : "signal \(number)"
  }

  private static let signals = [
    "", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1",
    "SIGSEGV",
    "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN",
    "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
  ]
}

extension ExitStatus: CustomStringConvertible {
  public var description: String {
    switch self {
    case .exited(let code): "\(code)"
    case .killed(let signal, let dumpedCore): Self.signalName(signal) + (dumpedCore ? " (core)" : "")
    }
  }
}

/// The names of open(2)'s flags.
public enum OpenFlags {
  public static let writeOnly: Int64 = 0o1
  public static let readWrite: Int64 = 0o2
  public static let create: Int64 = 0o100

  /// `O_WRONLY|O_CREAT|O_TRUNC`; bits without a name follow in hexadecimal.
  ///
  /// - Parameter isARM: arm and arm64 number four of them as no other does.
  public static func names(_ flags: Int64, isARM: Bool = false) -> String {
    var parts = [["O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"][Int(flags & 3)]]
    var rest = flags & ~3
    for (bit, name) in isARM ? bitsOfARM : bits where rest & bit == bit {
      parts.append(name)
      rest &= ~bit
    }
    if rest != 0 { parts.append("0x" + String(UInt64(bitPattern: rest), radix: 16)) }
    return parts.joined(separator: "|")
  }

  /// Each flag with its name, as all architectures but arm have them.
  public static var named: [(Int64, String)] { bits }

  // Source: include/uapi/asm-generic/fcntl.h.
  private static let bits = table(
    direct: 0o40_000, largeFile: 0o100_000, directory: 0o200_000, noFollow: 0o400_000)
  // Source: arch/arm64/include/uapi/asm/fcntl.h; arch/arm's are the same.
  private static let bitsOfARM = table(
    direct: 0o200_000, largeFile: 0o400_000, directory: 0o40_000, noFollow: 0o100_000)

  // O_SYNC and O_TMPFILE first: they contain other flags' bits.
  private static func table(direct: Int64, largeFile: Int64, directory: Int64, noFollow: Int64) -> [(Int64, String)] {
    [
      (0o4_010_000, "O_SYNC"), (0o20_000_000 | directory, "O_TMPFILE"), (0o100, "O_CREAT"), (0o200, "O_EXCL"),
      (0o400, "O_NOCTTY"), (0o1000, "O_TRUNC"), (0o2000, "O_APPEND"), (0o4000, "O_NONBLOCK"), (0o10_000, "O_DSYNC"),
      (0o20_000, "O_ASYNC"), (direct, "O_DIRECT"), (largeFile, "O_LARGEFILE"), (directory, "O_DIRECTORY"),
      (noFollow, "O_NOFOLLOW"), (0o1_000_000, "O_NOATIME"), (0o2_000_000, "O_CLOEXEC"), (0o10_000_000, "O_PATH"),
    ]
  }
}
