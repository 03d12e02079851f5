/// Bytes that only grow at the end, for the writing side: no bounds checks, no sharing, freed with its owner.
public struct ByteBuffer: ~Copyable {
  public private(set) var base: UnsafeMutableRawPointer
  public private(set) var count = 0
  public private(set) var capacity: Int

  /// Takes no memory where `capacity` is 0, until something is appended.
  public init(capacity: Int = 0) {
    self.capacity = capacity
    base = capacity == 0 ? Self.nowhere : .allocate(byteCount: capacity, alignment: 16)
  }

  deinit {
    if capacity > 0 { base.deallocate() }
  }

  /// Where an empty buffer points: nothing is read or written there.
  private nonisolated(unsafe) static let nowhere = UnsafeMutableRawPointer.allocate(byteCount: 16, alignment: 16)

  public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  public mutating func removeAll() { count = 0 }

  /// Makes room for `more` bytes and answers where they go; ``commit(_:)`` says how many were put there.
  @inline(__always)
  public mutating func reserve(_ more: Int) -> UnsafeMutableRawPointer {
    if count + more > capacity { grow(by: more) }
    return base + count
  }

  @inline(__always)
  public mutating func commit(_ added: Int) {
    assert(count + added <= capacity)
    count += added
  }

  public mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress, bytes.count > 0 else { return }
    reserve(bytes.count).copyMemory(from: start, byteCount: bytes.count)
    commit(bytes.count)
  }

  public mutating func append(_ bytes: [UInt8]) { bytes.withUnsafeBytes { append($0) } }

  /// Appends an integer, little-endian.
  @inline(__always)
  public mutating func append<Value: FixedWidthInteger & BitwiseCopyable>(littleEndian value: Value) {
    reserve(MemoryLayout<Value>.size).storeBytes(of: value.littleEndian, as: Value.self)
    commit(MemoryLayout<Value>.size)
  }

  /// Appends a number of 7 bits a byte, lowest first.
  public mutating func append(variable value: UInt64) {
    let start = reserve(10).assumingMemoryBound(to: UInt8.self)
    var rest = value
    var length = 0
    while rest >= 0x80 {
      start[length] = UInt8(truncatingIfNeeded: rest) | 0x80
      rest >>= 7
      length += 1
    }
    start[length] = UInt8(truncatingIfNeeded: rest)
    commit(length + 1)
  }

  @inline(never)
  private mutating func grow(by more: Int) {
    let old = capacity
    capacity = max(count + more, capacity * 2, 64)
    let bigger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    bigger.copyMemory(from: base, byteCount: count)
    if old > 0 { base.deallocate() }
    base = bigger
  }
}
