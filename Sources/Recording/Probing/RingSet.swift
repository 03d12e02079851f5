internal import BPF
internal import ProbeRecords

/// The kernel's rings, read as one sequence in the order of time.
final class RingSet {
  private final class Ring {
    var reader: RingReader
    private let map: KernelMap
    /// Time of the record at the front; the largest number when there is none.
    var frontTime = UInt64.max

    init(_ map: consuming KernelMap) throws {
      reader = try RingReader(map)
      self.map = map
    }

    @inline(__always) func look() {
      guard let front = reader.front(), front.count >= MemoryLayout<at_header>.size else {
        frontTime = .max
        return
      }
      frontTime = front.loadUnaligned(as: UInt64.self)
    }
  }

  private let rings: [Ring]
  /// Readable when a record that cannot wait was written.
  let urgentDescriptor: Int32
  /// Bytes of all rings together.
  let capacity: Int

  init(_ object: borrowing LoadedObject, size: Int) throws {
    let urgent = try Ring(try object.map("ring_urgent"))
    urgentDescriptor = urgent.reader.descriptor
    var rings = [urgent, try Ring(try object.map("ring_lifecycle"))]
    for (lane, bytes) in [("ring_activity", max(size / 2, 4096)), ("ring_detail", size)] {
      let outer = try object.map(lane)
      for index in 0..<(try Processors.ringCount()) {
        let inner = try KernelMap.ring(name: lane, capacity: bytes)
        try outer.set(UInt32(index), to: inner)
        rings.append(try Ring(inner))
      }
    }
    self.rings = rings
    capacity = rings.reduce(0) { $0 + $1.reader.capacity }
  }

  /// Gives every record up to `horizon` to `body`, oldest first, and its room back to the kernel.
  ///
  /// The horizon is read before the drain: what was written before it is in the rings by now, but for a probe that was
  /// interrupted in between. Such a record comes with the next drain, and is out of order.
  ///
  /// - Returns: How many there were.
  func drain(upTo horizon: UInt64, _ body: (ProbeRecord) -> Void) -> Int {
    var count = 0
    // The largest number is an empty ring's time, and never a record's.
    let horizon = min(horizon, .max - 1)
    for ring in rings { ring.look() }
    while true {
      var first: Ring?
      var firstTime = UInt64.max
      var secondTime = UInt64.max
      for ring in rings {
        if ring.frontTime < firstTime {
          secondTime = firstTime
          firstTime = ring.frontTime
          first = ring
        } else if ring.frontTime < secondTime {
          secondTime = ring.frontTime
        }
      }
      guard let first, firstTime <= horizon else { break }
      // A run of one ring costs no comparison with the others. An empty ring's front time is the largest number, and
      // must not count as a record even where the horizon lies there.
      let limit = min(secondTime, horizon, .max - 1)
      var run = 0
      while first.frontTime <= limit {
        if let front = first.reader.front(), let record = ProbeRecord(front) { body(record) }
        first.reader.advance()
        count += 1
        run += 1
        if run & 1023 == 0 { first.reader.commit() }
        first.look()
      }
      first.reader.commit()
    }
    return count
  }
}
