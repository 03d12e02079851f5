internal import Bytes
internal import Events

/// A file of packets alone, for programs that know nothing of captures.
public struct PacketFile {
  public enum Format: Sendable {
    /// The classic one, with nanoseconds: packets with their times, and nothing of whose they are.
    case pcap
    /// With interfaces, directions and comments.
    case pcapng
  }

  private let format: Format
  /// Places in the file by the recorder's number, and which recording that is of.
  private var interfaces: [InterfaceKey: UInt32] = [:]

  private struct InterfaceKey: Hashable {
    var recording: Int
    var number: UInt32
  }

  public init(_ format: Format) { self.format = format }

  /// What such a file begins with.
  ///
  /// ```
  ///  0  u32  A1B23C4D: little-endian, times in nanoseconds
  ///  4  u16  2, u16 4: version
  ///  8  u32  0, u32 0
  /// 16  u32  262,144, the most that is kept of a packet
  /// 20  u32  276, LINKTYPE_LINUX_SLL2
  /// ```
  /// Source: draft-ietf-opsawg-pcap.
  public var header: [UInt8] {
    switch format {
    case .pcap:
      var bytes: [UInt8] = []
      bytes.append(littleEndian: UInt32(0xA1B2_3C4D))
      bytes.append(littleEndian: UInt16(2))
      bytes.append(littleEndian: UInt16(4))
      bytes.append(littleEndian: UInt64(0))
      bytes.append(littleEndian: PacketFrame.snapLength)
      bytes.append(littleEndian: UInt32(PacketFrame.linkType))
      return bytes
    // Readers want an interface, though there be no packet.
    case .pcapng: return CaptureWriter.sectionHeader + PacketFrame.interface()
    }
  }

  /// The packet as it stands in the file, behind its interface's description where it is the first of it.
  ///
  /// ```
  ///  0  u32  seconds since 1970
  ///  4  u32  and nanoseconds
  ///  8  u32  kept length, u32 length on the wire
  /// 16       the packet
  /// ```
  /// - Parameter recording: Interfaces of several are told apart.
  public mutating func packet(_ packet: CapturedPacket, recording: Int = 0) -> [UInt8] {
    var bytes: [UInt8] = []
    switch format {
    case .pcap:
      let time = UInt64(max(packet.wallTime, 0))
      bytes.append(littleEndian: UInt32(truncatingIfNeeded: time / 1_000_000_000))
      bytes.append(littleEndian: UInt32(time % 1_000_000_000))
      bytes.append(littleEndian: UInt32(packet.bytes.count))
      bytes.append(littleEndian: max(packet.length, UInt32(packet.bytes.count)))
      bytes += packet.bytes
    case .pcapng:
      let interface = place(of: packet.interface, recording, &bytes)
      let head = PacketHead(
        time: packet.time, wallTime: packet.wallTime, interface: 0, direction: packet.direction, length: packet.length,
        capturedLength: UInt32(packet.bytes.count))
      packet.bytes.withUnsafeBytes {
        PacketFrame.append(head, $0, interface: interface, comment: packet.comment, to: &bytes)
      }
    }
    return bytes
  }

  private mutating func place(of interface: PacketInterface?, _ recording: Int, _ bytes: inout [UInt8]) -> UInt32 {
    guard let interface else { return 0 }
    let key = InterfaceKey(recording: recording, number: interface.number)
    if let known = interfaces[key] { return known }
    let place = UInt32(interfaces.count + 1)
    interfaces[key] = place
    bytes += PacketFrame.interface(of: interface)
    return place
  }
}
