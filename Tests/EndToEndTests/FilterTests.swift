import ContainerLab
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

    @Test(.enabled(if: isBuilt)) func `a format prints the fields that it names, and no row is left out`() throws {
      let all = try lines("events", web, "evt.type exists")
      let rows = try lines("events", "-p", "%evt.time|%proc.name|%fd.name|%nosuch %5evt.type|", web)
      #expect(rows.count == all.count)
      #expect(rows.allSatisfy { $0.split(separator: "|", omittingEmptySubsequences: false).count == 5 })
      #expect(rows.contains { $0.contains("|<NA>|") } && rows.contains { $0.contains("|/etc/passwd|") })
      #expect(rows.allSatisfy { $0.hasSuffix("|") && $0.contains("|%nosuch ") && $0.dropLast().suffix(5).count == 5 })
      let execs = try lines("events", "-p", "*%proc.pid\\t%toupper(proc.name)\\n%%", web, "evt.type=execve")
      #expect(execs.count % 2 == 0 && execs.count > 10)
      #expect(execs.contains { $0.hasSuffix("\tSTATUS") } && execs[1] == "%")
      for preset in ["-pc", "-pk", "-pp"] { #expect(try lines("events", preset, web).count == all.count) }
      #expect(try lines("events", "-pc", web).contains { $0.contains(" shop-web (") })
    }

    @Test(.enabled(if: isBuilt)) func `a transfer comes from one descriptor and goes to the other`() throws {
      let traffic = Self.samples + "traffic.pcapng"
      let sent = try lines("events", "-p", "%evt.arg.out_fd %evt.arg.in_fd", traffic, "evt.type=sendfile")
      #expect(sent.first == "1 3", "cat's output is 1: \(sent)")
      let copied = try lines(
        "events", "-p", "%evt.arg.fdout %evt.arg.fdin", Self.samples + "acts.pcapng", "evt.type=copy_file_range")
      #expect(copied.first == "4 3", "\(copied)")
    }

    @Test(.enabled(if: isBuilt)) func `with json a format is an object a line, with null for what is not known`() throws
    {
      let rows = try Program.rows(
        "events", "--json", "-p", "%evt.rawtime %proc.name %fd.name %evt.failed", web, "evt.type", "in",
        "(openat, clone)")
      #expect(rows.allSatisfy { $0.number("evt.rawtime") != nil && $0.text("proc.name") != nil })
      #expect(rows.contains { $0["fd.name"] == .null } && rows.contains { $0.text("fd.name") == "/etc/passwd" })
      #expect(rows.contains { $0["evt.failed"]?.bool == true })
    }

    @Test(.enabled(if: isBuilt)) func `a format that is wrong is shown with its place`() throws {
      let result = try Program.run("events", "-p", "a %proc.nam", web)
      #expect(result.end == .exited(64))
      #expect(
        result.text.contains("-p: unknown field 'proc.nam'\n  a %proc.nam\n     ^^^^^^^^ did you mean 'proc.name'?"))
      #expect(try Program.run("events", "-p", "nothing", web).end == .exited(64))
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

    @Test(.enabled(if: Program.canRecord(RuncLab.skipReason)))
    func `record keeps what passes its filter, with every process, and says what is missing`() throws {
      let place = try Workplace()
      let lab = try RuncLab()
      defer { lab.end() }
      let script = "/bin/cat /etc/passwd; sh -c '/bin/cat /etc/group; /bin/cat /etc/passwd' >/dev/null; echo x >/data/x"
      let filter = "evt.type = execve or (fd.name = /etc/passwd and proc.aname = sh)"
      let command = try lab.command("at-sieve-\(processID)", ["/bin/sh", "-c", script])
      let recording = try Program.record(command, to: place["some.pcapng"], flags: ["--filter", filter])
      #expect(recording.end == .exited(0), "\(recording.text)")
      let rows = try Program.rows(
        "events", "--json", "-p", "%evt.type %fd.name %proc.name %proc.aname[1]", place["some.pcapng"])
      #expect(rows.count { $0.text("evt.type") == "execve" && $0.text("proc.name") == "cat" } == 3)
      #expect(rows.count { $0.text("evt.type") == "openat" && $0.text("fd.name") == "/etc/passwd" } == 2)
      #expect(rows.allSatisfy { $0.text("evt.type") == "execve" || $0.text("fd.name") == "/etc/passwd" }, "\(rows)")
      // What is kept is all that a whole capture would have let through.
      #expect(try lines("events", place["some.pcapng"]) == lines("events", place["some.pcapng"], filter))
      let processes = try Program.rows("ps", "--json", place["some.pcapng"])
      #expect(processes.count { $0.text("comm") == "cat" } == 3)
      #expect(processes.contains { $0.words == ["/bin/cat", "/etc/group"] && $0["exit_code"]?.integer == 0 })
      let info = try Program.run("info", place["some.pcapng"]).text
      #expect(
        info.contains("events: " + filter) && info.contains("events that did not pass the filter were left out"),
        "\(info)")
      #expect(!info.contains("complete as recorded"))
      let wrong = try Program.run("record", "-o", place["none.pcapng"], "--filter", "evt.tpye=open", "--", "/bin/true")
      #expect(wrong.end == .exited(64) && wrong.text.contains("did you mean 'evt.type'?"))
      #expect(!File.exists(place["none.pcapng"]))
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
