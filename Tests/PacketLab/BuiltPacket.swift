public import CaptureFormat
public import Events
internal import Glibc

/// Packets made for tests, beginning with the header of LINKTYPE_LINUX_SLL2.
public enum BuiltPacket {
  public static let syn: UInt8 = 0x02
  public static let synAck: UInt8 = 0x12
  public static let ack: UInt8 = 0x10
  public static let finAck: UInt8 = 0x11
  public static let rst: UInt8 = 0x04

  /// `10.0.0.2`, `2001:db8::2` and a port.
  public static func end(_ text: String, _ port: UInt16 = 0) -> SocketAddress {
    let isOld = !text.contains(":")
    let bytes = [UInt8](unsafeUninitializedCapacity: 16) { target, count in
      count = inet_pton(isOld ? AF_INET : AF_INET6, text, target.baseAddress!) == 1 ? (isOld ? 4 : 16) : 0
    }
    return isOld ? .ipv4(address: bytes, port: port) : .ipv6(address: bytes, port: port)
  }

  public static func tcp(
    _ from: SocketAddress, _ to: SocketAddress, flags: UInt8, sequence: UInt32 = 0, content: [UInt8] = [],
    extensions: [(kind: UInt8, body: [UInt8])] = []
  ) -> [UInt8] {
    let header =
      big(from.port ?? 0) + big(to.port ?? 0) + big(sequence) + big(UInt32(0)) + [0x50, flags] + big(UInt16(0xffff))
      + [0, 0, 0, 0]
    return ip(from, to, transport: 6, header + content, extensions)
  }

  public static func udp(
    _ from: SocketAddress, _ to: SocketAddress, content: [UInt8] = [],
    extensions: [(kind: UInt8, body: [UInt8])] = []
  ) -> [UInt8] {
    let header = big(from.port ?? 0) + big(to.port ?? 0) + big(UInt16(8 + content.count)) + [0, 0]
    return ip(from, to, transport: 17, header + content, extensions)
  }

  /// An error about a packet, of which the begin is quoted.
  public static func unreachable(_ from: SocketAddress, _ to: SocketAddress, about packet: [UInt8]) -> [UInt8] {
    let isOld = isIPv4(from)
    let quoted = Array(packet.dropFirst(PacketLayers.linkLength).prefix(isOld ? 28 : 48))
    return ip(from, to, transport: isOld ? 1 : 58, (isOld ? [3, 3] : [1, 4]) + [0, 0, 0, 0, 0, 0] + quoted, [])
  }

  public static func echo(_ from: SocketAddress, _ to: SocketAddress, isAnswer: Bool = false) -> [UInt8] {
    let isOld = isIPv4(from)
    return ip(
      from, to, transport: isOld ? 1 : 58, [isOld ? (isAnswer ? 0 : 8) : (isAnswer ? 129 : 128), 0, 0, 0, 0, 1, 0, 1],
      [])
  }

  /// - Parameter extensions: Headers of IPv6 between it and the transport's: which, and what follows "next header" in each.
  private static func ip(
    _ from: SocketAddress, _ to: SocketAddress, transport: UInt8, _ body: [UInt8],
    _ extensions: [(kind: UInt8, body: [UInt8])]
  ) -> [UInt8] {
    let (source, destination) = (bytes(from), bytes(to))
    if source.count == 4 {
      return link(0x0800) + [0x45, 0] + big(UInt16(20 + body.count)) + [0, 0, 0, 0, 64, transport, 0, 0] + source
        + destination + body
    }
    var chain: [UInt8] = []
    for (place, header) in extensions.enumerated() {
      chain.append(place + 1 < extensions.count ? extensions[place + 1].kind : transport)
      chain += header.body
    }
    return link(0x86DD) + [0x60, 0, 0, 0] + big(UInt16(chain.count + body.count))
      + [extensions.first?.kind ?? transport, 64] + source + destination + chain + body
  }

  private static func link(_ kind: UInt16) -> [UInt8] {
    big(kind) + [0, 0, 0, 0, 0, 2, 0, 1, 4, 6] + [UInt8](repeating: 0, count: 8)
  }

  private static func isIPv4(_ address: SocketAddress) -> Bool { bytes(address).count == 4 }

  private static func bytes(_ address: SocketAddress) -> [UInt8] {
    switch address {
    case .ipv4(let bytes, _), .ipv6(let bytes, _): bytes
    default: []
    }
  }

  private static func big<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
  }

  /// A question to a name server, or its answer with one address.
  public static func dns(_ name: String, id: UInt16, answer: [UInt8]? = nil, code: UInt8 = 0) -> [UInt8] {
    let isAnswer = answer != nil || code != 0
    var bytes =
      big(id) + [isAnswer ? 0x81 : 0x01, isAnswer ? 0x80 | code : 0] + [0, 1, 0, answer == nil ? 0 : 1, 0, 0, 0, 0]
    for label in name.split(separator: ".") { bytes += [UInt8(label.utf8.count)] + label.utf8 }
    bytes += [0, 0, 1, 0, 1]
    if let answer { bytes += [0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4] + answer }
    return bytes
  }

  /// A TLS client's hello that asks for a name.
  public static func tlsHello(_ name: String) -> [UInt8] {
    let host: [UInt8] = [0] + big(UInt16(name.utf8.count)) + name.utf8
    let list = big(UInt16(host.count)) + host
    let extensions = big(UInt16(0)) + big(UInt16(list.count)) + list
    let hello: [UInt8] =
      [3, 3] + [UInt8](repeating: 7, count: 32) + [0] + [0, 2, 0x13, 0x01] + [1, 0] + big(UInt16(extensions.count))
      + extensions
    let message: [UInt8] = [1, 0] + big(UInt16(hello.count)) + hello
    return [22, 3, 1] + big(UInt16(message.count)) + message
  }
}

/// Packets of one container, to be put into a capture.
public struct PacketScript {
  private let builder: PacketBlockBuilder
  private let interface: PacketInterface

  public init(
    container: ContainerKey, interface name: String = "eth0", number: UInt32 = 1, namespace: UInt64 = 4_026_532_001
  ) {
    builder = PacketBlockBuilder(container: container, assembler: BlockAssembler())
    interface = PacketInterface(number: number, index: number + 1, name: name, namespace: namespace)
  }

  /// - Parameter wireLength: Nil is all that was kept.
  public func add(
    _ time: BootTime, _ direction: PacketDirection, _ packet: [UInt8], process: ProcessKey? = nil,
    wireLength: UInt32? = nil, comment: String = ""
  ) {
    var head = PacketHead(
      time: time, wallTime: 1_700_000_000_000_000_000 + Int64(time.nanoseconds), interface: interface.number,
      direction: direction, length: wireLength ?? UInt32(packet.count), capturedLength: UInt32(packet.count))
    head.process = process
    packet.withUnsafeBytes { builder.append(head, $0, interface: interface, comment: Array(comment.utf8)) }
  }

  public func seal() -> SealedBlock { builder.seal() }
}
