internal import Events
internal import JSON
internal import Triggers

/// Falco's JSON, as `http_output` posts it, `program_output` pipes it and Falcosidekick passes it on with a `uuid`.
///
/// Source: falco.org/docs/concepts/outputs, falcosidekick `types.FalcoPayload`.
extension AlertReader {
  private static let scopeFields = [
    "container.full_id", "container.id", "container.name", "k8s.pod.name", "ka.target.pod.name", "proc.pid",
  ]

  static func request(falco alert: AlertObject) throws(AlertError) -> TriggerRequest? {
    let fields: AlertObject
    switch alert.members["output_fields"] {
    case nil, .null: fields = AlertObject([:])
    case .object(let members): fields = AlertObject(members)
    default: throw .invalid(field: "output_fields", expectation: "an object")
    }
    var scope = TriggerScope()
    // 12 digits, of which `full_id` is the whole; `host` is what is in no container.
    let id = try fields.identity(["container.full_id", "container.id"])
    if id == "host" {
      scope.isHost = true
    } else {
      scope.containerID = id.map(withoutScheme)
      if let name = try fields.identity("container.name"), name != "host" { scope.containerName = name }
      // Of a syscall, or of the Kubernetes audit log.
      scope.podName = try fields.identity(["k8s.pod.name", "ka.target.pod.name"])
      scope.podNamespace = try fields.identity(["k8s.ns.name", "ka.target.namespace"])
      if scope.isEmpty { scope.pid = try fields.pid("proc.pid") }
    }
    let uuid = alert.description("uuid", limit: 256)
    let source = uuid == nil ? "falco" : "falcosidekick"
    guard !scope.isEmpty else { throw .noScope(source: source, wanted: Self.scopeFields) }
    var request = TriggerRequest(scope: scope, source: source)
    // `evt.time` has every digit; `time` may have been rounded by whoever passed it on.
    request.time = fields.time(firstOf: ["evt.time", "evt.time.iso8601"]) ?? alert.time(firstOf: ["time"])
    request.reason = alert.description("output")
    request.rule = alert.description("rule", limit: 256)
    request.priority = alert.description("priority", limit: 64)
    if let uuid {
      request.fingerprint = "falcosidekick:" + uuid
    } else if let time = request.time {
      // Falco numbers nothing: what it sends twice after a timeout has the same event time and rule.
      request.fingerprint =
        "falco:\(time.nanoseconds):\(request.rule ?? ""):\(id ?? scope.podName ?? scope.pid.map(String.init) ?? "")"
    }
    return request
  }
}
