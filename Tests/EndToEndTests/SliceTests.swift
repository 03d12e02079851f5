import JSON
import Posix
import Testing

extension EndToEndTests {
  /// Parts of captures, against what the reading commands tell of the whole.
  @Suite struct SliceTests {
    private static let samples: String = {
      let parts = #filePath.split(separator: "/").dropLast(3)
      return "/" + parts.joined(separator: "/") + "/captures/v1/"
    }()

    private func slice(_ arguments: String..., to path: String) throws -> ProgramResult {
      try ProgramLaunch(Program.path, ["slice"] + arguments + ["-o", path]).run(mergingErrors: true)
    }

    /// Rows as both tell them: the capture they stand in has another name in each.
    private func rows(_ arguments: String...) throws -> [String] {
      let result = try ProgramLaunch(Program.path, arguments).run()
      #expect(result.omitted == 0)
      return try result.text.split(separator: "\n").map { line in
        let row = try JSONValue(parsing: String(line))
        return row.members.filter { !Self.own.contains($0.key) }.sorted { $0.key < $1.key }
          .map { "\($0.key)=\(String(decoding: $0.value.encoded, as: UTF8.self))" }.joined(separator: " ")
      }
    }

    private static let own: Set<String> = ["aftertrace.capture_id", "path"]

    @Test(.enabled(if: Program.isBuilt), arguments: ["web-shell.pcapng", "falco-alert.pcapng", "meaning.pcapng"])
    func `everything of a capture is the same in its slice`(name: String) throws {
      let place = try Workplace()
      #expect(try slice(Self.samples + name, to: place["a.pcapng"]).end == .exited(0))
      for question in ["export", "ps", "state", "containers", "packets"] {
        let flags = question == "export" ? [] : ["--json"]
        func ask(_ path: String) throws -> [String] {
          try question == "export" ? rows(question, path) : rows(question, flags[0], path)
        }
        #expect(try ask(place["a.pcapng"]) == ask(Self.samples + name), "\(question)")
      }
      let info = try #require(try Program.rows("info", "--json", place["a.pcapng"]).first)
      #expect(info["complete"]?.bool == true)
      let whole = try #require(try Program.rows("info", "--json", Self.samples + name).first)
      #expect(info["provenance"]?.text("parent.uuid") == whole["provenance"]?.text("capture.uuid"))
      #expect(info["provenance"]?.text("capture.uuid") != whole["provenance"]?.text("capture.uuid"))
      #expect(info["provenance"]?.text("operation")?.hasPrefix("slice") == true)
    }

    @Test(.enabled(if: Program.isBuilt), arguments: ["web-shell.pcapng", "falco-alert.pcapng", "death.pcapng"])
    func `a span of time has the events of that span, and says complete`(name: String) throws {
      let place = try Workplace()
      let all = try Program.rows("export", Self.samples + name)
      let times = all.compactMap { $0.text("datetime") }
      try #require(times.count > 8)
      let (from, to) = (times[times.count / 3], times[times.count * 2 / 3])
      #expect(try slice(Self.samples + name, "--from", from, "--to", to, to: place["a.pcapng"]).end == .exited(0))
      let wanted = try rows("export", "--from", from, "--to", to, Self.samples + name)
      #expect(wanted.count > 2 && wanted.count < all.count)
      #expect(try rows("export", place["a.pcapng"]) == wanted)
      #expect(try Program.rows("info", "--json", place["a.pcapng"]).first?["complete"]?.bool == true)
    }

    @Test(.enabled(if: Program.isBuilt)) func `a filter leaves what passes it, and the slice is not called complete`()
      throws
    {
      let place = try Workplace()
      let filter = "evt.type in (execve, openat) and fd.name != /etc/passwd"
      #expect(try slice(Self.samples + "web-shell.pcapng", filter, to: place["a.pcapng"]).end == .exited(0))
      let wanted = try rows("export", Self.samples + "web-shell.pcapng", filter)
      #expect(wanted.count > 3)
      // Numbers within the stream are the slice's own.
      func bare(_ rows: [String]) -> [String] {
        rows.map { row in
          row.split(separator: " ").filter { !$0.hasPrefix("event.sequence=") && !$0.hasPrefix("event.id=") }
            .joined(separator: " ")
        }
      }
      #expect(try bare(rows("export", place["a.pcapng"])) == bare(wanted))
      let info = try #require(try Program.rows("info", "--json", place["a.pcapng"]).first)
      #expect(info["complete"]?.bool == false)
      #expect(info["provenance"]?.text("operation")?.contains(filter) == true)
      let none = try slice(Self.samples + "web-shell.pcapng", "proc.name=nobody", to: place["b.pcapng"])
      #expect(none.end == .exited(1))
      #expect(try Program.run("slice", Self.samples + "web-shell.pcapng", "-o", place["a.pcapng"]).end == .exited(2))
    }

    @Test(.enabled(if: Program.isBuilt)) func `one container's slice tells nothing of another`() throws {
      let place = try Workplace()
      let both = try ["web-shell.pcapng", "crash.pcapng"].flatMap {
        try FileDescriptor.contents(of: Self.samples + $0, limit: 1 << 24)
      }
      try FileDescriptor.write(both, to: place["both.pcapng"])
      #expect(try slice(place["both.pcapng"], "--container", "billing", to: place["b.pcapng"]).end == .exited(0))
      for question in [["export"], ["ps", "--json"], ["containers", "--json"], ["info", "--json"]] {
        let text = try ProgramLaunch(Program.path, question + [place["b.pcapng"]]).run().text
        #expect(text.contains("billing") || question[0] == "info")
        for secret in ["shop-web", "httpd", "/etc/shadow"] { #expect(!text.contains(secret), "\(question) \(secret)") }
      }
      #expect(
        try rows("export", place["b.pcapng"]) == rows("export", "--container", "billing", Self.samples + "crash.pcapng")
      )
    }
  }
}
