internal import CZlib

/// Unpacks gzip bytes as they come, in memory that does not grow; several members one after the other are one stream.
///
/// The corresponding C function is `inflate`.
public final class GzipUnpacker {
  // zlib keeps the address of the stream it was initialised with: it must not move.
  private let stream: UnsafeMutablePointer<z_stream>
  /// Everything up to here was a whole member.
  public private(set) var isAtMemberEnd = false

  public init() throws(GzipError) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 15 bits of window, and 16 for the gzip header.
    guard inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      stream.deallocate()
      throw .damaged
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Takes from `input` and puts into `output`, until one of them is used up.
  public func unpack(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(GzipError) -> (read: Int, written: Int) {
    guard input.count > 0, output.count > 0 else { return (0, 0) }
    if isAtMemberEnd {
      inflateReset(stream)
      isAtMemberEnd = false
    }
    // inflate does not write to its input.
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress!.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = uInt(clamping: input.count)
    stream.pointee.next_out = output.baseAddress!.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = uInt(clamping: output.count)
    let code = inflate(stream, Z_NO_FLUSH)
    guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else { throw .damaged }
    isAtMemberEnd = code == Z_STREAM_END
    return (input.count - Int(stream.pointee.avail_in), output.count - Int(stream.pointee.avail_out))
  }
}
