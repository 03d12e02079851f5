internal import CPosix
internal import Glibc

/// A program to start, with what it is given.
///
/// The child inherits no descriptor but the three named here, no blocked signal, and has its own process group.
public struct ProgramLaunch: Sendable {
  public var path: String
  public var arguments: [String]
  /// "NAME=value"; nil for this process's own.
  public var environment: [String]?
  public var workingDirectory: String?
  /// Descriptors that stay open here; nil leads to /dev/null.
  public var input: Int32?
  public var output: Int32?
  public var errorOutput: Int32?
  /// False: it stays in this process's group, and so gets the terminal's Ctrl-C.
  public var hasOwnGroup = true

  public init(
    _ path: String, _ arguments: [String] = [], environment: [String]? = nil, workingDirectory: String? = nil,
    input: Int32? = nil, output: Int32? = nil, errorOutput: Int32? = nil
  ) {
    self.path = path
    self.arguments = arguments
    self.environment = environment
    self.workingDirectory = workingDirectory
    self.input = input
    self.output = output
    self.errorOutput = errorOutput
  }
}

/// How a process ended.
public enum ProcessEnd: Hashable, Sendable {
  case exited(Int32)
  case signalled(Int32)

  public var isSuccess: Bool { self == .exited(0) }
}

/// A process started here. Its end is collected with ``wait()`` or ``endIfOver()``.
public struct ChildProcess: Hashable, Sendable {
  public let pid: Int32

  /// Starts `launch`. The path is taken as it is, without a search. The corresponding C function is `posix_spawn`.
  public init(starting launch: ProgramLaunch) throws(SystemError) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, given, flags) in [
      (0, launch.input, O_RDONLY), (1, launch.output, O_WRONLY), (2, launch.errorOutput, O_WRONLY),
    ] as [(Int32, Int32?, Int32)] {
      if let given {
        posix_spawn_file_actions_adddup2(&actions, given, number)
      } else {
        posix_spawn_file_actions_addopen(&actions, number, "/dev/null", flags, 0)
      }
    }
    _ = at_spawn_close_from(&actions, 3)
    if let directory = launch.workingDirectory { _ = at_spawn_change_directory(&actions, directory) }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setpgroup(&attributes, 0)
    let group = launch.hasOwnGroup ? POSIX_SPAWN_SETPGROUP : 0
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | group))

    var pid: pid_t = 0
    let code = withCStrings([launch.path] + launch.arguments) { arguments in
      if let environment = launch.environment {
        withCStrings(environment) { posix_spawn(&pid, launch.path, &actions, &attributes, arguments, $0) }
      } else {
        posix_spawn(&pid, launch.path, &actions, &attributes, arguments, Glibc.environ)
      }
    }
    guard code == 0 else { throw SystemError(call: "posix_spawn", subject: launch.path, code: code) }
    self.pid = pid
  }

  /// Waits for the end. The corresponding C function is `waitpid`.
  public func wait() throws(SystemError) -> ProcessEnd {
    var status: Int32 = 0
    try check("waitpid") { waitpid(pid, &status, 0) }
    return ProcessEnd(status: status)
  }

  /// The end if the process is over already, else nil. The corresponding C function is `waitpid`.
  public func endIfOver() throws(SystemError) -> ProcessEnd? {
    var status: Int32 = 0
    return try check("waitpid") { waitpid(pid, &status, WNOHANG) } == 0 ? nil : ProcessEnd(status: status)
  }

  /// Waits until the process has stopped itself; false when it ended instead. The corresponding C function is `waitpid`.
  public func waitUntilStopped() throws(SystemError) -> Bool {
    var status: Int32 = 0
    try check("waitpid") { waitpid(pid, &status, WUNTRACED) }
    return status & 0xff == 0x7f
  }

  /// The corresponding C function is `kill`.
  public func signal(_ number: Int32) throws(SystemError) {
    try check("kill") { kill(pid, number) }
  }

  /// Signals the process and all of the group that it leads, as a terminal's Ctrl-C does. The corresponding C function is
  /// `killpg`.
  public func signalGroup(_ number: Int32) throws(SystemError) {
    try check("killpg") { killpg(pid, number) }
  }
}

extension ProcessEnd {
  init(status: Int32) {
    self = status & 0x7f == 0 ? .exited(status >> 8 & 0xff) : .signalled(status & 0x7f)
  }
}

/// What a program that ran to its end said.
public struct ProgramResult: Sendable {
  public var end: ProcessEnd
  public var output: [UInt8]
  /// Bytes that it wrote beyond what `output` may hold.
  public var omitted = 0
  public var text: String { String(decoding: output, as: UTF8.self) }
}

extension ProgramLaunch {
  /// Runs the program to its end and keeps what it writes to its standard output, up to `limit` bytes. The rest is
  /// read too, and counted: a program that nobody reads would never end.
  ///
  /// - Parameter mergingErrors: Standard error goes to the same place.
  public func run(mergingErrors: Bool = false, limit: Int = 64 << 20) throws(SystemError)
    -> ProgramResult
  {
    var launch = self
    let pipe = try Pipe()
    launch.output = pipe.writing.number
    if mergingErrors { launch.errorOutput = pipe.writing.number }
    let child = try ChildProcess(starting: launch)
    let reading = pipe.closeWriting()
    let output = try reading.readToEnd(limit: limit)
    let omitted = try reading.drain()
    return ProgramResult(end: try child.wait(), output: output, omitted: omitted)
  }
}

/// A pipe, both ends closed on exec.
public struct Pipe: ~Copyable, Sendable {
  public let reading: FileDescriptor
  public let writing: FileDescriptor

  /// The corresponding C function is `pipe2`.
  public init() throws(SystemError) {
    var ends: [Int32] = [-1, -1]
    try check("pipe2") { at_pipe2(&ends, O_CLOEXEC) }
    reading = FileDescriptor(owning: ends[0])
    writing = FileDescriptor(owning: ends[1])
  }

  /// Gives the reading end; the writing end is closed.
  public consuming func closeWriting() -> FileDescriptor { reading }

  /// Gives the writing end; the reading end is closed.
  public consuming func closeReading() -> FileDescriptor { writing }
}

private func withCStrings<Result>(
  _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
  pointers.append(nil)
  defer { for pointer in pointers { free(pointer) } }
  return pointers.withUnsafeMutableBufferPointer { body($0.baseAddress!) }
}

/// Stops this process until somebody continues it. The corresponding C function is `raise`.
public func stopThisProcess() { raise(SIGSTOP) }

/// Becomes another program, found through PATH; returns only to say why not. The corresponding C function is `execvp`.
public func becomeProgram(_ words: [String]) -> SystemError {
  withCStrings(words) { arguments in
    execvp(words[0], arguments)
    return SystemError.last("execvp", words[0])
  }
}
