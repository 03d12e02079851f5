internal import Events

/// From cgroup to container, asked once for every event: open addressing, with the last answer kept.
struct CgroupTable {
  private struct Entry {
    /// 0 in an empty one: no cgroup has that id.
    var id: UInt64 = 0
    var key: UInt32 = 0
  }

  private var entries = [Entry](repeating: Entry(), count: 256)
  private var mask: UInt64 = 255
  private var count = 0
  private var last = Entry()

  /// The container of `id`; the host for a cgroup that is not in the table.
  subscript(id: CgroupID) -> ContainerKey {
    mutating get {
      if id.rawValue != last.id { last = find(id.rawValue) }
      return ContainerKey(rawValue: last.key)
    }
    set {
      guard id.rawValue != 0 else { return }
      last = Entry()
      if (count + 1) * 2 > entries.count { grow() }
      insert(Entry(id: id.rawValue, key: newValue.rawValue))
    }
  }

  /// Forgets `id`: it is of the host from now on.
  mutating func remove(_ id: CgroupID) {
    last = Entry()
    var hole = home(of: id.rawValue)
    while entries[Int(hole)].id != id.rawValue {
      if entries[Int(hole)].id == 0 { return }
      hole = (hole + 1) & mask
    }
    count -= 1
    // Moves back what the removed entry had pushed on, so that no search ends at the hole.
    var next = (hole + 1) & mask
    while entries[Int(next)].id != 0 {
      let home = home(of: entries[Int(next)].id)
      if (next &- home) & mask >= (next &- hole) & mask {
        entries[Int(hole)] = entries[Int(next)]
        hole = next
      }
      next = (next + 1) & mask
    }
    entries[Int(hole)] = Entry()
  }

  private func find(_ id: UInt64) -> Entry {
    var slot = home(of: id)
    while true {
      let entry = entries[Int(slot)]
      if entry.id == id { return entry }
      if entry.id == 0 { return Entry(id: id, key: 0) }
      slot = (slot &+ 1) & mask
    }
  }

  private func home(of id: UInt64) -> UInt64 { (id &* 0x9E37_79B9_7F4A_7C15) >> 32 & mask }

  private mutating func insert(_ entry: Entry) {
    var slot = home(of: entry.id)
    while entries[Int(slot)].id != 0, entries[Int(slot)].id != entry.id { slot = (slot + 1) & mask }
    if entries[Int(slot)].id == 0 { count += 1 }
    entries[Int(slot)] = entry
  }

  private mutating func grow() {
    let old = entries
    entries = Array(repeating: Entry(), count: old.count * 2)
    mask = UInt64(entries.count - 1)
    count = 0
    for entry in old where entry.id != 0 { insert(entry) }
  }
}
