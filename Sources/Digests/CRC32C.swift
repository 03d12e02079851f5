internal import CISAL

/// CRC-32C (Castagnoli). The corresponding C function is `crc32_iscsi`.
public enum CRC32C {
  public static func checksum(_ bytes: UnsafeRawBufferPointer, continuing previous: UInt32 = 0) -> UInt32 {
    guard let start = bytes.baseAddress else { return previous }
    // Declared without const, though it only reads.
    let mutable = UnsafeMutablePointer(mutating: start.assumingMemoryBound(to: UInt8.self))
    return ~crc32_iscsi(mutable, Int32(clamping: bytes.count), ~previous)
  }

  public static func checksum(_ bytes: RawSpan, continuing previous: UInt32 = 0) -> UInt32 {
    bytes.withUnsafeBytes { checksum($0, continuing: previous) }
  }
}
