internal import CaptureFormat
internal import Events

/// What the packets of one interface tell of a flow: of a TCP connection from its SYN on, of anything else of all that went
/// between two ends.
struct PacketFlow {
  /// One of the two ends.
  struct Side {
    let end: NetworkEndpoint
    var packets: UInt64 = 0
    /// Bytes behind the transport header: of TCP each once.
    var bytes: UInt64 { tcp?.bytes ?? datagramBytes }
    var tcp: SequenceSpace?
    var datagramBytes: UInt64 = 0
    /// The end is in the namespace that the packets were taken in.
    var isHere = false
    /// Whose socket it is.
    var process: ProcessKey?
    var container: ContainerKey
    /// Number that its SYN had.
    var synNumber: UInt32?
    var finTime: BootTime?
    var resetTime: BootTime?

    init(_ end: NetworkEndpoint, _ container: ContainerKey) {
      self.end = end
      self.container = container
    }
  }

  let namespace: UInt64
  let interface: PacketInterface?
  let transport: UInt8
  /// The end that began stands first; where that was not seen, the sender of the first packet.
  var sides: (Side, Side)
  /// The one that began is known to have.
  var hasBegin = false
  var first: BootTime
  var last: BootTime
  var establishedTime: BootTime?
  /// An answer that says why nothing gets through.
  var unreachable: Unreachable?
  /// Name that a TLS client asked for, first line of an HTTP request.
  var serverName: [UInt8]?
  var requestLine: [UInt8]?
  /// Packets in both directions, of one direction came in at this interface and went out at another.
  var isForwarded = false

  enum Unreachable: Sendable {
    case port
    case other
  }

  var packets: UInt64 { sides.0.packets + sides.1.packets }
  /// Both ends are here, and each packet is seen once: when it comes in.
  var isLoopback: Bool { interface?.name == "lo" }
  var isOfUnknownHost: Bool {
    sides.0.container == .host && sides.1.container == .host && sides.0.process == nil && sides.1.process == nil
  }
}

/// Sorts the packets of a capture into flows.
struct PacketFlows {
  private(set) var flows: [PacketFlow] = []
  private var current: [Key: Int] = [:]

  private struct Key: Hashable {
    var namespace: UInt64
    var interface: UInt32
    var transport: UInt8
    var low: NetworkEndpoint
    var high: NetworkEndpoint

    init(_ packet: CapturedPacket, _ transport: UInt8, _ one: NetworkEndpoint, _ other: NetworkEndpoint) {
      namespace = packet.interface?.namespace ?? 0
      interface = packet.interface?.number ?? 0
      self.transport = transport
      low = min(one, other)
      high = max(one, other)
    }
  }

  /// Takes the next packet in the order of time.
  mutating func take(_ packet: CapturedPacket) {
    packet.bytes.withUnsafeBytes { bytes in
      guard let layers = PacketLayers(bytes), !layers.source.isEmpty, let transport = layers.transport else { return }
      switch layers.transportProtocol {
      case PacketLayers.tcp, PacketLayers.udp:
        guard let source = layers.sourcePort, let destination = layers.destinationPort else { return }
        take(
          packet, layers, bytes, from: NetworkEndpoint(layers.source, source),
          to: NetworkEndpoint(layers.destination, destination))
      case PacketLayers.icmp, PacketLayers.icmp6:
        takeControl(packet, layers, bytes, type: bytes[transport.lowerBound])
      default:
        take(packet, layers, bytes, from: NetworkEndpoint(layers.source, 0), to: NetworkEndpoint(layers.destination, 0))
      }
    }
  }

  private mutating func take(
    _ packet: CapturedPacket, _ layers: PacketLayers, _ bytes: UnsafeRawBufferPointer, from: NetworkEndpoint,
    to: NetworkEndpoint
  ) {
    let key = Key(packet, layers.transportProtocol, from, to)
    let flags = layers.transportProtocol == PacketLayers.tcp ? bytes[layers.network.upperBound + 13] : 0
    var number = current[key]
    if let known = number, flags & 0x12 == 0x02, beginsAnew(flows[known], from, sequence(layers, bytes)) {
      number = nil
    }
    let place = number ?? flows.count
    if number == nil {
      flows.append(
        PacketFlow(
          namespace: key.namespace, interface: packet.interface, transport: key.transport,
          sides: (.init(from, packet.container), .init(to, packet.container)), first: packet.time, last: packet.time))
      current[key] = place
    }
    flows[place].take(packet, layers, bytes, from: from, flags: flags)
  }

  /// A SYN on ends that had a connection before.
  private func beginsAnew(_ flow: PacketFlow, _ from: NetworkEndpoint, _ sequence: UInt32) -> Bool {
    let side = flow.sides.0.end == from ? flow.sides.0 : flow.sides.1
    return side.synNumber != sequence
  }

  private func sequence(_ layers: PacketLayers, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
    bytes.loadUnaligned(fromByteOffset: layers.network.upperBound + 4, as: UInt32.self).bigEndian
  }

  /// Echoes are a flow; errors are about one.
  private mutating func takeControl(
    _ packet: CapturedPacket, _ layers: PacketLayers, _ bytes: UnsafeRawBufferPointer, type: UInt8
  ) {
    let isOld = layers.transportProtocol == PacketLayers.icmp
    if isOld ? type == 8 || type == 0 : type == 128 || type == 129 {
      return take(
        packet, layers, bytes, from: NetworkEndpoint(layers.source, 0), to: NetworkEndpoint(layers.destination, 0))
    }
    guard let quoted = layers.quotedFlow(bytes), quoted.isUnreachable,
      let place = current[Key(packet, quoted.transportProtocol, quoted.source, quoted.destination)]
    else { return }
    flows[place].unreachable = quoted.isPortUnreachable ? .port : .other
    flows[place].last = max(flows[place].last, packet.time)
  }

  /// The flows, each of a namespace once: of an interface and the bridge behind it the one that saw more.
  func finished() -> [PacketFlow] {
    struct Ends: Hashable {
      var namespace: UInt64
      var transport: UInt8
      var low: NetworkEndpoint
      var high: NetworkEndpoint
    }
    let groups = Dictionary(grouping: flows.indices) { place in
      let flow = flows[place]
      return Ends(
        namespace: flow.namespace, transport: flow.transport, low: min(flow.sides.0.end, flow.sides.1.end),
        high: max(flow.sides.0.end, flow.sides.1.end))
    }
    var result: [PacketFlow] = []
    for places in groups.values {
      let interfaces = Dictionary(grouping: places) { flows[$0].interface?.number ?? 0 }.values.sorted {
        (sum($0), $1[0]) > (sum($1), $0[0])
      }
      guard let most = interfaces.first else { continue }
      // In at one and out at another: it goes through.
      let isForwarded = interfaces.dropFirst().contains { others in
        let (one, other) = (flows[most[0]], flows[others[0]])
        let same = other.sides.0.end == one.sides.0.end ? other.sides.0 : other.sides.1
        return same.packets > 0 && one.sides.0.packets > 0 && same.isHere != one.sides.0.isHere
      }
      for place in most {
        var flow = flows[place]
        flow.isForwarded = isForwarded && flow.sides.0.process == nil && flow.sides.1.process == nil
        result.append(flow)
      }
    }
    return result.sorted { ($0.first, $0.sides.0.end, $0.sides.1.end) < ($1.first, $1.sides.0.end, $1.sides.1.end) }
  }

  private func sum(_ places: [Int]) -> UInt64 { places.reduce(0) { $0 + flows[$1].packets } }
}

extension PacketFlow {
  fileprivate mutating func take(
    _ packet: CapturedPacket, _ layers: PacketLayers, _ bytes: UnsafeRawBufferPointer, from: NetworkEndpoint,
    flags: UInt8
  ) {
    last = max(last, packet.time)
    var (sender, receiver) = from == sides.0.end ? (sides.0, sides.1) : (sides.1, sides.0)
    let isFirst = from == sides.0.end
    sender.packets += 1
    if isLoopback { sender.isHere = true }
    if packet.direction == .outbound {
      note(packet, &sender)
    } else if packet.direction == .inbound {
      note(packet, &receiver)
    }
    if transport == PacketLayers.tcp {
      takeSegment(packet, layers, bytes, flags, &sender, receiver)
    } else {
      sender.datagramBytes += UInt64(max(layers.payloadLength, 0))
      if transport == PacketLayers.udp, packets == 0 { hasBegin = true }
    }
    sides = isFirst ? (sender, receiver) : (receiver, sender)
    // Whoever sends SYN alone began, though an answer was seen before it.
    if transport == PacketLayers.tcp, flags & 0x12 == 0x02, !hasBegin {
      hasBegin = true
      if !isFirst { sides = (sides.1, sides.0) }
    }
  }

  private func note(_ packet: CapturedPacket, _ side: inout Side) {
    side.isHere = true
    guard let process = packet.process, side.process == nil else { return }
    side.process = process
    side.container = packet.container
  }

  private mutating func takeSegment(
    _ packet: CapturedPacket, _ layers: PacketLayers, _ bytes: UnsafeRawBufferPointer, _ flags: UInt8,
    _ sender: inout Side, _ receiver: Side
  ) {
    let (isFin, isSyn, isReset, isAck) = (flags & 1 != 0, flags & 2 != 0, flags & 4 != 0, flags & 16 != 0)
    if isReset {
      if sender.resetTime == nil { sender.resetTime = packet.time }
      return
    }
    let sequence = bytes.loadUnaligned(fromByteOffset: layers.network.upperBound + 4, as: UInt32.self).bigEndian
    var space = sender.tcp ?? SequenceSpace()
    space.take(sequence, length: layers.payloadLength, flags: (isSyn ? 1 : 0) + (isFin ? 1 : 0), at: packet.time)
    sender.tcp = space
    if isSyn, sender.synNumber == nil { sender.synNumber = sequence }
    if isSyn, isAck, establishedTime == nil { establishedTime = packet.time }
    if isFin, sender.finTime == nil { sender.finTime = packet.time }
    guard layers.payloadLength > 0, serverName == nil, requestLine == nil, let transport = layers.transport else {
      return
    }
    let content = bytes[transport.upperBound...]
    if content.first == 22 {
      serverName = TLSHello.serverName(Array(content))
    } else {
      requestLine = HTTPLine.request(content)
    }
  }
}
