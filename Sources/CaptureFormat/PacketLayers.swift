/// Where the headers of a packet stand, as far as it was captured.
///
/// Begins with the header of LINKTYPE_LINUX_SLL2 (all big-endian):
/// ```
///  0  u16  protocol, as in Ethernet
///  2  u16  0
///  4  u32  interface
///  8  u16  kind of device
/// 10  u8   0 to us, 1 broadcast, 2 multicast, 3 to others, 4 from us
/// 11  u8   length of the address
/// 12  8    address
/// ```
public struct PacketLayers: Sendable {
  public static let ipv4: UInt16 = 0x0800
  public static let ipv6: UInt16 = 0x86DD
  public static let arp: UInt16 = 0x0806
  public static let tcp: UInt8 = 6
  public static let udp: UInt8 = 17
  public static let icmp: UInt8 = 1
  public static let icmp6: UInt8 = 58
  public static let linkLength = 20

  /// As in Ethernet.
  public private(set) var networkProtocol: UInt16
  /// The header of IP with its options, or what stands in its place.
  public private(set) var network: Range<Int>
  public private(set) var transportProtocol: UInt8 = 0
  /// Nil where the packet is no IP, a later fragment, or was cut off before it.
  public private(set) var transport: Range<Int>?
  public private(set) var source: [UInt8] = []
  public private(set) var destination: [UInt8] = []
  public private(set) var sourcePort: UInt16?
  public private(set) var destinationPort: UInt16?
  public private(set) var isFragment = false
  /// Bytes behind the transport header on the wire, by the lengths that the headers tell.
  public private(set) var payloadLength = 0

  /// Nil where not even the link layer's header is there.
  public init?(_ packet: UnsafeRawBufferPointer) {
    guard packet.count >= Self.linkLength else { return nil }
    networkProtocol = Self.integer(packet, 0)
    network = Self.linkLength..<Self.linkLength
    switch networkProtocol {
    case Self.ipv4: readIPv4(packet)
    case Self.ipv6: readIPv6(packet)
    default: return
    }
    if transport != nil { readTransport(packet) }
  }

  public func hasPort(_ port: UInt16) -> Bool { sourcePort == port || destinationPort == port }

  private mutating func readIPv4(_ packet: UnsafeRawBufferPointer) {
    let start = Self.linkLength
    guard packet.count >= start + 20, packet[start] >> 4 == 4 else { return }
    let length = Int(packet[start] & 15) * 4
    guard length >= 20, packet.count >= start + length else { return }
    network = start..<(start + length)
    source = Array(packet[(start + 12)..<(start + 16)])
    destination = Array(packet[(start + 16)..<(start + 20)])
    transportProtocol = packet[start + 9]
    let fragment = Self.integer(packet, start + 6)
    isFragment = fragment & 0x3FFF != 0
    payloadLength = max(Int(Self.integer(packet, start + 2)) - length, 0)
    if fragment & 0x1FFF == 0 { transport = network.upperBound..<network.upperBound }
  }

  private mutating func readIPv6(_ packet: UnsafeRawBufferPointer) {
    let start = Self.linkLength
    guard packet.count >= start + 40, packet[start] >> 4 == 6 else { return }
    source = Array(packet[(start + 8)..<(start + 24)])
    destination = Array(packet[(start + 24)..<(start + 40)])
    var next = packet[start + 6]
    var end = start + 40
    let total = Int(Self.integer(packet, start + 4))
    // Hop-by-hop, routing, fragment, destination options, and no more of them than make sense.
    for _ in 0..<8 where [0, 43, 44, 60].contains(next) {
      guard packet.count >= end + 8 else {
        network = start..<min(end, packet.count)
        transportProtocol = next
        return
      }
      let isFragmentHeader = next == 44
      if isFragmentHeader {
        isFragment = true
        if Self.integer(packet, end + 2) & 0xFFF8 != 0 {
          network = start..<(end + 8)
          transportProtocol = packet[end]
          return
        }
      }
      next = packet[end]
      end += isFragmentHeader ? 8 : (Int(packet[end + 1]) + 1) * 8
    }
    guard end <= packet.count else {
      network = start..<packet.count
      transportProtocol = next
      return
    }
    network = start..<end
    transportProtocol = next
    payloadLength = max(total - (end - start - 40), 0)
    transport = end..<end
  }

  private mutating func readTransport(_ packet: UnsafeRawBufferPointer) {
    let start = network.upperBound
    let length: Int
    switch transportProtocol {
    case Self.tcp:
      guard packet.count >= start + 20 else {
        transport = nil
        return
      }
      length = Int(packet[start + 12] >> 4) * 4
      guard length >= 20 else {
        transport = nil
        return
      }
    case Self.udp, Self.icmp, Self.icmp6: length = 8
    default:
      transport = start..<start
      return
    }
    guard packet.count >= start + length else {
      transport = nil
      return
    }
    if transportProtocol == Self.tcp || transportProtocol == Self.udp {
      sourcePort = Self.integer(packet, start)
      destinationPort = Self.integer(packet, start + 2)
    }
    payloadLength = max(payloadLength - length, 0)
    transport = start..<(start + length)
  }

  private static func integer(_ packet: UnsafeRawBufferPointer, _ place: Int) -> UInt16 {
    UInt16(packet[place]) << 8 | UInt16(packet[place + 1])
  }
}
