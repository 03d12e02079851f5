internal import CLibBPF
internal import Glibc
public import Posix

/// A map in the kernel, with keys and values as plain structs shared with the probes.
public struct KernelMap: ~Copyable {
  public let name: String
  public let descriptor: FileDescriptor
  public let keySize: Int
  /// Bytes of one value; of one CPU's value in a per-CPU map.
  public let valueSize: Int
  public let capacity: Int

  init(name: String, descriptor: consuming FileDescriptor, keySize: Int, valueSize: Int, capacity: Int) {
    self.name = name
    self.descriptor = descriptor
    self.keySize = keySize
    self.valueSize = valueSize
    self.capacity = capacity
  }

  /// The value of a key, or nil. The corresponding C function is `bpf_map_lookup_elem`.
  public borrowing func value<Key: BitwiseCopyable, Value: BitwiseCopyable>(
    of key: Key, as type: Value.Type = Value.self
  ) throws(BPFError) -> Value? {
    try checkSizes(key: Key.self, value: Value.self)
    return withUnsafeTemporaryAllocation(of: Value.self, capacity: 1) { room -> Value? in
      let code = withUnsafeBytes(of: key) { bpf_map_lookup_elem(descriptor.number, $0.baseAddress, room.baseAddress) }
      return code < 0 ? nil : room[0]
    }
  }

  /// Sets the value of a key. The corresponding C function is `bpf_map_update_elem`.
  public borrowing func set<Key: BitwiseCopyable, Value: BitwiseCopyable>(_ key: Key, to value: Value) throws(BPFError)
  {
    try checkSizes(key: Key.self, value: Value.self)
    let code = withUnsafeBytes(of: key) { key in
      withUnsafeBytes(of: value) { value in
        bpf_map_update_elem(descriptor.number, key.baseAddress, value.baseAddress, UInt64(BPF_ANY))
      }
    }
    if code < 0 { throw .mapRefused(map: name, operation: "set", code: errno) }
  }

  /// Removes a key; false when it was not there. The corresponding C function is `bpf_map_delete_elem`.
  @discardableResult
  public borrowing func remove<Key: BitwiseCopyable>(_ key: Key) throws(BPFError) -> Bool {
    try checkKey(Key.self)
    let code = withUnsafeBytes(of: key) { bpf_map_delete_elem(descriptor.number, $0.baseAddress) }
    if code == 0 { return true }
    if errno == ENOENT { return false }
    throw .mapRefused(map: name, operation: "remove", code: errno)
  }

  /// The keys, in no order. A map that changes meanwhile may miss some.
  public borrowing func keys<Key: BitwiseCopyable>(as type: Key.Type) throws(BPFError) -> [Key] {
    try checkKey(Key.self)
    var keys: [Key] = []
    withUnsafeTemporaryAllocation(of: Key.self, capacity: 1) { room in
      var code = bpf_map_get_next_key(descriptor.number, nil, room.baseAddress)
      while code == 0, keys.count < capacity {
        let key = room[0]
        keys.append(key)
        code = withUnsafeBytes(of: key) { bpf_map_get_next_key(descriptor.number, $0.baseAddress, room.baseAddress) }
      }
    }
    return keys
  }

  /// The values of a key in a per-CPU map, one a possible CPU; nil when the key is not there.
  public borrowing func valuePerProcessor<Key: BitwiseCopyable, Value: BitwiseCopyable>(
    of key: Key, as type: Value.Type = Value.self
  ) throws(BPFError) -> [Value]? {
    try values(of: key) { bpf_map_lookup_elem($0, $1, $2) }
  }

  /// The same, and the key is removed: no change gets lost in between.
  ///
  /// The corresponding C function is `bpf_map_lookup_and_delete_elem`.
  public borrowing func takeValuePerProcessor<Key: BitwiseCopyable, Value: BitwiseCopyable>(
    of key: Key, as type: Value.Type = Value.self
  ) throws(BPFError) -> [Value]? {
    try values(of: key) { bpf_map_lookup_and_delete_elem($0, $1, $2) }
  }

  private borrowing func values<Key: BitwiseCopyable, Value: BitwiseCopyable>(
    of key: Key, _ call: (Int32, UnsafeRawPointer?, UnsafeMutableRawPointer?) -> Int32
  ) throws(BPFError) -> [Value]? {
    try checkSizes(key: Key.self, value: Value.self)
    let count = try Processors.possible()
    let stride = (valueSize + 7) & ~7
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: stride * count, alignment: 8)
    defer { room.deallocate() }
    let code = withUnsafeBytes(of: key) { call(descriptor.number, $0.baseAddress, room.baseAddress) }
    if code < 0 { return nil }
    return (0..<count).map { room.loadUnaligned(fromByteOffset: $0 * stride, as: Value.self) }
  }

  private borrowing func checkKey<Key>(_: Key.Type) throws(BPFError) {
    if MemoryLayout<Key>.size != keySize {
      throw .sizeMismatch(map: name, expected: keySize, actual: MemoryLayout<Key>.size)
    }
  }

  private borrowing func checkSizes<Key, Value>(key: Key.Type, value: Value.Type) throws(BPFError) {
    try checkKey(key)
    if MemoryLayout<Value>.size != valueSize {
      throw .sizeMismatch(map: name, expected: valueSize, actual: MemoryLayout<Value>.size)
    }
  }
}

extension KernelMap {
  /// Makes a ring of `capacity` bytes (a power of two, whole pages).
  public static func ring(name: String, capacity: Int) throws(BPFError) -> KernelMap {
    let number = bpf_map_create(BPF_MAP_TYPE_RINGBUF, name, 0, 0, UInt32(capacity), nil)
    guard number >= 0 else { throw .mapRefused(map: name, operation: "create", code: errno) }
    return KernelMap(
      name: name, descriptor: FileDescriptor(owning: number), keySize: 0, valueSize: 0, capacity: capacity)
  }

  /// Puts a ring into a map of maps.
  public borrowing func set(_ index: UInt32, to ring: borrowing KernelMap) throws(BPFError) {
    try set(index, to: ring.descriptor.number)
  }
}

/// The machine's CPUs, as the kernel numbers them.
public enum Processors {
  /// How many there can ever be, hot-plugged ones included.
  public static func possible() throws(BPFError) -> Int {
    let count = libbpf_num_possible_cpus()
    guard count > 0 else { throw .mapRefused(map: "per-CPU", operation: "count CPUs", code: -count) }
    return Int(count)
  }

  /// How many rings a lane gets: one a CPU up to 16, a power of two so that a CPU finds its ring by a mask.
  public static func ringCount() throws(BPFError) -> Int {
    let count = min(try possible(), 16)
    return 1 << (Int.bitWidth - 1 - count.leadingZeroBitCount)
  }
}
