public import CaptureFormat
internal import Events

/// Says in a few words what a packet is.
public enum PacketText {
  /// `10.0.0.2:43512 > 10.0.0.3:80 tcp SYN`, `… udp 41 bytes`, `arp 10.0.0.1 asks for 10.0.0.3`.
  public static func summary(of packet: CapturedPacket) -> String {
    packet.bytes.withUnsafeBytes { bytes in
      guard let layers = PacketLayers(bytes) else { return "\(packet.length) bytes" }
      guard !layers.source.isEmpty else { return link(layers, bytes, packet) }
      let ends = "\(end(layers.source, layers.sourcePort)) > \(end(layers.destination, layers.destinationPort))"
      guard layers.transport != nil else {
        return "\(ends) \(name(ofTransport: layers.transportProtocol))\(layers.isFragment ? " fragment" : "")"
      }
      return "\(ends) " + transport(layers, bytes)
    }
  }

  private static func transport(_ layers: PacketLayers, _ bytes: UnsafeRawBufferPointer) -> String {
    let start = layers.network.upperBound
    let data = layers.payloadLength
    switch layers.transportProtocol {
    case PacketLayers.tcp:
      var words = ["tcp"] + flags(bytes[start + 13])
      if data > 0 { words.append("\(data) bytes") }
      if let said = conversation(bytes[(layers.transport?.upperBound ?? bytes.count)...]) { words.append(said) }
      return words.joined(separator: " ")
    case PacketLayers.icmp: return "icmp " + icmp(bytes[start], bytes[start + 1])
    case PacketLayers.icmp6: return "icmp6 " + icmp6(bytes[start])
    default: return "\(name(ofTransport: layers.transportProtocol)) \(data) bytes"
    }
  }

  /// What a connection begins with, where it is plain text or tells a name.
  private static func conversation(_ payload: Slice<UnsafeRawBufferPointer>) -> String? {
    if let name = TLSHello.serverName(Array(payload)) { return "tls hello for " + EventText.printable(name) }
    guard let line = HTTPLine.request(payload) else { return nil }
    return EventText.printable(line)
  }

  private static func flags(_ byte: UInt8) -> [String] {
    let names = ["FIN", "SYN", "RST", "PSH", "ACK", "URG"]
    return names.indices.filter { byte >> UInt8($0) & 1 == 1 && names[$0] != "PSH" }.map { names[$0] }
  }

  private static func link(_ layers: PacketLayers, _ bytes: UnsafeRawBufferPointer, _ packet: CapturedPacket) -> String
  {
    guard layers.networkProtocol == PacketLayers.arp, bytes.count >= PacketLayers.linkLength + 28 else {
      return "protocol 0x\(String(layers.networkProtocol, radix: 16)), \(packet.length) bytes"
    }
    let start = PacketLayers.linkLength
    let sender = SocketAddress.ipv4(address: Array(bytes[(start + 14)..<(start + 18)]), port: 0).ip ?? ""
    let target = SocketAddress.ipv4(address: Array(bytes[(start + 24)..<(start + 28)]), port: 0).ip ?? ""
    return bytes[start + 7] == 1 ? "arp \(sender) asks for \(target)" : "arp \(sender) answers \(target)"
  }

  private static func end(_ address: [UInt8], _ port: UInt16?) -> String {
    let socket: SocketAddress =
      address.count == 4 ? .ipv4(address: address, port: port ?? 0) : .ipv6(address: address, port: port ?? 0)
    return port == nil ? socket.ip ?? "" : "\(socket)"
  }

  /// `tcp`, `udp` …, `protocol 99`.
  public static func name(ofTransport number: UInt8) -> String {
    switch number {
    case PacketLayers.tcp: "tcp"
    case PacketLayers.udp: "udp"
    case PacketLayers.icmp: "icmp"
    case PacketLayers.icmp6: "icmp6"
    case 132: "sctp"
    case 47: "gre"
    case 50: "esp"
    case 2: "igmp"
    default: "protocol \(number)"
    }
  }

  private static func icmp(_ type: UInt8, _ code: UInt8) -> String {
    switch type {
    case 0: "echo reply"
    case 3:
      ["network", "host", "protocol", "port"].indices.contains(Int(code))
        ? ["network", "host", "protocol", "port"][Int(code)] + " unreachable" : "unreachable, code \(code)"
    case 8: "echo request"
    case 11: "time exceeded"
    default: "type \(type)"
    }
  }

  private static func icmp6(_ type: UInt8) -> String {
    switch type {
    case 1: "unreachable"
    case 3: "time exceeded"
    case 128: "echo request"
    case 129: "echo reply"
    case 133: "router solicitation"
    case 134: "router advertisement"
    case 135: "neighbour solicitation"
    case 136: "neighbour advertisement"
    case 143: "multicast report"
    default: "type \(type)"
    }
  }
}

/// The first line of an HTTP/1 request.
public enum HTTPLine {
  private static let methods = [
    "GET ", "POST ", "PUT ", "HEAD ", "DELETE ", "OPTIONS ", "PATCH ", "CONNECT ", "TRACE ",
  ].map {
    Array($0.utf8)
  }

  /// Whether the payload begins with a request.
  public static func begins(_ payload: some Collection<UInt8>) -> Bool {
    methods.contains { payload.starts(with: $0) }
  }

  /// Nil where the payload begins with something else. Without the line's end.
  public static func request(_ payload: some Collection<UInt8>) -> [UInt8]? {
    guard begins(payload) else { return nil }
    return Array(payload.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") })
  }
}
