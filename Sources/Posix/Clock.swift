internal import Glibc

/// The kernel's clocks, in nanoseconds. The corresponding C function is `clock_gettime`.
public enum Clock {
  public static var boot: UInt64 { read(CLOCK_BOOTTIME) }
  public static var monotonic: UInt64 { read(CLOCK_MONOTONIC) }
  public static var real: Int64 { Int64(bitPattern: read(CLOCK_REALTIME)) }
  /// CPU time that this process has used.
  public static var processCPU: UInt64 { read(CLOCK_PROCESS_CPUTIME_ID) }
  /// CPU time that the calling thread has used.
  public static var threadCPU: UInt64 { read(CLOCK_THREAD_CPUTIME_ID) }

  private static func read(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }
}
