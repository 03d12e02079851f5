internal import JSON
internal import Triggers

/// An event of the Kubernetes API about a pod, of `v1` (`involvedObject`) or `events.k8s.io/v1` (`regarding`).
///
/// It has no container id: `fieldPath` names the container within the pod.
extension AlertReader {
  static func request(kubernetes event: AlertObject) throws(AlertError) -> TriggerRequest? {
    guard case .object(let members) = event.members["involvedObject"] ?? event.members["regarding"] else {
      throw .invalid(field: "involvedObject", expectation: "an object")
    }
    let subject = AlertObject(members)
    guard try subject.identity("kind") == "Pod", let pod = try subject.identity("name") else {
      throw .noScope(source: "kubernetes", wanted: ["involvedObject.kind = Pod", "involvedObject.name"])
    }
    var scope = TriggerScope()
    scope.podName = pod
    scope.podNamespace = try subject.identity("namespace")
    scope.containerName = try subject.identity("fieldPath").flatMap(containerName)
    var request = TriggerRequest(scope: scope, source: "kubernetes")
    request.time = event.time(firstOf: ["eventTime", "lastTimestamp", "deprecatedLastTimestamp", "firstTimestamp"])
    request.rule = event.description("reason", limit: 256)
    request.priority = event.description("type", limit: 64)
    request.reason = event.description("message") ?? event.description("note")
    if let uid = event.members["metadata"]?["uid"]?.nonEmptyString {
      // The same event counts up while it repeats.
      let count = event.members["count"]?.integer ?? event.members["deprecatedCount"]?.integer ?? 1
      request.fingerprint = "kubernetes:\(uid.prefix(256)):\(count)"
    }
    return request
  }

  /// `spec.containers{web}`, `spec.initContainers{setup}`
  private static func containerName(_ path: String) -> String? {
    guard path.hasSuffix("}"), let start = path.firstIndex(of: "{") else { return nil }
    let name = path[path.index(after: start)...].dropLast()
    return name.isEmpty ? nil : String(name)
  }
}
