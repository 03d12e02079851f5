internal import Events

/// What one end of a TCP connection has sent, followed by its sequence numbers: so it is right though packets are missing
/// from the capture.
///
/// What comes a second time is a retransmission. What fills a hole is one too where it comes later than another way
/// through the network could make it: the first try was lost before it was seen (Wireshark draws the line at 3 ms as well).
struct SequenceSpace: Sendable {
  /// Bytes of content, each once.
  private(set) var bytes: UInt64 = 0
  private(set) var retransmissions: UInt64 = 0
  /// Number of the byte that comes next.
  private var next: UInt32?
  /// Of what never came, the oldest first.
  private var holes: [Hole] = []

  private struct Hole {
    var from: UInt32
    var to: UInt32
    var time: BootTime
  }

  private static let holeLimit = 16
  private static let reordering: UInt64 = 3_000_000
  /// A step beyond this is no step: a number of another connection.
  private static let stepLimit: Int32 = 1 << 30

  /// - Parameters:
  ///   - length: Of the content, in bytes.
  ///   - flags: How many numbers SYN and FIN take.
  mutating func take(_ sequence: UInt32, length: Int, flags: UInt32, at time: BootTime) {
    let content = UInt32(truncatingIfNeeded: max(length, 0))
    let end = sequence &+ content &+ flags
    guard let next else {
      self.next = end
      bytes = UInt64(content)
      return
    }
    let start = Int32(bitPattern: sequence &- next)
    let growth = Int32(bitPattern: end &- next)
    guard start.magnitude < UInt32(Self.stepLimit) else { return }
    if start >= 0 {
      if start > 0, holes.count < Self.holeLimit { holes.append(Hole(from: next, to: sequence, time: time)) }
      // What SYN and FIN take is no content; they come first and last.
      bytes += UInt64(UInt32(growth) - flags)
      self.next = end
    } else if growth > 0 {
      retransmissions += 1
      bytes += UInt64(UInt32(growth) - min(flags, UInt32(growth)))
      self.next = end
    } else if content > 0 || flags > 0 {
      takeAgain(sequence, content, flags, end, at: time)
    }
  }

  private mutating func takeAgain(
    _ sequence: UInt32, _ content: UInt32, _ flags: UInt32, _ end: UInt32, at time: BootTime
  ) {
    // A question whether the other end is still there.
    if flags == 0, content == 1, end == next { return }
    let place = holes.firstIndex { Int32(bitPattern: sequence &- $0.from) >= 0 && Int32(bitPattern: $0.to &- end) >= 0 }
    guard let place else {
      retransmissions += 1
      return
    }
    let hole = holes.remove(at: place)
    if time.nanoseconds > hole.time.nanoseconds + Self.reordering { retransmissions += 1 }
    var rest: [Hole] = []
    if hole.from != sequence { rest.append(Hole(from: hole.from, to: sequence, time: hole.time)) }
    if hole.to != end { rest.append(Hole(from: end, to: hole.to, time: hole.time)) }
    holes.insert(contentsOf: rest, at: place)
  }
}
