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
    private(set) var smallest = Int.max

    init(limit: Int) { first = .allocate(capacity: limit) }

    func append(_ ring: consuming Ring) {
      capacity += ring.reader.capacity
      smallest = min(smallest, ring.reader.capacity)
      (first + count).initialize(to: ring)
      count += 1
    }

    deinit {
      first.deinitialize(count: count)
      first.deallocate()
    }
  }

  private let rings: Rings
  /// Those that all CPUs write to: urgent, lifecycle.
  private let shared: Rings
  private var queue = RecordQueue()
  /// Which cgroup and lane every so-manieth record was of, since they were last taken.
  private var samples: [LoadSample] = []
  /// Of the records given so far.
  private var latest: UInt64 = 0
  /// Readable when a record that cannot wait was written.
  let urgentDescriptor: Int32
  /// Bytes of all rings together.
  var capacity: Int { rings.capacity + shared.capacity }
  /// Of a ring that is emptied on a timer.
  var smallestCapacity: Int { min(rings.smallest, shared.first[1].reader.capacity) }

  /// A horizon stays this far behind the clock: by then a record is in its ring, whose time the probe had read before.
  /// What is late by less was written by two CPUs at once into a ring that they share.
  static let slack: UInt64 = 1_000_000

  init(_ object: borrowing LoadedObject, size: Int) throws {
    let count = try Processors.ringCount()
    rings = Rings(limit: 2 * count)
    shared = Rings(limit: 2)
    let urgent = try Ring(try object.map("ring_urgent"))
    urgentDescriptor = urgent.reader.descriptor
    shared.append(urgent)
    shared.append(try Ring(try object.map("ring_lifecycle")))
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
  /// The horizon lies ``slack`` before now. A probe that was held up for longer, by a host that took its CPU away,
  /// writes a straggler: it comes with a later drain, after records that are younger.
  ///
  /// - Parameters:
  ///   - early: Is shown what cannot wait as soon as it is seen, before its turn.
  ///   - body: Is told of each record by how many nanoseconds a record given before it is younger; mostly 0.
  /// - Returns: How many there were.
  @discardableResult
  func drain(
    upTo horizon: UInt64, early: (ProbeRecord) -> Void = { _ in }, _ body: (ProbeRecord, _ lateness: UInt64) -> Void
  ) -> Int {
    let rings = self.rings.first
    let ringCount = self.rings.count
    var latest = self.latest
    var count = 0
    takeUrgent(early)
    takeLifecycle(upTo: horizon)
    for index in 0..<ringCount { rings[index].look() }
    while true {
      var first = 0
      var firstTime = UInt64.max
      var secondTime = queue.frontTime
      for index in 0..<ringCount {
        let time = rings[index].frontTime
        if time < firstTime {
          secondTime = min(secondTime, firstTime)
          firstTime = time
          first = index
        } else if time < secondTime {
          secondTime = time
        }
      }
      if queue.frontTime <= firstTime {
        let time = queue.frontTime
        guard time != .max, time <= horizon else { break }
        queue.takeFirst { body($0, time < latest ? latest - time : 0) }
        latest = max(latest, time)
        count += 1
        if count & 1023 == 0 { takeShared(early) }
        continue
      }
      guard firstTime != .max, firstTime <= horizon else { break }
      // A run of one ring costs no comparison with the others.
      let limit = min(secondTime, horizon, .max - 1)
      let ring = rings + first
      while ring.pointee.frontTime <= limit {
        let time = ring.pointee.frontTime
        if let front = ring.pointee.reader.front(), let record = ProbeRecord(front) {
          body(record, time < latest ? latest - time : 0)
        }
        latest = max(latest, time)
        ring.pointee.reader.advance()
        count += 1
        // Counted over all rings: where they take turns, each run is short.
        if count & 1023 == 0 {
          if samples.count < 4096, let front = ring.pointee.reader.front() { samples.append(LoadSample(front)) }
          ring.pointee.reader.commit()
          takeShared(early)
          if queue.frontTime < limit { break }
        }
        ring.pointee.look()
      }
      ring.pointee.reader.commit()
      ring.pointee.look()
    }
    queue.compact()
    self.latest = latest
    return count
  }

  /// How full the fullest ring of each lane is, by lane; of lifecycle nothing is said.
  var fill: [Double] {
    var fill = [0.0, 0.0, 0.0]
    for index in 0..<rings.count {
      let lane = index < rings.count / 2 ? 1 : 2
      let reader = rings.first + index
      fill[lane] = max(fill[lane], Double(reader.pointee.reader.pending) / Double(reader.pointee.reader.capacity))
    }
    return fill
  }

  func takeSamples() -> [LoadSample] {
    defer { samples.removeAll(keepingCapacity: true) }
    return samples
  }

  /// What is worth the most is taken out while a long backlog of detail is gone through: its ring is small, and has to have room.
  private func takeShared(_ early: (ProbeRecord) -> Void) {
    takeUrgent(early)
    takeLifecycle(upTo: .max)
  }

  private func takeUrgent(_ early: (ProbeRecord) -> Void) {
    while let front = shared.first[0].reader.front() {
      if let record = ProbeRecord(front) { early(record) }
      queue.append(front)
      shared.first[0].reader.advance()
    }
    shared.first[0].reader.commit()
  }

  /// Also what is as young as now: an older record may lie behind it.
  private func takeLifecycle(upTo horizon: UInt64) {
    let limit = horizon > .max - Self.slack ? .max : horizon + Self.slack
    while let front = shared.first[1].reader.front() {
      guard front.count < MemoryLayout<at_header>.size || front.loadUnaligned(as: UInt64.self) <= limit else { break }
      queue.append(front)
      shared.first[1].reader.advance()
    }
    shared.first[1].reader.commit()
  }
}
