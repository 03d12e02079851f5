internal import Events

/// From cgroup to container, asked once for every event: open addressing, with the last answer kept.
struct CgroupTable {
  private var ids: [UInt64]
  private var keys: [UInt32]
  private var count = 0
  private var lastID: UInt64 = 0
  private var lastKey: UInt32 = 0

  init() {
    ids = Array(repeating: 0, count: 256)
    keys = Array(repeating: 0, count: 256)
  }

  /// The container of `id`; the host for a cgroup that is not in the table.
  subscript(id: CgroupID) -> ContainerKey {
    mutating get {
      if id.rawValue == lastID { return ContainerKey(rawValue: lastKey) }
      lastID = id.rawValue
      lastKey = 0
      var slot = slot(of: id.rawValue)
      while ids[slot] != 0 {
        if ids[slot] == id.rawValue {
          lastKey = keys[slot]
          break
        }
        slot = (slot + 1) & (ids.count - 1)
      }
      return ContainerKey(rawValue: lastKey)
    }
    set {
      guard id.rawValue != 0 else { return }
      lastID = 0
      lastKey = 0
      if (count + 1) * 2 > ids.count { grow() }
      insert(id.rawValue, newValue.rawValue)
    }
  }

  /// Forgets `id`: it is of the host from now on.
  mutating func remove(_ id: CgroupID) {
    lastID = 0
    lastKey = 0
    let mask = ids.count - 1
    var hole = slot(of: id.rawValue)
    while ids[hole] != id.rawValue {
      if ids[hole] == 0 { return }
      hole = (hole + 1) & mask
    }
    count -= 1
    // Moves back what the removed entry had pushed on, so that no search ends at the hole.
    var next = (hole + 1) & mask
    while ids[next] != 0 {
      let home = slot(of: ids[next])
      if (next &- home) & mask >= (next &- hole) & mask {
        ids[hole] = ids[next]
        keys[hole] = keys[next]
        hole = next
      }
      next = (next + 1) & mask
    }
    ids[hole] = 0
    keys[hole] = 0
  }

  private func slot(of id: UInt64) -> Int {
    Int(truncatingIfNeeded: (id &* 0x9E37_79B9_7F4A_7C15) >> 32) & (ids.count - 1)
  }

  private mutating func insert(_ id: UInt64, _ key: UInt32) {
    var slot = slot(of: id)
    while ids[slot] != 0, ids[slot] != id { slot = (slot + 1) & (ids.count - 1) }
    if ids[slot] == 0 { count += 1 }
    ids[slot] = id
    keys[slot] = key
  }

  private mutating func grow() {
    let old = (ids, keys)
    ids = Array(repeating: 0, count: old.0.count * 2)
    keys = Array(repeating: 0, count: old.0.count * 2)
    count = 0
    for index in old.0.indices where old.0[index] != 0 { insert(old.0[index], old.1[index]) }
  }
}
