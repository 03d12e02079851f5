internal import Events
internal import ProbeRecords

/// One record as the probes wrote it, in place in the ring: valid until the ring is advanced.
///
///     0        48                                  fixed part, by form          fields
///     +--------+-----------------------------------+----------------------------+
///     | header | at_call, at_transfer, at_exec ... | id u16, flags u16, len u32 |
///     +--------+-----------------------------------+ bytes, padding to 8 ...    |
///                                                  +----------------------------+
///
/// The kernel is trusted to have written it, but not to have written all of it: every access is bounded.
struct ProbeRecord {
  let bytes: UnsafeRawBufferPointer

  /// Nil when there is no room for a header.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= MemoryLayout<at_header>.size else { return nil }
    self.bytes = bytes
  }

  var header: at_header { bytes.loadUnaligned(as: at_header.self) }

  /// The record as `type`; nil when it is too short for it.
  func body<Body: BitwiseCopyable>(as type: Body.Type) -> Body? {
    guard bytes.count >= MemoryLayout<Body>.size else { return nil }
    return bytes.loadUnaligned(as: Body.self)
  }

  /// The fields that follow a fixed part of `length` bytes.
  func fields(after length: Int) -> RecordFields { RecordFields(bytes: bytes, position: length) }
}

/// A cursor over the fields of a record; ends at the first one that does not fit.
struct RecordFields: Sequence, IteratorProtocol {
  let bytes: UnsafeRawBufferPointer
  var position: Int

  struct Field {
    var id: UInt32
    var flags: UInt32
    var bytes: UnsafeRawBufferPointer

    /// The field's bytes as `type`; nil when they are too few.
    func value<Value: BitwiseCopyable>(as type: Value.Type) -> Value? {
      bytes.count >= MemoryLayout<Value>.size ? bytes.loadUnaligned(as: Value.self) : nil
    }
  }

  mutating func next() -> Field? {
    let head = MemoryLayout<at_field>.size
    guard bytes.count - position >= head else { return nil }
    let field = bytes.loadUnaligned(fromByteOffset: position, as: at_field.self)
    guard field.id != 0, Int(field.length) <= bytes.count - position - head else { return nil }
    let content = UnsafeRawBufferPointer(rebasing: bytes[(position + head)..<(position + head + Int(field.length))])
    position = Swift.min(bytes.count, position + head + (Int(field.length) + 7) & ~7)
    return Field(id: UInt32(field.id), flags: UInt32(field.flags), bytes: content)
  }
}

/// Turns the probes' component lists, leaf first, into a path.
///
/// "b\0a\0" is "/a/b"; no component at all is "/".
func path(fromComponents bytes: UnsafeRawBufferPointer) -> [UInt8] {
  var result: [UInt8] = []
  result.reserveCapacity(bytes.count + 1)
  var end = bytes.count
  if end > 0, bytes[end - 1] == 0 { end -= 1 }
  while end > 0 {
    var start = end
    while start > 0, bytes[start - 1] != 0 { start -= 1 }
    result.append(UInt8(ascii: "/"))
    result.append(contentsOf: bytes[start..<end])
    end = start - 1
  }
  return result.isEmpty ? [UInt8(ascii: "/")] : result
}

/// A path argument as its program meant it: joined to its directory when it is relative, "." and ".." resolved by name.
///
/// - Parameter base: The directory's path; nil when it is unknown, which makes a relative path stay relative.
func path(joining argument: [UInt8], to base: [UInt8]?) -> [UInt8] {
  if argument.first == UInt8(ascii: "/") { return argument }
  guard var result = base else { return argument }
  argument.withUnsafeBytes { append($0, toPath: &result) }
  return result
}

/// Goes on from the directory `path` by the names of a relative path.
func append(_ argument: UnsafeRawBufferPointer, toPath path: inout [UInt8]) {
  let (slash, dot) = (UInt8(ascii: "/"), UInt8(ascii: "."))
  var start = 0
  while start < argument.count {
    let end = argument[start...].firstIndex(of: slash) ?? argument.count
    defer { start = end + 1 }
    switch end - start {
    case 0: continue
    case 1 where argument[start] == dot: continue
    case 2 where argument[start] == dot && argument[start + 1] == dot:
      if let last = path.lastIndex(of: slash) { path.removeSubrange(last...) }
    default:
      if path.last != slash { path.append(slash) }
      path.append(contentsOf: UnsafeRawBufferPointer(rebasing: argument[start..<end]))
    }
  }
  if path.isEmpty { path.append(slash) }
}
