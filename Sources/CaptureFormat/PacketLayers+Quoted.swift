/// The flow that an ICMP error is about: it quotes the begin of the packet that it answers.
public struct QuotedFlow: Sendable {
  public var transportProtocol: UInt8
  /// Of the packet that was answered, not of the error.
  public var source: NetworkEndpoint
  public var destination: NetworkEndpoint
  /// The port was closed; otherwise the way is barred or too long.
  public var isPortUnreachable: Bool
  /// Nothing gets there; otherwise a packet alone was lost or too long.
  public var isUnreachable: Bool
}

extension PacketLayers {
  /// Nil where the packet is no such error, or does not say which flow it is about.
  ///
  /// - Parameter packet: What the layers were read from.
  public func quotedFlow(_ packet: UnsafeRawBufferPointer) -> QuotedFlow? {
    guard let transport, transportProtocol == Self.icmp || transportProtocol == Self.icmp6 else { return nil }
    let isOld = transportProtocol == Self.icmp
    let (type, code) = (packet[transport.lowerBound], packet[transport.lowerBound + 1])
    // Unreachable, too big, time exceeded, bad header.
    guard (isOld ? [3, 11, 12] : [1, 2, 3, 4]).contains(type) else { return nil }
    // Behind a link layer's header, as packets are read elsewhere.
    let link: [UInt8] = isOld ? [0x08, 0x00] : [0x86, 0xDD]
    let quoted = link + [UInt8](repeating: 0, count: Self.linkLength - 2) + packet[transport.upperBound...]
    return quoted.withUnsafeBytes { bytes in
      guard let inner = PacketLayers(bytes), !inner.source.isEmpty, bytes.count >= inner.network.upperBound + 4 else {
        return nil
      }
      // Eight bytes of it are quoted at least: no whole header of TCP.
      func port(_ place: Int) -> UInt16 {
        UInt16(bytes[inner.network.upperBound + place]) << 8 | UInt16(bytes[inner.network.upperBound + place + 1])
      }
      return QuotedFlow(
        transportProtocol: inner.transportProtocol, source: NetworkEndpoint(inner.source, port(0)),
        destination: NetworkEndpoint(inner.destination, port(2)),
        isPortUnreachable: type == (isOld ? 3 : 1) && code == (isOld ? 3 : 4), isUnreachable: type == (isOld ? 3 : 1))
    }
  }
}
