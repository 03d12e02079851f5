internal import CLZ4

/// Why bytes are not an LZ4 frame.
public struct LZ4Error: Error, Equatable, Sendable, CustomStringConvertible {
  /// The library's words.
  public let reason: String
  public var description: String { "not an lz4 file, or a damaged one: \(reason)" }
}

/// Unpacks LZ4 frames as they come, as the `lz4` program writes them; several one after the other are one stream.
///
/// The corresponding C function is `LZ4F_decompress`.
public final class LZ4Unpacker {
  private let context: OpaquePointer
  /// Everything up to here was a whole frame.
  public private(set) var isAtFrameEnd = false

  public init() throws(LZ4Error) {
    var context: OpaquePointer?
    let code = LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))
    guard LZ4F_isError(code) == 0, let context else { throw LZ4Error(reason: "no memory") }
    self.context = context
  }

  deinit { LZ4F_freeDecompressionContext(context) }

  /// Takes from `input` and puts into `output`, until one of them is used up.
  public func unpack(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(LZ4Error) -> (read: Int, written: Int) {
    var read = input.count
    var written = output.count
    let code = LZ4F_decompress(context, output.baseAddress, &written, input.baseAddress, &read, nil)
    if LZ4F_isError(code) != 0 { throw LZ4Error(reason: String(cString: LZ4F_getErrorName(code))) }
    isAtFrameEnd = code == 0
    return (read, written)
  }
}
