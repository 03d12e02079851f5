internal import Glibc

extension FileDescriptor {
  /// Reads the whole of a small file, also one whose length is not known beforehand, such as those of /proc.
  ///
  /// What lies beyond `limit` bytes is left out.
  public static func contents(of path: String, limit: Int = 1 << 20) throws(SystemError) -> [UInt8] {
    try open(path, flags: O_RDONLY).readToEnd(limit: limit)
  }

  /// Reads up to the end, or to `limit` bytes.
  public borrowing func readToEnd(limit: Int = .max) throws(SystemError) -> [UInt8] {
    var result: [UInt8] = []
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 16384, alignment: 8)
    defer { chunk.deallocate() }
    while result.count < limit {
      let wanted = min(chunk.count, limit - result.count)
      let got = try read(into: UnsafeMutableRawBufferPointer(rebasing: chunk[..<wanted]))
      if got == 0 { break }
      result += chunk[..<got]
    }
    return result
  }

  /// Reads up to the end and forgets it; tells how many bytes there were.
  borrowing func drain() throws(SystemError) -> Int {
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 8)
    defer { chunk.deallocate() }
    var count = 0
    while true {
      let got = try read(into: chunk)
      if got == 0 { return count }
      count += got
    }
  }

  /// Makes or replaces the file at `path`.
  public static func write(_ contents: some Collection<UInt8>, to path: String, mode: UInt32 = 0o600)
    throws(SystemError)
  {
    let file = try open(path, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: contents.count, alignment: 8)
    defer { bytes.deallocate() }
    bytes.copyBytes(from: contents)
    try file.write(UnsafeRawBufferPointer(bytes))
  }
}
