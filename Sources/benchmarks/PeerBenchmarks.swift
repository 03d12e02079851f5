internal import JSON
internal import Posix

/// Other recorders and this one on the same work, with as much payload, in turns.
struct PeerBenchmarks {
  private let bench: Workbench
  private let workload: PeerWorkload
  private let smaller: PeerWorkload
  private let container: LabContainer
  private let other: LabContainer

  /// Bytes of each read and write that every recorder keeps that can.
  private static let snaplen = 256
  private static let bufferInKibibytes = "16384"

  init(_ bench: Workbench, _ kind: PeerWorkload.Kind) throws {
    self.bench = bench
    // Counted twice: the first time finds a cold cache.
    workload = try PeerWorkload(kind, bench)
    smaller = try PeerWorkload(kind, bench, divisor: 10)
    container = try LabContainer(number: 1)
    other = try LabContainer(number: 2)
  }

  /// What one run of the work came to.
  private struct Run {
    /// Of the work, children and all.
    var processor: Double
    var wall: Double
    var recorder = Peer.Figures(events: 0, lost: 0, processor: .nan)
    var length = 0.0
  }
  /// Runs of one recorder, as many as there are of the others.
  private struct Runs {
    var runs: [Run] = []
    var lost: Double { runs.reduce(0) { $0 + $1.recorder.lost } }
    var events: Double { runs.reduce(0) { $0 + $1.recorder.events } }
    /// Microseconds of the recorder.
    var cost: [Double] { runs.map { $0.recorder.processor / $0.recorder.events / 1000 } }
    var bytes: [Double] { runs.map { $0.length / $0.recorder.events } }
  }

  func run() throws {
    defer {
      container.remove()
      other.remove()
    }
    try container.start("sleep 1000")
    try other.start("sleep 1000")
    for _ in 0..<2 { _ = try work() }
    var bare = Runs()
    var ours = Runs()
    var elsewhere = Runs()
    var theirs = Runs()
    var compressed = Runs()
    var byDefault = Runs()
    var raw = Runs()
    let peer = try environmentVariable(Peer.variable).map { try Peer($0) }
    defer { peer?.end() }
    for _ in 0..<bench.pairs {
      bare.runs.append(try work())
      ours.runs.append(try record(container))
      elsewhere.runs.append(try record(other))
      if let peer {
        theirs.runs.append(try record(peer, isCompressed: false, .all))
        compressed.runs.append(try record(peer, isCompressed: true, .all))
        byDefault.runs.append(try record(peer, isCompressed: false, .byDefault))
      }
      if RawTrace.instances != nil { raw.runs.append(try traceRaw()) }
    }
    say("\n\(workload.kind.rawValue): \(decimal(workload.calls, 0)) calls, \(bench.pairs) runs of each in turn")
    report("untraced", Spread(bare.runs.map { $0.processor / workload.calls }), digits: 0, unit: " ns a call")
    describe("aftertrace", ours, bare)
    if peer == nil {
      report("peer", "not measured: \(Peer.variable) does not name its program")
    } else {
      describe("peer, every call", theirs, bare)
      describe("peer, every call, compressing", compressed, bare)
      describe("peer, its default calls", byDefault, bare)
    }
    if raw.runs.isEmpty {
      report("raw tracefs", "not measured: tracefs is not mounted")
    } else {
      describe("raw tracefs, two events a call", raw, bare)
    }
    describe("aftertrace, recording another container", elsewhere, bare)
    if peer != nil {
      report("added, over the peer", ratio(added(ours, bare), added(theirs, bare)), atMost: 0.7)
      report(
        "added while another is recorded, over the peer", ratio(added(elsewhere, bare), added(theirs, bare)),
        atMost: 1 / 3)
      report("recorder's CPU an event, over the peer's", ratio(ours.cost, theirs.cost))
      report(
        "recorder's CPU an event, over the compressing peer's", ratio(ours.cost, compressed.cost), atMost: 0.25)
    }
    try compare(
      "strace -f", ["/usr/bin/strace", "-f", "-qq", "-s", "\(Self.snaplen)", "-o", bench.directory + "/strace"])
    try compare("perf trace", ["/usr/bin/perf", "trace", "-o", bench.directory + "/perf"])
  }

  // MARK: Running

  private func work(_ workload: PeerWorkload? = nil) throws -> Run {
    let began = Clock.monotonic
    let processor = try bench.cost(of: bench.shell((workload ?? self.workload).script, in: container.cgroup))
    return Run(processor: processor, wall: Double(Clock.monotonic - began))
  }

  /// With this program's recorder on `container`.
  private func record(_ container: LabContainer) throws -> Run {
    let path = bench.directory + "/peers"
    try? File.remove(path)
    let recorder = try BackgroundRecorder(
      [bench.aftertrace, "record", "-o", path, "--max-size", "8G", "--snaplen", "\(Self.snaplen)"] + [
        "--container", container.id,
      ])
    let before = try recorder.processorNanoseconds
    var run = try work()
    try settle()
    run.recorder.processor = try recorder.processorNanoseconds - before
    _ = try recorder.stop()
    let facts = try bench.info(path).facts
    run.recorder.events = Double(facts["events"]?.integer ?? 0)
    run.recorder.lost = Double(facts["losses"]?.elements.reduce(0) { $0 + ($1["count"]?.integer ?? 0) } ?? 0)
    run.length = Double(facts["length"]?.integer ?? 0)
    try File.remove(path)
    return run
  }

  private func record(_ peer: Peer, isCompressed: Bool, _ calls: Peer.Calls) throws -> Run {
    let path = bench.directory + "/peer"
    var (run, figures) = try peer.record(to: path, isCompressed: isCompressed, calls: calls, snaplen: Self.snaplen) {
      let run = try work()
      try settle()
      return run
    }
    run.recorder = figures
    run.length = Double(try FileStatus(of: path).lengthInBytes)
    try File.remove(path)
    return run
  }

  private func traceRaw() throws -> Run {
    let instance = (RawTrace.instances ?? "") + "/aftertrace-bench-\(processID)"
    let directory = bench.directory + "/raw"
    try Directory.create(directory)
    defer {
      try? Directory.remove(instance)
      try? Directory.removeAll(directory)
    }
    let recorder = try BackgroundRecorder([bench.own, "--trace-raw", instance, directory, Self.bufferInKibibytes])
    let before = try recorder.processorNanoseconds
    var run = try work()
    try settle()
    run.recorder.processor = try recorder.processorNanoseconds - before
    let words = try recorder.stop().said.split { $0 == " " || $0 == "\n" }
    if words.count >= 4, let lost = Double(words[words.count - 1]), let events = Double(words[words.count - 3]) {
      run.recorder.events = events
      run.recorder.lost = lost
    }
    for name in try Directory.names(in: directory) {
      run.length += Double(try FileStatus(of: directory + "/" + name).lengthInBytes)
    }
    return run
  }

  /// What is buffered gets to the file.
  private func settle() throws { try WakeUp().wait(milliseconds: 1100) }

  // MARK: Reporting

  private func describe(_ name: String, _ runs: Runs, _ bare: Runs) {
    report("\(name), added", Spread(added(runs, bare)), digits: 0, unit: " ns a call")
    report("  wall time, over untraced", ratio(runs.runs.map(\.wall), bare.runs.map(\.wall)))
    guard runs.events > Double(runs.runs.count) * workload.calls / 100 else { return }
    report("  recorder's CPU", Spread(runs.cost), digits: 3, unit: " us an event")
    report("  bytes an event", Spread(runs.bytes), digits: 1)
    report("  lost, of all", "\(decimal(runs.lost, 0)) of \(decimal(runs.events + runs.lost, 0))")
  }

  /// Nanoseconds a call, of neighbours in time.
  private func added(_ runs: Runs, _ bare: Runs) -> [Double] {
    zip(runs.runs, bare.runs).map { ($0.processor - $1.processor) / workload.calls }
  }
  private func ratio(_ left: [Double], _ right: [Double]) -> Spread { Spread(zip(left, right).map { $0 / $1 }) }

  /// With a tracer that starts what it traces.
  private func compare(_ name: String, _ watcher: [String]) throws {
    guard File.isExecutable(watcher[0]) else { return report(name, "not measured: \(watcher[0]) is not here") }
    var times: [Double] = []
    for _ in 0..<min(bench.pairs, 3) {
      let bare = try work(smaller).processor
      let figures = try bench.cost(of: bench.shell(smaller.script, in: container.cgroup), under: watcher)
      guard figures.end.isSuccess, figures.processor.isFinite else {
        return report(name, "not measured: it does not run here: \(Refusal(reason: figures.errors))")
      }
      times.append((figures.processor - bare) / smaller.calls)
    }
    report("\(name), added (\(decimal(smaller.calls, 0)) calls)", Spread(times), digits: 0, unit: " ns a call")
  }
}
