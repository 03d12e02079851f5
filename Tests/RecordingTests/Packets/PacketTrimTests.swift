import PacketLab
import Testing

@testable import Recording

/// What is kept of packets where headers are asked for.
@Suite struct PacketTrimTests {
  /// What is kept, with what is likely secret as asterisks, behind the transport's header.
  private static func kept(of content: String, port: UInt16 = 80) -> String {
    var packet = BuiltPacket.tcp(
      BuiltPacket.end("10.0.0.2", 40000), BuiltPacket.end("10.0.0.3", port), flags: BuiltPacket.ack,
      content: Array(content.utf8))
    let header = packet.count - content.utf8.count
    let (length, secrets) = packet.withUnsafeBytes { bytes in
      let trim = PacketTrim(bytes)
      return (trim.length, trim.secrets(in: bytes))
    }
    packet.removeLast(packet.count - length)
    for secret in secrets {
      for place in secret { packet[place] = UInt8(ascii: "*") }
    }
    return String(decoding: packet.dropFirst(header), as: UTF8.self)
  }

  @Test(arguments: [
    (
      "GET /login?user=ann&password=hunter2 HTTP/1.1\r\nHost: x\r\n",
      "GET /login?user=ann&password=******* HTTP/1.1\r\n"
    ),
    ("POST /v1?token=abc&x=1 HTTP/1.1\r\n\r\nbody", "POST /v1?token=***&x=1 HTTP/1.1\r\n"),
    ("GET /index.html HTTP/1.1\r\nCookie: a\r\n", "GET /index.html HTTP/1.1\r\n"),
    ("password=hunter2 of no request", ""),
  ])
  func `of a request its line is kept, without likely secrets`(content: String, kept: String) {
    #expect(Self.kept(of: content) == kept)
  }

  @Test func `a packet cut at any byte is looked at without harm`() {
    let packet = BuiltPacket.tcp(
      BuiltPacket.end("10.0.0.2", 40000), BuiltPacket.end("10.0.0.3", 80), flags: BuiltPacket.ack,
      content: Array("GET /?token=abcdef HTTP/1.1\r\n".utf8))
    for count in 0...packet.count {
      packet.withUnsafeBytes { bytes in
        let part = UnsafeRawBufferPointer(rebasing: bytes[..<count])
        let trim = PacketTrim(part)
        #expect(trim.length <= count)
        #expect(trim.secrets(in: part).allSatisfy { $0.upperBound <= count })
      }
    }
  }
}
