internal import Events
internal import Posix

/// A container that no engine's file on this host tells of: runc with a state directory that nobody knows, or none.
///
/// It is one by what the kernel says and nothing else: its cgroup is not a unit of the host's, and all that lives in it
/// has both a pid namespace and a mount namespace that are not the host's. It is called after its cgroup.
struct AnonymousContainer {
  /// Mount namespaces that are the host's.
  var hostNamespaces: Set<UInt32>
  private let hostPIDNamespace = try? File.linkTarget("/proc/self/ns/pid")

  init(hostNamespaces: Set<UInt32>) { self.hostNamespaces = hostNamespaces }

  /// - Returns: Nil when the cgroup is empty, or somebody in it is in a namespace of the host's.
  func metadata(ofCgroup path: CgroupPath, in hierarchy: CgroupHierarchy) -> ContainerMetadata? {
    guard let hostPIDNamespace, let directory = hierarchy.directory(of: path) else { return nil }
    // Where a container's processes made cgroups of their own, nobody may be left in this one; an init has its own then.
    let own = processes(in: directory)
    let members = own.isEmpty ? processes(in: directory + "/init.scope") : own
    guard !members.isEmpty else { return nil }
    var first: (pid: UInt32, namespace: UInt32)?
    for pid in members {
      guard let namespace = mountNamespace(ofProcess: pid),
        let pidNamespace = try? File.linkTarget("/proc/\(pid)/ns/pid")
      else { continue }  // gone meanwhile, or a zombie
      guard pidNamespace != hostPIDNamespace, !hostNamespaces.contains(namespace) else { return nil }
      if first == nil { first = (pid, namespace) }
    }
    guard let first else { return nil }
    var found = ContainerMetadata(id: path.description, runtime: .unknown, source: "cgroup")
    found.name = String(path.name)
    found.pid = first.pid
    found.mountNamespace = first.namespace
    return found
  }

  private func processes(in directory: String) -> [UInt32] {
    guard let text = try? FileDescriptor.contents(of: directory + "/cgroup.procs", limit: 1 << 20) else { return [] }
    return String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { UInt32($0) }
  }
}
