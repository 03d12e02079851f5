internal import Events
internal import ProbeRecords

/// Says which container a record belongs to: by the cgroup of the task, else by its mount namespace.
///
/// A disagreement of the two is kept: `nsenter` into a container leaves the cgroup where it was, and a process of one
/// container can act in the namespaces of another.
final class Attribution {
  struct Place: Equatable {
    var container: ContainerKey
    /// The container whose mount namespace the task is in, where that is another one.
    var actingIn: ContainerKey?
    var isEnteredFromOutside = false
  }

  let resolver: ContainerResolver
  private let hostMountNamespace: UInt32
  private var lastCgroup = UInt64.max
  private var lastNamespace = UInt32.max
  private var lastDecided = UInt64.max
  private var lastPlace = Place(container: .host)

  init(resolver: ContainerResolver, hostMountNamespace: UInt32) {
    self.resolver = resolver
    self.hostMountNamespace = hostMountNamespace
  }

  /// - Parameters:
  ///   - mountNamespace: Inode number; 0 when it does not matter.
  ///   - time: Of the record: a namespace's number may since have become that of a container made later.
  /// - Complexity: O(1); one comparison while consecutive records are of one task.
  func place(cgroup: UInt64, mountNamespace: UInt32, at time: UInt64 = .max) -> Place {
    if cgroup == lastCgroup, mountNamespace == lastNamespace { return lastPlace }
    lastPlace = find(cgroup: cgroup, mountNamespace: mountNamespace, at: time)
    lastCgroup = cgroup
    lastNamespace = mountNamespace
    return lastPlace
  }

  private func find(cgroup: UInt64, mountNamespace: UInt32, at time: UInt64) -> Place {
    let cgroupID = CgroupID(rawValue: cgroup)
    let byCgroup = resolver.container(forCgroup: cgroupID)
    guard mountNamespace != 0, mountNamespace != hostMountNamespace else { return Place(container: byCgroup) }
    if byCgroup != .host { resolver.processSeen(cgroup: cgroupID, mountNamespace: mountNamespace) }
    guard let byNamespace = resolver.container(forMountNamespace: mountNamespace), byNamespace != byCgroup,
      resolver.wasMade(byNamespace, before: time)
    else { return Place(container: byCgroup) }
    return byCgroup == .host
      ? Place(container: byNamespace, isEnteredFromOutside: true)
      : Place(container: byCgroup, actingIn: byNamespace)
  }

  /// Whether the mount namespace is the host's, or one of an engine's own.
  func isHosts(_ mountNamespace: UInt32) -> Bool {
    mountNamespace == hostMountNamespace || resolver.isHosts(mountNamespace: mountNamespace)
  }

  /// Whether the cgroup may still turn out to be a container.
  ///
  /// - Complexity: O(1); one comparison while consecutive records are of one cgroup.
  func isUndecided(_ cgroup: UInt64) -> Bool {
    if cgroup == lastDecided { return false }
    if resolver.isUndecided(CgroupID(rawValue: cgroup)) { return true }
    lastDecided = cgroup
    return false
  }

  /// Takes a new cgroup in before its record's turn: what its engine wrote of it may be gone by then.
  func announce(_ record: ProbeRecord) {
    guard record.header.form == UInt8(AT_FORM_CGROUP.rawValue), let body = record.body(as: at_cgroup.self),
      body.action == AT_CGROUP_MKDIR.rawValue
    else { return }
    let name = record.fields(after: MemoryLayout<at_cgroup>.size).first { $0.id == AT_FIELD_NAME.rawValue }
    cgroupCreated(
      CgroupID(rawValue: body.cgroup), parent: CgroupID(rawValue: body.parent),
      path: String(decoding: name?.bytes.prefix { $0 != 0 } ?? [], as: UTF8.self),
      at: BootTime(nanoseconds: body.header.time), creator: body.header.tgid)
  }

  func cgroupCreated(_ id: CgroupID, parent: CgroupID, path: String, at time: BootTime, creator: UInt32) {
    resolver.cgroupCreated(id: id, parent: parent, path: path, at: time, creator: creator)
    forget()
  }

  /// What made the cgroup, where that is a container's runtime.
  func cgroup(_ id: CgroupID, wasMadeBy launch: RuntimeLaunch) {
    resolver.cgroup(id, wasMadeBy: launch)
    forget()
  }

  func cgroupRemoved(_ id: CgroupID, at time: BootTime) {
    resolver.cgroupRemoved(id: id, at: time)
    forget()
  }

  /// Drops the remembered answer: what is known of containers has changed.
  func forget() {
    lastCgroup = .max
    lastDecided = .max
  }
}
