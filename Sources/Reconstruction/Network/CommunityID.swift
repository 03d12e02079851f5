internal import Bytes
public import CaptureFormat
internal import Digests

/// The Community ID of a flow, version 1 with seed 0: the same text in every tool that sees the flow, from either side.
///
/// `1:` and the base64 of SHA-1 over: u16 seed, the lesser end's address, the other's, u8 protocol, u8 0, and, where the
/// protocol has ports, u16 port of each; numbers big-endian. The lesser end is the one whose address, then port, is less.
/// Of ICMP the type and the type that answers it stand for ports; messages that nothing answers have type and code, and
/// are not turned round. Source: https://github.com/corelight/community-id-spec.
public enum CommunityID {
  /// Of a flow of TCP, UDP or SCTP; of another protocol by its addresses alone.
  public static func text(transport: UInt8, _ one: NetworkEndpoint, _ other: NetworkEndpoint) -> String {
    text(transport, min(one, other), max(one, other), hasPorts: withPorts.contains(transport))
  }

  /// Nil where the packet is no IP, or a fragment that does not say which flow it is of.
  ///
  /// - Parameter bytes: What `layers` was read from.
  public static func text(of layers: PacketLayers, _ bytes: UnsafeRawBufferPointer) -> String? {
    guard !layers.source.isEmpty else { return nil }
    var source = NetworkEndpoint(layers.source, layers.sourcePort ?? 0)
    var destination = NetworkEndpoint(layers.destination, layers.destinationPort ?? 0)
    let number = layers.transportProtocol
    guard number == PacketLayers.icmp || number == PacketLayers.icmp6 else {
      guard layers.sourcePort != nil || !withPorts.contains(number) else { return nil }
      return text(transport: number, source, destination)
    }
    guard let transport = layers.transport else { return nil }
    let type = bytes[transport.lowerBound]
    let answers = number == PacketLayers.icmp ? answersOfICMP : answersOfICMP6
    source.port = UInt16(type)
    if let answer = answers[type] {
      destination.port = UInt16(answer)
      return text(number, min(source, destination), max(source, destination), hasPorts: true)
    }
    destination.port = UInt16(bytes[transport.lowerBound + 1])
    return text(number, source, destination, hasPorts: true)
  }

  private static func text(
    _ transport: UInt8, _ first: NetworkEndpoint, _ second: NetworkEndpoint, hasPorts: Bool
  ) -> String {
    var bytes: [UInt8] = [0, 0] + first.addressBytes + second.addressBytes + [transport, 0]
    if hasPorts {
      for port in [first.port, second.port] { bytes += [UInt8(port >> 8), UInt8(truncatingIfNeeded: port)] }
    }
    return "1:" + String(decoding: encodeBase64(SHA1.digest(bytes)), as: UTF8.self)
  }

  private static let withPorts: Set<UInt8> = [PacketLayers.tcp, PacketLayers.udp, 132]
  /// Echo, time, information, router, address mask.
  private static let answersOfICMP: [UInt8: UInt8] = [
    8: 0, 0: 8, 13: 14, 14: 13, 15: 16, 16: 15, 10: 9, 9: 10, 17: 18, 18: 17,
  ]
  /// Echo, multicast listener, router, neighbour, node information, home agent.
  private static let answersOfICMP6: [UInt8: UInt8] = [
    128: 129, 129: 128, 130: 131, 131: 130, 133: 134, 134: 133, 135: 136, 136: 135, 139: 140, 140: 139, 144: 145,
    145: 144,
  ]
}

extension BlockFile {
  /// Of a socket both of whose ends are known; nil for any other.
  ///
  /// - Parameter remote: Whom it exchanged this with, where it is not tied to one.
  public func communityID(remote: SocketAddress? = nil) -> String? {
    guard let transport = transportProtocol, let local = localAddress.flatMap(NetworkEndpoint.init),
      let remote = (remote ?? remoteAddress).flatMap(NetworkEndpoint.init), local.port != 0, remote.port != 0,
      !local.isAny, local.isIPv4 == remote.isIPv4
    else { return nil }
    return CommunityID.text(transport: transport, local, remote)
  }
}
