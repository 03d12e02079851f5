import Events
import Testing

@testable import CaptureFormat
@testable import Recording

/// Who gives way when memory is short.
@Suite struct FlightStoreTests {
  private func block(_ container: UInt32, _ lane: Lane, at second: UInt64, rows: Int = 1000) -> SealedBlock {
    let key = StreamKey(container: ContainerKey(rawValue: container), lane: lane)
    let builder = EventBlockBuilder(stream: key, firstSequence: second)
    let process = ProcessKey(pid: container, start: BootTime(nanoseconds: 1))
    for row in 0..<rows {
      let index = builder.internProcess(process) { BlockProcess(key: process) }
      // Numbers that do not compress: blocks of one size.
      builder.beginRow(
        time: BootTime(nanoseconds: second * 1_000_000_000 + UInt64(row)), process: index, thread: 1, kind: .call,
        call: nil, result: Int64(bitPattern: UInt64(row + 1) &* 0x9E37_79B9_7F4A_7C15), flags: [], cpu: 0)
      builder.endRow()
    }
    return builder.seal()
  }

  private func store(limit: Int) -> FlightStore {
    FlightStore(windows: FlightWindows(), limit: limit, recorderStart: BootTime(nanoseconds: 0)) { _ in nil }
  }

  private func lanes(_ store: FlightStore, _ container: UInt32) -> [Int] {
    let history = store.history(of: ContainerKey(rawValue: container))
    return Lane.ofEvents.map { history[$0].kept.count }
  }

  @Test func `who holds more than its share gives up detail first, lifecycle last, the oldest first`() {
    let size = store(limit: .max)
    size.take(block(1, .detail, at: 1))
    let one = size.blockBytes
    let store = store(limit: one * 12 + one / 2)
    for lane in Lane.ofEvents { store.take(block(2, lane, at: 1)) }
    for second in 1...4 as ClosedRange<UInt64> {
      for lane in Lane.ofEvents { store.take(block(1, lane, at: second)) }
    }
    #expect(lanes(store, 2) == [1, 1, 1])
    #expect(lanes(store, 1) == [4, 4, 1])
    let loud = store.history(of: ContainerKey(rawValue: 1))
    #expect(loud[.detail].kept.first?.block.entry.firstSequence == 4)
    #expect(loud[.detail].gaps.reduce(0) { $0 + $1.count } == 3000)
    #expect(store.evictedEvents == 3000 && store.shedEvents == 0)
    // Detail begins after what is gone; the other lanes where they were asked to.
    let start = BootTime(nanoseconds: 0)
    #expect(loud.achievedStart(.detail, wanted: start) > BootTime(nanoseconds: 3_000_000_000))
    #expect(loud.achievedStart(.lifecycle, wanted: start) == start)
    for second in 5...8 as ClosedRange<UInt64> { store.take(block(1, .lifecycle, at: second)) }
    #expect(lanes(store, 2) == [1, 1, 1])
    #expect(lanes(store, 1)[2] == 0 && lanes(store, 1)[0] == 8)
    #expect(store.blockBytes <= store.limit)
  }

  @Test func `what is past its window is dropped, and is no loss`() {
    let store = store(limit: .max)
    for lane in Lane.ofEvents { store.take(block(1, lane, at: 10)) }
    store.dropAged(now: BootTime(nanoseconds: 60_000_000_000))
    #expect(lanes(store, 1) == [1, 1, 0])
    store.dropAged(now: BootTime(nanoseconds: 900_000_000_000))
    #expect(lanes(store, 1) == [0, 0, 0])
    #expect(store.blockBytes == 0 && store.evictedEvents == 0)
    #expect(store.history(of: ContainerKey(rawValue: 1))[.detail].gaps.isEmpty)
  }

  @Test func `what a capture holds is passed over, for dropping it would free nothing`() {
    let store = store(limit: .max)
    for second in 1...3 as ClosedRange<UInt64> {
      for container in 1...2 as ClosedRange<UInt32> { store.take(block(container, .detail, at: second)) }
    }
    let all = Lane.allCases.map { _ in BootTime(nanoseconds: 0) }
    store.pin(ContainerKey(rawValue: 1), from: all, by: 1)
    #expect(store.pinnedBytes == store.blockBytes / 2)
    store.limit = store.blockBytes / 2
    store.evict()
    #expect(lanes(store, 1) == [0, 0, 3])
    #expect(lanes(store, 2) == [0, 0, 0])
    store.pin(ContainerKey(rawValue: 1), from: all, by: -1)
    #expect(store.pinnedBytes == 0)
  }
}
