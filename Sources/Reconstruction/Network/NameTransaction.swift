public import CaptureFormat
public import Events
public import NameService

/// A question to a name server and what became of it, as one of the two ends had it.
public struct NameTransaction: Sendable {
  /// Where a message was seen.
  public enum Witness: Int, CaseIterable, Sendable {
    case events, packets
  }

  /// What one witness saw of it.
  struct Sight: Sendable {
    var queries = 0
    var asked: BootTime?
    var answered: BootTime?
  }

  public var container: ContainerKey
  /// The container's process was asked; otherwise it asked.
  public var isServer: Bool
  /// Who asked and who was asked, as far as that is known.
  public var client: ProcessKey?
  public var server: ProcessKey?
  public var serverAddress: SocketAddress?
  public var clientAddress: SocketAddress?
  /// Number of the IP protocol; nil is unknown.
  public var transport: UInt8?
  public var id: UInt16
  public var question: NameMessage.Question
  public var answer: NameMessage?
  var sights = [Sight](repeating: Sight(), count: Witness.allCases.count)

  /// How often the question was sent; 0: that was not seen.
  public var attempts: Int { sights.map(\.queries).max() ?? 0 }
  public var asked: BootTime? { sights.compactMap(\.asked).min() }
  public var answered: BootTime? { sights.compactMap(\.answered).min() }
  /// The first that is known of it.
  public var time: BootTime { asked ?? answered ?? BootTime(nanoseconds: 0) }
  public var witnesses: [Witness] {
    Witness.allCases.filter { sights[$0.rawValue].asked != nil || sights[$0.rawValue].answered != nil }
  }

  /// From the first question to the answer, in nanoseconds: by the packets where both were seen, else by the calls' ends.
  public var duration: UInt64? {
    for witness in [Witness.packets, .events] {
      if let asked = sights[witness.rawValue].asked, let answered = sights[witness.rawValue].answered {
        return answered.nanoseconds - min(asked.nanoseconds, answered.nanoseconds)
      }
    }
    guard let asked, let answered else { return nil }
    return answered.nanoseconds - min(asked.nanoseconds, answered.nanoseconds)
  }
}

/// Finds questions to name servers and their answers in events and packets, each told once though both saw it.
struct NameTraffic {
  /// One message as one witness saw it.
  private struct Sighting {
    var time: BootTime
    var witness: NameTransaction.Witness
    var key: Key
    var message: NameMessage
    var client: ProcessKey?
    var server: ProcessKey?
    var clientAddress: SocketAddress?
    var serverAddress: SocketAddress?
    var transport: UInt8?
  }

  private struct Key: Hashable {
    var container: ContainerKey
    var isServer: Bool
    var id: UInt16
    var question: NameMessage.Question
  }

  /// A question that is asked again after this is another one.
  private static let patience: UInt64 = 30_000_000_000
  /// By how much a call may return after its packet passed.
  private static let lateness: UInt64 = 2_000_000_000

  private var sightings: [Sighting] = []

  /// The kinds of events that carry messages.
  static let kinds: [EventKind] = [.networkSend, .networkReceive, .fileRead, .fileWrite]
  static let mask: KindMask = {
    var mask = KindMask()
    for kind in kinds { mask.insert(kind) }
    return mask
  }()

  mutating func take(_ event: EventBlock) {
    guard Self.mask.contains(event.kind), event.result > 0, let file = event.file(.file), file.type == .socket,
      let payload = event.bytes(.payload), let lookup = NameLookup(event, payload),
      let question = lookup.message.question
    else { return }
    let isSent = event.kind == .networkSend || event.kind == .fileWrite
    let (local, remote) = (file.localAddress, event.address(.address) ?? file.remoteAddress)
    // Who asks sends questions and gets answers.
    let isServer = isSent == lookup.message.isResponse
    sightings.append(
      Sighting(
        time: event.time, witness: .events,
        key: Key(container: event.entry.container, isServer: isServer, id: lookup.message.id, question: question),
        message: lookup.message, client: isServer ? nil : event.process.key, server: isServer ? event.process.key : nil,
        clientAddress: isServer ? remote : local, serverAddress: isServer ? local : remote,
        transport: file.transportProtocol))
  }

  mutating func take(_ packet: CapturedPacket) {
    packet.bytes.withUnsafeBytes { bytes in
      guard let layers = PacketLayers(bytes), layers.hasPort(53), let transport = layers.transport,
        let source = layers.sourcePort, let destination = layers.destinationPort,
        let message = NameMessage(packet: bytes, transport.upperBound), let question = message.question
      else { return }
      let ends = (
        NetworkEndpoint(layers.source, source).address, NetworkEndpoint(layers.destination, destination).address
      )
      // Over loopback a packet is seen coming in alone, and both ends are here.
      let isLoopback = packet.interface?.name == "lo"
      let isSent = packet.direction == .outbound
      let isServer = !isLoopback && isSent == message.isResponse
      let isOfClient = isLoopback ? message.isResponse : !isServer
      sightings.append(
        Sighting(
          time: packet.time, witness: .packets,
          key: Key(container: packet.container, isServer: isServer, id: message.id, question: question),
          message: message, client: isOfClient ? packet.process : nil, server: isOfClient ? nil : packet.process,
          clientAddress: message.isResponse ? ends.1 : ends.0, serverAddress: message.isResponse ? ends.0 : ends.1,
          transport: layers.transportProtocol))
    }
  }

  /// In the order of time.
  func transactions() -> [NameTransaction] {
    var result: [NameTransaction] = []
    var latest: [Key: Int] = [:]
    for sighting in sightings.sorted(by: { $0.time < $1.time }) {
      let known = latest[sighting.key].flatMap { Self.isPart(sighting, of: result[$0]) ? $0 : nil }
      let place = known ?? result.count
      if known == nil {
        result.append(
          NameTransaction(
            container: sighting.key.container, isServer: sighting.key.isServer, id: sighting.key.id,
            question: sighting.key.question))
        latest[sighting.key] = place
      }
      Self.add(sighting, to: &result[place])
    }
    return result.sorted { $0.time < $1.time }
  }

  private static func isPart(_ sighting: Sighting, of known: NameTransaction) -> Bool {
    let sight = known.sights[sighting.witness.rawValue]
    let time = sighting.time.nanoseconds
    if sighting.message.isResponse { return known.time.nanoseconds + patience > time }
    // The other witness has seen it already, or nobody has answered yet.
    let isSeen = sight.queries < known.attempts && known.time.nanoseconds + lateness > time
    return isSeen || (known.answer == nil && known.time.nanoseconds + patience > time)
  }

  private static func add(_ sighting: Sighting, to known: inout NameTransaction) {
    let witness = sighting.witness.rawValue
    if sighting.message.isResponse {
      if known.sights[witness].answered == nil { known.sights[witness].answered = sighting.time }
      // One that was cut gives way to a whole one.
      if known.answer.map({ $0.isCut && !sighting.message.isCut }) ?? true { known.answer = sighting.message }
    } else {
      known.sights[witness].queries += 1
      if known.sights[witness].asked == nil { known.sights[witness].asked = sighting.time }
    }
    known.client = known.client ?? sighting.client
    known.server = known.server ?? sighting.server
    known.transport = known.transport ?? sighting.transport
    // A socket that takes from everybody does not know its own address; a packet does.
    func better(_ old: SocketAddress?, _ new: SocketAddress?) -> SocketAddress? {
      guard let end = old.flatMap(NetworkEndpoint.init), !end.isAny, end.port != 0 else { return new ?? old }
      return old
    }
    known.clientAddress = better(known.clientAddress, sighting.clientAddress)
    known.serverAddress = better(known.serverAddress, sighting.serverAddress)
  }
}

extension NameMessage {
  /// The message behind a packet's transport header.
  fileprivate init?(packet: UnsafeRawBufferPointer, _ start: Int) {
    guard start < packet.count else { return nil }
    self.init(Array(packet[start...]).span.bytes)
  }
}

/// By which name a container last looked an address up.
struct NameBook {
  private struct Entry {
    var time: BootTime
    var name: [UInt8]
  }

  private struct Key: Hashable {
    var container: ContainerKey
    var address: NetworkEndpoint
  }

  private var entries: [Key: [Entry]] = [:]

  init(_ transactions: [NameTransaction]) {
    for transaction in transactions where !transaction.isServer {
      guard let answer = transaction.answer, let time = transaction.answered else { continue }
      for (address, name) in answer.addresses {
        let key = Key(container: transaction.container, address: NetworkEndpoint(address, 0))
        entries[key, default: []].append(Entry(time: time, name: name))
      }
    }
  }

  /// The last name before `time`. Nil: it was not looked up, as far as was seen.
  func name(of address: SocketAddress?, in container: ContainerKey, at time: BootTime) -> [UInt8]? {
    guard let end = address.flatMap(NetworkEndpoint.init),
      let known = entries[Key(container: container, address: end.withoutPort)]
    else { return nil }
    return known.last { $0.time <= time }?.name
  }
}

extension CaptureBoot {
  /// Every question to a name server, from events and packets, in the order of time.
  ///
  /// - Parameter containers: Whose; nil is everybody's.
  /// - Complexity: O(transfers and packets): it reads their blocks.
  public func nameTransactions(
    containers: Set<ContainerKey>? = nil, filter: PreparedFilter? = nil
  ) throws(CaptureError) -> [NameTransaction] {
    let isWanted = { (entry: BlockEntry) in containers?.contains(entry.container) ?? true }
    let entries = directory.filter { entry in
      isWanted(entry) && NameTraffic.kinds.contains { entry.kinds.mayContain($0) } && (filter?.mayMatch(entry) ?? true)
    }
    var traffic = NameTraffic()
    var merge = EventMerge(sections, entries: entries) { block in
      filter.map { $0.advance(block) } ?? block.next(in: NameTraffic.mask)
    }
    while let event = try merge.next() { traffic.take(event) }
    let history = try filter.map { _ throws(CaptureError) in try ProcessHistory(of: self) }
    var packets = PacketMerge(sections, isWanted: isWanted)
    while let packet = try packets.next() {
      // A packet has no event's fields: its process speaks for it.
      if let filter, let history {
        guard let row = packet.process.flatMap({ history[$0] }), filter.matches(row) else { continue }
      }
      traffic.take(packet)
    }
    return traffic.transactions()
  }
}
