import ContainerLab
import JSON
import Posix
import Testing

extension EndToEndTests {
  /// One small act a kind, done in a container, and what is told of it: Programs/acts.c does them, `Act.table` has the events.
  @Suite struct ActTests {
    static let skipReason = RuncLab.skipReason ?? TaskTests.skipReason

    /// The events of each act, in their order. The acts are recorded once for all tests.
    static let recorded: Result<[String: [JSONValue]], any Error> = Result { try record() }

    private static let capabilities = [
      "CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_SYS_MODULE", "CAP_SYS_BOOT", "CAP_SETPCAP", "CAP_MKNOD",
      "CAP_SYS_NICE",
    ]

    private static func record() throws -> [String: [JSONValue]] {
      let place = try Workplace()
      let lab = try RuncLab()
      defer { lab.end() }
      let source = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
      let built = try ProgramLaunch(
        Lab.find("cc")!, ["-O1", "-static", "-w", "-o", lab.rootDirectory + "/bin/acts", source + "/Programs/acts.c"],
        environment: Program.clean
      ).run(mergingErrors: true)
      guard built.end.isSuccess else { throw LabError("acts.c: " + built.text) }
      let command = try lab.command("at-acts-\(processID)", ["/bin/acts"], capabilities: capabilities)
      let recording = try Program.record(command, to: place["acts.pcapng"], flags: ["--ring-size", "32MiB"])
      guard recording.end == .exited(0) else { throw LabError(recording.text) }
      var acts: [String: [JSONValue]] = [:]
      var current: String?
      for event in try Program.rows("export", place["acts.pcapng"]) where event.text("process.name") == "acts" {
        if let path = event.text("file.path"), path.hasPrefix("/act/") {
          current = String(path.dropFirst(5))
        } else if let current {
          acts[current, default: []].append(event)
        }
      }
      return acts
    }

    /// What every program does on the way, and what tells the acts apart.
    private static let common: Set<String> = [
      "call", "file.close", "file.open", "file.write", "file.mkdir", "fd.pipe", "net.socket", "process.fork",
      "process.exit",
    ]

    @Test(.enabled(if: Program.canRecord(skipReason)), arguments: Act.table)
    func `an act in a container is told as what it is, with the names of its flags`(act: Act) throws {
      let acts = try Self.recorded.get()
      let events = (acts[act.name] ?? []).filter { event in
        let kind = event.text("aftertrace.kind") ?? ""
        return !Self.common.contains(kind) || act.events.contains { $0.kind == kind }
      }
      let told = events.map { event in
        let message = event.text("message") ?? ""
        let line = message.drop { $0 != "]" }.dropFirst(2)
        return "\(event.text("aftertrace.lane") ?? "-") \(event.text("aftertrace.kind") ?? "-"): \(line)"
      }
      let expected = act.events.map { "\($0.lane) \($0.kind): \($0.line)" }
      #expect(
        told.count == expected.count && zip(told, expected).allSatisfy { Act.matches($0, $1) },
        "\(act.name) is told as\n\(told.joined(separator: "\n"))\nand not as\n\(expected.joined(separator: "\n"))")
      for (event, expected) in zip(events, act.events) {
        for (name, value) in expected.members {
          #expect(event[name].map(Act.text) == value, "\(act.name): \(name) in \(event.text("message") ?? "")")
        }
      }
    }

    @Test(.enabled(if: Program.canRecord(skipReason)))
    func `every act of the program is in the table`() throws {
      let acts = try Self.recorded.get()
      #expect(Set(acts.keys).subtracting(["end"]) == Set(Act.table.map(\.name)))
    }
  }
}
