internal import Posix

/// What a person should know of the shelf: a write that failed, a capture that was finished after a crash.
public struct ShelfReport: Hashable, Sendable {
  public enum Gravity: Sendable { case information, warning, failure }
  public var gravity: Gravity
  public var message: String
  public var remedy: String?

  public init(_ gravity: Gravity, _ message: String, remedy: String? = nil) {
    self.gravity = gravity
    self.message = message
    self.remedy = remedy
  }
}

/// Why the shelf cannot be used.
public struct ShelfError: Error, Hashable, CustomStringConvertible {
  public var description: String
  public var remedy: String?

  init(_ description: String, remedy: String? = nil) {
    self.description = description
    self.remedy = remedy
  }
}

extension SystemError {
  /// What helps when a capture cannot be written into `directory`.
  func writingRemedy(in directory: String) -> String {
    let again = "it is tried again every few seconds, and recording goes on"
    if isNoSpace || isQuotaExceeded {
      return "make room on the file system of \(directory), such as with `aftertrace captures remove NAME`; \(again)"
    }
    if isMissing { return "make the directory again: `mkdir -p -m 0700 \(directory)`; \(again)" }
    if isReadOnly { return "mount the file system of \(directory) for writing; \(again)" }
    if isNotPermitted {
      return "give the recorder's user the directory: `chown` and `chmod 0700 \(directory)`; \(again)"
    }
    if isDiskError { return "the disk itself reports the error: `dmesg` says which; \(again)" }
    return again
  }
}
