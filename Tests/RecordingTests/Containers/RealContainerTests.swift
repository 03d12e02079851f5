import ContainerLab
import Events
import Posix
import Testing

@testable import Recording

/// Tells a resolver of cgroups as the probes would, by looking at the tree again and again.
final class CgroupWatcher {
  let resolver: ContainerResolver
  private var known: [CgroupID: CgroupHierarchy.Found] = [:]

  init(roots: RuntimeRoots) throws {
    resolver = try ContainerResolver(hierarchy: try CgroupHierarchy.detect(), roots: roots, discoversRoots: false)
    look()
  }

  private var now: BootTime { BootTime(nanoseconds: Clock.boot) }

  func look() {
    let found = resolver.hierarchy.scan()
    let ids = Set(found.map(\.id))
    for cgroup in known.values where !ids.contains(cgroup.id) {
      resolver.cgroupRemoved(id: cgroup.id, at: now)
      known[cgroup.id] = nil
    }
    for cgroup in found where known[cgroup.id] == nil {
      known[cgroup.id] = cgroup
      resolver.cgroupCreated(id: cgroup.id, parent: cgroup.parent, path: cgroup.path.description, at: now)
    }
  }

  /// Looks until `condition` holds. The answer is whether it did.
  func watch(limit: Duration = .seconds(15), until condition: () throws -> Bool) rethrows -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
      look()
      _ = resolver.drainResolved()
      if try condition() { return true }
      sleepBriefly()
    }
    return false
  }

  func record(named name: String) -> ContainerRecord? { resolver.containers.first { $0.metadata.name == name } }

  /// The container of a running process, through its cgroup's id.
  func container(ofProcess pid: UInt32) -> ContainerKey? {
    guard let path = resolver.hierarchy.path(ofProcess: pid), let id = resolver.hierarchy.id(of: path) else {
      return nil
    }
    return resolver.container(forCgroup: id)
  }
}

/// The processes whose command line holds `word`, in the initial pid namespace.
func processes(holding word: String) -> [UInt32] {
  ((try? Directory.names(in: "/proc")) ?? []).compactMap(UInt32.init).filter { pid in
    ((try? commandLine(ofProcess: pid)) ?? []).contains(word)
  }
}

func skipping(_ reason: String?) -> Comment { Comment(rawValue: reason.map { "skipped: \($0)" } ?? "") }

@Suite(.serialized) struct RealContainerTests {
  static let tag = "\(Clock.boot % 1_000_000)"

  @Test(.enabled(if: RuncLab.skipReason == nil, skipping(RuncLab.skipReason)))
  func `plain runc: id, pid and mount namespace, also where the cgroup has another name`() throws {
    let lab = try RuncLab()
    defer { lab.end() }
    var roots = RuntimeRoots.none
    roots.runc = [lab.root]
    let watcher = try CgroupWatcher(roots: roots)
    let (plain, elsewhere) = ("at-plain-\(Self.tag)", "at-other-\(Self.tag)")
    try lab.start(plain, ["/bin/sleep", "1000"])
    try lab.start(elsewhere, ["/bin/sleep", "1001"], cgroupsPath: "/at-jobs-\(Self.tag)/seven")
    for name in [plain, elsewhere] {
      #expect(watcher.watch { watcher.record(named: name)?.metadata.mountNamespace != nil })
      let record = try #require(watcher.record(named: name))
      let pid = try #require(record.metadata.pid)
      #expect(record.metadata.runtime == .runc)
      #expect(record.metadata.labels == ["lab.name": name])
      #expect(record.metadata.created != nil)
      #expect(watcher.container(ofProcess: pid) == record.key)
      let namespace = try #require(mountNamespace(ofProcess: pid))
      #expect(watcher.resolver.container(forMountNamespace: namespace) == record.key)
    }
    lab.remove(plain)
    #expect(watcher.watch { watcher.record(named: plain)?.removed != nil })
    #expect(watcher.record(named: elsewhere)?.removed == nil)
    lab.remove(elsewhere)
  }

  @Test(.enabled(if: RuncLab.skipReason == nil, skipping(RuncLab.skipReason)))
  func
    `plain runc with a root that nobody names: what ran before is found by its namespaces and called after its cgroup`()
    throws
  {
    let lab = try RuncLab()
    defer { lab.end() }
    let (old, inner) = ("at-old-\(Self.tag)", "at-deep-\(Self.tag)")
    try lab.start(old, ["/bin/sleep", "1010"])
    try lab.start(inner, ["/bin/sleep", "1011"], cgroupsPath: "/at-shelf-\(Self.tag)/\(inner)")
    // A group of the host's with an arbitrary name: somebody lives in it, in the host's namespaces.
    let hierarchy = try CgroupHierarchy.detect()
    let place = CgroupPath("/at-host-\(Self.tag)")
    try Directory.create(try #require(hierarchy.directory(of: place)))
    let sleeper = try ChildProcess(starting: ProgramLaunch("/bin/sleep", ["1012"]))
    defer {
      try? sleeper.signal(9)
      _ = try? sleeper.wait()
      try? Directory.remove(hierarchy.directory(of: place)!)
    }
    try FileDescriptor.write("\(sleeper.pid)".utf8, to: hierarchy.directory(of: place)! + "/cgroup.procs")

    let resolver = try ContainerResolver(hierarchy: hierarchy, roots: .none, discoversRoots: false)
    resolver.scan(at: BootTime(nanoseconds: Clock.boot))
    for (name, path) in [(old, "/\(old)"), (inner, "/at-shelf-\(Self.tag)/\(inner)")] {
      let record = try #require(resolver.containers.first { $0.metadata.name == name }, "\(name)")
      #expect(record.id == path && record.metadata.runtime == .unknown && !record.isDescribed)
      #expect(record.isOlderThanRecording)
      let pid = try #require(record.metadata.pid)
      let namespace = try #require(mountNamespace(ofProcess: pid))
      #expect(resolver.container(forMountNamespace: namespace) == record.key)
    }
    #expect(!resolver.containers.contains { $0.metadata.name?.hasPrefix("at-host-") == true })
    #expect(!resolver.containers.contains { $0.metadata.name?.hasPrefix("at-shelf-") == true })
    lab.remove(old)
    lab.remove(inner)
  }

  @Test(.enabled(if: RuncLab.skipReason == nil, skipping(RuncLab.skipReason)))
  func `plain runc: a container that lives a tenth of a second has its name`() throws {
    let lab = try RuncLab()
    defer { lab.end() }
    var roots = RuntimeRoots.none
    roots.runc = [lab.root]
    let watcher = try CgroupWatcher(roots: roots)
    let name = "at-brief-\(Self.tag)"
    let child = try lab.launch(name, ["/bin/sleep", "0.1"])
    #expect(try watcher.watch { try child.endIfOver() != nil })
    #expect(watcher.watch { watcher.record(named: name)?.removed != nil })
  }

  @Test(.enabled(if: DockerLab.skipReason == nil, skipping(DockerLab.skipReason)))
  func `docker: name, image, labels, exec, what is inside, and a container that runs true`() throws {
    let lab = try DockerLab()
    defer { lab.end() }
    var roots = RuntimeRoots.none
    roots.dockerData = [lab.dataRoot]
    roots.dockerExec = [lab.execRoot]
    let watcher = try CgroupWatcher(roots: roots)
    let resolver = watcher.resolver

    let id = try lab.docker(
      "run", "-d", "--name", "web", "--label", "tier=front", DockerLab.image, "/bin/sleep", "1002")
    #expect(watcher.watch { watcher.record(named: "web")?.metadata.pid != nil })
    let record = try #require(watcher.record(named: "web"))
    #expect(record.id == id)
    #expect(record.metadata.image == DockerLab.image)
    #expect(record.metadata.imageID?.hasPrefix("sha256:") == true)
    #expect(record.metadata.labels == ["tier": "front"])
    #expect(record.metadata.runtime == .docker)
    let pid = try #require(record.metadata.pid)
    #expect(watcher.container(ofProcess: pid) == record.key)
    #expect(resolver.container(forMountNamespace: try #require(mountNamespace(ofProcess: pid))) == record.key)
    if let upper = record.metadata.upperDirectory {
      try lab.docker("exec", "web", "touch", "/dropped")
      #expect(File.exists(upper + "/dropped"))
    }

    try lab.docker("exec", "-d", "web", "/bin/sleep", "1003")
    #expect(watcher.watch { !processes(holding: "1003").isEmpty })
    for pid in processes(holding: "1003") { #expect(watcher.container(ofProcess: pid) == record.key) }

    // What systemd or a docker of its own would make inside.
    let hierarchy = resolver.hierarchy
    let own = try #require(resolver.path(ofCgroup: record.cgroups[0]))
    let inner = ["/system.slice", "/system.slice/nginx.service", "/docker", "/docker/" + otherHexID]
    for name in inner { try Directory.create(hierarchy.directory(of: own)! + name, mode: 0o755) }
    watcher.look()
    resolver.settle()
    _ = resolver.drainResolved()
    for name in inner {
      let cgroup = try #require(hierarchy.id(of: CgroupPath(own.description + name)))
      #expect(resolver.container(forCgroup: cgroup) == record.key)
    }
    for name in inner.reversed() { try Directory.remove(hierarchy.directory(of: own)! + name) }

    let brief = try lab.start("run", "--rm", "--name", "brief", "--label", "a=b", DockerLab.image, "true")
    #expect(try watcher.watch { try brief.endIfOver() != nil })
    #expect(watcher.watch(limit: .seconds(2)) { watcher.record(named: "brief")?.removed != nil })
    #expect(watcher.record(named: "brief")?.metadata.image == DockerLab.image)
    #expect(watcher.record(named: "brief")?.metadata.labels == ["a": "b"])

    try lab.docker("restart", "-t", "0", "web")
    #expect(watcher.watch { watcher.container(ofProcess: processes(holding: "1002").first ?? 0) == record.key })
    try lab.docker("rm", "-f", "web")
    #expect(watcher.watch { watcher.record(named: "web")?.removed != nil })
    #expect(resolver.containers.filter(\.isDescribed).count == 2)
  }

  @Test(.enabled(if: ContainerdLab.skipReason == nil, skipping(ContainerdLab.skipReason)))
  func `ctr: an arbitrary name is found through its bundle`() throws {
    let lab = try ContainerdLab()
    defer { lab.end() }
    var roots = RuntimeRoots.none
    roots.containerdState = [lab.state]
    roots.containerdRoot = [lab.root]
    roots.runc = [lab.runcRoot + "/default"]
    let watcher = try CgroupWatcher(roots: roots)
    let name = "at-ctr-\(Self.tag)"
    try lab.start(name, options: ["--label", "tier=db"], ["/bin/sleep", "1004"])
    #expect(watcher.watch { watcher.record(named: name)?.metadata.pid != nil })
    let record = try #require(watcher.record(named: name))
    #expect(record.metadata.runtime == .containerd)
    #expect(record.metadata.labels["tier"] == "db")
    #expect(record.metadata.image == ContainerdLab.image)
    #expect(watcher.container(ofProcess: try #require(record.metadata.pid)) == record.key)
    #expect(record.metadata.upperDirectory.map(File.exists) != false)

    let briefName = "at-ctr-brief-\(Self.tag)"
    // The watcher looks at the tree again and again: what lives shorter than a look it cannot see.
    let brief = try lab.launch(briefName, ["/bin/sleep", "0.1"])
    #expect(try watcher.watch { try brief.endIfOver() != nil })
    #expect(watcher.watch(limit: .seconds(2)) { watcher.record(named: briefName)?.removed != nil })
    #expect(watcher.record(named: briefName)?.metadata.image == ContainerdLab.image)
    try lab.ctr("tasks", "delete", "--force", name)
    #expect(watcher.watch { watcher.record(named: name)?.removed != nil })
  }

  @Test(.enabled(if: PodmanLab.skipReason == nil, skipping(PodmanLab.skipReason)))
  func `podman: name and image, conmon is not in it, a container that lives 300 ms`() throws {
    let lab = try PodmanLab()
    defer { lab.end() }
    var roots = RuntimeRoots.none
    roots.storage = [lab.storage]
    roots.storageRun = [lab.runRoot]
    roots.runc = [lab.runcRoot]
    let watcher = try CgroupWatcher(roots: roots)
    let id = try lab.run(["-d", "--name", "pod-web", "--label", "tier=front"], ["/bin/sleep", "1005"])
    #expect(watcher.watch { watcher.record(named: "pod-web")?.metadata.pid != nil })
    let record = try #require(watcher.record(named: "pod-web"))
    #expect(record.id == id)
    #expect(record.metadata.runtime == .podman)
    #expect(record.metadata.labels == ["tier": "front"])
    #expect(record.metadata.image == PodmanLab.image)
    #expect(watcher.container(ofProcess: try #require(record.metadata.pid)) == record.key)
    for pid in processes(holding: id) { #expect(watcher.container(ofProcess: pid) == .host) }
    let brief = try lab.start(["--rm", "--name", "pod-brief"], ["/bin/sleep", "0.3"])
    #expect(try watcher.watch { try brief.endIfOver() != nil })
    #expect(watcher.watch { watcher.record(named: "pod-brief")?.removed != nil }, "\(lab.log())")
    #expect(watcher.record(named: "pod-brief")?.metadata.image == PodmanLab.image)
    try lab.podman("rm", "-f", "-t", "0", "pod-web")
    #expect(watcher.watch { watcher.record(named: "pod-web")?.removed != nil })
  }
}
