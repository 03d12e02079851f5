internal import Glibc

/// Messages to a Unix socket that takes datagrams.
public enum DatagramSocket {
  /// Sends `message` to the socket at `path`; a path that begins with `@` is an abstract name.
  ///
  /// The corresponding C functions are `socket` and `sendto`.
  public static func send(_ message: [UInt8], to path: String) throws(SystemError) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var name = Array(path.utf8)
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    let isAbstract = name.first == UInt8(ascii: "@")
    if isAbstract { name[0] = 0 }
    // A path needs its end, an abstract name has none: its length is the address's.
    guard !name.isEmpty, name.count + (isAbstract ? 0 : 1) <= capacity else {
      throw SystemError(call: "sendto", subject: path, code: ENAMETOOLONG)
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    let length = MemoryLayout<sa_family_t>.size + name.count + (isAbstract ? 0 : 1)
    let socket = FileDescriptor(
      owning: try check("socket") { Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0) })
    let number = socket.number
    try check("sendto", path) {
      withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          sendto(number, message, message.count, Int32(MSG_NOSIGNAL), $0, socklen_t(length))
        }
      }
    }
  }
}

/// Takes a variable out of the environment, so that programs started later do not have it.
///
/// Only before other threads are started. The corresponding C function is `unsetenv`.
public func removeEnvironmentVariable(_ name: String) { unsetenv(name) }
