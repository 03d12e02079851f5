internal import CPosix
internal import Glibc

/// The bytes of an IP address that is written in digits, 4 or 16; nil for anything else.
///
/// The corresponding C function is `inet_pton`.
public func numericAddress(_ text: String) -> [UInt8]? {
  var ip4 = in_addr()
  if inet_pton(AF_INET, text, &ip4) == 1 { return withUnsafeBytes(of: ip4) { Array($0) } }
  var ip6 = in6_addr()
  return inet_pton(AF_INET6, text, &ip6) == 1 ? withUnsafeBytes(of: ip6) { Array($0) } : nil
}

/// A socket of IPv4 that `call` ties to an address, its own or its peer's.
func openIPv4Socket(
  _ type: __socket_type, _ address: String, _ port: UInt16, tiedBy call: String,
  _ tie: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
) throws(SystemError) -> FileDescriptor {
  var ip = sockaddr_in()
  let subject = "\(address):\(port)"
  guard inet_pton(AF_INET, address, &ip.sin_addr) == 1 else {
    throw SystemError(call: "inet_pton", subject: subject, code: EINVAL)
  }
  ip.sin_family = sa_family_t(AF_INET)
  ip.sin_port = port.bigEndian
  let socket = FileDescriptor(
    owning: try check("socket") { Glibc.socket(AF_INET, Int32(type.rawValue | SOCK_CLOEXEC.rawValue), 0) })
  let number = socket.number
  try check(call, subject) { withAddress(&ip) { tie(number, $0, $1) } }
  return socket
}

/// A stream socket that others connect to.
public struct ListeningSocket: ~Copyable, Sendable {
  public let descriptor: FileDescriptor

  /// Binds and listens at a path, which must not exist. Only its owner can connect: its mode is 0600 before anybody could.
  ///
  /// The corresponding C functions are `socket`, `bind`, `chmod` and `listen`.
  public init(at path: String, backlog: Int32 = 64) throws(SystemError) {
    var address = try unixAddress(path)
    let socket = FileDescriptor(
      owning: try check("socket") { Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0) })
    let number = socket.number
    try check("bind", path) {
      withAddress(&address) { bind(number, $0, $1) }
    }
    try check("chmod", path) { chmod(path, 0o600) }
    try check("listen", path) { listen(number, backlog) }
    descriptor = socket
  }

  /// Binds and listens at an IP address (`127.0.0.1`, `::1`); port 0 is any that is free.
  ///
  /// - Throws: `EINVAL` when `address` is no numeric address.
  public init(address: String, port: UInt16, backlog: Int32 = 128) throws(SystemError) {
    var ip4 = sockaddr_in()
    var ip6 = sockaddr_in6()
    let subject = address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
    let isIP4 = inet_pton(AF_INET, address, &ip4.sin_addr) == 1
    guard isIP4 || inet_pton(AF_INET6, address, &ip6.sin6_addr) == 1 else {
      throw SystemError(call: "inet_pton", subject: subject, code: EINVAL)
    }
    let family = isIP4 ? AF_INET : AF_INET6
    let socket = FileDescriptor(
      owning: try check("socket", subject) {
        Glibc.socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      })
    let number = socket.number
    var one: Int32 = 1
    // A port whose last owner has just died is free.
    setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &one, 4)
    if isIP4 {
      ip4.sin_family = sa_family_t(AF_INET)
      ip4.sin_port = port.bigEndian
      try check("bind", subject) { withAddress(&ip4) { bind(number, $0, $1) } }
    } else {
      ip6.sin6_family = sa_family_t(AF_INET6)
      ip6.sin6_port = port.bigEndian
      setsockopt(number, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &one, 4)
      try check("bind", subject) { withAddress(&ip6) { bind(number, $0, $1) } }
    }
    try check("listen", subject) { listen(number, backlog) }
    descriptor = socket
  }

  /// The port that it listens at; nil for a path. The corresponding C function is `getsockname`.
  public var port: UInt16? {
    var address = sockaddr_in6()
    var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    let number = descriptor.number
    let code = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(number, $0, &length) }
    }
    // The port stands at the same place in both families.
    let isIP = code == 0 && [AF_INET, AF_INET6].contains(Int32(address.sin6_family))
    return isIP ? UInt16(bigEndian: address.sin6_port) : nil
  }

  /// The next connection. The corresponding C function is `accept4`.
  public borrowing func accept() throws(SystemError) -> ConnectedSocket {
    let number = descriptor.number
    return ConnectedSocket(
      FileDescriptor(owning: try check("accept") { at_accept(number) }))
  }
}

/// One end of a connection.
public struct ConnectedSocket: ~Copyable, Sendable {
  public let descriptor: FileDescriptor
  public var number: Int32 { descriptor.number }

  init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

  /// Connects to the socket at a path. The corresponding C functions are `socket` and `connect`.
  public init(to path: String) throws(SystemError) {
    var address = try unixAddress(path)
    let socket = FileDescriptor(
      owning: try check("socket") { Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0) })
    let number = socket.number
    try check("connect", path) { withAddress(&address) { connect(number, $0, $1) } }
    descriptor = socket
  }

  /// Connects to an IPv4 address.
  public init(to address: String, port: UInt16) throws(SystemError) {
    descriptor = try openIPv4Socket(SOCK_STREAM, address, port, tiedBy: "connect") { connect($0, $1, $2) }
  }

  /// Who is at the other end of a Unix socket, as the kernel noted when it connected or listened.
  ///
  /// The corresponding C function is `getsockopt` with `SO_PEERCRED`.
  public var peer: SocketPeer? {
    let number = descriptor.number
    var pid: Int32 = 0
    var user: UInt32 = 0
    return at_peer(number, &pid, &user) == 0 ? SocketPeer(pid: pid, user: user) : nil
  }

  /// After so long a read or write that moves nothing ends with `EAGAIN`. The corresponding C function is `setsockopt`.
  public borrowing func setTimeout(seconds: Int) {
    var time = timeval(tv_sec: seconds, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(descriptor.number, SOL_SOCKET, SO_RCVTIMEO, &time, size)
    setsockopt(descriptor.number, SOL_SOCKET, SO_SNDTIMEO, &time, size)
  }

  /// Sends all of `bytes`; an end that is gone is an error, not a signal. The corresponding C function is `send`.
  public borrowing func send(_ bytes: [UInt8]) throws(SystemError) {
    let number = descriptor.number
    var done = 0
    while done < bytes.count {
      done += try check("send") {
        bytes.withUnsafeBytes {
          Glibc.send(number, $0.baseAddress! + done, $0.count - done, Int32(MSG_NOSIGNAL))
        }
      }
    }
  }
}

/// The process at the other end of a Unix socket.
public struct SocketPeer: Hashable, Sendable {
  public var pid: Int32
  public var user: UInt32
}

/// Ends a connection from any thread: whoever reads from it reads its end. The corresponding C function is `shutdown`.
public func shutDownSocket(_ number: Int32) { _ = shutdown(number, Int32(SHUT_RDWR)) }

private func unixAddress(_ path: String) throws(SystemError) -> sockaddr_un {
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  let bytes = Array(path.utf8)
  // One byte stays zero.
  guard !bytes.isEmpty, bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
    throw SystemError(call: "bind", subject: path, code: ENAMETOOLONG)
  }
  withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
  return address
}

func withAddress<Address>(_ address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32)
  -> Int32
{
  withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<Address>.size)) }
  }
}

extension ListeningSocket {
  /// Gives the number away: the caller closes it.
  public consuming func release() -> Int32 { descriptor.release() }
}

extension ConnectedSocket {
  /// Takes ownership of `number`.
  public init(owning number: Int32) { self.init(FileDescriptor(owning: number)) }

  /// Gives the number away: the caller closes it.
  public consuming func release() -> Int32 { descriptor.release() }
}

extension FileDescriptor {
  /// Reads what is there, up to 64 KiB, and appends it; false at the end. Waits until something is there.
  ///
  /// The corresponding C function is `read`.
  public borrowing func appendAvailable(to bytes: inout [UInt8]) throws(SystemError) -> Bool {
    let number = number
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 8)
    defer { chunk.deallocate() }
    let got = try check("read") { Glibc.read(number, chunk.baseAddress, chunk.count) }
    bytes.append(contentsOf: chunk[..<got])
    return got > 0
  }
}

/// Does nothing for a while. The corresponding C function is `usleep`.
public func pause(milliseconds: UInt32) { usleep(milliseconds * 1000) }
