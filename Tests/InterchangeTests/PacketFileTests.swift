import CaptureFormat
import Interchange
import Reconstruction
import Testing

@Suite struct PacketFileTests {
  /// A UDP datagram from 10.0.0.1:5353 to 10.0.0.2:53 over Ethernet.
  private static let ethernet: [UInt8] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 8, 0,
    0x45, 0, 0, 32, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
    0x14, 0xE9, 0, 53, 0, 12, 0, 0, 1, 2, 3, 4,
  ]

  private func bytes(_ value: some FixedWidthInteger, _ isBig: Bool = false) -> [UInt8] {
    withUnsafeBytes(of: isBig ? value.bigEndian : value.littleEndian) { Array($0) }
  }

  private func plain(magic: UInt32, isBig: Bool, link: UInt32, _ packets: [[UInt8]]) -> [UInt8] {
    var file = bytes(magic, isBig)
    file += bytes(UInt16(2), isBig)
    file += bytes(UInt16(4), isBig)
    file += bytes(UInt64(0), isBig)
    file += bytes(UInt32(65535), isBig)
    file += bytes(link, isBig)
    for (number, packet) in packets.enumerated() {
      file += bytes(UInt32(1_700_000_000), isBig)
      file += bytes(UInt32(number + 1), isBig)
      for _ in 0..<2 { file += bytes(UInt32(packet.count), isBig) }
      file += packet
    }
    return file
  }

  private func block(_ type: UInt32, _ body: [UInt8], _ isBig: Bool) -> [UInt8] {
    let padded = body + [UInt8](repeating: 0, count: (4 - body.count % 4) % 4)
    let total = bytes(UInt32(padded.count + 12), isBig)
    return bytes(type, isBig) + total + padded + total
  }

  private func blocks(isBig: Bool, link: UInt16 = 1, _ packets: [[UInt8]]) -> [UInt8] {
    var header = bytes(UInt32(0x1A2B_3C4D), isBig)
    header += bytes(UInt32(1), isBig)
    header += bytes(Int64(-1), isBig)
    var file = block(0x0A0D_0D0A, header, isBig)
    var interface = bytes(link, isBig)
    interface += [0, 0]
    interface += bytes(UInt32(0), isBig)
    // if_name, if_tsresol 10⁻⁹
    interface += bytes(UInt16(2), isBig)
    interface += bytes(UInt16(4), isBig)
    interface += Array("eth7".utf8)
    interface += bytes(UInt16(9), isBig)
    interface += bytes(UInt16(1), isBig)
    interface += [9, 0, 0, 0]
    file += block(1, interface, isBig)
    for (number, packet) in packets.enumerated() {
      let time = 1_700_000_000_000_000_001 + UInt64(number)
      var body = bytes(UInt32(0), isBig)
      body += bytes(UInt32(time >> 32), isBig)
      body += bytes(UInt32(truncatingIfNeeded: time), isBig)
      body += bytes(UInt32(packet.count), isBig)
      body += bytes(UInt32(packet.count + 9), isBig)
      body += packet
      body += [UInt8](repeating: 0, count: (4 - packet.count % 4) % 4)
      // epb_flags: outbound
      body += bytes(UInt16(2), isBig)
      body += bytes(UInt16(4), isBig)
      body += bytes(UInt32(2), isBig)
      file += block(6, body, isBig)
    }
    return file
  }

  private func packets(_ file: [UInt8]) throws -> (packets: [CapturedPacket], summary: ConversionSummary) {
    #expect(try Foreign.recognized(file) == .packets)
    let (capture, summary) = try Foreign.convert(file, as: .packets)
    let boot = try Capture(bytes: capture, path: "packets").boots[0]
    var merge = PacketMerge(boot.sections) { _ in true }
    var packets: [CapturedPacket] = []
    while let packet = try merge.next() { packets.append(packet) }
    return (packets, summary)
  }

  @Test(arguments: [(UInt32(0xA1B2_C3D4), Int64(1000)), (0xA1B2_3C4D, 1)], [false, true])
  func `pcap is read in both orders of bytes and with both kinds of time`(kind: (UInt32, Int64), isBig: Bool) throws {
    let (found, summary) = try packets(plain(magic: kind.0, isBig: isBig, link: 1, [Self.ethernet, Self.ethernet]))
    #expect(summary.problems == [])
    #expect(found.map(\.wallTime) == [1, 2].map { 1_700_000_000_000_000_000 + $0 * kind.1 })
    let layers = try #require(found[0].bytes.withUnsafeBytes { PacketLayers($0) })
    #expect(layers.source == [10, 0, 0, 1] && layers.destination == [10, 0, 0, 2])
    #expect(layers.sourcePort == 5353 && layers.destinationPort == 53)
  }

  @Test(arguments: [false, true]) func `pcapng has interfaces, directions and lengths`(isBig: Bool) throws {
    let (found, summary) = try packets(blocks(isBig: isBig, [Self.ethernet]))
    #expect(summary.problems == [])
    let packet = try #require(found.first)
    #expect(found.count == 1)
    #expect(packet.interface?.name == "eth7")
    #expect(packet.direction == .outbound)
    #expect(packet.wallTime == 1_700_000_000_000_000_001)
    // Six bytes more of header than Ethernet has.
    #expect(packet.length == UInt32(Self.ethernet.count + 9 + 6))
  }

  private static let network = Array(ethernet[14...])
  private static let links: [(UInt16, [UInt8])] = {
    let cooked: [UInt8] = [0, 4, 0, 1, 0, 6, 6, 7, 8, 9, 10, 11, 0, 0, 8, 0]
    let tagged: [UInt8] = Array(ethernet[..<12]) + [0x81, 0, 0, 5, 8, 0]
    let family: [UInt8] = [2, 0, 0, 0]
    return [(101, network), (0, family + network), (113, cooked + network), (1, tagged + network)]
  }()

  @Test(arguments: links) func `link layers are told apart`(link: UInt16, packet: [UInt8]) throws {
    let (found, _) = try packets(blocks(isBig: false, link: link, [packet]))
    let layers = try #require(found.first?.bytes.withUnsafeBytes { PacketLayers($0) })
    #expect(layers.networkProtocol == PacketLayers.ipv4)
    #expect(layers.destinationPort == 53)
  }

  @Test func `packets of an unknown link layer are counted and told`() throws {
    let (found, summary) = try packets(blocks(isBig: false, link: 105, [Self.ethernet, Self.ethernet]))
    #expect(found.isEmpty)
    #expect(summary.leftOut == 2)
    #expect(summary.problems == ["2 packets of link type 105 are not read: this version does not know it"])
  }

  @Test func `a damaged block is passed over`() throws {
    var file = blocks(isBig: false, [Self.ethernet, Self.ethernet, Self.ethernet])
    let place = try #require(file.indices.dropLast(3).first { Array(file[$0..<($0 + 4)]) == [6, 0, 0, 0] })
    file[place + 4] ^= 0x44
    let (found, summary) = try packets(file)
    #expect(found.count == 2)
    #expect(summary.problemCount == 1)
  }

  @Test func `a file cut at any byte, or with any byte changed, crashes nothing`() throws {
    for file in [
      blocks(isBig: false, [Self.ethernet]), blocks(isBig: true, [Self.ethernet]),
      plain(magic: 0xA1B2_C3D4, isBig: false, link: 1, [Self.ethernet]),
    ] {
      for place in file.indices {
        _ = try Foreign.convert(Array(file[..<place]), as: .packets, catalogue: Catalogue())
        var other = file
        other[place] ^= [1, 0x80, 0xFF][place % 3]
        _ = try Foreign.convert(other, as: .packets, catalogue: Catalogue())
      }
    }
  }
}
