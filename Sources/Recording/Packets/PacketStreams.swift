internal import CaptureFormat
internal import Events
internal import Posix

/// Brings packets to the containers that they are of, a batch at a time, and seals them into blocks.
///
/// Whose a packet is tells the socket at its end, as the probes know it; where none is known it is of the first container
/// of its network namespace, or of the host. Packets wait a moment before they are looked at: what the probes tell of a new
/// connection comes a little later than its first packet.
final class PacketStreams {
  private let tap: PacketTap
  private var thread: WorkerThread?
  private let assembler = BlockAssembler()
  private let seal: (SealedBlock) -> Void
  private var builders: [ContainerKey: PacketBlockBuilder] = [:]
  private var namespaces: [UInt64: Namespace] = [:]
  private var namespaceOfContainer: [ContainerKey: UInt64] = [:]
  /// Containers that are in the host's namespace: since when, and when that is looked at again.
  private var seenInHost: [ContainerKey: (first: UInt64, next: UInt64)] = [:]
  /// A packet of which it is not known whose it is is nobody's: only some of a namespace's processes are recorded.
  var needsOwner = false
  private var interfaces: [InterfaceKey: PacketInterface] = [:]
  private let hostNamespace: UInt64
  private let hostPath: String
  private var waiting: [(batch: PacketBatch, since: UInt64)] = []
  private var wallOffset: Int64 = 0
  private(set) var packetCount: UInt64 = 0
  /// What could not be captured and why: the first of them.
  private(set) var failures: [String] = []

  private struct Namespace {
    var owner: ContainerKey
    var containers: Set<ContainerKey>
  }

  private struct InterfaceKey: Hashable {
    var namespace: UInt64
    var index: UInt32
  }

  /// How long the probes are waited for.
  private static let failureLimit = 8
  private static let delay: UInt64 = 150_000_000

  init(_ settings: PacketTap.Settings, seal: @escaping (SealedBlock) -> Void) throws(SystemError) {
    tap = try PacketTap(settings)
    self.seal = seal
    // Some hosts let nobody look at their first process.
    let places = ["/proc/1/ns/net", "/proc/self/ns/net"].compactMap { path in
      (try? FileStatus(of: path)).map { (path, $0.inode) }
    }
    (hostPath, hostNamespace) = places.first ?? ("/proc/self/ns/net", 0)
    thread = try tap.start()
  }

  deinit {
    tap.stop()
    thread.take()?.join()
  }

  var memoryInBytes: Int {
    tap.memoryInBytes + waiting.reduce(0) { $0 + $1.batch.bytes.capacity + $1.batch.packets.capacity * 24 }
      + builders.values.reduce(0) { $0 + $1.memoryInBytes }
  }

  /// Of the kernel's memory.
  var ringBytes: Int { tap.ringBytes(namespaces: namespaces.values.count { !$0.containers.isEmpty }) }

  // MARK: Namespaces

  /// Captures in the host's network namespace.
  func addHost() { add(hostNamespace, of: .host, path: hostPath, isNew: false) }

  /// Captures in the namespace of a container's process, if it is not captured already.
  ///
  /// - Parameter isNew: The container came while recording.
  func add(_ container: ContainerKey, process pid: UInt32, _ now: UInt64, isNew: Bool) {
    let path = "/proc/\(pid)/ns/net"
    guard let namespace = try? FileStatus(of: path).inode, namespaceOfContainer[container] != namespace else { return }
    // What has not got its own yet shares the host's for a moment.
    if namespace == hostNamespace {
      let first = seenInHost[container]?.first ?? now
      let isForGood = now > first + 3_000_000_000
      seenInHost[container] = (first, isForGood ? now + 10_000_000_000 : now)
      // What shares it for good is told by its sockets.
      if isForGood { addHost() }
      return
    }
    seenInHost[container] = nil
    if let before = namespaceOfContainer[container] { leave(before, container) }
    namespaceOfContainer[container] = namespace
    add(namespace, of: container, path: path, isNew: isNew)
  }

  /// Whether it may have a namespace that is not known.
  func mayBeNew(_ container: ContainerKey, _ now: UInt64) -> Bool {
    namespaceOfContainer[container] == nil && (seenInHost[container].map { $0.next <= now } ?? true)
  }

  private func add(_ namespace: UInt64, of container: ContainerKey, path: String, isNew: Bool) {
    if namespaces[namespace]?.containers.isEmpty == false {
      namespaces[namespace]?.containers.insert(container)
      return
    }
    namespaces[namespace] = Namespace(owner: container, containers: [container])
    tap.open(namespace, path: path, isNew: isNew)
  }

  /// A container is gone: its namespace is let go with the last that is in it.
  func remove(_ container: ContainerKey) {
    seenInHost[container] = nil
    guard let namespace = namespaceOfContainer.removeValue(forKey: container) else { return }
    leave(namespace, container)
  }

  private func leave(_ namespace: UInt64, _ container: ContainerKey) {
    namespaces[namespace]?.containers.remove(container)
    guard namespaces[namespace]?.containers.isEmpty ?? false else { return }
    tap.close(namespace)
    // Its last packets are on their way: who owned it is forgotten with a later namespace of that number.
  }

  // MARK: Packets

  /// Files what waited long enough.
  ///
  /// - Parameters:
  ///   - wants: Whether a container's packets are recorded.
  ///   - describe: A container's name and a process's, for those who look with Wireshark.
  func run(
    _ now: UInt64, flows: FlowTable, wants: (ContainerKey) -> Bool,
    describe: (ContainerKey, ProcessKey?) -> [UInt8], lose: (LossRow) -> Void
  ) {
    wallOffset = Clock.real - Int64(Clock.boot)
    let (batches, notes) = tap.take()
    for note in notes { take(note, now, lose) }
    for batch in batches { waiting.append((batch, now)) }
    let due = waiting.firstIndex { $0.since + Self.delay > now } ?? waiting.count
    guard due > 0 else { return }
    var texts: [FlowTable.Owner?: [UInt8]] = [:]
    for (batch, _) in waiting[..<due] {
      file(batch, flows: flows, wants: wants) { container, process in
        let owner = process.map { FlowTable.Owner(process: $0, container: container) }
        if owner != nil, let known = texts[owner] { return known }
        let text = describe(container, process)
        if owner != nil { texts[owner] = text }
        return text
      }
    }
    waiting.removeSubrange(..<due)
  }

  private func take(_ note: PacketTap.Note, _ now: UInt64, _ lose: (LossRow) -> Void) {
    switch note {
    case .interfaces(let namespace, let names):
      for (index, name) in names { _ = interface(namespace, index, name: name) }
    case .failed(let namespace, let message):
      let owner = namespaces[namespace]?.owner
      if failures.count < Self.failureLimit {
        failures.append("packets of network namespace \(namespace) not captured: \(message)")
      }
      let time = BootTime(nanoseconds: now)
      lose(LossRow(cause: .notProbed, lane: .packets, container: owner, from: time, to: time, count: 1))
    case .missed(let namespace, let count):
      let time = BootTime(nanoseconds: now)
      lose(
        LossRow(
          cause: .lateTap, lane: .packets, container: namespaces[namespace]?.owner, from: time, to: time, count: count))
    case .lost(let namespace, let count):
      lose(
        LossRow(
          cause: .ringFull, lane: .packets, container: namespaces[namespace]?.owner,
          from: BootTime(nanoseconds: now - min(now, 1_000_000_000)), to: BootTime(nanoseconds: now), count: count))
    }
  }

  private func file(
    _ batch: PacketBatch, flows: FlowTable, wants: (ContainerKey) -> Bool,
    describe: (ContainerKey, ProcessKey?) -> [UInt8]
  ) {
    let owner = namespaces[batch.namespace]?.owner ?? .host
    batch.bytes.withUnsafeBytes { bytes in
      var start = 0
      for packet in batch.packets {
        let slice = UnsafeRawBufferPointer(rebasing: bytes[start..<(start + Int(packet.captured))])
        start += Int(packet.captured)
        let direction: PacketDirection = packet.direction == 4 ? .outbound : packet.direction < 4 ? .inbound : .unknown
        let time = BootTime(nanoseconds: UInt64(max(packet.wallTime - wallOffset, 0)))
        let socket = self.socket(
          of: slice, direction, namespace: UInt32(truncatingIfNeeded: batch.namespace), flows, at: time.nanoseconds)
        let container = socket?.container ?? owner
        guard wants(container), socket != nil || !needsOwner else { continue }
        let interface = interface(batch.namespace, packet.interface)
        var head = PacketHead(
          time: time, wallTime: packet.wallTime, interface: interface.number, direction: direction,
          length: packet.length, capturedLength: packet.captured)
        head.process = socket?.process
        let builder = builder(of: container)
        builder.append(head, slice, interface: interface, comment: describe(container, socket?.process))
        packetCount += 1
        if builder.isFull { seal(builder.seal()) }
      }
    }
  }

  private func socket(
    of packet: UnsafeRawBufferPointer, _ direction: PacketDirection, namespace: UInt32, _ flows: FlowTable,
    at time: UInt64
  ) -> FlowTable.Owner? {
    guard let layers = PacketLayers(packet) else { return nil }
    if let quoted = layers.quotedFlow(packet) {
      // An error is of the connection that it is about: it comes to who sent that, or goes back to it.
      let isOurs = direction == .outbound
      let (local, remote) = isOurs ? (quoted.destination, quoted.source) : (quoted.source, quoted.destination)
      return owner(namespace, quoted.transportProtocol, local, remote, flows, at: time)
    }
    guard let source = layers.sourcePort, let destination = layers.destinationPort else { return nil }
    let from = NetworkEndpoint(layers.source, source)
    let to = NetworkEndpoint(layers.destination, destination)
    let (local, remote) = direction == .outbound ? (from, to) : (to, from)
    return owner(namespace, layers.transportProtocol, local, remote, flows, at: time)
  }

  private func owner(
    _ namespace: UInt32, _ transport: UInt8, _ local: NetworkEndpoint, _ remote: NetworkEndpoint, _ flows: FlowTable,
    at time: UInt64
  ) -> FlowTable.Owner? {
    flows.owner(namespace: namespace, transport: transport, local: local, remote: remote)
      // Over loopback a packet is seen once, and both ends are here.
      ?? flows.owner(namespace: namespace, transport: transport, local: remote, remote: local)
      ?? flows.attempt(namespace: namespace, transport: transport, remote: remote, at: time)
      ?? flows.attempt(namespace: namespace, transport: transport, remote: local, at: time)
  }

  private func interface(_ namespace: UInt64, _ index: UInt32, name: String? = nil) -> PacketInterface {
    let key = InterfaceKey(namespace: namespace, index: index)
    if let known = interfaces[key] {
      if let name, known.name.isEmpty { interfaces[key]?.name = name }
      return interfaces[key] ?? known
    }
    let interface = PacketInterface(
      number: UInt32(interfaces.count + 1), index: index, name: name ?? "", namespace: namespace)
    interfaces[key] = interface
    return interface
  }

  private func builder(of container: ContainerKey) -> PacketBlockBuilder {
    if let known = builders[container] { return known }
    let builder = PacketBlockBuilder(container: container, assembler: assembler)
    builders[container] = builder
    return builder
  }

  // MARK: Sealing

  /// Seals what is older than the limit.
  func sealAged(now: UInt64, limit: (ContainerKey) -> UInt64) {
    for (container, builder) in builders {
      guard let first = builder.firstTime, first.nanoseconds + limit(container) < now else { continue }
      seal(builder.seal())
    }
  }

  func seal(_ container: ContainerKey) {
    if let builder = builders[container], !builder.isEmpty { seal(builder.seal()) }
  }

  func forget(_ container: ContainerKey) { builders[container] = nil }

  /// Takes the last packets.
  func end(
    flows: FlowTable, wants: (ContainerKey) -> Bool, describe: (ContainerKey, ProcessKey?) -> [UInt8],
    lose: (LossRow) -> Void
  ) {
    tap.stop()
    thread.take()?.join()
    run(Clock.boot, flows: flows, wants: wants, describe: describe, lose: lose)
    run(.max, flows: flows, wants: wants, describe: describe, lose: lose)
    for builder in builders.values.sorted(by: { $0.container < $1.container }) where !builder.isEmpty {
      seal(builder.seal())
    }
  }
}
