import Recording
import Testing

let hexID = String(repeating: "0123456789abcdef", count: 4)
let otherHexID = String(repeating: "fedcba9876543210", count: 4)

@Suite struct CgroupPathTests {
  static let containers: [(String, ContainerRuntime, String)] = [
    ("/docker/\(hexID)", .docker, hexID),
    ("/system.slice/docker-\(hexID).scope", .docker, hexID),
    ("/actions_job/\(hexID)", .docker, hexID),
    (
      "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod1.slice/cri-containerd-\(hexID).scope",
      .containerd, hexID
    ),
    ("/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:\(hexID)", .containerd, hexID),
    ("/kubepods/besteffort/pod0a1b2c3d-0000-1111-2222-333344445555/\(hexID)", .containerd, hexID),
    ("/kubepods.slice/kubepods-pod1.slice/crio-\(hexID).scope", .crio, hexID),
    ("/kubepods/besteffort/pod0a1b2c3d-0000-1111-2222-333344445555/crio-\(hexID)", .crio, hexID),
    ("/machine.slice/libpod-\(hexID).scope", .podman, hexID),
    ("/libpod_parent/libpod-\(hexID)", .podman, hexID),
    ("/machine.slice/foo.service/libpod-payload-\(hexID)", .podman, hexID),
    ("/system.slice/nerdctl-\(hexID).scope", .nerdctl, hexID),
    ("/default/\(hexID)", .unknown, hexID),
    ("/my-parent/\(hexID)", .unknown, hexID),
    ("/lxc/web", .lxc, "web"),
    ("/lxc.payload.web", .lxc, "web"),
    ("/garden/0a1b2c3d-0000-1111-2222-333344445555", .garden, "0a1b2c3d-0000-1111-2222-333344445555"),
    ("/ecs/0a1b2c3d-0000-1111-2222-333344445555/\(hexID)", .ecs, hexID),
    ("/ecs/task/task-1234567890", .ecs, "task-1234567890"),
    ("/mesos/0a1b2c3d-0000-1111-2222-333344445555", .mesos, "0a1b2c3d-0000-1111-2222-333344445555"),
    ("//docker//\(hexID)/", .docker, hexID),
  ]

  @Test(arguments: containers) func `a container's cgroup tells runtime and id`(
    path: String, runtime: ContainerRuntime, id: String
  ) {
    guard case .container(let container) = CgroupPath(path).role else {
      Issue.record("\(path) is no container: \(CgroupPath(path).role)")
      return
    }
    #expect(container.runtime == runtime)
    #expect(container.id == id)
  }

  @Test(arguments: [
    "/", "/system.slice", "/system.slice/docker.service", "/init.scope", "/docker", "/kubepods", "/kubepods/besteffort",
    "/user.slice/user-1000.slice/session-3.scope", "/kubepods/pod0a1b2c3d-0000-1111-2222-333344445555", "/lxc",
    "/docker/\(hexID)/system.slice/nginx.service",
  ]) func `what the host makes for itself is no container`(path: String) {
    #expect(CgroupPath(path).role == .plain)
  }

  @Test(arguments: [
    "/machine.slice/libpod-conmon-\(hexID).scope", "/kubepods/crio-conmon-\(hexID)",
    "/kubepods.slice/crio-conmon-\(hexID).scope",
    "/libpod_parent/conmon", "/lxc.monitor.web",
  ]) func `a monitor is none either`(path: String) {
    #expect(CgroupPath(path).role == .monitor)
  }

  @Test(arguments: [
    "/default/web", "/web", "/machine.slice/libpod-\(hexID).scope/container", "/docker/\(hexID.dropLast())",
    "/docker-\(hexID.uppercased()).scopes",
  ])
  func `an arbitrary name may be one`(path: String) {
    guard case .candidate = CgroupPath(path).role else {
      Issue.record("\(path): \(CgroupPath(path).role)")
      return
    }
  }

  @Test(
    arguments: [
      ("/kubepods/burstable/pod0a1b2c3d-0000-1111-2222-333344445555/\(hexID)", "0a1b2c3d-0000-1111-2222-333344445555"),
      (
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0a1b2c3d_0000_1111_2222_333344445555.slice/cri-containerd-\(hexID).scope",
        "0a1b2c3d-0000-1111-2222-333344445555"
      ),
      ("/kubepods/burstable/pod0123456789abcdef0123456789abcdef/\(hexID)", "0123456789abcdef0123456789abcdef"),
      ("/docker/\(hexID)", nil),
    ] as [(String, String?)]) func `the pod's uid is in the path`(path: String, uid: String?)
  {
    guard case .container(let container) = CgroupPath(path).role else {
      Issue.record("\(path) is no container")
      return
    }
    #expect(container.podUID == uid)
  }

  @Test func `a path knows what it lies in`() {
    let path = CgroupPath("/a/b/c")
    #expect(path.name == "c")
    #expect(path.parent == CgroupPath("/a/b"))
    #expect(CgroupPath("/a").parent == CgroupPath("/"))
    #expect(CgroupPath("/").parent == nil)
  }
}
