internal import Glibc

/// What a process took of the machine until it ended, with the children that it waited for.
public struct ResourceUsage: Hashable, Sendable {
  public var userNanoseconds: UInt64
  public var systemNanoseconds: UInt64
  /// The largest resident set of any one of the processes.
  public var peakMemoryInBytes: UInt64

  public var processorNanoseconds: UInt64 { userNanoseconds + systemNanoseconds }

  /// Of the children that were waited for so far. The corresponding C function is `getrusage`.
  public static var children: ResourceUsage {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
    return ResourceUsage(usage)
  }

  fileprivate init(_ usage: rusage) {
    func nanoseconds(_ time: timeval) -> UInt64 { UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_usec) * 1000 }
    userNanoseconds = nanoseconds(usage.ru_utime)
    systemNanoseconds = nanoseconds(usage.ru_stime)
    peakMemoryInBytes = UInt64(max(usage.ru_maxrss, 0)) * 1024
  }
}

extension ChildProcess {
  /// Waits for the end, and says what it cost. The corresponding C function is `wait4`.
  public func waitMeasured() throws(SystemError) -> (end: ProcessEnd, usage: ResourceUsage) {
    var status: Int32 = 0
    var usage = rusage()
    try check("wait4") { wait4(pid, &status, 0, &usage) }
    return (ProcessEnd(status: status), ResourceUsage(usage))
  }
}
