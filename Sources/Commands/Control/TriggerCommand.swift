internal import Arguments
internal import Control
internal import Events
internal import Interchange
internal import JSON
internal import Posix
internal import Reconstruction

/// `trigger`: keep what a container did, before and after now.
func runTrigger(_ invocation: Invocation) throws -> Int32 {
  let alert = try TriggerAlert(invocation).body
  do throws(ControlError) {
    var client = try ControlClient(path: invocation.value(of: "socket") ?? ControlSocket.standardPath)
    let answer = try client.submit(alert: alert)
    var conversation = TriggerConversation(isJSON: invocation.isSet("json"), waits: invocation.isSet("wait"))
    return try conversation.report(answer, &client)
  } catch {
    throw CommandFailure(error.description, remedy: error.remedy)
  }
}

/// What to hand in: an alert as it came, or what was typed as one.
struct TriggerAlert {
  var body: [UInt8]

  private static let scopeFlags = ["container", "pod", "host", "cgroup", "pid"]
  private static let detailFlags = ["at", "before", "after", "reason"]

  /// - Parameter now: Nanoseconds since 1970, for times that are relative to it.
  init(_ invocation: Invocation, now: Int64 = Clock.real) throws {
    let scopes = Self.scopeFlags.filter { invocation.isSet($0) }
    if let path = invocation.value(of: "alert") {
      if let flag = (scopes + Self.detailFlags.filter { invocation.isSet($0) }).first {
        throw CommandFailure(
          "trigger: --alert and --\(flag) exclude each other", remedy: "an alert says what it is about, and when",
          status: 64)
      }
      body = try Self.read(path)
      return
    }
    guard let scope = scopes.first else {
      throw CommandFailure(
        "trigger: no container named",
        remedy: "--container ID, --pod NAMESPACE/NAME, --cgroup PATH, --pid N, --host, or --alert FILE", status: 64)
    }
    if scopes.count > 1 {
      throw CommandFailure("trigger: --\(scopes[0]) and --\(scopes[1]) exclude each other", status: 64)
    }
    var members: [String: JSONValue] = [:]
    switch scope {
    case "host": members["host"] = .bool(true)
    case "pid":
      guard let pid = invocation.value(of: "pid").flatMap({ Int64($0) }), pid > 0 else {
        throw CommandFailure("trigger: --pid: not a process id", status: 64)
      }
      members["pid"] = .integer(pid)
    default: members[scope] = invocation.value(of: scope).map { .string($0) }
    }
    if let time = invocation.time(of: "at") { members["at"] = .integer(try Self.instant(time, now: now)) }
    for flag in ["before", "after", "reason"] {
      if let value = invocation.value(of: flag) { members[flag] = .string(value) }
    }
    body = JSONValue.object(members).encoded
  }

  private static func read(_ path: String) throws(CommandFailure) -> [UInt8] {
    do throws(SystemError) {
      let limit = ControlSocket.Limits().lineBytes
      let bytes =
        try path == "-"
        ? StandardStream.input.readToEnd(limit: limit + 1) : FileDescriptor.contents(of: path, limit: limit + 1)
      guard bytes.count <= limit else { throw SystemError(call: "read", subject: path, code: SystemError.tooLarge) }
      return bytes
    } catch {
      throw CommandFailure(error)
    }
  }

  /// Nanoseconds since 1970. A time of day is today's, or yesterday's when it is yet to come.
  static func instant(_ time: TimeExpression, now: Int64) throws(CommandFailure) -> Int64 {
    switch time {
    case .instant(let nanoseconds, _): return nanoseconds
    case .timeOfDay(let nanoseconds):
      let day: Int64 = 86_400_000_000_000
      let today = now - now % day + nanoseconds
      return today > now ? today - day : today
    case .beforeEnd(let duration):
      let parts = duration.components
      let (seconds, isOver) = parts.seconds.multipliedReportingOverflow(by: 1_000_000_000)
      if !isOver, seconds < now { return now - seconds - parts.attoseconds / 1_000_000_000 }
    case .afterStart, .trigger: break
    }
    throw CommandFailure(
      "trigger: --at: not a time in the past", remedy: "an ISO 8601 time, a time of day (14:02, UTC), or -30s",
      status: 64)
  }
}

/// Says what became of each alert, and waits for the captures if that was asked for.
private struct TriggerConversation {
  let isJSON: Bool
  let waits: Bool
  private let output = Output()

  init(isJSON: Bool, waits: Bool) {
    self.isJSON = isJSON
    self.waits = waits
  }

  mutating func report(_ answer: JSONValue, _ client: inout ControlClient) throws(ControlError) -> Int32 {
    guard let triggers = answer["triggers"]?.elements else {
      complain(
        CommandFailure(answer["error"]?.string ?? "the watcher's answer means nothing", remedy: answer["help"]?.string))
      return 2
    }
    if triggers.isEmpty { complain("nothing to keep: every alert is resolved") }
    var status: Int32 = 0
    for trigger in triggers where !printAtOnce(trigger) { status = 2 }
    guard waits else { return status }
    for trigger in triggers where trigger["path"] != nil {
      if !printEnd(try client.wait(for: trigger)) { status = 2 }
    }
    return status
  }

  /// - Returns: Whether the alert was taken.
  private func printAtOnce(_ trigger: JSONValue) -> Bool {
    guard let path = trigger["path"]?.string else {
      if isJSON { line(trigger.encoded) }
      complain(CommandFailure(trigger["error"]?.string ?? "refused", remedy: trigger["help"]?.string))
      return false
    }
    if isJSON {
      line(trigger.encoded)
    } else {
      line(EventText.printable(Array(path.utf8)))
      if trigger["status"]?.string == "duplicate" { complain("the same alert was taken before") }
      if trigger["merged"]?.bool == true { complain("joined a capture that was being written") }
    }
    return true
  }

  /// - Returns: Whether the capture is whole.
  private func printEnd(_ end: JSONValue) -> Bool {
    if isJSON { line(end.encoded) }
    if end["status"]?.string == "closed" { return true }
    let path = end["path"]?.string.map { $0 + ": " } ?? ""
    complain(CommandFailure(path + (end["error"]?.string ?? "not closed"), remedy: end["help"]?.string))
    return false
  }

  private func line(_ bytes: [UInt8]) { line(String(decoding: bytes, as: UTF8.self)) }

  private func line(_ text: String) {
    // At once: whoever reads it may act while we wait.
    try? output.line(text)
    try? output.flush()
  }
}
