internal import ProbeRecords

/// Records taken out of the rings that all CPUs share, in the order of their time.
///
/// Such a ring holds its records in the order in which room was taken, which two CPUs at once can do the other way
/// round than they read the clock. A ring of one CPU cannot. What is written on all of them together is rare next to
/// the calls, so copying it costs little, gives the room back at once, and lets a new cgroup be looked at before the
/// calls that came before it are decoded.
struct RecordQueue {
  private struct Entry {
    var time: UInt64
    var start: Int
    var count: Int
  }

  private var entries: [Entry] = []
  private var bytes: [UInt8] = []
  private var next = 0

  /// Time of the oldest record; the largest number when there is none.
  private(set) var frontTime = UInt64.max
  var isEmpty: Bool { next == entries.count }

  mutating func append(_ record: UnsafeRawBufferPointer) {
    guard record.count >= MemoryLayout<at_header>.size else { return }
    let entry = Entry(time: record.loadUnaligned(as: UInt64.self), start: bytes.count, count: record.count)
    bytes.append(contentsOf: record)
    entries.append(entry)
    // Nearly sorted already: a place or two to move.
    var place = entries.count - 1
    while place > next, entries[place - 1].time > entry.time {
      entries[place] = entries[place - 1]
      place -= 1
    }
    entries[place] = entry
    frontTime = entries[next].time
  }

  /// Gives the oldest record to `body` and drops it.
  mutating func takeFirst(_ body: (ProbeRecord) -> Void) {
    let entry = entries[next]
    next += 1
    frontTime = next < entries.count ? entries[next].time : .max
    bytes.withUnsafeBytes { all in
      let range = entry.start..<entry.start + entry.count
      if let record = ProbeRecord(UnsafeRawBufferPointer(rebasing: all[range])) { body(record) }
    }
  }

  /// Gives the room of what was taken back; keeps no more of it than `limit` bytes.
  mutating func compact(keeping limit: Int = 1 << 20) {
    guard next > 0 else { return }
    let rest = entries[next...].map { ($0.time, Array(bytes[$0.start..<$0.start + $0.count])) }
    let isLarge = bytes.capacity > limit
    entries.removeAll(keepingCapacity: !isLarge)
    bytes.removeAll(keepingCapacity: !isLarge)
    next = 0
    for (time, record) in rest {
      entries.append(Entry(time: time, start: bytes.count, count: record.count))
      bytes += record
    }
  }
}
