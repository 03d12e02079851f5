internal import JSON
internal import Posix

/// The whole way, from the probes to a file.
struct PipelineBenchmarks {
  let bench: Workbench

  /// Events a second that reach the file, and what the recorder spends on each.
  func throughput() throws {
    let script = "exec timeout \(bench.seconds) dd if=/dev/zero of=/dev/null bs=1 status=none"
    say("\nThe full pipeline to a file (dd for \(bench.seconds) s)")
    let path = bench.directory + "/pipeline"
    let figures = try bench.cost(of: bench.shell(script), under: bench.recording(to: path))
    let facts = try bench.info(path).facts
    let events = Double(facts["events"]?.integer ?? 0)
    let lost = facts["losses"]?.elements.reduce(0) { $0 + ($1["count"]?.integer ?? 0) } ?? 0
    let rate = events / (figures.wall / 1e9) / 1e6
    report("events a second", decimal(rate, 2) + " million", target: 1.5, isMet: rate >= 1.5)
    report("lost", "\(lost)", target: 0, isMet: lost == 0)
    let cost = figures.watcher / events / 1000
    report("the recorder's CPU time", decimal(cost, 3) + " us an event", target: 0.3, isMet: cost <= 0.3)
    report("the workload's CPU share of the wall time", decimal(figures.processor / figures.wall, 2))
    try? File.remove(path)
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
    let figures = try bench.cost(of: bench.shell(script), under: bench.recording(to: path))
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
