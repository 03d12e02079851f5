internal import JSON
internal import Posix

/// Where the programs are, and how they are run and measured.
struct Workbench {
  /// This program, which runs itself inside a recording to measure there.
  let own: String
  let aftertrace: String
  /// For captures and figures: deleted at the end.
  let directory: String
  /// A cgroup in the hierarchy that probes see.
  let cgroup: String
  /// Pairs of a comparison.
  var pairs = 5
  /// Bytes that dd copies one by one: two calls each.
  var count = 2_000_000
  /// Of the full pipeline.
  var seconds = 60

  init() throws {
    own = try File.linkTarget("/proc/self/exe")
    aftertrace = own.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/aftertrace"
    guard File.isExecutable(aftertrace) else { throw SystemError(call: "access", subject: aftertrace, code: 2) }
    directory = try Directory.createTemporary(prefix: "aftertrace-bench-")
    cgroup = Self.hierarchy + "/aftertrace-bench-\(processID)"
    try Directory.create(cgroup)
  }

  func cleanUp() {
    try? Directory.removeAll(directory)
    try? Directory.remove(cgroup)
  }

  /// cgroup v2, on hybrid machines beside v1.
  static let hierarchy = File.exists("/sys/fs/cgroup/cgroup.procs") ? "/sys/fs/cgroup" : "/sys/fs/cgroup/unified"

  /// The classic: two calls that do next to nothing, `count` times.
  func dd(_ count: Int) -> String { "dd if=/dev/zero of=/dev/null bs=1 count=\(count) status=none" }

  /// A shell's words for `script`, run in a cgroup.
  func shell(_ script: String, in cgroup: String? = nil) -> [String] {
    ["/bin/sh", "-c", (cgroup.map { "echo $$ >\($0)/cgroup.procs; " } ?? "") + script]
  }

  /// Processor nanoseconds of a command and its children.
  func cost(of words: [String]) throws -> Double {
    let child = try Watchdog.start(ProgramLaunch(words[0], Array(words.dropFirst())))
    return Double(try Watchdog.wait(for: child).usage.processorNanoseconds)
  }

  /// What a command cost inside of another program that runs it.
  struct Figures {
    /// Of the command alone.
    var processor: Double
    /// Of the other program alone.
    var watcher: Double
    var wall: Double
    var end: ProcessEnd
    var errors: String
  }

  /// Runs `watcher` with a command that measures itself.
  func cost(of words: [String], under watcher: [String]) throws -> Figures {
    let figures = directory + "/figures"
    try? File.remove(figures)
    let pipe = try Pipe()
    let all = watcher + [own, "--measured", figures] + words
    let child = try Watchdog.start(ProgramLaunch(all[0], Array(all.dropFirst()), errorOutput: pipe.writing.number))
    let errors = String(decoding: try pipe.closeWriting().readToEnd(), as: UTF8.self)
    let (end, usage) = try Watchdog.wait(for: child)
    let text = (try? FileDescriptor.contents(of: figures)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    let numbers = text.split(separator: " ").compactMap { Double($0) }
    guard numbers.count == 2 else {
      return Figures(processor: .nan, watcher: .nan, wall: .nan, end: end, errors: errors)
    }
    return Figures(
      processor: numbers[0], watcher: Double(usage.processorNanoseconds) - numbers[0], wall: numbers[1], end: end,
      errors: errors)
  }

  /// `--measured FILE WORDS…`: runs the words, writes their processor and wall time.
  static func measure(into path: String, _ words: [String]) throws -> Int32 {
    let start = Clock.monotonic
    var launch = ProgramLaunch(words[0], Array(words.dropFirst()), errorOutput: 2)
    // Whoever ends the recorder's group ends this, too.
    launch.hasOwnGroup = false
    let child = try ChildProcess(starting: launch)
    let (end, usage) = try child.waitMeasured()
    let wall = Clock.monotonic - start
    try FileDescriptor.write("\(usage.processorNanoseconds) \(wall)".utf8, to: path)
    return if case .exited(let code) = end { code } else { 1 }
  }

  /// The recorder's command line for a command's subtree.
  func recording(to path: String, _ options: [String] = []) -> [String] {
    try? File.remove(path)
    return [aftertrace, "record", "-o", path, "--max-size", "8G"] + options + ["--"]
  }

  /// What `info --json` says of a capture, and what that cost.
  func info(_ path: String) throws -> (facts: JSONValue, seconds: Double) {
    let start = Clock.monotonic
    let result = try ProgramLaunch(aftertrace, ["info", "--json", path]).run()
    let seconds = Double(Clock.monotonic - start) / 1e9
    return (try JSONValue(parsing: result.output), seconds)
  }
}

/// A recorder that watches something else than what is measured.
struct BackgroundRecorder: ~Copyable {
  private let child: ChildProcess
  private let errors: FileDescriptor

  /// Returns when the probes are live.
  init(_ words: [String]) throws {
    let pipe = try Pipe()
    let child = try Watchdog.start(
      ProgramLaunch(words[0], Array(words.dropFirst()), errorOutput: pipe.writing.number))
    let errors = pipe.closeWriting()
    var said = ""
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 8)
    defer { room.deallocate() }
    while !said.contains("probes are live") {
      let length = try errors.read(into: room)
      if length == 0 { throw Refusal(reason: said) }
      said += String(decoding: room[..<length], as: UTF8.self)
    }
    self.child = child
    self.errors = errors
  }

  /// Processor nanoseconds of all its threads until now, to the kernel's tick of 10 ms.
  var processorNanoseconds: Double {
    get throws {
      let text = String(decoding: try FileDescriptor.contents(of: "/proc/\(child.pid)/stat"), as: UTF8.self)
      // The name before may hold anything, the last parenthesis ends it. The 14th and 15th field, so the 12th and 13th.
      let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
      guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return .nan }
      return (user + system) * 1e7
    }
  }

  /// Ends the recording and the command that it records, if any: one that lived on would keep the pipe open.
  ///
  /// - Returns: What the recorder said last, and its cost with that of its command.
  consuming func stop() throws -> (said: String, usage: ResourceUsage) {
    try child.signalGroup(2)
    let said = String(decoding: try errors.readToEnd(), as: UTF8.self)
    return (said, try Watchdog.wait(for: child).usage)
  }
}

/// Why something could not be measured.
struct Refusal: Error, CustomStringConvertible {
  var reason: String
  var description: String { String(reason.split(separator: "\n").last ?? "no reason given") }
}
