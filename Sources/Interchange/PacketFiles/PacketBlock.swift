internal import CaptureFormat

/// The body of a block of pcapng: an interface, or a packet.
struct PacketBlock {
  static let section: UInt32 = 0x0A0D_0D0A
  static let interface: UInt32 = 1
  /// Obsolete, and still met.
  static let packet: UInt32 = 2
  static let simplePacket: UInt32 = 3
  static let enhancedPacket: UInt32 = 6

  static func isKnown(_ type: UInt32) -> Bool {
    [section, interface, packet, simplePacket, enhancedPacket].contains(type)
  }

  struct Interface {
    var link: UInt16
    var name = ""
    /// Units of a packet's time in a second.
    var unitsPerSecond: UInt64 = 1_000_000
    /// Seconds to be added.
    var offset: Int64 = 0
    /// Bytes kept of a packet at most; 0 is all.
    var snapLength: UInt32
  }

  struct Packet {
    var interface: Int
    /// Nanoseconds since 1970; nil where the block has none.
    var time: Int64?
    var length: UInt32
    var bytes: UnsafeRawBufferPointer
    var direction: PacketDirection?
    var comment: [UInt8] = []
  }

  private let body: UnsafeRawBufferPointer
  private let isBigEndian: Bool

  init(_ body: UnsafeRawBufferPointer, isBigEndian: Bool) {
    self.body = body
    self.isBigEndian = isBigEndian
  }

  /// `u16 link │ u16 │ u32 snap length │ options: 2 name, 9 resolution, 14 offset`
  var interface: Interface? {
    guard body.count >= 8 else { return nil }
    var interface = Interface(link: integer(0, UInt16.self), snapLength: integer(4, UInt32.self))
    forEachOption(from: 8) { option, value in
      switch option {
      case 2: interface.name = String(decoding: value.prefix(64), as: UTF8.self)
      case 9 where value.count >= 1:
        // 10⁻ⁿ, or 2⁻ⁿ with the highest bit.
        let exponent = value[value.startIndex] & 0x7F
        let isBinary = value[value.startIndex] & 0x80 != 0
        guard exponent <= (isBinary ? 63 : 18) else { return }
        interface.unitsPerSecond = (0..<exponent).reduce(1) { units, _ in units * (isBinary ? 2 : 10) }
      case 14 where value.count >= 8:
        let raw = value.loadUnaligned(as: Int64.self)
        interface.offset = isBigEndian ? raw.byteSwapped : raw
      default: break
      }
    }
    return interface
  }

  /// Nil where it is not whole.
  func packet(_ type: UInt32, _ interfaces: [Interface]) -> Packet? {
    switch type {
    case Self.enhancedPacket:
      // `u32 interface │ u32 time, upper half │ u32 lower half │ u32 captured │ u32 length │ bytes │ options`
      guard body.count >= 20 else { return nil }
      return timed(interface: Int(integer(0, UInt32.self)), interfaces, optionsOf: type)
    case Self.packet:
      guard body.count >= 20 else { return nil }
      return timed(interface: Int(integer(0, UInt16.self)), interfaces, optionsOf: type)
    case Self.simplePacket:
      // `u32 length │ bytes`, of the first interface.
      guard body.count >= 4, let interface = interfaces.first else { return nil }
      let length = integer(0, UInt32.self)
      let snap = interface.snapLength == 0 ? UInt32.max : interface.snapLength
      let captured = min(Int(min(length, snap)), body.count - 4)
      return Packet(
        interface: 0, time: nil, length: length, bytes: UnsafeRawBufferPointer(rebasing: body[4..<(4 + captured)]))
    default: return nil
    }
  }

  private func timed(interface: Int, _ interfaces: [Interface], optionsOf type: UInt32) -> Packet? {
    guard interfaces.indices.contains(interface) else { return nil }
    let captured = Int(integer(12, UInt32.self))
    guard captured <= body.count - 20 else { return nil }
    let units = UInt64(integer(4, UInt32.self)) << 32 | UInt64(integer(8, UInt32.self))
    let described = interfaces[interface]
    var packet = Packet(
      interface: interface, time: Self.nanoseconds(units, described), length: integer(16, UInt32.self),
      bytes: UnsafeRawBufferPointer(rebasing: body[20..<(20 + captured)]))
    forEachOption(from: 20 + captured + (4 - captured % 4) % 4) { option, value in
      switch option {
      case 1: packet.comment = value.filter { $0 >= 32 && $0 != 127 }
      case 2 where value.count >= 4 && type == Self.enhancedPacket:
        let raw = value.loadUnaligned(as: UInt32.self)
        packet.direction = PacketDirection(rawValue: UInt8((isBigEndian ? raw.byteSwapped : raw) & 3))
      default: break
      }
    }
    return packet
  }

  private static func nanoseconds(_ units: UInt64, _ interface: Interface) -> Int64 {
    let (seconds, rest) = units.quotientAndRemainder(dividingBy: interface.unitsPerSecond)
    let scaled = rest.multipliedFullWidth(by: 1_000_000_000)
    let fraction = interface.unitsPerSecond.dividingFullWidth((scaled.high, scaled.low)).quotient
    let (shifted, isOver) = Int64(clamping: seconds).addingReportingOverflow(interface.offset)
    guard !isOver, shifted >= 0, shifted < Int64.max / 1_000_000_000 else { return 0 }
    return shifted * 1_000_000_000 + Int64(fraction)
  }

  private func forEachOption(from start: Int, _ take: (UInt16, UnsafeRawBufferPointer) -> Void) {
    var place = start
    while place + 4 <= body.count {
      let option = integer(place, UInt16.self)
      let length = Int(integer(place + 2, UInt16.self))
      guard option != 0, place + 4 + length <= body.count else { return }
      take(option, UnsafeRawBufferPointer(rebasing: body[(place + 4)..<(place + 4 + length)]))
      place += 4 + length + (4 - length % 4) % 4
    }
  }

  private func integer<Value: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _ type: Value.Type) -> Value {
    let value = body.loadUnaligned(fromByteOffset: offset, as: type)
    return isBigEndian ? value.byteSwapped : value
  }
}

/// pcap: a header, then packet after packet.
enum PlainPacketFile {
  static let headerLength = 24
  /// What libpcap takes at most.
  static let lengthLimit = 262_144

  /// `u32 magic │ u16 2 │ u16 4 │ 8 │ u32 snap length │ u32 link type`
  struct Header {
    var isSwapped: Bool
    var hasNanoseconds: Bool
    var link: UInt16

    init?(_ bytes: UnsafeRawBufferPointer) {
      guard bytes.count >= headerLength else { return nil }
      switch bytes.loadUnaligned(as: UInt32.self) {
      case 0xA1B2_C3D4: (isSwapped, hasNanoseconds) = (false, false)
      case 0xD4C3_B2A1: (isSwapped, hasNanoseconds) = (true, false)
      case 0xA1B2_3C4D: (isSwapped, hasNanoseconds) = (false, true)
      case 0x4D3C_B2A1: (isSwapped, hasNanoseconds) = (true, true)
      default: return nil
      }
      let raw = bytes.loadUnaligned(fromByteOffset: 20, as: UInt32.self)
      link = UInt16(truncatingIfNeeded: isSwapped ? raw.byteSwapped : raw)
    }
  }

  /// `u32 seconds │ u32 micro- or nanoseconds │ u32 captured │ u32 length`
  struct Record {
    var time: Int64
    var capturedLength: Int
    var length: UInt32

    init(_ bytes: UnsafeRawBufferPointer, _ header: Header) {
      func integer(_ offset: Int) -> UInt32 {
        let value = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        return header.isSwapped ? value.byteSwapped : value
      }
      time = Int64(integer(0)) * 1_000_000_000 + Int64(integer(4)) * (header.hasNanoseconds ? 1 : 1000)
      capturedLength = Int(integer(8))
      length = integer(12)
    }
  }
}
