internal import Events
internal import JSON
internal import Posix

/// runc's own record of a running container: `ROOT/ID/state.json`, or crun's `ROOT/ID/status`.
struct RuncState: Sendable {
  var id: String
  var path: String
  var pid: UInt32?
  var created: WallTime?
  var cgroupPaths: [String]
  var bundle: String?

  init?(directory: String) {
    if let state = Self.runc(directory + "/state.json") ?? Self.crun(directory + "/status", directory: directory) {
      self = state
    } else {
      return nil
    }
  }

  private init(id: String, path: String, pid: JSONValue?, created: JSONValue?, cgroupPaths: [String], bundle: String?) {
    self.id = id
    self.path = path
    self.pid = pid?.integer.flatMap { UInt32(exactly: $0) }
    self.created = created?.string.flatMap { WallTime(iso8601: $0) }
    self.cgroupPaths = cgroupPaths
    self.bundle = bundle
  }

  private static func runc(_ path: String) -> RuncState? {
    guard let document = readDocument(path), let id = document["id"]?.nonEmptyString else { return nil }
    let labels = document["config"]?["labels"]?.elements.compactMap(\.string) ?? []
    return RuncState(
      id: id, path: path, pid: document["init_process_pid"], created: document["created"],
      cgroupPaths: document["cgroup_paths"].map { Array($0.strings.values) } ?? [],
      bundle: labels.first { $0.hasPrefix("bundle=") }.map { String($0.dropFirst(7)) })
  }

  private static func crun(_ path: String, directory: String) -> RuncState? {
    guard let document = readDocument(path), let name = directory.split(separator: "/").last else { return nil }
    return RuncState(
      id: String(name), path: path, pid: document["pid"], created: document["created"],
      cgroupPaths: document["cgroup-path"]?.nonEmptyString.map { [$0] } ?? [],
      bundle: document["bundle"]?.nonEmptyString)
  }

  static func find(id: String, under roots: [String]) -> RuncState? {
    guard !id.isEmpty, id != ".", id != "..", !id.contains("/") else { return nil }
    for root in roots {
      if let state = RuncState(directory: "\(root)/\(id)") { return state }
    }
    return nil
  }

  /// The container whose cgroup is at `path`: most often of the same name, but it need not be.
  static func find(cgroup path: CgroupPath, under roots: [String]) -> RuncState? {
    if let state = find(id: String(path.name), under: roots), state.isIn(path) { return state }
    for root in roots {
      for name in (try? Directory.names(in: root)) ?? [] where name != path.name {
        if let state = RuncState(directory: "\(root)/\(name)"), state.isIn(path) { return state }
      }
    }
    return nil
  }

  /// The paths in the file are directories: `/sys/fs/cgroup/unified/web`.
  func isIn(_ path: CgroupPath) -> Bool {
    path.description != "/" && cgroupPaths.contains { CgroupPath($0).description.hasSuffix(path.description) }
  }

  func metadata() -> ContainerMetadata {
    var found = ContainerMetadata(id: id, runtime: .runc, source: path)
    found.name = isContainerID(id) ? nil : id
    found.created = created
    found.pid = pid
    return found
  }
}
