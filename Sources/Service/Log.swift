internal import Posix
internal import Synchronization

/// How urgent a message is. The numbers are syslog's.
public enum LogLevel: Int, Comparable, CaseIterable, Sendable {
  case error = 3
  case warning = 4
  case notice = 5
  case info = 6
  case debug = 7

  public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}

/// Messages of a running service, on standard error: for the journal when that is what listens, else for a person.
///
/// In the journal each line carries its level (`<4>`; source: sd-daemon(3)) and not the program's name, which the
/// journal adds. Each message is one write: lines of two threads do not mix.
public final class Log: Sendable {
  private let threshold: Atomic<Int>
  private let program: String
  private let descriptor: Int32
  /// Whether levels are written as the journal reads them.
  public let isJournal: Bool

  public init(program: String, level: LogLevel = .info, descriptor: Int32 = 2) {
    self.program = program
    self.descriptor = descriptor
    threshold = Atomic(level.rawValue)
    isJournal = Self.isJournal(descriptor, named: environmentVariable("JOURNAL_STREAM"))
  }

  /// The least urgent level that is written; it may be changed at any time, by any thread.
  public var level: LogLevel {
    get { LogLevel(rawValue: threshold.load(ordering: .relaxed)) ?? .info }
    set { threshold.store(newValue.rawValue, ordering: .relaxed) }
  }

  public func error(_ text: @autoclosure () -> String) { write(.error, text) }
  public func warning(_ text: @autoclosure () -> String) { write(.warning, text) }
  public func notice(_ text: @autoclosure () -> String) { write(.notice, text) }
  public func info(_ text: @autoclosure () -> String) { write(.info, text) }
  public func debug(_ text: @autoclosure () -> String) { write(.debug, text) }

  private func write(_ level: LogLevel, _ text: () -> String) {
    guard level.rawValue <= threshold.load(ordering: .relaxed) else { return }
    let bytes = Self.lines(text(), level: level, program: program, isJournal: isJournal)
    bytes.withUnsafeBytes { try? Posix.write($0, to: descriptor) }
  }

  /// The message as it is written, with its line feed. Control characters, which names of containers can hold, reach
  /// neither terminal nor journal.
  static func lines(_ text: String, level: LogLevel, program: String, isJournal: Bool) -> [UInt8] {
    var result = ""
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: true).enumerated() {
      if isJournal {
        result += "<\(level.rawValue)>"
      } else if index == 0 {
        result += program + ": "
        if level == .warning { result += "warning: " }
        if level == .debug { result += "debug: " }
      }
      for scalar in line.unicodeScalars {
        let isControl = scalar.value < 32 && scalar != "\t" || (127..<160).contains(scalar.value)
        result.unicodeScalars.append(isControl ? "\u{fffd}" : scalar)
      }
      result += "\n"
    }
    return Array(result.utf8)
  }

  /// `JOURNAL_STREAM` is `device:inode` of the stream that leads to the journal. It is inherited: what counts is
  /// whether the descriptor still is that stream.
  static func isJournal(_ descriptor: Int32, named stream: String?) -> Bool {
    guard let stream, let status = try? FileStatus(ofDescriptor: descriptor) else { return false }
    return stream == "\(status.device):\(status.inode)"
  }
}
