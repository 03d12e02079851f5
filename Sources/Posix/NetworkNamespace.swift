internal import CPosix
internal import Glibc

/// A network namespace, kept alive by this.
public struct NetworkNamespace: ~Copyable, Sendable {
  private let descriptor: FileDescriptor
  /// As `/proc/PID/ns/net` names it.
  public let inode: UInt64

  /// - Parameter path: Such as `/proc/PID/ns/net`.
  public init(at path: String) throws(SystemError) {
    let file = try FileDescriptor.open(path, flags: O_RDONLY)
    inode = try FileStatus(ofDescriptor: file.number).inode
    descriptor = file
  }

  /// Moves this thread, and no other, into the namespace. The corresponding C function is `setns`.
  public borrowing func enter() throws(SystemError) {
    let number = descriptor.number
    try check("setns") { at_enter_network_namespace(number) }
  }

  /// How many packets the interfaces of the namespace that this thread is in have taken and sent; over loopback each once.
  /// Source: proc_pid_net(5).
  public static func packetCount() -> UInt64 {
    let text = String(
      decoding: (try? FileDescriptor.contents(of: "/proc/thread-self/net/dev")) ?? [], as: UTF8.self)
    return text.split(separator: "\n").dropFirst(2).reduce(0) { sum, line in
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { return sum }
      // Received: bytes, packets and six more; sent: the same.
      let numbers = parts[1].split(separator: " ").map { UInt64($0) ?? 0 }
      guard numbers.count > 9 else { return sum }
      let isLoopback = parts[0].allSatisfy { $0 == " " || "lo".contains($0) }
      return sum &+ numbers[1] &+ (isLoopback ? 0 : numbers[9])
    }
  }

  /// The interfaces of the namespace that this thread is in, by number. The corresponding C function is `if_nameindex`.
  public static func interfaces() -> [UInt32: String] {
    guard let list = if_nameindex() else { return [:] }
    defer { if_freenameindex(list) }
    var names: [UInt32: String] = [:]
    var entry = list
    while entry.pointee.if_index != 0, let name = entry.pointee.if_name {
      names[entry.pointee.if_index] = String(cString: name)
      entry += 1
    }
    return names
  }
}
