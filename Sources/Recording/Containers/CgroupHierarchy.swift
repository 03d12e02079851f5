public import Events
internal import Posix

/// The hierarchy whose cgroups tell containers apart, and where it is mounted.
///
/// Ids are unique within one hierarchy only, so one is chosen when recording starts: v2, also the "unified" one of a
/// hybrid system; on pure v1 that of the memory controller, else of cpuset.
public struct CgroupHierarchy: Hashable, Sendable {
  public enum Version: Hashable, Sendable {
    /// The only hierarchy.
    case unified
    /// Version 2 beside version 1, without controllers.
    case hybrid
    /// `controller` is the one whose hierarchy was chosen.
    case legacy(controller: String)
  }

  public var version: Version
  /// The number in `/proc/PID/cgroup` and of `cgroup_root.hierarchy_id`: 0 for version 2.
  public var number: UInt32
  public var mountPoint: String
  /// What of the hierarchy is mounted there: "/" unless this program is in a cgroup namespace or a bind mount.
  public var mountRoot: String

  public init(version: Version, number: UInt32, mountPoint: String, mountRoot: String = "/") {
    self.version = version
    self.number = number
    self.mountPoint = mountPoint
    self.mountRoot = mountRoot
  }
}

/// Why no hierarchy can be used.
public struct CgroupHierarchyError: Error, Equatable, Sendable, CustomStringConvertible {
  public var description: String {
    "no cgroup hierarchy is mounted: containers cannot be told apart\n"
      + "  help: mount one with `mount -t cgroup2 none /sys/fs/cgroup`"
  }
}

extension CgroupHierarchy {
  /// The hierarchy of the running system.
  public static func detect() throws -> CgroupHierarchy {
    let mounts = String(decoding: try FileDescriptor.contents(of: "/proc/self/mountinfo"), as: UTF8.self)
    let own = String(decoding: try FileDescriptor.contents(of: "/proc/self/cgroup"), as: UTF8.self)
    return try detect(mountInfo: mounts, ownCgroups: own)
  }

  /// Chooses from the texts of `/proc/self/mountinfo` and `/proc/self/cgroup`.
  ///
  /// - Throws: ``CgroupHierarchyError`` when none is mounted.
  public static func detect(mountInfo: String, ownCgroups: String) throws(CgroupHierarchyError) -> CgroupHierarchy {
    let mounts = MountEntry.parse(mountInfo)
    let legacy = mounts.filter { $0.type == "cgroup" }
    if let unified = mounts.first(where: { $0.type == "cgroup2" }) {
      return CgroupHierarchy(
        version: legacy.isEmpty ? .unified : .hybrid, number: 0, mountPoint: unified.mountPoint, mountRoot: unified.root
      )
    }
    for controller in ["memory", "cpuset"] {
      guard let mount = legacy.first(where: { $0.superOptions.contains(Substring(controller)) }) else { continue }
      let number = CgroupMembership.parse(ownCgroups).first { $0.controllers.contains(controller) }?.hierarchy ?? 0
      return CgroupHierarchy(
        version: .legacy(controller: controller), number: number, mountPoint: mount.mountPoint, mountRoot: mount.root)
    }
    throw CgroupHierarchyError()
  }

  /// Where the cgroup's directory is; nil when it lies outside what is mounted.
  public func directory(of path: CgroupPath) -> String? {
    guard mountRoot != "/" else { return path.description == "/" ? mountPoint : mountPoint + path.description }
    if path.description == mountRoot { return mountPoint }
    guard path.description.hasPrefix(mountRoot + "/") else { return nil }
    return mountPoint + path.description.dropFirst(mountRoot.count)
  }

  /// The id that the probes see; nil when the cgroup is gone or outside what is mounted.
  public func id(of path: CgroupPath) -> CgroupID? {
    guard let directory = directory(of: path), let status = try? FileStatus(of: directory) else { return nil }
    return CgroupID(rawValue: status.inode)
  }

  /// The cgroup of a process in this hierarchy; nil when the process is gone.
  public func path(ofProcess pid: UInt32) -> CgroupPath? {
    guard let text = try? FileDescriptor.contents(of: "/proc/\(pid)/cgroup") else { return nil }
    return path(inMembership: String(decoding: text, as: UTF8.self))
  }

  func path(inMembership text: String) -> CgroupPath? {
    let entries = CgroupMembership.parse(text)
    let entry =
      switch version {
      case .unified, .hybrid: entries.first { $0.hierarchy == 0 }
      case .legacy(let controller): entries.first { $0.controllers.contains(controller) }
      }
    return entry.map { CgroupPath($0.path) }
  }

  /// Whether the cgroup is still there under its path: a directory read a moment ago tells nothing of one that was made since.
  func exists(_ id: CgroupID, at path: CgroupPath?) -> Bool {
    guard let directory = path.flatMap({ directory(of: $0) }), let status = try? FileStatus(ofLink: directory) else {
      return false
    }
    return status.inode == id.rawValue
  }

  /// One cgroup found on disk.
  public struct Found: Hashable, Sendable {
    public var id: CgroupID
    public var parent: CgroupID
    public var path: CgroupPath
  }

  /// Every cgroup that exists, each after its parent. What vanishes meanwhile is left out.
  public func scan() -> [Found] {
    guard let root = try? FileStatus(of: mountPoint) else { return [] }
    let rootID = CgroupID(rawValue: root.inode)
    var found = [Found(id: rootID, parent: CgroupID(rawValue: 0), path: CgroupPath(mountRoot))]
    var next = 0
    while next < found.count {
      let above = found[next]
      next += 1
      guard let directory = directory(of: above.path), let names = try? Directory.names(in: directory) else { continue }
      for name in names {
        let path = CgroupPath(above.path.description + "/" + name)
        // The files of a cgroup are many, and their names tell: only version 1 has other directories' names with a dot.
        guard let status = try? FileStatus(ofLink: directory + "/" + name), status.isDirectory else { continue }
        found.append(Found(id: CgroupID(rawValue: status.inode), parent: above.id, path: path))
      }
    }
    return found
  }
}

/// A line of `/proc/PID/cgroup`: `4:memory:/docker/3f…`.
struct CgroupMembership: Hashable {
  var hierarchy: UInt32
  var controllers: [String]
  var path: Substring

  static func parse(_ text: String) -> [CgroupMembership] {
    text.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, let number = UInt32(parts[0]) else { return nil }
      return CgroupMembership(
        hierarchy: number, controllers: parts[1].split(separator: ",").map(String.init), path: parts[2])
    }
  }
}

/// A line of `/proc/PID/mountinfo`.
struct MountEntry: Hashable {
  var root: String
  var mountPoint: String
  var type: Substring
  var superOptions: [Substring]

  static func parse(_ text: String) -> [MountEntry] {
    text.split(separator: "\n").compactMap { line in
      // 36 35 98:0 /root /mnt rw,noatime master:1 - ext3 /dev/root rw,errors=continue
      let words = line.split(separator: " ")
      guard words.count >= 10, let dash = words[6...].firstIndex(of: "-"), dash + 2 < words.count else { return nil }
      let options = dash + 3 < words.count ? words[dash + 3].split(separator: ",") : []
      return MountEntry(
        root: unescape(words[3]), mountPoint: unescape(words[4]), type: words[dash + 1], superOptions: options)
    }
  }

  /// `\040` is a space: the kernel writes space, tab, newline and backslash in octal.
  static func unescape(_ word: Substring) -> String {
    guard word.utf8.contains(UInt8(ascii: "\\")) else { return String(word) }
    var result: [UInt8] = []
    var bytes = Array(word.utf8)[...]
    while let byte = bytes.popFirst() {
      let digits = bytes.prefix(3)
      if byte == UInt8(ascii: "\\"), digits.count == 3,
        let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
      {
        result.append(value)
        bytes = bytes.dropFirst(3)
      } else {
        result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
