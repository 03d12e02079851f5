internal import Arguments
internal import CaptureFormat
internal import Events
internal import Posix

/// What ends a command early: what is wrong, and what can be done about it.
struct CommandFailure: Error {
  /// 2 an error, 64 wrong usage.
  var status: Int32 = 2
  var message: String
  var remedy: String?

  init(_ message: String, remedy: String? = nil, status: Int32 = 2) {
    self.message = message
    self.remedy = remedy
    self.status = status
  }

  init(_ error: CaptureError, in path: String) {
    let text = "\(error)"
    self.init(
      text.hasPrefix(path) ? text : "\(path): \(text)",
      remedy: error.remedy.map { $0.split(separator: "FILE", omittingEmptySubsequences: false).joined(separator: path) }
    )
  }

  init(_ error: SystemError) { self.init("\(error)") }
}

/// Standard output, buffered: a line at a time costs a system call each.
final class Output {
  private var buffer: [UInt8] = []
  private let number: Int32
  private(set) var bytesWritten: UInt64 = 0

  /// Whether a person looks at it.
  var isTerminal: Bool { number == StandardStream.output.rawValue && StandardStream.output.isTerminal }

  init(to number: Int32 = StandardStream.output.rawValue) {
    self.number = number
    buffer.reserveCapacity(1 << 16)
  }

  func line(_ text: String) throws(SystemError) {
    buffer.append(contentsOf: text.utf8)
    buffer.append(UInt8(ascii: "\n"))
    if buffer.count >= 1 << 16 { try flush() }
  }

  func bytes(_ bytes: [UInt8]) throws(SystemError) {
    buffer.append(contentsOf: bytes)
    if buffer.count >= 1 << 16 { try flush() }
  }

  func bytes(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    buffer.append(contentsOf: bytes)
    if buffer.count >= 1 << 16 { try flush() }
  }

  func flush() throws(SystemError) {
    let failure: SystemError? = buffer.withUnsafeBytes { bytes in
      do throws(SystemError) {
        try Posix.write(bytes, to: number)
        return nil
      } catch {
        return error
      }
    }
    bytesWritten += UInt64(buffer.count)
    buffer.removeAll(keepingCapacity: true)
    if let failure { throw failure }
  }
}
