internal import JSON
internal import Triggers

/// `{"container": "web", "at": "2026-01-31T14:02:05Z", "before": "1m", "reason": "…"}`
///
/// It is typed by people: an unknown field is an error, because it is a known one misspelt.
enum NativeAlert {
  static let scopeFields = ["container", "pod", "namespace", "cgroup", "pid", "host"]
  static let fields = scopeFields + ["at", "before", "after", "reason", "rule", "priority", "fingerprint"]
}

extension AlertReader {
  static func request(native alert: AlertObject) throws(AlertError) -> TriggerRequest? {
    for name in alert.members.keys.sorted() where !NativeAlert.fields.contains(name) { throw .unknownField(name) }
    var scope = TriggerScope()
    if let container = try alert.identity("container").map(withoutScheme) {
      // Only digits of an id can be one; a name can look like one, so it may be either.
      if isHexadecimal(container) { scope.containerID = container }
      scope.containerName = container.hasPrefix("/") ? String(container.dropFirst()) : container
    }
    if let pod = try alert.identity("pod") {
      let parts = pod.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
      scope.podName = parts.last.map(String.init)
      scope.podNamespace = parts.count == 2 ? String(parts[0]) : nil
      if scope.podName == "" { throw .invalid(field: "pod", expectation: "a pod: NAME or NAMESPACE/NAME") }
    }
    if let namespace = try alert.identity("namespace") {
      if let other = scope.podNamespace, other != namespace {
        throw .invalid(field: "namespace", expectation: "the one that 'pod' names")
      }
      scope.podNamespace = namespace
    }
    scope.cgroupPath = try cgroupPath(alert, "cgroup")
    scope.pid = try alert.pid("pid")
    switch alert.members["host"] {
    case nil, .null, .bool(false): break
    case .bool(true): scope.isHost = true
    default: throw .invalid(field: "host", expectation: "true or false")
    }
    guard !scope.isEmpty else { throw .noScope(source: "request", wanted: NativeAlert.scopeFields) }
    if scope.isHost, scope.containerName != nil || scope.podName != nil || scope.cgroupPath != nil || scope.pid != nil {
      throw .invalid(field: "host", expectation: "to be given with a container: it is one or the other")
    }
    var request = TriggerRequest(scope: scope, source: "request")
    request.time = try alert.time("at")
    request.before = try alert.duration("before")
    request.after = try alert.duration("after")
    request.reason = alert.description("reason")
    request.rule = alert.description("rule", limit: 256)
    request.priority = alert.description("priority", limit: 64)
    request.fingerprint = alert.description("fingerprint", limit: 256).map { "request:" + $0 }
    return request
  }

  /// A cgroup's path from the hierarchy's root. The root itself is everything, and so nobody.
  static func cgroupPath(_ alert: AlertObject, _ field: String) throws(AlertError) -> String? {
    guard var path = try alert.identity(field) else { return nil }
    if path.hasPrefix("/sys/fs/cgroup/") { path = String(path.dropFirst("/sys/fs/cgroup".count)) }
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    if path == "/" { return nil }
    guard path.hasPrefix("/") else {
      throw .invalid(field: field, expectation: "a cgroup's path (/system.slice/…)")
    }
    return path
  }
}

func isHexadecimal(_ text: String) -> Bool {
  text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
}
