internal import CaptureFormat
internal import Events
internal import SystemCalls

/// What is made of an event of a .scap file, by its type.
enum ScapPlan {
  /// Nothing: it is of no process, or synthetic.
  case none
  /// A call began: kept until its exit.
  case entry
  case call(CallPlan)
  /// A call without a type of its own, known by the number in it.
  case anyCall
  case clone(SystemCall?)
  case exec(SystemCall?)
  case processExit
  case signal
  case containerFields
  case containerJSON
  case plugin
  /// What the host or a container calls a user, or a group.
  case account(isGroup: Bool)

  var isOfContainers: Bool {
    switch self {
    case .containerFields, .containerJSON, .plugin, .account: true
    default: false
    }
  }

  struct CallPlan {
    var name: String
    var kind: EventKind
    var lane: Lane
    var failureLane: Lane
    var call: SystemCall?
  }

  /// By the number of the event's type.
  static let all: [ScapPlan] = ScapEventTable.shared.events.map { $0.map(plan) ?? .none }

  /// Of every interface whose calls a converted capture can name.
  static let catalogueCalls: [Catalogue.Call] = [UInt8(0), 1].flatMap { abi in
    SystemCallTable.calls(abi: abi).map { .init(abi: abi, number: $0.call.number, name: $0.name) }
  }

  private static func plan(_ event: ScapEventTable.Event) -> ScapPlan {
    switch event.name {
    case "procexit": return event.isExit ? .none : .processExit
    case "signaldeliver": return .signal
    case "container":
      return event.parameters.first?.name == "json" ? .containerJSON : .containerFields
    case "asyncevent": return .plugin
    case "switch", "drop", "scapevent", "procinfo", "cpu_hotplug", "k8s", "mesos", "tracer", "notification", "infra",
      "page_fault", "pluginevent", "userdeleted", "groupdeleted":
      return .none
    case "useradded": return event.isExit ? .none : .account(isGroup: false)
    case "groupadded": return event.isExit ? .none : .account(isGroup: true)
    default: break
    }
    if event.name.hasPrefix("task") { return .none }
    guard event.isExit else { return .entry }
    return event.name == "syscall" ? .anyCall : plan(ofCall: event.name)
  }

  /// What is made of a call's end, by the name that .scap files have for it.
  static func plan(ofCall name: String) -> ScapPlan {
    switch name {
    case "clone", "clone3", "fork", "vfork": return .clone(call(name))
    case "execve", "execveat": return .exec(call(name))
    default: break
    }
    let known = kinds[name]
    return .call(
      CallPlan(
        name: name, kind: known?.0 ?? .call, lane: known?.1 ?? .detail, failureLane: known?.2 ?? .detail,
        call: call(name)))
  }

  /// The call's result is the number of a new task.
  static func makesTask(_ call: String) -> Bool { if case .clone = plan(ofCall: call) { true } else { false } }

  private static let otherNames = [
    "pread": "pread64", "pwrite": "pwrite64", "umount": "umount2", "prlimit": "prlimit64", "llseek": "_llseek",
    "shutdown": "shutdown",
  ]

  /// The call of that name on x86-64; where that has none, on i386. A .scap file does not tell the machine's kind.
  static func call(_ name: String) -> SystemCall? {
    let name = otherNames[name] ?? name
    return SystemCallTable.call(named: name, abi: 0) ?? SystemCallTable.call(named: name, abi: 1)
  }

  /// Kind, lane, and the lane where it fails.
  private static let kinds: [String: (EventKind, Lane, Lane)] = {
    var result: [String: (EventKind, Lane, Lane)] = [:]
    func add(_ names: String, _ kind: EventKind, _ lane: Lane = .activity, _ failure: Lane = .activity) {
      for name in names.split(separator: " ") { result[String(name)] = (kind, lane, failure) }
    }
    add("open openat openat2 open_by_handle_at creat", .fileOpen, .detail)
    add("close", .fileClose, .detail, .detail)
    add("read readv pread preadv", .fileRead, .detail, .detail)
    add("write writev pwrite pwritev", .fileWrite, .detail, .detail)
    add("rename renameat renameat2", .fileRename)
    add("unlink unlinkat", .fileUnlink)
    add("mkdir mkdirat", .fileMakeDirectory)
    add("rmdir", .fileRemoveDirectory)
    add("link linkat", .fileLink)
    add("symlink symlinkat", .fileSymlink)
    add("chmod fchmod fchmodat", .fileChangeMode)
    add("chown lchown fchown fchownat", .fileChangeOwner)
    add("mknod mknodat", .fileMakeNode)
    add("dup dup2 dup3", .descriptorDuplicate, .detail, .detail)
    add("pipe pipe2", .pipeCreate, .detail)
    add("socket", .networkSocket, .detail)
    add("connect", .networkConnect)
    add("accept accept4", .networkAccept, .activity, .detail)
    add("bind", .networkBind)
    add("listen", .networkListen)
    add("send sendto sendmsg sendmmsg", .networkSend, .detail, .detail)
    add("recv recvfrom recvmsg recvmmsg", .networkReceive, .detail, .detail)
    add("shutdown", .networkShutdown, .activity, .detail)
    add("socketpair", .networkPair, .detail)
    add("setsockopt", .networkOption, .detail, .detail)
    add("sendfile splice copy_file_range", .fileTransfer, .detail, .detail)
    add("memfd_create", .memoryFile)
    add("kill tkill tgkill", .processSignal, .lifecycle)
    add("prctl", .processControl, .detail, .detail)
    add("setsid", .processSession, .lifecycle)
    add("setpgid", .processGroup, .lifecycle)
    add("pidfd_open", .processHandle, .detail)
    add("pidfd_getfd", .descriptorTake, .lifecycle)
    add("setrlimit prlimit", .processLimit, .detail)
    add("chdir fchdir", .processDirectory, .detail)
    add("setuid setreuid setresuid", .credentialsUser, .lifecycle)
    add("setgid setregid setresgid", .credentialsGroup, .lifecycle)
    add("capset", .credentialsCapabilities, .lifecycle)
    add("seccomp", .processFilter, .lifecycle)
    add("ptrace", .processTrace, .lifecycle)
    add("process_vm_readv", .processPeek, .lifecycle)
    add("process_vm_writev", .processPoke, .lifecycle)
    add("setns", .namespaceEnter, .lifecycle)
    add("unshare", .namespaceUnshare, .lifecycle)
    add("chroot", .rootChange, .lifecycle)
    add("mount", .mountAttach, .lifecycle)
    add("umount umount2", .mountDetach, .lifecycle)
    add("fsconfig", .mountConfigure, .lifecycle)
    add("bpf", .kernelProgram, .lifecycle)
    add("init_module finit_module", .kernelModuleLoad, .lifecycle)
    add("delete_module", .kernelModuleUnload, .lifecycle)
    add("keyctl", .keyControl, .lifecycle)
    add("userfaultfd", .kernelFaultHandler, .lifecycle)
    return result
  }()
}
