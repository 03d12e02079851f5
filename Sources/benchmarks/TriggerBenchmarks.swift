internal import CaptureFormat
internal import Events
internal import Posix
internal import Recording

/// From an accepted trigger to its past on the disk.
struct TriggerBenchmarks {
  let bench: Workbench

  /// Against creating a file, writing as many bytes in one piece and fsync, in turns on the same disk.
  func run() throws {
    say("\nFrom trigger to past on the disk, against a plain write and fsync of the same size")
    var options = ShelfOptions(directory: bench.directory + "/captures")
    options.reserve = 0
    options.maximumCount = nil
    options.quota = nil
    let shelf = try CaptureShelf(options) { report in say("  \(report.message)") }
    defer { shelf.close() }
    for (blocks, count) in [(4, 300), (64, 60)] { try measure(shelf, blocks: blocks, count: count) }
    try storm(shelf)
  }

  private func measure(_ shelf: CaptureShelf, blocks: Int, count: Int) throws {
    let past = (0..<blocks).map { Self.block(number: $0) }
    var captures: [Double] = []
    var plain: [Double] = []
    var length = 0
    for round in 0..<count {
      let start = Self.start(past)
      let began = Clock.monotonic
      let job = try shelf.begin(start: start)
      while !job.isPastDurable {}
      captures.append(Double(Clock.monotonic - began) / 1e6)
      let partial = job.path + ".partial"
      length = Int(try FileStatus(of: partial).lengthInBytes)
      job.finish(Self.completeness)
      let path = job.waitUntilClosed()?.path
      // What follows is not to be measured with the removal of what went before.
      if let path { try File.remove(path) }
      plain.append(try Self.writePlainly(length, to: bench.directory + "/plain-\(round)") / 1e6)
    }
    Self.compare(captures, plain, "\(length / 1024) KiB")
  }

  /// Prints both and their ratio, of milliseconds.
  static func compare(_ captures: [Double], _ plain: [Double], _ size: String) {
    let (p50, p99) = (percentile(captures, 50), percentile(captures, 99))
    let (plain50, plain99) = (percentile(plain, 50), percentile(plain, 99))
    report("\(size): p50, p99", "\(decimal(p50, 2)), \(decimal(p99, 2)) ms")
    report("\(size): plain p50, p99", "\(decimal(plain50, 2)), \(decimal(plain99, 2)) ms")
    report("\(size): p50 / plain p50", decimal(p50 / plain50, 2), target: 2.5, isMet: p50 / plain50 <= 2.5)
    report("\(size): p99 / plain p99", decimal(p99 / plain99, 2), target: 2.5, isMet: p99 / plain99 <= 2.5)
  }

  /// Nanoseconds to create the file, write `length` bytes that do not compress in one piece, and fsync.
  static func writePlainly(_ length: Int, to path: String) throws -> Double {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: 4096)
    defer { bytes.deallocate() }
    for place in stride(from: 0, to: length - 8, by: 8) {
      bytes.storeBytes(of: UInt64.random(in: .min ... .max), toByteOffset: place, as: UInt64.self)
    }
    let began = Clock.monotonic
    let file = try FileDescriptor.create(path)
    try file.write(UnsafeRawBufferPointer(bytes))
    try file.synchronize()
    let time = Clock.monotonic - began
    try File.remove(path)
    return Double(time)
  }

  /// All at once: when the last of them has its past on the disk.
  private func storm(_ shelf: CaptureShelf) throws {
    let past = [Self.block(number: 0)]
    let count = 120
    let began = Clock.monotonic
    let jobs = try (0..<count).map { _ in try shelf.begin(start: Self.start(past)) }
    let accepted = Clock.monotonic - began
    for job in jobs { while !job.isPastDurable {} }
    let durable = Clock.monotonic - began
    for job in jobs { job.finish(Self.completeness) }
    for job in jobs { if let path = job.waitUntilClosed()?.path { try? File.remove(path) } }
    report("\(count) triggers at once: taken after", decimal(Double(accepted) / 1e6, 2) + " ms")
    report("\(count) triggers at once: the last past on the disk after", decimal(Double(durable) / 1e6, 1) + " ms")
  }

  private static func percentile(_ values: [Double], _ part: Int) -> Double {
    let sorted = values.sorted()
    return sorted[min(sorted.count * part / 100, sorted.count - 1)]
  }

  private static let container = ContainerKey(rawValue: 3)

  private static var completeness: Completeness {
    Completeness(from: BootTime(nanoseconds: 0), to: BootTime(nanoseconds: 1), isComplete: true, reason: "measured")
  }

  private static func start(_ past: [SealedBlock]) -> CaptureStart {
    let now = BootTime(nanoseconds: Clock.boot)
    var start = CaptureStart(
      provenance: Provenance(), catalogue: catalogue, containerID: String(repeating: "5e", count: 32),
      containerName: "web", triggers: [TriggerRow(time: now, accepted: now, source: "request", container: container)])
    start.anchors = [
      AnchorRow(boot: now, monotonic: Clock.monotonic, real: WallTime(nanoseconds: Clock.real), reason: .start)
    ]
    start.blocks = past
    return start
  }

  /// As long as the recorder's own: a name for each of some thousand calls.
  private static let catalogue = SealedCatalogue(
    .current(
      calls: (0..<3).flatMap { abi in (0..<400).map { .init(abi: UInt8(abi), number: UInt16($0), name: "call_\($0)") } }
    ))

  /// Full, and hard to compress: some 200 KiB.
  private static func block(number: Int) -> SealedBlock {
    let builder = EventBlockBuilder(stream: StreamKey(container: container, lane: .detail), firstSequence: 0)
    let key = ProcessKey(pid: 7, start: BootTime(nanoseconds: 1))
    var row: UInt64 = 0
    while !builder.isFull {
      let process = builder.internProcess(key) { BlockProcess(key: key, comm: Array("sh".utf8)) }
      builder.beginRow(
        time: BootTime(nanoseconds: UInt64(number) * 1_000_000_000 + row), process: process, thread: 7, kind: .fileRead,
        call: SystemCall(abi: 0, number: 0), result: Int64.random(in: 0 ... .max), flags: [], cpu: 0)
      builder.set(.count, Int64.random(in: 0 ... .max))
      builder.endRow()
      row += 1
    }
    return builder.seal()
  }
}
