/// What an event is. The numbers are the file's: never reused, only added to.
///
/// A reader that meets a number it does not know takes the name from the capture's own catalogue.
public struct EventKind: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let call = EventKind(rawValue: 1)

  public static let processFork = EventKind(rawValue: 16)
  public static let processExec = EventKind(rawValue: 17)
  public static let processExit = EventKind(rawValue: 18)
  public static let threadStart = EventKind(rawValue: 19)
  public static let threadExit = EventKind(rawValue: 20)
  public static let processRename = EventKind(rawValue: 21)
  public static let threadRename = EventKind(rawValue: 22)

  public static let fileOpen = EventKind(rawValue: 32)
  public static let fileClose = EventKind(rawValue: 33)
  public static let fileRead = EventKind(rawValue: 34)
  public static let fileWrite = EventKind(rawValue: 35)
  public static let fileRename = EventKind(rawValue: 36)
  public static let fileUnlink = EventKind(rawValue: 37)
  public static let fileMakeDirectory = EventKind(rawValue: 38)
  public static let fileRemoveDirectory = EventKind(rawValue: 39)
  public static let fileLink = EventKind(rawValue: 40)
  public static let fileSymlink = EventKind(rawValue: 41)
  public static let fileChangeMode = EventKind(rawValue: 42)
  public static let fileChangeOwner = EventKind(rawValue: 43)
  public static let fileTruncate = EventKind(rawValue: 44)
  public static let descriptorDuplicate = EventKind(rawValue: 45)
  public static let pipeCreate = EventKind(rawValue: 46)

  public static let networkSocket = EventKind(rawValue: 64)
  public static let networkConnect = EventKind(rawValue: 65)
  public static let networkAccept = EventKind(rawValue: 66)
  public static let networkBind = EventKind(rawValue: 67)
  public static let networkListen = EventKind(rawValue: 68)
  public static let networkSend = EventKind(rawValue: 69)
  public static let networkReceive = EventKind(rawValue: 70)

  public static let signalReturn = EventKind(rawValue: 80)
  public static let signalFatal = EventKind(rawValue: 81)
  public static let memoryExhausted = EventKind(rawValue: 82)

  public static let ringRequest = EventKind(rawValue: 83)

  public static let cgroupCreate = EventKind(rawValue: 96)
  public static let cgroupRemove = EventKind(rawValue: 97)
  public static let cgroupAttach = EventKind(rawValue: 98)

  // From here on the numbers are those whose remainder by 128 no older kind has: a block's set of kinds tells them apart.
  public static let processControl = EventKind(rawValue: 112)
  public static let processSession = EventKind(rawValue: 113)
  public static let processGroup = EventKind(rawValue: 114)
  public static let processSignal = EventKind(rawValue: 115)
  public static let processHandle = EventKind(rawValue: 116)
  public static let processPriority = EventKind(rawValue: 117)
  public static let processLimit = EventKind(rawValue: 118)
  public static let processDirectory = EventKind(rawValue: 119)
  public static let credentialsUser = EventKind(rawValue: 120)
  public static let credentialsGroup = EventKind(rawValue: 121)
  public static let credentialsGroups = EventKind(rawValue: 122)
  public static let credentialsCapabilities = EventKind(rawValue: 123)
  public static let processFilter = EventKind(rawValue: 124)
  public static let processTrace = EventKind(rawValue: 125)
  public static let processPeek = EventKind(rawValue: 126)
  public static let processPoke = EventKind(rawValue: 127)
  public static let namespaceEnter = EventKind(rawValue: 128)
  public static let namespaceUnshare = EventKind(rawValue: 130)
  public static let rootPivot = EventKind(rawValue: 131)
  public static let rootChange = EventKind(rawValue: 132)
  public static let mountAttach = EventKind(rawValue: 133)
  public static let mountDetach = EventKind(rawValue: 134)
  public static let mountOpen = EventKind(rawValue: 135)
  public static let mountConfigure = EventKind(rawValue: 136)
  public static let mountCreate = EventKind(rawValue: 137)
  public static let mountMove = EventKind(rawValue: 138)
  public static let mountTree = EventKind(rawValue: 139)
  public static let mountAttributes = EventKind(rawValue: 140)
  public static let fileMakeNode = EventKind(rawValue: 141)
  public static let attributeSet = EventKind(rawValue: 142)
  public static let attributeGet = EventKind(rawValue: 143)
  public static let attributeList = EventKind(rawValue: 151)
  public static let attributeRemove = EventKind(rawValue: 152)
  public static let fileTransfer = EventKind(rawValue: 153)
  public static let memoryFile = EventKind(rawValue: 154)
  public static let fileWatch = EventKind(rawValue: 155)
  public static let fileMonitor = EventKind(rawValue: 156)
  public static let fileMonitorMark = EventKind(rawValue: 157)
  public static let fileAllocate = EventKind(rawValue: 158)
  public static let fileTimes = EventKind(rawValue: 159)
  public static let networkOption = EventKind(rawValue: 175)
  public static let networkPair = EventKind(rawValue: 176)
  public static let networkShutdown = EventKind(rawValue: 177)
  public static let networkOutcome = EventKind(rawValue: 178)
  public static let descriptorTake = EventKind(rawValue: 179)
  public static let memoryMap = EventKind(rawValue: 180)
  public static let memoryProtect = EventKind(rawValue: 181)
  public static let kernelProgram = EventKind(rawValue: 182)
  public static let kernelModuleLoad = EventKind(rawValue: 183)
  public static let kernelModuleUnload = EventKind(rawValue: 184)
  public static let kernelReplace = EventKind(rawValue: 185)
  public static let keyControl = EventKind(rawValue: 186)
  public static let keyAdd = EventKind(rawValue: 187)
  public static let keyRequest = EventKind(rawValue: 188)
  public static let kernelPerformance = EventKind(rawValue: 189)
  public static let kernelFaultHandler = EventKind(rawValue: 190)
  public static let terminalControl = EventKind(rawValue: 191)
  public static let containerResources = EventKind(rawValue: 200)

  public static let containerCreate = EventKind(rawValue: 208)
  public static let containerStart = EventKind(rawValue: 209)
  public static let containerExit = EventKind(rawValue: 210)
  public static let containerRemove = EventKind(rawValue: 211)
  public static let containerPause = EventKind(rawValue: 212)
  public static let containerResume = EventKind(rawValue: 213)
}

/// One row of the catalogue: what a kind is called and what it tells.
public struct EventKindDescription: Sendable {
  public var kind: EventKind
  /// Dotted and lower case: `file.open`.
  public var name: String
  public var summary: String
}

extension EventKind {
  /// Every kind this version writes.
  public static let catalogue: [EventKindDescription] = [
    .init(kind: .call, name: "call", summary: "a system call with its six raw arguments"),
    .init(kind: .processFork, name: "process.fork", summary: "a process made another"),
    .init(kind: .processExec, name: "process.exec", summary: "a process runs a new program"),
    .init(kind: .processExit, name: "process.exit", summary: "a process ended: its last thread is gone"),
    .init(kind: .threadStart, name: "thread.start", summary: "a process made a thread"),
    .init(kind: .threadExit, name: "thread.exit", summary: "a thread ended and its process goes on"),
    .init(kind: .processRename, name: "process.rename", summary: "a process took another name (prctl, /proc/PID/comm)"),
    .init(kind: .threadRename, name: "thread.rename", summary: "a thread that is not its process's first took a name"),
    .init(kind: .fileOpen, name: "file.open", summary: "open, creat, openat, openat2"),
    .init(kind: .fileClose, name: "file.close", summary: "a descriptor was closed"),
    .init(kind: .fileRead, name: "file.read", summary: "the read family, with count and result"),
    .init(kind: .fileWrite, name: "file.write", summary: "the write family, with count and result"),
    .init(kind: .fileRename, name: "file.rename", summary: "rename, renameat, renameat2"),
    .init(kind: .fileUnlink, name: "file.unlink", summary: "a name was removed"),
    .init(kind: .fileMakeDirectory, name: "file.mkdir", summary: "a directory was made"),
    .init(kind: .fileRemoveDirectory, name: "file.rmdir", summary: "a directory was removed"),
    .init(kind: .fileLink, name: "file.link", summary: "a hard link was made"),
    .init(kind: .fileSymlink, name: "file.symlink", summary: "a symbolic link was made"),
    .init(kind: .fileChangeMode, name: "file.chmod", summary: "permissions were changed"),
    .init(kind: .fileChangeOwner, name: "file.chown", summary: "owner or group was changed"),
    .init(kind: .fileTruncate, name: "file.truncate", summary: "a file's length was set"),
    .init(kind: .descriptorDuplicate, name: "fd.dup", summary: "dup, dup2, dup3, fcntl(F_DUPFD)"),
    .init(kind: .pipeCreate, name: "fd.pipe", summary: "a pipe was made"),
    .init(kind: .networkSocket, name: "net.socket", summary: "a socket was made"),
    .init(kind: .networkConnect, name: "net.connect", summary: "a connection was attempted"),
    .init(kind: .networkAccept, name: "net.accept", summary: "a connection was accepted"),
    .init(kind: .networkBind, name: "net.bind", summary: "a socket was given an address"),
    .init(kind: .networkListen, name: "net.listen", summary: "a socket waits for connections"),
    .init(kind: .networkSend, name: "net.send", summary: "the send family, with count and result"),
    .init(kind: .networkReceive, name: "net.recv", summary: "the recv family, with count and result"),
    .init(kind: .signalReturn, name: "signal.return", summary: "a signal handler returned (rt_sigreturn)"),
    .init(kind: .signalFatal, name: "signal.fatal", summary: "a signal ends the process"),
    .init(
      kind: .memoryExhausted, name: "memory.oom", summary: "the kernel chose the process to die for want of memory"),
    .init(kind: .cgroupCreate, name: "cgroup.mkdir", summary: "a cgroup was made"),
    .init(kind: .cgroupRemove, name: "cgroup.rmdir", summary: "a cgroup was removed"),
    .init(kind: .cgroupAttach, name: "cgroup.attach", summary: "a process was moved to another cgroup"),
    .init(kind: .processControl, name: "process.prctl", summary: "prctl and arch_prctl: what a process sets of itself"),
    .init(kind: .processSession, name: "process.setsid", summary: "a process began a session of its own"),
    .init(kind: .processGroup, name: "process.setpgid", summary: "a process was put into a process group"),
    .init(
      kind: .processSignal, name: "process.signal", summary: "a signal was sent: the kill family, pidfd_send_signal"),
    .init(kind: .processHandle, name: "process.pidfd", summary: "pidfd_open"),
    .init(kind: .processPriority, name: "process.priority", summary: "setpriority"),
    .init(kind: .processLimit, name: "process.limit", summary: "setrlimit, prlimit64"),
    .init(kind: .processDirectory, name: "process.chdir", summary: "the working directory was changed"),
    .init(kind: .credentialsUser, name: "credentials.user", summary: "the setuid family: asked for, before and after"),
    .init(
      kind: .credentialsGroup, name: "credentials.group", summary: "the setgid family: asked for, before and after"),
    .init(kind: .credentialsGroups, name: "credentials.groups", summary: "the supplementary groups were set"),
    .init(
      kind: .credentialsCapabilities, name: "credentials.capabilities", summary: "capset: asked for, before and after"),
    .init(kind: .processFilter, name: "process.seccomp", summary: "seccomp: calls are to be filtered"),
    .init(kind: .processTrace, name: "process.trace", summary: "ptrace"),
    .init(kind: .processPeek, name: "process.peek", summary: "process_vm_readv: another process's memory was read"),
    .init(kind: .processPoke, name: "process.poke", summary: "process_vm_writev: another process's memory was written"),
    .init(kind: .namespaceEnter, name: "namespace.enter", summary: "setns"),
    .init(kind: .namespaceUnshare, name: "namespace.unshare", summary: "unshare"),
    .init(kind: .rootPivot, name: "root.pivot", summary: "pivot_root"),
    .init(kind: .rootChange, name: "root.change", summary: "chroot"),
    .init(kind: .mountAttach, name: "mount.attach", summary: "mount"),
    .init(kind: .mountDetach, name: "mount.detach", summary: "umount, umount2"),
    .init(kind: .mountOpen, name: "mount.open", summary: "fsopen, fspick: a file system is about to be configured"),
    .init(kind: .mountConfigure, name: "mount.configure", summary: "fsconfig"),
    .init(kind: .mountCreate, name: "mount.create", summary: "fsmount"),
    .init(kind: .mountMove, name: "mount.move", summary: "move_mount"),
    .init(kind: .mountTree, name: "mount.tree", summary: "open_tree"),
    .init(kind: .mountAttributes, name: "mount.attributes", summary: "mount_setattr"),
    .init(kind: .fileMakeNode, name: "file.mknod", summary: "a device, a pipe or another node was made"),
    .init(kind: .attributeSet, name: "xattr.set", summary: "an extended attribute was set"),
    .init(kind: .attributeGet, name: "xattr.get", summary: "an extended attribute was asked for"),
    .init(kind: .attributeList, name: "xattr.list", summary: "extended attributes were listed"),
    .init(kind: .attributeRemove, name: "xattr.remove", summary: "an extended attribute was removed"),
    .init(
      kind: .fileTransfer, name: "file.transfer",
      summary: "sendfile, splice, tee, copy_file_range: from one descriptor to another"),
    .init(kind: .memoryFile, name: "memory.file", summary: "memfd_create, memfd_secret"),
    .init(kind: .fileWatch, name: "file.watch", summary: "inotify_add_watch"),
    .init(kind: .fileMonitor, name: "file.monitor", summary: "fanotify_init"),
    .init(kind: .fileMonitorMark, name: "file.monitor_mark", summary: "fanotify_mark"),
    .init(kind: .fileAllocate, name: "file.allocate", summary: "fallocate"),
    .init(kind: .fileTimes, name: "file.times", summary: "the times of a file were set"),
    .init(kind: .networkOption, name: "net.option", summary: "setsockopt"),
    .init(kind: .networkPair, name: "net.pair", summary: "socketpair"),
    .init(kind: .networkShutdown, name: "net.shutdown", summary: "shutdown"),
    .init(
      kind: .networkOutcome, name: "net.outcome",
      summary: "a connection that was attempted without waiting is there, or is refused"),
    .init(kind: .descriptorTake, name: "fd.take", summary: "pidfd_getfd: a descriptor of another process was copied"),
    .init(kind: .memoryMap, name: "memory.map", summary: "mmap with PROT_EXEC"),
    .init(kind: .memoryProtect, name: "memory.protect", summary: "mprotect, pkey_mprotect with PROT_EXEC"),
    .init(kind: .kernelProgram, name: "kernel.bpf", summary: "bpf"),
    .init(kind: .kernelModuleLoad, name: "kernel.module_load", summary: "init_module, finit_module"),
    .init(kind: .kernelModuleUnload, name: "kernel.module_unload", summary: "delete_module"),
    .init(kind: .kernelReplace, name: "kernel.kexec", summary: "kexec_load, kexec_file_load"),
    .init(kind: .keyControl, name: "key.control", summary: "keyctl"),
    .init(kind: .keyAdd, name: "key.add", summary: "add_key"),
    .init(kind: .keyRequest, name: "key.request", summary: "request_key"),
    .init(kind: .kernelPerformance, name: "kernel.perf", summary: "perf_event_open"),
    .init(kind: .kernelFaultHandler, name: "kernel.userfault", summary: "userfaultfd"),
    .init(
      kind: .terminalControl, name: "terminal.control",
      summary: "ioctl on a terminal: TIOCSTI types into it, TIOCSCTTY takes it"),
    .init(kind: .ringRequest, name: "ring.request", summary: "a request to io_uring that is like no system call"),
    .init(
      kind: .containerResources, name: "container.resources",
      summary: "what the container takes of memory, CPU, devices and tasks, and its limits; of no process"),
    .init(kind: .containerCreate, name: "container.create", summary: "a container's cgroup was made; of no process"),
    .init(kind: .containerStart, name: "container.start", summary: "a container's first process runs its program"),
    .init(kind: .containerExit, name: "container.exit", summary: "a container's first process ended, and why"),
    .init(
      kind: .containerRemove, name: "container.remove", summary: "a container's last cgroup is gone; of no process"),
    .init(kind: .containerPause, name: "container.pause", summary: "all of a container's processes are frozen"),
    .init(kind: .containerResume, name: "container.resume", summary: "a container's processes are frozen no more"),
  ]

  private static let names: [EventKind: String] = Dictionary(
    uniqueKeysWithValues: catalogue.map { ($0.kind, $0.name) })

  /// The kind's name in this version's catalogue; nil for one that this version does not know.
  public var name: String? { Self.names[self] }
}
