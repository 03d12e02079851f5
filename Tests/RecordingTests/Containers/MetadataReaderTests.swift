import Events
import Testing

@testable import Recording

private let fixtures = String(#filePath.split(separator: "/").dropLast(2).reduce("") { $0 + "/" + $1 }) + "/Fixtures"

private func reader(_ change: (inout RuntimeRoots) -> Void) -> MetadataReader {
  var roots = RuntimeRoots.none
  change(&roots)
  return MetadataReader(roots: roots)
}

private func read(_ reader: MetadataReader, _ path: String, launch: [String]? = nil) -> ContainerMetadata? {
  let launch = launch.flatMap { RuntimeLaunch(arguments: $0, workingDirectory: "/") }
  return reader.read(CgroupPath(path), role: CgroupPath(path).role, launch: launch)
}

private let podUID = "0a1b2c3d-0000-1111-2222-333344445555"
private let podSlice = "/kubepods.slice/kubepods-besteffort-pod0a1b2c3d_0000_1111_2222_333344445555.slice"
/// 2026-11-24T01:45:00.123456789Z
private let created = WallTime(nanoseconds: 1_795_484_700_123_456_789)

@Suite struct MetadataReaderTests {
  let containerd = reader {
    $0.containerdState = [fixtures + "/containerd-state"]
    $0.containerdRoot = [fixtures + "/containerd-root"]
  }
  let crio = reader { $0.storageRun = [fixtures + "/crio-run"] }

  @Test(arguments: ["\(podSlice)/cri-containerd-\(hexID).scope", "/kubepods/besteffort/pod\(podUID)/\(hexID)"])
  func `containerd CRI: container, image and pod from the bundle's annotations, the time from its status`(path: String)
    throws
  {
    let found = try #require(read(containerd, path))
    #expect(found.id == hexID)
    #expect(found.runtime == .containerd)
    #expect(found.name == "web")
    #expect(found.image == "docker.io/library/nginx:1.25")
    #expect(found.podName == "shop-7d4b9c-x2x7p")
    #expect(found.podNamespace == "production")
    #expect(found.podUID == podUID)
    #expect(found.created == WallTime(nanoseconds: 1_732_412_700_123_456_789))
    #expect(!found.isSandbox)
  }

  @Test func `containerd CRI: a sandbox is named after its pod`() throws {
    let found = try #require(read(containerd, "\(podSlice)/cri-containerd-\(otherHexID).scope"))
    #expect(found.isSandbox)
    #expect(found.name == "shop-7d4b9c-x2x7p")
    #expect(found.image == nil)
  }

  @Test(arguments: ["\(podSlice)/crio-\(hexID).scope", "/kubepods/besteffort/pod\(podUID)/crio-\(hexID)"])
  func `cri-o: everything is in the annotations`(path: String) throws {
    let found = try #require(read(crio, path))
    #expect(found.runtime == .crio)
    #expect(found.name == "web")
    #expect(found.image == "docker.io/library/nginx:1.25")
    #expect(found.imageID?.hasPrefix("3b25b682") == true)
    #expect(found.podName == "shop-7d4b9c-x2x7p")
    #expect(found.podNamespace == "production")
    #expect(found.podUID == podUID)
    #expect(found.labels["app"] == "shop")
    #expect(found.created == created)
    let sandbox = try #require(read(crio, "\(podSlice)/crio-\(otherHexID).scope"))
    #expect(sandbox.isSandbox)
  }

  @Test func `docker: from its own file, without the environment`() throws {
    let docker = reader { $0.dockerData = ["/nonexistent", fixtures + "/docker"] }
    let found = try #require(read(docker, "/system.slice/docker-\(hexID).scope"))
    #expect(found.name == "web1")
    #expect(found.image == "nginx:1.25")
    #expect(found.imageID?.hasPrefix("sha256:3b25b682") == true)
    #expect(found.labels == ["com.docker.compose.project": "shop", "tier": "front"])
    #expect(found.created == created)
    #expect(found.upperDirectory == fixtures + "/docker/overlay2/8f3c2a/diff")
    #expect(!String(describing: found).contains("hunter2"))
    #expect(read(docker, "/my-parent/\(hexID)")?.runtime == .docker)
    #expect(read(docker, "/docker/\(otherHexID)") == nil)
  }

  @Test func `podman: from the storage's list and the bundle`() throws {
    let podman = reader { $0.storage = [fixtures + "/podman"] }
    let found = try #require(read(podman, "/machine.slice/libpod-\(hexID).scope"))
    #expect(found.runtime == .podman)
    #expect(found.name == "web1")
    #expect(found.image == "docker.io/library/nginx:1.25")
    #expect(found.imageID?.hasPrefix("3b25b682") == true)
    #expect(found.created == created)
  }

  @Test func `the command line of the runtime leads to roots that nobody configured`() throws {
    let bundle = fixtures + "/podman/overlay-containers/\(hexID)/userdata"
    let nowhere = reader { _ in }
    #expect(read(nowhere, "/libpod_parent/libpod-\(hexID)") == nil)
    let found = read(
      nowhere, "/libpod_parent/libpod-\(hexID)", launch: ["/usr/sbin/runc", "create", "--bundle", bundle, hexID])
    #expect(found?.name == "web1")
  }

  @Test(arguments: [
    "/", "/system.slice", "/libpod_parent/conmon", "/docker/\(hexID)", "/default/web", "/a/..", "/../..",
  ])
  func `of what is not on disk nothing is told`(path: String) {
    let empty = reader {
      $0.dockerData = ["/nonexistent"]
      $0.runc = [fixtures]
      $0.containerdState = ["/nonexistent"]
    }
    #expect(read(empty, path) == nil)
  }
}

@Suite struct RuntimeLaunchTests {
  @Test func `docker's, podman's and a person's command line name id, bundle and root`() throws {
    let docker = try #require(
      RuntimeLaunch(
        arguments: [
          "runc", "--root", "/run/docker/runtime-runc/moby", "--log", "/x/log.json", "--log-format", "json", "create",
          "--bundle", "/x/moby/ab", "--pid-file", "/x/init.pid", "ab",
        ], workingDirectory: "/x/moby/ab"))
    #expect(docker.id == "ab")
    #expect(docker.bundle == "/x/moby/ab")
    #expect(docker.root == "/run/docker/runtime-runc/moby")
    let person = try #require(
      RuntimeLaunch(arguments: ["/usr/sbin/runc", "--debug", "run", "-d", "web"], workingDirectory: "/home/a/bundle"))
    #expect(person.id == "web")
    #expect(person.bundle == "/home/a/bundle")
    #expect(person.root == nil)
    let relative = try #require(
      RuntimeLaunch(arguments: ["crun", "--root=/r", "run", "-b", "b", "web"], workingDirectory: "/home/a"))
    #expect(relative.bundle == "/home/a/b")
    #expect(relative.root == "/r")
  }

  @Test(arguments: [
    [], ["runc"], ["runc", "list"], ["runc", "exec", "web", "sh"], ["bash", "run", "web"], ["runc", "delete", "web"],
    ["runc", "init"], ["runc", "create", "--bundle"],
  ]) func `other command lines start no container`(arguments: [String]) {
    #expect(RuntimeLaunch(arguments: arguments, workingDirectory: nil) == nil)
  }
}

@Suite struct RuntimeRootsTests {
  @Test func `engines' command lines add their roots, once`() {
    var roots = RuntimeRoots.none
    for _ in 0..<2 {
      roots.add(engine: [
        "/usr/bin/dockerd", "--data-root=/data/docker/", "--exec-root", "/exec", "--config-file", "/nonexistent",
      ])
      roots.add(engine: ["containerd", "--root", "/c/root", "--state", "/c/state", "--config", "/nonexistent"])
      roots.add(engine: ["/usr/bin/conmon", "-c", "ab", "-b", "/home/a/storage/overlay-containers/ab/userdata"])
      roots.add(engine: [
        "conmon", "-c", "cd", "--runtime-arg", "--root=/run/a", "--runtime-arg", "--root", "--runtime-arg", "/run/b/",
      ])
      roots.add(engine: ["bash", "--root", "/no"])
      roots.add(shim: ["/usr/bin/containerd-shim-runc-v2", "-id", "x"]) {
        "/srv/state/io.containerd.runtime.v2.task/default/x"
      }
      roots.add(shim: ["containerd-shim", "-id", "x"]) { "/" }
      roots.add(shim: ["sh"]) { "/srv/no/io.containerd.runtime.v2.task/default/x" }
    }
    #expect(roots.dockerData == ["/data/docker"])
    #expect(roots.dockerExec == ["/exec"])
    #expect(roots.containerdRoot == ["/c/root"])
    #expect(roots.containerdState == ["/c/state", "/srv/state"])
    #expect(roots.runc == ["/run/a", "/run/b"])
    #expect(roots.storage == ["/home/a/storage"])
  }
}

@Suite struct WallTimeTests {
  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0), ("1970-01-01T01:00:00.5+01:00", 500_000_000),
    ("2026-11-24T01:45:00.123456789Z", 1_795_484_700_123_456_789),
    ("2024-02-29T12:00:00-02:30", 1_709_217_000_000_000_000),
    ("2026-11-24T01:45:00.1234567891234Z", 1_795_484_700_123_456_789),
  ]) func `the engines' times are read`(text: String, nanoseconds: Int64) {
    #expect(WallTime(iso8601: text)?.nanoseconds == nanoseconds)
  }

  @Test(arguments: [
    "", "0001-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-24", "2026-11-24T01:45:00", "2026-11-24T01:45:00Zx",
    "9999-12-31T23:59:59Z",
  ])
  func `what is no time, or not one of ours, is none`(text: String) {
    #expect(WallTime(iso8601: text) == nil)
  }
}
