internal import Posix

/// What the probes add to a call, watched and not, in alternating runs of one workload.
struct ProbeBenchmarks {
  let bench: Workbench
  private let calls: Double

  init(_ bench: Workbench) {
    self.bench = bench
    calls = Double(bench.count) * 2
  }

  /// A call of a process that nobody watches, against a probe that only says no.
  func unwatched() throws {
    let words = bench.shell("exec " + bench.dd(bench.count), in: bench.cgroup)
    let bare = try BareProbe()
    let container = try LabContainer(number: 0)
    defer { container.remove() }
    try container.start("sleep 1000")
    var untraced: [Double] = []
    var rejected: [Double] = []
    var bySubtree: [Double] = []
    var byContainer: [Double] = []
    let path = bench.directory + "/unwatched"
    for _ in 0..<bench.pairs {
      untraced.append(try bench.cost(of: words))
      rejected.append(try bare.rejecting { try bench.cost(of: words) })
      bySubtree.append(try withRecorder(bench.recording(to: path) + ["sleep", "1000"]) { try bench.cost(of: words) })
      let selection = [bench.aftertrace, "record", "-o", path, "--container", container.id]
      try? File.remove(path)
      byContainer.append(try withRecorder(selection) { try bench.cost(of: words) })
    }
    say("\nA call of a process that nobody watches (dd, \(bench.count * 2) calls, \(bench.pairs) runs each)")
    report("untraced", nanoseconds(untraced), digits: 0, unit: " ns a call")
    report("bare probe that rejects, over untraced", ratio(rejected, untraced))
    report("recording another subtree, over the bare probe", ratio(bySubtree, rejected), atMost: 1.15)
    report("recording another container, over the bare probe", ratio(byContainer, rejected), atMost: 1.15)
    report("recording another subtree, added", added(bySubtree, untraced), digits: 0, unit: " ns a call")
  }

  /// A watched process's call, against a probe that fills a ring with as much, and against other tracers.
  func watched() throws {
    let words = bench.shell("exec " + bench.dd(bench.count), in: bench.cgroup)
    let bare = try BareProbe()
    let cgroup = try FileStatus(of: bench.cgroup).inode
    let path = bench.directory + "/watched"
    var untraced: [Double] = []
    var filled: [Double] = []
    var ours: [Double] = []
    for _ in 0..<bench.pairs {
      untraced.append(try bench.cost(of: words))
      filled.append(try bare.recording(cgroup: cgroup) { try bench.cost(of: words) })
      ours.append(try bench.cost(of: words, under: bench.recording(to: path)).processor)
    }
    say("\nA call of a watched process (dd, \(bench.count * 2) calls, \(bench.pairs) runs each)")
    report("recording, over a bare probe that fills a ring", ratio(ours, filled), atMost: 1.3)
    report("recording, over untraced", ratio(ours, untraced))
    report("recording, added", added(ours, untraced), digits: 0, unit: " ns a call")
    report("bare probe that fills a ring, added", added(filled, untraced), digits: 0, unit: " ns a call")
    try compare(with: "strace -f", ["/usr/bin/strace", "-f", "-o", "/dev/null"], count: bench.count / 100)
    try compare(with: "perf trace", ["/usr/bin/perf", "trace", "-o", "/dev/null"], count: bench.count / 50)
  }

  private func compare(with name: String, _ watcher: [String], count: Int) throws {
    guard File.isExecutable(watcher[0]) else { return report(name, "not measured: \(watcher[0]) is not here") }
    let words = bench.shell("exec " + bench.dd(count))
    var plain: [Double] = []
    var traced: [Double] = []
    for _ in 0..<bench.pairs {
      plain.append(try bench.cost(of: words))
      let figures = try bench.cost(of: words, under: watcher)
      guard figures.end.isSuccess, figures.processor.isFinite else {
        return report(name, "not measured: it does not run here: \(Refusal(reason: figures.errors))")
      }
      traced.append(figures.processor)
    }
    report("\(name), over untraced", ratio(traced, plain))
    let pairs = zip(traced, plain).map { ($0 - $1) / Double(count * 2) }
    report("\(name), added", Spread(pairs), digits: 0, unit: " ns a call")
  }

  private func withRecorder<Result>(_ words: [String], _ body: () throws -> Result) throws -> Result {
    let recorder = try BackgroundRecorder(words)
    let result = Swift.Result { try body() }
    _ = try recorder.stop()
    return try result.get()
  }

  private func nanoseconds(_ values: [Double]) -> Spread { Spread(values.map { $0 / calls }) }
  private func added(_ left: [Double], _ right: [Double]) -> Spread {
    Spread(zip(left, right).map { ($0 - $1) / calls })
  }
  /// Of neighbours in time: the machine's mood is the same for both.
  private func ratio(_ left: [Double], _ right: [Double]) -> Spread { Spread(zip(left, right).map { $0 / $1 }) }
}
