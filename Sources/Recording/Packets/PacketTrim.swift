internal import CaptureFormat

/// How much of a packet is kept where headers are asked for: up to the end of its transport header; DNS whole; of what a
/// connection begins with the TLS client's hello, and the request line of HTTP.
struct PacketTrim {
  /// - Parameter packet: Begins with the header of LINKTYPE_LINUX_SLL2.
  /// - Returns: At most `packet.count`.
  static func keptLength(of packet: UnsafeRawBufferPointer) -> Int {
    guard let layers = PacketLayers(packet) else { return min(packet.count, PacketLayers.linkLength + 64) }
    guard let transport = layers.transport else { return min(packet.count, layers.network.upperBound + 64) }
    let payload = packet[transport.upperBound...]
    switch layers.transportProtocol {
    case PacketLayers.udp:
      return layers.hasPort(53) || layers.hasPort(5353) ? packet.count : transport.upperBound
    case PacketLayers.tcp:
      if layers.hasPort(53) { return packet.count }
      return transport.upperBound + keptStart(ofConnection: payload)
    // Errors quote the packet that they are about.
    default: return min(packet.count, transport.upperBound + 64)
    }
  }

  private static func keptStart(ofConnection payload: Slice<UnsafeRawBufferPointer>) -> Int {
    let start = payload.startIndex
    guard payload.count >= 6 else { return 0 }
    // A handshake record whose first message is a client's hello.
    if payload[start] == 0x16, payload[start + 1] == 0x03, payload[start + 5] == 0x01 { return payload.count }
    guard beginsRequest(payload) else { return 0 }
    let line = payload.prefix(Self.requestLimit).firstIndex(of: UInt8(ascii: "\n")).map { $0 - start + 1 }
    return line ?? min(payload.count, Self.requestLimit)
  }

  private static func beginsRequest(_ payload: Slice<UnsafeRawBufferPointer>) -> Bool {
    methods.contains { payload.starts(with: $0) }
  }

  /// Where likely secrets are in what is kept of a request of HTTP; checksums are not made right again.
  ///
  /// - Parameter kept: What ``keptLength(of:)`` leaves of a packet.
  static func secrets(in kept: UnsafeRawBufferPointer) -> [Range<Int>] {
    guard let layers = PacketLayers(kept), let transport = layers.transport,
      layers.transportProtocol == PacketLayers.tcp, transport.upperBound < kept.count,
      beginsRequest(kept[transport.upperBound...])
    else { return [] }
    let request = UnsafeRawBufferPointer(rebasing: kept[transport.upperBound...])
    return SecretMask.secrets(in: request).map {
      $0.lowerBound + transport.upperBound..<$0.upperBound + transport.upperBound
    }
  }

  private static let requestLimit = 1024
  private static let methods = [
    "GET ", "POST ", "PUT ", "HEAD ", "DELETE ", "OPTIONS ", "PATCH ", "CONNECT ", "TRACE ",
  ].map {
    Array($0.utf8)
  }
}
