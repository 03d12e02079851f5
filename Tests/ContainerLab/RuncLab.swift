internal import Glibc
public import Posix
internal import Synchronization

/// Containers of plain runc: own state directory, bundles over one busybox root.
public final class RuncLab: Sendable {
  public let directory: String
  private let isOver = Atomic(false)
  /// runc's `--root`.
  public var root: String { directory + "/state" }

  /// Why runc cannot be used; nil when a container ran. The probe runs one.
  public static let skipReason: String? = {
    if let reason = Lab.missing("runc") ?? BusyboxRoot.skipReason { return reason }
    do {
      try RuncLab().run("at-probe-\(getpid())", ["/bin/true"])
      return nil
    } catch {
      return "\(error)"
    }
  }()

  public init() throws {
    directory = try Directory.createTemporary(prefix: "at-runc-")
    try Directory.create(root)
    try Directory.create(directory + "/bundles")
    try BusyboxRoot.make(in: directory + "/rootfs")
  }

  deinit { end() }

  /// Removes all that the lab made. Call it in a `defer`: the lab may otherwise go at its last use, before a test's end.
  public func end() {
    guard !isOver.exchange(true, ordering: .relaxed) else { return }
    for name in (try? Directory.names(in: root)) ?? [] { remove(name) }
    Lab.removeDirectory(directory)
  }

  /// Runs a container to its end and gives what it prints.
  @discardableResult
  public func run(_ name: String, _ arguments: [String], cgroupsPath: String? = nil) throws -> String {
    let bundle = try makeBundle(name, arguments, cgroupsPath: cgroupsPath)
    return try Lab.run("runc", ["--root", root, "run", "--bundle", bundle, name])
  }

  /// Starts a container and leaves it running, its output in the file `NAME.log` of the lab's directory.
  public func start(_ name: String, _ arguments: [String], cgroupsPath: String? = nil) throws {
    let bundle = try makeBundle(name, arguments, cgroupsPath: cgroupsPath)
    // The container inherits runc's output: a pipe would never end.
    let child = try Lab.start(
      "runc", ["--root", root, "run", "--detach", "--bundle", bundle, name], log: log(of: name))
    guard try child.wait().isSuccess else { throw LabError("runc run \(name): " + Lab.text(of: log(of: name))) }
  }

  /// Starts a container in the foreground of a runc that stays.
  ///
  /// - Parameters:
  ///   - memoryLimit: In bytes; swap is none.
  ///   - limits: Further members of the specification's resources, such as `"pids": {"limit": 20}`.
  public func launch(
    _ name: String, _ arguments: [String], cgroupsPath: String? = nil, memoryLimit: Int? = nil, limits: String? = nil
  ) throws -> ChildProcess {
    let bundle = try makeBundle(
      name, arguments, cgroupsPath: cgroupsPath, memoryLimit: memoryLimit, limits: limits)
    return try Lab.start("runc", ["--root", root, "run", "--bundle", bundle, name], log: log(of: name))
  }

  /// The root that all its containers share.
  public var rootDirectory: String { directory + "/rootfs" }

  /// The words that run a container in the foreground, for a program that is to start them itself.
  ///
  /// - Parameters:
  ///   - capabilities: Beside those that docker gives.
  ///   - memoryLimit: In bytes; swap is none.
  ///   - forbiddenCall: A seccomp filter kills the process that makes it.
  public func command(
    _ name: String, _ arguments: [String], cgroupsPath: String? = nil, capabilities: [String] = [],
    memoryLimit: Int? = nil, forbiddenCall: String? = nil
  ) throws -> [String] {
    let bundle = try makeBundle(
      name, arguments, cgroupsPath: cgroupsPath, memoryLimit: memoryLimit, capabilities: capabilities,
      forbiddenCall: forbiddenCall)
    return [try Lab.require("runc"), "--root", root, "run", "--bundle", bundle, name]
  }

  /// Runs a program in a container that is running.
  @discardableResult
  public func exec(_ name: String, _ arguments: [String]) throws -> String {
    try Lab.run("runc", ["--root", root, "exec", name] + arguments)
  }

  public func isRunning(_ name: String) -> Bool {
    (try? Lab.run("runc", ["--root", root, "state", name]))?.contains("\"running\"") == true
  }

  /// The pid of the container's first process, in the initial namespace.
  public func pid(of name: String) throws -> Int32 {
    let state = try Lab.run("runc", ["--root", root, "state", name])
    guard let start = state.firstRange(of: "\"pid\": ")?.upperBound,
      let pid = Int32(state[start...].prefix { $0.isNumber })
    else { throw LabError("runc state \(name): \(state)") }
    return pid
  }

  /// Sends a signal to the container's first process, through the runtime.
  public func kill(_ name: String, _ signal: String) throws {
    try Lab.run("runc", ["--root", root, "kill", name, signal])
  }

  /// Kills and deletes a container.
  public func remove(_ name: String) { _ = try? Lab.run("runc", ["--root", root, "delete", "--force", name]) }

  public func log(of name: String) -> String { "\(directory)/\(name).log" }

  /// A bundle in a directory of its own; the root is shared and writable.
  private func makeBundle(
    _ name: String, _ arguments: [String], cgroupsPath: String?, memoryLimit: Int? = nil, limits: String? = nil,
    capabilities: [String] = [], forbiddenCall: String? = nil
  ) throws -> String {
    let bundle = "\(directory)/bundles/\(name)"
    if !File.exists(bundle) { try Directory.create(bundle) }
    let spec = Self.specification(
      root: directory + "/rootfs", arguments: arguments, cgroupsPath: cgroupsPath, label: name,
      memoryLimit: memoryLimit, limits: limits, capabilities: capabilities, forbiddenCall: forbiddenCall)
    try FileDescriptor.write(spec.utf8, to: bundle + "/config.json")
    return bundle
  }

  private static func specification(
    root: String, arguments: [String], cgroupsPath: String?, label: String, memoryLimit: Int?,
    limits: String?, capabilities more: [String], forbiddenCall: String?
  ) -> String {
    let words = arguments.map(quoted).joined(separator: ", ")
    let capabilities =
      (more + [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_NET_BIND_SERVICE",
        "CAP_NET_RAW", "CAP_SYS_CHROOT",
      ])
      .map(quoted).joined(separator: ", ")
    let cgroup = cgroupsPath.map { "\"cgroupsPath\": \(quoted($0)), " } ?? ""
    let memory = memoryLimit.map { "\"memory\": {\"limit\": \($0), \"swap\": \($0)}" }
    let members = [memory, limits].compactMap { $0 }.joined(separator: ", ")
    let resources = members.isEmpty ? "" : "\"resources\": {\(members)}, "
    let filter =
      forbiddenCall.map {
        "\"seccomp\": {\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\(quoted($0))], "
          + "\"action\": \"SCMP_ACT_KILL_PROCESS\"}]}, "
      } ?? ""
    return """
      {
        "ociVersion": "1.0.2",
        "process": {
          "terminal": false, "user": {"uid": 0, "gid": 0}, "args": [\(words)], "cwd": "/", "noNewPrivileges": true,
          "env": ["PATH=/bin", "HOME=/root"],
          "capabilities": {"bounding": [\(capabilities)], "effective": [\(capabilities)], "permitted": [\(capabilities)]}
        },
        "root": {"path": \(quoted(root))},
        "hostname": \(quoted(label)),
        "annotations": {"lab.name": \(quoted(label))},
        "mounts": [
          {"destination": "/proc", "type": "proc", "source": "proc"},
          {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755", "size=65536k"]},
          {"destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": ["newinstance", "ptmxmode=0666"]},
          {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["mode=1777"]}
        ],
        "linux": {\(cgroup)\(resources)\(filter)"namespaces": [
          {"type": "pid"}, {"type": "network"}, {"type": "ipc"}, {"type": "uts"}, {"type": "mount"}
        ]}
      }
      """
  }

  /// JSON text: the labs' own strings hold nothing but quotes, backslashes and line ends to escape.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for character in text {
      switch character {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      default: result.append(character)
      }
    }
    return result + "\""
  }
}
