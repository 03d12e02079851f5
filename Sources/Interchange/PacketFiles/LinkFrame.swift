internal import CaptureFormat

/// A packet behind the header of LINKTYPE_LINUX_SLL2, as captures have them, whatever link layer it was taken from.
struct LinkFrame {
  let bytes: [UInt8]
  let direction: PacketDirection

  private static let ethernet: UInt16 = 1
  private static let loopback: UInt16 = 0
  private static let loopbackInNetworkOrder: UInt16 = 108
  private static let raw: Set<UInt16> = [12, 14, 101, 228, 229]
  private static let linux: UInt16 = 113
  private static let linux2: UInt16 = 276

  /// Nil for a link layer that this version does not know.
  ///
  /// What is cut off before its network layer begins is kept without one.
  init?(_ packet: UnsafeRawBufferPointer, link: UInt16) {
    switch link {
    case Self.linux2:
      guard packet.count >= PacketLayers.linkLength else { return nil }
      (bytes, direction) = (Array(packet), Self.direction(packet[10]))
    case Self.linux:
      // `u16 kind of packet │ u16 kind of device │ u16 length of the address │ 8 address │ u16 protocol`
      guard packet.count >= 16 else { return nil }
      let head: [UInt8] =
        Array(packet[14..<16]) + [0, 0, 0, 0, 0, 0, packet[2], packet[3], packet[1], min(packet[5], 8)]
      (bytes, direction) = (head + Array(packet[6..<14]) + Array(packet[16...]), Self.direction(packet[1]))
    case Self.ethernet where packet.count >= 14: (bytes, direction) = (Self.ofEthernet(packet), .unknown)
    case Self.ethernet: (bytes, direction) = (Self.bare(packet, network: 0), .unknown)
    case Self.loopback, Self.loopbackInNetworkOrder:
      // The family, in the order of bytes of who wrote it; that of IPv6 differs from system to system.
      guard packet.count >= 4 else { return nil }
      let inside = UnsafeRawBufferPointer(rebasing: packet[4...])
      (bytes, direction) = (Self.bare(inside, network: Self.network(inside)), .unknown)
    case let link where Self.raw.contains(link):
      (bytes, direction) = (Self.bare(packet, network: Self.network(packet)), .unknown)
    default: return nil
    }
  }

  private static func direction(_ kind: UInt8) -> PacketDirection {
    kind == 4 ? .outbound : kind == 0 ? .inbound : .unknown
  }

  /// `6 destination │ 6 source │ u16 protocol`
  private static func ofEthernet(_ packet: UnsafeRawBufferPointer) -> [UInt8] {
    var place = 12
    var network = UInt16(packet[12]) << 8 | UInt16(packet[13])
    // VLANs: what is inside is of interest.
    for _ in 0..<2 where [0x8100, 0x88A8].contains(network) && packet.count >= place + 6 {
      place += 4
      network = UInt16(packet[place]) << 8 | UInt16(packet[place + 1])
    }
    let kind: UInt8 = packet[..<6].allSatisfy { $0 == 0xFF } ? 1 : packet[0] & 1 != 0 ? 2 : 0
    return head(network, device: 1, kind: kind, address: Array(packet[6..<12])) + Array(packet[(place + 2)...])
  }

  private static func bare(_ packet: UnsafeRawBufferPointer, network: UInt16) -> [UInt8] {
    head(network, device: 0xFFFE, kind: 0, address: []) + Array(packet)
  }

  /// By the version that stands first in IP.
  private static func network(_ packet: UnsafeRawBufferPointer) -> UInt16 {
    switch packet.first.map({ $0 >> 4 }) {
    case 4: PacketLayers.ipv4
    case 6: PacketLayers.ipv6
    default: 0
    }
  }

  private static func head(_ network: UInt16, device: UInt16, kind: UInt8, address: [UInt8]) -> [UInt8] {
    let start: [UInt8] = [
      UInt8(network >> 8), UInt8(truncatingIfNeeded: network), 0, 0, 0, 0, 0, 0, UInt8(device >> 8),
      UInt8(truncatingIfNeeded: device), kind, UInt8(address.count),
    ]
    return start + address + [UInt8](repeating: 0, count: 8 - address.count)
  }
}
