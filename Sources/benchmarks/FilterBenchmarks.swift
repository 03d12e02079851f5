internal import CaptureFormat
internal import Events
internal import FilterLanguage
internal import Posix
internal import Reconstruction
internal import Rules

/// How fast filters go through the large capture, and what Falco's rules cost an event, on one thread.
struct FilterBenchmarks {
  private let path = "captures/bench/large.pcapng"
  /// Data of others, beside the project.
  private let rulesPath = "../shared/data/falco-rules/falco_rules.yaml"

  func run(_ bench: Workbench) throws {
    guard File.exists(path) else {
      return report("\nfilters", "not measured: `make bench-data` makes \(path)")
    }
    let capture = try Capture(path: path)
    let boot = capture.boots[0]
    let events = boot.directory.reduce(0) { $0 + Int($1.rowCount) }
    let ids = boot.containers.map(\.id).filter { $0.count == 64 }
    let id = ids.isEmpty ? "host" : String(ids[ids.count / 2].prefix(12))
    say("\nFilters, one thread: \(events) events of \(ids.count) containers")
    let filters: [(name: String, text: String, millions: Double?)] = [
      ("evt.type and container.id", "evt.type=execve and container.id=\(id)", 200),
      ("fd.name contains", "fd.name contains bench-", 50), ("evt.type", "evt.type=openat", nil),
      ("evt.failed", "evt.failed=true", nil), ("proc.name", "proc.name=busybox", nil),
      ("proc.aname", "proc.aname=sh and evt.type=unlink", nil),
      ("everything is printed", "evt.rawres >= 0 or evt.rawres < 0", nil),
    ]
    for (name, text, millions) in filters {
      var seconds: [Double] = []
      var found = 0
      // The first warms the page cache.
      for run in 0...bench.pairs {
        let start = Clock.monotonic
        let filter = try PreparedFilter(CompiledFilter(text), of: boot)
        found = 0
        for entry in boot.directory where filter.mayMatch(entry) {
          guard let block = try capture.section(of: entry)?.readEvents(entry) else { continue }
          while filter.advance(block) { found += 1 }
        }
        if run > 0 { seconds.append(Double(Clock.monotonic - start) / 1e9) }
      }
      let rates = Spread(seconds.map { Double(events) / $0 / 1e6 })
      report("\(name), \(found) pass", Spread(seconds), digits: 3, unit: " s")
      let words = "\(decimal(rates.median, 0)) million/s"
      if let millions {
        report("  events", words, target: millions, isMet: rates.median >= millions)
      } else {
        report("  events", words)
      }
    }
    try measureRules("built-in rules", [(BuiltInRules.name, Array(BuiltInRules.text.utf8))], capture, bench)
    if File.exists(rulesPath) {
      let text = try FileDescriptor.contents(of: rulesPath, limit: 16 << 20)
      try measureRules("Falco's stable rules", [(rulesPath, text)], capture, bench, limit: 300)
    } else {
      report("Falco's stable rules", "not measured: \(rulesPath) is not there")
    }
  }

  /// As a recorder tries them: sealed blocks, bundle by bundle, what they change of processes first.
  private func measureRules(
    _ name: String, _ files: [(String, [UInt8])], _ capture: Capture, _ bench: Workbench, limit: Double? = nil
  ) throws {
    var loader = RuleLoader()
    for (file, text) in files { loader.load(text, from: file) }
    let rules = loader.finish().enabled
    let boot = capture.boots[0]
    // As they come: by their last times, a second at a time.
    let entries = boot.directory.sorted { $0.lastTime < $1.lastTime }
    var bundles: [[SealedBlock]] = []
    var second: UInt64 = 0
    var events = 0
    for entry in entries {
      guard let section = capture.section(of: entry), events < 3_000_000 else { continue }
      let now = entry.lastTime.nanoseconds / 1_000_000_000
      if now != second || bundles.isEmpty { bundles.append([]) }
      second = now
      bundles[bundles.count - 1].append(try section.sealedBlock(entry))
      events += Int(entry.rowCount)
    }
    var perEvent: [Double] = []
    var found = 0
    for run in 0...bench.pairs {
      found = 0
      let live = LiveEvents(boot.catalogue, hostName: boot.hostName, since: boot.span.first)
      live.take(boot.containers)
      let bank = live.bank(rules.map(\.filter))
      let kinds = bank.kinds
      let start = Clock.threadCPU
      for bundle in bundles {
        let wanted = bundle.filter {
          $0.entry.kinds.mayContain(anyOf: kinds) || $0.entry.kinds.mayContain(anyOf: LiveEvents.kinds)
        }
        try live.apply(wanted)
        for block in wanted where bank.mayMatch(block.entry) {
          bank.forEachMatch(in: try EventBlock(block)) { _, _ in found += 1 }
        }
      }
      if run > 0 { perEvent.append(Double(Clock.threadCPU - start) / Double(events)) }
    }
    let spread = Spread(perEvent)
    report("\(name): \(rules.count), \(found) alerts", spread, digits: 0, unit: " ns an event", atMost: limit)
  }
}
