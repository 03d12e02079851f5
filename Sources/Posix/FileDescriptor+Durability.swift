internal import CPosix
internal import Glibc

extension FileDescriptor {
  /// Waits until what was written is on the disk. The corresponding C function is `fsync`.
  public borrowing func synchronize() throws(SystemError) {
    let number = number
    try check("fsync") { fsync(number) }
  }

  /// Cuts the file off, or fills it up with zeros. The corresponding C function is `ftruncate`.
  public borrowing func truncate(to length: UInt64) throws(SystemError) {
    let number = number
    try check("ftruncate") { ftruncate(number, off_t(length)) }
  }

  /// Whether every write goes to the file's end. The corresponding C function is `fcntl` with `F_GETFL`.
  public var isAppending: Bool {
    let flags = fcntl(number, F_GETFL)
    return flags != -1 && flags & O_APPEND != 0
  }

  /// An unnamed file with `contents`, to be read from its beginning. The corresponding C function is `memfd_create`.
  public static func inMemory(_ contents: [UInt8]) throws(SystemError) -> FileDescriptor {
    let file = FileDescriptor(owning: try check("memfd_create") { at_memory_file("contents") })
    let number = file.number
    let failure: SystemError? = contents.withUnsafeBytes { bytes in
      do throws(SystemError) {
        try Posix.write(bytes, to: number)
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
    try check("lseek") { lseek(number, 0, SEEK_SET) }
    return file
  }

  /// A file without a name in `directory`, readable and writable, that goes with its last descriptor.
  ///
  /// Where the file system has no such files it is in memory. The corresponding C function is `open` with `O_TMPFILE`.
  public static func unnamed(in directory: String) throws(SystemError) -> FileDescriptor {
    // The constant is a sum that Swift does not import.
    let unnamed: Int32 = 0o20_000_000 | O_DIRECTORY
    do {
      return try open(directory, flags: O_RDWR | unnamed, mode: 0o600)
    } catch {
      return try inMemory([])
    }
  }

  /// Opens the directory at `path`. The corresponding C function is `open` with `O_DIRECTORY`.
  public static func openDirectory(_ path: String) throws(SystemError) -> FileDescriptor {
    try open(path, flags: O_RDONLY | O_DIRECTORY)
  }

  /// Makes a new file, readable by its owner alone, to which every write appends; it can be read too.
  ///
  /// The corresponding C function is `open` with `O_CREAT | O_EXCL | O_APPEND`.
  public static func createForAppending(_ path: String) throws(SystemError) -> FileDescriptor {
    try open(path, flags: O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW, mode: 0o600)
  }

  /// Opens a file to which every write appends; a symbolic link is not followed.
  public static func openForAppending(_ path: String) throws(SystemError) -> FileDescriptor {
    try open(path, flags: O_RDWR | O_APPEND | O_NOFOLLOW)
  }

  /// The same; the file is made, readable by its owner alone, where it is missing.
  public static func openToAppend(_ path: String) throws(SystemError) -> FileDescriptor {
    try open(path, flags: O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW)
  }

  /// Opens a file that is to be locked, and makes it where it is missing; a symbolic link is not followed.
  ///
  /// The corresponding C function is `open` with `O_CREAT | O_NOFOLLOW`.
  public static func openForLocking(_ path: String) throws(SystemError) -> FileDescriptor {
    try open(path, flags: O_RDWR | O_CREAT | O_NOFOLLOW)
  }

  /// Locks the file, unless another process has.
  ///
  /// The lock goes when the descriptor is closed, also by the process's death. The corresponding C function is `flock`.
  ///
  /// - Parameter isShared: Others may share it.
  /// - Returns: Whether the lock was had.
  public borrowing func lock(isShared: Bool = false) throws(SystemError) -> Bool {
    let number = number
    do {
      try check("flock") { flock(number, (isShared ? LOCK_SH : LOCK_EX) | LOCK_NB) }
      return true
    } catch  where error.code == EWOULDBLOCK {
      return false
    }
  }
}

/// Room on a file system.
public struct FileSystemSpace: Hashable, Sendable {
  public var totalBytes: UInt64
  /// What an ordinary user may still fill.
  public var freeBytes: UInt64

  /// The file system that `path` is on. The corresponding C function is `statvfs`.
  public init(at path: String) throws(SystemError) {
    var facts = statvfs()
    try check("statvfs", path) { statvfs(path, &facts) }
    totalBytes = UInt64(facts.f_blocks) * UInt64(facts.f_frsize)
    freeBytes = UInt64(facts.f_bavail) * UInt64(facts.f_frsize)
  }
}

/// The user that this process acts as. The corresponding C function is `geteuid`.
public var effectiveUserID: UInt32 { geteuid() }

extension SystemError {
  /// The file, or what should be a directory on the way to it.
  public var isMissing: Bool { code == ENOENT || code == ENOTDIR }
  public var isReadOnly: Bool { code == EROFS }
  public var isNotPermitted: Bool { code == EACCES || code == EPERM }
  public var isDiskError: Bool { code == EIO }
  public var isQuotaExceeded: Bool { code == EDQUOT }
}
