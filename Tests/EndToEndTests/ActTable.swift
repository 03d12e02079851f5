import JSON
import Testing

/// A table: what each act of Programs/acts.c is told as.
struct Act: Sendable, CustomTestStringConvertible {
  struct Event: Sendable {
    var lane: String
    var kind: String
    /// As `events` prints it, without its process. `#` stands for a number that is not the same each time, `@` for an
    /// error that depends on how the kernel was made.
    var line: String
    /// Members of the exported object, as text.
    var members: [String: String] = [:]
  }

  var name: String
  var events: [Event]
  var testDescription: String { name }

  /// Whether the text is the pattern's, with one digit at least for each `#` and an error's name for a last `@`.
  static func matches(_ text: String, _ pattern: String) -> Bool {
    var rest = Substring(text)
    // How long it slept, if it did, is none of an act's making.
    if rest.last == ")", let start = rest.lastIndex(of: "("), rest[rest.index(after: start)].isNumber {
      rest = rest[..<start].dropLast()
    }
    for character in pattern {
      switch character {
      case "#":
        let digits = rest.prefix { $0.isHexDigit }
        if digits.isEmpty { return false }
        rest = rest.dropFirst(digits.count)
      case "@": return rest.first == "E" && rest.allSatisfy { $0.isUppercase || $0.isNumber }
      default:
        if rest.popFirst() != character { return false }
      }
    }
    return rest.isEmpty
  }

  static func text(_ value: JSONValue) -> String {
    value.string ?? value.integer.map(String.init) ?? value.elements.map(text).joined(separator: ",")
  }

  private init(_ name: String, _ events: Event...) {
    self.name = name
    self.events = events
  }

  private static func lifecycle(_ kind: String, _ line: String, _ members: [String: String] = [:]) -> Event {
    Event(lane: "lifecycle", kind: kind, line: line, members: members)
  }
  private static func activity(_ kind: String, _ line: String, _ members: [String: String] = [:]) -> Event {
    Event(lane: "activity", kind: kind, line: line, members: members)
  }
  private static func detail(_ kind: String, _ line: String, _ members: [String: String] = [:]) -> Event {
    Event(lane: "detail", kind: kind, line: line, members: members)
  }

  static let table: [Act] = [
    Act(
      "prctl",
      lifecycle("process.prctl", "prctl operation=PR_SET_DUMPABLE operand=1 = 0")),
    Act(
      "prctl-bounding",
      lifecycle(
        "process.prctl", "prctl bounding_capabilities=-CAP_SYS_BOOT operation=PR_CAPBSET_DROP operand=CAP_SYS_BOOT = 0")
    ),
    Act(
      "prctl-privileges",
      lifecycle("process.prctl", "prctl operation=PR_SET_NO_NEW_PRIVS operand=1 = 0")),
    Act(
      "setsid",
      activity("process.setsid", "setsid = #")),
    Act(
      "setpgid",
      activity("process.setpgid", "setpgid operand=0 target_pid=0 = 0")),
    Act(
      "kill",
      lifecycle("process.signal", "kill signal=SIGKILL target_pid=# = 0"),
      lifecycle("signal.fatal", "killed by SIGKILL from # (acts), SI_USER")),
    Act(
      "kill-nothing",
      detail("process.signal", "kill signal=0 target_pid=0 = 0")),
    Act(
      "tgkill",
      detail("process.signal", "tgkill signal=SIGUSR1 target_pid=1 target_thread=1 = 0")),
    Act(
      "rt_sigqueueinfo",
      detail("process.signal", "rt_sigqueueinfo signal=SIGUSR1 target_pid=1 = 0")),
    Act(
      "pidfd",
      detail("process.pidfd", "pidfd_open pidfs:[#] target_pid=1 call_flags=0 = 3"),
      detail("process.signal", "pidfd_send_signal descriptor=3 pidfs:[#] signal=SIGUSR1 call_flags=0 = 0"),
      lifecycle("fd.take", "pidfd_getfd /data/one second_descriptor=3 second_file=pidfs:[#] operand=4 = 5")),
    Act(
      "setpriority",
      activity("process.priority", "setpriority operation=PRIO_PROCESS operand=0 target_pid=0 = 0")),
    Act(
      "prlimit",
      detail("process.limit", "prlimit64 operation=RLIMIT_NOFILE target_pid=0 soft_limit=100 hard_limit=200 = 0")),
    Act(
      "chdir",
      detail("process.chdir", "chdir /data = 0")),
    Act(
      "fchdir",
      detail("process.chdir", "fchdir descriptor=3 / = 0")),
    Act(
      "setuid",
      lifecycle(
        "credentials.user",
        "setuid user_id=0 (root)->1000 (web) effective_user_id=0 (root)->1000 (web) effective_capabilities=-all permitted_capabilities=-all asked_id=1000 = 0",
        [
          "aftertrace.old_user_id": "0", "aftertrace.effective_user_id": "1000", "aftertrace.saved_user_id": "1000",
          "aftertrace.effective_capabilities": "0", "aftertrace.effective_capabilities_number": "0",
          "aftertrace.asked_id": "1000",
        ])),
    Act(
      "setreuid",
      lifecycle(
        "credentials.user",
        "setreuid effective_user_id=0 (root)->1000 (web) effective_capabilities=-all asked_id=-1 asked_effective_id=1000 = 0"
      )),
    Act(
      "setresuid",
      lifecycle(
        "credentials.user",
        "setresuid user_id=0 (root)->1 effective_user_id=0 (root)->2 effective_capabilities=-all permitted_capabilities=-all asked_id=1 asked_effective_id=2 asked_saved_id=3 = 0"
      )),
    Act(
      "setfsuid",
      lifecycle(
        "credentials.user",
        "setfsuid effective_capabilities=-CAP_CHOWN|CAP_DAC_OVERRIDE|CAP_FOWNER|CAP_MKNOD asked_id=1000 = 0")),
    Act(
      "setgid",
      lifecycle(
        "credentials.group",
        "setgid group_id=0 (root)->1000 (web) effective_group_id=0 (root)->1000 (web) asked_id=1000 = 0")),
    Act(
      "setregid",
      lifecycle(
        "credentials.group", "setregid effective_group_id=0 (root)->1000 (web) asked_id=-1 asked_effective_id=1000 = 0")
    ),
    Act(
      "setresgid",
      lifecycle(
        "credentials.group",
        "setresgid group_id=0 (root)->1 effective_group_id=0 (root)->2 asked_id=1 asked_effective_id=2 asked_saved_id=3 = 0"
      )),
    Act(
      "setgroups",
      lifecycle("credentials.groups", "setgroups groups=7 100 = 0")),
    Act(
      "capset",
      lifecycle(
        "credentials.capabilities",
        "capset effective_capabilities=-0x8ed25cb permitted_capabilities=-0x8ed25ca asked_effective_capabilities=CAP_KILL asked_permitted_capabilities=CAP_CHOWN|CAP_KILL asked_inheritable_capabilities=0 = 0"
      )),
    Act(
      "setuid-refused",
      lifecycle(
        "credentials.user",
        "setuid user_id=0 (root)->1000 (web) effective_user_id=0 (root)->1000 (web) effective_capabilities=-all permitted_capabilities=-all asked_id=1000 = 0"
      ),
      lifecycle("credentials.user", "setuid asked_id=0 = -EPERM")),
    Act(
      "setns",
      lifecycle("namespace.enter", "setns descriptor=3 nsfs:[#] clone_flags=CLONE_NEWUTS = 0")),
    Act(
      "unshare",
      lifecycle("namespace.unshare", "unshare clone_flags=CLONE_FILES|CLONE_NEWUTS = 0")),
    Act(
      "mount",
      lifecycle(
        "mount.attach", "mount /tmp/m object_type=tmpfs source=some data=size=64k call_flags=MS_NOSUID|MS_NODEV = 0",
        [
          "aftertrace.call_flags": "MS_NOSUID|MS_NODEV", "aftertrace.call_flags_number": "6",
          "aftertrace.source": "some", "data_type": "container:mount:attach",
        ])),
    Act(
      "umount",
      lifecycle("mount.detach", "umount2 /tmp/m call_flags=MNT_DETACH = 0")),
    Act(
      "fsopen",
      lifecycle("mount.open", "fsopen [fscontext] object_type=tmpfs call_flags=FSOPEN_CLOEXEC = 3"),
      lifecycle(
        "mount.configure",
        "fsconfig descriptor=3 [fscontext] operation=FSCONFIG_SET_STRING operand=0 object_name=size data=64k = 0"),
      lifecycle("mount.configure", "fsconfig descriptor=3 [fscontext] operation=FSCONFIG_CMD_CREATE operand=0 = 0"),
      lifecycle(
        "mount.create",
        "fsmount / second_descriptor=3 second_file=[fscontext] call_flags=FSMOUNT_CLOEXEC attributes_set=MOUNT_ATTR_NOSUID = 4"
      ),
      lifecycle("mount.move", "move_mount /tmp/m /tmp/m call_flags=MOVE_MOUNT_F_EMPTY_PATH = 0")),
    Act(
      "open_tree",
      lifecycle("mount.tree", "open_tree / /tmp/m call_flags=OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC = 3")),
    Act(
      "mount_setattr",
      lifecycle(
        "mount.attributes",
        "mount_setattr /tmp/m call_flags=0 attributes_set=MOUNT_ATTR_RDONLY|MOUNT_ATTR_NOEXEC attributes_cleared=MOUNT_ATTR_NOSUID = 0"
      ),
      lifecycle("mount.detach", "umount2 /tmp/m call_flags=0 = 0")),
    Act(
      "pivot_root",
      lifecycle("namespace.unshare", "unshare clone_flags=CLONE_NEWNS = 0"),
      lifecycle("mount.attach", "mount / call_flags=MS_REC|MS_PRIVATE = 0"),
      lifecycle("mount.attach", "mount /tmp/m object_type=tmpfs source=t call_flags=0 = 0"),
      lifecycle("root.pivot", "pivot_root /tmp/m /tmp/m/old = 0")),
    Act(
      "chroot",
      lifecycle("root.change", "chroot /tmp = 0")),
    Act("open-directory", detail("file.open", "openat open_flags=O_RDONLY|O_DIRECTORY|O_NOFOLLOW /data = 4")),
    Act(
      "renameat2",
      activity("file.rename", "renameat2 /data/one /data/two call_flags=RENAME_NOREPLACE = 0")),
    Act(
      "mknod",
      activity("file.mknod", "mknodat mode=020600 /tmp/null device_number=1:3 = 0")),
    Act(
      "setxattr",
      activity("xattr.set", "setxattr count=1 /data/two object_name=trusted.note call_flags=XATTR_CREATE = 0")),
    Act(
      "getxattr",
      detail("xattr.get", "getxattr count=1 /data/two object_name=trusted.note = 1")),
    Act(
      "listxattr",
      detail("xattr.list", "flistxattr descriptor=3 /data/two count=16 = 13")),
    Act(
      "removexattr",
      activity("xattr.remove", "removexattr /data/two object_name=trusted.note = 0")),
    Act(
      "sendfile",
      detail("file.transfer", "sendfile descriptor=3 /data/two count=4 second_descriptor=4 second_file=/data/three = 4")
    ),
    Act(
      "copy_file_range",
      detail(
        "file.transfer",
        "copy_file_range descriptor=3 /data/two count=3 second_descriptor=4 second_file=/data/three call_flags=0 = 3")),
    Act(
      "splice",
      detail(
        "file.transfer",
        "splice descriptor=3 /data/two count=2 second_descriptor=6 second_file=pipe:[#] call_flags=SPLICE_F_MOVE = 2")),
    Act(
      "tee",
      detail(
        "file.transfer",
        "tee descriptor=5 pipe:[#] count=2 second_descriptor=8 second_file=pipe:[#] call_flags=SPLICE_F_NONBLOCK = 2")),
    Act(
      "memfd_create",
      activity(
        "memory.file", "memfd_create memfd:hidden object_name=hidden call_flags=MFD_CLOEXEC|MFD_ALLOW_SEALING = 9")),
    Act(
      "inotify",
      detail("file.watch", "inotify_add_watch descriptor=9 inotify /data event_mask=IN_CREATE|IN_DELETE = 1")),
    Act(
      "fanotify",
      activity("file.monitor", "fanotify_init [fanotify] open_flags=O_RDONLY call_flags=FAN_CLOEXEC = 9"),
      activity(
        "file.monitor_mark",
        "fanotify_mark descriptor=9 [fanotify] /data call_flags=FAN_MARK_ADD event_mask=FAN_OPEN = 0")),
    Act(
      "fallocate",
      activity(
        "file.allocate", "fallocate descriptor=4 /data/three offset=0 length=4096 call_flags=FALLOC_FL_KEEP_SIZE = 0")),
    Act(
      "utimensat",
      activity("file.times", "utimensat /data/two call_flags=AT_SYMLINK_NOFOLLOW access_time=1000000000000000005 = 0")),
    Act(
      "socketpair",
      detail(
        "net.pair",
        "socketpair descriptor=3 socket:[#] family=AF_UNIX socket_type=SOCK_STREAM|SOCK_CLOEXEC network_protocol=0 second_descriptor=4 second_file=socket:[#] = 0"
      )),
    Act(
      "rights",
      activity(
        "net.send",
        "sendmsg descriptor=3 socket:[#] count=1 passed_descriptors=9 10 passed_files=/data/two /data/three \"x\" = 1",
        ["aftertrace.passed_descriptors": "9,10", "aftertrace.passed_files": "/data/two,/data/three"]),
      activity(
        "net.recv",
        "recvmsg descriptor=4 socket:[#] count=1 passed_descriptors=11 12 passed_files=/data/two /data/three \"x\" = 1")
    ),
    Act(
      "rights-several",
      activity(
        "net.send",
        "sendmmsg descriptor=3 socket:[#] passed_descriptors=9 10 passed_files=/data/two /data/three \"yz\" = 2",
        ["aftertrace.passed_descriptors": "9,10", "aftertrace.passed_files": "/data/two,/data/three"])),
    Act(
      "setsockopt",
      detail(
        "net.option",
        "setsockopt descriptor=13 socket:[#] operand=1 option_level=SOL_SOCKET option_name=SO_REUSEADDR = 0")),
    Act(
      "setsockopt-device",
      activity(
        "net.option",
        "setsockopt descriptor=13 socket:[#] data=lo option_level=SOL_SOCKET option_name=SO_BINDTODEVICE = 0")),
    Act(
      "unix-path",
      activity("net.bind", "bind descriptor=14 /data/socket unix:/data/socket = 0"),
      activity("net.listen", "listen descriptor=14 /data/socket backlog=1 = 0"),
      activity("net.connect", "connect descriptor=15 socket:[#] unix:/data/socket = 0")),
    Act(
      "shutdown",
      activity("net.shutdown", "shutdown descriptor=3 socket:[#] operation=SHUT_RDWR = 0")),
    Act(
      "connect-refused",
      activity("net.connect", "connect descriptor=16 -->127.0.0.1:9 127.0.0.1:9 socket_state=TCP_CLOSE = -EINPROGRESS"),
      activity("net.bind", "bind descriptor=16 127.0.0.1:7077->- 127.0.0.1:7077 = 0"),
      activity("net.listen", "listen descriptor=16 127.0.0.1:7077->- backlog=0 = 0"),
      activity("net.connect", "connect descriptor=17 127.0.0.1:#->127.0.0.1:7077 127.0.0.1:7077 = 0")),
    Act(
      "outcome-connected",
      activity(
        "net.connect",
        "connect descriptor=18 127.0.0.1:#->127.0.0.1:7077 127.0.0.1:7077 socket_state=TCP_SYN_SENT = -EINPROGRESS"),
      activity("net.accept", "accept 127.0.0.1:7077->127.0.0.1:# 127.0.0.1:# = 19"),
      activity(
        "net.outcome",
        "outcome of connect descriptor=18 127.0.0.1:#->127.0.0.1:7077 127.0.0.1:7077 socket_state=TCP_ESTABLISHED = 0")),
    Act(
      "outcome-refused",
      activity(
        "net.connect",
        "connect descriptor=19 127.0.0.1:#->127.0.0.1:7077 127.0.0.1:7077 socket_state=TCP_SYN_SENT = -EINPROGRESS"),
      activity(
        "net.outcome",
        "outcome of connect descriptor=19 127.0.0.1:#->127.0.0.1:7077 127.0.0.1:7077 socket_state=TCP_CLOSE = -ECONNREFUSED"
      )),
    Act(
      "mmap",
      activity(
        "memory.map",
        "mmap descriptor=-1 count=4096 protection=PROT_READ|PROT_WRITE|PROT_EXEC mapping_flags=MAP_PRIVATE|MAP_ANONYMOUS memory_address=0x0 = 0x#"
      )),
    Act(
      "mprotect",
      activity("memory.protect", "mprotect count=4096 protection=PROT_READ|PROT_EXEC memory_address=0x# = 0")),
    Act("mprotect-data", detail("call", "mprotect(0x#, 0x1000, 0x3, 0x#, 0x#, 0x#) = 0")),
    Act(
      "process_vm",
      activity("process.peek", "process_vm_readv target_pid=1 = 4"),
      lifecycle("process.poke", "process_vm_writev target_pid=1 = 4")),
    Act(
      "ptrace",
      lifecycle("process.trace", "ptrace operation=PTRACE_TRACEME operand=0 target_pid=0 memory_address=0x0 = 0")),
    Act(
      "ptrace-attach",
      activity(
        "process.trace", "ptrace operation=PTRACE_ATTACH operand=0 target_pid=1048576 memory_address=0x0 = -ESRCH")),
    Act(
      "ptrace-peek",
      detail(
        "process.trace", "ptrace operation=PTRACE_PEEKDATA operand=0x# target_pid=1048576 memory_address=0x0 = -ESRCH")),
    Act(
      "bpf",
      activity("kernel.bpf", "bpf operation=BPF_MAP_CREATE = -EINVAL")),
    Act(
      "modules",
      lifecycle("kernel.module_load", "init_module count=7 data=debug=1 = -@"),
      lifecycle(
        "kernel.module_load", "finit_module descriptor=-1 data=debug=2 call_flags=MODULE_INIT_IGNORE_MODVERSIONS = -@"),
      lifecycle("kernel.module_unload", "delete_module object_name=at_no_such_module call_flags=O_NONBLOCK = -@")),
    Act(
      "kexec",
      lifecycle("kernel.kexec", "kexec_load call_flags=0x40000000 = -@")),
    Act(
      "keys",
      activity("key.control", "keyctl operation=KEYCTL_GET_KEYRING_ID operand=-2 = -@"),
      activity("key.add", "add_key count=6 object_name=at:key object_type=nonsense = -@"),
      activity("key.request", "request_key object_name=at:key object_type=nonsense = -@")),
    Act(
      "perf_event_open",
      activity(
        "kernel.perf",
        "perf_event_open operation=PERF_TYPE_SOFTWARE operand=0 target_pid=0 call_flags=PERF_FLAG_FD_CLOEXEC = -@")),
    Act(
      "userfaultfd",
      activity("kernel.userfault", "userfaultfd [userfaultfd] call_flags=O_CLOEXEC|UFFD_USER_MODE_ONLY = 16")),
    Act(
      "seccomp",
      activity(
        "process.seccomp", "seccomp operation=SECCOMP_SET_MODE_STRICT call_flags=SECCOMP_FILTER_FLAG_TSYNC = -EINVAL")),
    Act(
      "TIOCSTI",
      activity("terminal.control", "ioctl descriptor=16 /dev/pts/ptmx operation=TIOCSTI data=\\n = 0")),
    Act("newer", detail("call", "mseal(0x0, 0x0, 0x1, 0x#, 0x#, 0x#) = -EINVAL")),
  ]
}
