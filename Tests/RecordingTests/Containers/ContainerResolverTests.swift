import Events
import Posix
import Testing

@testable import Recording

/// A cgroup tree and an engine's files made of plain directories: the resolver cannot tell.
private final class FakeHost {
  let directory: String
  let hierarchy: CgroupHierarchy
  var roots = RuntimeRoots.none

  init() throws {
    directory = try Directory.createTemporary(prefix: "aftertrace-host-")
    hierarchy = CgroupHierarchy(version: .unified, number: 0, mountPoint: directory + "/cgroup")
    for name in ["cgroup", "docker", "state", "runc"] { try Directory.create(directory + "/" + name) }
    roots.dockerData = [directory + "/docker"]
    roots.containerdState = [directory + "/state"]
    roots.runc = [directory + "/runc"]
  }

  deinit { try? Directory.removeAll(directory) }

  func resolver() throws -> ContainerResolver {
    try ContainerResolver(hierarchy: hierarchy, roots: roots, discoversRoots: false)
  }

  func write(_ text: String, to path: String) throws {
    let full = directory + "/" + path
    try Directory.createAll(full.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 })
    try FileDescriptor.write(text.utf8, to: full)
  }

  func describeDocker(_ id: String, name: String) throws {
    try write(
      #"{"ID":"\#(id)","Name":"/\#(name)","Config":{"Image":"busybox"}}"#, to: "docker/containers/\(id)/config.v2.json")
  }

  /// Makes the cgroup and those above it; tells the resolver of each new one.
  @discardableResult
  func makeCgroup(_ path: String, telling resolver: ContainerResolver?) throws -> CgroupID {
    var above = CgroupPath("/")
    for name in CgroupPath(path).components {
      let next = CgroupPath(above.description + "/" + name)
      if hierarchy.id(of: next) == nil {
        try Directory.create(hierarchy.directory(of: next)!)
        resolver?.cgroupCreated(
          id: hierarchy.id(of: next)!, parent: hierarchy.id(of: above)!, path: next.description,
          at: BootTime(nanoseconds: Clock.boot))
      }
      above = next
    }
    return hierarchy.id(of: above)!
  }

  func removeCgroup(_ path: String, telling resolver: ContainerResolver) throws {
    let id = hierarchy.id(of: CgroupPath(path))!
    try Directory.remove(hierarchy.directory(of: CgroupPath(path))!)
    resolver.cgroupRemoved(id: id, at: BootTime(nanoseconds: Clock.boot))
  }
}

/// Asks again until `condition` holds, or the time is over.
func eventually(_ resolver: ContainerResolver, limit: Duration = .seconds(15), _ condition: () -> Bool) -> Bool {
  let end = ContinuousClock.now + limit
  while ContinuousClock.now < end {
    _ = resolver.drainResolved()
    if condition() { return true }
    resolver.settle(limit: .milliseconds(5))
    sleepBriefly()
  }
  return false
}

func sleepBriefly() {
  let bell = try! WakeUp()
  bell.wait(milliseconds: 2)
}

@Suite struct ContainerResolverTests {
  @Test func `below a cgroup that may be a container nothing is decided, nor counted to the host`() throws {
    let host = try FakeHost()
    let resolver = try host.resolver()
    let id = try host.makeCgroup("/some-name/docker-\(String(repeating: "ab", count: 32)).scope", telling: resolver)
    #expect(resolver.container(forCgroup: id) == .host)
    #expect(resolver.isUndecided(id))
  }

  @Test func `a container has its key at once and its name as soon as the disk has it`() throws {
    let host = try FakeHost()
    let resolver = try host.resolver()
    let cgroup = try host.makeCgroup("/docker/\(hexID)", telling: resolver)
    let key = resolver.container(forCgroup: cgroup)
    #expect(key == ContainerKey(rawValue: 1))
    #expect(resolver[key]?.id == hexID)
    #expect(resolver[key]?.isDescribed == false)
    try host.describeDocker(hexID, name: "web")
    #expect(eventually(resolver) { resolver[key]?.metadata.name == "web" })
    #expect(resolver[key]?.metadata.image == "busybox")
  }

  @Test func `what is not in a container is the host's`() throws {
    let host = try FakeHost()
    let resolver = try host.resolver()
    let cgroup = try host.makeCgroup("/system.slice/ssh.service", telling: resolver)
    #expect(resolver.container(forCgroup: cgroup) == .host)
    #expect(resolver.container(forCgroup: CgroupID(rawValue: 99)) == .host)
    #expect(resolver.containers.isEmpty)
  }

  @Test(arguments: [
    "system.slice/nginx.service", "init.scope", "docker/\(otherHexID)", "container", "docker/\(otherHexID)/init.scope",
  ])
  func `systemd or docker inside a container counts to the container`(inner: String) throws {
    let host = try FakeHost()
    try host.describeDocker(hexID, name: "outer")
    let resolver = try host.resolver()
    let outer = try host.makeCgroup("/docker/\(hexID)", telling: resolver)
    resolver.settle()
    let cgroup = try host.makeCgroup("/docker/\(hexID)/\(inner)", telling: resolver)
    resolver.settle()
    #expect(resolver.container(forCgroup: cgroup) == resolver.container(forCgroup: outer))
    #expect(resolver.containers.count == 1)
  }

  @Test func `a cgroup made inside a container with another container's id stays with its maker`() throws {
    let host = try FakeHost()
    try host.describeDocker(hexID, name: "attacker")
    try host.describeDocker(otherHexID, name: "victim")
    try host.write(
      #"{"id":"\#(otherHexID)","cgroup_paths":{"":"/sys/fs/cgroup/docker/\#(otherHexID)"}}"#,
      to: "runc/\(otherHexID)/state.json")
    let resolver = try host.resolver()
    let outer = try host.makeCgroup("/docker/\(hexID)", telling: resolver)
    let inner = try host.makeCgroup("/docker/\(hexID)/docker/\(otherHexID)", telling: resolver)
    resolver.settle()
    _ = eventually(resolver, limit: .milliseconds(50)) { false }
    #expect(resolver.container(forCgroup: inner) == resolver.container(forCgroup: outer))
  }

  @Test func `the command line of the runtime names a container before any file does`() throws {
    let host = try FakeHost()
    try host.write(#"{"annotations":{"a":"b"},"root":{"path":"rootfs"}}"#, to: "bundle/config.json")
    // A shell that is called runc and runs the script "create", and so has a runtime's command line.
    try File.makeLink(host.directory + "/runc/runc", to: "/bin/sh")
    try host.write("while :; do sleep 0.1; done", to: "create")
    let runtime = try ChildProcess(
      starting: ProgramLaunch(
        host.directory + "/runc/runc", ["create", "--bundle", "bundle", "web"], workingDirectory: host.directory))
    defer {
      try? runtime.signal(9)
      _ = try? runtime.wait()
    }
    let resolver = try host.resolver()
    try Directory.create(host.directory + "/cgroup/anything")
    let cgroup = try #require(host.hierarchy.id(of: CgroupPath("/anything")))
    resolver.cgroupCreated(
      id: cgroup, parent: CgroupID(rawValue: 1), path: "/anything", at: BootTime(nanoseconds: 1),
      creator: UInt32(runtime.pid))
    #expect(resolver.isUndecided(cgroup))
    #expect(eventually(resolver) { resolver.container(forCgroup: cgroup) != .host })
    let record = try #require(resolver[resolver.container(forCgroup: cgroup)])
    #expect(record.id == "web")
    #expect(record.metadata.runtime == .runc)
    #expect(record.metadata.labels == ["a": "b"])
  }

  @Test func `a container that is gone with its runtime is named by what its maker was started as`() throws {
    let host = try FakeHost()
    try host.write(#"{"annotations":{"a":"b"},"root":{"path":"rootfs"}}"#, to: "bundle/config.json")
    let words = ["/usr/bin/runc", "--root", "state", "run", "--bundle", "bundle", "web"]
    let launch = try #require(RuntimeLaunch(arguments: words, workingDirectory: host.directory))
    let resolver = try host.resolver()
    for isAskedBefore in [false, true] {
      let cgroup = try host.makeCgroup("/some-\(isAskedBefore)", telling: nil)
      // Its creator is gone, as this number never was a process.
      resolver.cgroupCreated(
        id: cgroup, parent: CgroupID(rawValue: 1), path: "/some-\(isAskedBefore)", at: BootTime(nanoseconds: 1),
        creator: .max)
      if isAskedBefore {
        #expect(eventually(resolver) { !resolver.isUndecided(cgroup) })
        #expect(resolver.container(forCgroup: cgroup) == .host)
      }
      resolver.cgroup(cgroup, wasMadeBy: launch)
      #expect(resolver.isUndecided(cgroup))
      try host.removeCgroup("/some-\(isAskedBefore)", telling: resolver)
      #expect(resolver.isUndecided(cgroup))
      #expect(eventually(resolver) { !resolver.isUndecided(cgroup) })
      let record = try #require(resolver[resolver.container(forCgroup: cgroup)])
      #expect(record.id == "web" && record.metadata.labels == ["a": "b"])
      #expect(record.removed != nil)
    }
  }

  @Test func `a container inside another has its own key when this host's engine knows it`() throws {
    let host = try FakeHost()
    try host.describeDocker(hexID, name: "outer")
    try host.describeDocker(otherHexID, name: "inner")
    try host.write(
      #"{"id":"\#(otherHexID)","cgroup_paths":{"":"/sys/fs/cgroup/docker/\#(hexID)/docker/\#(otherHexID)"}}"#,
      to: "runc/\(otherHexID)/state.json")
    let resolver = try host.resolver()
    let outer = try host.makeCgroup("/docker/\(hexID)", telling: resolver)
    let inner = try host.makeCgroup("/docker/\(hexID)/docker/\(otherHexID)", telling: resolver)
    let leaf = try host.makeCgroup("/docker/\(hexID)/docker/\(otherHexID)/init.scope", telling: resolver)
    #expect(eventually(resolver) { resolver.containers.count == 2 })
    let key = resolver.container(forCgroup: inner)
    #expect(key != resolver.container(forCgroup: outer))
    #expect(resolver[key]?.metadata.name == "inner")
    #expect(resolver.container(forCgroup: leaf) == key)
  }

  @Test func `a container with an arbitrary name is one when a bundle points at its cgroup`() throws {
    let host = try FakeHost()
    try host.write(
      #"{"annotations":{"tier":"db"},"linux":{"cgroupsPath":"/default/web"},"root":{"path":"rootfs"}}"#,
      to: "state/io.containerd.runtime.v2.task/default/web/config.json")
    let resolver = try host.resolver()
    let cgroup = try host.makeCgroup("/default/web", telling: resolver)
    let impostor = try host.makeCgroup("/elsewhere/web", telling: resolver)
    let below = try host.makeCgroup("/default/web/init.scope", telling: resolver)
    #expect(eventually(resolver) { resolver.container(forCgroup: cgroup) != .host })
    let key = resolver.container(forCgroup: cgroup)
    #expect(resolver.container(forCgroup: below) == key)
    #expect(resolver[key]?.metadata.name == "web")
    #expect(resolver[key]?.metadata.labels == ["tier": "db"])
    #expect(resolver.container(forCgroup: impostor) == .host)
  }

  @Test func `plain runc's state file may come later and name another cgroup than its id`() throws {
    let host = try FakeHost()
    let resolver = try host.resolver()
    let cgroup = try host.makeCgroup("/jobs/seven", telling: resolver)
    resolver.settle()
    #expect(resolver.container(forCgroup: cgroup) == .host)
    try host.write(
      #"{"id":"web","init_process_pid":1,"cgroup_paths":{"":"/sys/fs/cgroup/unified/jobs/seven"},"config":{"labels":["bundle=/nowhere"]}}"#,
      to: "runc/web/state.json")
    #expect(eventually(resolver) { resolver.container(forCgroup: cgroup) != .host })
    #expect(resolver[resolver.container(forCgroup: cgroup)]?.id == "web")
  }

  @Test func `docker under an arbitrary parent is found when the parent is none`() throws {
    let host = try FakeHost()
    let resolver = try host.resolver()
    let cgroup = try host.makeCgroup("/my-parent/\(hexID)", telling: resolver)
    #expect(eventually(resolver) { resolver.container(forCgroup: cgroup) != .host })
    #expect(resolver[resolver.container(forCgroup: cgroup)]?.id == hexID)
  }

  @Test func `restarted, a numbered container keeps its key and a named one gets a new one`() throws {
    let host = try FakeHost()
    let resolver = try host.resolver()
    let first = try host.makeCgroup("/docker/\(hexID)", telling: resolver)
    let key = resolver.container(forCgroup: first)
    try host.removeCgroup("/docker/\(hexID)", telling: resolver)
    #expect(resolver[key]?.removed != nil)
    #expect(resolver.container(forCgroup: first) == key, "late events still find it")
    let second = try host.makeCgroup("/docker/\(hexID)", telling: resolver)
    #expect(resolver.container(forCgroup: second) == key)
    #expect(resolver[key]?.removed == nil)

    let named = try host.makeCgroup("/lxc/web", telling: resolver)
    let before = resolver.container(forCgroup: named)
    try host.removeCgroup("/lxc/web", telling: resolver)
    let again = try host.makeCgroup("/lxc/web", telling: resolver)
    #expect(resolver.container(forCgroup: again) != before)
    #expect(resolver.container(forCgroup: again) != .host)
  }

  @Test func `a container that is gone before the disk was read still gets its name`() throws {
    let host = try FakeHost()
    try host.describeDocker(hexID, name: "brief")
    try host.write(
      #"{"linux":{"cgroupsPath":"/default/blink"}}"#,
      to: "state/io.containerd.runtime.v2.task/default/blink/config.json")
    let resolver = try host.resolver()
    let docker = try host.makeCgroup("/docker/\(hexID)", telling: resolver)
    let ctr = try host.makeCgroup("/default/blink", telling: resolver)
    try host.removeCgroup("/docker/\(hexID)", telling: resolver)
    try host.removeCgroup("/default/blink", telling: resolver)
    #expect(eventually(resolver) { resolver[resolver.container(forCgroup: docker)]?.metadata.name == "brief" })
    #expect(eventually(resolver) { resolver[resolver.container(forCgroup: ctr)]?.metadata.name == "blink" })
    #expect(resolver[resolver.container(forCgroup: ctr)]?.removed != nil)
  }

  @Test func `the scan finds what was there before, with names`() throws {
    let host = try FakeHost()
    try host.describeDocker(hexID, name: "old")
    let cgroup = try host.makeCgroup("/docker/\(hexID)", telling: nil)
    let resolver = try host.resolver()
    resolver.scan(at: BootTime(nanoseconds: 5))
    let record = try #require(resolver[resolver.container(forCgroup: cgroup)])
    #expect(record.metadata.name == "old")
    #expect(record.isOlderThanRecording)
    resolver.scan(at: BootTime(nanoseconds: 6))
    #expect(resolver.containers.count == 1)
  }

  @Test func `a namespace of the engine is never taken for a container's`() throws {
    let host = try FakeHost()
    let resolver = try host.resolver()
    let cgroup = try host.makeCgroup("/docker/\(hexID)", telling: resolver)
    let service = try host.makeCgroup("/system.slice/docker.service", telling: resolver)
    resolver.processSeen(cgroup: service, mountNamespace: 700)
    resolver.processSeen(cgroup: cgroup, mountNamespace: 700)
    #expect(resolver.container(forMountNamespace: 700) == nil)
    let own = try #require(mountNamespace(at: "/proc/self/ns/mnt"))
    resolver.processSeen(cgroup: cgroup, mountNamespace: own)
    #expect(resolver.container(forMountNamespace: own) == nil)
    resolver.processSeen(cgroup: cgroup, mountNamespace: 800)
    resolver.processSeen(cgroup: service, mountNamespace: 800)
    #expect(resolver.container(forMountNamespace: 800) == resolver.container(forCgroup: cgroup))
  }

  @Test func `a namespace's number that comes back says nothing of the container that had it before`() throws {
    let host = try FakeHost()
    let resolver = try host.resolver()
    let first = try host.makeCgroup("/docker/\(hexID)", telling: resolver)
    resolver.processSeen(cgroup: first, mountNamespace: 900)
    #expect(resolver.container(forMountNamespace: 900) == resolver.container(forCgroup: first))
    try host.removeCgroup("/docker/\(hexID)", telling: resolver)
    #expect(resolver.container(forMountNamespace: 900) == nil)
    let second = try host.makeCgroup("/docker/\(String(hexID.reversed()))", telling: resolver)
    resolver.processSeen(cgroup: second, mountNamespace: 900)
    #expect(resolver.container(forMountNamespace: 900) == resolver.container(forCgroup: second))
  }

  @Test func `what was done before a container was made is not its own, though its namespace had the number then`()
    throws
  {
    let host = try FakeHost()
    let resolver = try host.resolver()
    let before = Clock.boot
    let cgroup = try host.makeCgroup("/docker/\(hexID)", telling: resolver)
    resolver.processSeen(cgroup: cgroup, mountNamespace: 900)
    let container = resolver.container(forCgroup: cgroup)
    let attribution = Attribution(resolver: resolver, hostMountNamespace: 0)
    // Two cgroups that nobody knows: the container that had the number before, and somebody who enters this one.
    #expect(attribution.place(cgroup: 1 << 40, mountNamespace: 900, at: before).container == .host)
    let place = attribution.place(cgroup: 1 << 41, mountNamespace: 900, at: Clock.boot)
    #expect(place.container == container)
    #expect(place.isEnteredFromOutside)
  }

  @Test func `changes tell each cgroup's way from the host to its container`() throws {
    let host = try FakeHost()
    let resolver = try host.resolver()
    let cgroup = try host.makeCgroup("/docker/\(hexID)", telling: resolver)
    let key = resolver.container(forCgroup: cgroup)
    #expect(resolver.drainResolved().contains(.assigned(cgroup, container: key, before: .host)))
    try host.removeCgroup("/docker/\(hexID)", telling: resolver)
    #expect(resolver.drainResolved().contains(.ended(key)))
  }

  @Test func `a dead container's mount namespace can be the next one's, for its number comes back`() throws {
    let host = try FakeHost()
    let resolver = try host.resolver()
    let first = try host.makeCgroup("/docker/\(hexID)", telling: resolver)
    resolver.processSeen(cgroup: first, mountNamespace: 4_026_532_177)
    let old = resolver.container(forCgroup: first)
    #expect(resolver.container(forMountNamespace: 4_026_532_177) == old)
    try host.removeCgroup("/docker/\(hexID)", telling: resolver)
    #expect(resolver.container(forMountNamespace: 4_026_532_177) == nil)
    #expect(resolver.drainResolved().contains(.releasedMountNamespace(4_026_532_177, container: old)))
    let second = try host.makeCgroup("/docker/\(otherHexID)", telling: resolver)
    resolver.processSeen(cgroup: second, mountNamespace: 4_026_532_177)
    #expect(resolver.container(forMountNamespace: 4_026_532_177) == resolver.container(forCgroup: second))
  }

  @Test func `containers long gone are forgotten, others and their keys stay`() throws {
    let host = try FakeHost()
    let resolver = try host.resolver()
    let gone = try host.makeCgroup("/docker/\(hexID)", telling: resolver)
    let living = try host.makeCgroup("/docker/\(otherHexID)", telling: resolver)
    let (first, second) = (resolver.container(forCgroup: gone), resolver.container(forCgroup: living))
    try host.removeCgroup("/docker/\(hexID)", telling: resolver)
    let ended = try #require(resolver[first]?.removed)
    #expect(resolver.forget(containersEndedBefore: ended).isEmpty, "it did not end before its end")
    let later = BootTime(nanoseconds: ended.nanoseconds + 1)
    #expect(resolver.forget(containersEndedBefore: later, keeping: { $0 == first }).isEmpty, "it is still wanted")
    #expect(resolver.container(forCgroup: gone) == first)
    #expect(resolver.forget(containersEndedBefore: later) == [first])
    #expect(resolver[first] == nil && resolver.container(forCgroup: gone) == .host)
    #expect(resolver.containers.map(\.key) == [second])
    let again = try host.makeCgroup("/docker/\(hexID)", telling: resolver)
    let third = resolver.container(forCgroup: again)
    #expect(![.host, first, second].contains(third), "keys are not issued again")
    #expect(resolver[third]?.id == hexID)
  }

  @Test func `ten thousand containers that came and went leave nothing behind`() throws {
    let host = try FakeHost()
    let resolver = try host.resolver()
    for number in 1...10_000 {
      let id = String(repeating: "0", count: 64 - String(number).count) + String(number)
      let time = BootTime(nanoseconds: UInt64(number) * 1_000_000_000)
      resolver.cgroupCreated(
        id: CgroupID(rawValue: UInt64(number)), parent: CgroupID(rawValue: 0), path: "/docker/\(id)", at: time)
      resolver.cgroupRemoved(id: CgroupID(rawValue: UInt64(number)), at: BootTime(nanoseconds: time.nanoseconds + 1))
      if number % 100 == 0 {
        _ = resolver.drainResolved()
        resolver.forget(containersEndedBefore: BootTime(nanoseconds: time.nanoseconds - 50_000_000_000))
        #expect(resolver.containers.count <= 51)
      }
    }
    resolver.forget(containersEndedBefore: BootTime(nanoseconds: 20_000_000_000_000))
    #expect(resolver.containers.isEmpty)
    #expect(resolver.container(forCgroup: CgroupID(rawValue: 9_990)) == .host)
  }
}

@Suite struct CgroupTableTests {
  @Test func `it answers as a dictionary does, through growth and removal`() {
    var table = CgroupTable()
    var model: [UInt64: UInt32] = [:]
    var generator = SystemRandomNumberGenerator()
    for step in 0..<20_000 {
      let id = UInt64.random(in: 1...2000, using: &generator)
      if step % 3 == 0 {
        table.remove(CgroupID(rawValue: id))
        model[id] = nil
      } else {
        table[CgroupID(rawValue: id)] = ContainerKey(rawValue: UInt32(step))
        model[id] = UInt32(step)
      }
      let asked = UInt64.random(in: 0...2001, using: &generator)
      #expect(table[CgroupID(rawValue: asked)].rawValue == model[asked] ?? 0)
    }
  }
}
