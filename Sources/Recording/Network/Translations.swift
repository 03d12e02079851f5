internal import CaptureFormat
internal import Posix

/// What NAT makes of connections: of the host's network namespace, where published ports and masquerading are.
///
/// The kernel tells of each connection that is translated when it begins, before connect or accept return: so the answer
/// is there when their events are decoded, and nothing is asked for. It is told to this process alone because it listens
/// from before it gives its privileges up.
final class Translations {
  /// A socket's two ends, as the socket has them.
  private struct Ends: Hashable {
    var networkProtocol: UInt8
    var local: SocketAddress
    var remote: SocketAddress
  }

  /// What they are on the other side of the NAT.
  struct Outside: Equatable {
    var local: SocketAddress
    var remote: SocketAddress
  }

  private let socket: NetlinkSocket
  private var recent: [Ends: Outside] = [:]
  private var older: [Ends: Outside] = [:]
  /// Twice as many are remembered at most, each from either side.
  private static let half = 8192
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 8)
  /// Times that the kernel had more to tell than there was room for.
  private(set) var overflows: UInt64 = 0

  /// Nil where the kernel has no such book, or its namespace is not this process's.
  init?() {
    let begun: UInt32 = 1 << 0
    let ended: UInt32 = 1 << 2
    guard
      let socket = try? NetlinkSocket(NetlinkSocket.netfilter, groups: begun | ended, bufferLength: 1 << 20),
      (try? socket.keepTranslatedConnections()) != nil
    else { return nil }
    self.socket = socket
    takeExisting()
  }

  deinit { buffer.deallocate() }

  /// Bytes, roughly.
  var memoryInBytes: Int { (recent.count + older.count) * 320 }

  /// Takes what was told since the last call. Called before records are decoded.
  ///
  /// - Complexity: a system call, where nothing was told.
  func drain() {
    for _ in 0..<4096 {
      do throws(SystemError) {
        let count = try socket.receive(into: buffer)
        if count == 0 { return }
        _ = take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      } catch {
        overflows += 1
      }
    }
  }

  /// What NAT makes of a socket's ends; nil where none is between, as far as was told.
  func outside(networkProtocol: UInt16, local: SocketAddress, remote: SocketAddress) -> Outside? {
    if recent.isEmpty, older.isEmpty { return nil }
    let ends = Ends(networkProtocol: UInt8(truncatingIfNeeded: networkProtocol), local: local, remote: remote)
    return recent[ends] ?? older[ends]
  }

  /// Those that began before.
  private func takeExisting() {
    guard let asking = try? NetlinkSocket(NetlinkSocket.netfilter, bufferLength: 1 << 20) else { return }
    for family: UInt8 in [2, 10] {
      guard (try? asking.send(TranslationMessage.dump(family: family))) != nil else { return }
      // The kernel answers within recv: there is nothing to wait for.
      for _ in 0..<8192 {
        guard let count = try? asking.receive(into: buffer), count > 0 else { break }
        if take(UnsafeRawBufferPointer(rebasing: buffer[..<count])) { break }
      }
    }
  }

  /// - Returns: Whether it was the last of what was asked for.
  func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var isDone = false
    for item in TranslationMessage.items(bytes.bytes) {
      switch item {
      case .connection(let message) where message.isTranslated: take(message)
      case .connection, .other: break
      case .done: isDone = true
      }
    }
    return isDone
  }

  private func take(_ message: TranslationMessage) {
    for (mine, other) in [(message.original, message.reply), (message.reply, message.original)] {
      let ends = Ends(networkProtocol: mine.networkProtocol, local: mine.source, remote: mine.destination)
      if message.isGone {
        recent[ends] = nil
        older[ends] = nil
      } else {
        recent[ends] = Outside(local: other.destination, remote: other.source)
      }
    }
    if recent.count >= Self.half {
      older = recent
      recent = [:]
    }
  }
}
