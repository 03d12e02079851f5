internal import Posix

/// The command line of the low-level runtime that made a cgroup: `runc --root R create --bundle B ID`.
///
/// It names the container before any of the runtime's own files exist, whatever the roots are set to.
struct RuntimeLaunch: Hashable, Sendable {
  var id: String
  var bundle: String?
  var root: String?

  private static let programs: Set<String> = ["runc", "crun", "youki", "runsc", "kata-runtime"]
  private static let commands: Set<String> = ["create", "run", "restore"]
  /// Options that are followed by a value of their own.
  private static let valued: Set<String> = [
    "--root", "--log", "--log-format", "--criu", "--rootless", "--cgroup-manager", "--bundle", "-b", "--console-socket",
    "--pid-file", "--preserve-fds", "--config", "-f", "--image-path", "--work-path", "--parent-path", "--user-log",
    "--manage-cgroups-mode", "--lsm-profile", "--lsm-mount-context", "--status-fd",
  ]

  /// - Returns: nil when the arguments are not those of a runtime that starts a container.
  init?(arguments: [String], workingDirectory: String?) {
    guard let program = arguments.first?.split(separator: "/").last, Self.programs.contains(String(program)) else {
      return nil
    }
    var values: [String: String] = [:]
    var words: [String] = []
    var index = 1
    while index < arguments.count {
      let argument = arguments[index]
      index += 1
      if !argument.hasPrefix("-") {
        words.append(argument)
      } else if let equals = argument.firstIndex(of: "=") {
        values[String(argument[..<equals])] = String(argument[argument.index(after: equals)...])
      } else if Self.valued.contains(argument), index < arguments.count {
        values[argument] = arguments[index]
        index += 1
      }
    }
    guard words.count == 2, Self.commands.contains(words[0]) else { return nil }
    id = words[1]
    func absolute(_ path: String?) -> String? {
      guard let path, !path.hasPrefix("/") else { return path }
      return workingDirectory.map { path == "." ? $0 : $0 + "/" + path }
    }
    bundle = absolute(values["--bundle"] ?? values["-b"]) ?? workingDirectory
    root = absolute(values["--root"])
  }

  /// Reads the command line of a running process. Nil when it is gone or something else.
  init?(ofProcess pid: UInt32) {
    guard let arguments = try? commandLine(ofProcess: pid) else { return nil }
    self.init(arguments: arguments, workingDirectory: try? File.linkTarget("/proc/\(pid)/cwd"))
  }
}

func commandLine(ofProcess pid: UInt32) throws(SystemError) -> [String] {
  try FileDescriptor.contents(of: "/proc/\(pid)/cmdline", limit: 65536)
    .split(separator: 0, omittingEmptySubsequences: false).dropLast().map { String(decoding: $0, as: UTF8.self) }
}
