internal import CaptureFormat
internal import Events
internal import Reconstruction

/// Reads the bytes as a packet behind its link layer's header: its headers, what it says of itself, and the flow it is of.
func readPacket(_ bytes: UnsafeRawBufferPointer) {
  if let layers = PacketLayers(bytes) {
    precondition(layers.network.upperBound <= bytes.count && (layers.transport?.upperBound ?? 0) <= bytes.count)
    if let id = CommunityID.text(of: layers, bytes) { precondition(id.utf8.count == 30) }
    _ = layers.quotedFlow(bytes)
  }
  _ = (TLSHello.serverName(Array(bytes)), HTTPLine.request(bytes))
  let packet = CapturedPacket(
    time: BootTime(nanoseconds: 1), container: .host, interface: nil, direction: .outbound,
    length: UInt32(bytes.count), bytes: Array(bytes), process: nil, wallTime: 0)
  precondition(PacketText.summary(of: packet).unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 })
}
