import Control
import HTTP
import JSON
import Posix
import Testing
import TriggerLab
import Triggers

/// Senders that ask too much, too slowly, or too often.
@Suite(.serialized) struct HostileSenderTests {
  private let place: Workplace
  private let desk = RecordingDesk()
  init() throws { place = try Workplace() }

  @Test func `a body beyond a mebibyte is refused by its length, before it is sent`() throws {
    let (endpoint, client) = try AlertEndpointTests.start(desk, place)
    defer { endpoint.stop() }
    let answer = try client.send("POST", "/v1/trigger", headers: ["Content-Length": "10000000000"])
    #expect(answer.status == 413 && answer.json["error"]?.string?.contains("1048576") == true)
    #expect(try client.send("POST", "/v1/trigger", body: [UInt8](repeating: 0x20, count: 1 << 21)).status == 413)
    #expect(desk.requests.isEmpty)
  }

  @Test func `a body without a length is cut at the limit`() throws {
    let (endpoint, client) = try AlertEndpointTests.start(desk, place)
    defer { endpoint.stop() }
    let chunk = Array("10000\r\n".utf8) + [UInt8](repeating: 0x20, count: 0x10000) + Array("\r\n".utf8)
    let body = (0..<40).flatMap { _ in chunk } + Array("0\r\n\r\n".utf8)
    #expect(try client.send("POST", "/v1/trigger", headers: ["Transfer-Encoding": "chunked"], body: body).status == 413)
    let small = Array("13\r\n{\"container\":\"web\"}\r\n0\r\n\r\n".utf8)
    #expect(
      try client.send("POST", "/v1/trigger", headers: ["Transfer-Encoding": "chunked"], body: small).status == 202)
  }

  @Test func `a packed body is unpacked, and a bomb is not`() throws {
    let (endpoint, client) = try AlertEndpointTests.start(desk, place)
    defer { endpoint.stop() }
    let headers = ["Content-Type": "application/json", "Content-Encoding": "gzip"]
    let packed = try pack(#"printf '{"container":"web"}'"#)
    #expect(try client.send("POST", "/v1/trigger", headers: headers, body: packed).status == 202)
    let bomb = try pack("head -c 200000000 /dev/zero")
    #expect(bomb.count < 1 << 20)
    let before = residentKiB()
    #expect(try client.send("POST", "/v1/trigger", headers: headers, body: bomb).status == 413)
    #expect(residentKiB() - before < 50_000)
    #expect(try client.send("POST", "/v1/trigger", headers: headers, body: Array(packed.dropLast(3))).status == 400)
    #expect(try client.send("POST", "/v1/trigger", headers: headers, body: Array("{}".utf8)).status == 400)
    #expect(desk.requests.count == 1)
  }

  @Test func `who sends a byte at a time is cut off, head or body, and others are served meanwhile`() throws {
    var limits = HTTPLimits()
    limits.seconds = 1
    let (endpoint, client) = try AlertEndpointTests.start(desk, place, limits: limits)
    defer { endpoint.stop() }
    let head = "POST /v1/trigger HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(client.token ?? "")\r\n"
    let openings = [head, head + "Content-Length: 1000\r\n\r\n", ""]
    let port = client.port
    let late = Counter(0)
    let served = Counter(0)
    try concurrently(4) { index in
      guard index < openings.count else {
        for _ in 0..<20 {
          if (try? client.post(#"{"container":"web"}"#))?.status == 202 { served.add(1) }
          pause(milliseconds: 50)
        }
        return
      }
      guard let socket = try? ConnectedSocket(to: "127.0.0.1", port: port) else { return }
      let start = Clock.monotonic
      try? socket.send(Array(openings[index].utf8))
      while Clock.monotonic - start < 8_000_000_000, (try? socket.send([0x61])) != nil { pause(milliseconds: 50) }
      if Clock.monotonic - start > 5_000_000_000 { late.add(1) }
    }
    #expect(late.count == 0)
    #expect(served.count == 20)
  }

  @Test func `idle connections in all places give way within the limit`() throws {
    var limits = HTTPLimits()
    limits.seconds = 1
    limits.connections = 8
    let (endpoint, client) = try AlertEndpointTests.start(desk, place, limits: limits)
    defer { endpoint.stop() }
    let port = client.port
    let answered = Counter(0)
    try concurrently(41) { index in
      if index < 40 {
        guard let socket = try? ConnectedSocket(to: "127.0.0.1", port: port) else { return }
        socket.setTimeout(seconds: 20)
        var rest: [UInt8] = []
        _ = try? socket.descriptor.appendAvailable(to: &rest)
      } else {
        pause(milliseconds: 200)
        if (try? client.post(#"{"container":"web"}"#))?.status == 202 { answered.add(1) }
      }
    }
    #expect(answered.count == 1)
  }

  @Test func `a storm of a thousand alerts is answered, each of them`() throws {
    let desk = RecordingDesk(delay: 2)
    let (endpoint, client) = try AlertEndpointTests.start(desk, place)
    defer { endpoint.stop() }
    let accepted = Counter(0)
    let start = Clock.monotonic
    try concurrently(20) { sender in
      for alert in 0..<50 {
        if (try? client.post(#"{"container":"c\#(sender)-\#(alert)"}"#))?.status == 202 {
          accepted.add(1)
        }
      }
    }
    print("1,000 alerts from 20 senders answered in \((Clock.monotonic - start) / 1_000_000) ms")
    #expect(accepted.count == 1000)
    #expect(Set(desk.requests.map(\.scope.containerName)).count == 1000)
  }

  @Test(arguments: [
    "", "\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
    "POST /v1/trigger HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "POST /v1/trigger HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    "POST /v1/trigger HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n", "\u{16}\u{3}\u{1}\u{2}",
    "GET /\(String(repeating: "a", count: 60_000)) HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "a", count: 60_000))\r\n\r\n",
  ])
  func `what is not HTTP is refused or cut off, and the next is served`(text: String) throws {
    var limits = HTTPLimits()
    limits.seconds = 1
    let (endpoint, client) = try AlertEndpointTests.start(desk, place, limits: limits)
    defer { endpoint.stop() }
    let answer = try client.exchange(Array(text.utf8))
    #expect(answer.status == 0 || answer.status >= 400)
    #expect(try client.post(#"{"container":"web"}"#).status == 202)
  }

  private func pack(_ command: String) throws -> [UInt8] {
    let result = try ProgramLaunch("/bin/sh", ["-c", "\(command) | gzip -nc"]).run()
    #expect(result.end.isSuccess)
    return result.output
  }

  private func residentKiB() -> Int {
    let status = (try? FileDescriptor.contents(of: "/proc/self/status")).map(text) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
    return Int(line.split(separator: " ").dropLast().last ?? "0") ?? 0
  }
}
