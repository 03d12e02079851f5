internal import Glibc

/// A UDP socket of IPv4 that is tied to one address, its own or its peer's.
public struct UDPSocket: ~Copyable, Sendable {
  public let descriptor: FileDescriptor

  /// Takes what comes to an address. The corresponding C function is `bind`.
  public init(at address: String, port: UInt16) throws(SystemError) {
    descriptor = try openIPv4Socket(SOCK_DGRAM, address, port, tiedBy: "bind") { bind($0, $1, $2) }
  }

  /// Sends to one peer: each write is a datagram. The corresponding C function is `connect`.
  public init(to address: String, port: UInt16) throws(SystemError) {
    descriptor = try openIPv4Socket(SOCK_DGRAM, address, port, tiedBy: "connect") { connect($0, $1, $2) }
  }
}
