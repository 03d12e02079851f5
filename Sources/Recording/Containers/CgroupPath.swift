/// What the last component of a cgroup's path says about the cgroup.
///
/// The patterns are those of `docker`, `containerd`, `cri-o`, `podman`, `nerdctl`, `lxc`, `garden`, Amazon ECS and Mesos,
/// under the cgroupfs and the systemd cgroup driver.
public enum CgroupRole: Hashable, Sendable {
  /// A container's own cgroup, known by its form.
  case container(CgroupContainer)
  /// A monitor of podman or cri-o: it and what is below belongs to the host.
  case monitor
  /// May be a container with a name of its user's choice (ctr, plain runc): only files on disk can tell.
  case candidate(name: String)
  /// A unit or slice of the host, or the root.
  case plain
}

/// A container as its cgroup names it.
public struct CgroupContainer: Hashable, Sendable {
  public var runtime: ContainerRuntime
  public var id: String
  /// Taken from `pod<uid>` above the container; nil where there is none.
  public var podUID: String?

  public init(runtime: ContainerRuntime, id: String, podUID: String? = nil) {
    self.runtime = runtime
    self.id = id
    self.podUID = podUID
  }
}

/// A path in the cgroup hierarchy, from its root: `/docker/3f…`.
public struct CgroupPath: Hashable, Sendable, CustomStringConvertible {
  public let description: String

  /// Repeated and trailing slashes do not matter.
  public init(_ path: some StringProtocol) {
    description = "/" + path.split(separator: "/").joined(separator: "/")
  }

  public var components: [Substring] { description.split(separator: "/") }

  public var name: Substring { components.last ?? "" }

  /// The path above; nil for the root.
  public var parent: CgroupPath? {
    let components = components
    return components.isEmpty ? nil : CgroupPath(components.dropLast().joined(separator: "/"))
  }

  /// What this cgroup is, by its own name and the names above it.
  ///
  /// Only the cgroup itself is judged, not what it lies in: see ``ContainerResolver`` for the walk.
  public var role: CgroupRole {
    let components = components
    guard let last = components.last else { return .plain }
    if isMonitor(last) { return .monitor }

    // Where runc's systemd driver is off, "slice:prefix:id" arrives as the name of a directory.
    let parts = last.split(separator: ":")
    var name = parts.last ?? last
    if name.hasSuffix(".scope") { name = name.dropLast(6) }
    let above = components.dropLast().last ?? ""

    var found: (ContainerRuntime, Substring)?
    if parts.count > 1, isContainerID(name) {
      found = (Self.prefixes.first { $0.0.dropLast() == parts[parts.count - 2] }?.1 ?? .unknown, name)
    } else if let (prefix, runtime) = Self.prefixes.first(where: {
      name.hasPrefix($0.0) && isContainerID(name.dropFirst($0.0.count))
    }) {
      found = (runtime, name.dropFirst(prefix.count))
    } else if name.hasPrefix("lxc.payload."), name.count > 12 {
      found = (.lxc, name.dropFirst(12))
    } else if isContainerID(name) {
      found = (runtime(ofBareIDUnder: above, top: components[0]), name)
    } else if let runtime = Self.holders[String(above)], components.count == 2 {
      found = runtime == .garden && !isUUID(name) ? nil : (runtime, last)
    } else if components.count == 3, components[0] == "ecs" {
      found = (.ecs, name)
    }
    if let (runtime, id) = found {
      return .container(CgroupContainer(runtime: runtime, id: String(id), podUID: podUID(in: components)))
    }
    return isHostUnit(last) ? .plain : .candidate(name: String(last))
  }

  private static let prefixes: [(String, ContainerRuntime)] = [
    ("docker-", .docker), ("cri-containerd-", .containerd), ("crio-", .crio), ("libpod-payload-", .podman),
    ("libpod-", .podman), ("nerdctl-", .nerdctl),
  ]

  /// Top-level directories whose children are containers, whatever their names.
  private static let holders: [String: ContainerRuntime] = ["lxc": .lxc, "mesos": .mesos, "garden": .garden]

  private func runtime(ofBareIDUnder above: Substring, top: Substring) -> ContainerRuntime {
    if above == "docker" || above == "actions_job" { return .docker }
    if above.hasPrefix("pod") || above.hasPrefix("kubepods") { return .containerd }
    return top == "ecs" ? .ecs : .unknown
  }

  private func isMonitor(_ name: Substring) -> Bool {
    name.hasPrefix("crio-conmon-") || name.hasPrefix("libpod-conmon-") || name == "conmon"
      || name.hasPrefix("lxc.monitor.")
  }
}

/// 64 hexadecimal digits in lower case.
func isContainerID(_ text: some StringProtocol) -> Bool {
  let bytes = text.utf8
  return bytes.count == 64 && bytes.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
}

private func isUUID(_ text: Substring) -> Bool {
  let parts = text.split(separator: "-", omittingEmptySubsequences: false)
  return parts.map(\.utf8.count) == [8, 4, 4, 4, 12]
    && parts.allSatisfy { $0.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0 | 0x20) } }
}

/// What systemd makes for services, sessions and slices, and the directories that hold containers.
private func isHostUnit(_ name: Substring) -> Bool {
  for suffix in [".slice", ".service", ".scope", ".socket", ".mount", ".swap"] where name.hasSuffix(suffix) {
    return true
  }
  return hostDirectories.contains(String(name)) || name.hasPrefix("pod") && podUID(in: [name, ""]) != nil
}

private let hostDirectories: Set<String> = [
  "docker", "actions_job", "libpod_parent", "kubepods", "besteffort", "burstable", "guaranteed", "lxc", "ecs", "mesos",
  "garden", "machine",
]

/// The uid in `…/pod<uid>/…` or `kubepods-besteffort-pod<uid_with_underscores>.slice`.
private func podUID(in components: [Substring]) -> String? {
  for component in components.dropLast().reversed() {
    let bare = component.hasSuffix(".slice") ? component.dropLast(6) : component
    guard let start = bare.range(of: "pod", backwards: true) else { continue }
    let uid = bare[start.upperBound...].split(separator: "_", omittingEmptySubsequences: false).joined(separator: "-")
    if isUUID(Substring(uid)) || isStaticPodUID(uid) { return uid }
  }
  return nil
}

/// Static pods carry the hash of their file: 32 hexadecimal digits.
private func isStaticPodUID(_ text: String) -> Bool {
  text.utf8.count == 32 && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
}

extension Substring {
  /// The last place of `text`, without Foundation.
  fileprivate func range(of text: String, backwards: Bool) -> Range<Index>? {
    var place = endIndex
    while place > startIndex {
      place = index(before: place)
      if self[place...].hasPrefix(text) { return place..<index(place, offsetBy: text.count) }
    }
    return nil
  }
}
