internal import Bytes
internal import Events

/// A block's table of strings: each once, numbered in the order of their first use.
struct StringInterner: ~Copyable {
  private struct Entry {
    var offset: UInt32
    var length: UInt32
    var hash: UInt32
  }
  private var lengths = ByteBuffer()
  private var heap = ByteBuffer()
  private var entries: [Entry] = []
  /// Open addressing: index + 1, 0 is free. At most half full.
  private var slots: [UInt32] = []
  /// Programs choose the strings: without it they could choose ones that collide.
  private let seed: UInt64

  init(seed: UInt64) { self.seed = seed }

  var count: Int { entries.count }
  var lengthBound: Int { lengths.count + heap.count }
  var memoryInBytes: Int { lengths.capacity + heap.capacity + entries.capacity * 12 + slots.capacity * 4 }

  mutating func index(of bytes: UnsafeRawBufferPointer) -> Int {
    if entries.count * 2 >= slots.count { grow() }
    let hash = hash(bytes)
    let mask = slots.count - 1
    var slot = Int(hash) & mask
    while slots[slot] != 0 {
      let index = Int(slots[slot]) - 1
      let entry = entries[index]
      if entry.hash == hash, Int(entry.length) == bytes.count,
        bytes.elementsEqual(
          UnsafeRawBufferPointer(start: heap.base + Int(entry.offset), count: Int(entry.length)))
      {
        return index
      }
      slot = (slot + 1) & mask
    }
    entries.append(Entry(offset: UInt32(heap.count), length: UInt32(bytes.count), hash: hash))
    lengths.append(variable: UInt64(bytes.count))
    heap.append(bytes)
    slots[slot] = UInt32(entries.count)
    return entries.count - 1
  }

  func finish(into target: inout ByteBuffer) -> TableImage {
    let start = target.count
    target.append(lengths.bytes)
    target.append(heap.bytes)
    return TableImage(
      table: .strings, rowCount: count,
      columns: count == 0
        ? []
        : [
          ColumnImage(column: .bytes, encoding: .bytes, presence: .all, valueCount: count, range: start..<target.count)
        ])
  }

  private mutating func grow() {
    slots = [UInt32](repeating: 0, count: max(16, slots.count * 2))
    for (index, entry) in entries.enumerated() {
      var slot = Int(entry.hash) & (slots.count - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = UInt32(index + 1)
    }
  }

  /// Multiplication and fold, eight bytes at a time.
  private func hash(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var state = seed ^ UInt64(bytes.count)
    var offset = 0
    func mix(_ word: UInt64) {
      let product = (state ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
      state = product.high ^ product.low
    }
    while offset + 8 <= bytes.count {
      mix(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      offset += 8
    }
    var tail: UInt64 = 0
    while offset < bytes.count {
      tail = tail << 8 | UInt64(bytes[offset])
      offset += 1
    }
    mix(tail &+ 0x1F)
    mix(seed)
    return UInt32(truncatingIfNeeded: state ^ state >> 32)
  }
}
