public import CaptureFormat
public import Events

/// Every connection of a boot's capture, from network events and packets, each told once for each of its ends that is in a
/// recorded container.
///
/// A socket's events and the packets between its ends in its network namespace are one connection. What only passes through
/// the host's namespace is left out where one of its ends is known.
public struct ConnectionList: Sendable {
  /// In the order in which they began.
  public private(set) var connections: [Connection] = []
  /// There are packets in the capture.
  public let hasPackets: Bool
  /// Packets of these containers were lost: their figures are the least that it can be.
  public private(set) var lossy: Set<ContainerKey> = []

  /// - Parameters:
  ///   - containers: Whose; nil is everybody's.
  ///   - filter: Connections one of whose events passes; of those that have none, whose process does.
  /// - Complexity: O(network events and packets): it reads their blocks.
  public init(
    of boot: CaptureBoot, containers: Set<ContainerKey>? = nil, filter: PreparedFilter? = nil
  ) throws(CaptureError) {
    let isWanted = { (entry: BlockEntry) in containers?.contains(entry.container) ?? true }
    var uses = SocketUses(boot.catalogue)
    let state = try WindowState(of: boot, containers: containers)
    for row in state.descriptors.values.flatMap({ $0 }) {
      uses.take(row, at: state.descriptorTime(row.container) ?? boot.span.first)
    }
    let entries = boot.directory.filter { entry in
      isWanted(entry) && SocketUses.kinds.contains { entry.kinds.mayContain($0) }
    }
    var traffic = NameTraffic()
    var merge = EventMerge(boot.sections, entries: entries) { $0.next(in: SocketUses.mask) }
    while let event = try merge.next() {
      uses.take(event)
      traffic.take(event)
    }
    var flows = PacketFlows()
    var packets = PacketMerge(boot.sections, isWanted: isWanted)
    while let packet = try packets.next() {
      flows.take(packet)
      traffic.take(packet)
    }
    let finished = flows.finished()
    hasPackets = boot.sections.contains { !$0.packetBlocks.isEmpty }
    connections = Self.join(uses, finished)
    let names = NameBook(traffic.transactions())
    for place in connections.indices where connections[place].name == nil {
      connections[place].name = names.name(
        of: connections[place].remote, in: connections[place].container,
        at: connections[place].opened ?? connections[place].last)
    }
    for loss in try boot.losses() where loss.lane == .packets && loss.count > 0 {
      if let container = loss.container { lossy.insert(container) } else { lossy.formUnion(boot.containers.map(\.key)) }
    }
    if let filter { try narrow(filter, boot, entries, containers) }
    connections.sort {
      ($0.opened ?? $0.first, $0.first, $0.container) < ($1.opened ?? $1.first, $1.first, $1.container)
    }
  }

  private mutating func narrow(
    _ filter: PreparedFilter, _ boot: CaptureBoot, _ entries: [BlockEntry], _ containers: Set<ContainerKey>?
  ) throws(CaptureError) {
    var passing = Set<SocketUse.SectionFile>()
    var merge = EventMerge(boot.sections, entries: entries.filter(filter.mayMatch)) { filter.advance($0) }
    while let event = try merge.next() {
      guard SocketUses.mask.contains(event.kind), let file = event.file(.file), file.type == .socket else { continue }
      passing.insert(.init(section: event.entry.section, file: file.id))
    }
    let history = try ProcessHistory(of: boot)
    connections = connections.filter { connection in
      if !connection.files.isEmpty { return !connection.files.isDisjoint(with: passing) }
      return connection.process.flatMap { history[$0] }.map(filter.matches) ?? false
    }
  }

  // MARK: Joining

  /// What a flow and a socket have in common.
  private struct Ends: Hashable {
    var namespace: UInt64
    var transport: UInt8
    var local: NetworkEndpoint
    var remote: NetworkEndpoint
  }

  private static func join(_ uses: SocketUses, _ flows: [PacketFlow]) -> [Connection] {
    var connections: [Connection] = []
    /// Sockets that wait for their packets, by their ends; the earliest first.
    var waiting: [Ends: [Int]] = [:]
    for use in uses.uses {
      // A peer that was named and never written to is no exchange.
      guard use.transport == PacketLayers.tcp || use.sent != nil || use.received != nil else { continue }
      if let ends = ends(of: use) { waiting[ends, default: []].append(connections.count) }
      connections.append(Connection(use))
    }
    var through: [PacketFlow] = []
    for flow in flows {
      let sides = [true, false].filter { $0 ? flow.sides.0.isHere : flow.sides.1.isHere }
      let places = flow.isForwarded ? [] : sides.map { take(flow, $0, from: &waiting, connections) }
      // Nobody's of the host: it may be only on its way.
      if flow.isForwarded || (flow.isOfUnknownHost && places.allSatisfy { $0 == nil }) {
        through.append(flow)
        continue
      }
      let found = places.compactMap { $0 }.first.map { connections[$0] }
      for (isFirst, place) in zip(sides, places) {
        if let place {
          connections[place].take(flow, isFirst: isFirst)
        } else if !flow.isLoopback || !isNobody(flow, isFirst, other: found) {
          connections.append(Connection(flow, isFirst: isFirst, listens: listens(flow, isFirst, uses)))
        }
      }
    }
    let known = Set(connections.flatMap(Self.pairs))
    for flow in through where !known.contains(Pair(flow.transport, flow.sides.0.end, flow.sides.1.end)) {
      let sides = flow.isForwarded ? [true] : [true, false].filter { $0 ? flow.sides.0.isHere : flow.sides.1.isHere }
      for isFirst in sides {
        connections.append(Connection(flow, isFirst: isFirst, listens: listens(flow, isFirst, uses)))
      }
    }
    return connections
  }

  private static func listens(_ flow: PacketFlow, _ isFirst: Bool, _ uses: SocketUses) -> Bool {
    let port = (isFirst ? flow.sides.0.end : flow.sides.1.end).port
    return uses.listeners.contains(
      .init(namespace: UInt32(truncatingIfNeeded: flow.namespace), transport: flow.transport, port: port))
  }

  /// Whether nobody is known to be at an end of what went over loopback, while somebody is at the other: a closed port.
  private static func isNobody(_ flow: PacketFlow, _ isFirst: Bool, other: Connection?) -> Bool {
    let (here, there) = isFirst ? (flow.sides.0, flow.sides.1) : (flow.sides.1, flow.sides.0)
    guard let process = other?.process ?? there.process else { return false }
    return here.process == nil || here.process == process
  }

  /// Two ends, whichever is which.
  private struct Pair: Hashable {
    var transport: UInt8
    var low: NetworkEndpoint
    var high: NetworkEndpoint
    init(_ transport: UInt8, _ one: NetworkEndpoint, _ other: NetworkEndpoint) {
      self.transport = transport
      low = min(one, other)
      high = max(one, other)
    }
  }

  /// The ends of a connection on both sides of a NAT, and on one side each.
  private static func pairs(of connection: Connection) -> [Pair] {
    let locals = [connection.local, connection.outsideLocal].compactMap { $0.flatMap(NetworkEndpoint.init) }
    let remotes = [connection.remote, connection.outsideRemote].compactMap { $0.flatMap(NetworkEndpoint.init) }
    return locals.flatMap { local in remotes.map { Pair(connection.transport, local, $0) } }
  }

  private static func ends(of use: SocketUse) -> Ends? {
    guard let namespace = use.namespace, let remote = use.remote else { return nil }
    // A connect that failed leaves no port behind: there the peer has to do.
    let local = use.local ?? NetworkEndpoint([UInt8](repeating: 0, count: 16), 0)
    return Ends(
      namespace: UInt64(namespace), transport: use.transport, local: local.isAny ? local.withoutAddress : local,
      remote: remote)
  }

  /// The socket that a flow is of.
  private static func take(
    _ flow: PacketFlow, _ isFirst: Bool, from waiting: inout [Ends: [Int]], _ connections: [Connection]
  ) -> Int? {
    let (local, remote) = isFirst ? (flow.sides.0.end, flow.sides.1.end) : (flow.sides.1.end, flow.sides.0.end)
    let nowhere = NetworkEndpoint([UInt8](repeating: 0, count: 16), 0)
    for end in [local, local.withoutAddress, nowhere] {
      let ends = Ends(namespace: flow.namespace, transport: flow.transport, local: end, remote: remote)
      guard var places = waiting[ends] else { continue }
      // Calls are told when they return, packets when they pass: the first that was not over before the flow began.
      let margin: UInt64 = 1_000_000_000
      guard
        let number = places.firstIndex(where: { place in
          let connection = connections[place]
          if end == nowhere, !isFirst || flow.establishedTime != nil { return false }
          return connection.last.nanoseconds + margin >= flow.first.nanoseconds
            && connection.first.nanoseconds <= flow.last.nanoseconds + margin
        })
      else { continue }
      defer { waiting[ends] = places }
      return places.remove(at: number)
    }
    return nil
  }
}
