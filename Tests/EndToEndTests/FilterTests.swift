import JSON
import Posix
import Testing

extension EndToEndTests {
  /// Filters on the command line. They need no privilege.
  @Suite struct FilterTests {
    private static let samples: String = {
      let parts = #filePath.split(separator: "/").dropLast(3)
      return "/" + parts.joined(separator: "/") + "/captures/v1/"
    }()
    private static let isBuilt = File.isExecutable(Program.path)
    private var web: String { Self.samples + "web-shell.pcapng" }

    private func lines(_ arguments: String...) throws -> [String] {
      let result = try ProgramLaunch(Program.path, arguments).run()
      #expect(result.end == .exited(0), "\(arguments): \(result.text)")
      return result.text.split(separator: "\n").map(String.init)
    }

    @Test(.enabled(if: isBuilt)) func `what follows the captures is the filter, in one argument or in several`() throws
    {
      let wanted = try lines("events", web).filter { $0.contains(" exec /bin/busybox") }
      #expect(wanted.count > 5)
      #expect(try lines("events", web, "evt.type=execve") == wanted)
      #expect(try lines("events", web, "evt.type", "=", "execve") == wanted)
      #expect(try lines("events", "-f", "evt.type=execve", web) == wanted)
      #expect(try lines("events", web, "--filter=evt.type=execve") == wanted)
      let both = try lines("events", web, Self.samples + "crash.pcapng", "evt.type=execve")
      #expect(both.count > wanted.count && both.starts(with: wanted))
      #expect(try lines("export", "--to", "jsonl", web, "evt.type=execve").count == wanted.count)
    }

    @Test(.enabled(if: isBuilt)) func `nothing that passes is exit status 1`() throws {
      for command in ["events", "export", "ps", "logs"] {
        #expect(try Program.run(command, web, "proc.name=nothing").end == .exited(1), "\(command)")
      }
    }

    @Test(.enabled(if: isBuilt)) func `ps and logs take filters too`() throws {
      let all = try Program.rows("ps", web, "--json")
      let some = try Program.rows("ps", "--json", web, "proc.name=status", "or", "proc.name=exe")
      #expect(!some.isEmpty && some.count < all.count)
      #expect(some.allSatisfy { ["status", "exe"].contains($0.text("comm")) })
    }

    @Test(.enabled(if: isBuilt)) func `a mistake is shown with its place, and costs nothing but status 64`() throws {
      let result = try Program.run("events", web, "proc.nam = nginx")
      #expect(result.end == .exited(64))
      #expect(
        result.text == """
          aftertrace: filter: unknown field 'proc.nam'
            proc.nam = nginx
            ^^^^^^^^ did you mean 'proc.name'?

          """)
      let missing = try Program.run("events", web, "missing.pcapng")
      #expect(missing.end == .exited(64) && missing.text.contains("there is no file 'missing.pcapng'"))
      #expect(try Program.run("events", "missing.pcapng").end == .exited(2))
    }

    @Test(.enabled(if: isBuilt)) func `fields lists what filters can name`() throws {
      let rows = try Program.rows("fields", "--json")
      #expect(rows.count > 200)
      #expect(rows.contains { $0.text("name") == "proc.name" && $0["captured"]?.bool == true })
      #expect(rows.contains { $0.text("name") == "proc.env" && $0.text("absence") != nil })
      #expect(try lines("fields", "fd").allSatisfy { $0.hasPrefix("fd.") })
      let unknown = try Program.run("fields", "porc")
      #expect(unknown.end == .exited(64) && unknown.text.contains("did you mean 'proc'?"))
    }

    private static let shells = """
      - macro: shell
        condition: proc.name in (sh, status)
      - rule: Shell of a web server
        desc: a shell is started by a web server
        condition: evt.type = execve and shell and container.id != host
        output: A shell | name=%proc.name exe=%proc.exeline parent=%proc.pname container=%container.name env=%proc.env[HOME]
        priority: WARNING
        tags: [shell]
      """

    @Test(.enabled(if: isBuilt)) func `rules are tried on a capture and tell what they found as Falco does`() throws {
      let place = try Workplace()
      try FileDescriptor.write(Array(Self.shells.utf8), to: place["rules.yaml"])
      let text = try lines("rules", "run", web, "--rules", place["rules.yaml"])
      #expect(!text.isEmpty && text.allSatisfy { $0.contains(": Warning A shell | name=") && $0.hasSuffix("env=<NA>") })
      let alerts = try Program.rows("rules", "run", web, "--rules", place["rules.yaml"], "--json")
      #expect(alerts.count == text.count)
      let alert = try #require(alerts.first)
      #expect(alert.text("rule") == "Shell of a web server" && alert.text("priority") == "Warning")
      #expect(alert.text("source") == "syscall" && alert["tags"]?.elements.compactMap(\.string) == ["shell"])
      #expect(alert["output_fields"]?["container.name"]?.string == "shop-web")
      #expect(alert.text("time")?.hasSuffix("Z") == true)
      let quiet = Self.shells.split(separator: "\n").joined(separator: "\n") + "\n  enabled: false\n"
      try FileDescriptor.write(Array(quiet.utf8), to: place["off.yaml"])
      #expect(try Program.run("rules", "run", web, "--rules", place["off.yaml"]).end == .exited(1))
    }

    @Test(.enabled(if: isBuilt)) func `rules that are wrong are named and not tried`() throws {
      let place = try Workplace()
      try FileDescriptor.write(Array((Self.shells + "\n- rule: x\n").utf8), to: place["rules.yaml"])
      let check = try Program.run("rules", "check", place["rules.yaml"])
      #expect(
        check.end == .exited(2) && check.text.contains("rules.yaml:9:3: rule 'x' lacks its condition"), "\(check.text)"
      )
      #expect(try Program.run("rules", "run", web, "--rules", place["rules.yaml"]).end == .exited(2))
      #expect(try Program.run("rules", "try", place["rules.yaml"]).end == .exited(64))
    }

    private static let falco = Self.samples + "../../../shared/data/falco-rules/"

    private static var hasFalcoRules: Bool {
      if isBuilt, File.exists(falco + "falco_rules.yaml") { return true }
      print("skipped: Falco's rules are not beside the project")
      return false
    }

    @Test(.enabled(if: hasFalcoRules)) func `Falco's own rules are read unchanged`() throws {
      for files in [
        ["falco_rules.yaml"], ["falco-incubating_rules.yaml"], ["falco_rules.yaml", "falco-incubating_rules.yaml"],
      ] {
        let result = try ProgramLaunch(Program.path, ["rules", "check"] + files.map { Self.falco + $0 }).run(
          mergingErrors: true)
        #expect(result.end == .exited(0), "\(result.text)")
        #expect(!result.text.contains("skipped:"), "\(result.text)")
      }
    }
  }
}
