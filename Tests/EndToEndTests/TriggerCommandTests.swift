import ContainerLab
import Control
import JSON
import Posix
import Testing
import TriggerLab
import Triggers

extension EndToEndTests {
  /// The program as a client, against a watcher's socket with a desk that notes what it is handed.
  @Suite struct TriggerCommandTests {
    private let place: Workplace
    private let desk = RecordingDesk()
    private var path: String { place["run/control.sock"] }
    init() throws { place = try Workplace() }

    @Test(.enabled(if: Program.isBuilt))
    func `trigger prints the capture's path, and nothing else`() throws {
      let socket = try ControlSocket(path: path, desk: desk)
      defer { socket.stop() }
      let result = try Program.run("trigger", "--container", "web", "--reason", "why not", "--socket", path)
      #expect(result.end == .exited(0))
      #expect(result.text == "/captures/web.pcapng\n")
      #expect(desk.requests.map(\.reason) == ["why not"])
    }

    @Test(.enabled(if: Program.isBuilt))
    func `trigger takes an alert from a file and from standard input`() throws {
      let socket = try ControlSocket(path: path, desk: desk)
      defer { socket.stop() }
      let alert = #"{"rule":"r","output":"o","output_fields":{"container.id":"3f1c9a7be402"}}"#
      try FileDescriptor.write(Array(alert.utf8), to: place["alert.json"])
      #expect(try Program.run("trigger", "--alert", place["alert.json"], "--socket", path).end == .exited(0))
      let piped = try ProgramLaunch(
        "/bin/sh", ["-c", "'\(Program.path)' trigger --alert - --json --socket '\(path)' <'\(place["alert.json"])'"]
      ).run(mergingErrors: true)
      #expect(piped.end == .exited(0), "\(piped.text)")
      #expect(try JSONValue(parsing: piped.text)["container"]?.string == "3f1c9a7be402")
      #expect(desk.requests.map(\.source) == ["falco", "falco"])
    }

    @Test(.enabled(if: Program.isBuilt))
    func `with --wait it ends when the capture is closed, and fails when that was not written`() throws {
      let socket = try ControlSocket(path: path, desk: desk)
      defer { socket.stop() }
      let output = try FileDescriptor.create(place["out"])
      let child = try ChildProcess(
        starting: ProgramLaunch(
          Program.path, ["trigger", "--container", "web", "--wait", "--socket", path], output: output.number))
      #expect(
        Lab.waitUntil(limit: .seconds(20)) {
          (try? FileDescriptor.contents(of: place["out"])) == Array("/captures/web.pcapng\n".utf8)
        })
      #expect(try child.endIfOver() == nil)
      desk.close()
      #expect(try child.wait() == .exited(0))
      let broken = try Program.run("trigger", "--container", "broken", "--wait", "--socket", path)
      #expect(broken.end == .exited(2))
      #expect(broken.text.contains("/captures/broken.pcapng: the disk is gone"), "\(broken.text)")
    }

    @Test(.enabled(if: Program.isBuilt))
    func `what is refused is said with its remedy`() throws {
      let socket = try ControlSocket(path: path, desk: desk)
      defer { socket.stop() }
      let result = try Program.run("trigger", "--container", "ghost", "--socket", path)
      #expect(result.end == .exited(2))
      #expect(result.text == "aftertrace: no container 'ghost'\n  help: look at status\n")
    }

    @Test(.enabled(if: Program.isBuilt))
    func `without a scope it is wrong usage, and nobody is asked`() throws {
      let result = try Program.run("trigger", "--reason", "x", "--socket", path)
      #expect(result.end == .exited(64))
      #expect(result.text.contains("--container ID"), "\(result.text)")
    }

    @Test(.enabled(if: Program.isBuilt), arguments: [["status"], ["trigger", "--host"]])
    func `without a watcher it says so, and how to start one`(command: [String]) throws {
      let result = try ProgramLaunch(Program.path, command + ["--socket", path]).run(mergingErrors: true)
      #expect(result.end == .exited(2))
      #expect(result.text.hasPrefix("aftertrace: no watcher listens at \(path)\n  help: start one:"), "\(result.text)")
    }

    @Test(.enabled(if: Program.isBuilt))
    func `status is a table for people and an object for programs`() throws {
      let socket = try ControlSocket(path: path, desk: desk)
      defer { socket.stop() }
      let table = try Program.run("status", "--socket", path)
      #expect(table.end == .exited(0) && table.text.contains("3f1c9a7be402  web "), "\(table.text)")
      let rows = try Program.rows("status", "--json", "--socket", path)
      #expect(rows.count == 1 && rows.first?["memory"]?["budget"]?.integer == 134_217_728)
    }
  }
}
