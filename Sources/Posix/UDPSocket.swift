internal import Glibc

/// A UDP socket of IPv4 that is tied to one address, its own or its peer's.
public struct UDPSocket: ~Copyable, Sendable {
  public let descriptor: FileDescriptor

  private init(
    _ address: String, _ port: UInt16, _ call: String, tie: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
  )
    throws(SystemError)
  {
    var ip = sockaddr_in()
    let subject = "\(address):\(port)"
    guard inet_pton(AF_INET, address, &ip.sin_addr) == 1 else {
      throw SystemError(call: "inet_pton", subject: subject, code: EINVAL)
    }
    ip.sin_family = sa_family_t(AF_INET)
    ip.sin_port = port.bigEndian
    let socket = FileDescriptor(
      owning: try check("socket") { Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0) })
    let number = socket.number
    try check(call, subject) { withAddress(&ip) { tie(number, $0, $1) } }
    descriptor = socket
  }

  /// Takes what comes to an address. The corresponding C function is `bind`.
  public init(at address: String, port: UInt16) throws(SystemError) {
    try self.init(address, port, "bind") { bind($0, $1, $2) }
  }

  /// Sends to one peer: each write is a datagram. The corresponding C function is `connect`.
  public init(to address: String, port: UInt16) throws(SystemError) {
    try self.init(address, port, "connect") { connect($0, $1, $2) }
  }
}
