import CaptureFormat
import Events
import PacketLab
import Testing

@Suite struct PacketLayersTests {
  static let old = (BuiltPacket.end("10.0.0.2", 4000), BuiltPacket.end("10.0.0.3", 80))
  static let new = (BuiltPacket.end("2001:db8::2", 4000), BuiltPacket.end("2001:db8::3", 80))
  /// Hop-by-hop of 8 bytes, destination options of 16, a first fragment that is the only one.
  static let extensions: [(kind: UInt8, body: [UInt8])] = [
    (0, [0] + [UInt8](repeating: 1, count: 6)), (60, [1] + [UInt8](repeating: 1, count: 14)),
    (44, [0, 0, 0, 0, 0, 0, 9]),
  ]

  private func layers(_ packet: [UInt8]) -> PacketLayers? { packet.withUnsafeBytes { PacketLayers($0) } }

  @Test func `ends, ports and the length of what is in it, of IPv4 and IPv6`() throws {
    for (from, to) in [Self.old, Self.new] {
      for packet in [
        BuiltPacket.tcp(from, to, flags: 2, content: [1, 2, 3]), BuiltPacket.udp(from, to, content: [1, 2, 3]),
      ] {
        let layers = try #require(self.layers(packet))
        #expect(NetworkEndpoint(layers.source, layers.sourcePort ?? 0).address == from)
        #expect(NetworkEndpoint(layers.destination, layers.destinationPort ?? 0).address == to)
        #expect(layers.payloadLength == 3 && layers.transport?.upperBound == packet.count - 3)
      }
    }
  }

  @Test func `extension headers of IPv6 are gone past`() throws {
    let packet = BuiltPacket.tcp(Self.new.0, Self.new.1, flags: 2, content: [1, 2, 3], extensions: Self.extensions)
    let layers = try #require(self.layers(packet))
    #expect(layers.transportProtocol == 6 && layers.sourcePort == 4000 && layers.destinationPort == 80)
    #expect(layers.payloadLength == 3 && layers.isFragment)
    let later = BuiltPacket.udp(Self.new.0, Self.new.1, content: [1, 2, 3], extensions: [(44, [0, 0, 8, 0, 0, 0, 9])])
    let fragment = try #require(self.layers(later))
    #expect(
      fragment.isFragment && fragment.transport == nil && fragment.sourcePort == nil && fragment.transportProtocol == 17
    )
  }

  @Test func `an error says which flow it is about`() throws {
    for (from, to) in [Self.old, Self.new] {
      let packet = BuiltPacket.unreachable(to, from, about: BuiltPacket.udp(from, to, content: [1, 2, 3]))
      let quoted = try #require(packet.withUnsafeBytes { bytes in PacketLayers(bytes)?.quotedFlow(bytes) })
      #expect(quoted.source.address == from && quoted.destination.address == to && quoted.transportProtocol == 17)
      #expect(quoted.isPortUnreachable && quoted.isUnreachable)
    }
  }

  static let samples: [[UInt8]] = [
    BuiltPacket.tcp(old.0, old.1, flags: 2, content: Array("GET / HTTP/1.1\r\n".utf8)),
    BuiltPacket.udp(
      new.0, new.1, content: BuiltPacket.dns("a.test", id: 1, answer: [1, 2, 3, 4]), extensions: extensions),
    BuiltPacket.unreachable(new.1, new.0, about: BuiltPacket.tcp(new.0, new.1, flags: 2)),
    BuiltPacket.tcp(old.0, old.1, flags: 24, content: BuiltPacket.tlsHello("shop.test")),
  ]

  @Test(arguments: samples.indices) func `a packet that is cut or damaged anywhere is read without harm`(number: Int) {
    let packet = Self.samples[number]
    var read = 0
    func look(_ bytes: [UInt8]) {
      bytes.withUnsafeBytes { bytes in
        guard let layers = PacketLayers(bytes) else { return }
        read += 1
        #expect(layers.network.upperBound <= bytes.count && (layers.transport?.upperBound ?? 0) <= bytes.count)
        _ = layers.quotedFlow(bytes)
      }
    }
    for count in 0...packet.count { look(Array(packet.prefix(count))) }
    for place in packet.indices {
      for bit in 0..<8 {
        var damaged = packet
        damaged[place] ^= 1 << UInt8(bit)
        look(damaged)
      }
    }
    #expect(read > packet.count * 8)
  }
}
