import JSON
import Posix
import Testing

extension EndToEndTests {
  /// Files of sysdig: written, read back, and read by sysdig itself where it is installed.
  @Suite struct ScapTests {
    private static let samples: String = {
      let parts = #filePath.split(separator: "/").dropLast(3)
      return "/" + parts.joined(separator: "/") + "/captures/v1/"
    }()
    private static let peer = "/usr/bin/sysdig"
    private static let canCompare = Program.isBuilt && File.isExecutable(peer)

    private func export(_ name: String, to path: String, _ more: String...) throws {
      let result = try ProgramLaunch(
        Program.path, ["export", "--to", "scap", "-o", path] + more + [Self.samples + name]
      ).run(mergingErrors: true)
      #expect(result.end == .exited(0), "\(result.text)")
    }

    private func sysdig(_ path: String, _ format: String, _ filter: String) throws -> [String] {
      let result = try ProgramLaunch(
        Self.peer, ["-r", path, "-p", "*" + format, filter], environment: Program.clean
      ).run()
      #expect(result.end == .exited(0))
      return result.text.split(separator: "\n").map(String.init)
    }

    @Test(.enabled(if: Program.isBuilt), arguments: ["web-shell.pcapng", "crash.pcapng", "acts.pcapng"])
    func `what is written as scap says the same when it is read back`(name: String) throws {
      let place = try Workplace()
      try export(name, to: place["a.scap"])
      func told(_ path: String) throws -> [String] {
        try Program.rows("export", path).compactMap { row in
          guard let kind = row.text("aftertrace.kind"),
            ["process.exec", "process.fork", "process.exit", "file.open", "net.connect", "file.unlink"].contains(kind)
          else { return nil }
          return [
            kind, row.number("process.pid").map { "\($0)" }, row.text("process.name"), row.text("container.name"),
            row.text("process.command_line"), row.text("file.path"), row.text("destination.ip"),
            row.number("process.exit_code").map { "\($0)" },
          ].map { $0 ?? "-" }.joined(separator: " ")
        }
      }
      let (before, after) = (try told(Self.samples + name), try told(place["a.scap"]))
      #expect(!before.isEmpty)
      #expect(after == before)
      let (processes, others) = (
        try Program.rows("ps", "--json", Self.samples + name), try Program.rows("ps", "--json", place["a.scap"])
      )
      let known = Dictionary(
        others.map { ($0.number("pid") ?? -1, $0) }, uniquingKeysWith: { first, _ in first })
      for process in processes where process.text("end") != nil {
        let other = try #require(known[process.number("pid") ?? -2], "\(process)")
        #expect(other.text("command_line") == process.text("command_line"))
      }
    }

    @Test(.enabled(if: canCompare), arguments: ["web-shell.pcapng", "crash.pcapng", "acts.pcapng"])
    func `sysdig sees the same processes, containers, files and results`(name: String) throws {
      let place = try Workplace()
      try export(name, to: place["a.scap"])
      let rows = try Program.rows("export", Self.samples + name)
      func lines(_ kind: String, _ line: (JSONValue) -> [String?]) -> [String] {
        rows.filter { $0.text("aftertrace.kind") == kind }.map { row in
          line(row).map { $0 ?? "-" }.joined(separator: "|")
        }
      }
      let execs = lines("process.exec") {
        [
          $0.number("process.pid").map { "\($0)" }, $0.number("process.parent.pid").map { "\($0)" },
          $0.text("process.name"), $0.text("container.name"), $0.text("process.executable"),
        ]
      }
      #expect(
        try sysdig(
          place["a.scap"], "%proc.pid|%proc.ppid|%proc.name|%container.name|%proc.exepath",
          "evt.type=execve and evt.dir=< and evt.rawres>=0") == execs)
      let opens = rows.filter {
        $0.text("aftertrace.kind") == "file.open" && ($0.number("aftertrace.result") ?? -1) >= 0
      }.map { "\($0.number("process.pid") ?? 0)|\($0.text("file.path") ?? "")|\($0.number("aftertrace.result") ?? 0)" }
      #expect(
        try sysdig(
          place["a.scap"], "%proc.pid|%fd.name|%fd.num",
          "evt.type in (open,openat,creat,openat2) and evt.dir=< and fd.num>=0") == opens)
      let ends = lines("process.exit") { [$0.number("process.pid").map { "\($0)" }, $0.text("container.name")] }
      #expect(try sysdig(place["a.scap"], "%proc.pid|%container.name", "evt.type=procexit") == ends)
    }

    @Test(.enabled(if: Program.isBuilt)) func `one container's file holds nothing of another's processes`() throws {
      let place = try Workplace()
      let both = try ["web-shell.pcapng", "crash.pcapng"].flatMap {
        try FileDescriptor.contents(of: Self.samples + $0, limit: 1 << 24)
      }
      try FileDescriptor.write(both, to: place["both.pcapng"])
      let result = try Program.run(
        "export", "--to", "scap", "--container", "billing", "-o", place["b.scap"], place["both.pcapng"])
      #expect(result.end == .exited(0))
      let bytes = try FileDescriptor.contents(of: place["b.scap"], limit: 1 << 24)
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(text.contains("billing"))
      for secret in ["shop-web", "httpd", "/etc/shadow"] { #expect(!text.contains(secret), "\(secret)") }
    }

    @Test(.enabled(if: Program.isBuilt)) func `a scap file is kept as a capture, and damage in it is said`() throws {
      let place = try Workplace()
      try export("crash.pcapng", to: place["a.scap"])
      #expect(
        try Program.run("slice", place["a.scap"], "-o", place["a.pcapng"]).end == .exited(0))
      func rows(_ path: String) throws -> [JSONValue] {
        // What it became has no name of its own until it is kept.
        try Program.rows("export", path).map { row in
          .object(row.members.filter { $0.key != "aftertrace.capture_id" })
        }
      }
      #expect(try rows(place["a.pcapng"]) == rows(place["a.scap"]))
      var bytes = try FileDescriptor.contents(of: place["a.scap"], limit: 1 << 24)
      bytes[bytes.count - 6] ^= 0xFF
      try FileDescriptor.write(Array(bytes.dropLast(2)), to: place["cut.scap"])
      let result = try Program.run("events", place["cut.scap"])
      #expect(result.end == .exited(2))
      #expect(result.text.contains("cut.scap: offset "))
      #expect(try Program.run("info", place["cut.scap"]).text.contains("from a .scap file"))
    }
  }
}
