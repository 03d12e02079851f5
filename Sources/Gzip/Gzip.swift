internal import CZlib

/// Why bytes are not a gzip file that may be unpacked.
public enum GzipError: Error, Equatable, Sendable {
  /// Not gzip, damaged, or with something behind it.
  case damaged
  case truncated
  /// It would unpack to more than the caller allows.
  case tooLarge(limit: Int)
}

extension GzipError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .damaged: "not a gzip file, or a damaged one"
    case .truncated: "the gzip file ends early"
    case .tooLarge(let limit): "the gzip file unpacks to more than \(limit) bytes"
    }
  }
}

/// Unpacks a gzip file of one member.
///
/// A kilobyte can unpack to a megabyte: memory grows with what comes out, in steps of 64 KiB, and never beyond `limit`.
/// The corresponding C function is `inflate`.
public func gunzip(_ bytes: [UInt8], limit: Int) throws(GzipError) -> [UInt8] {
  var stream = z_stream()
  // 15 bits of window, and 16 for the gzip header.
  guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
    throw .damaged
  }
  defer { inflateEnd(&stream) }
  var source = bytes
  var result: [UInt8] = []
  let chunk = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 16)
  defer { chunk.deallocate() }
  let failure: GzipError? = source.withUnsafeMutableBufferPointer { input in
    stream.next_in = input.baseAddress
    stream.avail_in = uInt(clamping: input.count)
    while true {
      stream.next_out = chunk.baseAddress
      stream.avail_out = uInt(chunk.count)
      let code = inflate(&stream, Z_NO_FLUSH)
      let filled = chunk.count - Int(stream.avail_out)
      if result.count + filled > limit { return .tooLarge(limit: limit) }
      result.append(contentsOf: chunk[..<filled])
      switch code {
      case Z_STREAM_END: return stream.avail_in == 0 ? nil : .damaged
      case Z_OK where stream.avail_in > 0 || stream.avail_out == 0: continue
      case Z_OK, Z_BUF_ERROR: return .truncated
      default: return .damaged
      }
    }
  }
  if let failure { throw failure }
  return result
}
