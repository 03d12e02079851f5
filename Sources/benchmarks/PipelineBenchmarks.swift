internal import JSON
internal import Posix

/// The whole way, from the probes to a file.
struct PipelineBenchmarks {
  let bench: Workbench

  /// Events a second that reach the file, and what the recorder spends on each.
  func throughput() throws {
    say("\nThe full pipeline to a file (dd for \(bench.seconds) s)")
    let figures = try record(dd: 1, seconds: bench.seconds)
    report("events a second", decimal(figures.rate, 2) + " million", target: 1.5, isMet: figures.rate >= 1.5)
    report("lost", "\(figures.lost)", target: 0, isMet: figures.lost == 0)
    report(
      "the recorder's CPU time", decimal(figures.cost, 3) + " us an event", target: 0.3, isMet: figures.cost <= 0.3)
    report("the workload's CPU share of the wall time", decimal(figures.share, 2))

    let count = 4
    let seconds = max(bench.seconds / 6, 1)
    say("\nMore than the machine has processors for (\(count) dd for \(seconds) s)")
    let crowd = try record(dd: count, seconds: seconds)
    report("events a second", decimal(crowd.rate, 2) + " million")
    report("lost, of all", decimal(100 * Double(crowd.lost) / (crowd.events + Double(crowd.lost)), 2) + " %")
    report("the recorder's CPU time", decimal(crowd.cost, 3) + " us an event")
    report("the workload's CPU share of the wall time", decimal(crowd.share, 2))
  }

  private struct Throughput {
    var events: Double
    /// Millions a second.
    var rate: Double
    var lost: Int64
    /// Microseconds an event.
    var cost: Double
    var share: Double
  }

  private func record(dd count: Int, seconds: Int) throws -> Throughput {
    let one = "timeout \(seconds) dd if=/dev/zero of=/dev/null bs=1 status=none"
    let script = count == 1 ? "exec " + one : String(repeating: one + " & ", count: count) + "wait"
    let path = bench.directory + "/pipeline"
    defer { try? File.remove(path) }
    let figures = try bench.cost(of: bench.shell(script), under: bench.recording(to: path))
    let facts = try bench.info(path).facts
    let events = Double(facts["events"]?.integer ?? 0)
    return Throughput(
      events: events, rate: events / (figures.wall / 1e9) / 1e6,
      lost: facts["losses"]?.elements.reduce(0) { $0 + ($1["count"]?.integer ?? 0) } ?? 0,
      cost: figures.watcher / events / 1000, share: figures.processor / figures.wall)
  }

  /// Length of the file for each call in it, of workloads that differ in what there is to say.
  func size() throws {
    say("\nBytes a call, without payload")
    try size("dd", bench.dd(bench.count), limit: 2)
    try size("find", "find /usr -type f >/dev/null 2>&1; true", limit: 10)
    try size("tar", "tar cf - /usr/share 2>/dev/null | cat >/dev/null", limit: 10)
    try size("fork and exec", "i=0; while [ $i -lt 2000 ]; do /bin/true; i=$((i+1)); done", limit: nil)
    try webServer()
  }

  private func size(_ name: String, _ script: String, limit: Double?) throws {
    let path = bench.directory + "/size"
    let figures = try bench.cost(of: bench.shell(script), under: bench.recording(to: path, ["--no-payload"]))
    guard figures.end.isSuccess else { return report(name, "not measured: \(Refusal(reason: figures.errors))") }
    try reportSize(name, path, limit: limit)
  }

  private func reportSize(_ name: String, _ path: String, limit: Double?) throws {
    let facts = try bench.info(path).facts
    let events = Double(facts["events"]?.integer ?? 0)
    let length = Double(facts["length"]?.integer ?? 0)
    report(
      "\(name) (\(decimal(events, 0)) events)", decimal(length / events, 2), target: limit,
      isMet: length / events <= limit ?? .infinity)
    try? File.remove(path)
  }

  /// The server is recorded, the client is not.
  private func webServer() throws {
    let busybox = "/usr/bin/busybox"
    guard File.isExecutable(busybox) else { return report("web server", "not measured: no \(busybox)") }
    let path = bench.directory + "/web"
    let recorder = try BackgroundRecorder(
      bench.recording(to: path) + [busybox, "httpd", "-f", "-p", "127.0.0.1:18431", "-h", "/usr/share/common-licenses"])
    let client =
      "i=0; while [ $i -lt 2000 ]; do \(busybox) wget -q -O /dev/null http://127.0.0.1:18431/GPL-3; i=$((i+1)); done"
    _ = try bench.cost(of: bench.shell(client))
    _ = try recorder.stop()
    try reportSize("web server, a process a request", path, limit: 14)
  }
}
