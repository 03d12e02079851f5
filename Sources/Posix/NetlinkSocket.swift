internal import CPosix
internal import Glibc

/// Messages with a part of the kernel. Nothing blocks.
public struct NetlinkSocket: ~Copyable, Sendable {
  public let descriptor: FileDescriptor

  /// Connection tracking, the packet filter's book of connections and of what NAT makes of them.
  public static let netfilter: Int32 = 12

  /// The corresponding C functions are `socket` and `bind` with AF_NETLINK.
  ///
  /// - Parameters:
  ///   - groups: Multicast groups to be in, one bit a group. Netfilter's need CAP_NET_ADMIN here and not later.
  ///   - bufferLength: Bytes of messages that may wait; what comes beyond is lost.
  public init(_ kind: Int32, groups: UInt32 = 0, bufferLength: Int32) throws(SystemError) {
    descriptor = FileDescriptor(owning: try check("netlink socket") { at_netlink(kind, groups, bufferLength) })
  }

  /// Has the kernel drop messages about connections that no NAT changes.
  ///
  /// The corresponding C function is `setsockopt` with SO_ATTACH_FILTER.
  public borrowing func keepTranslatedConnections() throws(SystemError) {
    let number = descriptor.number
    try check("setsockopt") { at_keep_translated(number) }
  }

  /// The corresponding C function is `send`.
  public borrowing func send(_ message: [UInt8]) throws(SystemError) {
    let number = descriptor.number
    _ = try check("send") { Glibc.send(number, message, message.count, 0) }
  }

  /// The next message, or several in one; 0 where none waits. The corresponding C function is `recv`.
  ///
  /// - Throws: ENOBUFS when some were lost.
  public borrowing func receive(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
    let count = recv(descriptor.number, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
    if count >= 0 { return count }
    if errno == EAGAIN || errno == EINTR { return 0 }
    throw .last("recv")
  }
}
