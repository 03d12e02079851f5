import Events
import Testing

@testable import Recording

@Suite struct LoadShedderTests {
  private static let milli: UInt64 = 1_000_000
  private static let second: UInt64 = 1_000_000_000
  private static let loud: UInt64 = 7
  private static let quiet: UInt64 = 8

  /// A hundred records of which most are of the loud one.
  private static func samples(_ lane: Lane = .detail) -> [LoadSample] {
    (0..<100).map { LoadSample(cgroup: $0 % 10 == 0 ? quiet : loud, lane: lane) }
  }

  /// A shedder that has begun to shed the loud one, at one second.
  private static func begun() -> LoadShedder {
    var shedder = LoadShedder()
    #expect(
      shedder.look(second - 10 * milli, fill: [0, 0, 0.9], drained: 50_000, samples: samples()).isEmpty,
      "one full ring may be a pause of the recorder")
    let decisions = shedder.look(second, fill: [0, 0, 0.9], drained: 50_000, samples: samples())
    #expect(decisions == [.shed(cgroup: loud, lanes: [.detail])])
    return shedder
  }

  @Test func `whoever fills the ring is shed at the second look, and nobody else`() {
    let shedder = Self.begun()
    #expect(shedder.active.keys.sorted() == [Self.loud])
  }

  @Test func `a ring that is emptied in between is no pressure`() {
    var shedder = LoadShedder()
    for step in 0..<20 {
      let fill = step % 2 == 0 ? 0.95 : 0.1
      #expect(
        shedder.look(UInt64(step) * 5 * Self.milli, fill: [0, 0, fill], drained: 1000, samples: Self.samples()).isEmpty)
    }
  }

  @Test func `where little was seen nobody is blamed`() {
    var shedder = LoadShedder()
    for step in 0..<5 {
      let few = Array(Self.samples().prefix(1))
      #expect(shedder.look(UInt64(step) * Self.milli, fill: [0, 0, 1], drained: 10, samples: few).isEmpty)
    }
  }

  @Test func `activity goes after detail, with it`() {
    var shedder = Self.begun()
    _ = shedder.look(Self.second + 5 * Self.milli, fill: [0, 1, 0], drained: 9000, samples: Self.samples(.activity))
    let decisions = shedder.look(
      Self.second + 10 * Self.milli, fill: [0, 1, 0], drained: 9000, samples: Self.samples(.activity))
    #expect(decisions == [.shed(cgroup: Self.loud, lanes: [.activity, .detail])])
  }

  @Test func `it ends a second after the load has fallen to half, and not before`() {
    var shedder = Self.begun()
    var now = Self.second
    var total: UInt64 = 0
    // As loud as before: nothing changes.
    for _ in 0..<20 {
      now += 100 * Self.milli
      total += 1_000_000
      _ = shedder.look(now, fill: [0, 0, 0], drained: 10, samples: [])
      #expect(shedder.count([Self.loud: total], now).isEmpty)
    }
    var decisions: [LoadShedder.Decision] = []
    var steps = 0
    while decisions.isEmpty, steps < 100 {
      now += 100 * Self.milli
      steps += 1
      _ = shedder.look(now, fill: [0, 0, 0], drained: 10, samples: [])
      decisions = shedder.count([Self.loud: total], now)
    }
    #expect(decisions == [.release(cgroup: Self.loud)] && (10...12).contains(steps))
    #expect(shedder.active.isEmpty)
  }

  @Test func `under a load that goes on it is tried without, each time after a longer while`() {
    var shedder = Self.begun()
    var now = Self.second
    var total: UInt64 = 0
    var waits: [UInt64] = []
    for _ in 0..<3 {
      let begun = now
      var decisions: [LoadShedder.Decision] = []
      while decisions.isEmpty {
        now += 100 * Self.milli
        total += 10_000_000
        _ = shedder.look(now, fill: [0, 0, 0], drained: 10, samples: [])
        decisions = shedder.count([Self.loud: total], now)
      }
      waits.append((now - begun) / Self.second)
      // It was in vain.
      while shedder.active.isEmpty {
        now += 5 * Self.milli
        _ = shedder.look(now, fill: [0, 0, 0.9], drained: 20_000, samples: Self.samples())
      }
    }
    #expect(waits == [5, 10, 20])
  }

  @Test func `memory that is over its budget for a second sheds detail, for five seconds activity`() {
    var shedder = LoadShedder()
    _ = shedder.look(0, fill: [0, 0, 0], drained: 1000, samples: Self.samples() + Self.samples(.activity))
    #expect(shedder.lookAtMemory(Self.second / 100, isShort: true).isEmpty)
    _ = shedder.look(2 * Self.second, fill: [0, 0, 0], drained: 1000, samples: [])
    _ = shedder.look(
      2 * Self.second + 1, fill: [0, 0, 0], drained: 1000, samples: Self.samples() + Self.samples(.activity))
    #expect(
      shedder.lookAtMemory(2 * Self.second + 2, isShort: true) == [.shed(cgroup: Self.loud, lanes: [.detail])])
    #expect(
      shedder.lookAtMemory(6 * Self.second, isShort: true) == [.shed(cgroup: Self.loud, lanes: [.activity, .detail])])
    #expect(shedder.lookAtMemory(6 * Self.second, isShort: false).isEmpty)
  }
}
