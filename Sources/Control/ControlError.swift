public import Posix

/// Why a way in cannot be opened or used. The facts; their wording is below.
public enum ControlError: Error, Equatable, Sendable {
  case system(SystemError)
  /// Another watcher listens there.
  case alreadyWatching(path: String, pid: Int32?)
  /// Somebody else could replace the socket.
  case openDirectory(path: String, permissions: UInt32)
  case notDirectory(path: String)
  /// No watcher: no socket, or one that nobody listens at.
  case noWatcher(path: String)
  case notPermitted(path: String)
  /// The token's file can be read by others.
  case openToken(path: String, permissions: UInt32)
  /// The token's file holds too little, or what no header can carry.
  case badToken(path: String)
  /// The watcher hung up in the middle, or said what is no answer.
  case noAnswer(path: String)
  case tooLarge(limit: Int)
  case portTaken(address: String)
  case notLoopback(address: String)
}

extension ControlError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .system(let error): "\(error)"
    case .alreadyWatching(let path, let pid):
      "\(path): another watcher listens there" + (pid.map { " (pid \($0))" } ?? "")
    case .openDirectory(let path, let permissions):
      "\(path): others may write here (mode \(octal(permissions))), and could put a socket of theirs in our place"
    case .notDirectory(let path): "\(path): not a directory"
    case .noWatcher(let path): "no watcher listens at \(path)"
    case .notPermitted(let path): "\(path): only root may talk to the watcher"
    case .openToken(let path, let permissions): "\(path): others can read the token (mode \(octal(permissions)))"
    case .badToken(let path): "\(path): not a token: 16 to 512 printable characters in one line"
    case .noAnswer(let path): "\(path): the watcher ended before it answered"
    case .tooLarge(let limit): "more than \(limit) bytes in one request"
    case .portTaken(let address): "\(address): something else listens there"
    case .notLoopback(let address): "\(address): not a loopback address"
    }
  }

  /// What would help; nil when the message says it all.
  public var remedy: String? {
    switch self {
    case .alreadyWatching: "end it, or give this one another place: --socket PATH"
    case .openDirectory(let path, _): "`chmod 700 \(path)`, or --socket in a directory of its own"
    case .noWatcher: "start one: `aftertrace watch`; if it listens elsewhere: --socket PATH"
    case .notPermitted: "run it as root: `sudo aftertrace …`"
    case .openToken(let path, _): "`chmod 600 \(path)`; whoever read it can trigger: write a new one"
    case .badToken(let path): "remove \(path), and a new one is made at the next start"
    case .portTaken: "choose another port"
    case .notLoopback: "other addresses are open to the network: ask for it in the configuration"
    default: nil
    }
  }

  private func octal(_ mode: UInt32) -> String { "0" + String(mode, radix: 8) }
}

/// Runs what may fail with a system error.
func onSystem<Result: ~Copyable>(_ body: () throws(SystemError) -> Result) throws(ControlError) -> Result {
  do throws(SystemError) {
    return try body()
  } catch {
    throw .system(error)
  }
}
