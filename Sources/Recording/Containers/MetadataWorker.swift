internal import Events
internal import Posix
internal import Synchronization

/// Reads metadata on a thread of its own, so that a slow disk does not hold up the recording.
///
/// Each request is tried at once and then again for as long as its cgroup lives, after a quarter of the time that it has
/// waited: within 2 ms at first, every 5 s in the end. When the container is described, its first process is looked for
/// in the same way.
final class MetadataWorker: Sendable {
  struct Request: Sendable {
    var cgroup: CgroupID
    var path: CgroupPath
    var role: CgroupRole
    /// The process that made the cgroup; nil when it was not seen.
    var creator: UInt32?
    /// What that process was started as, where its exec was recorded: it may be gone.
    var launch: RuntimeLaunch?
    /// Lies in a known container: whoever can make cgroups in there can choose their names, so a state file of this
    /// host's runtime must point at the path.
    var isNested: Bool
    /// Made long ago: what is not on disk now will hardly appear.
    var isOld: Bool
  }

  enum Answer: Sendable {
    case described(CgroupID, ContainerMetadata)
    /// The first process was found: the same metadata with pid, mount namespace and perhaps the upper directory.
    case started(CgroupID, ContainerMetadata)
    /// The first attempt found nothing, or the last.
    case notYet(CgroupID, knewLaunch: Bool)
    /// The cgroup's directory is gone, though nobody said so.
    case vanished(CgroupID)
  }

  private struct Shared {
    var requests: [Request] = []
    var cancelled: [CgroupID] = []
    var answers: [Answer] = []
    var untried = 0
    var isStopping = false
  }

  private let shared = Mutex(Shared())
  private let bell: WakeUp
  private let answered: WakeUp
  private let hierarchy: CgroupHierarchy
  private let discoversRoots: Bool
  /// Mount namespaces that are surely the host's: this program's and that of pid 1.
  private let hostNamespaces: Set<UInt32>
  private let accounts: AccountReader

  init(
    hierarchy: CgroupHierarchy, discoversRoots: Bool, hostNamespaces: Set<UInt32>, accounts: AccountReader
  ) throws(SystemError) {
    self.accounts = accounts
    bell = try WakeUp()
    answered = try WakeUp()
    self.hierarchy = hierarchy
    self.discoversRoots = discoversRoots
    self.hostNamespaces = hostNamespaces
  }

  func add(_ request: Request) {
    shared.withLock {
      $0.requests.append(request)
      $0.untried += 1
    }
    bell.ring()
  }

  /// The cgroup is gone: one last attempt is made, for the files outlive it by some milliseconds.
  func cancel(_ cgroup: CgroupID) {
    shared.withLock { $0.cancelled.append(cgroup) }
    bell.ring()
  }

  func takeAnswers() -> [Answer] {
    shared.withLock {
      let answers = $0.answers
      if !answers.isEmpty { $0.answers = [] }
      return answers
    }
  }

  /// Waits until every request was tried once.
  func waitUntilTried(limit: Duration) {
    let end = ContinuousClock.now + limit
    while shared.withLock({ $0.untried > 0 }), ContinuousClock.now < end { answered.wait(milliseconds: 5) }
  }

  func stop() {
    shared.withLock { $0.isStopping = true }
    bell.ring()
  }
}

extension MetadataWorker {
  private struct Pending {
    var request: Request
    var launch: RuntimeLaunch?
    var since: ContinuousClock.Instant
    var due: ContinuousClock.Instant
    var wasTried = false
    var metadata: ContainerMetadata?
  }

  /// The thread's body.
  func run(roots: RuntimeRoots) {
    // It does little, and what it is to read lives for milliseconds on a machine that may be very busy.
    raiseThreadPriority()
    var reader = MetadataReader(roots: roots)
    var discovered: ContinuousClock.Instant?
    var pending: [Pending] = []
    if discoversRoots {
      reader.roots.discover()
      discovered = .now
    }
    while true {
      let (requests, cancelled, isStopping) = shared.withLock {
        let taken = ($0.requests, Set($0.cancelled), $0.isStopping)
        $0.requests = []
        $0.cancelled = []
        return taken
      }
      if isStopping { return }
      // What is new goes first, and what is gone: its files live for milliseconds. What was there before can wait.
      for request in requests {
        take(request, into: &pending)
      }
      var kept: [Pending] = []
      var others: [Pending] = []
      for var item in pending {
        let isLast = cancelled.contains(item.request.cgroup)
        guard isLast || !item.wasTried && !item.request.isOld else {
          others.append(item)
          continue
        }
        let isDone = attempt(&item, reader: &reader, discovered: &discovered, isLast: isLast)
        if !isDone, !isLast { kept.append(item) }
      }
      let now = ContinuousClock.now
      var isInterrupted = false
      for var item in others {
        isInterrupted = isInterrupted || hasNews
        if item.due <= now, !isInterrupted,
          attempt(&item, reader: &reader, discovered: &discovered, isLast: false)
        {
          continue
        }
        kept.append(item)
      }
      pending = kept
      if isInterrupted { continue }
      let next = pending.lazy.map(\.due).min().map { max(Self.milliseconds(from: .now, to: $0), 1) }
      bell.wait(milliseconds: next)
    }
  }

  private func take(_ request: Request, into pending: inout [Pending]) {
    if let launch = request.launch, let known = pending.firstIndex(where: { $0.request.cgroup == request.cgroup }) {
      // Asked before: with this it is asked anew.
      pending[known].launch = pending[known].launch ?? launch
      if pending[known].wasTried {
        pending[known].wasTried = false
      } else {
        shared.withLock { $0.untried -= 1 }
      }
      return
    }
    let launch = request.launch ?? request.creator.flatMap { RuntimeLaunch(ofProcess: $0) }
    pending.append(Pending(request: request, launch: launch, since: .now, due: .now))
  }

  private var hasNews: Bool {
    shared.withLock { !$0.requests.isEmpty || !$0.cancelled.isEmpty || $0.isStopping }
  }

  /// - Returns: Whether nothing is left to find out.
  private func attempt(
    _ item: inout Pending, reader: inout MetadataReader, discovered: inout ContinuousClock.Instant?, isLast: Bool
  ) -> Bool {
    if item.metadata == nil {
      let request = item.request
      item.metadata = reader.read(request.path, role: request.role, launch: item.launch)
      if item.metadata == nil, discoversRoots, !isLast, case .container = request.role, Self.isDue(discovered) {
        // An engine with other roots may have been started since.
        reader.roots.discover()
        discovered = .now
        item.metadata = reader.read(request.path, role: request.role, launch: item.launch)
      }
      if request.isNested, let metadata = item.metadata {
        let state = RuncState.find(id: metadata.id, under: Self.stateRoots(item.launch, reader.roots))
        if state?.isIn(request.path) != true { item.metadata = nil }
      }
      if let metadata = item.metadata { answer(.described(request.cgroup, metadata)) }
    }
    if item.metadata == nil, let found = findAnonymous(item) {
      answer(.started(item.request.cgroup, found))
      finishFirstAttempt(&item)
      return true
    }
    if var metadata = item.metadata, findFirstProcess(&metadata, launch: item.launch, roots: reader.roots) {
      answer(.started(item.request.cgroup, metadata))
      // Before its program runs, which may be over in no time.
      if let pid = metadata.pid, let namespace = metadata.mountNamespace {
        accounts.add(.cgroup(item.request.cgroup), pid: pid, .mountNamespace(namespace))
      }
      finishFirstAttempt(&item)
      return true
    }
    if item.metadata == nil, !item.wasTried || isLast {
      answer(.notYet(item.request.cgroup, knewLaunch: item.launch != nil))
    }
    finishFirstAttempt(&item)
    let waited = ContinuousClock.now - item.since
    if waited > .seconds(5), let directory = hierarchy.directory(of: item.request.path), !File.exists(directory) {
      answer(.vanished(item.request.cgroup))
      return true
    }
    let pause = item.request.isOld ? max(.seconds(1), waited / 4) : waited / 4
    item.due = .now + min(max(pause, .milliseconds(2)), .seconds(5))
    return false
  }

  /// Nothing on disk tells of the cgroup: it may be a container all the same. A new one is given time to be set up.
  private func findAnonymous(_ item: Pending) -> ContainerMetadata? {
    guard case .candidate = item.request.role, !item.request.isNested,
      item.request.isOld || ContinuousClock.now - item.since > .milliseconds(500)
    else { return nil }
    return AnonymousContainer(hostNamespaces: hostNamespaces).metadata(ofCgroup: item.request.path, in: hierarchy)
  }

  private static func isDue(_ discovered: ContinuousClock.Instant?) -> Bool {
    discovered.map { ContinuousClock.now - $0 > .milliseconds(250) } ?? true
  }

  private func finishFirstAttempt(_ item: inout Pending) {
    guard !item.wasTried else { return }
    item.wasTried = true
    shared.withLock { $0.untried -= 1 }
    answered.ring()
  }

  private func answer(_ answer: Answer) { shared.withLock { $0.answers.append(answer) } }

  private static func milliseconds(from: ContinuousClock.Instant, to: ContinuousClock.Instant) -> Int32 {
    let (seconds, attoseconds) = (to - from).components
    return Int32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
  }

  /// Where runc's state of any engine's containers may be.
  private static func stateRoots(_ launch: RuntimeLaunch?, _ roots: RuntimeRoots) -> [String] {
    let namespaces = roots.dockerExec.map { $0 + "/runtime-runc" } + roots.containerdState.map { $0 + "/runc" }
    let below = namespaces.flatMap { root in ((try? Directory.names(in: root)) ?? []).map { "\(root)/\($0)" } }
    return [launch?.root].compactMap { $0 } + roots.runc + below
  }

  /// Adds pid and mount namespace of the container's first process once it has left the host's namespace.
  private func findFirstProcess(_ metadata: inout ContainerMetadata, launch: RuntimeLaunch?, roots: RuntimeRoots)
    -> Bool
  {
    guard let pid = RuncState.find(id: metadata.id, under: Self.stateRoots(launch, roots))?.pid,
      let namespace = mountNamespace(ofProcess: pid), !hostNamespaces.contains(namespace)
    else { return false }
    metadata.pid = pid
    metadata.mountNamespace = namespace
    if metadata.upperDirectory == nil { metadata.upperDirectory = rootUpperDirectory(ofProcess: pid) }
    return true
  }
}

/// Inode number of a process's mount namespace; nil when the process is gone.
func mountNamespace(ofProcess pid: UInt32) -> UInt32? { mountNamespace(at: "/proc/\(pid)/ns/mnt") }

/// Reads `mnt:[4026531841]`.
func mountNamespace(at link: String) -> UInt32? {
  guard let target = try? File.linkTarget(link), target.hasPrefix("mnt:["), target.hasSuffix("]") else { return nil }
  return UInt32(target.dropFirst(5).dropLast())
}

/// The upper layer of the overlay that is the process's root, if it is one.
private func rootUpperDirectory(ofProcess pid: UInt32) -> String? {
  guard let text = try? FileDescriptor.contents(of: "/proc/\(pid)/mountinfo") else { return nil }
  return MountEntry.parse(String(decoding: text, as: UTF8.self)).first { $0.mountPoint == "/" && $0.type == "overlay" }?
    .upperDirectory
}
