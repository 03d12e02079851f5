import ContainerLab
import Events
import Glibc
import JSON
import Posix
import Testing

/// An armed recorder with a configuration, captures, a socket and a port of its own.
final class Watcher {
  let place: Workplace
  let captures: String
  private var child: ChildProcess?
  private var starts = 0

  /// Comes back when it is armed.
  ///
  /// - Parameters:
  ///   - settings: YAML, laid over a watch with a second behind each trigger and all of the disk.
  ///   - captures: Where captures are written, if not below its own place.
  init(_ settings: String = "", captures: String? = nil) throws {
    place = try Workplace()
    self.captures = captures ?? place["captures"]
    try Directory.createAll(place["etc/conf.d"])
    try FileDescriptor.write(
      """
      memory: {budget: 64MiB}
      windows: {after: 1s}
      captures: {directory: \(self.captures), free_space: 0%}
      socket: \(place["control.sock"])
      http: {enabled: true, port: 0, token_file: \(place["token"])}
      death: {fatal_signal: [], oom: false}

      """.utf8, to: place["etc/aftertrace.yaml"])
    try FileDescriptor.write(settings.utf8, to: place["etc/conf.d/test.yaml"])
    try start()
  }

  deinit { end() }

  private var log: String { place["log-\(starts)"] }
  var said: String { String(decoding: (try? FileDescriptor.contents(of: log)) ?? [], as: UTF8.self) }

  /// Starts it, again after ``kill()``.
  func start() throws {
    starts += 1
    let output = try FileDescriptor.open(log, flags: O_WRONLY | O_CREAT | O_TRUNC)
    child = try ChildProcess(
      starting: ProgramLaunch(
        Program.path, ["watch", "--config", place["etc"]], environment: Program.clean, output: output.number,
        errorOutput: output.number))
    guard Lab.waitUntil(limit: .seconds(60), { said.contains("armed: ") }) else {
      kill()
      throw LabError("the watcher does not start: \(said)")
    }
  }

  /// With SIGKILL.
  func kill() {
    guard let child else { return }
    try? child.signal(SIGKILL)
    _ = try? child.wait()
    self.child = nil
  }

  func end() {
    guard let child else { return }
    try? child.signal(SIGTERM)
    if !Lab.waitUntil(limit: .seconds(20), { hasEnded(child) }) { return kill() }
    self.child = nil
  }

  var isAlive: Bool { child.map { !hasEnded($0) } ?? false }

  private func hasEnded(_ child: ChildProcess) -> Bool {
    do { return try child.endIfOver() != nil } catch { return true }
  }

  /// Changes the settings and sends SIGHUP; comes back when the log says so.
  func reload(_ settings: String, until words: String) throws {
    try FileDescriptor.write(settings.utf8, to: place["etc/conf.d/test.yaml"])
    let before = said.utf8.count
    try child?.signal(SIGHUP)
    guard Lab.waitUntil(limit: .seconds(10), { String(said.utf8.dropFirst(before))?.contains(words) ?? false }) else {
      throw LabError("no '\(words)' in: \(said)")
    }
  }

  // MARK: Asking

  func trigger(_ arguments: String...) throws -> ProgramResult {
    try ProgramLaunch(Program.path, ["trigger", "--socket", place["control.sock"]] + arguments).run(mergingErrors: true)
  }

  /// Triggers, waits, and gives the capture's path.
  func capture(_ container: String, _ more: String...) throws -> String {
    let result = try ProgramLaunch(
      Program.path, ["trigger", "--socket", place["control.sock"], "--container", container, "--wait"] + more
    ).run(mergingErrors: true)
    guard result.end == .exited(0) else { throw LabError(result.text) }
    return result.text.split(separator: "\n").first.map(String.init) ?? ""
  }

  func alert(_ body: String, _ more: String...) throws -> ProgramResult {
    try FileDescriptor.write(body.utf8, to: place["alert"])
    let input = try FileDescriptor.open(place["alert"], flags: O_RDONLY)
    var launch = ProgramLaunch(Program.path, ["trigger", "--socket", place["control.sock"], "--alert", "-"] + more)
    launch.input = input.number
    return try launch.run(mergingErrors: true)
  }

  func status() throws -> JSONValue {
    try JSONValue(parsing: try Program.run("status", "--json", "--socket", place["control.sock"]).text)
  }

  /// What the program takes by the kernel's account: anonymous memory, and the maps and rings of its probes.
  func memoryInBytes() throws -> Int {
    let process = "/proc/\(try #require(child).pid)"
    func kibibytes(_ name: String, _ text: [UInt8]) -> Int {
      let line = String(decoding: text, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix(name) }
      return line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) } ?? 0
    }
    var total = kibibytes("RssAnon:", try FileDescriptor.contents(of: process + "/status")) << 10
    for name in try Directory.names(in: process + "/fdinfo") {
      // It opens and closes files meanwhile.
      guard let text = try? FileDescriptor.contents(of: process + "/fdinfo/" + name) else { continue }
      total += kibibytes("memlock:", text)
    }
    return total
  }

  func container(_ name: String) throws -> JSONValue? {
    try status()["containers"]?.elements.first { $0.text("name") == name || $0.text("id") == name }
  }

  /// The captures of a container, oldest trigger first.
  func captures(of container: String) throws -> [JSONValue] {
    try Program.rows("captures", "--json", "--directory", captures).filter {
      $0["container"]?.text("name") == container || $0["container"]?.text("id") == container
    }
  }

  /// The endpoint's URL, with the port that the kernel chose.
  var url: String {
    let address = said.split(separator: "\n").first { $0.contains("alerts are taken at ") }
    return address?.split(separator: " ").last.map(String.init) ?? ""
  }

  var token: String {
    String(decoding: (try? FileDescriptor.contents(of: place["token"])) ?? [], as: UTF8.self)
      .split(separator: "\n").first.map(String.init) ?? ""
  }

  /// Posts a body, and gives what came back: the body, and the status on its last line.
  func post(_ body: String, token: String) throws -> (status: String, body: JSONValue) {
    try FileDescriptor.write(body.utf8, to: place["body"])
    let lines = try ProgramLaunch(
      Self.curl,
      [
        "-s", "-w", "\\n%{http_code}", "-H", "Authorization: Bearer \(token)", "-H", "Content-Type: application/json",
        "--data-binary", "@" + place["body"], url,
      ]
    ).run().text.split(separator: "\n")
    return (lines.last.map(String.init) ?? "", try JSONValue(parsing: lines.dropLast().joined(separator: "\n")))
  }

  static let curl = Lab.find("curl") ?? ""
  static let skipReason = curl.isEmpty ? "curl is not installed" : nil

  /// What Falco posts of a container, by the twelve digits that it knows.
  static func falco(_ container: String, rule: String = "Terminal shell in container", at time: WallTime) -> String {
    let date = CalendarTime(time).date + "T" + CalendarTime(time).timeOfDay(digits: 9) + "Z"
    return """
      {"hostname":"node-7","output":"\(rule) | container_id=\(container.prefix(12))","output_fields":\
      {"container.id":"\(container.prefix(12))","evt.time":\(time.nanoseconds),"proc.name":"sh"},"priority":"Notice",\
      "rule":"\(rule)","source":"syscall","tags":["shell"],"time":"\(date)"}
      """
  }

  static func now(_ seconds: Double = 0) -> WallTime {
    WallTime(nanoseconds: Clock.real + Int64(seconds * 1_000_000_000))
  }
}
