public import CaptureFormat
public import Events

/// One connection, or what two ends exchanged in datagrams, as one of the ends had it: joined from what calls and packets
/// tell of it.
public struct Connection: Sendable {
  public enum Direction: String, Sendable {
    case out, `in`
    /// It goes through the host between two others.
    case forwarded
    case unknown
  }

  /// How it went.
  public enum Result: Hashable, Sendable {
    /// Was connected, and ended in order.
    case closed
    /// Is connected as far as the capture goes.
    case open
    /// Was connected, and ended by a reset.
    case reset
    case refused
    case timedOut
    /// No answer came as far as the capture goes.
    case unanswered
    case unreachable
    /// The negative error of connect; nil where that was not seen.
    case failed(Int64?)
    /// Datagrams went both ways; or one way, which may be all that was meant.
    case answered, sent
    case unknown

    /// It never came to be.
    var isFailure: Bool {
      switch self {
      case .refused, .timedOut, .unanswered, .unreachable, .failed: true
      default: false
      }
    }
  }

  /// What one way carried.
  public struct Traffic: Hashable, Sendable {
    /// Content without headers: of TCP each byte once. Nil is unknown.
    public var bytes: UInt64?
    public var packets: UInt64?
    public var retransmissions: UInt64?
    public init(bytes: UInt64? = nil, packets: UInt64? = nil, retransmissions: UInt64? = nil) {
      self.bytes = bytes
      self.packets = packets
      self.retransmissions = retransmissions
    }
  }

  public var container: ContainerKey
  /// Nil is unknown.
  public var process: ProcessKey?
  /// Inode of the network namespace.
  public var namespace: UInt64?
  public var interface: PacketInterface?
  /// Number of the IP protocol.
  public var transport: UInt8
  public var direction: Direction
  public var local: SocketAddress?
  public var remote: SocketAddress?
  /// The same ends beyond a NAT, each nil where it is the same there or no NAT was seen.
  public var outsideLocal: SocketAddress?
  public var outsideRemote: SocketAddress?
  /// The first and the last that is known of it.
  public var first: BootTime
  public var last: BootTime
  /// Nil: before the recording.
  public var opened: BootTime?
  /// Nil: not that it was seen.
  public var closed: BootTime?
  public var sent = Traffic()
  public var received = Traffic()
  public var hasPackets = false
  /// Calls were seen that do not tell how much they transferred; bytes are counted by calls where there are no packets.
  public var isCountUnsure = false
  public var result: Result
  /// The name by which the peer was looked up.
  public var name: [UInt8]?
  /// The name that a TLS client asked for.
  public var serverName: [UInt8]?
  /// The first line of an HTTP request.
  public var requestLine: [UInt8]?
  /// Its socket in the events.
  public var inode: UInt64?
  var files: Set<SocketUse.SectionFile> = []

  /// Nil where an end is not known.
  public var communityID: String? {
    guard let local = local.flatMap(NetworkEndpoint.init), let remote = remote.flatMap(NetworkEndpoint.init),
      !local.isAny, transport == PacketLayers.tcp || transport == PacketLayers.udp, local.port != 0, remote.port != 0
    else { return nil }
    return CommunityID.text(transport: transport, local, remote)
  }
}

extension Connection {
  init(_ use: SocketUse) {
    container = use.container
    process = use.process
    namespace = use.namespace.map { UInt64($0) }
    transport = use.transport
    direction = use.isIncoming.map { $0 ? .in : .out } ?? .unknown
    local = use.local?.address
    remote = use.remote?.address
    outsideLocal = use.outsideLocal
    outsideRemote = use.outsideRemote
    first = use.first
    last = use.last
    opened = use.openedTime
    closed = use.closedTime
    // What a datagram's calls did not transfer was not seen to be transferred.
    sent = Traffic(bytes: use.sent)
    received = Traffic(bytes: use.received)
    isCountUnsure = use.isCountUnsure
    name = use.name
    serverName = use.serverName
    requestLine = use.requestLine
    inode = use.inode
    files = use.files
    result = Self.result(use)
  }

  private static func result(_ use: SocketUse) -> Result {
    guard use.transport == PacketLayers.tcp else {
      if use.outcome == -111 { return .refused }
      return use.sent != nil && use.received != nil ? .answered : .sent
    }
    switch use.outcome {
    case 0: return use.error == -104 ? .reset : use.error == -110 ? .timedOut : use.closedTime != nil ? .closed : .open
    case let error? where use.sent == nil && use.received == nil: return failure(error)
    case nil where use.hasFailed: return .failed(nil)
    case nil where use.sent == nil && use.received == nil:
      return use.openedTime != nil && use.isIncoming == false && use.closedTime == nil ? .unanswered : .unknown
    // It was connected before the recording.
    default: return use.outcome == -104 ? .reset : use.closedTime != nil ? .closed : .open
    }
  }

  private static func failure(_ error: Int64) -> Result {
    switch error {
    case -111: .refused
    case -110: .timedOut
    case -104: .reset
    case -101, -113: .unreachable
    default: .failed(error)
    }
  }

  /// A connection of which only packets tell.
  ///
  /// - Parameter isFirst: The end that began is this one.
  init(_ flow: PacketFlow, isFirst: Bool, listens: Bool) {
    let here = isFirst ? flow.sides.0 : flow.sides.1
    container = here.container
    process = here.process
    transport = flow.transport
    direction = flow.isForwarded ? .forwarded : flow.hasBegin ? (isFirst ? .out : .in) : listens ? .in : .unknown
    first = flow.first
    last = flow.last
    result = .unknown
    take(flow, isFirst: isFirst)
  }

  /// Adds what packets tell.
  mutating func take(_ flow: PacketFlow, isFirst: Bool) {
    let (here, there) = isFirst ? (flow.sides.0, flow.sides.1) : (flow.sides.1, flow.sides.0)
    hasPackets = true
    namespace = flow.namespace
    interface = flow.interface
    local = here.end.address
    remote = there.end.address
    process = process ?? here.process
    first = min(first, flow.first)
    last = max(last, flow.last)
    if direction == .unknown, flow.hasBegin { direction = isFirst ? .out : .in }
    if flow.hasBegin { opened = flow.first }
    // Over loopback each end's container has the packets that came to it: of the others only the calls tell.
    if !flow.isLoopback || here.packets > 0 { sent = traffic(here) }
    if !flow.isLoopback || there.packets > 0 { received = traffic(there) }
    serverName = flow.serverName ?? serverName
    requestLine = flow.requestLine ?? requestLine
    takeResult(flow, here, there)
  }

  private func traffic(_ side: PacketFlow.Side) -> Traffic {
    Traffic(
      bytes: side.bytes, packets: side.packets,
      retransmissions: transport == PacketLayers.tcp ? side.tcp?.retransmissions ?? 0 : nil)
  }

  private mutating func takeResult(_ flow: PacketFlow, _ here: PacketFlow.Side, _ there: PacketFlow.Side) {
    guard flow.transport == PacketLayers.tcp else {
      if flow.unreachable == .port {
        result = .refused
      } else if flow.unreachable != nil, here.packets == 0 || there.packets == 0 {
        result = .unreachable
      } else {
        result = here.packets > 0 && there.packets > 0 ? .answered : .sent
      }
      return
    }
    let wasConnected = flow.establishedTime != nil || (!flow.hasBegin && !result.isFailure)
    let reset = [here.resetTime, there.resetTime].compactMap { $0 }.min()
    let isFinished = here.finTime != nil && there.finTime != nil
    if let end = isFinished ? max(here.finTime!, there.finTime!) : reset { closed = max(end, flow.first) }
    if !flow.hasBegin, !wasConnected { return }
    if !wasConnected {
      if reset != nil {
        result = .refused
      } else if flow.unreachable != nil {
        result = .unreachable
      } else if ![.timedOut, .unreachable, .refused].contains(result) {
        result = .unanswered
      }
    } else if reset != nil, !isFinished {
      result = .reset
    } else if isFinished {
      result = .closed
    } else if result != .timedOut && result != .reset {
      result = .open
      closed = nil
    }
  }
}
