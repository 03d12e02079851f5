internal import CaptureFormat
internal import Events

/// What the events tell of one connection of a socket, or of what a socket of datagrams exchanged with one peer.
struct SocketUse {
  /// Which socket: the kernel's number of it.
  let inode: UInt64
  var container: ContainerKey
  var process: ProcessKey
  var namespace: UInt32?
  var transport: UInt8
  var local: NetworkEndpoint?
  var remote: NetworkEndpoint?
  var outsideLocal: SocketAddress?
  var outsideRemote: SocketAddress?
  /// The name by which the peer was looked up.
  var name: [UInt8]?
  /// Nil where neither connect nor accept was seen.
  var isIncoming: Bool?
  var first: BootTime
  var last: BootTime
  /// When the call that made it began to be known: connect's or accept's.
  var openedTime: BootTime?
  /// A descriptor of it was closed, and nothing came after.
  var closedTime: BootTime?
  /// 0, or the negative error; nil where that was not seen.
  var outcome: Int64?
  /// It was not connected when a connect that does not wait came back; why was not seen.
  var hasFailed = false
  /// The negative error that ended it after it was connected.
  var error: Int64?
  /// By the calls that transferred them. Nil: none were seen.
  var sent: UInt64?
  var received: UInt64?
  /// Some calls do not tell how much.
  var isCountUnsure = false
  var serverName: [UInt8]?
  var requestLine: [UInt8]?
  /// How many descriptors of it are known to be open.
  var holders = 0
  /// The ids that the events have of it, by section.
  var files: Set<SectionFile> = []

  struct SectionFile: Hashable, Sendable {
    var section: UInt32
    var file: FileID
  }
}

/// Follows the sockets of a capture through its events.
struct SocketUses {
  private(set) var uses: [SocketUse] = []
  /// Ports that somebody waits at, by network namespace and protocol.
  private(set) var listeners: Set<Listener> = []
  private var current: [Key: Int] = [:]
  /// Who has which of them open, as far as events say: a close tells no more than its number.
  private var held: [ProcessKey: [Int64: Int]] = [:]
  private let text: EventText
  /// Calls that were met, and whether they answer how many messages.
  private var messageCalls: [UInt32: Bool] = [:]

  struct Listener: Hashable {
    var namespace: UInt32
    var transport: UInt8
    var port: UInt16
  }

  /// A connection of a socket; with datagrams one for each peer.
  private struct Key: Hashable {
    var inode: UInt64
    var peer: NetworkEndpoint?
  }

  /// The kinds of events that tell of connections.
  static let kinds: [EventKind] = [
    .networkConnect, .networkOutcome, .networkAccept, .networkListen, .networkSend, .networkReceive, .networkShutdown,
    .fileRead, .fileWrite, .fileClose, .processExit,
  ]
  static let mask: KindMask = {
    var mask = KindMask()
    for kind in kinds { mask.insert(kind) }
    return mask
  }()

  init(_ catalogue: Catalogue) { text = EventText(catalogue) }

  /// Takes what was open when the window began.
  mutating func take(_ row: DescriptorRow, at time: BootTime) {
    guard let transport = row.file.transportProtocol else { return }
    if row.flags.contains(.listening) { return noteListener(row.file, transport) }
    guard let remote = row.file.remoteAddress.flatMap(NetworkEndpoint.init), remote.port != 0 else { return }
    let place = place(
      row.file, transport, remote, in: row.container, process: row.process, at: row.since ?? time, section: nil)
    uses[place].last = max(uses[place].last, time)
    uses[place].outcome = uses[place].outcome ?? (transport == PacketLayers.tcp ? 0 : nil)
  }

  private mutating func noteListener(_ file: BlockFile, _ transport: UInt8) {
    guard let namespace = file.networkNamespace, let port = file.localAddress?.port else { return }
    listeners.insert(Listener(namespace: namespace, transport: transport, port: port))
  }

  /// Takes the next event in the order of time.
  mutating func take(_ event: EventBlock) {
    let kind = event.kind
    if kind == .fileClose || kind == .processExit { return takeClose(event) }
    guard let file = event.file(.file), let transport = file.transportProtocol else { return }
    if kind == .networkListen { return noteListener(file, transport) }
    let named = event.address(.address).flatMap(NetworkEndpoint.init)
    let remote = named ?? file.remoteAddress.flatMap(NetworkEndpoint.init)
    switch kind {
    case .networkConnect: takeConnect(event, file, transport, remote)
    case .networkOutcome: takeOutcome(event, file, transport, remote)
    case .networkAccept:
      guard event.result >= 0, let remote else { return }
      current[Key(inode: file.inode, peer: nil)] = nil
      let place = place(of: event, file, transport, remote)
      uses[place].isIncoming = true
      uses[place].openedTime = event.time
      uses[place].outcome = 0
      takeOutside(event, place)
    case .networkSend, .networkReceive, .fileRead, .fileWrite: takeTransfer(event, file, transport, remote)
    case .networkShutdown:
      guard let place = current[Key(inode: file.inode, peer: transport == PacketLayers.tcp ? nil : remote)] else {
        return
      }
      uses[place].last = event.time
    default: break
    }
  }

  /// A descriptor is closed, or all of a process: the last that is known of ends the connection.
  private mutating func takeClose(_ event: EventBlock) {
    guard !held.isEmpty, held[event.process.key] != nil else { return }
    let process = event.process.key
    var places: [Int] = []
    if event.kind == .processExit {
      places = held.removeValue(forKey: process).map { Array($0.values) } ?? []
    } else if let descriptor = event.value(.descriptor), event.result == 0,
      let place = held[process]?.removeValue(forKey: descriptor)
    {
      places = [place]
    }
    for place in places {
      uses[place].holders -= 1
      guard uses[place].holders <= 0 else { continue }
      uses[place].closedTime = event.time
      uses[place].last = max(uses[place].last, event.time)
    }
  }

  private mutating func takeConnect(
    _ event: EventBlock, _ file: BlockFile, _ transport: UInt8, _ remote: NetworkEndpoint?
  ) {
    // With datagrams it only names whom to send to.
    guard transport == PacketLayers.tcp, let remote, remote.port != 0 else { return }
    // Asked again: EALREADY, EISCONN.
    let isQuestion = event.result == -114 || event.result == -106
    if !isQuestion, let known = current[Key(inode: file.inode, peer: nil)],
      uses[known].outcome != nil || uses[known].remote != remote
    {
      current[Key(inode: file.inode, peer: nil)] = nil
    }
    let place = place(of: event, file, transport, remote)
    // A call that waited is told when it returned.
    let waited = UInt64(max(event.value(.duration) ?? 0, 0))
    let begin = BootTime(nanoseconds: event.time.nanoseconds - min(waited, event.time.nanoseconds))
    uses[place].first = min(uses[place].first, begin)
    if uses[place].openedTime == nil { uses[place].openedTime = begin }
    uses[place].isIncoming = false
    uses[place].name = event.bytes(.addressName) ?? uses[place].name
    switch event.result {
    case 0: uses[place].outcome = 0
    case -115:
      // TCP_ESTABLISHED, TCP_CLOSE: it had its outcome when it came back.
      let state = event.value(.socketState)
      if state == 1 { uses[place].outcome = 0 } else if state == 7 { uses[place].hasFailed = true }
    case -114: break
    case -106: break
    case ..<0: if !event.flags.contains(.restarted) { uses[place].outcome = event.result }
    default: break
    }
    takeOutside(event, place)
  }

  private mutating func takeOutcome(
    _ event: EventBlock, _ file: BlockFile, _ transport: UInt8, _ remote: NetworkEndpoint?
  ) {
    guard transport == PacketLayers.tcp, let remote else { return }
    let place = place(of: event, file, transport, remote)
    uses[place].outcome = event.result
    uses[place].isIncoming = false
    takeOutside(event, place)
  }

  private mutating func takeOutside(_ event: EventBlock, _ place: Int) {
    uses[place].outsideLocal = event.address(.translatedLocal) ?? uses[place].outsideLocal
    uses[place].outsideRemote = event.address(.translatedRemote) ?? uses[place].outsideRemote
  }

  private mutating func takeTransfer(
    _ event: EventBlock, _ file: BlockFile, _ transport: UInt8, _ remote: NetworkEndpoint?
  ) {
    let isSending = event.kind == .networkSend || event.kind == .fileWrite
    guard let remote, remote.port != 0 || transport != PacketLayers.tcp else { return }
    if event.result < 0 {
      guard let place = current[Key(inode: file.inode, peer: transport == PacketLayers.tcp ? nil : remote)] else {
        return
      }
      // ECONNREFUSED, ECONNRESET, ETIMEDOUT, EPIPE, ENETUNREACH, EHOSTUNREACH.
      guard [-111, -104, -110, -32, -101, -113].contains(event.result) else { return }
      if uses[place].outcome == nil { uses[place].outcome = event.result }
      if uses[place].error == nil, uses[place].outcome != event.result { uses[place].error = event.result }
      uses[place].last = event.time
      return
    }
    let place = place(of: event, file, transport, remote)
    if transport != PacketLayers.tcp, uses[place].openedTime == nil { uses[place].openedTime = uses[place].first }
    // These answer how many messages, not how many bytes.
    let isCount = event.call.map { countsMessages($0) } ?? false
    let bytes = isCount ? UInt64(max(event.value(.payloadLength) ?? 0, 0)) : UInt64(event.result)
    if isCount { uses[place].isCountUnsure = true }
    if isSending {
      uses[place].sent = (uses[place].sent ?? 0) &+ bytes
    } else {
      uses[place].received = (uses[place].received ?? 0) &+ bytes
    }
    if uses[place].isIncoming == nil, transport != PacketLayers.tcp {
      // Who sends first began, unless it waited at a port that is its own.
      uses[place].isIncoming = !isSending
    }
    guard transport == PacketLayers.tcp, uses[place].serverName == nil, uses[place].requestLine == nil,
      let payload = event.bytes(.payload), payload.count >= 6
    else { return }
    if payload[0] == 22 {
      uses[place].serverName = TLSHello.serverName(payload)
    } else {
      uses[place].requestLine = HTTPLine.request(payload)
    }
  }

  private mutating func countsMessages(_ call: SystemCall) -> Bool {
    if let known = messageCalls[call.packed] { return known }
    let counts = text.name(of: call).contains("mmsg")
    messageCalls[call.packed] = counts
    return counts
  }

  private mutating func place(
    of event: EventBlock, _ file: BlockFile, _ transport: UInt8, _ remote: NetworkEndpoint
  ) -> Int {
    let place = place(
      file, transport, remote, in: event.entry.container, process: event.process.key, at: event.time,
      section: event.entry.section)
    uses[place].last = event.time
    uses[place].closedTime = nil
    let descriptor = event.kind == .networkAccept ? event.result : event.value(.descriptor) ?? -1
    guard descriptor >= 0 else { return place }
    let known = held[event.process.key, default: [:]].updateValue(place, forKey: descriptor)
    if known != place {
      uses[place].holders += 1
      if let known { uses[known].holders -= 1 }
    }
    return place
  }

  private mutating func place(
    _ file: BlockFile, _ transport: UInt8, _ remote: NetworkEndpoint, in container: ContainerKey, process: ProcessKey,
    at time: BootTime, section: UInt32?
  ) -> Int {
    // What has no ports has other numbers in their place.
    let hasPorts = transport == PacketLayers.tcp || transport == PacketLayers.udp
    let remote = hasPorts ? remote : remote.withoutPort
    let key = Key(inode: file.inode, peer: transport == PacketLayers.tcp ? nil : remote)
    let place = current[key] ?? uses.count
    if place == uses.count {
      uses.append(
        SocketUse(
          inode: file.inode, container: container, process: process, namespace: file.networkNamespace,
          transport: transport, first: time, last: time))
      current[key] = place
    }
    uses[place].remote = remote
    if let local = file.localAddress.flatMap(NetworkEndpoint.init), local.port != 0, uses[place].local?.isAny ?? true {
      uses[place].local = hasPorts ? local : local.withoutPort
    }
    if let section, file.id != .unknown { uses[place].files.insert(.init(section: section, file: file.id)) }
    return place
  }
}
