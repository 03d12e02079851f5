import ProbeRecords
import Testing

@testable import Recording

@Suite struct RecordQueueTests {
  /// A record of nothing but a header, told by its thread.
  private func append(_ time: UInt64, _ thread: UInt32, to queue: inout RecordQueue) {
    var header = at_header()
    header.time = time
    header.tid = thread
    withUnsafeBytes(of: header) { queue.append($0) }
  }

  private func takeAll(_ queue: inout RecordQueue, upTo horizon: UInt64 = .max - 1) -> [UInt32] {
    var threads: [UInt32] = []
    while queue.frontTime <= horizon { queue.takeFirst { threads.append($0.header.tid) } }
    return threads
  }

  @Test func `what two processors wrote the wrong way round is given in the order of time`() {
    var queue = RecordQueue()
    for (thread, time) in ([10, 30, 20, 40, 15, 15] as [UInt64]).enumerated() {
      append(time, UInt32(thread), to: &queue)
    }
    #expect(takeAll(&queue) == [0, 4, 5, 2, 1, 3])
    #expect(queue.isEmpty && queue.frontTime == .max)
  }

  @Test func `what is younger than the horizon stays, over any number of drains`() {
    var queue = RecordQueue()
    var given: [UInt32] = []
    for round in 0..<200 {
      for number in 0..<5 { append(UInt64(round) * 5 + UInt64(number), UInt32(round * 5 + number), to: &queue) }
      given += takeAll(&queue, upTo: UInt64(round) * 5)
      queue.compact(keeping: 0)
    }
    given += takeAll(&queue)
    #expect(given == Array(0..<1000))
  }

  @Test func `a record too short for a header is passed over`() {
    var queue = RecordQueue()
    withUnsafeBytes(of: UInt64(1)) { queue.append($0) }
    #expect(queue.isEmpty)
  }
}
