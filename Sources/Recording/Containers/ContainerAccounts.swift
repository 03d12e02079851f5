internal import Events
internal import Posix

/// The names that a container gives users and groups, from its own /etc/passwd and /etc/group.
///
/// Never the host's: a number may be somebody else there.
public struct ContainerAccounts: Hashable, Sendable {
  public struct Account: Hashable, Sendable {
    /// In the initial user namespace, as events have it.
    public var id: UInt32
    public var name: [UInt8]
  }

  public var users: [Account]
  public var groups: [Account]

  /// Bytes of a file that are looked at; what lies beyond is left out.
  static let fileLimit = 262_144
  /// Names of either kind, and bytes of all of them together.
  static let countLimit = 1024
  static let byteLimit = 16_384
  private static let nameLimit = 64

  /// The accounts of a file whose lines are `name:password:number:…`, the first of each number, translated by `map`.
  ///
  /// What is no such line is passed over: the file is the container's.
  static func accounts(_ bytes: [UInt8], _ map: IdentifierMap) -> [Account] {
    var accounts: [Account] = []
    var seen: Set<UInt32> = []
    var room = byteLimit
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let fields = line.split(separator: UInt8(ascii: ":"), maxSplits: 3, omittingEmptySubsequences: false)
      guard fields.count > 2, !fields[0].isEmpty, fields[0].count <= nameLimit, !fields[0].contains(0),
        fields[0].first != UInt8(ascii: "#"), let inside = number(fields[2]), let id = map.outside(of: inside),
        seen.insert(id).inserted
      else { continue }
      room -= fields[0].count + 12
      guard room >= 0, accounts.count < countLimit else { break }
      accounts.append(Account(id: id, name: Array(fields[0])))
    }
    return accounts
  }

  static func number(_ digits: ArraySlice<UInt8>) -> UInt32? {
    guard (1...10).contains(digits.count), digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
    let value = digits.reduce(UInt64(0)) { $0 * 10 + UInt64($1 - 48) }
    return UInt32(exactly: value)
  }
}

/// What numbers of a user namespace are in the initial one: `/proc/PID/uid_map`, lines of `inside outside count`.
struct IdentifierMap: Hashable, Sendable {
  struct Range: Hashable, Sendable {
    var inside: UInt32
    var outside: UInt32
    var count: UInt32
  }
  var ranges: [Range]

  static let identity = IdentifierMap(ranges: [Range(inside: 0, outside: 0, count: .max)])

  init(ranges: [Range]) { self.ranges = ranges }

  init(_ bytes: [UInt8]) {
    ranges = bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
      let numbers = line.split(separator: UInt8(ascii: " ")).map { ContainerAccounts.number($0) }
      guard numbers.count == 3, let inside = numbers[0], let outside = numbers[1], let count = numbers[2] else {
        return nil
      }
      return Range(inside: inside, outside: outside, count: count)
    }
  }

  /// Nil for a number that the namespace does not have.
  func outside(of id: UInt32) -> UInt32? {
    for range in ranges where id >= range.inside && id - range.inside < range.count {
      let (sum, overflow) = range.outside.addingReportingOverflow(id - range.inside)
      return overflow ? nil : sum
    }
    return nil
  }
}

extension ContainerAccounts {
  /// What a process is known by beside its pid, which may be another's by the time that it is looked at.
  enum Identity: Hashable, Sendable {
    case start(BootTime)
    case mountNamespace(UInt32)
    /// Its path, in any hierarchy.
    case cgroup(String)

    /// Whether it is of the process whose directory in /proc this is.
    func isOf(_ directory: String) -> Bool {
      switch self {
      case .start(let time): ProcessTable.startsInTheSameTick(directory, time)
      case .cgroup(let path):
        (try? FileDescriptor.contents(of: directory + "/cgroup", limit: 65_536))?
          .split(separator: UInt8(ascii: "\n")).contains {
            $0.split(separator: UInt8(ascii: ":"), maxSplits: 2).last.map { $0.elementsEqual(path.utf8) } ?? false
          } ?? false
      case .mountNamespace(let number): Recording.mountNamespace(at: directory + "/ns/mnt") == number
      }
    }
  }

  /// Reads the files of a process's root.
  ///
  /// Nil while the process is still in the host's root, and when it is gone.
  ///
  /// - Parameters:
  ///   - hostRoot: Of the host's root directory.
  init?(ofProcess pid: UInt32, _ identity: Identity, hostRoot: FileStatus) {
    guard let process = try? FileDescriptor.openPlace("/proc/\(pid)"),
      identity.isOf("/proc/self/fd/\(process.number)"),
      let root = try? FileDescriptor.openPlace("/proc/self/fd/\(process.number)/root"),
      let status = try? FileStatus(of: root), (status.device, status.inode) != (hostRoot.device, hostRoot.inode)
    else { return nil }
    func map(_ name: String) -> IdentifierMap {
      (try? FileDescriptor.contents(of: "/proc/self/fd/\(process.number)/\(name)", limit: 65_536))
        .map { IdentifierMap($0) } ?? .identity
    }
    let (users, groups) = (map("uid_map"), map("gid_map"))
    func read(_ path: String) -> [UInt8] {
      (try? root.contents(inRoot: path, limit: Self.fileLimit)) ?? []
    }
    self.users = Self.accounts(read("etc/passwd"), users)
    self.groups = Self.accounts(read("etc/group"), groups)
  }
}
