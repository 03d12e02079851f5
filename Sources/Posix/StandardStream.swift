internal import Glibc

/// One of the three descriptors that every program starts with.
public enum StandardStream: Int32, Sendable {
  case input = 0
  case output = 1
  case error = 2

  /// Whether a person looks at it. The corresponding C function is `isatty`.
  public var isTerminal: Bool { isatty(rawValue) == 1 }

  /// Reads all there is, or `limit` bytes. The corresponding C function is `read`.
  public func readToEnd(limit: Int = .max) throws(SystemError) -> [UInt8] {
    var result: [UInt8] = []
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { chunk.deallocate() }
    while result.count < limit {
      let wanted = min(chunk.count, limit - result.count)
      let got = try check("read", "standard input") { Glibc.read(rawValue, chunk.baseAddress, wanted) }
      if got == 0 { break }
      result += chunk[..<got]
    }
    return result
  }

  /// Writes all of `text`. The corresponding C function is `write`.
  public func write(_ text: String) throws(SystemError) {
    var text = text
    let failure: SystemError? = text.withUTF8 { bytes in
      var done = 0
      while done < bytes.count {
        let rest = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[done...])
        do throws(SystemError) {
          done += try check("write") { Glibc.write(rawValue, rest.baseAddress, rest.count) }
        } catch {
          return error
        }
      }
      return nil
    }
    if let failure { throw failure }
  }
}

/// The value of an environment variable; nil when it is not set. The corresponding C function is `getenv`.
public func environmentVariable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
