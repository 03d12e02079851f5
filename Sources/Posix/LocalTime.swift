internal import CPosix
internal import Glibc

/// Seconds east of UTC in this machine's zone at a wall time. The corresponding C function is `localtime_r`.
public func localOffset(at nanoseconds: Int64) -> Int64 {
  var time = time_t(nanoseconds / 1_000_000_000)
  var result = tm()
  tzset()
  return localtime_r(&time, &result) == nil ? 0 : Int64(result.tm_gmtoff)
}

/// Copies standard input into an unnamed file and answers a path to it, good for the life of the process.
///
/// The corresponding C function is `memfd_create`.
public func spoolStandardInput() throws(SystemError) -> String {
  let number = try check("memfd_create") { at_memory_file("standard-input") }
  let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
  defer { chunk.deallocate() }
  while true {
    let got = try check("read", "standard input") { Glibc.read(0, chunk.baseAddress, chunk.count) }
    if got == 0 { return "/proc/self/fd/\(number)" }
    try write(UnsafeRawBufferPointer(rebasing: chunk[..<got]), to: number)
  }
}
