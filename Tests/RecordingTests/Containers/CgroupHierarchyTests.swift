import Recording
import Testing

@Suite struct CgroupHierarchyTests {
  static let v2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate"
  static let hybrid = """
    31 23 0:28 / /sys/fs/cgroup ro - tmpfs tmpfs rw,mode=755
    32 31 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
    33 31 0:30 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory
    """
  static let v1 = """
    22 1 8:1 / / rw - ext4 /dev/sda1 rw
    33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
    34 31 0:31 / /sys/fs/cgroup/with\\040space rw - cgroup cgroup rw,cpuset
    """

  @Test func `version 2 alone`() throws {
    let found = try CgroupHierarchy.detect(mountInfo: Self.v2, ownCgroups: "0::/")
    #expect(found == CgroupHierarchy(version: .unified, number: 0, mountPoint: "/sys/fs/cgroup"))
  }

  @Test func `version 2 beside version 1`() throws {
    let found = try CgroupHierarchy.detect(mountInfo: Self.hybrid, ownCgroups: "4:memory:/\n0::/")
    #expect(found == CgroupHierarchy(version: .hybrid, number: 0, mountPoint: "/sys/fs/cgroup/unified"))
  }

  @Test func `version 1 alone: the memory controller's, else cpuset's`() throws {
    let found = try CgroupHierarchy.detect(mountInfo: Self.v1, ownCgroups: "3:cpuset:/\n2:cpu,cpuacct:/\n")
    #expect(
      found
        == CgroupHierarchy(version: .legacy(controller: "cpuset"), number: 3, mountPoint: "/sys/fs/cgroup/with space"))
    let memory = Self.v1 + "\n35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory"
    #expect(try CgroupHierarchy.detect(mountInfo: memory, ownCgroups: "7:memory:/x").number == 7)
  }

  @Test(arguments: ["", "1 2 3", "nonsense\n22 1 8:1 / / rw - ext4 /dev/sda1 rw"])
  func `without any there is an error with a remedy`(text: String) {
    let error = #expect(throws: CgroupHierarchyError.self) {
      try CgroupHierarchy.detect(mountInfo: text, ownCgroups: "")
    }
    #expect(error?.description.contains("mount -t cgroup2") == true)
  }

  @Test func `a path is found below what is mounted`() {
    let whole = CgroupHierarchy(version: .unified, number: 0, mountPoint: "/sys/fs/cgroup")
    #expect(whole.directory(of: CgroupPath("/a/b")) == "/sys/fs/cgroup/a/b")
    #expect(whole.directory(of: CgroupPath("/")) == "/sys/fs/cgroup")
    let part = CgroupHierarchy(version: .unified, number: 0, mountPoint: "/sys/fs/cgroup", mountRoot: "/a")
    #expect(part.directory(of: CgroupPath("/a/b")) == "/sys/fs/cgroup/b")
    #expect(part.directory(of: CgroupPath("/a")) == "/sys/fs/cgroup")
    #expect(part.directory(of: CgroupPath("/ab")) == nil)
  }

  @Test func `the running system has one, and this process is in it`() throws {
    let hierarchy = try CgroupHierarchy.detect()
    let path = try #require(hierarchy.path(ofProcess: 1))
    let id = try #require(hierarchy.id(of: path))
    let found = hierarchy.scan()
    #expect(found.contains { $0.id == id })
    for (index, cgroup) in found.enumerated() where index > 0 {
      #expect(found[..<index].contains { $0.id == cgroup.parent })
    }
  }
}
