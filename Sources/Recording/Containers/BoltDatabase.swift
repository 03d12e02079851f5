internal import Posix

/// Reads one value from a bbolt database, as containerd and podman keep them, while its owner goes on writing.
///
/// ```
/// page     0 id u64 | 8 flags u16 | 10 count u16 | 12 overflow u32 | 16 elements, then their keys and values
/// meta    16 magic u32 | 20 version u32 | 24 page size u32 | 28 flags u32 | 32 root page u64 | 40 sequence u64
///         48 freelist u64 | 56 high water u64 | 64 transaction u64 | 72 FNV-1a of bytes 16 to 71 u64
/// branch   0 position u32 | 4 key length u32 | 8 page u64
/// leaf     0 flags u32 | 4 position u32 | 8 key length u32 | 12 value length u32
/// bucket   0 root page u64 | 8 sequence u64 | 16 when the root is 0: its only page, inline
/// ```
/// Positions count from the element that holds them. The owner never overwrites a page that the newest of the two meta
/// pages reaches, so a search is good if that meta page is still the newest, or the one before, at its end.
struct BoltDatabase: ~Copyable {
  private let file: FileDescriptor

  /// Nil when the file cannot be opened. Takes no lock: the owner holds it for life.
  init?(path: String) {
    guard let file = try? FileDescriptor.open(path, flags: 0) else { return nil }
    self.file = file
  }

  /// The value at the end of a path of buckets; nil when it is not there, or the file is not what it should be.
  borrowing func value(at path: [String]) -> [UInt8]? {
    guard let last = path.last else { return nil }
    for _ in 0..<3 {
      guard let meta = newestMeta() else { return nil }
      var found: [UInt8]?
      if let bucket = bucket(at: path.dropLast(), meta: meta) {
        found = look(for: Array(last.utf8), in: bucket, meta: meta, depth: 0).flatMap { $0.isBucket ? nil : $0.value }
      }
      if let after = newestMeta(), after.transaction &- meta.transaction <= 1 { return found }
    }
    return nil
  }

  /// Every text value in the bucket at `path`, for labels. Empty when there is none.
  borrowing func strings(in path: [String]) -> [String: String] {
    guard let meta = newestMeta(), let bucket = bucket(at: path[...], meta: meta) else { return [:] }
    var result: [String: String] = [:]
    collect(bucket, meta: meta, depth: 0, into: &result)
    return result
  }
}

extension BoltDatabase {
  private struct Meta {
    var pageSize: UInt64
    var root: UInt64
    var transaction: UInt64
  }

  /// A bucket's root: a page of the file, or one inside its parent's value.
  private enum Bucket {
    case page(UInt64)
    case inline(Page)
  }

  private struct Entry {
    var isBucket: Bool
    var value: [UInt8]
  }

  /// Trees deeper than this are loops.
  private static var depthLimit: Int { 32 }
  /// Longest page with its overflow.
  private static var lengthLimit: UInt64 { 16 << 20 }

  private borrowing func newestMeta() -> Meta? {
    guard let first = meta(at: 0) else {
      // Where the second stands the first would have told: one page further on.
      for pageSize: UInt64 in [4096, 8192, 16384, 65536] {
        if let second = meta(at: pageSize) { return second }
      }
      return nil
    }
    guard let second = meta(at: first.pageSize) else { return first }
    return first.transaction >= second.transaction ? first : second
  }

  private borrowing func meta(at offset: UInt64) -> Meta? { read(at: offset, length: 80).flatMap(Self.meta) }

  private static func meta(_ page: Page) -> Meta? {
    guard page.u16(8) == 4, page.u32(16) == 0xED0C_DAED, page.u32(20) == 2, let size = page.u32(24),
      size >= 512, size <= 65536, let root = page.u64(32), let transaction = page.u64(64),
      let sum = page.u64(72), sum == fnv1a(page.bytes[16..<72])
    else { return nil }
    return Meta(pageSize: UInt64(size), root: root, transaction: transaction)
  }

  private borrowing func bucket(at path: ArraySlice<String>, meta: Meta) -> Bucket? {
    var bucket = Bucket.page(meta.root)
    for name in path {
      guard let entry = look(for: Array(name.utf8), in: bucket, meta: meta, depth: 0), entry.isBucket,
        let root = Page(bytes: entry.value).u64(0)
      else { return nil }
      bucket = root == 0 ? .inline(Page(bytes: Array(entry.value.dropFirst(16)))) : .page(root)
    }
    return bucket
  }

  private borrowing func page(of bucket: Bucket, meta: Meta) -> Page? {
    switch bucket {
    case .inline(let page): return page
    case .page(let number):
      let (offset, overflow) = number.multipliedReportingOverflow(by: meta.pageSize)
      guard !overflow, let head = read(at: offset, length: 16), head.u64(0) == number, let more = head.u32(12) else {
        return nil
      }
      let length = (UInt64(more) + 1) * meta.pageSize
      return length > Self.lengthLimit ? nil : read(at: offset, length: length)
    }
  }

  private borrowing func look(for key: [UInt8], in bucket: Bucket, meta: Meta, depth: Int) -> Entry? {
    guard depth < Self.depthLimit, let page = page(of: bucket, meta: meta), let count = page.u16(10) else { return nil }
    if page.isLeaf {
      for index in 0..<Int(count) {
        guard let element = page.leaf(index) else { return nil }
        if page.bytes[element.key].elementsEqual(key) {
          return Entry(isBucket: element.isBucket, value: Array(page.bytes[element.value]))
        }
      }
      return nil
    }
    guard page.isBranch else { return nil }
    // The last child whose first key is not beyond the one wanted.
    var child: UInt64?
    for index in 0..<Int(count) {
      guard let element = page.branch(index) else { return nil }
      if index > 0, key.lexicographicallyPrecedes(page.bytes[element.key]) { break }
      child = element.page
    }
    return child.flatMap { look(for: key, in: .page($0), meta: meta, depth: depth + 1) }
  }

  private borrowing func collect(_ bucket: Bucket, meta: Meta, depth: Int, into result: inout [String: String]) {
    guard depth < Self.depthLimit, result.count < 4096, let page = page(of: bucket, meta: meta),
      let count = page.u16(10)
    else { return }
    for index in 0..<Int(count) {
      if page.isLeaf, let element = page.leaf(index), !element.isBucket {
        result[String(decoding: page.bytes[element.key], as: UTF8.self)] = String(
          decoding: page.bytes[element.value], as: UTF8.self)
      } else if page.isBranch, let element = page.branch(index) {
        collect(.page(element.page), meta: meta, depth: depth + 1, into: &result)
      }
    }
  }

  private borrowing func read(at offset: UInt64, length: UInt64) -> Page? {
    guard offset <= UInt64(Int64.max) - length else { return nil }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(length), alignment: 8)
    defer { buffer.deallocate() }
    guard let got = try? file.read(into: buffer, at: offset), got == Int(length) else { return nil }
    return Page(bytes: Array(buffer))
  }
}

/// A page's bytes; every access is checked against their number.
private struct Page {
  var bytes: [UInt8]

  var isBranch: Bool { u16(8) == 1 }
  var isLeaf: Bool { u16(8) == 2 }

  func u16(_ offset: Int) -> UInt16? { integer(offset) }
  func u32(_ offset: Int) -> UInt32? { integer(offset) }
  func u64(_ offset: Int) -> UInt64? { integer(offset) }

  private func integer<Integer: FixedWidthInteger>(_ offset: Int) -> Integer? {
    let size = MemoryLayout<Integer>.size
    guard offset >= 0, offset <= bytes.count - size else { return nil }
    return bytes[offset..<offset + size].reversed().reduce(0) { $0 << 8 | Integer($1) }
  }

  func leaf(_ index: Int) -> (isBucket: Bool, key: Range<Int>, value: Range<Int>)? {
    let start = 16 + index * 16
    guard let flags = u32(start), let position = u32(start + 4), let keyLength = u32(start + 8),
      let valueLength = u32(start + 12)
    else { return nil }
    let key = start + Int(position)
    let value = key + Int(keyLength)
    guard value + Int(valueLength) <= bytes.count else { return nil }
    return (flags & 1 != 0, key..<value, value..<value + Int(valueLength))
  }

  func branch(_ index: Int) -> (key: Range<Int>, page: UInt64)? {
    let start = 16 + index * 16
    guard let position = u32(start), let keyLength = u32(start + 4), let page = u64(start + 8) else { return nil }
    let key = start + Int(position)
    guard key + Int(keyLength) <= bytes.count else { return nil }
    return (key..<key + Int(keyLength), page)
  }
}

/// Fowler, Noll, Vo: 64 bits, xor first.
func fnv1a(_ bytes: ArraySlice<UInt8>) -> UInt64 {
  bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
}
