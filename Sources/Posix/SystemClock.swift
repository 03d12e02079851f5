internal import Glibc

/// The kernel's clocks.
public enum SystemClock {
  /// Nanoseconds since boot, time asleep included. The corresponding C function is `clock_gettime`.
  public static var bootNanoseconds: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
