internal import Glibc
public import Posix

/// Something the lab could not do, with what the program said.
public struct LabError: Error, CustomStringConvertible {
  public var description: String
  public init(_ description: String) { self.description = description }
}

/// What the labs of all engines share: programs of this host, directories, waiting.
public enum Lab {
  static let programDirectories = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]

  /// Where `program` is; nil when it is not installed.
  public static func find(_ program: String) -> String? {
    programDirectories.map { $0 + "/" + program }.first(where: File.isExecutable)
  }

  static func require(_ program: String) throws -> String {
    guard let path = find(program) else { throw LabError("\(program) is not installed") }
    return path
  }

  public static func missing(_ programs: String...) -> String? {
    if geteuid() != 0 { return "containers need root" }
    return programs.first { find($0) == nil }.map { "\($0) is not installed" }
  }

  /// The environment of what the labs start: nothing of the host's configuration.
  static func environment(_ additions: [String] = []) -> [String] {
    ["PATH=" + programDirectories.joined(separator: ":"), "HOME=/nonexistent", "LC_ALL=C"] + additions
  }

  /// Runs a program to its end.
  ///
  /// - Throws: ``LabError`` with its output when it fails.
  @discardableResult
  static func run(
    _ program: String, _ arguments: [String], environment additions: [String] = [], workingDirectory: String? = nil
  ) throws -> String {
    let launch = ProgramLaunch(
      try require(program), arguments, environment: environment(additions), workingDirectory: workingDirectory)
    let result = try launch.run(mergingErrors: true)
    guard result.end.isSuccess else {
      throw LabError("\(program) \(arguments.joined(separator: " ")): \(result.end): \(result.text)")
    }
    return result.text
  }

  /// Starts a program that stays, its output in `log`.
  public static func start(
    _ program: String, _ arguments: [String], log: String, environment additions: [String] = [],
    workingDirectory: String? = nil
  ) throws -> ChildProcess {
    let output = try FileDescriptor.open(log, flags: O_WRONLY | O_CREAT | O_APPEND)
    return try ChildProcess(
      starting: ProgramLaunch(
        try require(program), arguments, environment: environment(additions), workingDirectory: workingDirectory,
        output: output.number, errorOutput: output.number))
  }

  /// Ends a process that the lab started: politely, then not.
  static func end(_ child: ChildProcess, patience: Duration = .seconds(15)) {
    try? child.signal(SIGTERM)
    let isOver = waitUntil(limit: patience) {
      do { return try child.endIfOver() != nil } catch { return true }
    }
    if !isOver {
      try? child.signal(SIGKILL)
      _ = try? child.wait()
    }
  }

  /// Asks `condition` every 5 ms. The answer is whether it came true in time.
  @discardableResult
  public static func waitUntil(limit: Duration = .seconds(10), _ condition: () throws -> Bool) rethrows -> Bool {
    let end = ContinuousClock.now + limit
    while true {
      if try condition() { return true }
      if ContinuousClock.now >= end { return false }
      usleep(5000)
    }
  }

  /// Detaches every mount below `directory` and removes it.
  static func removeDirectory(_ directory: String) {
    for _ in 0..<3 {
      let text = (try? FileDescriptor.contents(of: "/proc/self/mountinfo", limit: 16 << 20)) ?? []
      let mounts = String(decoding: text, as: UTF8.self).split(separator: "\n")
        .compactMap { $0.split(separator: " ").dropFirst(4).first }.filter { $0.hasPrefix(directory + "/") }
      for mount in mounts.reversed() { try? Mount.remove(String(mount)) }
      if (try? Directory.removeAll(directory)) != nil { return }
      usleep(200_000)
    }
  }

  public static func text(of path: String) -> String {
    ((try? FileDescriptor.contents(of: path)) ?? []).isEmpty
      ? "" : String(decoding: (try? FileDescriptor.contents(of: path)) ?? [], as: UTF8.self)
  }
}

/// A root file system that holds one static busybox under all its names.
public enum BusyboxRoot {
  /// Why none can be made; nil when it can.
  public static var skipReason: String? {
    guard let busybox = Lab.find("busybox") else { return "busybox is not installed" }
    // A dynamic one would need libraries: its program header asks for an interpreter by this path.
    let head = (try? FileDescriptor.contents(of: busybox, limit: 4096)) ?? []
    return String(decoding: head, as: UTF8.self).contains("/lib64/ld-linux")
      ? "busybox is not static: install busybox-static" : nil
  }

  /// Makes the tree below `directory`, which must not exist.
  public static func make(in directory: String) throws {
    let busybox = try Lab.require("busybox")
    for name in ["", "/bin", "/etc", "/proc", "/sys", "/dev", "/tmp", "/root", "/data"] {
      try Directory.create(directory + name, mode: 0o755)
    }
    try FileDescriptor.write(
      try FileDescriptor.contents(of: busybox, limit: 64 << 20), to: directory + "/bin/busybox", mode: 0o755)
    for applet in try ProgramLaunch(busybox, ["--list"]).run().text.split(separator: "\n") where applet != "busybox" {
      try File.makeLink("\(directory)/bin/\(applet)", to: "busybox")
    }
    try FileDescriptor.write(
      "root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1000::/:/bin/sh\n".utf8, to: directory + "/etc/passwd", mode: 0o644)
    try FileDescriptor.write("root:x:0:\nweb:x:1000:\n".utf8, to: directory + "/etc/group", mode: 0o644)
  }

  /// The same as a tar file.
  static func makeArchive(_ file: String, in directory: String) throws {
    let root = directory + "/busybox-root"
    if !File.exists(root) { try make(in: root) }
    try Lab.run("tar", ["-C", root, "-cf", file, "."])
  }
}
