internal import BPF
internal import ProbeRecords

/// The kernel's rings, read as one sequence in the order of time.
final class RingSet {
  private struct Ring: ~Copyable {
    var reader: RingReader
    private let map: KernelMap
    /// Time of the record at the front; the largest number when there is none.
    var frontTime = UInt64.max

    init(_ map: consuming KernelMap) throws {
      reader = try RingReader(map)
      self.map = map
    }

    @inline(__always) mutating func look() {
      guard let front = reader.front(), front.count >= MemoryLayout<at_header>.size else {
        frontTime = .max
        return
      }
      frontTime = front.loadUnaligned(as: UInt64.self)
    }
  }

  /// Held by pointer: an object for each ring would be retained, and checked for exclusivity, at every record.
  private final class Rings {
    let first: UnsafeMutablePointer<Ring>
    private(set) var count = 0
    /// Bytes of all together.
    private(set) var capacity = 0

    init(limit: Int) { first = .allocate(capacity: limit) }

    func append(_ ring: consuming Ring) {
      capacity += ring.reader.capacity
      (first + count).initialize(to: ring)
      count += 1
    }

    deinit {
      first.deinitialize(count: count)
      first.deallocate()
    }
  }

  private let rings: Rings
  /// Readable when a record that cannot wait was written.
  let urgentDescriptor: Int32
  /// Bytes of all rings together.
  var capacity: Int { rings.capacity }

  init(_ object: borrowing LoadedObject, size: Int) throws {
    let count = try Processors.ringCount()
    rings = Rings(limit: 2 + 2 * count)
    let urgent = try Ring(try object.map("ring_urgent"))
    urgentDescriptor = urgent.reader.descriptor
    rings.append(urgent)
    rings.append(try Ring(try object.map("ring_lifecycle")))
    for (lane, bytes) in [("ring_activity", max(size / 2, 4096)), ("ring_detail", size)] {
      let outer = try object.map(lane)
      for index in 0..<count {
        let inner = try KernelMap.ring(name: lane, capacity: bytes)
        try outer.set(UInt32(index), to: inner)
        rings.append(try Ring(inner))
      }
    }
  }

  /// Gives every record up to `horizon` to `body`, oldest first, and its room back to the kernel.
  ///
  /// The horizon is read before the drain: what was written before it is in the rings by now, but for a probe that was
  /// interrupted in between. Such a record comes with the next drain, and is out of order.
  ///
  /// - Returns: How many there were.
  func drain(upTo horizon: UInt64, _ body: (ProbeRecord) -> Void) -> Int {
    let rings = self.rings.first
    let ringCount = self.rings.count
    var count = 0
    for index in 0..<ringCount { rings[index].look() }
    while true {
      var first = 0
      var firstTime = UInt64.max
      var secondTime = UInt64.max
      for index in 0..<ringCount {
        let time = rings[index].frontTime
        if time < firstTime {
          secondTime = firstTime
          firstTime = time
          first = index
        } else if time < secondTime {
          secondTime = time
        }
      }
      guard firstTime != .max, firstTime <= horizon else { break }
      // A run of one ring costs no comparison with the others.
      let limit = min(secondTime, horizon, .max - 1)
      let ring = rings + first
      var run = 0
      while ring.pointee.frontTime <= limit {
        if let front = ring.pointee.reader.front(), let record = ProbeRecord(front) { body(record) }
        ring.pointee.reader.advance()
        count += 1
        run += 1
        if run & 1023 == 0 { ring.pointee.reader.commit() }
        ring.pointee.look()
      }
      ring.pointee.reader.commit()
    }
    return count
  }
}
