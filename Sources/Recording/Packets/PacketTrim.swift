internal import CaptureFormat
internal import Reconstruction

/// How much of a packet is kept where headers are asked for: up to the end of its transport header; DNS whole; of what a
/// connection begins with the TLS client's hello, and the request line of HTTP.
struct PacketTrim {
  /// At most the packet's.
  let length: Int
  /// Where a request of HTTP is in what is kept.
  private let request: Range<Int>?

  /// - Parameter packet: Begins with the header of LINKTYPE_LINUX_SLL2.
  init(_ packet: UnsafeRawBufferPointer) {
    (length, request) = Self.look(at: packet)
  }

  /// Where likely secrets are in what is kept of HTTP; checksums are not made right again.
  func secrets(in packet: UnsafeRawBufferPointer) -> [Range<Int>] {
    guard let request else { return [] }
    return SecretMask.secrets(in: UnsafeRawBufferPointer(rebasing: packet[request])).map {
      $0.lowerBound + request.lowerBound..<$0.upperBound + request.lowerBound
    }
  }

  private static func look(at packet: UnsafeRawBufferPointer) -> (Int, request: Range<Int>?) {
    guard let layers = PacketLayers(packet) else { return (min(packet.count, PacketLayers.linkLength + 64), nil) }
    guard let transport = layers.transport else { return (min(packet.count, layers.network.upperBound + 64), nil) }
    let start = transport.upperBound
    switch layers.transportProtocol {
    case PacketLayers.udp: return (layers.hasPort(53) || layers.hasPort(5353) ? packet.count : start, nil)
    case PacketLayers.tcp where layers.hasPort(53): return (packet.count, nil)
    case PacketLayers.tcp: return look(atConnection: packet[start...])
    // Errors quote the packet that they are about.
    default: return (min(packet.count, start + 64), nil)
    }
  }

  private static func look(atConnection payload: Slice<UnsafeRawBufferPointer>) -> (Int, request: Range<Int>?) {
    let start = payload.startIndex
    guard payload.count >= 6 else { return (start, nil) }
    // A handshake record whose first message is a client's hello.
    if payload[start] == 0x16, payload[start + 1] == 0x03, payload[start + 5] == 0x01 { return (payload.endIndex, nil) }
    guard HTTPLine.begins(payload) else { return (start, nil) }
    let line = payload.prefix(requestLimit)
    let end = line.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? line.endIndex
    return (end, start..<end)
  }

  private static let requestLimit = 1024
}
