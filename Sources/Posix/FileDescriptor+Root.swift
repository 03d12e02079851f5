internal import CPosix
internal import Glibc

extension FileDescriptor {
  /// Opens the directory at `path` to name what is in it, not to read it. The corresponding C function is `open` with
  /// O_PATH.
  public static func openPlace(_ path: String) throws(SystemError) -> FileDescriptor {
    try open(path, flags: oPath | O_DIRECTORY)
  }

  /// Reads a regular file below this directory as if the directory were the root: links, absolute ones too, and `..` stay
  /// below it, and nothing else than a regular file is opened.
  ///
  /// The corresponding C function is `openat2` with RESOLVE_IN_ROOT, once to look and once to read.
  ///
  /// - Parameter limit: What lies beyond it is left out.
  /// - Throws: ENXIO where there is something else than a regular file.
  public borrowing func contents(inRoot path: String, limit: Int) throws(SystemError) -> [UInt8] {
    let directory = number
    let place = FileDescriptor(
      owning: try check("openat2", path) { at_open_in_root(directory, path, oPath | O_CLOEXEC) })
    guard try FileStatus(of: place).isRegular else { throw SystemError(call: "openat2", subject: path, code: ENXIO) }
    // The very file that was looked at, whatever has been put in its place.
    return try Self.open("/proc/self/fd/\(place.number)", flags: O_RDONLY | O_NONBLOCK | O_NOCTTY)
      .readToEnd(limit: limit)
  }
}

/// O_PATH, which Glibc's Swift module leaves out. The same on every architecture that this is built for.
private let oPath: Int32 = 0o10_000_000
