internal import JSON
internal import Posix

/// Where the engines of this host keep their files. Each list is searched in order.
public struct RuntimeRoots: Hashable, Sendable {
  /// `--data-root` of dockerd.
  public var dockerData = ["/var/lib/docker"]
  /// `--exec-root` of dockerd.
  public var dockerExec = ["/run/docker"]
  /// `state` of containerd.
  public var containerdState = ["/run/containerd"]
  /// `root` of containerd.
  public var containerdRoot = ["/var/lib/containerd"]
  /// `--root` of runc and crun when they are run by hand or by podman.
  public var runc = ["/run/runc", "/run/crun"]
  /// `--root` of podman and cri-o.
  public var storage = ["/var/lib/containers/storage"]
  /// `--runroot` of podman and cri-o.
  public var storageRun = ["/run/containers/storage"]

  public init() {}

  /// No roots at all: for tests, which must not see the host's own containers.
  public static var none: RuntimeRoots {
    var roots = RuntimeRoots()
    roots.dockerData = []
    roots.dockerExec = []
    roots.containerdState = []
    roots.containerdRoot = []
    roots.runc = []
    roots.storage = []
    roots.storageRun = []
    return roots
  }
}

extension RuntimeRoots {
  /// Adds the roots that running engines were started with.
  ///
  /// - Complexity: Reads one small file for each process of the host.
  public mutating func discover() {
    for name in (try? Directory.names(in: "/proc")) ?? [] {
      guard let pid = UInt32(name), let arguments = try? commandLine(ofProcess: pid) else { continue }
      add(engine: arguments)
      add(shim: arguments, bundle: { try? File.linkTarget("/proc/\(pid)/cwd") })
    }
  }

  /// Adds what one command line tells, if it is an engine's.
  mutating func add(engine arguments: [String]) {
    guard let program = arguments.first?.split(separator: "/").last else { return }
    switch program {
    case "dockerd": addDocker(arguments)
    case "containerd", "docker-containerd": addContainerd(arguments)
    case "conmon": addConmon(arguments)
    case "runc", "crun":
      for root in values(of: ["--root"], in: arguments) { runc.addOnce(root) }
    default: break
    }
  }

  /// A shim works in its container's bundle, `STATE/io.containerd.runtime.v2.task/NAMESPACE/ID`, also when its containerd is gone.
  mutating func add(shim arguments: [String], bundle: () -> String?) {
    guard let program = arguments.first?.split(separator: "/").last, program.hasPrefix("containerd-shim"),
      let parts = bundle()?.split(separator: "/"), parts.count > 3,
      parts[parts.count - 3].hasPrefix("io.containerd.runtime.")
    else { return }
    containerdState.addOnce("/" + parts.dropLast(3).joined(separator: "/"))
  }

  private mutating func addDocker(_ arguments: [String]) {
    for root in values(of: ["--data-root", "-g", "--graph"], in: arguments) { dockerData.addOnce(root) }
    for root in values(of: ["--exec-root"], in: arguments) { dockerExec.addOnce(root) }
    let file = values(of: ["--config-file"], in: arguments).first ?? "/etc/docker/daemon.json"
    guard let text = try? FileDescriptor.contents(of: file), let settings = try? JSONValue(parsing: text) else {
      return
    }
    for key in ["data-root", "graph"] {
      if let root = settings[key]?.nonEmptyString { dockerData.addOnce(root) }
    }
    if let root = settings["exec-root"]?.nonEmptyString { dockerExec.addOnce(root) }
  }

  private mutating func addContainerd(_ arguments: [String]) {
    for root in values(of: ["--root"], in: arguments) { containerdRoot.addOnce(root) }
    for root in values(of: ["--state"], in: arguments) { containerdState.addOnce(root) }
    let file = values(of: ["--config", "-c"], in: arguments).first ?? "/etc/containerd/config.toml"
    guard let text = try? FileDescriptor.contents(of: file) else { return }
    // The two settings wanted stand before the first table of the TOML file.
    for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
      let line = line.drop { $0 == " " }
      if line.hasPrefix("[") { break }
      let sides = line.split(separator: "=", maxSplits: 1).map { $0.filter { !" \"'".contains($0) } }
      guard sides.count == 2, sides[1].hasPrefix("/") else { continue }
      if sides[0] == "root" { containerdRoot.addOnce(sides[1]) }
      if sides[0] == "state" { containerdState.addOnce(sides[1]) }
    }
  }

  /// conmon's `-b` is `STORAGE/overlay-containers/ID/userdata`, for podman and cri-o alike.
  private mutating func addConmon(_ arguments: [String]) {
    for bundle in values(of: ["-b", "--bundle"], in: arguments) {
      guard let root = storageRoot(ofBundle: bundle) else { continue }
      storage.addOnce(root)
    }
    // `--runtime-arg --root=R` or `--runtime-arg --root --runtime-arg R`.
    let words = values(of: ["--runtime-arg"], in: arguments)
    for root in values(of: ["--root"], in: words) { runc.addOnce(root) }
  }

  private func values(of names: Set<String>, in arguments: [String]) -> [String] {
    arguments.indices.compactMap { index in
      let argument = arguments[index]
      if names.contains(argument), index + 1 < arguments.count { return arguments[index + 1] }
      guard let equals = argument.firstIndex(of: "="), names.contains(String(argument[..<equals])) else { return nil }
      return String(argument[argument.index(after: equals)...])
    }
  }
}

/// `STORAGE` of `STORAGE/overlay-containers/ID/userdata`.
func storageRoot(ofBundle bundle: String) -> String? {
  let parts = bundle.split(separator: "/")
  guard parts.count > 3, parts.last == "userdata", parts[parts.count - 3].hasSuffix("-containers") else { return nil }
  return "/" + parts.dropLast(3).joined(separator: "/")
}

extension [String] {
  mutating func addOnce(_ path: String) {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    if path.hasPrefix("/"), !contains(path) { append(path) }
  }
}
