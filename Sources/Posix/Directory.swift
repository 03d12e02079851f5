internal import CPosix
internal import Glibc

/// Directories and the names in them.
public enum Directory {
  /// The names in the directory at `path`, without `.` and `..`, in no order. The corresponding C function is `readdir`.
  public static func names(in path: String) throws(SystemError) -> [String] {
    guard let stream = opendir(path) else { throw .last("opendir", path) }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        if errno != 0 { throw .last("readdir", path) }
        return names
      }
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
  }

  /// The corresponding C function is `mkdir`.
  public static func create(_ path: String, mode: UInt32 = 0o700) throws(SystemError) {
    try check("mkdir", path) { mkdir(path, mode) }
  }

  /// Makes the directory and those above it that are missing.
  public static func createAll(_ path: String, mode: UInt32 = 0o700) throws(SystemError) {
    var made = path.hasPrefix("/") ? "" : "."
    for component in path.split(separator: "/") {
      made += "/" + component
      do { try create(made, mode: mode) } catch  where error.code == EEXIST {}
    }
  }

  /// Makes a new directory, its name beginning with `prefix`. The corresponding C function is `mkdtemp`.
  public static func createTemporary(prefix: String, in parent: String = "/tmp") throws(SystemError) -> String {
    var template = Array("\(parent)/\(prefix)XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw .last("mkdtemp", parent) }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Removes an empty directory. The corresponding C function is `rmdir`.
  public static func remove(_ path: String) throws(SystemError) {
    try check("rmdir", path) { rmdir(path) }
  }

  /// Removes `path` and all that is below it on the same file system; symbolic links are removed, not followed.
  public static func removeAll(_ path: String) throws(SystemError) {
    let status = try FileStatus(ofLink: path)
    try removeAll(path, device: status.device)
  }

  private static func removeAll(_ path: String, device: UInt64) throws(SystemError) {
    let status = try FileStatus(ofLink: path)
    guard status.isDirectory else { return try File.remove(path) }
    guard status.device == device else { throw SystemError(call: "rmdir", subject: path, code: EXDEV) }
    for name in try names(in: path) { try removeAll(path + "/" + name, device: device) }
    try remove(path)
  }
}

/// Files by name.
public enum File {
  public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// The corresponding C function is `access`.
  public static func isWritable(_ path: String) -> Bool { access(path, W_OK) == 0 }
  public static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }

  /// Where a symbolic link leads. The corresponding C function is `readlink`.
  public static func linkTarget(_ path: String) throws(SystemError) -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let length = try check("readlink", path) {
      buffer.withUnsafeMutableBytes { readlink(path, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count) }
    }
    return String(decoding: buffer[..<length], as: UTF8.self)
  }

  /// The corresponding C function is `symlink`.
  public static func makeLink(_ path: String, to target: String) throws(SystemError) {
    try check("symlink", path) { symlink(target, path) }
  }

  /// The corresponding C function is `unlink`.
  public static func remove(_ path: String) throws(SystemError) {
    try check("unlink", path) { unlink(path) }
  }

  /// Renames, unless something bears the new name: that is an error. The corresponding C function is `renameat2`.
  public static func renameExclusively(_ path: String, to newPath: String) throws(SystemError) {
    try check("rename", newPath) { at_rename_exclusively(path, newPath) }
  }

  /// The corresponding C function is `rename`.
  public static func rename(_ path: String, to newPath: String) throws(SystemError) {
    try check("rename", path) { Glibc.rename(path, newPath) }
  }
}

/// Mounted file systems.
public enum Mount {
  /// The corresponding C function is `mount`.
  public static func create(
    _ source: String, at target: String, type: String, flags: UInt = 0, options: String = ""
  ) throws(SystemError) {
    try check("mount", target) { at_mount(source, target, type, flags, options) }
  }

  /// Detaches the mount at `target`, also while it is in use. The corresponding C function is `umount2`.
  public static func remove(_ target: String) throws(SystemError) {
    try check("umount2", target) { at_unmount_detached(target) }
  }
}
