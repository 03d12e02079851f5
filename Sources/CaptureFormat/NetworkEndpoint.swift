/// One end of a flow, an IP address and a port, as flows are compared by.
///
/// IPv4 addresses are those that IPv6 maps them to (::ffff:0:0/96): a socket of either may hold them.
public struct NetworkEndpoint: Hashable, Comparable, Sendable {
  public var upper: UInt64
  public var lower: UInt64
  /// Zero where the protocol has none.
  public var port: UInt16

  /// Nil for what is no IP address.
  public init?(_ address: SocketAddress) {
    switch address {
    case .ipv4(let bytes, let port) where bytes.count == 4: self.init(bytes, port)
    case .ipv6(let bytes, let port) where bytes.count == 16: self.init(bytes, port)
    default: return nil
    }
  }

  /// - Parameter bytes: Four or sixteen, in network order.
  public init(_ bytes: some Collection<UInt8>, _ port: UInt16) {
    self.port = port
    if bytes.count == 4 {
      upper = 0
      lower = bytes.reduce(0xFFFF) { $0 << 8 | UInt64($1) }
    } else {
      upper = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
      lower = bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
  }

  public var isIPv4: Bool { upper == 0 && lower >> 32 == 0xFFFF }
  /// 0.0.0.0 or ::, which stands for every address.
  public var isAny: Bool { upper == 0 && (lower == 0 || lower == 0xFFFF_0000_0000) }
  /// Of the machine itself: 127.0.0.0/8, ::1.
  public var isLoopback: Bool { upper == 0 && (lower == 1 || lower >> 24 == 0xFFFF_7F) }
  public var withoutAddress: NetworkEndpoint { NetworkEndpoint([UInt8](repeating: 0, count: 16), port) }
  public var withoutPort: NetworkEndpoint {
    var end = self
    end.port = 0
    return end
  }

  /// Four or sixteen bytes, in network order.
  public var addressBytes: [UInt8] {
    let all = (0..<16).map { UInt8(truncatingIfNeeded: ($0 < 8 ? upper : lower) >> UInt64(56 - 8 * ($0 & 7))) }
    return isIPv4 ? Array(all[12...]) : all
  }

  public var address: SocketAddress {
    isIPv4 ? .ipv4(address: addressBytes, port: port) : .ipv6(address: addressBytes, port: port)
  }

  public static func < (left: NetworkEndpoint, right: NetworkEndpoint) -> Bool {
    (left.upper, left.lower, left.port) < (right.upper, right.lower, right.port)
  }
}

extension BlockFile {
  /// Number of the IP protocol that the socket speaks: 6 TCP, 17 UDP; nil for what is no such socket.
  public var transportProtocol: UInt8? {
    guard type == .socket else { return nil }
    if let networkProtocol, networkProtocol != 0 { return UInt8(exactly: networkProtocol) }
    guard (localAddress ?? remoteAddress)?.ip != nil else { return nil }
    return switch socketType.map({ $0 & 0xf }) {
    case 1: PacketLayers.tcp
    case 2: PacketLayers.udp
    default: nil
    }
  }
}
