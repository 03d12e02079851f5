internal import Glibc
public import Posix
internal import Synchronization

/// A docker daemon of the test's own: own data, own socket, own containerd; gone with all it made when the lab goes.
///
/// Thread-safe in so far as the docker client is.
public final class DockerLab: Sendable {
  public enum Network: Sendable {
    /// Containers get none unless they ask for the host's.
    case none
    /// docker0 with addresses and packet filter rules: one such lab at a time on a host.
    case bridge
  }

  public let directory: String
  public var dataRoot: String { directory + "/data" }
  public var execRoot: String { directory + "/exec" }
  public var socket: String { directory + "/docker.sock" }
  /// The image every container here is made of.
  public static let image = "lab/busybox:1"
  private let daemon: ChildProcess
  private let isOver = Atomic(false)

  /// Why docker cannot be used; nil when it can be tried.
  public static let skipReason: String? =
    Lab.missing("dockerd", "docker", "containerd", "runc", "tar") ?? BusyboxRoot.skipReason

  /// Starts the daemon and imports the image.
  ///
  /// - Throws: ``LabError`` with the end of the daemon's log when it does not come up.
  public init(network: Network = .none) throws {
    directory = try Directory.createTemporary(prefix: "at-docker-")
    do {
      try Directory.create(directory + "/client")
      try FileDescriptor.write("{}".utf8, to: directory + "/daemon.json")
      daemon = try Self.startDaemon(in: directory, network: network)
    } catch {
      Lab.removeDirectory(directory)
      throw error
    }
    try BusyboxRoot.makeArchive(directory + "/image.tar", in: directory)
    try docker("import", directory + "/image.tar", Self.image)
  }

  deinit { end() }

  /// Removes all that the lab made. Call it in a `defer`: the lab may otherwise go at its last use, before a test's end.
  public func end() {
    guard !isOver.exchange(true, ordering: .relaxed) else { return }
    if let ids = try? docker("ps", "-aq").split(separator: "\n"), !ids.isEmpty {
      _ = try? docker(["rm", "-f"] + ids.map(String.init))
    }
    Lab.end(daemon)
    // A daemon that had to be killed leaves its containerd behind.
    if let pid = Int32(Lab.text(of: execRoot + "/containerd/containerd.pid").filter(\.isNumber)), pid > 1,
      Lab.text(of: "/proc/\(pid)/cmdline").contains(directory)
    {
      kill(pid, SIGKILL)
    }
    Lab.removeDirectory(directory)
  }

  /// Runs the docker client against this daemon and gives what it prints.
  @discardableResult
  public func docker(_ arguments: String...) throws -> String { try docker(arguments) }

  @discardableResult
  public func docker(_ arguments: [String]) throws -> String {
    let text = try Lab.run("docker", arguments, environment: client)
    return text.split(separator: "\n").joined(separator: "\n")
  }

  /// Runs a script in a container and does not wait for it.
  public func detached(_ container: String, _ script: String) throws {
    try docker("exec", "-d", container, "/bin/sh", "-c", script)
  }

  /// Starts the docker client and leaves it running.
  public func start(_ arguments: String...) throws -> ChildProcess {
    try Lab.start("docker", arguments, log: directory + "/client.log", environment: client)
  }

  private var client: [String] { ["DOCKER_HOST=unix://" + socket, "DOCKER_CONFIG=" + directory + "/client"] }

  private static func startDaemon(in directory: String, network: Network) throws -> ChildProcess {
    let log = directory + "/daemon.log"
    // overlay2 does not work on every file system under /tmp; vfs works everywhere.
    for driver in ["overlay2", "vfs"] {
      var arguments = [
        "--config-file", directory + "/daemon.json", "--data-root", directory + "/data", "--exec-root",
        directory + "/exec",
        "-H", "unix://" + directory + "/docker.sock", "--pidfile", directory + "/docker.pid", "--storage-driver",
        driver,
      ]
      if network == .none { arguments += ["--bridge", "none", "--iptables=false", "--ip6tables=false"] }
      let daemon = try Lab.start("dockerd", arguments, log: log)
      let isUp = try Lab.waitUntil(limit: .seconds(40)) {
        if try daemon.endIfOver() != nil { return true }
        return (try? Lab.run("docker", ["-H", "unix://" + directory + "/docker.sock", "version"])) != nil
      }
      if isUp, kill(daemon.pid, 0) == 0 { return daemon }
      if kill(daemon.pid, 0) == 0 { Lab.end(daemon) }
    }
    throw LabError("dockerd does not start: " + String(Lab.text(of: log).suffix(2000)))
  }
}
