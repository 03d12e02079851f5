internal import Glibc

/// What the kernel says of a file.
public struct FileStatus: Hashable, Sendable {
  public var device: UInt64
  public var inode: UInt64
  /// Type and permissions.
  public var mode: UInt32
  public var owner: UInt32
  public var lengthInBytes: Int64
  /// Last change of the contents, in nanoseconds since 1970.
  public var modified: Int64

  public var isDirectory: Bool { mode & S_IFMT == S_IFDIR }
  public var isSymbolicLink: Bool { mode & S_IFMT == S_IFLNK }
  public var isRegular: Bool { mode & S_IFMT == S_IFREG }
  /// By its group or by everybody.
  public var isWritableByOthers: Bool { mode & (S_IWGRP | S_IWOTH) != 0 }
  public var permissions: UInt32 { mode & 0o7777 }
  public var isSocket: Bool { mode & S_IFMT == S_IFSOCK }
}

extension FileStatus {
  /// Follows symbolic links. The corresponding C function is `stat`.
  public init(of path: String) throws(SystemError) {
    var status = Glibc.stat()
    try check("stat", path) { stat(path, &status) }
    self.init(status)
  }

  /// Does not follow a symbolic link at the end. The corresponding C function is `lstat`.
  public init(ofLink path: String) throws(SystemError) {
    var status = Glibc.stat()
    try check("lstat", path) { lstat(path, &status) }
    self.init(status)
  }

  /// Of an open file. The corresponding C function is `fstat`.
  public init(of file: borrowing FileDescriptor) throws(SystemError) { try self.init(ofDescriptor: file.number) }

  /// Of an open file that somebody else owns. The corresponding C function is `fstat`.
  public init(ofDescriptor number: Int32) throws(SystemError) {
    var status = Glibc.stat()
    try check("fstat") { fstat(number, &status) }
    self.init(status)
  }

  private init(_ status: Glibc.stat) {
    self.init(
      device: UInt64(status.st_dev), inode: UInt64(status.st_ino), mode: UInt32(status.st_mode),
      owner: status.st_uid, lengthInBytes: Int64(status.st_size),
      modified: Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec))
  }
}
