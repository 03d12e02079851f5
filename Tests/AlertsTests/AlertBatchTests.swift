import Events
import JSON
import Testing
import Triggers

@testable import Alerts

/// Each sender's alert, read as its sender means it.
@Suite struct AlertBatchTests {
  @Test func `Falco's alert names its container by twelve digits, its name and its pod`() throws {
    let request = try Fixture.only("falco")
    #expect(request.source == "falco")
    #expect(request.scope.containerID == "3f1c9a7be402")
    #expect(request.scope.containerName == "web")
    #expect(request.scope.podName == "web-6d4b75cb6d-hx2lq")
    #expect(request.scope.podNamespace == "shop")
    #expect(request.time == Fixture.time)
    #expect(request.rule == "Terminal shell in container")
    #expect(request.priority == "Notice")
    #expect(request.reason?.hasPrefix("14:02:05.123456789: Notice A shell") == true)
    #expect(request.fingerprint == "falco:1769868125123456789:Terminal shell in container:3f1c9a7be402")
    #expect(request.body == Fixture.bytes("falco"))
  }

  @Test func `Falco's container host is the host and nothing else`() throws {
    var scope = TriggerScope()
    scope.isHost = true
    #expect(try Fixture.only("falco-host").scope == scope)
  }

  @Test func `what Falco does not know is absent, and its time stands in for the event's`() throws {
    let request = try Fixture.only("falco-nulls")
    var scope = TriggerScope()
    scope.containerID = "3f1c9a7be402"
    #expect(request.scope == scope)
    #expect(request.time == WallTime(nanoseconds: 1_769_868_125_500_000_000))
  }

  @Test func `Falco's audit alert names the pod that was acted on`() throws {
    let scope = try Fixture.only("falco-audit").scope
    #expect(scope.podName == "web-0" && scope.podNamespace == "shop" && scope.containerID == nil)
  }

  @Test func `a field wider than 63 bits costs digits, not the alert`() throws {
    let request = try Fixture.only("falco-wide")
    #expect(request.scope.containerID == "3f1c9a7be402")
    let time = try #require(request.time)
    #expect(abs(time.nanoseconds - Fixture.time.nanoseconds) < 1000)
  }

  @Test func `without a container Falco's pid is the scope`() throws {
    let body = #"{"rule":"r","priority":"Error","output_fields":{"proc.pid":4711}}"#
    let request = try Fixture.only(text: body)
    #expect(request.scope.pid == 4711)
    #expect(request.time == nil && request.fingerprint == nil)
  }

  @Test func `Falcosidekick's alert is Falco's with an identity of its own`() throws {
    let request = try Fixture.only("falcosidekick")
    #expect(request.source == "falcosidekick")
    #expect(request.scope.containerID == "3f1c9a7be402")
    #expect(request.fingerprint == "falcosidekick:1f0c5d0e-2f7b-4b7e-9a51-6f3c0a2f9d11")
    #expect(request.priority == "Critical")
  }

  @Test func `a CloudEvent around Falco's alert is that alert`() throws {
    let request = try Fixture.only("cloudevent")
    #expect(request.source == "falcosidekick")
    #expect(request.scope.containerID == "3f1c9a7be402")
    #expect(request.time == Fixture.time)
    #expect(request.body == Fixture.bytes("cloudevent"))
  }

  @Test func `a CloudEvent lends its time and identity to the alert inside`() throws {
    let headers = [
      "ce-specversion": "1.0", "ce-id": "7", "ce-source": "//tests", "ce-time": "2026-01-31T14:02:05.123456789Z",
      "content-type": "application/json",
    ]
    let binary = try AlertBatch(body: Array(#"{"container":"web"}"#.utf8), headers: headers)
    let encoded = "eyJjb250YWluZXIiOiJ3ZWIifQ=="
    for (batch, name) in [
      (binary, "binary"),
      (
        try Fixture.batch(
          #"{"specversion":"1.0","id":"7","source":"//tests","time":"2026-01-31T14:02:05.123456789Z","data":{"container":"web"}}"#
        ), "structured"
      ),
      (
        try Fixture.batch(
          #"{"specversion":"1.0","id":"7","source":"//tests","time":"2026-01-31T14:02:05.123456789Z","data_base64":"\#(encoded)"}"#
        ), "base64"
      ),
      (
        try Fixture.batch(
          #"{"specversion":"1.0","id":"7","source":"//tests","time":"2026-01-31T14:02:05.123456789Z","data":"{\"container\":\"web\"}"}"#
        ), "text"
      ),
    ] {
      let request = try #require(Fixture.requests(batch).first, "\(name)")
      #expect(request.source == "cloudevents", "\(name)")
      #expect(request.scope.containerName == "web", "\(name)")
      #expect(request.time == Fixture.time, "\(name)")
      #expect(
        request.fingerprint == "cloudevents://tests:7" || request.fingerprint == "cloudevents:" + "//tests:7", "\(name)"
      )
    }
  }

  @Test func `Alertmanager's body is a request for each alert that fires`() throws {
    let batch = try AlertBatch(body: Fixture.bytes("alertmanager"))
    #expect(batch.resolvedCount == 1)
    #expect(batch.entries.count == 4)
    let requests = Fixture.requests(batch)
    try #require(requests.count == 3)
    // The scrape's own labels name the exporter, not the pod in trouble.
    #expect(requests[0].scope.podName == "api-0" && requests[0].scope.podNamespace == "shop")
    #expect(requests[0].scope.containerName == "api")
    #expect(requests[0].time == WallTime(nanoseconds: 1_769_868_125_739_000_000))
    #expect(requests[0].rule == "KubePodCrashLooping" && requests[0].priority == "warning")
    #expect(requests[0].fingerprint == "alertmanager:1a30ba71cca2921f:2026-01-31T14:02:05.739Z")
    #expect(requests[1].scope.containerID == "3f1c9a7be4020c3b7c9b5a6d2e1f00112233445566778899aabbccddeeff0011")
    #expect(requests[1].time == WallTime(nanoseconds: 1_769_868_126_500_000_000))
    #expect(
      requests[2].scope.cgroupPath
        == "/system.slice/docker-3f1c9a7be4020c3b7c9b5a6d2e1f00112233445566778899aabbccddeeff0011.scope")
    #expect(requests[2].scope.containerName == "web")
    guard case .refused(.noScope(source: "alertmanager", _)) = batch.entries[3] else {
      Issue.record("the watchdog names no container: \(batch.entries[3])")
      return
    }
  }

  @Test func `of a body with several alerts each request keeps its own only`() throws {
    let requests = Fixture.requests(try AlertBatch(body: Fixture.bytes("alertmanager")))
    let body = String(decoding: try #require(requests[1].body), as: UTF8.self)
    #expect(body.contains("bc97ff14869b13e3") && !body.contains("api-0"))
  }

  @Test func `an alert that Falcosidekick sent through Alertmanager is anchored on the event`() throws {
    let request = try Fixture.only("alertmanager-falcosidekick")
    #expect(request.time == Fixture.time)
    #expect(request.scope.containerID == "3f1c9a7be402" && request.scope.containerName == "web")
    #expect(request.scope.podName == "web-0" && request.scope.podNamespace == "shop")
    #expect(request.rule == "Drop and execute new binary in container" && request.priority == "Critical")
  }

  @Test func `Grafana's body is Alertmanager's with more in it`() throws {
    let request = try Fixture.only("grafana")
    #expect(request.source == "alertmanager")
    #expect(request.scope.podName == "web-0" && request.scope.podNamespace == "shop")
    #expect(request.time == WallTime(nanoseconds: 1_769_868_125_157_076_000))
    #expect(request.reason == "5xx above one in a hundred")
  }

  @Test func `a body of resolved alerts asks for nothing`() throws {
    let batch = try Fixture.batch(
      #"{"status":"resolved","alerts":[{"status":"resolved","labels":{"pod":"p"},"startsAt":"2026-01-31T14:02:05Z"}]}"#)
    #expect(batch.entries.isEmpty && batch.resolvedCount == 1)
  }

  @Test func `the root cgroup is nobody's`() {
    #expect(throws: AlertError.self) {
      try Fixture.batch(#"{"alerts":[{"labels":{"id":"/"},"startsAt":"2026-01-31T14:02:05Z"}]}"#)
    }
  }

  @Test func `alerts of one label set have one fingerprint, without Alertmanager's help`() throws {
    func fingerprint(_ labels: String) throws -> String? {
      try Fixture.only(text: #"{"labels":{\#(labels)},"startsAt":"2026-01-31T14:02:05Z"}"#).fingerprint
    }
    let first = try fingerprint(#""pod":"a","x":"1""#)
    #expect(try first == fingerprint(#""x":"1","pod":"a""#))
    #expect(try first != fingerprint(#""pod":"a","x":"2""#))
  }

  @Test func `a Kubernetes event names pod and container`() throws {
    let request = try Fixture.only("kubernetes")
    #expect(request.source == "kubernetes")
    #expect(request.scope.podName == "web-0" && request.scope.podNamespace == "shop")
    #expect(request.scope.containerName == "web")
    #expect(request.time == WallTime(nanoseconds: 1_769_868_125_000_000_000))
    #expect(request.rule == "BackOff")
    #expect(request.fingerprint == "kubernetes:5d1f7c2e-4f4e-4b6e-8a3f-0c9d8e7f6a5b:4")
  }

  @Test func `so does one of the newer API, in a watch's line`() throws {
    let request = try Fixture.only("kubernetes-new")
    #expect(request.scope.containerName == "setup")
    #expect(request.time == WallTime(nanoseconds: 1_769_868_125_123_456_000))
    #expect(request.rule == "Killing")
  }

  @Test func `an event about a node names no container`() {
    #expect(throws: AlertError.self) {
      try Fixture.batch(#"{"kind":"Event","involvedObject":{"kind":"Node","name":"node-7"},"reason":"OOMKilling"}"#)
    }
  }

  @Test func `an array is as many alerts`() throws {
    let batch = try Fixture.batch(#"[{"container":"a"},{"container":7},{"container":"b"},[],3]"#)
    #expect(batch.entries.count == 5)
    #expect(Fixture.requests(batch).map(\.scope.containerName) == ["a", "b"])
  }
}

enum Fixture {
  static let names = [
    "falco", "falco-host", "falco-nulls", "falco-audit", "falco-wide", "falcosidekick", "cloudevent", "alertmanager",
    "alertmanager-falcosidekick", "grafana", "kubernetes", "kubernetes-new",
  ]
  /// 2026-01-31T14:02:05.123456789Z
  static let time = WallTime(nanoseconds: 1_769_868_125_123_456_789)

  static func bytes(_ name: String) -> [UInt8] { load(name) }

  static func batch(_ text: String) throws -> AlertBatch { try AlertBatch(body: Array(text.utf8)) }

  static func requests(_ batch: AlertBatch) -> [TriggerRequest] {
    batch.entries.compactMap { if case .request(let request) = $0 { request } else { nil } }
  }

  static func only(_ name: String) throws -> TriggerRequest {
    let batch = try AlertBatch(body: bytes(name))
    #expect(batch.entries.count == 1)
    return try #require(requests(batch).first)
  }

  static func only(text: String) throws -> TriggerRequest {
    let batch = try batch(text)
    #expect(batch.entries.count == 1)
    return try #require(requests(batch).first)
  }
}
