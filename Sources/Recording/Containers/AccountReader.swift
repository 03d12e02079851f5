internal import Events
internal import Posix
internal import Synchronization

/// Reads containers' account files on a thread of its own: a file system of a container can take for ever to answer.
final class AccountReader: Sendable {
  enum Subject: Hashable, Sendable {
    case cgroup(CgroupID)
    case container(ContainerKey)
  }

  private struct Request {
    var subject: Subject
    /// Nil: whichever process the cgroup has.
    var pid: UInt32?
    var identity: ContainerAccounts.Identity
    /// Where the cgroup's files are.
    var directory = ""
    var attempts = 0
  }

  private struct Shared {
    var requests: [Request] = []
    var answers: [(subject: Subject, accounts: ContainerAccounts)] = []
    var isStopping = false
  }

  private let shared = Mutex(Shared())
  private let bell: WakeUp
  private let hostRoot: FileStatus
  /// Requests that may wait. Of more the names stay unknown.
  private static let limit = 4096
  /// A container's first process is looked at for so long until it has its own root: some 2 s.
  private static let attemptLimit = 500

  init() throws(SystemError) {
    bell = try WakeUp()
    // As a hardened service this process has a mount namespace of its own, and the same root directory all the same.
    hostRoot = try FileStatus(of: "/")
  }

  /// - Parameters:
  ///   - pid: A process of the container.
  ///   - identity: What tells that the pid is not another process's by now.
  func add(_ subject: Subject, pid: UInt32, _ identity: ContainerAccounts.Identity) {
    let request = Request(subject: subject, pid: pid, identity: identity)
    shared.withLock { if $0.requests.count < Self.limit { $0.requests.append(request) } }
    bell.ring()
  }

  /// Of a container that is being made: by way of the first of its processes that has left the host's root, which is
  /// before its program runs.
  func add(_ cgroup: CgroupID, _ path: CgroupPath, directory: String) {
    let request = Request(
      subject: .cgroup(cgroup), pid: nil, identity: .cgroup(path.description), directory: directory)
    shared.withLock { if $0.requests.count < Self.limit { $0.requests.append(request) } }
    bell.ring()
  }

  func takeAnswers() -> [(subject: Subject, accounts: ContainerAccounts)] {
    shared.withLock {
      let answers = $0.answers
      if !answers.isEmpty { $0.answers = [] }
      return answers
    }
  }

  func stop() {
    shared.withLock { $0.isStopping = true }
    bell.ring()
  }

  /// The thread's body.
  func run() {
    // It does little, and what it is to read may live for milliseconds.
    raiseThreadPriority()
    var pending: [Request] = []
    while true {
      let (new, isStopping) = shared.withLock {
        let taken = ($0.requests, $0.isStopping)
        $0.requests = []
        return taken
      }
      if isStopping { return }
      pending += new
      var kept: [Request] = []
      for var request in pending {
        if let accounts = read(request) {
          shared.withLock { $0.answers.append((request.subject, accounts)) }
          continue
        }
        request.attempts += 1
        let isThere = File.exists(request.pid.map { "/proc/\($0)" } ?? request.directory)
        if isThere, request.attempts < Self.attemptLimit { kept.append(request) }
      }
      pending = Array(kept.suffix(Self.limit))
      bell.wait(milliseconds: pending.isEmpty ? nil : 4)
    }
  }

  private func read(_ request: Request) -> ContainerAccounts? {
    let pids = request.pid.map { [$0] } ?? Self.processes(in: request.directory)
    for pid in pids {
      if let accounts = ContainerAccounts(ofProcess: pid, request.identity, hostRoot: hostRoot) { return accounts }
    }
    return nil
  }

  private static func processes(in directory: String) -> [UInt32] {
    guard let text = try? FileDescriptor.contents(of: directory + "/cgroup.procs", limit: 1024) else { return [] }
    return text.split(separator: UInt8(ascii: "\n")).prefix(16).compactMap {
      UInt32(String(decoding: $0, as: UTF8.self))
    }
  }
}
