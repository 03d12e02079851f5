/// A cursor over bytes that are not to be trusted: every step is bounded, and says where it failed.
public struct ByteReader: ~Copyable, ~Escapable {
  public let bytes: RawSpan
  /// Of the next byte, counted from the start of `bytes`.
  public private(set) var offset = 0

  @_lifetime(copy bytes)
  public init(_ bytes: RawSpan) { self.bytes = bytes }

  public var remaining: Int { bytes.byteCount - offset }
  public var isAtEnd: Bool { remaining == 0 }

  /// Reads a little-endian integer.
  ///
  /// - Throws: ``ByteError/truncated(at:needed:available:)``.
  @inlinable
  @_lifetime(self: copy self)
  public mutating func read<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type) throws(ByteError) -> Value {
    let at = try advance(MemoryLayout<Value>.size)
    return Value(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: at, as: type))
  }

  /// Reads an unsigned number of 7 bits a byte, lowest first, the high bit set on all but the last.
  ///
  /// - Throws: ``ByteError/truncated(at:needed:available:)``; ``ByteError/invalid(at:what:value:)`` past 64 bits.
  @inlinable
  @_lifetime(self: copy self)
  public mutating func readVariable() throws(ByteError) -> UInt64 {
    let start = offset
    var result: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = try read(UInt8.self)
      if shift == 63, byte > 1 { throw .invalid(at: start, what: "variable-length number", value: UInt64(byte)) }
      result |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return result }
      shift += 7
    }
  }

  /// Splits off the next `count` bytes.
  ///
  /// - Parameter count: Length in bytes, usually read from the file and so not to be trusted.
  /// - Throws: ``ByteError/truncated(at:needed:available:)`` when `count` is negative or too large.
  /// - Complexity: O(1). Copies nothing.
  @_lifetime(copy self)
  @_lifetime(self: copy self)
  public mutating func readBytes(_ count: Int) throws(ByteError) -> RawSpan {
    let at = try advance(count)
    return bytes.extracting(at..<(at + count))
  }

  /// Passes over `count` bytes, and answers where they began.
  @usableFromInline
  @discardableResult
  @_lifetime(self: copy self)
  mutating func advance(_ count: Int) throws(ByteError) -> Int {
    guard count >= 0, count <= remaining else {
      throw .truncated(at: offset, needed: count, available: remaining)
    }
    defer { offset += count }
    return offset
  }

  /// Passes over `count` bytes.
  @_lifetime(self: copy self)
  public mutating func skip(_ count: Int) throws(ByteError) { try advance(count) }
}

extension RawSpan {
  /// The little-endian integer at `offset`; nil where it would reach past the end.
  @inlinable
  public func integer<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: Value.Type) -> Value? {
    guard offset >= 0, offset <= byteCount - MemoryLayout<Value>.size else { return nil }
    return Value(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: type))
  }

  /// A copy of the bytes.
  public var array: [UInt8] { withUnsafeBytes { Array($0) } }
}
