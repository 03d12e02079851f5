import CaptureFormat
import Events
import Inspector
import PacketLab
import Posix
import Reconstruction
import SnapshotLab
import Terminal
import Testing

/// What went over the network, beside who did it.
@Suite struct PacketsPaneTests {
  static let here = BuiltPacket.end("10.0.0.2", 40_000)
  static let there = BuiltPacket.end("10.0.0.3", 80)
  static let closed = BuiltPacket.end("10.0.0.3", 81)
  static let resolver = BuiltPacket.end("10.0.0.1", 53)
  static let client = ProcessKey(pid: 300, start: BuiltCapture.time(0.5))
  static let other = ProcessKey(pid: 301, start: BuiltCapture.time(0.5))

  /// A request to a server, a refused one, a question to a name server; a file in between.
  static func bytes() throws -> [UInt8] {
    var bytes: [UInt8] = []
    let writer = try CaptureWriter(
      to: { (buffer) throws(SystemError) in bytes += buffer },
      provenance: Provenance(properties: [.init(key: "host.name", value: "node-1")]),
      catalogue: Catalogue.current(calls: []))
    try writer.append(containers: [
      ContainerRow(key: BuiltCapture.web, id: String(repeating: "ab", count: 32), name: "web", image: "shop/web:1")
    ])
    try writer.append(
      processes: [(client, "wget"), (other, "sh")].map {
        ProcessRow(
          key: $0.0, container: BuiltCapture.web, comm: Array($0.1.utf8), arguments: ByteList([Array($0.1.utf8)]))
      })
    let builder = EventBlockBuilder(
      stream: StreamKey(container: BuiltCapture.web, lane: .activity), firstSequence: 0)
    func event(
      _ second: Double, _ key: ProcessKey, _ kind: EventKind, _ result: Int64, _ file: BlockFile,
      _ address: SocketAddress?
    ) {
      let name = key == client ? "wget" : "sh"
      let process = builder.internProcess(key) { BlockProcess(key: key, comm: Array(name.utf8)) }
      builder.beginRow(
        time: BuiltCapture.time(second), process: process, thread: key.pid, kind: kind, call: nil, result: result,
        flags: [], cpu: 0)
      builder.set(.file, Int64(builder.internFile(file.id, inode: file.inode, device: 1) { file }))
      if let address { builder.set(.address, address: address) }
      builder.endRow()
    }
    func socket(_ number: UInt64, _ local: SocketAddress?, _ remote: SocketAddress?, type: UInt16 = 1) -> BlockFile {
      BlockFile(
        id: FileID(rawValue: number), inode: number, device: 1, type: .socket, mode: 0, localAddress: local,
        remoteAddress: remote, networkNamespace: 7, socketType: type, networkProtocol: type == 1 ? 6 : 17)
    }
    let file = BlockFile(
      id: FileID(rawValue: 9), inode: 9, device: 1, type: .regular, mode: 0o644, path: Array("/etc/hosts".utf8))
    event(1, client, .networkSend, 30, socket(1, BuiltPacket.end("0.0.0.0", 5000), nil, type: 2), resolver)
    event(2, client, .networkConnect, 0, socket(2, here, there), there)
    event(2.5, client, .networkSend, 18, socket(2, here, there), nil)
    event(3, other, .fileRead, 10, file, nil)
    event(4, client, .networkConnect, -111, socket(3, nil, nil), closed)
    try writer.append(builder.seal())
    let script = PacketScript(container: BuiltCapture.web)
    func packet(_ second: Double, _ direction: PacketDirection, _ bytes: [UInt8]) {
      script.add(BuiltCapture.time(second), direction, bytes, process: client)
    }
    let own = BuiltPacket.end("10.0.0.2", 5000)
    packet(1, .outbound, BuiltPacket.udp(own, resolver, content: BuiltPacket.dns("shop.test", id: 7)))
    packet(
      1.1, .inbound,
      BuiltPacket.udp(resolver, own, content: BuiltPacket.dns("shop.test", id: 7, answer: [10, 0, 0, 3])))
    packet(1.9, .outbound, BuiltPacket.tcp(here, there, flags: BuiltPacket.syn, sequence: 1))
    packet(1.95, .inbound, BuiltPacket.tcp(there, here, flags: BuiltPacket.synAck, sequence: 1))
    packet(
      2.5, .outbound,
      BuiltPacket.tcp(here, there, flags: 24, sequence: 2, content: Array("GET / HTTP/1.0\r\n\r\n".utf8)))
    let port = BuiltPacket.end("10.0.0.2", 40_001)
    packet(3.9, .outbound, BuiltPacket.tcp(port, closed, flags: BuiltPacket.syn, sequence: 1))
    packet(3.95, .inbound, BuiltPacket.tcp(closed, port, flags: BuiltPacket.rst | BuiltPacket.ack))
    try writer.append(script.seal())
    try writer.append(anchors: [
      AnchorRow(
        boot: BuiltCapture.time(0), monotonic: 0, real: WallTime(nanoseconds: 1_700_000_000_000_000_000), reason: .start
      )
    ])
    try writer.finish(
      Completeness(from: BuiltCapture.time(0), to: BuiltCapture.time(5), isComplete: true, reason: "asked to"))
    return bytes
  }

  private func bench(_ columns: Int = 80, _ rows: Int = 24) throws -> Bench {
    try Bench(bytes: Self.bytes(), columns: columns, rows: rows)
  }

  @Test(arguments: [(80, 24), (200, 60)]) func `the pane shows each packet with its process`(columns: Int, rows: Int)
    throws
  {
    let bench = try bench(columns, rows)
    bench.type("p")
    bench.checkInvariants()
    try expectSnapshot("packets-\(columns)x\(rows).txt", bench.text)
  }

  @Test func `from an event to the packets of its socket, to all of them, and back`() throws {
    let bench = try bench()
    bench.type("4g/10.0.0.3:80<Enter>")
    bench.type("p")
    #expect(bench.state.focus == .packets && bench.state.packets.lines.count == 3, "\(bench.text)")
    #expect(bench.state.packets.flow == "tcp 10.0.0.2:40000 ↔ 10.0.0.3:80")
    #expect(bench.state.packets.lines.allSatisfy { $0.socketText == "10.0.0.2:40000->10.0.0.3:80" })
    bench.type("p")
    #expect(bench.state.focus == .packets && bench.state.packets.lines.count == 7 && bench.state.packets.flow == nil)
    bench.type("p")
    #expect(bench.state.focus == .events)
  }

  @Test func `a refused connect finds its packets by the peer alone, datagrams by their port`() throws {
    let bench = try bench()
    bench.type("4Gp")
    #expect(bench.state.packets.lines.map(\.isFailed) == [false, true], "\(bench.text)")
    bench.type("4g")
    bench.type("p")
    #expect(
      bench.state.packets.lines.count == 2 && bench.state.packets.lines.allSatisfy { $0.what.contains("udp") },
      "\(bench.text)")
  }

  @Test func `Enter on a packet leads to the events of its socket, at that time`() throws {
    let bench = try bench()
    bench.type("2p/GET<Enter>")
    #expect(
      bench.state.packets.lines[bench.state.packets.place.cursor].what.contains("GET / HTTP/1.0"), "\(bench.text)")
    bench.type("<Enter>")
    #expect(bench.state.focus == .events && bench.state.events.lines.count == 2, "\(bench.text)")
    #expect(bench.state.events.current?.time == BuiltCapture.time(2.5))
    bench.type("<Esc>")
    #expect(bench.state.events.lines.count == 5)
  }

  @Test func `the selection narrows packets as it does events`() throws {
    let bench = try bench(200, 60)
    bench.type("2p")
    #expect(bench.state.packets.lines.count == 7)
    bench.type("3")
    while bench.state.filter.process != Self.other { bench.type("j") }
    #expect(bench.state.packets.lines.isEmpty && bench.text.contains("no packet of this selection"))
    bench.type("r")
    #expect(bench.state.packets.lines.count == 7)
    bench.type("5")
    #expect(bench.state.layout.panes[.detail] != nil && bench.state.layout.panes[.packets] == nil)
  }

  @Test func `an event of no socket has all packets, and says so`() throws {
    let bench = try bench()
    bench.type("4g/hosts<Enter>")
    bench.type("p")
    #expect(
      bench.state.packets.lines.count == 7 && bench.state.message?.text.contains("of no network socket") == true,
      "\(bench.text)")
  }

  @Test func `a capture without packets says so`() throws {
    let bench = try Bench("web-shell.pcapng")
    bench.type("p")
    #expect(bench.state.focus != .packets && bench.state.message?.text.contains("has no packets") == true)
  }

  @Test func `keys at random leave the pane whole`() throws {
    let bench = try bench()
    var seed: UInt64 = 7
    let keys = Array("pjkgGp7sn/x4235rd+-0<")
    for step in 0..<300 {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let key = keys[Int(seed >> 33) % keys.count]
      bench.type(key == "<" ? ["<Enter>", "<Esc>", "<Tab>"][step % 3] : String(key))
      bench.checkInvariants()
    }
  }
}
