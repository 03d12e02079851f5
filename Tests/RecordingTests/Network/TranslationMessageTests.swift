import CaptureFormat
import Testing

@testable import Recording

@Suite struct TranslationMessageTests {
  private static func big(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xff)] }
  private static func attribute(_ type: UInt16, _ content: [UInt8]) -> [UInt8] {
    let length = UInt16(content.count + 4)
    let head: [UInt8] = [UInt8(length & 0xff), UInt8(length >> 8), UInt8(type & 0xff), UInt8(type >> 8)]
    return head + content + [UInt8](repeating: 0, count: (4 - content.count % 4) % 4)
  }
  private static func direction(_ source: [UInt8], _ from: UInt16, _ destination: [UInt8], _ to: UInt16) -> [UInt8] {
    let first: UInt16 = source.count == 4 ? 1 : 3
    let addresses = attribute(first, source) + attribute(first + 1, destination)
    let ports = attribute(1, [6]) + attribute(2, big(from)) + attribute(3, big(to))
    return attribute(0x8001, addresses) + attribute(0x8002, ports)
  }
  static func message(
    _ original: [UInt8], _ reply: [UInt8], type: UInt8 = 0, family: UInt8 = 2
  ) -> [UInt8] {
    let body =
      [family, 0, 0, 0] + attribute(0x8001, original) + attribute(0x8002, reply) + attribute(3, [0, 0, 1, 0x98])
    let length = UInt32(16 + body.count)
    return (0..<4).map { UInt8(length >> ($0 * 8) & 0xff) } + [type, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] + body
  }
  /// A container behind a NAT that speaks to 192.0.2.9:443.
  static let masqueraded = message(
    direction([10, 1, 0, 2], 40000, [192, 0, 2, 9], 443), direction([192, 0, 2, 9], 443, [198, 51, 100, 1], 61000))
  private static func ipv4(_ last: [UInt8], _ port: UInt16) -> SocketAddress { .ipv4(address: last, port: port) }
  private static func items(_ bytes: [UInt8]) -> [TranslationMessage.Item] {
    TranslationMessage.items(bytes.span.bytes)
  }

  @Test func `both directions of a connection are read`() throws {
    guard case .connection(let message) = try #require(Self.items(Self.masqueraded).first) else {
      Issue.record("no connection")
      return
    }
    #expect(message.original.source == Self.ipv4([10, 1, 0, 2], 40000))
    #expect(message.original.destination == Self.ipv4([192, 0, 2, 9], 443))
    #expect(message.reply.destination == Self.ipv4([198, 51, 100, 1], 61000))
    #expect(message.original.networkProtocol == 6 && message.isTranslated && !message.isGone)
    let six = Self.direction(Array(0..<16), 1, Array(16..<32), 2)
    let back = Self.direction(Array(16..<32), 2, Array(0..<16), 1)
    guard case .connection(let plain) = try #require(Self.items(Self.message(six, back, type: 2, family: 10)).first)
    else {
      Issue.record("no connection")
      return
    }
    #expect(plain.original.source == .ipv6(address: Array(0..<16), port: 1) && !plain.isTranslated && plain.isGone)
  }

  @Test func `several messages in one piece are taken apart, up to the last`() {
    let done: [UInt8] = [20, 0, 0, 0, 3, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    let other: [UInt8] = [20, 0, 0, 0, 9, 9, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    let items = Self.items(Self.masqueraded + other + Self.masqueraded + done)
    #expect(items.count == 4 && items[1] == .other && items[3] == .done && items[0] == items[2])
  }

  @Test func `a message cut at any byte, or with any byte flipped, is read or passed over`() {
    for length in Self.masqueraded.indices { #expect(Self.items(Array(Self.masqueraded[..<length])).isEmpty) }
    for place in Self.masqueraded.indices {
      for bit in 0..<8 {
        var bytes = Self.masqueraded
        bytes[place] ^= 1 << UInt8(bit)
        #expect(Self.items(bytes).count <= 1)
      }
    }
    #expect(Self.items([UInt8](repeating: 0xff, count: 64)).isEmpty)
    #expect(Self.items([16, 0, 0, 0, 0, 1] + [UInt8](repeating: 0, count: 10)) == [.other])
  }
}
