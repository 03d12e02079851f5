internal import Posix
internal import Synchronization

/// The directory that captures are written into: locked by one watcher, and made again when somebody removes it.
final class ShelfDirectory: Sendable {
  let path: String
  private let report: @Sendable (ShelfReport) -> Void
  /// Open, and locked while it is; nil once the shelf is closed.
  private let opened: Mutex<OpenDirectory?>

  /// What stands behind a capture's name while it is being written.
  static let partialSuffix = ".partial"
  /// What could not be read after a crash is set aside under this.
  static let damagedSuffix = ".damaged"
  /// An empty file beside a capture that is to stay whatever the limits are.
  static let keepSuffix = ".keep"
  static let captureSuffix = ".pcapng"

  private final class OpenDirectory: Sendable {
    let descriptor: FileDescriptor
    let identity: FileStatus
    init(_ path: String) throws(SystemError) {
      let descriptor = try FileDescriptor.openDirectory(path)
      identity = try FileStatus(of: descriptor)
      self.descriptor = descriptor
    }
  }

  /// Makes the directory where it is missing, looks whether it is fit, and locks it.
  ///
  /// - Throws: ``ShelfError`` when it is no directory, others may write in it, or another watcher uses it.
  init(_ path: String, report: @escaping @Sendable (ShelfReport) -> Void) throws(ShelfError) {
    self.report = report
    self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    do throws(SystemError) {
      try Directory.createAll(self.path)
      opened = Mutex(try OpenDirectory(self.path))
    } catch {
      if File.exists(path), (try? FileStatus(of: path))?.isDirectory == false {
        throw ShelfError("\(path): not a directory", remedy: "name another with --directory")
      }
      throw ShelfError("\(error)", remedy: "captures need a directory that the recorder can make and write into")
    }
    try checkFitness()
    let path = self.path
    let current = opened.withLock { $0 }
    if (try? current?.descriptor.lock()) != true {
      throw ShelfError(
        "\(path): another aftertrace watch keeps its captures there",
        remedy: "`fuser \(path)` names it; give each a directory of its own with --directory")
    }
  }

  private func checkFitness() throws(ShelfError) {
    guard let status = opened.withLock({ $0?.identity }) else { return }
    if status.isWritableByOthers {
      throw ShelfError(
        "\(path): others may write into it (mode 0\(String(status.permissions, radix: 8)))",
        remedy: "captures hold what containers did, commands with their arguments: `chmod 0700 \(path)`")
    }
    if status.owner != effectiveUserID {
      throw ShelfError(
        "\(path): belongs to user \(status.owner), the recorder is user \(effectiveUserID)",
        remedy: "`chown \(effectiveUserID) \(path)`, or name another with --directory")
    }
  }

  func path(of name: String) -> String { path + "/" + name }

  /// Makes what was written of the directory itself durable: new names, renamings.
  func synchronize() throws(SystemError) {
    guard let current = opened.withLock({ $0 }) else { throw SystemError.notOpen }
    try current.descriptor.synchronize()
  }

  /// Whether the directory is still the one that was opened, under its name.
  var isInPlace: Bool {
    guard let now = try? FileStatus(of: path) else { return false }
    return opened.withLock { $0?.identity.device == now.device && $0?.identity.inode == now.inode }
  }

  /// Lets another watcher have it.
  func close() { opened.withLock { $0 = nil } }

  /// Makes the directory again if it was removed, and takes it over if it was replaced.
  ///
  /// What was in it and is still open can be written into it anew.
  func restore() throws(SystemError) {
    if isInPlace { return }
    guard opened.withLock({ $0 != nil }) else { throw SystemError.notOpen }
    try Directory.createAll(path)
    let fresh = try OpenDirectory(path)
    // The same conditions as at the start: a directory that somebody else put there is not trusted.
    guard !fresh.identity.isWritableByOthers, fresh.identity.owner == effectiveUserID, try fresh.descriptor.lock()
    else { throw SystemError.notPermitted("open", path) }
    opened.withLock { $0 = fresh }
    report(
      ShelfReport(
        .warning,
        "\(path): the directory of captures was removed: made again, and what was being written goes on in it",
        remedy: "captures that were closed before are gone: keep copies elsewhere, or see to who removes them"))
  }
}
