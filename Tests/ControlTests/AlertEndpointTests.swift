import Control
import Events
import HTTP
import JSON
import Posix
import Testing
import TriggerLab
import Triggers

@Suite struct AlertEndpointTests {
  private let place: Workplace
  private let desk = RecordingDesk()
  private let endpoint: AlertEndpoint
  private let client: RawHTTP

  init() throws {
    place = try Workplace()
    (endpoint, client) = try Self.start(desk, place)
  }

  static func start(
    _ desk: RecordingDesk, _ place: Workplace, limits: HTTPLimits = HTTPLimits()
  ) throws -> (AlertEndpoint, RawHTTP) {
    let path = place["token"]
    let token = try BearerToken(file: path)
    let endpoint = try AlertEndpoint(port: 0, token: token, desk: desk, limits: limits)
    let secret = try text(FileDescriptor.contents(of: path)).filter { $0 != "\n" }
    return (endpoint, RawHTTP(port: endpoint.port, token: secret))
  }

  @Test func `an alert is accepted with the capture's path and id`() throws {
    let answer = try client.post(#"{"container":"web"}"#)
    #expect(answer.status == 202)
    #expect(answer.headers["content-type"] == "application/json")
    let trigger = answer.json["triggers"]?[0]
    #expect(trigger?["status"]?.string == "accepted" && trigger?["capture_id"]?.string == "id-1")
    #expect(trigger?["path"]?.string == "/captures/web.pcapng" && trigger?["container"]?.string == "web")
    #expect(desk.requests.count == 1)
  }

  @Test func `a webhook whose path cannot be set may post to the root`() throws {
    #expect(try client.send("POST", "/", body: Array(#"{"container":"web"}"#.utf8)).status == 202)
  }

  @Test func `status needs the token, health does not`() throws {
    #expect(try client.send("GET", "/v1/status").json["memory"]?["budget"]?.integer == 134_217_728)
    let stranger = RawHTTP(port: client.port)
    #expect(try stranger.send("GET", "/v1/status").status == 401)
    #expect(try stranger.send("GET", "/healthz").status == 200)
    #expect(try stranger.send("GET", "/healthz").json["status"]?.string == "ok")
  }

  @Test(arguments: [
    nil, "", "Bearer", "Bearer ", "Bearer wrong", "Basic", "Basic !!!", "Basic d3Jvbmc=", "Basic YTp3cm9uZw==",
    "Digest x", "bearer  ", String(repeating: "x", count: 9000),
  ])
  func `without the right token nothing is taken`(authorization: String?) throws {
    var headers = ["Content-Type": "application/json"]
    if let authorization { headers["Authorization"] = authorization }
    let answer = try RawHTTP(port: client.port).post(#"{"container":"web"}"#, headers: headers)
    #expect(answer.status == 401)
    #expect(answer.headers["www-authenticate"]?.contains("Bearer") == true)
    #expect(answer.json["help"]?.string?.contains("Authorization: Bearer") == true)
    #expect(!text(answer.body).contains(client.token ?? "?"))
    #expect(desk.requests.isEmpty)
  }

  @Test func `part of the token is not the token, and more than it neither`() throws {
    let token = try #require(client.token)
    for wrong in [String(token.dropLast()), token + "0", token.uppercased() + "x", String(token.reversed())] {
      #expect(try RawHTTP(port: client.port, token: wrong).post("{}").status == 401)
    }
  }

  @Test func `the token may be the password of the URL, as Falco needs it`() throws {
    let credentials = try ProgramLaunch(
      "/bin/sh", ["-c", "printf 'falco:%s' '\(client.token ?? "")' | base64 -w0"]
    ).run().text
    let answer = try RawHTTP(port: client.port).post(
      #"{"container":"web"}"#, headers: ["Authorization": "Basic \(credentials)"])
    #expect(answer.status == 202)
  }

  @Test(arguments: [
    ("ghost", 404, "unknown_container"), ("ab", 409, "ambiguous"), ("full", 503, "cannot_write"), ("busy", 429, "busy"),
  ])
  func `what the recorder refuses has its status and its reason`(name: String, status: Int, kind: String) throws {
    let answer = try client.post(#"{"container":"\#(name)"}"#)
    #expect(answer.status == status)
    #expect(answer.json["triggers"]?[0]?["kind"]?.string == kind)
    #expect(answer.json["triggers"]?[0]?["error"]?.string?.isEmpty == false)
    #expect((answer.headers["retry-after"] != nil) == (status == 429))
  }

  @Test func `one alert taken makes the body accepted, and the others are explained`() throws {
    let answer = try client.post(#"[{"container":"ghost"},{"container":"web"},{"reason":"x"}]"#)
    #expect(answer.status == 202)
    #expect(
      answer.json["triggers"]?.elements.map { $0["status"]?.string } == ["refused", "accepted", "refused"])
    #expect(answer.json["triggers"]?[2]?["kind"]?.string == "no_scope")
  }

  @Test func `resolved alerts are acknowledged and nothing is captured`() throws {
    let answer = try client.post(#"{"alerts":[{"status":"resolved","labels":{"pod":"p"}}]}"#)
    #expect(answer.status == 200 && answer.json["resolved"]?.integer == 1)
    #expect(desk.requests.isEmpty)
  }

  @Test func `an alert sent again is a duplicate, with the first one's capture`() throws {
    let body = #"{"labels":{"pod":"web-0"},"startsAt":"2026-01-31T14:02:05Z","fingerprint":"f"}"#
    let first = try client.post(body)
    let second = try client.post(body)
    #expect(second.status == 202)
    #expect(second.json["triggers"]?[0]?["status"]?.string == "duplicate")
    #expect(second.json["triggers"]?[0]?["capture_id"] == first.json["triggers"]?[0]?["capture_id"])
  }

  @Test(arguments: [
    "", "hello", "{", "{}", "[]", #"{"reason":"x"}"#, #"{"container":7}"#, #"{"container":"a","container":"b"}"#,
  ])
  func `a body that is no alert is a 400 that says why`(body: String) throws {
    let answer = try client.post(body)
    #expect(answer.status == 400)
    #expect(answer.json["error"]?.string?.isEmpty == false)
  }

  @Test func `a CloudEvent in binary mode has its attributes in the headers`() throws {
    let answer = try client.post(
      #"{"container":"web"}"#,
      headers: [
        "Content-Type": "application/json", "ce-specversion": "1.0", "ce-id": "7", "ce-source": "/x",
        "Ce-Time": "2026-01-31T14:02:05Z",
      ])
    #expect(answer.status == 202)
    #expect(desk.requests.first?.source == "cloudevents")
    #expect(desk.requests.first?.time?.nanoseconds == 1_769_868_125_000_000_000)
  }

  @Test func `methods, paths and types that are not served are named`() throws {
    let get = try client.send("GET", "/v1/trigger")
    #expect(get.status == 405 && get.headers["allow"] == "POST")
    #expect(try client.send("DELETE", "/v1/status").status == 405)
    #expect(try client.send("POST", "/healthz").status == 405)
    #expect(try client.send("GET", "/etc/passwd").status == 404)
    #expect(try RawHTTP(port: client.port).send("GET", "/etc/passwd").status == 401)
    let plain = try client.post("Notice A shell", headers: ["Content-Type": "text/plain"])
    #expect(plain.status == 415 && plain.json["help"]?.string?.contains("json_output") == true)
    #expect(try client.post("{}", headers: ["Content-Encoding": "br"]).status == 415)
    let event = ["Content-Type": "application/cloudevents+json; charset=utf-8"]
    #expect(try client.post(#"{"specversion":"1.0","data":{"container":"web"}}"#, headers: event).status == 202)
  }

  @Test func `the endpoint keeps to this machine unless told otherwise`() throws {
    let token = try BearerToken(file: place["token"])
    #expect(throws: ControlError.notLoopback(address: "0.0.0.0")) {
      _ = try AlertEndpoint(address: "0.0.0.0", port: 0, token: token, desk: desk)
    }
    let open = try AlertEndpoint(address: "0.0.0.0", port: 0, isOpen: true, token: token, desk: desk)
    open.stop()
    #expect(throws: ControlError.portTaken(address: "127.0.0.1:\(endpoint.port)")) {
      _ = try AlertEndpoint(port: endpoint.port, token: token, desk: desk)
    }
  }

  @Test func `after its end the port is free again`() throws {
    let token = try BearerToken(file: place["token"])
    let port = endpoint.port
    endpoint.stop()
    endpoint.stop()
    #expect(throws: SystemError.self) { _ = try ConnectedSocket(to: "127.0.0.1", port: port) }
    let next = try AlertEndpoint(port: port, token: token, desk: desk)
    #expect(try client.post(#"{"container":"web"}"#).status == 202)
    next.stop()
  }
}

@Suite struct BearerTokenTests {
  @Test func `a token is made when there is none, for its owner's eyes only`() throws {
    let place = try Workplace()
    let token = try BearerToken(file: place["etc/token"])
    #expect(try FileStatus(of: place["etc/token"]).permissions == 0o600)
    let secret = try text(FileDescriptor.contents(of: place["etc/token"]))
    #expect(secret.count == 65)
    #expect(token.matches(String(secret.dropLast())) && !token.matches(secret) && !token.matches(""))
    #expect(try BearerToken(file: place["etc/token"]).matches(String(secret.dropLast())))
  }

  @Test(arguments: [0o640, 0o604, 0o666] as [UInt32]) func `a token that others can read is refused`(mode: UInt32)
    throws
  {
    let place = try Workplace()
    try FileDescriptor.write(Array("0123456789abcdef".utf8), to: place["token"])
    let result = try ProgramLaunch("/usr/bin/chmod", [String(mode, radix: 8), place["token"]]).run()
    #expect(result.end.isSuccess)
    #expect(throws: ControlError.openToken(path: place["token"], permissions: mode)) {
      try BearerToken(file: place["token"])
    }
  }

  @Test(arguments: [
    "", "\n", "short", "with blank in it 123456", "tab\tin it 1234567890", String(repeating: "x", count: 600),
  ])
  func `what is no token is refused`(content: String) throws {
    let place = try Workplace()
    try FileDescriptor.write(Array(content.utf8), to: place["token"])
    #expect(throws: ControlError.badToken(path: place["token"])) { try BearerToken(file: place["token"]) }
  }
}
