import ContainerLab
import Glibc
import JSON
import Posix
import Testing

/// The program under test, run as a user runs it: a child process, its files, its texts.
enum Program {
  /// Beside the test bundle, where the build puts it.
  static let path: String = {
    let places =
      CommandLine.arguments.map {
        $0.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
      }
      + [".build/debug", ".build/release"]
    return places.map { $0 + "/aftertrace" }.first(where: File.isExecutable) ?? ".build/debug/aftertrace"
  }()

  /// For what needs the program and no kernel.
  static var isBuilt: Bool {
    if File.isExecutable(path) { return true }
    print("skipped: \(path) is not built")
    return false
  }

  /// Why nothing can be recorded here; nil when it can.
  static let skipReason: String? = {
    if geteuid() != 0 { return "recording needs root" }
    if !File.exists("/sys/kernel/btf/vmlinux") { return "the kernel has no BTF" }
    return File.isExecutable(path) ? nil : "\(path) is not built"
  }()

  /// Whether recording works and `also` gives no reason against; prints the reason.
  static func canRecord(_ also: String? = nil) -> Bool {
    guard let reason = skipReason ?? also else { return true }
    print("skipped: \(reason)")
    return false
  }

  /// Runs a command that reads.
  static func run(_ arguments: String..., merging: Bool = true) throws -> ProgramResult {
    try ProgramLaunch(path, arguments).run(mergingErrors: merging)
  }

  /// What a command prints, a JSON object a line.
  static func rows(_ arguments: String...) throws -> [JSONValue] {
    let result = try ProgramLaunch(path, arguments).run()
    #expect(result.end == .exited(0) && result.omitted == 0, "\(arguments)")
    return try result.text.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
  }

  /// Records a command and all that it starts, to the command's end.
  @discardableResult
  static func record(
    _ command: [String], to capture: String, flags: [String] = [], environment: [String] = []
  ) throws -> ProgramResult {
    try ProgramLaunch(
      path, ["record", "-o", capture] + flags + ["--"] + command, environment: clean + environment
    ).run(mergingErrors: true)
  }

  static let clean = [
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/nonexistent", "LC_ALL=C",
  ]
}

/// A recorder that runs until it is told to end.
struct RunningRecorder {
  let child: ChildProcess
  let log: String

  /// Comes back when the probes are live.
  ///
  /// - Parameter network: The file of a network namespace, which the recorder takes for the host's.
  init(to capture: String, flags: [String] = [], network: String? = nil) throws {
    log = capture + ".log"
    let output = try FileDescriptor.open(log, flags: O_WRONLY | O_CREAT | O_TRUNC)
    child = try ChildProcess(
      starting: ProgramLaunch(
        network == nil ? Program.path : Lab.find("nsenter")!,
        (network.map { ["--net=" + $0, Program.path] } ?? []) + ["record", "-o", capture] + flags,
        environment: Program.clean, output: output.number, errorOutput: output.number))
    let log = log
    guard Lab.waitUntil(limit: .seconds(30), { Self.text(log).contains("probes are live") }) else {
      try? child.signal(SIGKILL)
      _ = try? child.wait()
      throw LabError("the recorder does not start: " + Self.text(log))
    }
  }

  var said: String { Self.text(log) }

  @discardableResult
  func end(by signal: Int32 = SIGINT) throws -> ProcessEnd {
    try child.signal(signal)
    return try child.wait()
  }

  private static func text(_ path: String) -> String {
    String(decoding: (try? FileDescriptor.contents(of: path)) ?? [], as: UTF8.self)
  }
}

/// A directory of one test, removed with it.
final class Workplace: Sendable {
  let directory: String
  init() throws { directory = try Directory.createTemporary(prefix: "at-end-") }
  deinit { try? Directory.removeAll(directory) }
  subscript(name: String) -> String { directory + "/" + name }
}

extension JSONValue {
  func text(_ name: String) -> String? { self[name]?.string }
  func number(_ name: String) -> Int64? { self[name]?.integer }
  /// A 64-bit number that is written as text.
  func big(_ name: String) -> UInt64? { self[name]?.string.flatMap { UInt64($0) } }
  var words: [String] { self["args"]?.elements.compactMap(\.string) ?? [] }
}
