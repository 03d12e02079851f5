import CaptureFormat
import Events
import Posix
import Testing

/// captures/v1/losses.pcapng: a row of each cause. No recording loses in all these ways, so it was made, and not recorded.
@Suite struct LossSampleTests {
  private static let path: String = {
    let parts = #filePath.split(separator: "/").dropLast(3)
    return "/" + parts.joined(separator: "/") + "/captures/v1/losses.pcapng"
  }()

  /// The causes that this version of the sample has: a later one gets a sample of its own.
  private static let causes = (1...8).map { UInt16($0) } + (16...23).map { UInt16($0) }

  /// Lanes, none and containers in turn; the place of a cause is its count.
  private static let rows = causes.enumerated().map { place, cause in
    LossRow(
      cause: LossCause(rawValue: cause), lane: [.detail, .activity, .lifecycle, nil][place % 4],
      container: [SampleCapture.container, .host, nil][place % 3],
      from: BootTime(nanoseconds: 1_000_000_000 + UInt64(place)), to: BootTime(nanoseconds: 2_000_000_000),
      count: UInt64(place + 1))
  }

  private static func make() throws -> [UInt8] {
    let output = SampleCapture.Output()
    let writer = try CaptureWriter(
      to: output.sink, provenance: SampleCapture.provenance, catalogue: Catalogue.current(calls: []))
    try writer.append(containers: SampleCapture.containers)
    try writer.append(processes: SampleCapture.processes)
    for block in SampleCapture.events(4) { try writer.append(block) }
    try writer.append(losses: rows)
    try writer.append(anchors: SampleCapture.anchors)
    try writer.finish(
      Completeness(
        from: BootTime(nanoseconds: 1), to: BootTime(nanoseconds: 2_000_000_000), isComplete: false,
        reason: "made, not recorded"))
    return output.bytes
  }

  @Test func `each cause of loss is read from the sample, and each has words for what is missing`() throws {
    if !File.exists(Self.path) {
      try FileDescriptor.write(Self.make(), to: Self.path)
      Issue.record("\(Self.path) was missing and is made anew: look at it, and note its digest in SHA256SUMS")
    }
    let file = try CaptureFile(path: Self.path)
    #expect(file.problems.isEmpty && file.completeness?.isComplete == false)
    let losses = try file.losses()
    #expect(Set(losses) == Set(Self.rows))
    for cause in Self.causes {
      let row = try #require(losses.first { $0.cause.rawValue == cause })
      #expect(row.cause.name != nil)
      #expect(file.catalogue.causes.contains { $0.number == cause && $0.name == row.cause.name })
      let (events, words) = ([row].lostEvents, [row].otherObstacles.joined())
      #expect(events == (row.cause.countsEvents ? row.count : 0))
      #expect(words.isEmpty == row.cause.countsEvents, "\(words)")
    }
    let (events, obstacles) = (losses.lostEvents, losses.otherObstacles)
    #expect(events == 1 + 2 + 4 + 9 + 10 + 11 + 12)
    #expect(obstacles.count == 9, "\(obstacles)")
  }
}
