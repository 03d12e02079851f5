internal import Glibc

/// A failed system call: which one, on what, and why.
public struct SystemError: Error, Equatable, Sendable {
  /// The C function's name, such as `open`.
  public var call: String
  /// The path or thing it was called on; nil where there is none.
  public var subject: String?
  /// The value of `errno`.
  public var code: Int32

  public init(call: String, subject: String? = nil, code: Int32) {
    self.call = call
    self.subject = subject
    self.code = code
  }

  /// The error of a call that has just returned −1.
  static func last(_ call: String, _ subject: String? = nil) -> SystemError {
    SystemError(call: call, subject: subject, code: errno)
  }
}

extension SystemError {
  /// The reader of a pipe is gone.
  public var isBrokenPipe: Bool { code == EPIPE }
  public var isExisting: Bool { code == EEXIST }
  public var isNoSpace: Bool { code == ENOSPC }
  /// Why, in the C library's words.
  public var reason: String { String(cString: strerror(code)) }
  /// The `errno` of a file beyond a limit.
  public static let tooLarge = EFBIG
  public var isAddressInUse: Bool { code == EADDRINUSE }
  /// Nobody listens at the socket.
  public var isRefused: Bool { code == ECONNREFUSED }
  /// Nothing came or went for as long as was allowed.
  public var isTimeout: Bool { code == EAGAIN }
}

extension SystemError: CustomStringConvertible {
  public var description: String {
    subject.map { "\($0): \(reason) (\(call))" } ?? "\(call): \(reason)"
  }
}

/// Runs `body` again while a signal interrupts it, and throws its `errno` when it answers −1.
@discardableResult
func check<Result: FixedWidthInteger>(_ call: String, _ subject: String? = nil, _ body: () -> Result)
  throws(SystemError) -> Result
{
  while true {
    let result = body()
    if result != -1 { return result }
    if errno != EINTR { throw .last(call, subject) }
  }
}

extension SystemError {
  /// What was to be written to is not open.
  public static let notOpen = SystemError(call: "write", code: EBADF)

  public static func notPermitted(_ call: String, _ subject: String) -> SystemError {
    SystemError(call: call, subject: subject, code: EPERM)
  }
}
