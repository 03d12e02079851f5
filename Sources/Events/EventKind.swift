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

  public static let cgroupCreate = EventKind(rawValue: 96)
  public static let cgroupRemove = EventKind(rawValue: 97)
  public static let cgroupAttach = EventKind(rawValue: 98)
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
    .init(kind: .cgroupCreate, name: "cgroup.mkdir", summary: "a cgroup was made"),
    .init(kind: .cgroupRemove, name: "cgroup.rmdir", summary: "a cgroup was removed"),
    .init(kind: .cgroupAttach, name: "cgroup.attach", summary: "a process was moved to another cgroup"),
  ]

  private static let names: [EventKind: String] = Dictionary(
    uniqueKeysWithValues: catalogue.map { ($0.kind, $0.name) })

  /// The kind's name in this version's catalogue; nil for one that this version does not know.
  public var name: String? { Self.names[self] }
}
