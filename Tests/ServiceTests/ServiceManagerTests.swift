internal import Glibc
internal import Posix
internal import Testing

@testable internal import Service

/// A manager's end of the socket.
private final class Listener {
  let number: Int32
  let path: String

  init(_ path: String) throws {
    self.path = path
    number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var name = Array(path.utf8)
    if name[0] == UInt8(ascii: "@") { name[0] = 0 }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(number, $0, length) }
    }
    try #require(code == 0)
  }

  deinit {
    close(number)
    if path.hasPrefix("/") { unlink(path) }
  }

  func next() -> [String] {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let length = recv(number, &bytes, bytes.count, Int32(MSG_DONTWAIT))
    return String(decoding: bytes.prefix(max(length, 0)), as: UTF8.self).split(separator: "\n").map(String.init)
  }
}

@Suite struct ServiceManagerTests {
  private func manager(_ variables: [String: String]) -> ServiceManager {
    ServiceManager(environment: { variables[$0] }, processID: 42)
  }

  @Test(arguments: ["/tmp/at-notify-\(getpid())", "@at-notify-\(getpid())"])
  func `messages arrive at a path and at an abstract name`(path: String) throws {
    let listener = try Listener(path)
    let manager = manager(["NOTIFY_SOCKET": path])
    #expect(manager.isThere)
    manager.ready("recording\n3 containers")
    #expect(listener.next() == ["READY=1", "STATUS=recording; 3 containers"])
    manager.reloading()
    let reloading = listener.next()
    #expect(reloading.first == "RELOADING=1")
    let time = try #require(reloading.last?.split(separator: "=").last.flatMap { UInt64($0) })
    #expect(reloading.last == "MONOTONIC_USEC=\(time)")
    #expect(Clock.monotonic / 1000 - time < 60_000_000)
    manager.stopping("writing what is left")
    #expect(listener.next() == ["STOPPING=1", "STATUS=writing what is left"])
    manager.keepAlive()
    #expect(listener.next() == ["WATCHDOG=1"])
    manager.status("idle")
    #expect(listener.next() == ["STATUS=idle"])
  }

  @Test func `systemd-notify reaches the same socket by the same name`() throws {
    // It sends to the listener that our messages reach: both read the address alike.
    guard File.isExecutable("/usr/bin/systemd-notify") else {
      print("skipped: no systemd-notify")
      return
    }
    let listener = try Listener("@at-notify-peer-\(getpid())")
    let result = try ProgramLaunch(
      "/usr/bin/systemd-notify", ["--ready", "--status=x", "--no-block"],
      environment: ["NOTIFY_SOCKET=\(listener.path)"]
    ).run(mergingErrors: true)
    #expect(result.end == .exited(0), "\(result.text)")
    #expect(listener.next().contains("READY=1"))
  }

  @Test func `without a manager nothing is sent, and a manager that is gone does no harm`() {
    #expect(!manager([:]).isThere)
    #expect(!manager(["NOTIFY_SOCKET": "vsock:2:1234"]).isThere)
    #expect(!manager(["NOTIFY_SOCKET": ""]).isThere)
    manager([:]).ready("")
    manager(["NOTIFY_SOCKET": "/nonexistent/notify"]).ready("")
    manager(["NOTIFY_SOCKET": "/" + String(repeating: "x", count: 500)]).ready("")
  }

  @Test func `the watchdog is fed at half its time, if it is ours`() {
    let socket = ["NOTIFY_SOCKET": "/x"]
    #expect(manager(socket).keepAliveInterval == nil)
    #expect(manager(socket.merging(["WATCHDOG_USEC": "30000000"]) { $1 }).keepAliveInterval == .seconds(15))
    let other = ["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "41"]
    #expect(manager(socket.merging(other) { $1 }).keepAliveInterval == nil)
    #expect(manager(socket.merging(["WATCHDOG_USEC": "0"]) { $1 }).keepAliveInterval == nil)
    #expect(manager(socket.merging(["WATCHDOG_USEC": "soon"]) { $1 }).keepAliveInterval == nil)
  }
}

@Suite struct LogTests {
  private func text(_ message: String, _ level: LogLevel, isJournal: Bool) -> String {
    String(decoding: Log.lines(message, level: level, program: "aftertrace", isJournal: isJournal), as: UTF8.self)
  }

  @Test func `each line has its level in the journal, and the program's name elsewhere`() {
    #expect(text("a\n  help: b", .warning, isJournal: true) == "<4>a\n<4>  help: b\n")
    #expect(text("a\n  help: b", .warning, isJournal: false) == "aftertrace: warning: a\n  help: b\n")
    #expect(text("a", .error, isJournal: false) == "aftertrace: a\n")
    #expect(text("a\u{1b}[2J\u{9b}\r<0>b", .info, isJournal: true) == "<6>a\u{fffd}[2J\u{fffd}\u{fffd}<0>b\n")
  }

  @Test func `what is less urgent than the level is not written, nor made`() throws {
    let pipe = try Pipe()
    let log = Log(program: "p", level: .warning, descriptor: pipe.writing.number)
    var made = 0
    func message() -> String {
      made += 1
      return "m\(made)"
    }
    log.info(message())
    log.error(message())
    log.level = .debug
    log.debug(message())
    let reading = pipe.closeWriting()
    #expect(String(decoding: try reading.readToEnd(), as: UTF8.self) == "p: m1\np: debug: m2\n")
  }

  @Test func `only the stream that JOURNAL_STREAM names is the journal`() throws {
    let pipe = try Pipe()
    let status = try FileStatus(ofDescriptor: pipe.writing.number)
    #expect(Log.isJournal(pipe.writing.number, named: "\(status.device):\(status.inode)"))
    #expect(!Log.isJournal(pipe.writing.number, named: "\(status.device):\(status.inode + 1)"))
    #expect(!Log.isJournal(pipe.writing.number, named: nil))
    #expect(!Log.isJournal(-1, named: "1:1"))
    // With both ends in this test only one is the stream.
    #expect(!Log.isJournal(0, named: "\(status.device):\(status.inode)"))
  }
}
