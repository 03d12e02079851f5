public import Posix

/// A file of a directory of captures.
public struct ShelfEntry: Hashable, Sendable {
  public enum State: Sendable {
    case closed
    /// Being written, or left by a crash.
    case partial
    /// Set aside because nothing of it could be read.
    case damaged
  }

  /// Without the directory.
  public var name: String
  public var path: String
  public var state: State
  public var lengthInBytes: UInt64
  /// Nanoseconds since 1970 when it was last written to.
  public var modified: Int64
  /// No limit removes it.
  public var isKept: Bool
}

/// The captures of a directory, seen from outside: by commands, and by a watcher that makes room.
public struct ShelfListing: Sendable {
  public let directory: String
  /// The oldest first.
  public let entries: [ShelfEntry]

  /// - Throws: ``ShelfError`` when the directory cannot be read.
  public init(_ directory: String) throws(ShelfError) {
    self.directory = directory
    let names: [String]
    do throws(SystemError) { names = try Directory.names(in: directory) } catch {
      throw ShelfError(
        "\(error)",
        remedy: error.isMissing ? "`aftertrace watch` makes it; name another with --directory" : nil)
    }
    let all = Set(names)
    entries = names.compactMap { name in
      guard let state = Self.state(of: name), let status = try? FileStatus(ofLink: directory + "/" + name),
        status.isRegular
      else { return nil }
      return ShelfEntry(
        name: name, path: directory + "/" + name, state: state, lengthInBytes: UInt64(max(status.lengthInBytes, 0)),
        modified: status.modified, isKept: all.contains(name + ShelfDirectory.keepSuffix))
    }.sorted { ($0.modified, $0.name) < ($1.modified, $1.name) }
  }

  private static func state(of name: String) -> ShelfEntry.State? {
    if name.hasSuffix(ShelfDirectory.captureSuffix) { return .closed }
    if name.hasSuffix(ShelfDirectory.captureSuffix + ShelfDirectory.partialSuffix) { return .partial }
    return name.contains(ShelfDirectory.captureSuffix + ShelfDirectory.damagedSuffix) ? .damaged : nil
  }

  /// Whether a watcher has the directory: then what is partial is being written.
  public var isWatched: Bool {
    guard let descriptor = try? FileDescriptor.openDirectory(directory) else { return false }
    return (try? descriptor.lock(isShared: true)) == false
  }

  // MARK: Keeping and removing

  /// The entry that `name` means: a capture's name, or a path to it in this directory.
  public func entry(named name: String) -> ShelfEntry? {
    let bare = name.hasPrefix(directory + "/") ? String(name.dropFirst(directory.utf8.count + 1)) : name
    return entries.first { $0.name == bare } ?? entries.first { $0.name == bare + ShelfDirectory.captureSuffix }
  }

  /// Marks a capture as one that no limit removes.
  ///
  /// The mark is an empty file beside it, `NAME.keep`: it works on every file system, is seen by `ls`, and goes along
  /// when the directory is copied. A copy of the capture alone is no business of this directory's limits.
  public func keep(_ entry: ShelfEntry) throws(SystemError) {
    let mark = entry.path + ShelfDirectory.keepSuffix
    if !File.exists(mark) { try FileDescriptor.write([], to: mark) }
  }

  /// Takes the mark away.
  public func release(_ entry: ShelfEntry) throws(SystemError) {
    do { try File.remove(entry.path + ShelfDirectory.keepSuffix) } catch  where error.isMissing {}
  }

  /// Removes the capture, with its mark.
  public func remove(_ entry: ShelfEntry) throws(SystemError) {
    try File.remove(entry.path)
    try release(entry)
  }
}

/// How much a directory of captures may hold.
struct ShelfLimits {
  var quota: UInt64?
  /// Nanoseconds.
  var maximumAge: UInt64?
  var maximumCount: Int?

  /// What has to go, the oldest first: never what is kept, being written or damaged, and never the newest capture,
  /// which somebody was just told of.
  func removals(from entries: [ShelfEntry], now: Int64) -> [(entry: ShelfEntry, reason: String)] {
    let closed = entries.filter { $0.state == .closed }
    var count = closed.count
    var bytes = entries.filter { $0.state != .damaged }.reduce(0) { $0 + $1.lengthInBytes }
    var removals: [(entry: ShelfEntry, reason: String)] = []
    for entry in closed.dropLast() where !entry.isKept {
      let age = UInt64(max(now - entry.modified, 0))
      let reason: String
      if let maximumAge, age > maximumAge {
        reason = "older than the \(maximumAge / 1_000_000_000) s that captures are kept"
      } else if let quota, bytes > quota {
        reason = "the captures had more than their \(quota) bytes"
      } else if let maximumCount, count > maximumCount {
        reason = "there were more than \(maximumCount) captures"
      } else {
        continue
      }
      removals.append((entry, reason))
      count -= 1
      bytes -= entry.lengthInBytes
    }
    return removals
  }
}
