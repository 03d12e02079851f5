internal import Posix

/// A cgroup named as docker names a container's, with processes in it: all that attribution by pattern needs.
struct LabContainer {
  let id: String
  private let cgroup: String

  init(number: Int) throws {
    let digits = String(number, radix: 16)
    let prefix = String(processID, radix: 16) + "be0c4"
    id = prefix + String(repeating: "0", count: 64 - prefix.count - digits.count) + digits
    let parent = Workbench.hierarchy + "/docker"
    if !File.exists(parent) { try Directory.create(parent) }
    cgroup = parent + "/" + id
    try Directory.create(cgroup)
  }

  /// Starts a shell in the container; it ends with ``remove()`` at the latest.
  @discardableResult
  func start(_ script: String) throws -> ChildProcess {
    let child = try ChildProcess(
      starting: ProgramLaunch("/bin/sh", ["-c", "echo $$ >\(cgroup)/cgroup.procs; " + script]))
    while (try? members())?.isEmpty ?? true { if try child.endIfOver() != nil { break } }
    return child
  }

  private func members() throws -> [Int32] {
    let text = String(decoding: try FileDescriptor.contents(of: cgroup + "/cgroup.procs"), as: UTF8.self)
    return text.split(separator: "\n").compactMap { Int32($0) }
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
