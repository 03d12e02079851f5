internal import Alerts
internal import JSON
internal import Posix
internal import Synchronization
public import Triggers

/// The Unix socket that `aftertrace trigger` and `aftertrace status` talk to. docs/triggers.md has its protocol.
///
/// Only root: the socket has mode 0600, in a directory nobody else can write to, and the kernel says who is at the other
/// end. A lock beside it is held for as long as the process lives, so that of two watchers the second is told of the first, and
/// what a dead one left is replaced.
public final class ControlSocket: Sendable {
  public static let standardPath = "/run/aftertrace/control.sock"

  /// How much it puts up with.
  public struct Limits: Sendable {
    public var lineBytes = AlertBatch.sizeLimit + 4096
    public var connections = 64
    /// Of them, those that may wait for a capture's end.
    public var waiting = 32
    /// For one line to arrive, and for an answer to be taken.
    public var seconds = 30
    public init() {}
  }

  public let path: String
  private let listener: ListeningSocket
  private let lock: FileDescriptor
  private let limits: Limits
  private let handling: TriggerHandling
  private let state = Mutex(State())

  private struct State {
    var isOver = false
    var connections: Set<Int32> = []
    var waiting = 0
  }

  /// Starts to listen, and to serve on threads of its own, one a connection.
  ///
  /// - Throws: ``ControlError/alreadyWatching(path:pid:)`` when another process does.
  public init(path: String = standardPath, desk: any TriggerDesk, limits: Limits = Limits()) throws(ControlError) {
    self.path = path
    self.limits = limits
    handling = TriggerHandling(desk: desk)
    try Self.prepareDirectory(of: path)
    lock = try onSystem { () throws(SystemError) in try .openForLocking(path + ".lock") }
    guard try Self.take(lock) else { throw .alreadyWatching(path: path, pid: Self.listenerPID(path)) }
    // Whoever left it is dead: the lock is ours.
    if let status = try? FileStatus(ofLink: path), status.isSocket { try? File.remove(path) }
    listener = try onSystem { () throws(SystemError) in try ListeningSocket(at: path) }
    try onSystem { () throws(SystemError) in
      try WorkerThread(name: "control") { [self] in acceptAll() }.detach()
    }
  }

  private static func take(_ lock: borrowing FileDescriptor) throws(ControlError) -> Bool {
    do throws(SystemError) {
      return try lock.lock()
    } catch {
      throw .system(error)
    }
  }

  /// Makes the directory, or checks that nobody else can put something in its place.
  private static func prepareDirectory(of path: String) throws(ControlError) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    let parent = parts.isEmpty ? "." : parts.count == 1 ? "/" : parts.joined(separator: "/")
    let status = try onSystem { () throws(SystemError) in
      if !File.exists(parent) { try Directory.createAll(parent) }
      return try FileStatus(of: parent)
    }
    guard status.isDirectory else { throw .notDirectory(path: parent) }
    guard status.permissions & 0o022 == 0, status.owner == 0 || status.owner == effectiveUserID else {
      throw .openDirectory(path: parent, permissions: status.permissions)
    }
  }

  private static func listenerPID(_ path: String) -> Int32? { (try? ConnectedSocket(to: path))?.peer?.pid }

  /// Ends: nobody is let in any more, and who is in is cut off.
  public func stop() {
    let connections = state.withLock { state -> Set<Int32>? in
      if state.isOver { return nil }
      state.isOver = true
      for number in state.connections { shutDownSocket(number) }
      return state.connections
    }
    if connections == nil { return }
    shutDownSocket(listener.descriptor.number)
    try? File.remove(path)
  }
}

extension ControlSocket {
  private func acceptAll() {
    while !state.withLock({ $0.isOver }) {
      do throws(SystemError) {
        serve(try listener.accept())
      } catch {
        // Out of descriptors, most likely: others will be closed.
        if !state.withLock({ $0.isOver }) { pause(milliseconds: 50) }
      }
    }
  }

  private func serve(_ socket: consuming ConnectedSocket) {
    socket.setTimeout(seconds: limits.seconds)
    guard let peer = socket.peer, peer.user == 0 || peer.user == effectiveUserID else {
      return send(errorMembers("only root may talk to the watcher", nil), to: socket)
    }
    let isFull = state.withLock { $0.connections.count >= limits.connections || $0.isOver }
    if isFull {
      return send(errorMembers("too many connections: \(limits.connections)", "try again in a second"), to: socket)
    }
    let number = socket.release()
    state.withLock { _ = $0.connections.insert(number) }
    do throws(SystemError) {
      try WorkerThread(name: "control-client") { [self] in
        converse(ConnectedSocket(owning: number))
      }.detach()
    } catch {
      state.withLock { _ = $0.connections.remove(number) }
      send(errorMembers("\(error)", nil), to: ConnectedSocket(owning: number))
    }
  }

  /// Answers a client line by line until it hangs up, takes too long, or says too much.
  private func converse(_ socket: consuming ConnectedSocket) {
    // Before the descriptor is closed and its number used again.
    defer { state.withLock { _ = $0.connections.remove(socket.number) } }
    var reader = LineReader(limit: limits.lineBytes)
    while !state.withLock({ $0.isOver }) {
      do throws(ControlError) {
        guard let line = try reader.next(from: socket, seconds: limits.seconds) else { return }
        if line.allSatisfy({ $0 == 0x20 || $0 == 0x0d || $0 == 0x09 }) { continue }
        try socket.sendLine(answer(to: line))
      } catch {
        if case .tooLarge = error { send(errorMembers(error.description, error.remedy), to: socket) }
        return
      }
    }
  }

  private func answer(to line: [UInt8]) -> [UInt8] {
    if line.count <= 8192, let command = try? JSONValue(parsing: line), let request = command["request"]?.string {
      switch request {
      case "status": return handling.desk.statusJSON().map { $0 == 0x0a || $0 == 0x0d ? 0x20 : $0 }
      case "wait": return JSONValue.object(wait(command)).encoded
      default:
        return JSONValue.object(
          errorMembers("unknown request '\(request.prefix(40))'", "an alert, or the request `status` or `wait`")
        ).encoded
      }
    }
    do {
      return handling.submit(try AlertBatch(body: line)).json.encoded
    } catch {
      return JSONValue.object(errorMembers(error.description, error.remedy)).encoded
    }
  }

  private func wait(_ command: JSONValue) -> [String: JSONValue] {
    guard let receipt = TriggerReceipt(command) else {
      return errorMembers("wait: 'capture_id', 'path' or 'container' is missing", "send what the trigger was answered")
    }
    let isAdmitted = state.withLock { state in
      if state.waiting < limits.waiting { state.waiting += 1 } else { return false }
      return true
    }
    guard isAdmitted else {
      return errorMembers("too many are waiting already: \(limits.waiting)", "look at `captures`")
    }
    defer { state.withLock { $0.waiting -= 1 } }
    var members = receipt.members
    if let failure = handling.desk.waitUntilClosed(receipt) {
      members["status"] = .string("failed")
      members["error"] = .string(failure)
    } else {
      members["status"] = .string("closed")
    }
    return members
  }

  private func send(_ members: [String: JSONValue], to socket: borrowing ConnectedSocket) {
    try? socket.sendLine(JSONValue.object(members).encoded)
  }
}

extension ConnectedSocket {
  borrowing func sendLine(_ bytes: [UInt8]) throws(ControlError) {
    do throws(SystemError) {
      try send(bytes + [0x0a])
    } catch {
      throw .system(error)
    }
  }
}

/// Takes a stream apart into lines.
struct LineReader {
  private let limit: Int
  private var pending: [UInt8] = []
  /// How much of `pending` is known to hold no line feed.
  private var searched = 0

  init(limit: Int) { self.limit = limit }

  /// The next line, without its end; nil at the stream's end, or when the line does not come within `seconds`.
  mutating func next(from socket: borrowing ConnectedSocket, seconds: Int) throws(ControlError) -> [UInt8]? {
    var deadline = pending.isEmpty ? nil : Clock.monotonic + UInt64(seconds) * 1_000_000_000
    while true {
      if let end = pending[searched...].firstIndex(of: 0x0a) {
        let line = Array(pending[..<end])
        pending.removeSubrange(...end)
        searched = 0
        if line.count > limit { throw .tooLarge(limit: limit) }
        return line
      }
      searched = pending.count
      if pending.count > limit { throw .tooLarge(limit: limit) }
      if let deadline, Clock.monotonic > deadline { return nil }
      let isOpen: Bool
      do throws(SystemError) {
        isOpen = try socket.descriptor.appendAvailable(to: &pending)
      } catch {
        if error.isTimeout { return nil }
        throw .system(error)
      }
      if !isOpen {
        // A last line without its end is one, too: `printf '{…}' | nc -U`.
        defer {
          pending = []
          searched = 0
        }
        return pending.isEmpty ? nil : pending
      }
      if deadline == nil { deadline = Clock.monotonic + UInt64(seconds) * 1_000_000_000 }
    }
  }
}
