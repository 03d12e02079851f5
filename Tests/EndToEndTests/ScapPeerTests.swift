import ContainerLab
import JSON
import Posix
import Testing

extension EndToEndTests {
  /// What sysdig says of a file and what this program says of it, event by event and field by field, in both directions.
  @Suite struct ScapPeerTests {
    private static let root: String = {
      let parts = #filePath.split(separator: "/").dropLast(3)
      return "/" + parts.joined(separator: "/")
    }()
    private static let peer = "/usr/bin/sysdig"
    private static let foreign = root + "/../shared/data/scap/"
    private static let canCompare: Bool = {
      guard Program.isBuilt else { return false }
      if File.isExecutable(peer) { return true }
      print("skipped: sysdig is not installed")
      return false
    }()
    private static let hasSamples: Bool = {
      if File.exists(foreign + "502Error.scap") { return canCompare }
      print("skipped: there are no samples of others at ../shared/data")
      return false
    }()

    private static let plainFields = [
      "evt.type", "proc.pid", "proc.ppid", "proc.name", "container.id", "fd.num", "fd.name", "evt.rawres",
    ]
    private static let arguments = [
      "flags", "name", "path", "data", "domain", "oldpath", "newpath", "target", "size", "mode", "sig", "backlog",
      "how",
      "type", "proto",
    ].map { "evt.arg." + $0 }

    /// A document a line.
    private func rows(_ program: String, _ words: [String], into path: String) throws -> [JSONValue] {
      let file = try FileDescriptor.create(path)
      let child = try ChildProcess(
        starting: ProgramLaunch(program, words, environment: Program.clean, output: file.number))
      #expect(try child.wait() == .exited(0))
      let bytes = try FileDescriptor.contents(of: path, limit: 1 << 28)
      return try bytes.split(separator: 10).compactMap { line in
        line.first == UInt8(ascii: "{") ? try JSONValue(parsing: Array(line)) : nil
      }
    }

    private struct Key: Hashable {
      var time: Int64
      var thread: Int64
    }

    private func key(_ row: JSONValue) -> Key? {
      guard let time = row.number("evt.rawtime"), let thread = row.number("thread.tid") else { return nil }
      return Key(time: time, thread: thread)
    }

    private func theirs(_ path: String, _ place: Workplace) throws -> [ScapPeerEvent] {
      let fields = ["evt.rawtime", "thread.tid", "evt.dir", "evt.args", "evt.arg.tuple"] + Self.plainFields
      let format = "*" + (fields + Self.arguments).map { "%" + $0 }.joined(separator: " ")
      var entries: [Int64: JSONValue] = [:]
      var events: [ScapPeerEvent] = []
      for row in try rows(Self.peer, ["-j", "-r", path, "-p", format], into: place["theirs"]) {
        guard let thread = row.number("thread.tid"), let type = row.text("evt.type") else { continue }
        if row.text("evt.dir") == ">", type != "procexit", type != "signaldeliver" {
          entries[thread] = row
          continue
        }
        let entry = entries.removeValue(forKey: thread)
        events.append(ScapPeerEvent(exit: row, entry: entry?.text("evt.type") == type ? entry : nil))
      }
      return events
    }

    private func ours(_ path: String, _ place: Workplace) throws -> [Key: [JSONValue]] {
      let fields = ["evt.rawtime", "thread.tid"] + Self.plainFields + Self.arguments
      let rule = """
        - rule: every event
          desc: all
          condition: evt.rawtime > 0
          output: "\(fields.map { "%" + $0 }.joined(separator: " "))"
          priority: INFO

        """
      try FileDescriptor.write(Array(rule.utf8), to: place["rules.yaml"])
      let alerts = try rows(
        Program.path, ["rules", "run", "--json", path, "--rules", place["rules.yaml"]], into: place["ours"])
      var result: [Key: [JSONValue]] = [:]
      for alert in alerts {
        guard let row = alert["output_fields"], let key = key(row) else { continue }
        result[key, default: []].append(row)
      }
      return result
    }

    /// Both ways of telling a value as one: flags in any order, numbers as text, of data what can be printed.
    private func text(_ value: JSONValue?, _ field: String) -> String? {
      switch value {
      case .integer(let number): return "\(number)"
      case .string("<NA>"): return nil
      case .string(let text) where field == "evt.arg.flags":
        return text.split(separator: "|").sorted().joined(separator: "|")
      case .string(let text) where field == "evt.arg.mode":
        // `0644(S_IROTH|…)`
        let digits = text.prefix { $0 != "(" }.drop { $0 == "0" }
        return digits.isEmpty ? "0" : String(digits)
      case .string(let text) where field == "evt.arg.name":
        // sysdig adds the path that it makes of a relative one.
        return text.split(separator: "(").first.map(String.init)
      case .string(let text) where field == "evt.arg.data": return text.isEmpty ? nil : text
      case .string(let text): return text
      default: return nil
      }
    }

    private func isSameData(_ theirs: String?, _ ours: String?) -> Bool {
      func printable(_ text: String) -> String {
        var result = ""
        var rest = Substring(text)
        while let character = rest.popFirst() {
          if character == "\\", let escaped = rest.popFirst() {
            if escaped == "x" { rest = rest.dropFirst(2) }
          } else if character.isASCII, character.isLetter || character.isNumber {
            result.append(character)
          }
        }
        return result
      }
      let (one, other) = (printable(theirs ?? ""), printable(ours?.components(before: "\" of ") ?? ""))
      return one.hasPrefix(other) || other.hasPrefix(one)
    }

    private struct Outcome {
      var compared = 0
      var differing: [String: Int] = [:]
      var unexplained: [String] = []
      /// Of theirs that we do not have, and the other way round, by type.
      var missing: [String: Int] = [:]
      var added: [String: Int] = [:]
    }

    private func compare(
      _ file: String, with capture: String, _ list: [ScapDifference], _ place: Workplace
    ) throws -> Outcome {
      var outcome = Outcome()
      let ours = try ours(capture, place)
      var seen = Set<Key>()
      for event in try theirs(file, place) {
        guard let key = key(event.exit) else { continue }
        seen.insert(key)
        guard let row = ours[key]?.first else {
          outcome.missing[event.type, default: 0] += 1
          continue
        }
        outcome.compared += 1
        for field in Self.plainFields.dropFirst() + Self.arguments {
          let (one, other) = (event[field], row[field])
          let (a, b) = (text(one, field), text(other, field))
          if a == b || field == "evt.arg.data" && isSameData(a, b) { continue }
          // What we tell beyond it is no difference.
          if field.hasPrefix("evt."), field != "evt.rawres", a == nil { continue }
          if let known = ScapDifference.explanation(of: field, one, other, event, in: list) {
            outcome.differing[known.row, default: 0] += 1
          } else if outcome.unexplained.count < 20 {
            outcome.unexplained.append("\(event.type) \(field): sysdig \(a ?? "none"), here \(b ?? "none")")
          }
        }
      }
      for (key, rows) in ours where !seen.contains(key) {
        for row in rows { outcome.added[row.text("evt.type") ?? "?", default: 0] += 1 }
      }
      return outcome
    }

    @Test(.enabled(if: hasSamples), arguments: [("502Error.scap", 4312), ("single_ipv6_conn.scap", 14)])
    func `files of others are told as sysdig tells them, but for what docs explain`(name: String, count: Int) throws {
      let place = try Workplace()
      let outcome = try compare(Self.foreign + name, with: Self.foreign + name, ScapDifference.reading, place)
      #expect(outcome.compared == count)
      #expect(outcome.unexplained == [])
      // Two exits of a clone are one event here, of the parent; and calls that did not return are told.
      #expect(Set(outcome.missing.keys).subtracting(["clone"]) == [])
      #expect(Set(outcome.added.keys).subtracting(["clone", "select", "rt_sigtimedwait", "epoll_pwait"]) == [])
    }

    @Test(.enabled(if: canCompare), arguments: ["web-shell", "crash", "acts"])
    func `our captures are told by sysdig as they are told here, but for what docs explain`(name: String) throws {
      let place = try Workplace()
      let capture = Self.root + "/captures/v1/\(name).pcapng"
      let written = try Program.run("export", "--to", "scap", capture, "-o", place["a.scap"])
      #expect(written.end == .exited(0), "\(written.text)")
      let outcome = try compare(place["a.scap"], with: capture, ScapDifference.writing, place)
      #expect(outcome.compared > 20)
      #expect(outcome.unexplained == [])
      // The child's end of a clone has no event of its own here.
      #expect(Set(outcome.missing.keys).subtracting(["clone"]) == [])
      #expect(outcome.added.keys.filter { !$0.contains(".") && $0 != "call" } == [])
    }

    @Test(
      .enabled(if: canCompare && TmuxTerminal.skipReason == nil),
      arguments: [
        ("containers", ["shop-web", "shop/web:1.4", "f32138709499"]),
        ("procs", ["httpd -f -p 80 -h /www", "nc 127.0.0.1 4444 -e /bin/sh"]),
        ("files", ["/www/cgi-bin/status", "/etc/shadow"]),
      ]) func `csysdig shows containers, processes and files`(view: String, texts: [String]) throws
    {
      let terminal = try TmuxTerminal(
        columns: 160, rows: 40,
        "\"$AT\" export --to scap \"$CAPTURES/web-shell.pcapng\" -o \"$PLACE/a.scap\" "
          + "&& \(Self.peer.replacing("sysdig", with: "csysdig")) -r \"$PLACE/a.scap\" -v \(view)")
      let isShown = Lab.waitUntil(limit: .seconds(60)) {
        let screen = terminal.screen
        return texts.allSatisfy { screen.contains($0) }
      }
      #expect(isShown, "\(terminal.screen)")
    }

    @Test func `each explained difference is a row of the documentation`() throws {
      let text = String(decoding: try FileDescriptor.contents(of: Self.root + "/docs/scap.md"), as: UTF8.self)
      for difference in ScapDifference.writing { #expect(text.contains("| \(difference.row) |"), "\(difference.row)") }
    }
  }
}

extension String {
  fileprivate func components(before mark: String) -> String {
    range(of: mark).map { String(self[..<$0.lowerBound]) } ?? self
  }

  private func range(of mark: String) -> Range<Index>? {
    var place = startIndex
    while place < endIndex {
      if self[place...].hasPrefix(mark) { return place..<index(place, offsetBy: mark.count) }
      place = index(after: place)
    }
    return nil
  }
}
