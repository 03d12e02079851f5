import JSON
import Posix
import Synchronization
import Testing
import TriggerLab
import Triggers

@testable import Control

@Suite struct ControlSocketTests {
  private let place: Workplace
  private let desk = RecordingDesk()
  private var path: String { place["run/control.sock"] }
  init() throws { place = try Workplace() }

  @Test func `an alert is handed in and answered with the capture's path`() throws {
    let socket = try ControlSocket(path: path, desk: desk)
    defer { socket.stop() }
    var client = try ControlClient(path: path)
    let answer = try client.submit(alert: Array("{\n  \"container\": \"web\"\r\n}".utf8))
    #expect(answer["triggers"]?[0]?["status"]?.string == "accepted")
    #expect(answer["triggers"]?[0]?["path"]?.string == "/captures/web.pcapng")
    #expect(desk.requests.map(\.scope.containerName) == ["web"])
    #expect(try client.status()["memory"]?["budget"]?.integer == 134_217_728)
  }

  @Test func `only its owner can reach it`() throws {
    let socket = try ControlSocket(path: path, desk: desk)
    defer { socket.stop() }
    #expect(try FileStatus(of: path).permissions == 0o600)
    #expect(try FileStatus(of: place["run"]).permissions == 0o700)
    let peer = try ConnectedSocket(to: path).peer
    #expect(peer?.pid == Int32(processID) && peer?.user == effectiveUserID)
  }

  @Test(.enabled(if: effectiveUserID == 0, "needs root, to become somebody else"))
  func `another user is turned away by the kernel's word, even where the mode lets him in`() throws {
    let socket = try ControlSocket(path: path, desk: desk)
    defer { socket.stop() }
    // As if somebody had opened both.
    let opening = try ProgramLaunch("/usr/bin/chmod", ["-R", "a+rwX", place.directory]).run()
    #expect(opening.end.isSuccess)
    let script = "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); print(s.recv(4096))"
    let result = try ProgramLaunch(
      "/usr/bin/setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3", "-c", script, path]
    ).run(mergingErrors: true)
    #expect(result.text.contains("only root may talk to the watcher"), "\(result.text)")
    #expect(desk.requests.isEmpty)
  }

  @Test func `a directory that others may write to is refused`() throws {
    try Directory.create(place["open"])
    let opening = try ProgramLaunch("/usr/bin/chmod", ["0777", place["open"]]).run()
    #expect(opening.end.isSuccess)
    #expect(throws: ControlError.openDirectory(path: place["open"], permissions: 0o777)) {
      _ = try ControlSocket(path: place["open/control.sock"], desk: desk)
    }
  }

  @Test func `a second watcher is told of the first, which lives on`() throws {
    let socket = try ControlSocket(path: path, desk: desk)
    defer { socket.stop() }
    let error = #expect(throws: ControlError.self) { _ = try ControlSocket(path: path, desk: desk) }
    #expect(error == .alreadyWatching(path: path, pid: Int32(processID)))
    #expect(error?.description.contains("pid \(processID)") == true)
    var client = try ControlClient(path: path)
    #expect(try client.status()["memory"] != nil)
  }

  @Test func `what a dead watcher left is replaced`() throws {
    try Directory.create(place["run"])
    _ = try ListeningSocket(at: path)
    #expect(File.exists(path))
    let gone = #expect(throws: ControlError.self) { _ = try ControlClient(path: path) }
    #expect(gone == .noWatcher(path: path))
    let socket = try ControlSocket(path: path, desk: desk)
    defer { socket.stop() }
    var client = try ControlClient(path: path)
    #expect(try client.status()["memory"] != nil)
  }

  @Test func `after the end nobody listens, and another can start`() throws {
    try ControlSocket(path: path, desk: desk).stop()
    #expect(!File.exists(path))
    let gone = #expect(throws: ControlError.self) { _ = try ControlClient(path: path) }
    #expect(gone == .noWatcher(path: path))
    #expect(gone?.remedy?.contains("aftertrace watch") == true)
  }

  @Test func `a path too long for a socket is an error`() {
    let long = place["run/" + String(repeating: "x", count: 120)]
    #expect(throws: ControlError.self) { _ = try ControlSocket(path: long, desk: desk) }
  }

  @Test func `who waits is told when the capture is closed, and others are served meanwhile`() throws {
    let socket = try ControlSocket(path: path, desk: desk)
    defer { socket.stop() }
    let receipt = JSONValue.object([
      "capture_id": .string("id-1"), "path": .string("/captures/web.pcapng"), "container": .string("web"),
    ])
    let path = path
    let answered = Answer()
    let waiting = try WorkerThread(name: "waits") {
      guard var client = try? ControlClient(path: path) else { return }
      let end = try? client.wait(for: receipt)
      answered.value.withLock { $0 = end }
    }
    var other = try ControlClient(path: path)
    for _ in 0..<20 { #expect(try other.status()["memory"] != nil) }
    #expect(answered.value.withLock { $0 } == nil)
    desk.close()
    waiting.join()
    #expect(answered.value.withLock { $0 }?["status"]?.string == "closed")
    #expect(answered.value.withLock { $0 }?["path"]?.string == "/captures/web.pcapng")
  }

  @Test func `a capture that could not be written is said to who waits`() throws {
    let socket = try ControlSocket(path: path, desk: desk)
    defer { socket.stop() }
    var client = try ControlClient(path: path)
    let answer = try client.wait(
      for: .object(["capture_id": .string("x"), "path": .string("/p"), "container": .string("broken")]))
    #expect(answer["status"]?.string == "failed" && answer["error"]?.string == "the disk is gone")
  }

  @Test(arguments: [
    "hello", "{", "[]", "{}", #"{"request":"dance"}"#, #"{"request":"wait"}"#, #"{"reason":"x"}"#, "\u{0}\u{1}\u{2}",
    #"{"container":["web"]}"#,
  ])
  func `a line that means nothing is an error, and the next is served`(line: String) throws {
    let socket = try ControlSocket(path: path, desk: desk)
    defer { socket.stop() }
    var client = try ControlClient(path: path)
    #expect(try client.submit(alert: Array(line.utf8))["error"]?.string != nil)
    #expect(try client.submit(alert: Array(#"{"container":"web"}"#.utf8))["triggers"] != nil)
  }

  @Test func `a line without end is cut off at its limit`() throws {
    var limits = ControlSocket.Limits()
    limits.lineBytes = 10_000
    let socket = try ControlSocket(path: path, desk: desk, limits: limits)
    defer { socket.stop() }
    var client = try ControlClient(path: path)
    let answer = try client.submit(alert: [UInt8](repeating: 0x20, count: 200_000))
    #expect(answer["error"]?.string?.contains("10000 bytes") == true)
  }

  @Test func `who sends nothing, or a byte at a time, is cut off`() throws {
    var limits = ControlSocket.Limits()
    limits.seconds = 1
    let socket = try ControlSocket(path: path, desk: desk, limits: limits)
    defer { socket.stop() }
    let silent = try ConnectedSocket(to: path)
    let slow = try ConnectedSocket(to: path)
    silent.setTimeout(seconds: 20)
    slow.setTimeout(seconds: 20)
    let start = Clock.monotonic
    var wasCut = false
    for _ in 0..<100 where !wasCut {
      do { try slow.send([0x7b]) } catch { wasCut = true }
      pause(milliseconds: 100)
    }
    #expect(wasCut)
    #expect(Clock.monotonic - start < 9_000_000_000)
    var rest: [UInt8] = []
    #expect(try silent.descriptor.appendAvailable(to: &rest) == false)
  }

  @Test func `more clients than places are told so, and the places come back`() throws {
    var limits = ControlSocket.Limits()
    limits.connections = 3
    let socket = try ControlSocket(path: path, desk: desk, limits: limits)
    defer { socket.stop() }
    do {
      var one = try ControlClient(path: path)
      var two = try ControlClient(path: path)
      var three = try ControlClient(path: path)
      #expect(try one.status()["memory"] != nil)
      #expect(try two.status()["memory"] != nil)
      #expect(try three.status()["memory"] != nil)
      var four = try ControlClient(path: path)
      #expect(try four.status()["error"]?.string?.contains("too many") == true)
    }
    var isServed = false
    for _ in 0..<200 where !isServed {
      pause(milliseconds: 10)
      var again = try ControlClient(path: path)
      isServed = (try? again.status()["memory"]) != nil
    }
    #expect(isServed)
  }

  @Test func `a thousand alerts from eight clients are all answered`() throws {
    let desk = RecordingDesk(delay: 1)
    let socket = try ControlSocket(path: path, desk: desk)
    defer { socket.stop() }
    let path = path
    let accepted = Counter(0)
    try concurrently(8) { client in
      guard var control = try? ControlClient(path: path) else { return }
      for alert in 0..<125 {
        let body = Array(#"{"container":"c\#(client)-\#(alert)"}"#.utf8)
        guard let answer = try? control.submit(alert: body) else { continue }
        if answer["triggers"]?[0]?["status"]?.string == "accepted" { accepted.add(1) }
      }
    }
    #expect(accepted.count == 1000)
    #expect(Set(desk.requests.map(\.scope.containerName)).count == 1000)
  }
}

/// What a thread found out.
final class Answer: Sendable {
  let value = Mutex<JSONValue?>(nil)
}
