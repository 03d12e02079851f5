import CaptureFormat
import Events
import PacketLab
import Reconstruction
import Testing

@Suite struct CommunityIDTests {
  /// Of the specification's own baseline.
  static let published: [(transport: UInt8, source: SocketAddress, destination: SocketAddress, text: String)] = [
    (
      6, BuiltPacket.end("128.232.110.120", 34855), BuiltPacket.end("66.35.250.204", 80),
      "1:LQU9qZlK+B5F3KDmev6m5PMibrg="
    ),
    (17, BuiltPacket.end("192.168.1.52", 54585), BuiltPacket.end("8.8.8.8", 53), "1:d/FP5EW3wiY1vCndhwleRRKHowQ="),
    (132, BuiltPacket.end("192.168.170.8", 7), BuiltPacket.end("192.168.170.56", 80), "1:jQgCxbku+pNGw8WPbEc/TS/uTpQ="),
  ]

  @Test(arguments: published.indices) func `it is the published one, from either side`(number: Int) throws {
    let (transport, source, destination, text) = Self.published[number]
    let ends = (try #require(NetworkEndpoint(source)), try #require(NetworkEndpoint(destination)))
    #expect(CommunityID.text(transport: transport, ends.0, ends.1) == text)
    #expect(CommunityID.text(transport: transport, ends.1, ends.0) == text)
  }

  private func text(_ packet: [UInt8]) -> String? {
    packet.withUnsafeBytes { bytes in PacketLayers(bytes).flatMap { CommunityID.text(of: $0, bytes) } }
  }

  @Test func `a packet's is its flow's; of an echo question and answer have the same`() {
    let (here, there) = (BuiltPacket.end("192.168.1.52", 54585), BuiltPacket.end("8.8.8.8", 53))
    #expect(text(BuiltPacket.udp(here, there)) == "1:d/FP5EW3wiY1vCndhwleRRKHowQ=")
    let (one, other) = (BuiltPacket.end("192.168.0.89"), BuiltPacket.end("192.168.0.1"))
    #expect(text(BuiltPacket.echo(one, other)) == "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=")
    #expect(text(BuiltPacket.echo(other, one, isAnswer: true)) == "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=")
    #expect(text(Array(BuiltPacket.udp(here, there).prefix(30))) == nil, "cut off before it says")
  }

  @Test func `an address that IPv6 maps is the one of IPv4`() {
    let file = BlockFile(
      id: .unknown, inode: 1, device: 1, type: .socket, mode: 0,
      localAddress: BuiltPacket.end("::ffff:192.168.1.52", 54585),
      remoteAddress: BuiltPacket.end("::ffff:8.8.8.8", 53), socketType: 2, networkProtocol: 17)
    #expect(file.communityID() == "1:d/FP5EW3wiY1vCndhwleRRKHowQ=")
    var unbound = file
    unbound.localAddress = BuiltPacket.end("0.0.0.0", 54585)
    #expect(unbound.communityID() == nil, "an end that is not known makes none")
  }
}
