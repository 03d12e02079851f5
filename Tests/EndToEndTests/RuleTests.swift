import ContainerLab
import JSON
import Posix
import Testing

extension EndToEndTests {
  /// What rules find of deeds that are done in a real container: `Deed.table` says what each is found as.
  @Suite struct RuleTests {
    static let skipReason = RuncLab.skipReason ?? (Lab.find("cc") == nil ? "cc is not installed" : nil)
    private static let rules: String = {
      let parts = #filePath.split(separator: "/").dropLast(4)
      return "/" + parts.joined(separator: "/") + "/shared/data/falco-rules/falco_rules.yaml"
    }()

    private struct Recorded: Sendable {
      var place: Workplace
      var capture: String
      /// By deed: names of the rules that fired.
      var findings: [Set<String>]
    }

    /// The deeds are done and recorded once for all tests.
    private static let recorded: Result<Recorded, any Error> = Result { try record() }

    private static func record() throws -> Recorded {
      let place = try Workplace()
      let lab = try RuncLab()
      defer { lab.end() }
      let root = lab.rootDirectory
      let source = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
      let built = try ProgramLaunch(
        Lab.find("cc")!, ["-O1", "-static", "-w", "-o", root + "/bin/deeds", source + "/Programs/deeds.c"],
        environment: Program.clean
      ).run(mergingErrors: true)
      guard built.end.isSuccess else { throw LabError("deeds.c: " + built.text) }
      for (name, text) in [
        ("shadow", "root:*:1::::::\n"), ("hostname", "deeds\n"),
        ("passwd", "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1::/:/bin/sh\n"),
      ] { try FileDescriptor.write(text.utf8, to: root + "/etc/" + name, mode: 0o644) }
      // Only an overlay can tell what was written since.
      for name in ["upper", "work"] { try Directory.create(lab.directory + "/" + name) }
      let options = "lowerdir=\(root),upperdir=\(lab.directory)/upper,workdir=\(lab.directory)/work"
      let mounted = try ProgramLaunch(
        Lab.find("mount")!, ["-t", "overlay", "overlay", "-o", options, root], environment: Program.clean
      ).run(mergingErrors: true)
      guard mounted.end.isSuccess else { throw LabError("overlay: " + mounted.text) }
      // A file that is not there, and is asked for before each deed, tells them apart.
      let script =
        ([Deed.preparation] + Deed.table.enumerated().map { "true </deed/\($0)\n\($1.line)" } + ["true </deed/end"])
        .joined(separator: "\n") + "\nexit 0\n"
      try FileDescriptor.write(script.utf8, to: root + "/data/script", mode: 0o755)
      let command = try lab.command(
        "at-deeds-\(processID)", ["/bin/sh", "/data/script"],
        capabilities: ["CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_SYS_MODULE", "CAP_NET_ADMIN", "CAP_MKNOD"])
      let recording = try Program.record(command, to: place["deeds.pcapng"], flags: ["--ring-size", "32MiB"])
      guard recording.end == .exited(0) else { throw LabError(recording.text) }
      let builtIn = try Program.run("findings", "--rules")
      try FileDescriptor.write(builtIn.text.utf8, to: place["builtin.yaml"])
      let findings = try fired(place["builtin.yaml"], on: place["deeds.pcapng"])
      return Recorded(place: place, capture: place["deeds.pcapng"], findings: findings)
    }

    /// By deed, the names of the rules that fired between its mark and the next.
    private static func fired(_ rules: String, on capture: String) throws -> [Set<String>] {
      func time(_ text: String) -> String { String(text.drop { $0 != "T" }.dropFirst().prefix(18)) }
      let marks = try Program.rows(
        "events", "--json", "-p", "%evt.time %fd.nameraw", capture, "fd.nameraw startswith /deed/ and evt.failed=true")
      var starts: [(time: String, deed: Int)] = []
      for mark in marks {
        let name = mark.text("fd.nameraw")?.dropFirst(6) ?? ""
        if let time = mark.text("evt.time") { starts.append((time, Int(name) ?? Deed.table.count)) }
      }
      guard starts.map(\.deed) == Array(0...Deed.table.count) else { throw LabError("marks are missing: \(starts)") }
      let result = try ProgramLaunch(Program.path, ["rules", "run", capture, "--rules", rules, "--json"]).run()
      var found = [Set<String>](repeating: [], count: Deed.table.count)
      for line in result.text.split(separator: "\n") {
        let alert = try JSONValue(parsing: String(line))
        guard let when = alert.text("time").map(time), let rule = alert.text("rule"),
          let deed = starts.last(where: { $0.time <= when })?.deed, deed < found.count
        else { continue }
        found[deed].insert(rule)
      }
      return found
    }

    @Test(.enabled(if: Program.canRecord(skipReason)))
    func `each deed is found as what it is, and harmless ones as nothing`() throws {
      let recorded = try Self.recorded.get()
      for (deed, found) in zip(Deed.table, recorded.findings) {
        #expect(found == deed.findings, "\(deed.line)")
      }
    }

    /// Names of rules, as their file has them.
    private static func names(in text: String) -> [String] {
      text.split(separator: "\n").compactMap { line in
        let words = line.drop { $0 == " " }
        return words.hasPrefix("- rule: ") ? String(words.dropFirst(8)) : nil
      }
    }

    @Test(.enabled(if: Program.isBuilt))
    func `every built-in rule has a deed that fires it, a technique, and is sound`() throws {
      let text = try Program.run("findings", "--rules").text
      let names = Self.names(in: text)
      #expect(names.count > 30)
      // Nothing can put a process into a container but its runtime: MeaningTests has that.
      let fired = Deed.table.reduce(into: Set<String>()) { $0.formUnion($1.findings) }
      #expect(Set(names).subtracting(fired) == ["Entered from outside"])
      #expect(fired.subtracting(names) == [])
      let place = try Workplace()
      try FileDescriptor.write(text.utf8, to: place["rules.yaml"])
      let check = try Program.run("rules", "check", place["rules.yaml"])
      #expect(check.end == .exited(0) && !check.text.contains("never known"), "\(check.text)")
      for row in try Program.rows("rules", "check", "--json", place["rules.yaml"]) {
        let tags = row["tags"]?.elements.compactMap(\.string) ?? []
        #expect(tags.contains { $0.hasPrefix("T1") } && tags.contains { $0.hasPrefix("TA") }, "\(row)")
      }
    }

    @Test(.enabled(if: Program.canRecord(skipReason)))
    func `findings tells each rule once a container, the gravest first`() throws {
      let recorded = try Self.recorded.get()
      let rows = try Program.rows("findings", "--json", recorded.capture)
      let wanted = Deed.table.reduce(into: Set<String>()) { $0.formUnion($1.findings) }
      #expect(Set(rows.compactMap { $0.text("rule") }) == wanted && rows.count == wanted.count)
      #expect(rows.first?.text("priority") == "Critical" && rows.last?.text("priority") == "Notice")
      #expect(rows.allSatisfy { $0.text("container.id")?.hasPrefix("at-deeds-") == true })
      let miner = try #require(rows.first { $0.text("rule") == "Miner run" })
      #expect(miner.number("count") == 2 && miner["techniques"]?.elements.compactMap(\.string) == ["T1496"])
      let text = try Program.run("findings", recorded.capture).text
      #expect(text.contains("CRITICAL Miner run (T1496)\n") && text.contains(", 2 times, "))
      #expect(try Program.run("findings", recorded.capture, "--to", "+0s").end == .exited(1))
    }

    private static var hasFalcoRules: Bool {
      if Program.canRecord(skipReason), File.exists(rules) { return true }
      print("skipped: Falco's rules are not beside the project")
      return false
    }

    @Test(.enabled(if: hasFalcoRules))
    func `each of Falco's stable rules is fired by a deed, or there is a reason why not`() throws {
      let recorded = try Self.recorded.get()
      let text = String(decoding: try FileDescriptor.contents(of: Self.rules), as: UTF8.self)
      let names = Set(Self.names(in: text))
      let meant = Deed.table.reduce(into: Set<String>()) { $0.formUnion($1.falco) }
      #expect(names == meant.union(Deed.unfired.keys), "\(names.symmetricDifference(meant.union(Deed.unfired.keys)))")
      #expect(meant.isDisjoint(with: Deed.unfired.keys))
      for (deed, found) in zip(Deed.table, try Self.fired(Self.rules, on: recorded.capture)) {
        #expect(deed.falco.isSubset(of: found), "\(deed.line): \(found)")
      }
    }

    @Test func `what no deed can fire is in the documentation, with its reason`() throws {
      let parts = #filePath.split(separator: "/").dropLast(3)
      let page = String(
        decoding: try FileDescriptor.contents(of: "/" + parts.joined(separator: "/") + "/docs/rules.md"), as: UTF8.self)
      for (rule, reason) in Deed.unfired { #expect(page.contains("| \(rule) | \(reason) |"), "\(rule)") }
    }
  }
}
