internal import CaptureFormat
internal import Events

/// Whose sockets the connections are, from what the probes tell of each socket on first sight. Bounded: the oldest go.
struct FlowTable {
  /// One end of a connection as its namespace sees it.
  struct Key: Hashable {
    var namespace: UInt32
    var transport: UInt8
    var local: NetworkEndpoint
    /// Nil of a socket that takes from everybody.
    var remote: NetworkEndpoint?
  }

  struct Owner: Hashable {
    var process: ProcessKey
    var container: ContainerKey
  }

  private var recent: [Key: Owner] = [:]
  private var older: [Key: Owner] = [:]
  /// Connects that failed: their sockets have no port any more.
  private var attempts: [Key: Attempt] = [:]
  private var olderAttempts: [Key: Attempt] = [:]
  private let half: Int

  private struct Attempt {
    /// Nil: several tried at once, and whose packet it is cannot be told.
    var owner: Owner?
    var from: UInt64
    var to: UInt64
  }

  /// How long after a connect came back its answer may come.
  private static let attemptLength: UInt64 = 1_000_000_000

  init(capacity: Int) { half = max(capacity / 2, 1) }

  var memoryInBytes: Int {
    (recent.capacity + older.capacity) * 112 + (attempts.capacity + olderAttempts.capacity) * 136
  }

  /// Notes whose a socket is.
  mutating func note(_ definition: FileDefinition, _ owner: Owner) {
    guard let namespace = definition.networkNamespace, let local = definition.local.flatMap(NetworkEndpoint.init),
      let transport = Self.transport(definition)
    else { return }
    insert(
      Key(
        namespace: namespace, transport: transport, local: local,
        remote: definition.remote.flatMap(NetworkEndpoint.init)),
      owner)
  }

  /// Notes who tried to connect, where no port is left that tells.
  ///
  /// - Parameters:
  ///   - definition: Of the socket.
  ///   - from: When connect was called, in nanoseconds since boot.
  mutating func noteAttempt(
    _ definition: FileDefinition, to remote: SocketAddress, _ owner: Owner, from: UInt64, to end: UInt64
  ) {
    guard let namespace = definition.networkNamespace, let transport = Self.transport(definition),
      let remote = NetworkEndpoint(remote)
    else { return }
    let key = Key(namespace: namespace, transport: transport, local: Self.nowhere, remote: remote)
    var attempt = Attempt(owner: owner, from: from, to: end + Self.attemptLength)
    if let known = attempts[key] ?? olderAttempts[key], known.to >= from {
      if known.owner != owner { attempt.owner = nil }
      attempt.from = min(attempt.from, known.from)
    }
    if attempts.updateValue(attempt, forKey: key) == nil, attempts.count >= max(half / 4, 1) {
      olderAttempts = attempts
      attempts = [:]
    }
  }

  private static let nowhere = NetworkEndpoint([UInt8](repeating: 0, count: 16), 0)

  /// Whose connect a packet is of that failed or was closed since.
  func attempt(namespace: UInt32, transport: UInt8, remote: NetworkEndpoint, at time: UInt64) -> Owner? {
    let key = Key(namespace: namespace, transport: transport, local: Self.nowhere, remote: remote)
    guard let attempt = attempts[key] ?? olderAttempts[key], time + Self.attemptLength / 100 >= attempt.from,
      time <= attempt.to
    else { return nil }
    return attempt.owner
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
  func owner(namespace: UInt32, transport: UInt8, local: NetworkEndpoint, remote: NetworkEndpoint) -> Owner? {
    find(Key(namespace: namespace, transport: transport, local: local, remote: remote))
      ?? find(Key(namespace: namespace, transport: transport, local: local.withoutAddress, remote: remote))
      ?? find(Key(namespace: namespace, transport: transport, local: local, remote: nil))
      ?? find(Key(namespace: namespace, transport: transport, local: local.withoutAddress, remote: nil))
  }

  private func find(_ key: Key) -> Owner? { recent[key] ?? older[key] }
}
