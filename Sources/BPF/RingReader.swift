public import CPosix
internal import Glibc
internal import Posix

/// Reads a kernel ring in place: the records are where the probes wrote them, until ``commit()`` gives the room back.
///
///     consumer page │ producer page │ data │ the same data again, so that a record is never split
///
/// A record is a 32-bit length (bit 31 busy, bit 30 discarded), 32 bits of the kernel's own, and the content, all
/// rounded up to 8 bytes. About 14 ns an event with a merge around it.
public struct RingReader: ~Copyable {
  @usableFromInline let consumer: UnsafeMutableRawPointer
  @usableFromInline let producer: UnsafeRawPointer
  @usableFromInline let data: UnsafeRawPointer
  @usableFromInline let mask: UInt64
  @usableFromInline var position: UInt64
  @usableFromInline var end: UInt64
  @usableFromInline var length: UInt64 = 0
  private var committed: UInt64
  private let pageSize: Int

  /// For epoll: readable when a record was submitted with a wake-up. Owned by the map.
  public let descriptor: Int32
  /// Bytes of the ring's data.
  public let capacity: Int

  /// Maps a ring. The reader may outlive `map`, but ``descriptor`` then means nothing.
  public init(_ map: borrowing KernelMap) throws(BPFError) {
    let pageSize = sysconf(Int32(_SC_PAGESIZE))
    let number = map.descriptor.number
    guard let first = mmap(nil, pageSize, PROT_READ | PROT_WRITE, MAP_SHARED, number, 0), first != MAP_FAILED else {
      throw .mapRefused(map: map.name, operation: "map the consumer page", code: errno)
    }
    let rest = mmap(nil, pageSize + 2 * map.capacity, PROT_READ, MAP_SHARED, number, pageSize)
    guard let rest, rest != MAP_FAILED else {
      let code = errno
      munmap(first, pageSize)
      throw .mapRefused(map: map.name, operation: "map the data", code: code)
    }
    consumer = first
    producer = UnsafeRawPointer(rest)
    data = UnsafeRawPointer(rest) + pageSize
    mask = UInt64(map.capacity - 1)
    position = at_load_acquire_u64(first)
    end = position
    committed = position
    self.pageSize = pageSize
    descriptor = number
    capacity = map.capacity
  }

  deinit {
    munmap(consumer, pageSize)
    munmap(UnsafeMutableRawPointer(mutating: producer), pageSize + 2 * capacity)
  }

  /// The oldest record that was not passed yet, where it lies; nil when there is none, or when it is still being written.
  ///
  /// The bytes are valid until ``commit()`` after ``advance()``.
  @inlinable
  public mutating func front() -> UnsafeRawBufferPointer? {
    while true {
      if position >= end {
        end = at_load_acquire_u64(producer)
        if position >= end { return nil }
      }
      let header = data + Int(truncatingIfNeeded: position & mask)
      let word = at_load_acquire_u32(header)
      if word & 0x8000_0000 != 0 { return nil }
      length = UInt64(word & 0x3fff_ffff)
      if word & 0x4000_0000 == 0 { return UnsafeRawBufferPointer(start: header + 8, count: Int(length)) }
      advance()
    }
  }

  /// Passes the record that ``front()`` gave. Only after it gave one.
  @inlinable
  public mutating func advance() {
    position &+= (length &+ 15) & ~7
  }

  /// Gives the room of all passed records back to the probes.
  public mutating func commit() {
    if committed != position {
      at_store_release_u64(consumer, position)
      committed = position
    }
  }

  /// Bytes that were written and not yet passed.
  public var pending: Int { Int(at_load_acquire_u64(producer) &- position) }
}
