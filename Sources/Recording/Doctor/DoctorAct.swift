internal import Events
internal import Posix

/// Acts that a child process does, and what the pipeline has to tell of them.
public enum DoctorActs {
  /// Given to this program in place of a command: it does the acts, and ends.
  public static let flag = "--perform-doctor-acts"

  /// - Parameter mountPoint: Of the cgroup hierarchy that is recorded.
  public static func perform(mountPoint: String) -> Int32 { performActs(cgroupMountPoint: mountPoint) }

  /// An act that should be told as events of these kinds.
  struct Act {
    var name: String
    var kinds: [EventKind]
    /// What the line of one of the events has in it.
    var fragment: String?
    /// Whose refusal by this machine is no fault of the recorder's.
    var needs: String?
  }

  static let table: [Act] = [
    Act(name: "run a program", kinds: [.processExec], fragment: "doctor-acts"),
    Act(name: "fork, and end", kinds: [.processFork, .processExit]),
    Act(name: "take a name", kinds: [.processRename], fragment: "at-doctor"),
    Act(name: "open and create a file", kinds: [.fileOpen], fragment: "/tmp/aftertrace-doctor-"),
    Act(name: "write", kinds: [.fileWrite], fragment: "/one"),
    Act(name: "read", kinds: [.fileRead], fragment: "/one"),
    Act(name: "truncate", kinds: [.fileTruncate], fragment: "/one"),
    Act(name: "change mode and owner", kinds: [.fileChangeMode, .fileChangeOwner], fragment: "/one"),
    Act(name: "set an attribute", kinds: [.attributeSet], fragment: "user.aftertrace"),
    Act(name: "watch a directory", kinds: [.fileWatch], fragment: "/tmp/aftertrace-doctor-"),
    Act(name: "send a file", kinds: [.fileTransfer]),
    Act(name: "duplicate a descriptor", kinds: [.descriptorDuplicate]),
    Act(name: "close", kinds: [.fileClose]),
    Act(name: "link", kinds: [.fileLink, .fileSymlink], fragment: "/two"),
    Act(name: "rename", kinds: [.fileRename], fragment: "/below"),
    Act(name: "remove a name", kinds: [.fileUnlink], fragment: "/one"),
    Act(name: "make and remove a directory", kinds: [.fileMakeDirectory, .fileRemoveDirectory], fragment: "/below"),
    Act(name: "make a pipe", kinds: [.pipeCreate]),
    Act(name: "make a pair of sockets", kinds: [.networkPair, .networkShutdown]),
    Act(name: "send and receive", kinds: [.networkSend, .networkReceive]),
    Act(name: "bind, listen, accept", kinds: [.networkBind, .networkListen, .networkAccept], fragment: "127.0.0.1"),
    Act(name: "connect", kinds: [.networkConnect], fragment: "127.0.0.1"),
    Act(name: "connect without waiting", kinds: [.networkOutcome], needs: "a loopback interface that is up"),
    Act(name: "set a socket option", kinds: [.networkOption], fragment: "SO_REUSEADDR"),
    Act(name: "begin a session", kinds: [.processSession]),
    Act(name: "set user and group", kinds: [.credentialsUser, .credentialsGroup]),
    Act(name: "be traced", kinds: [.processTrace]),
    Act(name: "control itself", kinds: [.processControl]),
    Act(name: "send a signal", kinds: [.processSignal], fragment: "SIGTERM"),
    Act(name: "die of a signal", kinds: [.signalFatal], fragment: "SIGTERM"),
    Act(name: "leave a namespace", kinds: [.namespaceUnshare], fragment: "CLONE_NEWNS"),
    Act(name: "mount and unmount", kinds: [.mountAttach, .mountDetach], needs: "CAP_SYS_ADMIN"),
    Act(name: "make memory executable", kinds: [.memoryProtect]),
    Act(name: "make a file in memory", kinds: [.memoryFile], fragment: "aftertrace-doctor"),
    Act(
      name: "make, join and remove a cgroup", kinds: [.cgroupCreate, .cgroupAttach, .cgroupRemove],
      fragment: "aftertrace-doctor-", needs: "a cgroup hierarchy that may be written to"),
  ]
}

/// What a probe stands on, and what would be missing without it.
struct DoctorProbe {
  var program: String
  var hook: String
  var tells: String

  static let table: [DoctorProbe] = [
    DoctorProbe(program: "on_sys_exit", hook: "sys_exit", tells: "every system call"),
    DoctorProbe(program: "on_sys_enter", hook: "sys_enter", tells: "when calls begin, where that is asked for"),
    DoctorProbe(program: "on_switch", hook: "sched_switch", tells: "how long calls sleep"),
    DoctorProbe(program: "on_fork", hook: "sched_process_fork", tells: "births"),
    DoctorProbe(program: "on_exec", hook: "sched_process_exec", tells: "new programs"),
    DoctorProbe(program: "on_exit", hook: "sched_process_exit", tells: "deaths"),
    DoctorProbe(program: "on_rename", hook: "task_rename", tells: "new names of processes"),
    DoctorProbe(program: "on_signal_generate", hook: "signal_generate", tells: "who sent a fatal signal"),
    DoctorProbe(program: "on_signal_deliver", hook: "signal_deliver", tells: "fatal signals, fault addresses, stacks"),
    DoctorProbe(program: "on_oom", hook: "mark_victim", tells: "who died for want of memory"),
    DoctorProbe(program: "on_socket_state", hook: "inet_sock_set_state", tells: "what became of a connect"),
    DoctorProbe(program: "on_cgroup_mkdir", hook: "cgroup_mkdir", tells: "containers, before their first process"),
    DoctorProbe(program: "on_cgroup_rmdir", hook: "cgroup_rmdir", tells: "the end of containers"),
    DoctorProbe(program: "on_cgroup_attach", hook: "cgroup_attach_task", tells: "who enters a container"),
    DoctorProbe(program: "list_sleepers", hook: "iter/task", tells: "calls that had not returned at the end"),
    DoctorProbe(program: "list_processes", hook: "iter/task", tells: "processes that were there before"),
  ]

  static func of(_ program: String) -> DoctorProbe {
    table.first { $0.program == program } ?? DoctorProbe(program: program, hook: "-", tells: "further events")
  }
}
