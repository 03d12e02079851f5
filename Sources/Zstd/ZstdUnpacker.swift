internal import CZstd

/// Why bytes are not a Zstandard stream.
public struct ZstdError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The library's words.
  public let reason: String
  public var description: String { "not a zstd file, or a damaged one: \(reason)" }
}

/// Unpacks Zstandard bytes as they come; several frames one after the other are one stream.
///
/// Frames that need more than 128 MiB of history are refused. The corresponding C function is `ZSTD_decompressStream`.
public final class ZstdUnpacker {
  private let stream: OpaquePointer
  /// Everything up to here was a whole frame.
  public private(set) var isAtFrameEnd = false

  public init() throws(ZstdError) {
    guard let stream = ZSTD_createDStream() else { throw ZstdError(reason: "no memory") }
    self.stream = stream
  }

  deinit { ZSTD_freeDStream(stream) }

  /// Takes from `input` and puts into `output`, until one of them is used up.
  public func unpack(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(ZstdError) -> (read: Int, written: Int) {
    var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    let code = ZSTD_decompressStream(stream, &target, &source)
    if ZSTD_isError(code) != 0 { throw ZstdError(reason: String(cString: ZSTD_getErrorName(code))) }
    isAtFrameEnd = code == 0
    return (source.pos, target.pos)
  }
}
