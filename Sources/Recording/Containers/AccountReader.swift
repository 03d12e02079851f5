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
    var pid: UInt32
    var identity: ContainerAccounts.Identity
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
  /// A container's first process is looked at for so long until it has its own root: some 0.8 s.
  private static let attemptLimit = 200

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
        if let accounts = ContainerAccounts(
          ofProcess: request.pid, request.identity, hostRoot: hostRoot)
        {
          shared.withLock { $0.answers.append((request.subject, accounts)) }
          continue
        }
        request.attempts += 1
        if request.attempts < Self.attemptLimit, File.exists("/proc/\(request.pid)") { kept.append(request) }
      }
      pending = Array(kept.suffix(Self.limit))
      bell.wait(milliseconds: pending.isEmpty ? nil : 4)
    }
  }
}
