import CaptureFormat
import Glibc
import JSON
import Posix
import Synchronization
import Testing

@testable import Recording

@Suite struct CaptureHookTests {
  /// Writes one capture with these hooks, and answers where it is.
  @discardableResult
  private func capture(_ sample: ShelfSample, _ hooks: [CaptureHook], closing: Duration = .seconds(20)) throws -> String
  {
    let shelf = try sample.shelf { $0.hooks = hooks }
    let job = try shelf.begin(start: ShelfSample.start())
    job.finish(ShelfSample.completeness())
    let outcome = try #require(job.waitUntilClosed(limit: .seconds(20)))
    shelf.close(limit: closing)
    return outcome.path
  }

  @Test func `a program gets the summary on its standard input, and an environment of its own`() throws {
    let sample = try ShelfSample()
    try Directory.createAll(sample.directory)
    let target = sample.directory + "-summary"
    let path = try capture(
      sample,
      [.command(["/bin/sh", "-c", "cat >\(target); env >\(target).env; echo told; echo \"$0 $1\"", "a b", "$x"])])
    let summary = try JSONValue(parsing: FileDescriptor.contents(of: target))
    #expect(summary["path"]?.string == path)
    #expect(summary["capture_id"]?.string == (try CaptureFile(path: path).provenance[.captureID]))
    #expect(summary["container"]?["id"]?.string == ShelfSample.containerID)
    #expect(summary["container"]?["name"]?.string == "web")
    #expect(summary["triggers"]?[0]?["rule"]?.string == "shell")
    #expect(summary["trigger_count"]?.integer == 1)
    #expect(summary["events"]?.integer == 1500)
    #expect(summary["complete"]?.bool == true)
    #expect(summary["losses"]?.elements == [])
    #expect(summary["bytes"]?.integer == Int64(try CaptureFile(path: path).length))
    #expect(summary["window"]?["from"]?.string != nil)
    let environment = String(decoding: try FileDescriptor.contents(of: target + ".env"), as: UTF8.self)
    let names = Set(environment.split(separator: "\n").compactMap { $0.split(separator: "=").first.map(String.init) })
    #expect(names.subtracting(["PWD", "_", "SHLVL", "OLDPWD"]) == ["PATH", "LANG", "AFTERTRACE_CAPTURE"])
    #expect(sample.reports.map(\.message) == ["on_capture: /bin/sh: told", "on_capture: /bin/sh: a b $x"])
  }

  @Test func `a program that fails, or is not there, is told`() throws {
    let sample = try ShelfSample()
    try capture(sample, [.command(["/bin/sh", "-c", "exit 3"]), .command(["/no/such/program"])])
    #expect(sample.reports.count == 2)
    #expect(sample.reports[0].message.contains("/bin/sh failed"))
    #expect(sample.reports[1].message.contains("/no/such/program: No such file or directory"))
    #expect(sample.reports[1].remedy?.contains("without a shell") == true)
  }

  @Test func `a program that does not end is ended with what it started, and the recorder never waits for it`() throws {
    let sample = try ShelfSample()
    let pids = sample.directory + "-pids"
    try Directory.createAll(sample.directory)
    let shelf = try sample.shelf {
      $0.hooks = [.command(["/bin/sh", "-c", "sleep 600 & echo $! >>\(pids); wait"], limit: .seconds(1))]
    }
    let start = ContinuousClock.now
    let jobs = try (0..<2).map { _ in try shelf.begin(start: ShelfSample.start()) }
    for job in jobs { job.finish(ShelfSample.completeness()) }
    for job in jobs { #expect(job.waitUntilClosed(limit: .seconds(20)) != nil) }
    #expect(ContinuousClock.now - start < .seconds(1), "closing waits for the hook")
    #expect(eventually { sample.reports.filter { $0.message.contains("took longer than its 1 s") }.count == 2 })
    shelf.close()
    let started = String(decoding: try FileDescriptor.contents(of: pids), as: UTF8.self).split(separator: "\n")
    #expect(started.count == 2)
    for pid in started { #expect(eventually { kill(pid_t(pid)!, 0) != 0 }, "\(pid) lives on") }
  }

  @Test func `a program that says much is cut short, and one that leaves a child behind is not waited for`() throws {
    let sample = try ShelfSample()
    let start = ContinuousClock.now
    try capture(
      sample, [.command(["/bin/sh", "-c", "yes | head -c 3000000; sleep 5 & exit 0"], limit: .seconds(60))],
      closing: .seconds(60))
    #expect(ContinuousClock.now - start < .seconds(4))
    #expect(sample.reports.count <= 100)
    #expect(sample.reports.allSatisfy { $0.gravity == .information })
  }

  // MARK: Addresses

  /// Answers each request with the next of some statuses, and keeps what it was sent.
  private final class LittleServer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let thread: HeldThread

    init(_ statuses: [Int]) throws {
      listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let listener = listener
      let failure = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(listener, $0, length) | listen(listener, 8) | getsockname(listener, $0, &length)
        }
      }
      try #require(failure == 0)
      port = UInt16(bigEndian: address.sin_port)
      let box = Box()
      thread = HeldThread(
        try WorkerThread(name: "little-server") {
          for status in statuses {
            let client = accept(listener, nil, nil)
            guard client >= 0 else { return }
            box.add(Self.read(client))
            let answer = "HTTP/1.1 \(status) X\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
            _ = answer.withCString { send(client, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
            close(client)
          }
        })
      self.box = box
    }

    final class Box: Sendable {
      let requests = Mutex<[String]>([])
      func add(_ request: String) { requests.withLock { $0.append(request) } }
    }
    private let box: Box
    var received: [String] { box.requests.withLock { $0 } }

    deinit {
      shutdown(listener, Int32(SHUT_RDWR))
      thread.join()
      close(listener)
    }

    private static func read(_ client: Int32) -> String {
      var bytes: [UInt8] = []
      var chunk = [UInt8](repeating: 0, count: 65_536)
      while true {
        let got = recv(client, &chunk, chunk.count, 0)
        if got <= 0 { break }
        bytes += chunk[..<got]
        let text = String(decoding: bytes, as: UTF8.self)
        guard let head = text.firstRange(of: "\r\n\r\n") else { continue }
        let length =
          text.split(separator: "\r\n").first { $0.hasPrefix("Content-Length: ") }
          .flatMap { Int($0.dropFirst(16)) } ?? 0
        if text[head.upperBound...].utf8.count >= length { break }
      }
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  @Test func `an address is posted the summary, and again when it answers with an error of its own`() throws {
    let sample = try ShelfSample()
    let server = try LittleServer([503, 200])
    let shelf = try sample.shelf {
      $0.hooks = [
        .url("http://user:secret@127.0.0.1:\(server.port)/hook?token=secret", limit: .seconds(5), attempts: 3)
      ]
    }
    let job = try shelf.begin(start: ShelfSample.start())
    job.finish(ShelfSample.completeness())
    let path = try #require(job.waitUntilClosed(limit: .seconds(20))).path
    #expect(eventually { server.received.count == 2 })
    shelf.close()
    #expect(sample.reports == [])
    let request = try #require(server.received.last)
    #expect(request.hasPrefix("POST /hook?token=secret HTTP/1.1"))
    #expect(request.contains("Content-Type: application/json"))
    let body = try JSONValue(parsing: String(request[request.firstRange(of: "\r\n\r\n")!.upperBound...]))
    #expect(body["path"]?.string == path)
    #expect(body["events"]?.integer == 1500)
  }

  @Test func `attempts are bounded, told once without the address's secrets, and delay nobody`() throws {
    let sample = try ShelfSample()
    let server = try LittleServer([500, 500, 500, 500])
    let shelf = try sample.shelf {
      $0.hooks = [.url("http://u:secret@127.0.0.1:\(server.port)/x?token=secret", limit: .seconds(5), attempts: 2)]
    }
    for count in 1...3 {
      let start = ContinuousClock.now
      let job = try shelf.begin(start: ShelfSample.start())
      job.finish(ShelfSample.completeness())
      #expect(job.waitUntilClosed(limit: .seconds(20)) != nil)
      #expect(ContinuousClock.now - start < .seconds(1))
      #expect(eventually { server.received.count >= (count == 1 ? 2 : count + 1) })
    }
    try WakeUp().wait(milliseconds: 100)
    // Two attempts for the first, then one each.
    #expect(server.received.count == 4)
    shelf.close()
    #expect(sample.reports.count == 1)
    #expect(sample.reports.first?.message.contains("http://127.0.0.1:\(server.port)/x: answered 500") == true)
    #expect(!sample.reports.contains { "\($0)".contains("secret") })
  }

  @Test func `an address that refuses is not tried again, nor one that is none`() throws {
    let sample = try ShelfSample()
    let server = try LittleServer([404])
    try capture(
      sample,
      [
        .url("http://127.0.0.1:\(server.port)/", limit: .seconds(5), attempts: 5),
        .url("gopher://127.0.0.1/", limit: .seconds(5), attempts: 5),
        .url("file:///etc/passwd", limit: .seconds(5), attempts: 5),
      ])
    #expect(server.received.count == 1)
    #expect(sample.reports.count == 3)
    #expect(sample.reports[0].message.contains("answered 404"))
    #expect(sample.reports[1].message.contains("unsupported protocol"))
    #expect(sample.reports[2].message.contains("unsupported protocol"))
  }
}
