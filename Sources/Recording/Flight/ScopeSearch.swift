internal import Events
internal import Triggers

/// Finds the one container that a trigger is about, among those that live and those that died lately.
struct ScopeSearch {
  let containers: [ContainerRecord]
  /// When what the trigger is about happened.
  let time: BootTime
  /// The container of a process that had this pid then; nil where none is known, the host's for one in none.
  let containerOfProcess: (UInt32) -> ContainerKey?

  func container(for scope: TriggerScope) throws(TriggerRefusal) -> ContainerKey {
    if scope.isEmpty {
      throw TriggerRefusal(
        .noScope, "the trigger names no container",
        remedy: "name one by id, name, pod, cgroup or pid; what is in no container only by `--host`")
    }
    if let id = scope.containerID { return try container(withID: id) }
    if scope.podName != nil { return try container(inPod: scope) }
    if let name = scope.containerName {
      return try latest(containers.filter { $0.containerName == plain(name) || $0.id == name }, "named '\(name)'")
    }
    if let path = scope.cgroupPath { return try container(at: path) }
    if let pid = scope.pid {
      guard let key = containerOfProcess(pid) else { throw unknown("with the process \(pid)") }
      guard key != .host else {
        throw TriggerRefusal(
          .unknownContainer, "the process \(pid) is in no container",
          remedy: "what is in no container is captured with `--host`")
      }
      return key
    }
    return .host
  }

  private func container(withID text: String) throws(TriggerRefusal) -> ContainerKey {
    // Alerts say `docker://3f…`.
    let id = text.split(separator: "/").last.map(String.init) ?? text
    let exact = containers.filter { $0.id == id }
    if !exact.isEmpty { return try latest(exact, "'\(id)'") }
    let byPrefix = id.isEmpty ? [] : containers.filter { $0.id.hasPrefix(id) }
    if !byPrefix.isEmpty { return try latest(byPrefix, "whose id begins with '\(id)'") }
    return try latest(containers.filter { $0.containerName == plain(id) }, "'\(id)'")
  }

  private func container(inPod scope: TriggerScope) throws(TriggerRefusal) -> ContainerKey {
    let inPod = containers.filter { record in
      record.metadata.podName == scope.podName
        && (scope.podNamespace == nil || record.metadata.podNamespace == scope.podNamespace)
    }
    let words = "of the pod '\(scope.podNamespace.map { $0 + "/" } ?? "")\(scope.podName ?? "")'"
    guard let name = scope.containerName else {
      return try latest(inPod.filter { !$0.metadata.isSandbox }, words)
    }
    return try latest(
      inPod.filter { $0.containerName == name || $0.metadata.labels["io.kubernetes.container.name"] == name },
      "'\(name)' \(words)")
  }

  private func container(at path: String) throws(TriggerRefusal) -> ContainerKey {
    let wanted = CgroupPath(path).description
    let above = containers.filter { record in
      let own = record.cgroupPath.description
      return own != "/" && (wanted == own || wanted.hasPrefix(own + "/"))
    }
    let longest = above.map(\.cgroupPath.description.count).max()
    return try latest(above.filter { $0.cgroupPath.description.count == longest }, "at the cgroup \(wanted)")
  }

  /// Of one container's incarnations the one that lived at the time, else the one that ended last. Several containers
  /// are told apart by nobody.
  private func latest(_ found: [ContainerRecord], _ words: String) throws(TriggerRefusal) -> ContainerKey {
    guard !found.isEmpty else { throw unknown(words) }
    let alive = found.filter { $0.firstSeen <= time && ($0.removed ?? .init(nanoseconds: .max)) >= time }
    let candidates = alive.isEmpty ? found : alive
    let ids = Set(candidates.map(\.id))
    guard ids.count == 1 || candidates.count == 1 else {
      // A name that one container after another bore: the last of them.
      if alive.isEmpty, Set(candidates.compactMap(\.containerName)).count == 1,
        let last = candidates.max(by: { ended($0) < ended($1) })
      {
        return last.key
      }
      throw TriggerRefusal(
        .ambiguous, "\(ids.count) containers \(words): " + list(candidates), remedy: "name one by its full id")
    }
    return candidates.max { ended($0) < ended($1) }!.key
  }

  private func ended(_ record: ContainerRecord) -> BootTime { record.removed ?? BootTime(nanoseconds: .max) }

  private func unknown(_ words: String) -> TriggerRefusal {
    TriggerRefusal(
      .unknownContainer, "no container \(words) runs, or ended lately",
      remedy: containers.isEmpty ? nil : "there is: " + list(containers.filter { $0.removed == nil }))
  }

  private func list(_ records: [ContainerRecord]) -> String {
    let words = records.prefix(8).map { record in
      record.containerName.map { "\(record.id.prefix(12)) (\($0))" } ?? String(record.id.prefix(12))
    }
    return words.joined(separator: ", ") + (records.count > 8 ? " and \(records.count - 8) more" : "")
  }

  private func plain(_ name: String) -> String { name.hasPrefix("/") ? String(name.dropFirst()) : name }
}
