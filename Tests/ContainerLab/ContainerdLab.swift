internal import Glibc
public import Posix
internal import Synchronization

/// A containerd of the test's own, driven by ctr.
public final class ContainerdLab: Sendable {
  public let directory: String
  public var root: String { directory + "/root" }
  public var state: String { directory + "/state" }
  public var socket: String { directory + "/containerd.sock" }
  /// runc's `--root`, without the namespace.
  public var runcRoot: String { directory + "/runc" }
  public static let image = "docker.io/lab/busybox:1"
  private let daemon: ChildProcess
  private let isOver = Atomic(false)

  /// Why containerd cannot be used; nil when it can be tried.
  public static let skipReason: String? =
    Lab.missing("containerd", "ctr", "containerd-shim-runc-v2", "runc", "tar", "sha256sum") ?? BusyboxRoot.skipReason

  public init() throws {
    directory = try Directory.createTemporary(prefix: "at-containerd-")
    let configuration = """
      version = 2
      root = "\(directory)/root"
      state = "\(directory)/state"
      disabled_plugins = ["io.containerd.grpc.v1.cri"]
      [grpc]
        address = "\(directory)/containerd.sock"
      """
    try FileDescriptor.write(configuration.utf8, to: directory + "/config.toml")
    daemon = try Lab.start("containerd", ["--config", directory + "/config.toml"], log: directory + "/daemon.log")
    let socket = directory + "/containerd.sock"
    guard Lab.waitUntil(limit: .seconds(30), { (try? Lab.run("ctr", ["--address", socket, "version"])) != nil }) else {
      let log = Lab.text(of: directory + "/daemon.log")
      Lab.end(daemon)
      Lab.removeDirectory(directory)
      throw LabError("containerd does not start: " + String(log.suffix(2000)))
    }
    try importImage()
  }

  deinit { end() }

  /// Removes all that the lab made. Call it in a `defer`: the lab may otherwise go at its last use, before a test's end.
  public func end() {
    guard !isOver.exchange(true, ordering: .relaxed) else { return }
    for task in ((try? ctr("tasks", "list", "-q")) ?? "").split(separator: "\n") {
      _ = try? ctr("tasks", "delete", "--force", String(task))
    }
    for container in ((try? ctr("containers", "list", "-q")) ?? "").split(separator: "\n") {
      _ = try? ctr("containers", "delete", String(container))
    }
    Lab.end(daemon)
    Lab.removeDirectory(directory)
  }

  @discardableResult
  public func ctr(_ arguments: String...) throws -> String { try ctr(arguments) }

  @discardableResult
  public func ctr(_ arguments: [String]) throws -> String { try Lab.run("ctr", ["--address", socket] + arguments) }

  /// Starts a container that stays.
  ///
  /// - Parameter options: As for `ctr run`, before the image.
  public func start(_ name: String, options: [String] = [], _ command: [String]) throws {
    try ctr(["run", "--detach", "--runc-root", runcRoot] + options + [Self.image, name] + command)
  }

  /// Starts `ctr run --rm` and leaves it running.
  public func launch(_ name: String, options: [String] = [], _ command: [String]) throws -> ChildProcess {
    try Lab.start(
      "ctr", ["--address", socket, "run", "--rm", "--runc-root", runcRoot] + options + [Self.image, name] + command,
      log: directory + "/client.log")
  }

  /// An archive as `docker save` writes it: a manifest, a configuration, one layer.
  private func importImage() throws {
    let work = directory + "/image"
    try Directory.create(work)
    try BusyboxRoot.makeArchive(work + "/layer.tar", in: directory)
    let digest = try Lab.run("sha256sum", [work + "/layer.tar"]).prefix(64)
    let configuration = """
      {"architecture":"amd64","os":"linux","config":{"Cmd":["/bin/sh"],"Env":["PATH=/bin"],"Labels":{"lab":"yes"}},
       "rootfs":{"type":"layers","diff_ids":["sha256:\(digest)"]},"history":[{"created_by":"lab"}]}
      """
    try FileDescriptor.write(configuration.utf8, to: work + "/config.json")
    let manifest = #"[{"Config":"config.json","RepoTags":["\#(Self.image)"],"Layers":["layer.tar"]}]"#
    try FileDescriptor.write(manifest.utf8, to: work + "/manifest.json")
    try Lab.run("tar", ["-C", work, "-cf", directory + "/image.tar", "manifest.json", "config.json", "layer.tar"])
    try ctr("images", "import", directory + "/image.tar")
  }
}
