internal import Posix

/// Work that every recorder is given, and how many calls it makes.
struct PeerWorkload {
  enum Kind: String, CaseIterable { case dd, find, tar, fork, network }

  let kind: Kind
  /// A shell's.
  let script: String
  let calls: Double

  /// - Parameter divisor: Makes it smaller, for those that take long over each call.
  init(_ kind: Kind, _ bench: Workbench, divisor: Int = 1) throws {
    self.kind = kind
    let times = divisor > 1 ? "1" : "1 2 3"
    script =
      switch kind {
      case .dd: "exec " + bench.dd(bench.count / 2 / divisor)
      case .find: "for i in \(times); do find /usr\(divisor > 1 ? "/share/doc" : "") -type f; done >/dev/null 2>&1"
      // Through a pipe that is not standard output, of which more is kept.
      case .tar:
        "cd \(bench.directory) && mkfifo pipe && for i in \(times); do cat pipe >/dev/null & "
          + "tar cf pipe -C /usr/share \(divisor > 1 ? "zoneinfo" : "doc zoneinfo perl python3") 2>/dev/null; "
          + "wait; done; rm pipe"
      case .fork: "i=0; while [ $i -lt \(2500 / divisor) ]; do /bin/true; i=$((i+1)); done"
      // On one processor: whether an answer wakes the other one is a matter of the scheduler's, and costs more than tracing.
      case .network: "exec taskset -c 0 \(bench.own) --ping-pong \(100_000 / divisor)"
      }
    calls = try Self.count(bench.shell(script), bench)
  }

  /// As the kernel counts them.
  private static func count(_ words: [String], _ bench: Workbench) throws -> Double {
    let perf = "/usr/bin/perf"
    guard File.isExecutable(perf) else { throw Refusal(reason: "\(perf), which counts calls, is not here") }
    let path = bench.directory + "/calls"
    let launch = ProgramLaunch(perf, ["stat", "-x,", "-e", "raw_syscalls:sys_enter", "-o", path, "--"] + words)
    guard try Watchdog.wait(for: Watchdog.start(launch)).end.isSuccess else {
      throw Refusal(reason: "\(perf) does not count calls here")
    }
    let text = String(decoding: try FileDescriptor.contents(of: path), as: UTF8.self)
    for line in text.split(separator: "\n") {
      if line.contains("raw_syscalls"), let first = line.split(separator: ",").first, let count = Double(first) {
        return count
      }
    }
    throw Refusal(reason: "\(perf) counted no calls")
  }
}
