internal import Glibc
internal import Posix

/// Measures against the targets, and makes the capture that reading is measured with.
///
///     benchmarks [--pairs N] [--count N] [--seconds N] [unwatched watched pipeline size watch windows trigger packets
///         reading inspector scap filters peers]
///
/// `peers` is each of `peers-dd`, `peers-find`, `peers-tar`, `peers-fork` and `peers-network`.
///
///     benchmarks --make-data DIRECTORY
@main struct Benchmarks {
  static func main() {
    do {
      let words = Array(CommandLine.arguments.dropFirst())
      if words.first == "--measured", words.count > 2 {
        exit(try Workbench.measure(into: words[1], Array(words.dropFirst(2))))
      }
      if words.first == "--paced", words.count == 3, let rate = Int(words[1]), let seconds = Int(words[2]) {
        return try PacedWork.run(callsPerSecond: rate, seconds: seconds)
      }
      if words.first == "--trace-raw", words.count == 4 {
        return try RawTrace(instance: words[1], directory: words[2], bufferInKibibytes: words[3]).run()
      }
      if words.first == "--ping-pong", words.count == 2, let count = Int(words[1]) { return try PingPong.run(count) }
      if words.first == "--blast", words.count == 6, let port = UInt16(words[2]) {
        let numbers = words[3...].compactMap { Int($0) }
        guard numbers.count == 3 else { throw Refusal(reason: "--blast wants numbers") }
        return try Blaster.run(to: words[1], port: port, size: numbers[0], rate: numbers[1], seconds: numbers[2])
      }
      if words.first == "--sink", words.count == 3, let port = UInt16(words[2]) {
        return try Blaster.sink(at: words[1], port: port)
      }
      var bench = try Workbench()
      defer { bench.cleanUp() }
      if words.first == "--make-data", words.count == 2 {
        return try LargeCapture(directory: words[1]).make(bench)
      }
      if try !run(sections(of: words, &bench), bench) {
        bench.cleanUp()
        exit(1)
      }
    } catch {
      complain("\(error)")
      exit(2)
    }
  }

  private static let all =
    [
      "unwatched", "watched", "pipeline", "size", "watch", "windows", "trigger", "packets", "reading", "inspector",
      "scap", "filters",
    ] + peers
  private static let peers = PeerWorkload.Kind.allCases.map { "peers-" + $0.rawValue }
  /// For one section, beside the time that the pipeline is to run for.
  private static let secondsAllowed = 180

  private static func sections(of words: [String], _ bench: inout Workbench) throws -> [String] {
    var sections: [String] = []
    var rest = words[...]
    while let word = rest.popFirst() {
      if word.hasPrefix("--") {
        guard let number = rest.popFirst().flatMap({ Int($0) }), number > 0 else {
          throw Refusal(reason: "\(word) wants a number")
        }
        switch word {
        case "--pairs": bench.pairs = number
        case "--count": bench.count = number
        case "--seconds": bench.seconds = number
        default: throw Refusal(reason: "unknown option \(word)")
        }
      } else if word == "peers" {
        sections += peers
      } else if all.contains(word) {
        sections.append(word)
      } else {
        throw Refusal(reason: "unknown section \(word): there are \(all.joined(separator: ", "))")
      }
    }
    return sections.isEmpty ? all : sections
  }

  /// False when a section could not be measured.
  private static func run(_ sections: [String], _ bench: Workbench) -> Bool {
    var isWhole = true
    for section in sections {
      do {
        try Watchdog.limit(secondsAllowed + bench.seconds) {
          switch section {
          case "unwatched": try ProbeBenchmarks(bench).unwatched()
          case "watched": try ProbeBenchmarks(bench).watched()
          case "pipeline": try PipelineBenchmarks(bench: bench).throughput()
          case "size": try PipelineBenchmarks(bench: bench).size()
          case "watch": try WatchBenchmarks(bench: bench).run()
          case "windows": try WatchBenchmarks(bench: bench).windows()
          case "trigger":
            try TriggerBenchmarks(bench: bench).run()
            try WatchBenchmarks(bench: bench).triggers()
          case "packets": try PacketBenchmarks(bench: bench).run()
          case "reading": try LargeCapture(directory: "captures/bench").read(bench)
          case "filters": try FilterBenchmarks().run(bench)
          case "inspector": try InspectorBenchmarks().run(bench)
          case "scap": try ScapBenchmarks(bench: bench).run()
          default:
            let kind = PeerWorkload.Kind(rawValue: String(section.dropFirst("peers-".count)))
            if let kind { try PeerBenchmarks(bench, kind).run() }
          }
        }
      } catch {
        report(section, "not measured: \(error)")
        isWhole = false
      }
    }
    say("\n" + Tally.text)
    return isWhole
  }

  private static func complain(_ text: String) {
    var line = "benchmarks: \(text)\n"
    line.withUTF8 { try? Posix.write(UnsafeRawBufferPointer($0), to: 2) }
  }
}
