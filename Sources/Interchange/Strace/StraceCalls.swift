/// Which argument of a call is what, in the order in which strace prints them.
///
/// The words are those of ``ScapField`` as .scap files have them; `-` is passed over, `pair` is `[3, 4]`.
struct StraceCall {
  let event: ScapEventTable.Event
  /// Of each argument; nil is passed over.
  let places: [Place?]
  let plan: ScapPlan

  /// Its result is the number of a new task.
  var makesTask: Bool { if case .clone = plan { true } else { false } }

  enum Place {
    case field(ScapField)
    case pair
  }

  /// The parameters that it can have: the result, then those of the line.
  private init(name: String, plan: ScapPlan, _ words: [Substring]) {
    self.plan = plan
    var parameters = [Self.parameter("res", .res)]
    var places: [Place?] = []
    for word in words {
      if word == "-" {
        places.append(nil)
      } else if word == "pair" {
        places.append(.pair)
        parameters += [Self.parameter("fd1", .fd1), Self.parameter("fd2", .fd2)]
      } else if let field = Self.field(String(word)) {
        places.append(.field(field))
        parameters.append(Self.parameter(String(word), field))
      }
    }
    for field in Self.made where !parameters.contains(where: { $0.field == field }) {
      parameters.append(Self.parameter("\(field)", field))
    }
    event = ScapEventTable.Event(name: name, isExit: true, parameters: parameters)
    self.places = places
  }

  /// Parameters that are put together of what the line says elsewhere.
  private static let made: [ScapField] = [.tuple, .exe, .args, .comm, .status, .sig, .spid, .flags, .addr, .cwd]

  private static func parameter(_ name: String, _ field: ScapField) -> ScapEventTable.Parameter {
    ScapEventTable.Parameter(name: name, type: "int64", field: field, isSigned: true)
  }

  private static func field(_ word: String) -> ScapField? {
    ScapEventTable.otherNames.first { $0.0 == word }?.1 ?? fields[word]
  }

  private static let fields = Dictionary(uniqueKeysWithValues: ScapField.allCases.map { ("\($0)", $0) })

  /// The call of that name.
  static func named(_ name: String) -> StraceCall {
    StraceCall(
      name: name, plan: ScapPlan.plan(ofCall: scapNames[name] ?? name),
      table[name] ?? (name.hasSuffix("at") ? ["dirfd", "path"] : []))
  }

  /// Ends and signals, which are no calls.
  static let exit = StraceCall(name: "procexit", plan: .processExit, [])
  static let signal = StraceCall(name: "signaldeliver", plan: .signal, [])

  /// What .scap files call otherwise.
  private static let scapNames = [
    "pread64": "pread", "pwrite64": "pwrite", "preadv2": "preadv", "pwritev2": "pwritev", "prlimit64": "prlimit",
  ]

  private static let table: [String: [Substring]] = {
    let lines = """
      open name flags mode
      openat dirfd name flags mode
      openat2 dirfd name -
      open_by_handle_at dirfd - flags
      creat name mode
      close fd
      read fd data size
      readv fd data
      pread64 fd data size pos
      preadv fd data - pos
      preadv2 fd data - pos
      write fd data size
      writev fd data
      pwrite64 fd data size pos
      pwritev fd data - pos
      pwritev2 fd data - pos
      lseek fd offset
      rename oldpath newpath
      renameat olddirfd oldpath newdirfd newpath
      renameat2 olddirfd oldpath newdirfd newpath flags
      unlink path
      unlinkat dirfd name flags
      mkdir path mode
      mkdirat dirfd path mode
      rmdir path
      link oldpath newpath
      linkat olddir oldpath newdir newpath flags
      symlink target linkpath
      symlinkat target linkdirfd linkpath
      readlink path
      readlinkat dirfd path
      chmod filename mode
      fchmod fd mode
      fchmodat dirfd filename mode
      fchmodat2 dirfd filename mode
      chown path uid gid
      lchown path uid gid
      fchown fd uid gid
      fchownat dirfd pathname uid gid flags
      mknod path mode
      mknodat dirfd path mode
      truncate path length
      ftruncate fd length
      stat path
      lstat path
      fstat fd
      newfstatat dirfd path
      statx dirfd path
      access path
      faccessat dirfd path
      faccessat2 dirfd path
      statfs path
      fstatfs fd
      getdents64 fd
      getdents fd
      fsync fd
      fdatasync fd
      flock fd operation
      ioctl fd request
      fcntl fd cmd arg
      dup oldfd
      dup2 oldfd newfd
      dup3 oldfd newfd flags
      pipe pair
      pipe2 pair flags
      socket domain type proto
      socketpair domain type proto pair
      bind fd addr
      connect fd addr
      listen fd backlog
      accept oldfd addr
      accept4 oldfd addr
      getsockname fd
      getpeername fd
      getsockopt fd
      setsockopt fd
      shutdown fd how
      send fd data size
      sendto fd data size - addr
      sendmsg fd data
      sendmmsg fd data
      recv fd data size
      recvfrom fd data size - addr
      recvmsg fd data
      recvmmsg fd data
      sendfile out_fd in_fd
      splice fd_in - fd_out - len
      copy_file_range fdin - fdout - len
      chdir path
      fchdir fd
      chroot path
      mount dev dir type flags
      umount2 name flags
      memfd_create name flags
      mmap - length prot flags fd
      mmap2 - length prot flags fd
      mprotect - length prot
      munmap - length
      setuid uid
      setgid gid
      setreuid ruid euid
      setregid rgid egid
      setresuid ruid euid suid
      setresgid rgid egid sgid
      setpgid pid pgid
      kill pid sig
      tkill tid sig
      tgkill pid tid sig
      ptrace request pid
      prctl option arg2_str
      prlimit64 pid resource
      setns fd nstype
      unshare flags
      pidfd_open pid
      pidfd_getfd pid_fd target_fd
      epoll_ctl fd
      epoll_wait fd
      epoll_pwait fd
      epoll_pwait2 fd
      signalfd4 fd
      inotify_add_watch fd path
      fadvise64 fd
      fallocate fd
      process_vm_readv pid
      process_vm_writev pid
      init_module - length uargs
      finit_module fd uargs
      delete_module name
      """
    var table: [String: [Substring]] = [:]
    for line in lines.split(separator: "\n") {
      let words = line.split(separator: " ")
      table[String(words[0])] = Array(words.dropFirst())
    }
    return table
  }()
}
