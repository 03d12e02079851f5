internal import Glibc
public import Posix
internal import Synchronization

/// podman with storage of its own, over runc and cgroupfs.
public final class PodmanLab: Sendable {
  public let directory: String
  public var storage: String { directory + "/storage" }
  public var runRoot: String { directory + "/run" }
  /// runc's `--root`: its own default. podman 4.3 forgets `--runtime-flag` when it deletes, and cgroups stay behind.
  public let runcRoot = "/run/runc"
  public static let image = "localhost/lab/busybox:1"
  private let driver: String
  private let isOver = Atomic(false)

  /// Why podman cannot be used; nil when it can be tried.
  public static let skipReason: String? = Lab.missing("podman", "conmon", "runc", "tar") ?? BusyboxRoot.skipReason

  public init() throws {
    directory = try Directory.createTemporary(prefix: "at-podman-")
    var failure: (any Error)?
    var working: String?
    try BusyboxRoot.makeArchive(directory + "/image.tar", in: directory)
    for driver in ["overlay", "vfs"] where working == nil {
      do {
        try Lab.run(
          "podman", Self.options(directory, driver: driver) + ["import", directory + "/image.tar", Self.image])
        working = driver
      } catch {
        failure = error
        Lab.removeDirectory(directory + "/storage")
      }
    }
    guard let working else {
      Lab.removeDirectory(directory)
      throw failure ?? LabError("podman has no storage driver")
    }
    driver = working
  }

  deinit { end() }

  /// Removes all that the lab made. Call it in a `defer`: the lab may otherwise go at its last use, before a test's end.
  public func end() {
    guard !isOver.exchange(true, ordering: .relaxed) else { return }
    _ = try? podman("rm", "--all", "--force", "--time", "0")
    Lab.removeDirectory(directory)
  }

  /// Runs podman and gives what it prints.
  @discardableResult
  public func podman(_ arguments: String...) throws -> String { try podman(arguments) }

  @discardableResult
  public func podman(_ arguments: [String]) throws -> String {
    try Lab.run("podman", Self.options(directory, driver: driver) + arguments).split(separator: "\n").joined(
      separator: "\n")
  }

  /// Runs `podman run` to its end and gives the id, or what the container printed.
  ///
  /// - Parameter options: As for `podman run`, before the image.
  public func run(_ options: [String], _ command: [String]) throws -> String {
    let text = try podman(Self.runArguments(options, command))
    return text.split(separator: "\n").last.map(String.init) ?? ""
  }

  /// Starts `podman run` and leaves it running.
  public func start(_ options: [String], _ command: [String]) throws -> ChildProcess {
    try Lab.start(
      "podman", Self.options(directory, driver: driver) + Self.runArguments(options, command),
      log: directory + "/client.log")
  }

  /// What clients that were left running said.
  public func log() -> String { Lab.text(of: directory + "/client.log") }

  /// The limits are today's: raising them is refused in many a sandbox.
  private static func runArguments(_ options: [String], _ command: [String]) -> [String] {
    ["run"] + options + ["--network", "none", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024", image]
      + command
  }

  private static func options(_ directory: String, driver: String) -> [String] {
    [
      "--root", directory + "/storage", "--runroot", directory + "/run", "--tmpdir", directory + "/tmp",
      "--storage-driver", driver,
      "--runtime", "runc", "--cgroup-manager", "cgroupfs",
      "--events-backend", "file", "--log-level", "error",
    ]
  }
}
