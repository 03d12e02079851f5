internal import CPosix
internal import Glibc

/// Signals taken as data: blocked in every thread, read from a descriptor.
///
/// Made before any other thread is, so that all of them inherit the mask.
/// The corresponding C functions are `sigprocmask` and `signalfd`.
public struct SignalSource: ~Copyable {
  public static let interrupt = SIGINT
  public static let terminate = SIGTERM
  public static let hangUp = SIGHUP
  public static let kill = SIGKILL
  public static let childEnded = SIGCHLD
  public static let windowChanged = SIGWINCH
  public static let terminalStop = SIGTSTP

  private let descriptor: FileDescriptor

  public init(_ signals: [Int32]) throws(SystemError) {
    var set = sigset_t()
    sigemptyset(&set)
    for signal in signals { sigaddset(&set, signal) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
    descriptor = FileDescriptor(
      owning: try check("signalfd") { signalfd(-1, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK)) })
  }

  public var number: Int32 { descriptor.number }

  /// The next signal that came; nil when none is waiting.
  public func next() -> Int32? {
    var info = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    guard Glibc.read(descriptor.number, &info, size) == size else { return nil }
    return Int32(info.ssi_signo)
  }
}
