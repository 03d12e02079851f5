internal import JSON
internal import Triggers

/// An alert of Alertmanager's webhook (version 4), of Grafana's, which is a superset, or of Alertmanager's own API.
///
/// Source: prometheus.io/docs/alerting/latest/configuration/#webhook_config, Grafana's "webhook notifier", the labels that
/// cAdvisor and kube-state-metrics document, falcosidekick's outputs/alertmanager.go.
extension AlertReader {
  private static let scopeFields = [
    "labels.container_id", "labels.id", "labels.pod", "labels.k8s_pod_name", "labels.container_name",
    "labels.container",
  ]

  static func request(alertmanager alert: AlertObject) throws(AlertError) -> TriggerRequest? {
    if alert.members["status"]?.string == "resolved" { return nil }
    guard case .object(let members) = alert.members["labels"] else {
      throw .invalid(field: "labels", expectation: "an object")
    }
    let labels = AlertObject(members)
    let scope = try scope(labels)
    guard !scope.isEmpty else { throw .noScope(source: "alertmanager", wanted: Self.scopeFields) }
    var request = TriggerRequest(scope: scope, source: "alertmanager")
    let annotations = AlertObject(alert.members["annotations"]?.members ?? [:])
    request.rule = labels.description("rule", limit: 256) ?? labels.description("alertname", limit: 256)
    request.priority = labels.description("priority", limit: 64) ?? labels.description("severity", limit: 64)
    request.reason =
      annotations.description("description") ?? annotations.description("summary")
      ?? annotations.description("message") ?? labels.description("alertname")
    // The alert is late by its evaluation, its `for` and the group's wait. Falcosidekick's carry the event's own time.
    request.time = labels.time(firstOf: ["evt_time"]) ?? alert.time(firstOf: ["startsAt"])
    request.fingerprint = fingerprint(alert, labels)
    return request
  }

  private static func scope(_ labels: AlertObject) throws(AlertError) -> TriggerScope {
    var scope = TriggerScope()
    // kube-state-metrics: `containerd://…`; Falcosidekick: Falco's container.id with its dot replaced.
    let id = try labels.identity(["container_full_id", "container_id"]).map(withoutScheme)
    if id == "host" {
      scope.isHost = true
      return scope
    }
    scope.containerID = id
    scope.cgroupPath = try cgroupPath(labels, "id")
    // Where a label of the alert met one of the scrape, the alert's own was renamed. `honor_labels` is not everybody's.
    scope.podName = try labels.identity(["exported_pod", "pod", "pod_name", "k8s_pod_name"])
    scope.podNamespace = try labels.identity(["exported_namespace", "namespace", "k8s_ns_name"])
    // cAdvisor's `name` is the runtime's; elsewhere a label of that name can mean anything.
    let names =
      scope.podName != nil
      ? ["exported_container", "container", "container_name"]
      : ["container_name", "exported_container", "container"] + (scope.cgroupPath == nil ? [] : ["name"])
    if let name = try labels.identity(names), name != "POD", name != "host" { scope.containerName = name }
    return scope
  }

  /// An alert that still fires is sent again every `repeat_interval`, with the same start.
  private static func fingerprint(_ alert: AlertObject, _ labels: AlertObject) -> String? {
    guard let start = alert.description("startsAt", limit: 64) else { return nil }
    if let fingerprint = alert.description("fingerprint", limit: 256) { return "alertmanager:\(fingerprint):\(start)" }
    let text = labels.members.keys.sorted().map { "\($0)=\(labels.description($0, limit: 256) ?? "")" }
    return "alertmanager:\(text.joined(separator: ",").utf8.reduce(into: Hash()) { $0.add($1) }.value):\(start)"
  }
}

/// FNV-1a in 64 bits: labels are told apart, not secured.
private struct Hash {
  var value: UInt64 = 0xcbf2_9ce4_8422_2325
  mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
}
