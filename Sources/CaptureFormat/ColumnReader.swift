internal import Bytes

/// A column of integers: encoded, and unpacked a chunk at a time. The bytes are drawn at ``ColumnEncoding``.
///
/// All lengths are checked when it is made; after that a value can always be had.
struct IntegerColumn {
  let count: Int
  private let bytes: [UInt8]
  private let encoding: ColumnEncoding
  /// Where each chunk begins.
  private var chunks: [Int] = []
  private var currentChunk = -1
  private var values: [Int64] = []

  /// - Parameter start: Where the values begin, after a null map.
  /// - Parameter count: Checked against the bytes that are there, save for a constant column, which takes no memory.
  init(_ bytes: [UInt8], from start: Int, encoding number: UInt8, count: Int) throws(ByteError) {
    guard let encoding = ColumnEncoding(rawValue: number), encoding != .bytes else {
      throw .invalid(at: start, what: "encoding of integers", value: UInt64(number))
    }
    self.bytes = bytes
    self.encoding = encoding
    self.count = count
    var reader = ByteReader(bytes.span.bytes)
    try reader.skip(start)
    if encoding == .constant {
      chunks = [start]
      if count > 0 { values = [try reader.read(Int64.self)] }
      return
    }
    var first = 0
    while first < count {
      let length = min(ColumnEncoding.chunkLength, count - first)
      chunks.append(reader.offset)
      if encoding == .planes {
        let width = Int(try reader.read(UInt8.self))
        guard width <= 8 else { throw .invalid(at: reader.offset - 1, what: "width in bytes", value: UInt64(width)) }
        try reader.skip(8 + width * length)
      } else {
        try reader.skip(8)
        var rest = length - 1
        while rest > 0 {
          let group = min(rest, ColumnEncoding.groupLength)
          let width = Int(try reader.read(UInt8.self))
          guard width <= 64 else { throw .invalid(at: reader.offset - 1, what: "width in bits", value: UInt64(width)) }
          try reader.skip((group * width + 7) / 8)
          rest -= group
        }
      }
      first += length
    }
  }

  /// The value at `index`; nil past the end.
  /// - Complexity: O(1) forwards; going back to another chunk unpacks it again.
  @inline(__always)
  mutating func value(at index: Int) -> Int64? {
    guard index >= 0, index < count else { return nil }
    if encoding == .constant { return values[0] }
    let chunk = index / ColumnEncoding.chunkLength
    if chunk != currentChunk { unpack(chunk) }
    return values[index % ColumnEncoding.chunkLength]
  }

  @inline(never)
  private mutating func unpack(_ chunk: Int) {
    currentChunk = chunk
    let length = min(ColumnEncoding.chunkLength, count - chunk * ColumnEncoding.chunkLength)
    // Taken out for the while, so that writing to it does not touch `self`.
    var output = values
    values = []
    if output.count != length { output = Array(repeating: 0, count: length) }
    if encoding == .planes {
      Self.unpackPlanes(bytes.span.bytes, at: chunks[chunk], into: &output)
    } else {
      Self.unpackDeltas(bytes.span.bytes, at: chunks[chunk], into: &output)
    }
    values = output
  }

  private static func unpackPlanes(_ span: RawSpan, at start: Int, into values: inout [Int64]) {
    let length = values.count
    let width = Int(span.unsafeLoadUnaligned(fromByteOffset: start, as: UInt8.self))
    let base = Int64(littleEndian: span.unsafeLoadUnaligned(fromByteOffset: start + 1, as: Int64.self))
    for index in 0..<length { values[index] = base }
    for plane in 0..<width {
      let place = span.extracting((start + 9 + plane * length)..<(start + 9 + (plane + 1) * length))
      for index in 0..<length {
        let byte = Int64(place.unsafeLoadUnaligned(fromByteOffset: index, as: UInt8.self))
        values[index] &+= byte &<< Int64(plane * 8)
      }
    }
  }

  private static func unpackDeltas(_ span: RawSpan, at start: Int, into values: inout [Int64]) {
    let length = values.count
    var value = Int64(littleEndian: span.unsafeLoadUnaligned(fromByteOffset: start, as: Int64.self))
    values[0] = value
    var place = start + 8
    var index = 1
    while index < length {
      let end = min(index + ColumnEncoding.groupLength, length)
      let width = Int(span.unsafeLoadUnaligned(fromByteOffset: place, as: UInt8.self))
      let bytesInGroup = ((end - index) * width + 7) / 8
      let packed = span.extracting((place + 1)..<(place + 1 + bytesInGroup))
      let mask = width == 64 ? UInt64.max : (1 << UInt64(width)) - 1
      var bit = 0
      while index < end {
        let byte = bit >> 3
        let shift = UInt64(bit & 7)
        var word = packed.word(at: byte) >> shift
        if Int(shift) + width > 64 { word |= packed.word(at: byte + 8) << (64 - shift) }
        value &+= unzigzag(word & mask)
        values[index] = value
        bit += width
        index += 1
      }
      place += 1 + bytesInGroup
    }
  }
}

extension RawSpan {
  /// Eight bytes at `offset`, zeros for those past the end.
  fileprivate func word(at offset: Int) -> UInt64 {
    if let word = integer(at: offset, as: UInt64.self) { return word }
    var result: UInt64 = 0
    var index = offset
    while index < byteCount {
      result |= UInt64(unsafeLoadUnaligned(fromByteOffset: index, as: UInt8.self)) << UInt64((index - offset) * 8)
      index += 1
    }
    return result
  }
}

/// A column of byte strings.
struct BytesColumn {
  private let bytes: [UInt8]
  /// Where each begins, and where the last ends.
  private var offsets: [UInt32] = []

  init(_ bytes: [UInt8], from start: Int, encoding number: UInt8, count: Int) throws(ByteError) {
    guard ColumnEncoding(rawValue: number) == .bytes else {
      throw .invalid(at: start, what: "encoding of byte strings", value: UInt64(number))
    }
    self.bytes = bytes
    var reader = ByteReader(bytes.span.bytes)
    try reader.skip(start)
    // Each length takes a byte at least: a count that promises more is not worth an allocation.
    guard count <= reader.remaining else {
      throw .truncated(at: start, needed: count, available: reader.remaining)
    }
    var lengths: [UInt32] = []
    lengths.reserveCapacity(count)
    for _ in 0..<count {
      let at = reader.offset
      let length = try reader.readVariable()
      guard length <= UInt64(bytes.count) else { throw .invalid(at: at, what: "length of a string", value: length) }
      lengths.append(UInt32(length))
    }
    offsets.reserveCapacity(count + 1)
    offsets.append(UInt32(reader.offset))
    for length in lengths {
      try reader.skip(Int(length))
      offsets.append(UInt32(reader.offset))
    }
  }

  var count: Int { offsets.count - 1 }

  /// Nil past the end.
  subscript(index: Int) -> [UInt8]? {
    guard index >= 0, index < count else { return nil }
    return Array(bytes[Int(offsets[index])..<Int(offsets[index + 1])])
  }

  func string(_ index: Int) -> String? {
    guard index >= 0, index < count else { return nil }
    return String(decoding: bytes[Int(offsets[index])..<Int(offsets[index + 1])], as: UTF8.self)
  }
}
