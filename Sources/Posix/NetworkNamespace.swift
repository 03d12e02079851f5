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
