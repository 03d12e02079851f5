import CaptureFormat
import Events
import FilterLanguage
import NameService
import PacketLab
import Posix
import Reconstruction
import Testing

/// What calls and packets tell of connections, put together.
@Suite struct ConnectionListTests {
  static let web = ContainerKey(rawValue: 1)
  static let shell = ProcessKey(pid: 10, start: time(1))
  static let server = ProcessKey(pid: 20, start: time(1))
  static let namespace: UInt32 = 4_026_532_001
  static let here = BuiltPacket.end("10.0.0.2", 40_000)
  static let there = BuiltPacket.end("10.0.0.3", 80)

  static func time(_ seconds: Double) -> BootTime { BootTime(nanoseconds: UInt64((seconds * 1e9).rounded())) }

  /// A network call of one process.
  struct Act {
    var time: Double
    var kind: EventKind
    var result: Int64 = 0
    var socket: UInt64 = 100
    var descriptor: Int64 = 5
    var local: SocketAddress?
    var remote: SocketAddress?
    var address: SocketAddress?
    var process = ConnectionListTests.shell
    var type: UInt16 = 1
    var payload: [UInt8]?
    var translatedRemote: SocketAddress?
    var duration: Int64?
  }

  static func events(_ acts: [Act]) -> SealedBlock? {
    if acts.isEmpty { return nil }
    let builder = EventBlockBuilder(stream: StreamKey(container: web, lane: .activity), firstSequence: 0)
    for (place, act) in acts.enumerated() {
      let process = builder.internProcess(act.process) { BlockProcess(key: act.process, comm: Array("sh".utf8)) }
      builder.beginRow(
        time: time(act.time), process: process, thread: act.process.pid, kind: act.kind,
        call: SystemCall(abi: 0, number: 42), result: act.result, flags: [], cpu: 0)
      builder.set(.descriptor, act.descriptor)
      if act.kind != .fileClose {
        let file = builder.internFile(FileID(rawValue: act.socket * 1000 + UInt64(place)), inode: act.socket, device: 1)
        {
          BlockFile(
            id: FileID(rawValue: act.socket * 1000 + UInt64(place)), inode: act.socket, device: 1, type: .socket,
            mode: 0, localAddress: act.local, remoteAddress: act.remote, networkNamespace: namespace,
            socketType: act.type, networkProtocol: act.type == 1 ? 6 : 17)
        }
        builder.set(.file, Int64(file))
      }
      if let address = act.address { builder.set(.address, address: address) }
      if let address = act.translatedRemote { builder.set(.translatedRemote, address: address) }
      if let payload = act.payload { payload.withUnsafeBytes { builder.set(payload: $0) } }
      if let duration = act.duration { builder.set(.duration, duration) }
      builder.endRow()
    }
    return builder.seal()
  }

  static func boot(_ blocks: [SealedBlock?], losses: [LossRow] = []) throws -> CaptureBoot {
    var bytes: [UInt8] = []
    let writer = try CaptureWriter(
      to: { (buffer) throws(SystemError) in bytes += buffer },
      provenance: Provenance(properties: [.init(key: "host.boot.id", value: "b")]),
      catalogue: Catalogue.current(calls: []))
    try writer.append(containers: [ContainerRow(key: web, id: "aa", name: "web")])
    for block in blocks { if let block { try writer.append(block) } }
    try writer.append(losses: losses)
    try writer.finish(Completeness(from: time(0), to: time(100), isComplete: true, reason: ""))
    return try Capture(bytes: bytes, path: "c").boots[0]
  }

  static let exchange = [
    Act(time: 2, kind: .networkConnect, local: here, remote: there, address: there),
    Act(
      time: 2.1, kind: .networkSend, result: 18, local: here, remote: there,
      payload: Array("GET / HTTP/1.0\r\n\r\n".utf8)),
    Act(time: 2.2, kind: .networkReceive, result: 300, local: here, remote: there),
    Act(time: 2.3, kind: .fileClose),
  ]

  static func packets() -> PacketScript {
    let script = PacketScript(container: web)
    script.add(
      time(1.99), .outbound, BuiltPacket.tcp(here, there, flags: BuiltPacket.syn, sequence: 1000), process: shell)
    script.add(
      time(1.995), .inbound, BuiltPacket.tcp(there, here, flags: BuiltPacket.synAck, sequence: 5000), process: shell)
    script.add(
      time(1.996), .outbound, BuiltPacket.tcp(here, there, flags: BuiltPacket.ack, sequence: 1001), process: shell)
    let request = Array("GET / HTTP/1.0\r\n\r\n".utf8)
    script.add(
      time(2.1), .outbound, BuiltPacket.tcp(here, there, flags: BuiltPacket.ack, sequence: 1001, content: request),
      process: shell)
    // Lost on its way, and sent again.
    script.add(
      time(2.15), .outbound, BuiltPacket.tcp(here, there, flags: BuiltPacket.ack, sequence: 1001, content: request),
      process: shell)
    script.add(
      time(2.2), .inbound,
      BuiltPacket.tcp(there, here, flags: BuiltPacket.ack, sequence: 5001, content: [UInt8](repeating: 1, count: 300)),
      process: shell)
    script.add(
      time(2.21), .inbound, BuiltPacket.tcp(there, here, flags: BuiltPacket.finAck, sequence: 5301), process: shell)
    script.add(
      time(2.3), .outbound, BuiltPacket.tcp(here, there, flags: BuiltPacket.finAck, sequence: 1019), process: shell)
    return script
  }

  @Test func `calls and packets of a socket are one connection`() throws {
    let list = try ConnectionList(of: Self.boot([Self.events(Self.exchange), Self.packets().seal()]))
    let one = try #require(list.connections.first)
    #expect(list.connections.count == 1 && list.hasPackets)
    #expect(one.process == Self.shell && one.container == Self.web && one.direction == .out)
    #expect(one.local == Self.here && one.remote == Self.there && one.result == .closed)
    #expect(one.opened == Self.time(1.99) && one.closed == Self.time(2.3))
    #expect(one.sent == .init(bytes: 18, packets: 5, retransmissions: 1))
    #expect(one.received == .init(bytes: 300, packets: 3, retransmissions: 0))
    #expect(one.requestLine.map { String(decoding: $0, as: UTF8.self) } == "GET / HTTP/1.0")
    #expect(
      one.communityID == CommunityID.text(transport: 6, NetworkEndpoint(Self.there)!, NetworkEndpoint(Self.here)!))
  }

  @Test func `without packets calls tell the same, and what they cannot tell is not known`() throws {
    let list = try ConnectionList(of: Self.boot([Self.events(Self.exchange)]))
    let one = try #require(list.connections.first)
    #expect(list.connections.count == 1 && !list.hasPackets && !one.hasPackets)
    #expect(one.direction == .out && one.result == .closed && one.closed == Self.time(2.3))
    #expect(one.sent == .init(bytes: 18) && one.received == .init(bytes: 300))
  }

  @Test func `without events packets tell of the connection, and of no process but theirs`() throws {
    let list = try ConnectionList(of: Self.boot([Self.packets().seal()]))
    #expect(list.connections.map(\.result) == [.closed])
    #expect(list.connections.map(\.process) == [Self.shell] && list.connections[0].direction == .out)
  }

  static let results: [(name: String, error: Int64, answer: [UInt8]?, result: Connection.Result)] = [
    ("refused", -111, BuiltPacket.tcp(there, here, flags: BuiltPacket.rst | BuiltPacket.ack), .refused),
    ("timed out", -110, nil, .timedOut),
    (
      "unreachable", -113,
      BuiltPacket.unreachable(there, here, about: BuiltPacket.tcp(here, there, flags: BuiltPacket.syn, sequence: 9)),
      .unreachable
    ),
    ("another error", -13, nil, .failed(-13)),
  ]

  @Test(arguments: results.indices)
  func `a connection that did not come to be says why, with packets and without`(number: Int) throws {
    let (_, error, answer, result) = Self.results[number]
    // The socket has lost its port by then: nothing but the peer is left of it.
    let call = Act(time: 2, kind: .networkConnect, result: error, address: Self.there, duration: 900_000_000)
    #expect(try ConnectionList(of: Self.boot([Self.events([call])])).connections.map(\.result) == [result])
    guard let answer else { return }
    let script = PacketScript(container: Self.web)
    script.add(Self.time(1.1), .outbound, BuiltPacket.tcp(Self.here, Self.there, flags: BuiltPacket.syn, sequence: 9))
    script.add(Self.time(1.2), .inbound, answer)
    let packets = script.seal()
    let both = try ConnectionList(of: Self.boot([Self.events([call]), packets])).connections
    #expect(both.map(\.result) == [result] && both.map(\.process) == [Self.shell] && both[0].local == Self.here)
    let alone = try ConnectionList(of: Self.boot([packets])).connections
    #expect(alone.map(\.result) == [number == 2 ? .unreachable : .refused] && alone[0].process == nil)
  }

  @Test func `a scan of many ports is as many refused connections of the one who scans`() throws {
    let script = PacketScript(container: Self.web)
    var acts: [Act] = []
    for port in 1...50 as ClosedRange<UInt16> {
      let (from, to) = (BuiltPacket.end("10.0.0.2", 41_000 + port), BuiltPacket.end("10.0.0.3", port))
      let start = 2 + Double(port) / 1000
      script.add(Self.time(start), .outbound, BuiltPacket.tcp(from, to, flags: BuiltPacket.syn, sequence: 1))
      script.add(
        Self.time(start + 0.0001), .inbound, BuiltPacket.tcp(to, from, flags: BuiltPacket.rst | BuiltPacket.ack))
      acts.append(
        Act(time: start + 0.0002, kind: .networkConnect, result: -111, socket: UInt64(200 + port), address: to))
    }
    let list = try ConnectionList(of: Self.boot([Self.events(acts), script.seal()]))
    #expect(list.connections.count == 50)
    #expect(list.connections.allSatisfy { $0.result == .refused && $0.process == Self.shell && $0.hasPackets })
    #expect(Set(list.connections.compactMap { $0.remote?.port }).count == 50)
  }

  @Test func `ends that are used again are another connection`() throws {
    let script = PacketScript(container: Self.web)
    for (start, number) in [(2.0, UInt32(10)), (3.0, 77_777)] {
      script.add(
        Self.time(start), .outbound, BuiltPacket.tcp(Self.here, Self.there, flags: BuiltPacket.syn, sequence: number))
      script.add(Self.time(start + 0.1), .inbound, BuiltPacket.tcp(Self.there, Self.here, flags: BuiltPacket.synAck))
      script.add(Self.time(start + 0.2), .inbound, BuiltPacket.tcp(Self.there, Self.here, flags: BuiltPacket.rst))
    }
    let acts = [2.1, 3.1].map {
      Act(
        time: $0, kind: .networkConnect, socket: UInt64($0 * 100), local: Self.here, remote: Self.there,
        address: Self.there)
    }
    let list = try ConnectionList(of: Self.boot([Self.events(acts), script.seal()]))
    #expect(list.connections.map(\.opened) == [Self.time(2), Self.time(3)])
    #expect(list.connections.map(\.result) == [.reset, .reset])
    #expect(list.connections.allSatisfy { $0.hasPackets && $0.process == Self.shell })
  }

  @Test func `over loopback each end has its own line, with what each sent`() throws {
    let (client, server) = (BuiltPacket.end("127.0.0.1", 40_000), BuiltPacket.end("127.0.0.1", 80))
    let script = PacketScript(container: Self.web, interface: "lo")
    func add(_ second: Double, _ packet: [UInt8], _ receiver: ProcessKey) {
      script.add(Self.time(second), .inbound, packet, process: receiver)
    }
    add(2, BuiltPacket.tcp(client, server, flags: BuiltPacket.syn, sequence: 1), Self.server)
    add(2.01, BuiltPacket.tcp(server, client, flags: BuiltPacket.synAck, sequence: 1), Self.shell)
    add(2.02, BuiltPacket.tcp(client, server, flags: BuiltPacket.ack, sequence: 2, content: [1, 2, 3]), Self.server)
    add(2.03, BuiltPacket.tcp(server, client, flags: BuiltPacket.ack, sequence: 2, content: [4]), Self.shell)
    let acts = [
      Act(time: 2.01, kind: .networkConnect, local: client, remote: server, address: server),
      Act(
        time: 2.02, kind: .networkAccept, result: 7, socket: 300, local: server, remote: client, address: client,
        process: Self.server),
    ]
    let list = try ConnectionList(of: Self.boot([Self.events(acts), script.seal()]))
    #expect(list.connections.map(\.direction).sorted { $0.rawValue < $1.rawValue } == [.in, .out])
    for one in list.connections {
      let isServer = one.direction == .in
      #expect(one.process == (isServer ? Self.server : Self.shell) && one.result == .open)
      #expect(one.sent.bytes == (isServer ? 1 : 3) && one.received.bytes == (isServer ? 3 : 1))
    }
    // A port at which nobody is: one line.
    let closed = PacketScript(container: Self.web, interface: "lo")
    closed.add(
      Self.time(2), .inbound, BuiltPacket.tcp(client, server, flags: BuiltPacket.syn, sequence: 1), process: Self.shell)
    closed.add(
      Self.time(2.1), .inbound, BuiltPacket.tcp(server, client, flags: BuiltPacket.rst | BuiltPacket.ack),
      process: Self.shell)
    let call = Act(time: 2.2, kind: .networkConnect, result: -111, address: server)
    let refused = try ConnectionList(of: Self.boot([Self.events([call]), closed.seal()])).connections
    #expect(refused.map(\.direction) == [.out] && refused.map(\.result) == [.refused])
  }

  @Test func `datagrams to several peers are told apart, and an error that comes back is a refusal`() throws {
    let (one, two) = (BuiltPacket.end("10.0.0.3", 53), BuiltPacket.end("10.0.0.4", 99))
    let (own, any) = (BuiltPacket.end("10.0.0.2", 5000), BuiltPacket.end("0.0.0.0", 5000))
    let acts = [
      Act(time: 2, kind: .networkSend, result: 5, local: any, address: one, type: 2),
      Act(time: 2.1, kind: .networkSend, result: 7, local: any, address: two, type: 2),
      Act(time: 2.2, kind: .networkReceive, result: 9, local: any, address: one, type: 2),
    ]
    let script = PacketScript(container: Self.web)
    script.add(Self.time(2), .outbound, BuiltPacket.udp(own, one, content: [1, 2, 3, 4, 5]), process: Self.shell)
    script.add(
      Self.time(2.1), .outbound, BuiltPacket.udp(own, two, content: [1, 2, 3, 4, 5, 6, 7]), process: Self.shell)
    script.add(Self.time(2.15), .inbound, BuiltPacket.unreachable(two, own, about: BuiltPacket.udp(own, two)))
    script.add(
      Self.time(2.2), .inbound, BuiltPacket.udp(one, own, content: [UInt8](repeating: 0, count: 9)), process: Self.shell
    )
    let list = try ConnectionList(of: Self.boot([Self.events(acts), script.seal()]))
    #expect(list.connections.map(\.remote) == [one, two] && list.connections.map(\.local) == [own, own])
    #expect(list.connections.map(\.result) == [.answered, .refused])
    #expect(list.connections[0].sent == .init(bytes: 5, packets: 1) && list.connections[0].received.bytes == 9)
    let calls = try ConnectionList(of: Self.boot([Self.events(acts)])).connections
    #expect(calls.map(\.sent.bytes) == [5, 7] && calls.map(\.received.bytes) == [9, nil])
    #expect(calls.map(\.result) == [.answered, .sent])
  }

  @Test func `what only goes through the host is told once, or not at all where its end is known`() throws {
    func through(_ container: ContainerKey, known: Bool) throws -> [Connection] {
      var blocks: [SealedBlock] = []
      for (number, name, direction) in [(UInt32(1), "veth1", PacketDirection.inbound), (2, "docker0", .outbound)] {
        let script = PacketScript(container: .host, interface: name, number: number, namespace: 1)
        script.add(Self.time(2), direction, BuiltPacket.tcp(Self.here, Self.there, flags: BuiltPacket.syn, sequence: 1))
        script.add(
          Self.time(2.1), direction == .inbound ? .outbound : .inbound,
          BuiltPacket.tcp(Self.there, Self.here, flags: BuiltPacket.synAck))
        blocks.append(script.seal())
      }
      if known { blocks.append(Self.packets().seal()) }
      return try ConnectionList(of: Self.boot(blocks)).connections
    }
    #expect(try through(.host, known: false).map(\.direction) == [.forwarded])
    #expect(try through(.host, known: true).map(\.direction) == [.out])
  }

  @Test func `a filter takes connections by their events, and by their process where there are none`() throws {
    let other = BuiltPacket.end("10.0.0.9", 443)
    let acts =
      Self.exchange + [
        Act(
          time: 5, kind: .networkConnect, socket: 101, local: BuiltPacket.end("10.0.0.2", 40_001), remote: other,
          address: other)
      ]
    let boot = try Self.boot([Self.events(acts)])
    let filter = try PreparedFilter(try CompiledFilter("fd.sport=443"), of: boot)
    #expect(try ConnectionList(of: boot, filter: filter).connections.map(\.remote) == [other])
  }

  @Test func `lost packets are said of whose they were`() throws {
    let loss = LossRow(
      cause: .ringFull, lane: .packets, container: Self.web, from: Self.time(1), to: Self.time(2), count: 3)
    #expect(try ConnectionList(of: Self.boot([Self.packets().seal()], losses: [loss])).lossy == [Self.web])
  }

  @Test func `the peer's name is what was looked up before, in calls or in packets`() throws {
    let (client, resolver) = (BuiltPacket.end("10.0.0.2", 5353), BuiltPacket.end("10.0.0.1", 53))
    let script = Self.packets()
    let names = PacketScript(container: Self.web)
    names.add(
      Self.time(1.5), .outbound, BuiltPacket.udp(client, resolver, content: BuiltPacket.dns("shop.test", id: 7)))
    names.add(
      Self.time(1.6), .inbound,
      BuiltPacket.udp(resolver, client, content: BuiltPacket.dns("shop.test", id: 7, answer: [10, 0, 0, 3])))
    let list = try ConnectionList(of: Self.boot([names.seal(), script.seal()]))
    let tcp = try #require(list.connections.first { $0.transport == 6 })
    #expect(tcp.name.map { String(decoding: $0, as: UTF8.self) } == "shop.test")
  }
}
