internal import CPosix
internal import Glibc

/// An open descriptor, closed when its owner goes away.
public struct FileDescriptor: ~Copyable, Sendable {
  public let number: Int32

  /// Takes ownership of `number`.
  public init(owning number: Int32) { self.number = number }

  deinit { _ = Glibc.close(number) }

  /// Gives the number away: the caller closes it.
  public consuming func release() -> Int32 {
    let result = number
    discard self
    return result
  }
}

extension FileDescriptor {
  /// Opens `path`. The corresponding C function is `open`; O_CLOEXEC is always added.
  public static func open(_ path: String, flags: Int32, mode: UInt32 = 0o600) throws(SystemError) -> FileDescriptor {
    FileDescriptor(owning: try check("open", path) { Glibc.open(path, flags | O_CLOEXEC, mode) })
  }

  /// Reads up to `buffer.count` bytes; 0 at the end. The corresponding C function is `read`.
  public borrowing func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
    let number = number
    return try check("read") { Glibc.read(number, buffer.baseAddress, buffer.count) }
  }

  /// Reads at `offset` until the buffer is full or the file ends. The corresponding C function is `pread`.
  public borrowing func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(SystemError) -> Int {
    let number = number
    var done = 0
    while done < buffer.count {
      let got = try check("pread") {
        Glibc.pread(number, buffer.baseAddress! + done, buffer.count - done, off_t(offset) + off_t(done))
      }
      if got == 0 { break }
      done += got
    }
    return done
  }

  /// Writes all of `buffer`. The corresponding C function is `write`.
  public borrowing func write(_ buffer: UnsafeRawBufferPointer) throws(SystemError) {
    try Posix.write(buffer, to: number)
  }

  /// The file's length in bytes. The corresponding C function is `fstat`.
  public borrowing func length() throws(SystemError) -> UInt64 {
    var status = stat()
    let number = number
    try check("fstat") { fstat(number, &status) }
    return UInt64(max(status.st_size, 0))
  }
}

/// Writes all of `buffer` to a descriptor that somebody else owns. The corresponding C function is `write`.
public func write(_ buffer: UnsafeRawBufferPointer, to number: Int32) throws(SystemError) {
  var done = 0
  while done < buffer.count {
    done += try check("write") { Glibc.write(number, buffer.baseAddress! + done, buffer.count - done) }
  }
}

extension FileDescriptor {
  /// Makes a new file, readable by its owner alone; one that exists is left as it is and is an error.
  ///
  /// The corresponding C function is `open` with `O_CREAT | O_EXCL`.
  public static func create(_ path: String) throws(SystemError) -> FileDescriptor {
    try open(path, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
  }

  /// A second descriptor of the same open file. The corresponding C function is `fcntl` with `F_DUPFD_CLOEXEC`.
  public static func duplicate(of number: Int32) throws(SystemError) -> FileDescriptor {
    FileDescriptor(owning: try check("fcntl") { fcntl(number, F_DUPFD_CLOEXEC, 3) })
  }
}

/// Reads once from the beginning of a descriptor that somebody else owns; nil when that fails.
///
/// For the kernel's small files, which are made anew at each read. The corresponding C function is `pread`.
public func readBeginning(of number: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Int? {
  let got = pread(number, buffer.baseAddress, buffer.count, 0)
  return got < 0 ? nil : got
}

/// How many descriptors this process may have open. The corresponding C function is `getrlimit`.
public var descriptorLimit: Int {
  var limit = rlimit()
  guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 256 }
  return Int(clamping: limit.rlim_cur)
}

extension FileDescriptor {
  /// Moves up to `count` bytes to `other` without copying them through memory; one of both is a pipe.
  ///
  /// The corresponding C function is `splice`.
  ///
  /// - Returns: How many; 0 at the end; nil when nothing is there yet and waiting was not asked for.
  public borrowing func move(_ count: Int, to other: borrowing FileDescriptor) throws(SystemError) -> Int? {
    let moved = at_splice(number, other.number, UInt(max(count, 0)))
    if moved >= 0 { return moved }
    if errno == EAGAIN || errno == EINTR { return nil }
    throw .last("splice")
  }
}
