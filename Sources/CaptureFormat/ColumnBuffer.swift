internal import Bytes
internal import Events

/// One column being written: values are encoded a chunk at a time, so that an open block is as small as a sealed one.
struct ColumnBuffer: ~Copyable {
  let column: ColumnID
  let encoding: ColumnEncoding
  /// Integers that are not encoded yet: fewer than a chunk. Grows with use, for streams in which little happens.
  private(set) var pending: UnsafeMutablePointer<Int64>
  private(set) var pendingCount = 0
  private(set) var pendingCapacity = 0
  /// Whole chunks; of `bytes` the lengths.
  private(set) var encoded = ByteBuffer()
  private(set) var heap = ByteBuffer()
  private(set) var encodedCount = 0
  private var constantBase: Int64 = 0
  private var isConstant = true

  init(_ column: ColumnID, _ encoding: ColumnEncoding) {
    self.column = column
    self.encoding = encoding
    pending = UnsafeMutablePointer<Int64>.allocate(capacity: 1)
  }

  deinit { pending.deallocate() }

  var valueCount: Int { encodedCount + pendingCount }
  var memoryInBytes: Int { pendingCapacity * 8 + encoded.capacity + heap.capacity }

  /// Never less than the encoded bytes will be.
  var lengthBound: Int { encoded.count + heap.count + pendingCount * 8 + 32 }

  @inline(__always)
  mutating func append(_ value: Int64) {
    if pendingCount == pendingCapacity { makeRoom() }
    pending[pendingCount] = value
    pendingCount += 1
  }

  /// Puts `value` in the place of the last one.
  mutating func replaceLast(_ value: Int64) { pending[pendingCount - 1] = value }
  mutating func insertIntoLast(bits: Int64) { pending[pendingCount - 1] |= bits }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    encoded.append(variable: UInt64(bytes.count))
    heap.append(bytes)
    encodedCount += 1
  }

  mutating func removeAll() {
    pendingCount = 0
    encodedCount = 0
    encoded.removeAll()
    heap.removeAll()
    isConstant = true
  }

  @inline(never)
  private mutating func makeRoom() {
    if pendingCapacity == ColumnEncoding.chunkLength { return flush() }
    let capacity = pendingCapacity == 0 ? 8 : min(pendingCapacity * 4, ColumnEncoding.chunkLength)
    let bigger = UnsafeMutablePointer<Int64>.allocate(capacity: capacity)
    bigger.update(from: pending, count: pendingCount)
    pending.deallocate()
    pending = bigger
    pendingCapacity = capacity
  }

  /// Encodes what is pending as a chunk.
  mutating func flush() {
    guard pendingCount > 0 else { return }
    switch encoding {
    case .deltas: flushDeltas()
    case .planes, .constant, .bytes: flushPlanes()
    }
    encodedCount += pendingCount
    pendingCount = 0
  }

  private mutating func flushPlanes() {
    let values = pending
    let count = pendingCount
    var low = values[0]
    var high = values[0]
    for index in 1..<max(count, 1) {
      low = min(low, values[index])
      high = max(high, values[index])
    }
    let range = UInt64(bitPattern: high &- low)
    let width = (64 - range.leadingZeroBitCount + 7) / 8
    if encodedCount == 0 { constantBase = low }
    isConstant = isConstant && width == 0 && low == constantBase
    let target = encoded.reserve(9 + width * count)
    target.storeBytes(of: UInt8(width), as: UInt8.self)
    target.storeBytes(of: low.littleEndian, toByteOffset: 1, as: Int64.self)
    var plane = (target + 9).assumingMemoryBound(to: UInt8.self)
    for byte in 0..<width {
      let shift = UInt64(byte * 8)
      for index in 0..<count {
        plane[index] = UInt8(truncatingIfNeeded: UInt64(bitPattern: values[index] &- low) &>> shift)
      }
      plane += count
    }
    encoded.commit(9 + width * count)
  }

  private mutating func flushDeltas() {
    let values = pending
    let count = pendingCount
    isConstant = false
    encoded.append(littleEndian: values[0])
    var start = 1
    while start < count {
      let end = min(start + ColumnEncoding.groupLength, count)
      var all: UInt64 = 0
      for index in start..<end { all |= zigzag(values[index] &- values[index - 1]) }
      let width = 64 - all.leadingZeroBitCount
      let length = ((end - start) * width + 7) / 8
      // The packing writes whole words: 16 bytes more than needed, which are not committed.
      let target = encoded.reserve(1 + length + 16)
      target.storeBytes(of: UInt8(width), as: UInt8.self)
      if width > 0 { pack(from: start, to: end, width: width, into: target + 1) }
      encoded.commit(1 + length)
      start = end
    }
  }

  private func pack(from start: Int, to end: Int, width: Int, into target: UnsafeMutableRawPointer) {
    var word: UInt64 = 0
    var filled = 0
    var output = target
    for index in start..<end {
      let value = zigzag(pending[index] &- pending[index - 1])
      word |= value &<< UInt64(filled)
      filled += width
      if filled >= 64 {
        output.storeBytes(of: word.littleEndian, as: UInt64.self)
        output += 8
        filled -= 64
        // What did not fit; a shift by the whole width would be undefined.
        word = filled == 0 ? 0 : value >> UInt64(width - filled)
      }
    }
    output.storeBytes(of: word.littleEndian, as: UInt64.self)
  }

  /// Ends the column: everything encoded. The bytes go to `target`.
  mutating func finish(into target: inout ByteBuffer) -> ColumnEncoding {
    flush()
    if encoding == .bytes {
      target.append(encoded.bytes)
      target.append(heap.bytes)
      return .bytes
    }
    if isConstant, encodedCount > 0 {
      target.append(littleEndian: constantBase)
      return .constant
    }
    target.append(encoded.bytes)
    return encoding
  }
}

/// Small numbers of either sign as small unsigned ones.
@inline(__always)
func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: (value &<< 1) ^ (value &>> 63)) }
@inline(__always)
func unzigzag(_ value: UInt64) -> Int64 { Int64(bitPattern: value &>> 1) ^ -Int64(bitPattern: value & 1) }
