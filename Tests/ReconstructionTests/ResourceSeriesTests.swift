import Events
import Testing

@testable import Reconstruction

@Suite struct ResourceSeriesTests {
  private func series(_ values: [UInt64], every nanoseconds: UInt64 = 1_000_000_000) -> ResourceSeries {
    var series = ResourceSeries(partCount: 4)
    for (index, value) in values.enumerated() {
      series.take(value, at: BootTime(nanoseconds: UInt64(index) * nanoseconds), part: min(index, 3))
    }
    return series
  }

  @Test func `what rises steadily grows by so much a second, and is at its limit then`() throws {
    let leak = series([100, 200, 300, 400])
    #expect(leak.growthPerSecond == 100)
    #expect(leak.secondsUntil(1000) == 6)
    #expect([leak.first, leak.last, leak.least, leak.most] == [100, 400, 100, 400])
    #expect(leak.parts == [100, 200, 300, 400])
    #expect(leak.secondsUntil(400) == nil, "it is there")
  }

  @Test func `a collector that gives back less each time grows too`() throws {
    let saw: [UInt64] = (0..<60).map { (place: UInt64) -> UInt64 in 1000 + place * 10 + (place % 10) * 8 }
    let growth = try #require(series(saw).growthPerSecond)
    #expect(growth > 9 && growth < 12, "\(growth)")
  }

  @Test func `what stands, falls, swings or is too little to tell does not grow`() {
    let riseAndFall: [UInt64] = (0..<40).map { (place: UInt64) -> UInt64 in place < 20 ? place * 10 : 400 - place * 10 }
    let swing: [UInt64] = [100, 900, 100, 900, 100, 900, 100, 900, 101]
    let noGrowth: [[UInt64]] = [[], [5], [5, 6], [5, 5, 5, 5], [400, 300, 200, 100], swing, riseAndFall]
    for values in noGrowth {
      #expect(series(values).growthPerSecond == nil, "\(values)")
      #expect(series(values).secondsUntil(.max) == nil, "\(values)")
    }
  }

  @Test func `the last minute counts, not what was before`() throws {
    var values: [UInt64] = (0..<500).map { (place: UInt64) -> UInt64 in place * 1000 }
    values += (0..<60).map { (place: UInt64) -> UInt64 in 500_000 + place }
    let growth = try #require(series(values).growthPerSecond)
    #expect(abs(growth - 1) < 1e-6, "\(growth)")
  }

  @Test func `numbers that no machine has are numbers still`() throws {
    let growth = try #require(series([0, .max / 2, .max], every: 1).growthPerSecond)
    #expect(UInt64(growth) == 1_000_000_000_000_000_000)
    #expect(series([1, 2, 3], every: 0).growthPerSecond == nil, "all at one time")
  }
}
