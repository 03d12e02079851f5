internal import CaptureFormat
internal import Events

/// Whose sockets the connections are, from what the probes tell of each socket on first sight. Bounded: the oldest go.
struct FlowTable {
  /// One end of a connection as its namespace sees it.
  struct Key: Hashable {
    var namespace: UInt32
    var transport: UInt8
    var local: Endpoint
    /// Nil of a socket that takes from everybody.
    var remote: Endpoint?
  }

  /// An address in sixteen bytes, of IPv4 too, and a port.
  struct Endpoint: Hashable {
    var upper: UInt64 = 0
    var lower: UInt64 = 0
    var port: UInt16

    init?(_ address: SocketAddress) {
      switch address {
      case .ipv4(let bytes, let port): self.init(bytes, port)
      case .ipv6(let bytes, let port): self.init(bytes, port)
      case .unix, .other: return nil
      }
    }

    /// IPv4 addresses are those that IPv6 maps them to: a socket of either may hold them.
    init(_ bytes: some Collection<UInt8>, _ port: UInt16) {
      self.port = port
      if bytes.count == 4 {
        lower = bytes.reduce(0xFFFF) { $0 << 8 | UInt64($1) }
      } else {
        upper = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        lower = bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) }
      }
    }

    var isAny: Bool { upper == 0 && (lower == 0 || lower == 0xFFFF_0000_0000) }
    var withoutAddress: Endpoint { Endpoint([UInt8](repeating: 0, count: 16), port) }
  }

  struct Owner: Hashable {
    var process: ProcessKey
    var container: ContainerKey
  }

  private var recent: [Key: Owner] = [:]
  private var older: [Key: Owner] = [:]
  private let half: Int

  init(capacity: Int) { half = max(capacity / 2, 1) }

  var memoryInBytes: Int { (recent.capacity + older.capacity) * 112 }

  /// Notes whose a socket is.
  mutating func note(_ definition: FileDefinition, _ owner: Owner) {
    guard let namespace = definition.networkNamespace, let local = definition.local.flatMap(Endpoint.init),
      let transport = Self.transport(definition)
    else { return }
    insert(
      Key(namespace: namespace, transport: transport, local: local, remote: definition.remote.flatMap(Endpoint.init)),
      owner)
  }

  private static func transport(_ definition: FileDefinition) -> UInt8? {
    if let number = definition.networkProtocol, number == 6 || number == 17 { return UInt8(number) }
    return switch definition.socketType {
    case 1: 6
    case 2: 17
    default: nil
    }
  }

  private mutating func insert(_ key: Key, _ owner: Owner) {
    var key = key
    if key.local.isAny { key.local = key.local.withoutAddress }
    if recent.updateValue(owner, forKey: key) == nil, recent.count >= half {
      older = recent
      recent = [:]
    }
  }

  /// Whose a connection is; failing that whose the socket is that takes from everybody.
  func owner(namespace: UInt32, transport: UInt8, local: Endpoint, remote: Endpoint) -> Owner? {
    find(Key(namespace: namespace, transport: transport, local: local, remote: remote))
      ?? find(Key(namespace: namespace, transport: transport, local: local.withoutAddress, remote: remote))
      ?? find(Key(namespace: namespace, transport: transport, local: local, remote: nil))
      ?? find(Key(namespace: namespace, transport: transport, local: local.withoutAddress, remote: nil))
  }

  private func find(_ key: Key) -> Owner? { recent[key] ?? older[key] }
}
