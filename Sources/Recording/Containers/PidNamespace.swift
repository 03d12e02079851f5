internal import Posix

/// The pid namespace that this process is in.
enum PidNamespace {
  /// Inode number of the initial one. Source: include/linux/proc_ns.h, PROC_PID_INIT_INO.
  private static let initial = "pid:[4026531836]"

  /// The kernel's records carry pids of the initial namespace: from inside another one /proc and they would not agree.
  static func requireInitial() throws(RecordingError) {
    guard let own = try? File.linkTarget("/proc/self/ns/pid"), own != initial else { return }
    throw RecordingError(
      "inside a pid namespace (\(own)): processes have other numbers here than in the kernel's records",
      remedy: "run it on the host, or in a container started with the host's pid namespace (--pid=host); "
        + "captures can be read anywhere")
  }
}
