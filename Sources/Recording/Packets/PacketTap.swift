internal import Events
internal import Packets
internal import Posix
internal import Synchronization

/// A packet as it came, before anybody asked whose it is.
struct TappedPacket: Sendable {
  var wallTime: Int64
  var length: UInt32
  /// Of the batch's bytes.
  var captured: UInt32
  /// In its network namespace.
  var interface: UInt32
  var direction: UInt8
}

/// Packets of one network namespace, the oldest first.
struct PacketBatch: Sendable {
  var namespace: UInt64
  var packets: [TappedPacket] = []
  var bytes: [UInt8] = []
}

/// Takes packets off network namespaces, on a thread of its own.
///
/// One packet socket a namespace, opened by entering it. The socket keeps the namespace alive, so it is closed as soon as
/// the last container of it is gone.
final class PacketTap: Sendable {
  struct Settings: Sendable {
    var options: PacketOptions
    /// Likely secrets in what headers keep of HTTP become asterisks; of whole packets nothing does.
    var masksSecrets: Bool
    /// Memory in the kernel for each namespace, and how many there may be.
    var bufferSize: Int32
    var namespaceLimit: Int
    /// Bytes that may wait for the recorder.
    var queueLimit: Int
  }

  /// What happened to a namespace.
  enum Note: Sendable {
    /// Interfaces by number. Comes again when there are more.
    case interfaces(namespace: UInt64, [UInt32: String])
    case failed(namespace: UInt64, String)
    /// Packets that the kernel, or the way to the recorder, had no room for.
    case lost(namespace: UInt64, count: UInt64)
    /// Packets that went by in a new namespace before it was entered.
    case missed(namespace: UInt64, count: UInt64)
  }

  private struct State: Sendable {
    var orders: [Order] = []
    var batches: [PacketBatch] = []
    var waitingBytes = 0
    var notes: [Note] = []
    var isStopping = false
  }

  private enum Order: Sendable {
    case open(namespace: UInt64, path: String, isNew: Bool)
    case close(namespace: UInt64)
  }

  private let settings: Settings
  private let state = Mutex(State())
  private let bell: WakeUp
  /// Open when the thread has said which privileges it keeps.
  private let isReady: Gate

  init(_ settings: Settings) throws(SystemError) {
    self.settings = settings
    bell = try WakeUp()
    isReady = try Gate()
  }

  /// Starts the thread; returns once it has said which privileges it keeps.
  func start() throws(SystemError) -> WorkerThread {
    let thread = try WorkerThread(name: "packets") { [self] in
      try? Privileges.keepOnThisThread(.packetThread)
      isReady.open()
      run()
    }
    _ = isReady.wait()
    return thread
  }

  /// - Parameter isNew: It came while recording: what went by in it so far is missed.
  func open(_ namespace: UInt64, path: String, isNew: Bool) {
    order(.open(namespace: namespace, path: path, isNew: isNew))
  }

  func close(_ namespace: UInt64) { order(.close(namespace: namespace)) }

  func stop() {
    state.withLock { $0.isStopping = true }
    bell.ring()
  }

  /// What came since the last call.
  func take() -> (batches: [PacketBatch], notes: [Note]) {
    state.withLock { state in
      defer {
        state.batches = []
        state.notes = []
        state.waitingBytes = 0
      }
      return (state.batches, state.notes)
    }
  }

  /// Of the kernel's memory, for so many namespaces.
  func ringBytes(namespaces count: Int) -> Int { min(count, settings.namespaceLimit) * Int(settings.bufferSize) }

  var memoryInBytes: Int { state.withLock { $0.waitingBytes } }

  private func order(_ order: Order) {
    state.withLock { $0.orders.append(order) }
    bell.ring()
  }

  // MARK: - The thread's side

  /// Longer than the kernel keeps a block to itself.
  private static let patience = UInt64(PacketSource.blockAge + 30) * 1_000_000

  private func run() {
    guard let own = try? NetworkNamespace(at: "/proc/thread-self/ns/net"), let poll = try? Poll(),
      (try? poll.add(bell.number, token: 0)) != nil
    else { return }
    var sources: [UInt64: Tapped] = [:]
    var nextToken: UInt64 = 1
    var namespaces: [UInt64: UInt64] = [:]
    var nextCount = Clock.boot
    // Namespaces to let go, and when: what the kernel holds in a block that is not full comes a little later.
    var closing: [(namespace: UInt64, time: UInt64)] = []
    while true {
      let ready = (try? poll.wait(milliseconds: closing.isEmpty ? 1000 : 20)) ?? []
      if ready.contains(0) { bell.wait(milliseconds: 0) }
      let (orders, isStopping) = state.withLock { state in
        defer { state.orders = [] }
        return (state.orders, state.isStopping)
      }
      for order in orders {
        switch order {
        case .open(let namespace, let path, let isNew):
          closing.removeAll { $0.namespace == namespace }
          guard sources[namespace] == nil else { continue }
          guard
            let source = open(
              namespace, path, isNew: isNew, returningTo: own, count: sources.count)
          else { continue }
          guard (try? poll.add(source.source.descriptor, token: nextToken)) != nil else { continue }
          sources[namespace] = source
          namespaces[nextToken] = namespace
          nextToken += 1
        case .close(let namespace): closing.append((namespace, Clock.boot + Self.patience))
        }
      }
      for token in ready where token != 0 {
        if let namespace = namespaces[token], let source = sources[namespace] { drain(source, of: namespace) }
      }
      if isStopping { break }
      let now = Clock.boot
      for (namespace, time) in closing where time <= now {
        guard let source = sources.removeValue(forKey: namespace) else { continue }
        drain(source, of: namespace)
        count(source, of: namespace)
      }
      closing.removeAll { $0.time <= now }
      guard now >= nextCount else { continue }
      nextCount = now + 1_000_000_000
      for (namespace, source) in sources { count(source, of: namespace) }
      for source in sources.values where source.meetsUnknownInterfaces { name(source, returningTo: own) }
    }
    if !sources.isEmpty { bell.wait(milliseconds: Int32(Self.patience / 1_000_000)) }
    for (namespace, source) in sources {
      drain(source, of: namespace)
      count(source, of: namespace)
    }
  }

  /// A namespace's socket, and what is known of it.
  private final class Tapped {
    let source: PacketSource
    let path: String
    let namespace: UInt64
    var interfaces: Set<UInt32> = []
    var meetsUnknownInterfaces = false
    var dropped: UInt32 = 0
    var refused: UInt64 = 0

    init(_ source: PacketSource, path: String, namespace: UInt64) {
      self.source = source
      self.path = path
      self.namespace = namespace
    }
  }

  private func open(
    _ namespace: UInt64, _ path: String, isNew: Bool, returningTo own: borrowing NetworkNamespace, count: Int
  ) -> Tapped? {
    func fail(_ message: String) -> Tapped? {
      state.withLock { $0.notes.append(.failed(namespace: namespace, message)) }
      return nil
    }
    guard count < settings.namespaceLimit else {
      return fail("the memory for packets is enough for \(settings.namespaceLimit) network namespaces")
    }
    do throws(SystemError) {
      let place = try NetworkNamespace(at: path)
      // The process may be another by now.
      guard place.inode == namespace else { return nil }
      try place.enter()
    } catch { return fail("\(error)") }
    defer { try? own.enter() }
    let missed = isNew ? NetworkNamespace.packetCount() : 0
    if missed > 0 { state.withLock { $0.notes.append(.missed(namespace: namespace, count: missed)) } }
    let source: PacketSource
    do throws(PacketError) {
      source = try PacketSource(
        snapLength: Int32(settings.options.kernelLength), bufferSize: settings.bufferSize,
        filter: settings.options.filter)
    } catch { return fail("\(error)") }
    let tapped = Tapped(source, path: path, namespace: namespace)
    tell(NetworkNamespace.interfaces(), of: tapped)
    return tapped
  }

  /// Looks at the interfaces again: one came that was not there.
  private func name(_ tapped: Tapped, returningTo own: borrowing NetworkNamespace) {
    tapped.meetsUnknownInterfaces = false
    guard let place = try? NetworkNamespace(at: tapped.path), place.inode == tapped.namespace,
      (try? place.enter()) != nil
    else { return }
    tell(NetworkNamespace.interfaces(), of: tapped)
    try? own.enter()
  }

  private func tell(_ names: [UInt32: String], of tapped: Tapped) {
    tapped.interfaces.formUnion(names.keys)
    state.withLock { $0.notes.append(.interfaces(namespace: tapped.namespace, names)) }
  }

  private func drain(_ tapped: Tapped, of namespace: UInt64) {
    let trims = settings.options.mode == .headers
    while true {
      var batch = PacketBatch(namespace: namespace)
      let count =
        (try? tapped.source.read(limit: 2048) { packet in
          let trim = trims ? PacketTrim(packet.bytes) : nil
          let kept = trim?.length ?? packet.bytes.count
          guard packet.bytes.count >= PacketSource.headerLength else { return }
          let interface = packet.bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self).bigEndian
          if !tapped.interfaces.contains(interface) { tapped.meetsUnknownInterfaces = true }
          batch.packets.append(
            TappedPacket(
              wallTime: packet.wallTime, length: packet.length, captured: UInt32(kept), interface: interface,
              direction: packet.bytes[10]))
          let start = batch.bytes.count
          batch.bytes.append(contentsOf: packet.bytes[..<kept])
          guard let trim, settings.masksSecrets else { return }
          for secret in trim.secrets(in: packet.bytes) {
            for place in secret { batch.bytes[start + place] = UInt8(ascii: "*") }
          }
        }) ?? 0
      if !batch.packets.isEmpty { hand(over: batch, from: tapped) }
      if count < 2048 { return }
    }
  }

  private func hand(over batch: PacketBatch, from tapped: Tapped) {
    let size = batch.bytes.count + batch.packets.count * MemoryLayout<TappedPacket>.stride
    let isTaken = state.withLock { state in
      guard state.waitingBytes + size <= settings.queueLimit else { return false }
      state.waitingBytes += size
      state.batches.append(batch)
      return true
    }
    if !isTaken { tapped.refused += UInt64(batch.packets.count) }
  }

  private func count(_ tapped: Tapped, of namespace: UInt64) {
    let dropped = tapped.source.statistics().dropped
    let lost = UInt64(dropped &- tapped.dropped) + tapped.refused
    tapped.dropped = dropped
    tapped.refused = 0
    if lost > 0 { state.withLock { $0.notes.append(.lost(namespace: namespace, count: lost)) } }
  }
}

extension PacketOptions {
  /// What the kernel is asked for, the header that libpcap puts before each packet included. For headers it is as much as
  /// a TLS client's hello takes: what does not count of it is cut off by ``PacketTrim``.
  var kernelLength: Int {
    mode == .all ? min(max(snapLength, 64), Self.snapLimit) + PacketSource.headerLength : 2048
  }
}
