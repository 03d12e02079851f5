public import JSON
internal import Posix

/// The other end of ``ControlSocket``: what `aftertrace trigger` and `aftertrace status` use.
public struct ControlClient: ~Copyable {
  private let socket: ConnectedSocket
  private let path: String
  private var reader = LineReader(limit: 64 << 20)

  /// Seconds until a watcher that does not answer is given up.
  private static let patience = 60

  /// - Throws: ``ControlError/noWatcher(path:)`` when nobody listens there.
  public init(path: String = ControlSocket.standardPath) throws(ControlError) {
    self.path = path
    do throws(SystemError) {
      socket = try ConnectedSocket(to: path)
    } catch {
      if error.isMissing || error.isRefused { throw .noWatcher(path: path) }
      throw error.isNotPermitted ? .notPermitted(path: path) : .system(error)
    }
  }

  /// Hands an alert in, in any of the formats that the watcher knows; the answer's fields are those of
  /// ``TriggerHandling``.
  public mutating func submit(alert: [UInt8]) throws(ControlError) -> JSONValue {
    // Between values a line feed is as good as a blank.
    try ask(alert.map { $0 == 0x0a || $0 == 0x0d ? 0x20 : $0 }, seconds: Self.patience)
  }

  /// The recorder's account of itself.
  public mutating func status() throws(ControlError) -> JSONValue {
    try ask(Array(#"{"request":"status"}"#.utf8), seconds: Self.patience)
  }

  /// Waits until a capture is closed, however long that takes: `{"status": "closed", …}`, or `failed` with an `error`.
  public mutating func wait(for receipt: JSONValue) throws(ControlError) -> JSONValue {
    var members = receipt.members
    members["request"] = .string("wait")
    return try ask(JSONValue.object(members).encoded, seconds: nil)
  }

  private mutating func ask(_ line: [UInt8], seconds: Int?) throws(ControlError) -> JSONValue {
    socket.setTimeout(seconds: seconds ?? 0)
    do {
      try socket.sendLine(line)
    } catch {
      // It may have answered before it hung up.
    }
    guard let answer = try reader.next(from: socket, seconds: seconds ?? .max >> 32),
      let value = try? JSONValue(parsing: answer)
    else { throw .noAnswer(path: path) }
    return value
  }
}
