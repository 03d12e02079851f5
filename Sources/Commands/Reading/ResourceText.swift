internal import CaptureFormat
internal import Events
internal import JSON
internal import Reconstruction

/// One container's resources for people.
struct ResourceText {
  let request: ReadingRequest
  let output: Output

  func print(_ history: ResourceHistory, of key: ContainerKey) throws {
    let time = TimeText(clock: request.clock, isLocal: request.isLocal)
    let samples = history.sampleCount == 1 ? "1 sample" : "\(countText(UInt64(history.sampleCount))) samples"
    try output.line(
      "\(request.label(of: key)): \(samples), \(time.time(history.firstTime)) to \(time.time(history.lastTime))")
    try printSeries("memory", .memoryCurrent, history, sizeText, also: memoryWords(history))
    try printSeries("cpu", .cpuUsage, history, { Self.cpus($0) + " CPU" }, also: cpuWords(history))
    try printSeries("tasks", .pidsCurrent, history, countText, also: "")
    if let read = history.increase(of: .ioReadBytes), let written = history.increase(of: .ioWrittenBytes) {
      try output.line("  io      \(sizeText(read)) read, \(sizeText(written)) written")
    }
    let waits = [
      (ColumnID.cpuPressureSome, "a CPU"), (.memoryPressureSome, "memory"), (.ioPressureSome, "input or output"),
    ]
    let waited = waits.compactMap { column, name in
      history.increase(of: column).flatMap { $0 > 0 ? "\(durationText($0)) for \(name)" : nil }
    }
    if !waited.isEmpty { try output.line("  waited  " + waited.joined(separator: ", ")) }
  }

  /// `  memory  ▁▂▅█ 4.0 MiB → 61.2 MiB of 64 MiB (95 %), most 61.9 MiB, grows 1.0 MiB a second: at its limit in 3 s`
  private func printSeries(
    _ name: String, _ column: ColumnID, _ history: ResourceHistory, _ text: (UInt64) -> String, also: String
  ) throws {
    guard let series = history.series[column] else { return }
    let limit = history.limit(of: column)
    var words = "\(text(series.first)) → \(text(series.last))"
    if let limit, limit > 0 { words += " of \(text(limit)) (\(Int(Double(series.last) / Double(limit) * 100)) %)" }
    if series.most > max(series.first, series.last) { words += ", most \(text(series.most))" }
    // CPU time is no store that fills up.
    if column != .cpuUsage, let growth = series.growthPerSecond, growth >= 1 {
      words += ", grows \(text(UInt64(growth))) a second"
      if let seconds = limit.flatMap(series.secondsUntil), seconds < Self.farthestForecast {
        words += ": at its limit in \(seconds < 1 ? "under a second" : durationText(UInt64(seconds * 1e9)))"
      }
    }
    let padding = String(repeating: " ", count: 8 - name.count)
    try output.line("  \(name)\(padding)\(Self.sparkline(series)) \(words)\(also)")
  }

  /// In seconds: what is farther off is no forecast.
  private static let farthestForecast = 86_400.0

  private func memoryWords(_ history: ResourceHistory) -> String {
    var words = ""
    if let hits = history.increase(of: .memoryLimitHits), hits > 0 {
      words += ", met its limit \(countText(hits)) times"
    }
    if let kills = history.latest[.outOfMemoryKills], kills > 0 {
      words += ", \(countText(kills)) killed for want of memory"
    }
    return words
  }

  private func cpuWords(_ history: ResourceHistory) -> String {
    guard let held = history.increase(of: .cpuThrottledTime), held > 0 else { return "" }
    return ", held back for \(durationText(held))"
  }

  /// `1.25` of thousandths of a CPU.
  static func cpus(_ thousandths: UInt64) -> String {
    let hundredths = "\(thousandths % 1000 / 10)"
    return "\(thousandths / 1000)." + (hundredths.count == 1 ? "0" : "") + hundredths
  }

  /// The window from its begin to its end; blank where no sample is.
  static func sparkline(_ series: ResourceSeries) -> String {
    let bars = Array("▁▂▃▄▅▆▇█")
    let top = Double(max(series.most, 1))
    return String(
      series.parts.map { part in
        part.map { bars[min(Int(Double($0) / top * Double(bars.count)), bars.count - 1)] } ?? " "
      })
  }
}

/// One container's resources as a JSON object.
struct ResourceFields {
  let request: ReadingRequest

  func print(_ history: ResourceHistory, of key: ContainerKey, to output: Output) throws {
    let time = TimeText(clock: request.clock, isLocal: request.isLocal)
    let container = request.container(key)
    var json = JSONText()
    json.beginObject()
    json.set("host.name", ifPresent: request.boot.hostName)
    json.set("host.boot.id", ifPresent: request.boot.bootID)
    json.set("container.id", ifPresent: container?.id)
    json.set("container.name", ifPresent: container?.name)
    json.set("samples", history.sampleCount)
    json.set("first", time.date(history.firstTime, digits: 9))
    json.set("last", time.date(history.lastTime, digits: 9))
    for column in ResourceHistory.followed { write(column, history, &json) }
    json.beginObject("latest")
    for column in history.latest.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
      guard let known = column.catalogueEntry, let value = history.latest[column] else { continue }
      if known.unit == "ns" { json.set(known.name, "\(value)") } else { json.set(known.name, value) }
    }
    json.endObject()
    json.endObject()
    json.newline()
    try output.bytes(json.bytes)
  }

  private func write(_ column: ColumnID, _ history: ResourceHistory, _ json: inout JSONText) {
    guard let series = history.series[column], let known = column.catalogueEntry else { return }
    json.beginObject(column == .cpuUsage ? "cpu_thousandths" : known.name)
    json.set("first", series.first)
    json.set("last", series.last)
    json.set("least", series.least)
    json.set("most", series.most)
    let limit = history.limit(of: column)
    json.set("limit", ifPresent: limit)
    if column != .cpuUsage, let growth = series.growthPerSecond {
      json.set("growth_per_s", UInt64(growth))
      if let seconds = limit.flatMap(series.secondsUntil), seconds < 1e15 { json.set("limit_in_s", UInt64(seconds)) }
    }
    json.endObject()
  }
}
