import CaptureFormat
import Events
import PacketLab
import Reconstruction
import Testing

/// How much was sent, and how much of it again, told by sequence numbers.
@Suite struct SequenceTests {
  /// When, number, bytes.
  struct Step {
    var time: Double
    var sequence: UInt32
    var count: Int
    init(_ time: Double, _ sequence: UInt32, _ count: Int) {
      self.time = time
      self.sequence = sequence
      self.count = count
    }
  }

  static let cases: [(name: String, steps: [Step], bytes: UInt64, retransmissions: UInt64)] = [
    ("in order", [.init(0, 1, 10), .init(1, 11, 10)], 20, 0),
    ("sent again", [.init(0, 1, 10), .init(1, 1, 10), .init(2, 11, 1)], 11, 1),
    ("sent again with more behind it", [.init(0, 1, 10), .init(1, 1, 30)], 30, 1),
    ("overtaken by another", [.init(0, 1, 10), .init(1, 21, 10), .init(1.001, 11, 10)], 30, 0),
    ("lost before it was seen", [.init(0, 1, 10), .init(1, 21, 10), .init(1.2, 11, 10)], 30, 1),
    ("never seen", [.init(0, 1, 10), .init(1, 21, 10)], 30, 0),
    ("a hole filled in halves", [.init(0, 1, 10), .init(1, 21, 10), .init(1.001, 11, 5), .init(1.002, 16, 5)], 30, 0),
    ("asks whether the other is there", [.init(0, 1, 10), .init(1, 10, 1), .init(2, 10, 0)], 10, 0),
    ("numbers begin anew", [.init(0, 0xFFFF_FFFB, 10), .init(1, 5, 10), .init(2, 0xFFFF_FFFB, 10)], 20, 1),
    ("a number out of all order", [.init(0, 1, 10), .init(1, 0x7000_0000, 10), .init(2, 11, 10)], 20, 0),
  ]

  @Test(arguments: cases.indices) func `bytes count once, and what was sent again is counted`(number: Int) throws {
    let (name, steps, bytes, retransmissions) = Self.cases[number]
    let (here, there) = (ConnectionListTests.here, ConnectionListTests.there)
    let script = PacketScript(container: ConnectionListTests.web)
    for step in steps {
      script.add(
        ConnectionListTests.time(10 + step.time), .outbound,
        BuiltPacket.tcp(
          here, there, flags: BuiltPacket.ack, sequence: step.sequence,
          content: [UInt8](repeating: 1, count: step.count)))
    }
    let list = try ConnectionList(of: ConnectionListTests.boot([script.seal()]))
    let one = try #require(list.connections.first)
    #expect(one.sent.bytes == bytes && one.sent.retransmissions == retransmissions, "\(name)")
    #expect(one.sent.packets == UInt64(steps.count) && one.direction == .unknown && one.opened == nil)
  }

  @Test func `a SYN that is sent again is a retransmission and no other connection`() throws {
    let script = PacketScript(container: ConnectionListTests.web)
    for second in [10.0, 11, 13] {
      script.add(
        ConnectionListTests.time(second), .outbound,
        BuiltPacket.tcp(ConnectionListTests.here, ConnectionListTests.there, flags: BuiltPacket.syn, sequence: 5))
    }
    let list = try ConnectionList(of: ConnectionListTests.boot([script.seal()]))
    #expect(list.connections.map(\.sent.retransmissions) == [2] && list.connections.map(\.result) == [.unanswered])
    #expect(list.connections[0].sent.bytes == 0)
  }
}
