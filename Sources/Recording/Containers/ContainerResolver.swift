public import Events
internal import Posix

/// Says which container a cgroup or a mount namespace belongs to, and what that container is.
///
/// **Which container.** From the leaf upwards, the nearest container that this host knows. A cgroup whose form is a
/// container's counts as one at once when it lies in no other; inside a known container (docker or systemd in a container)
/// it counts to that one, unless an engine of this host describes it and the runtime's state file points at that very path. A cgroup with an arbitrary name (ctr, runc)
/// counts as a container from the moment a bundle or a state file of this host points at it; until then it is of what it
/// lies in. Monitors (conmon) are of what they lie in.
///
/// **Incarnations.** A container that is stopped and started again keeps its key when its id is a number that is never
/// issued twice; one whose id is a name gets a new key. Keys are never used again.
///
/// **Forgetting.** A container that is long gone is kept until ``forget(containersEndedBefore:keeping:)``. Mount namespaces
/// are different: the kernel gives a dead one's number to the next, so a container's are let go with its last cgroup.
///
/// Used from one thread. Files are read on another: call ``drainResolved()`` now and then.
public final class ContainerResolver {
  public let hierarchy: CgroupHierarchy
  /// Every container that was seen and not forgotten, by key.
  ///
  /// - Complexity: O(n log n).
  public var containers: [ContainerRecord] { records.values.sorted { $0.key < $1.key } }

  private var records: [ContainerKey: ContainerRecord] = [:]
  private var lastKey: UInt32 = 0
  private var nodes: [CgroupID: Node] = [:]
  private var table = CgroupTable()
  /// Cgroups that are gone and still answer, for events that arrive late. Oldest first.
  private var removedCgroups: [(id: CgroupID, at: BootTime)] = []
  /// Gone before the disk said whether they were containers.
  private var removedCandidates: [CgroupID: (node: Node, at: BootTime)] = [:]
  private var keysByID: [String: ContainerKey] = [:]
  private var namespaces: [UInt32: ContainerKey] = [:]
  private var hostNamespaces: Set<UInt32>
  private var changes: [ContainerChange] = []
  private let worker: MetadataWorker
  private var thread: WorkerThread?
  private let accounts: AccountReader
  private var accountThread: WorkerThread?

  private struct Node {
    var parent: CgroupID
    var path: CgroupPath
    var role: CgroupRole
    var key: ContainerKey
    var madeAt: BootTime
    var isOld: Bool
    /// This cgroup is the container's own; those below it inherit its key.
    var isContainerRoot = false
    /// The disk was not asked yet what this arbitrary name is.
    var isUndecided = false
    /// The disk is being asked with what its maker was started as.
    var awaitsLaunch = false
    var children: [CgroupID] = []
  }

  /// - Parameters:
  ///   - roots: Where engines keep their files.
  ///   - discoversRoots: Looks at running engines for further roots.
  public init(hierarchy: CgroupHierarchy, roots: RuntimeRoots = RuntimeRoots(), discoversRoots: Bool = true) throws {
    self.hierarchy = hierarchy
    hostNamespaces = Set(["/proc/self/ns/mnt", "/proc/1/ns/mnt"].compactMap(mountNamespace(at:)))
    let accounts = try AccountReader()
    self.accounts = accounts
    let worker = try MetadataWorker(
      hierarchy: hierarchy, discoversRoots: discoversRoots, hostNamespaces: hostNamespaces, accounts: accounts)
    self.worker = worker
    thread = try WorkerThread(name: "metadata") { worker.run(roots: roots) }
    accountThread = try WorkerThread(name: "accounts") { accounts.run() }
  }

  deinit {
    worker.stop()
    thread.take()?.join()
    // Not awaited: a container's file system may hold it.
    accounts.stop()
    accountThread.take()?.detach()
  }
}

// MARK: questions

extension ContainerResolver {
  /// The container that a cgroup counts to; the host for one that is unknown.
  public func container(forCgroup id: CgroupID) -> ContainerKey { table[id] }

  /// The container whose processes live in this mount namespace; nil when it is the host's or unknown.
  public func container(forMountNamespace namespace: UInt32) -> ContainerKey? { namespaces[namespace] }

  /// Whether the mount namespace is the host's: its own, or one in which a process of the host was seen first.
  public func isHosts(mountNamespace namespace: UInt32) -> Bool { hostNamespaces.contains(namespace) }

  public subscript(key: ContainerKey) -> ContainerRecord? { records[key] }

  /// Whether the cgroup may still turn out to be a container: the disk was not asked yet.
  public func isUndecided(_ id: CgroupID) -> Bool {
    guard let node = nodes[id] else { return removedCandidates[id] != nil }
    if node.isUndecided { return true }
    // A container by its form waits for what lies above it: that may be the container.
    guard case .container = node.role, node.key == .host else { return false }
    return isBelowUndecided(node.parent)
  }

  /// Whether a container was there at that time already, as far as is known.
  func wasMade(_ key: ContainerKey, before time: UInt64) -> Bool {
    records[key].map { $0.isOlderThanRecording || $0.firstSeen.nanoseconds <= time } ?? true
  }

  /// The cgroup's path, while it lives.
  public func path(ofCgroup id: CgroupID) -> CgroupPath? { nodes[id]?.path }
}

// MARK: events

extension ContainerResolver {
  /// A cgroup was made.
  ///
  /// - Parameters:
  ///   - creator: The process that made it. Caught in time its command line names bundle and root.
  /// - Returns: The container it counts to, as far as is known now.
  @discardableResult
  public func cgroupCreated(
    id: CgroupID, parent: CgroupID, path: String, at time: BootTime, creator: UInt32? = nil
  ) -> ContainerKey {
    add(id: id, parent: parent, path: CgroupPath(path), at: time, creator: creator, isOld: false)
  }

  /// What the process that made the cgroup was started as, from its recorded exec: a container that lives for
  /// milliseconds may be gone, with its runtime and that one's files, before /proc was looked at.
  func cgroup(_ id: CgroupID, wasMadeBy launch: RuntimeLaunch) {
    guard let node = nodes[id], case .candidate = node.role, table[id] == .host else { return }
    nodes[id]?.isUndecided = true
    nodes[id]?.awaitsLaunch = true
    request(id, node, creator: nil, launch: launch, isOld: false)
  }

  public func cgroupRemoved(id: CgroupID, at time: BootTime) {
    guard let node = nodes.removeValue(forKey: id) else { return }
    nodes[node.parent]?.children.removeAll { $0 == id }
    if case .candidate = node.role, node.key == .host {
      if removedCandidates.count > 1024 { removedCandidates = [:] }
      removedCandidates[id] = (node, time)
    }
    worker.cancel(id)
    removedCgroups.append((id, time))
    forgetOldCgroups(now: time)
    end(id, of: node.key, at: time)
  }

  /// Takes in every cgroup that exists, and which processes live in which mount namespace.
  ///
  /// Call it after the probes are attached: what was made since is taken once.
  ///
  /// - Parameter limit: How long to wait for the metadata of what is found.
  public func scan(at time: BootTime, waitingFor limit: Duration = .seconds(2)) {
    for found in hierarchy.scan() {
      add(id: found.id, parent: found.parent, path: found.path, at: time, creator: nil, isOld: true)
    }
    worker.waitUntilTried(limit: limit)
    takeAnswers()
    for name in (try? Directory.names(in: "/proc")) ?? [] {
      guard let pid = UInt32(name), let namespace = mountNamespace(ofProcess: pid), !hostNamespaces.contains(namespace),
        namespaces[namespace] == nil, let path = hierarchy.path(ofProcess: pid), let cgroup = hierarchy.id(of: path)
      else { continue }
      processSeen(cgroup: cgroup, mountNamespace: namespace)
    }
  }

  /// Takes in the cgroups that came and went unseen: for when records of them may be lost.
  ///
  /// - Complexity: a look at every file of the hierarchy, some 40 µs a cgroup.
  public func rescan(at time: BootTime) {
    let found = hierarchy.scan()
    for cgroup in found where nodes[cgroup.id] == nil {
      add(id: cgroup.id, parent: cgroup.parent, path: cgroup.path, at: time, creator: nil, isOld: false)
    }
    let present = Set(found.map(\.id))
    for id in Array(nodes.keys) where !present.contains(id) && !hierarchy.exists(id, at: nodes[id]?.path) {
      cgroupRemoved(id: id, at: time)
    }
  }

  /// A process of `cgroup` was seen in a mount namespace: teaches which namespaces are containers' and which the host's.
  ///
  /// A runtime sets a container up from inside its cgroup while still in the engine's namespace. So a namespace in which a
  /// process of the host was seen first is the host's for ever, unless it is the one of a container's first process.
  public func processSeen(cgroup: CgroupID, mountNamespace namespace: UInt32) {
    guard namespace != 0, namespaces[namespace] == nil, !hostNamespaces.contains(namespace) else { return }
    let key = table[cgroup]
    if key == .host {
      if isUndecided(cgroup) { return }
      hostNamespaces.insert(namespace)
    } else {
      learn(namespace, of: key)
    }
  }

  /// Has the container's names of users and groups read, by way of one of its processes.
  func readAccounts(of key: ContainerKey, process: ProcessKey) {
    accounts.add(.container(key), pid: process.pid, .start(process.start))
  }

  /// What was learnt since the last call. Costs a lock when there is nothing.
  public func drainResolved() -> [ContainerChange] {
    takeAnswers()
    guard !changes.isEmpty else { return [] }
    let result = changes
    changes = []
    return result
  }

  /// Waits until the disk was asked about every cgroup at least once: for a start that needs names.
  public func settle(limit: Duration = .seconds(2)) {
    worker.waitUntilTried(limit: limit)
    takeAnswers()
  }
}

// MARK: the tree

extension ContainerResolver {
  @discardableResult
  private func add(
    id: CgroupID, parent: CgroupID, path: CgroupPath, at time: BootTime, creator: UInt32?, isOld: Bool
  ) -> ContainerKey {
    if let node = nodes[id] { return node.key }
    if table[id] != .host {
      // The number of a removed cgroup came back, as file systems with small inode numbers allow.
      table.remove(id)
      removedCgroups.removeAll { $0.id == id }
    }
    var node = Node(
      parent: parent, path: path, role: path.role, key: .host, madeAt: time, isOld: isOld)
    let above = inherited(parent: parent, path: path)
    nodes[parent]?.children.append(id)
    nodes[id] = node
    if above != .host { assign(id, to: above) }
    node.key = above

    switch node.role {
    case .plain, .monitor: break
    case .container(let container):
      if node.key != .host, self[node.key]?.id == container.id { break }
      if node.key == .host, !isBelowUndecided(parent) {
        makeContainer(id, container, at: time, isOld: isOld)
        node = nodes[id] ?? node
      }
      request(id, node, creator: creator, isOld: isOld)
    case .candidate:
      guard node.key == .host else { break }
      nodes[id]?.isUndecided = true
      request(id, node, creator: creator, isOld: isOld)
    }
    return table[id]
  }

  private func request(
    _ id: CgroupID, _ node: Node, creator: UInt32?, launch: RuntimeLaunch? = nil, isOld: Bool
  ) {
    worker.add(
      .init(
        cgroup: id, path: node.path, role: node.role, creator: creator, launch: launch,
        isNested: node.key != .host && !node.isContainerRoot,
        isOld: isOld))
  }

  /// The key of what the cgroup lies in. A parent that was never seen is looked for by path.
  private func inherited(parent: CgroupID, path: CgroupPath) -> ContainerKey {
    if nodes[parent] != nil { return table[parent] }
    var above = path.parent
    while let path = above, path.description != "/" {
      if case .container(let container) = path.role, let key = keysByID[container.id] { return key }
      above = path.parent
    }
    return .host
  }

  private func isBelowUndecided(_ id: CgroupID) -> Bool {
    var id = id
    while let node = nodes[id] {
      if node.isUndecided { return true }
      if node.parent == id { return false }
      id = node.parent
    }
    return false
  }

  /// Gives the cgroup a container of its own, known by its form only.
  private func makeContainer(_ id: CgroupID, _ container: CgroupContainer, at time: BootTime, isOld: Bool) {
    var metadata = ContainerMetadata(id: container.id, runtime: container.runtime, source: "cgroup")
    metadata.podUID = container.podUID
    makeContainer(id, metadata, at: time, isOld: isOld)
  }

  private func makeContainer(_ id: CgroupID, _ metadata: ContainerMetadata, at time: BootTime, isOld: Bool) {
    guard let node = nodes[id] else { return }
    let key: ContainerKey
    if isContainerID(metadata.id), let known = keysByID[metadata.id] {
      key = known
    } else if let known = keysByID[metadata.id], let record = self[known], record.removed == nil {
      key = known
    } else {
      lastKey += 1
      key = ContainerKey(rawValue: lastKey)
      records[key] = ContainerRecord(
        key: key, metadata: metadata, cgroupPath: node.path, firstSeen: time, isOlderThanRecording: isOld)
      keysByID[metadata.id] = key
    }
    nodes[id]?.isContainerRoot = true
    reassign(id, to: key, at: time)
    if !isOld, let directory = hierarchy.directory(of: node.path) {
      accounts.add(id, node.path, directory: directory)
    }
  }

  /// Moves the cgroup and what inherits from it to another container.
  private func reassign(_ id: CgroupID, to key: ContainerKey, at time: BootTime) {
    let before = table[id]
    guard before != key else { return }
    if before != .host { leave(id, before, at: time) }
    assign(id, to: key)
    for child in nodes[id]?.children ?? [] where nodes[child]?.isContainerRoot == false {
      reassign(child, to: key, at: time)
    }
  }

  private func assign(_ id: CgroupID, to key: ContainerKey) {
    let before = table[id]
    nodes[id]?.key = key
    table[id] = key
    changes.append(.assigned(id, container: key, before: before))
    records[key]?.cgroups.append(id)
    records[key]?.liveCgroups += 1
    records[key]?.removed = nil
  }

  private func leave(_ id: CgroupID, _ key: ContainerKey, at time: BootTime) {
    records[key]?.cgroups.removeAll { $0 == id }
    end(id, of: key, at: time)
  }

  private func end(_ id: CgroupID, of key: ContainerKey, at time: BootTime) {
    guard let before = records[key]?.liveCgroups else { return }
    records[key]?.liveCgroups = before - 1
    guard before == 1 else { return }
    records[key]?.removed = time
    changes.append(.ended(key))
    for namespace in records[key]?.mountNamespaces ?? [] where namespaces[namespace] == key {
      namespaces[namespace] = nil
      changes.append(.releasedMountNamespace(namespace, container: key))
    }
    records[key]?.mountNamespaces = []
  }

  /// Drops what is known of containers that are long gone, for a recorder that runs for months.
  ///
  /// One that is started again later, with the id that it had, is a new one.
  ///
  /// - Parameters:
  ///   - time: Those whose last cgroup went before it.
  ///   - isReferenced: Whether a container is still wanted, by events that are kept.
  /// - Returns: The keys of those that are gone; they are not issued again.
  @discardableResult
  public func forget(
    containersEndedBefore time: BootTime, keeping isReferenced: (ContainerKey) -> Bool = { _ in false }
  ) -> Set<ContainerKey> {
    forgetOldCgroups(now: time, isThorough: true)
    let gone = Set(
      records.values.filter { record in record.removed.map { $0 < time } ?? false }.map(\.key)
        .filter { !isReferenced($0) })
    guard !gone.isEmpty else { return [] }
    for key in gone {
      guard let record = records.removeValue(forKey: key) else { continue }
      if keysByID[record.id] == key { keysByID[record.id] = nil }
      for id in record.cgroups where nodes[id] == nil { table.remove(id) }
    }
    removedCgroups.removeAll { table[$0.id] == .host }
    removedCandidates = removedCandidates.filter { $0.value.at >= time }
    return gone
  }

  /// Ids of cgroups are not issued again, so a late event still finds its container for a minute.
  private func forgetOldCgroups(now: BootTime, isThorough: Bool = false) {
    let limit: UInt64 = 60_000_000_000
    let kept = removedCgroups.firstIndex { $0.at.nanoseconds + limit > now.nanoseconds } ?? removedCgroups.count
    guard kept > 64 || isThorough || removedCgroups.count > 65536 else { return }
    for (id, _) in removedCgroups[..<kept] {
      let key = table[id]
      table.remove(id)
      // Its own cgroup stays named for as long as the container is known.
      if let first = records[key]?.cgroups.first, first != id { records[key]?.cgroups.removeAll { $0 == id } }
    }
    removedCgroups.removeFirst(kept)
  }
}

// MARK: answers of the worker

extension ContainerResolver {
  private func takeAnswers() {
    defer { takeAccounts() }
    for answer in worker.takeAnswers() {
      switch answer {
      case .described(let id, let metadata): describe(id, metadata)
      case .started(let id, let metadata):
        describe(id, metadata)
        let key = table[id]
        if let namespace = metadata.mountNamespace, key != .host { learn(namespace, of: key, isItsOwn: true) }
      case .notYet(let id, let knewLaunch):
        // A better question is on its way.
        if !knewLaunch, (nodes[id] ?? removedCandidates[id]?.node)?.awaitsLaunch == true { continue }
        removedCandidates[id] = nil
        decide(id)
      case .vanished(let id):
        cgroupRemoved(id: id, at: BootTime(nanoseconds: Clock.boot))
      }
    }
  }

  private func takeAccounts() {
    for (subject, accounts) in accounts.takeAnswers() {
      let key =
        switch subject {
        case .cgroup(let id): table[id]
        case .container(let key): key
        }
      guard let known = records[key]?.accounts != accounts ? records[key] : nil else { continue }
      records[known.key]?.accounts = accounts
      changes.append(.described(known.key))
    }
  }

  private func describe(_ id: CgroupID, _ metadata: ContainerMetadata) {
    if let (node, removed) = removedCandidates.removeValue(forKey: id) {
      nodes[id] = node
      makeContainer(id, metadata, at: node.madeAt, isOld: node.isOld)
      cgroupRemoved(id: id, at: removed)
    }
    nodes[id]?.isUndecided = false
    if nodes[id]?.isContainerRoot == false {
      makeContainer(id, metadata, at: firstSeen(id), isOld: nodes[id]?.isOld ?? false)
    }
    let key = table[id]
    guard key != .host, self[key]?.id == metadata.id || nodes[id]?.isContainerRoot == true else { return }
    guard records[key]?.metadata != metadata else { return }
    records[key]?.metadata = metadata
    changes.append(.described(key))
  }

  private func firstSeen(_ id: CgroupID) -> BootTime { nodes[id]?.madeAt ?? BootTime(nanoseconds: 0) }

  /// The disk knows nothing of an arbitrary name: containers below it that waited for the answer are containers.
  private func decide(_ id: CgroupID) {
    guard nodes[id]?.isUndecided == true else { return }
    nodes[id]?.isUndecided = false
    var below = nodes[id]?.children ?? []
    while let next = below.popLast() {
      guard let node = nodes[next], !node.isUndecided else { continue }
      if case .container(let container) = node.role, node.key == .host {
        makeContainer(next, container, at: firstSeen(next), isOld: node.isOld)
      } else {
        below += node.children
      }
    }
  }

  /// - Parameter isItsOwn: The container's first process is in it: so it is no other's any more, whose number it may have got.
  private func learn(_ namespace: UInt32, of key: ContainerKey, isItsOwn: Bool = false) {
    guard let record = records[key], record.removed == nil else { return }
    if let owner = namespaces[namespace] {
      guard isItsOwn, owner != key else { return }
      records[owner]?.mountNamespaces.removeAll { $0 == namespace }
      changes.append(.releasedMountNamespace(namespace, container: owner))
    }
    namespaces[namespace] = key
    records[key]?.mountNamespaces.append(namespace)
    hostNamespaces.remove(namespace)
    changes.append(.learnedMountNamespace(namespace, container: key))
  }
}
