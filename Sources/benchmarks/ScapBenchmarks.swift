internal import JSON
internal import Posix

/// How a .scap file of millions of events is read, against sysdig on the same file in the same run.
struct ScapBenchmarks {
  let bench: Workbench
  private static let sysdig = "/usr/bin/sysdig"
  /// HAProxy answering 502, of sysdig-inspect's samples; without it what this program writes.
  private static let sample = "../shared/data/scap/502Error.scap"
  private static let eventsWanted: UInt64 = 5_000_000

  func run() throws {
    guard File.isExecutable(Self.sysdig) else { return report("\n.scap", "not measured: sysdig is not installed") }
    let file = bench.directory + "/large.scap"
    let capture = bench.directory + "/large.pcapng"
    let count = try makeLarge(file)
    defer { for path in [file, file + ".gz", capture] { try? File.remove(path) } }
    say("\nA .scap file of \(count) events against sysdig")
    _ = try bench.cost(of: [bench.aftertrace, "slice", file, "-o", capture])
    _ = try bench.cost(of: bench.shell("gzip -1 -k '\(file)'"))
    try sizes(file, capture)
    try compare("read all, say nothing", ["info", file], ["-q", "-r", file], ratio: 1.2)
    try compare("read all, as JSON", ["export", file], ["-j", "-r", file], ratio: 0.1)
    try compare("  once it is a capture", ["export", capture], nil)
    guard let id = try containerID(capture) else { return report("a container's events", "not measured: none") }
    try compare(
      "a container's events, once it is a capture", ["events", "--container", id, capture],
      ["-r", file, "container.id=\(id.prefix(12))"], ratio: 0.05)
  }

  private func containerID(_ capture: String) throws -> String? {
    try bench.info(capture).facts["containers"]?.elements.compactMap(\.string).max { $0.utf8.count < $1.utf8.count }
  }

  // MARK: Comparing

  private struct Runs {
    var seconds: [Double] = []
    var peak: UInt64 = 0

    mutating func run(_ words: [String]) throws {
      let start = Clock.monotonic
      let child = try Watchdog.start(ProgramLaunch(words[0], Array(words.dropFirst())))
      let (end, usage) = try Watchdog.wait(for: child)
      guard end.isSuccess else { throw Refusal(reason: "\(words[0]): \(end)") }
      seconds.append(Double(Clock.monotonic - start) / 1e9)
      peak = max(peak, usage.peakMemoryInBytes)
    }
  }

  /// Runs both one after the other, as often as pairs were asked for, up to three.
  private func compare(_ name: String, _ ours: [String], _ theirs: [String]?, ratio: Double? = nil) throws {
    var (mine, other) = (Runs(), Runs())
    for _ in 0..<min(bench.pairs, 3) {
      try mine.run([bench.aftertrace] + ours)
      if let theirs { try other.run([Self.sysdig] + theirs) }
    }
    report(name, Spread(mine.seconds), digits: 2, unit: " s")
    if theirs != nil {
      report("  sysdig", Spread(other.seconds), digits: 2, unit: " s")
      let ratios = Spread(zip(mine.seconds, other.seconds).map { $0 / $1 })
      report("  ours to theirs", ratios, digits: 3, unit: "", atMost: ratio)
    }
    let memory = "\(mine.peak >> 20) MiB" + (theirs == nil ? "" : ", theirs \(other.peak >> 20) MiB")
    report("  memory", memory)
  }

  private func sizes(_ file: String, _ capture: String) throws {
    let plain = Double(try length(file))
    report("the file", decimal(plain / 1_048_576, 1) + " MiB")
    report("  gzip -1", decimal(Double(try length(file + ".gz")) / plain * 100, 1) + " %")
    report("  as a capture", decimal(Double(try length(capture)) / plain * 100, 1) + " %")
  }

  private func length(_ path: String) throws -> UInt64 { try FileDescriptor.open(path, flags: 0).length() }

  // MARK: The file

  /// A small file's events over and over, each round later than the one before, behind one head.
  ///
  /// - Returns: How many events are in it.
  private func makeLarge(_ path: String) throws -> UInt64 {
    var small = Self.sample
    if !File.exists(small) {
      small = bench.directory + "/small.scap"
      _ = try bench.cost(of: [bench.aftertrace, "export", "--to", "scap", "captures/v1/acts.pcapng", "-o", small])
    }
    let bytes = try FileDescriptor.contents(of: small, limit: 1 << 26)
    var head: [UInt8] = []
    var events: [UInt8] = []
    var timePlaces: [Int] = []
    var span: (first: UInt64, last: UInt64) = (.max, 0)
    var place = 0
    bytes.withUnsafeBytes { bytes in
      while place + 12 <= bytes.count {
        let type = bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)
        let total = Int(bytes.loadUnaligned(fromByteOffset: place + 4, as: UInt32.self))
        guard total >= 12, place + total <= bytes.count else { return }
        let block = bytes[place..<(place + total)]
        // Events, with flags between their CPU and their time in some.
        let timePlace: Int? =
          switch type {
          case 0x204, 0x216, 0x221: 10
          case 0x208, 0x217, 0x222: 14
          default: nil
          }
        if let timePlace, total >= 40 {
          timePlaces.append(events.count + timePlace)
          let time = bytes.loadUnaligned(fromByteOffset: place + timePlace, as: UInt64.self)
          if time < .max { span = (min(span.first, time), max(span.last, time)) }
          events += block
        } else {
          head += block
        }
        place += total
      }
    }
    guard !timePlaces.isEmpty, span.last >= span.first else { throw Refusal(reason: "no events in \(small)") }
    let file = try FileDescriptor.create(path)
    try head.withUnsafeBytes { try Posix.write($0, to: file.number) }
    let step = span.last - span.first + 1_000_000
    var count: UInt64 = 0
    while count < Self.eventsWanted {
      try events.withUnsafeBytes { try Posix.write($0, to: file.number) }
      count += UInt64(timePlaces.count)
      events.withUnsafeMutableBytes { bytes in
        for place in timePlaces {
          let time = bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)
          if time < .max { bytes.storeBytes(of: time + step, toByteOffset: place, as: UInt64.self) }
        }
      }
    }
    return count
  }
}
