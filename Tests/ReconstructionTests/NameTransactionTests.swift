import CaptureFormat
import Events
import NameService
import PacketLab
import Reconstruction
import Testing

/// Questions to name servers, from calls and packets.
@Suite struct NameTransactionTests {
  typealias Act = ConnectionListTests.Act
  static let client = BuiltPacket.end("10.0.0.2", 5353)
  static let any = BuiltPacket.end("0.0.0.0", 5353)
  static let resolver = BuiltPacket.end("10.0.0.1", 53)
  static func time(_ seconds: Double) -> BootTime { ConnectionListTests.time(seconds) }

  private func transactions(_ acts: [Act], _ script: PacketScript? = nil) throws -> [NameTransaction] {
    try ConnectionListTests.boot([ConnectionListTests.events(acts)] + (script.map { [$0.seal()] } ?? []))
      .nameTransactions()
  }

  private func ask(_ time: Double, _ name: String, _ id: UInt16) -> Act {
    let bytes = BuiltPacket.dns(name, id: id)
    return Act(
      time: time, kind: .networkSend, result: Int64(bytes.count), local: Self.any, address: Self.resolver, type: 2,
      payload: bytes)
  }

  private func hear(_ time: Double, _ name: String, _ id: UInt16, _ answer: [UInt8]?, code: UInt8 = 0) -> Act {
    let bytes = BuiltPacket.dns(name, id: id, answer: answer, code: code)
    return Act(
      time: time, kind: .networkReceive, result: Int64(bytes.count), local: Self.any, address: Self.resolver, type: 2,
      payload: bytes)
  }

  @Test func `what calls and packets both saw is told once, with the packets' time`() throws {
    let script = PacketScript(container: ConnectionListTests.web)
    script.add(
      Self.time(2), .outbound, BuiltPacket.udp(Self.client, Self.resolver, content: BuiltPacket.dns("a.test", id: 1)))
    script.add(
      Self.time(2.03), .inbound,
      BuiltPacket.udp(Self.resolver, Self.client, content: BuiltPacket.dns("a.test", id: 1, answer: [1, 2, 3, 4])))
    let all = try transactions([ask(2.0001, "a.test", 1), hear(2.5, "a.test", 1, [1, 2, 3, 4])], script)
    let one = try #require(all.first)
    #expect(all.count == 1 && one.witnesses == [.events, .packets] && one.attempts == 1 && !one.isServer)
    #expect(one.duration == 30_000_000 && one.client == ConnectionListTests.shell && one.server == nil)
    #expect(one.clientAddress == Self.client && one.serverAddress == Self.resolver && one.transport == 17)
    #expect(one.answer?.addresses.map(\.address) == [[1, 2, 3, 4]])
  }

  @Test func `an answer that came before the call that asked returned belongs to it`() throws {
    let script = PacketScript(container: ConnectionListTests.web)
    script.add(
      Self.time(2), .outbound, BuiltPacket.udp(Self.client, Self.resolver, content: BuiltPacket.dns("a.test", id: 1)))
    script.add(
      Self.time(2.001), .inbound,
      BuiltPacket.udp(Self.resolver, Self.client, content: BuiltPacket.dns("a.test", id: 1, answer: [1, 2, 3, 4])))
    let all = try transactions([ask(2.002, "a.test", 1), hear(2.003, "a.test", 1, [1, 2, 3, 4])], script)
    #expect(all.count == 1 && all[0].duration == 1_000_000 && all[0].attempts == 1)
  }

  @Test func `calls alone and packets alone tell it too`() throws {
    let calls = try transactions([ask(2, "a.test", 1), hear(2.5, "a.test", 1, nil, code: 3)])
    #expect(calls.count == 1 && calls[0].answer?.codeName == "NXDOMAIN" && calls[0].duration == 500_000_000)
    let script = PacketScript(container: ConnectionListTests.web)
    script.add(
      Self.time(2), .outbound, BuiltPacket.udp(Self.client, Self.resolver, content: BuiltPacket.dns("a.test", id: 1)),
      process: ConnectionListTests.shell)
    let packets = try transactions([], script)
    #expect(packets.count == 1 && packets[0].answer == nil && packets[0].client == ConnectionListTests.shell)
    #expect(packets[0].duration == nil && packets[0].witnesses == [.packets])
  }

  @Test func `a question that is asked again before an answer came is one, asked twice`() throws {
    let all = try transactions([
      ask(2, "a.test", 1), ask(7, "a.test", 1), hear(7.1, "a.test", 1, [1, 2, 3, 4]), ask(20, "a.test", 1),
      hear(20.1, "a.test", 1, [1, 2, 3, 4]), ask(21, "b.test", 1),
    ])
    #expect(all.map(\.attempts) == [2, 1, 1] && all.map { $0.answer == nil } == [false, false, true])
  }

  @Test func `a server's side is told as a server's`() throws {
    let bytes = BuiltPacket.dns("a.test", id: 9)
    let server = BuiltPacket.end("10.0.0.1", 53)
    let all = try transactions([
      Act(
        time: 2, kind: .networkReceive, result: Int64(bytes.count), local: server, address: Self.client,
        process: ConnectionListTests.server, type: 2, payload: bytes)
    ])
    #expect(all.map(\.isServer) == [true] && all[0].server == ConnectionListTests.server && all[0].client == nil)
    #expect(all[0].clientAddress == Self.client)
  }

  @Test func `over loopback asker and server are told apart`() throws {
    let (asker, server) = (BuiltPacket.end("127.0.0.1", 40_000), BuiltPacket.end("127.0.0.1", 53))
    let script = PacketScript(container: ConnectionListTests.web, interface: "lo")
    script.add(
      Self.time(2), .inbound, BuiltPacket.udp(asker, server, content: BuiltPacket.dns("a.test", id: 1)),
      process: ConnectionListTests.server)
    script.add(
      Self.time(2.1), .inbound,
      BuiltPacket.udp(server, asker, content: BuiltPacket.dns("a.test", id: 1, answer: [1, 2, 3, 4])),
      process: ConnectionListTests.shell)
    let all = try transactions([], script)
    #expect(all.count == 1 && all[0].client == ConnectionListTests.shell && all[0].server == ConnectionListTests.server)
  }
}
