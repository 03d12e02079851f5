internal import Posix

/// A cgroup named as docker names a container's, with processes in it: all that attribution by pattern needs.
struct LabContainer {
  let id: String
  /// The directory of its cgroup.
  let cgroup: String

  init(number: Int) throws {
    id = Self.id(UInt64(processID) << 32 | UInt64(number))
    let parent = Workbench.hierarchy + "/docker"
    if !File.exists(parent) { try Directory.create(parent) }
    cgroup = parent + "/" + id
    try Directory.create(cgroup)
  }

  /// 64 hexadecimal digits that look like a real container's: different from their first on. Splitmix64.
  private static func id(_ seed: UInt64) -> String {
    var state = seed
    return (0..<4).map { _ in
      state &+= 0x9E37_79B9_7F4A_7C15
      var value = state
      value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
      value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
      value ^= value >> 31
      let digits = String(value, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }

  /// Starts a shell that goes into the container; it ends with ``remove()`` at the latest.
  @discardableResult
  func start(_ script: String) throws -> ChildProcess {
    try Watchdog.start(ProgramLaunch("/bin/sh", ["-c", "echo $$ >\(cgroup)/cgroup.procs; " + script]))
  }

  func remove() {
    try? FileDescriptor.write("1".utf8, to: cgroup + "/cgroup.kill")
    // The kernel takes a moment to empty it.
    for _ in 0..<1000 {
      if (try? Directory.remove(cgroup)) != nil { break }
      try? WakeUp().wait(milliseconds: 2)
    }
    // Only the last one can.
    try? Directory.remove(Workbench.hierarchy + "/docker")
  }
}
