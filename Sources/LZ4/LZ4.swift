internal import CLZ4

/// LZ4 blocks: no frame around them, lengths are kept by whoever keeps the block.
public enum LZ4 {
  /// The most that `count` bytes can become. The corresponding C function is `LZ4_compressBound`.
  public static func bound(_ count: Int) -> Int { Int(LZ4_compressBound(Int32(clamping: count))) }

  /// Compresses `source`; nil when the result does not fit in `target`.
  ///
  /// The corresponding C function is `LZ4_compress_default`.
  public static func compress(_ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) -> Int? {
    guard source.count > 0, target.count > 0 else { return nil }
    let length = LZ4_compress_default(
      source.baseAddress, target.baseAddress, Int32(clamping: source.count), Int32(clamping: target.count))
    return length > 0 ? Int(length) : nil
  }

  /// Decompresses `source`, which is not to be trusted, into exactly `count` bytes; nil when it is not that.
  ///
  /// The corresponding C function is `LZ4_decompress_safe`.
  ///
  /// - Parameter count: The length it should have. The caller bounds it: it is allocated before anything is read.
  public static func decompress(_ source: RawSpan, count: Int) -> [UInt8]? {
    // A byte of LZ4 stands for at most 255: a larger claim is not worth an allocation.
    guard count >= 0, count <= source.byteCount.multipliedReportingOverflow(by: 255).partialValue else { return nil }
    var isWhole = false
    let result = [UInt8](unsafeUninitializedCapacity: count) { target, filled in
      let length = source.withUnsafeBytes { bytes in
        LZ4_decompress_safe(bytes.baseAddress, target.baseAddress, Int32(clamping: bytes.count), Int32(clamping: count))
      }
      isWhole = Int(length) == count
      filled = isWhole ? count : 0
    }
    return isWhole ? result : nil
  }
}
