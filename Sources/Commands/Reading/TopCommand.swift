internal import CaptureFormat
internal import Events
internal import JSON
internal import Reconstruction

/// `top`: what each container took of the machine over time, and how near its limits it came.
struct TopCommand {
  let file: ReadingFile
  let output: Output

  /// One container with what it took.
  private struct Item {
    var key: ContainerKey
    var history: ResourceHistory
    var request: ReadingRequest
  }

  func run() throws -> Int32 {
    let items = try file.requests.flatMap(items)
    guard !items.isEmpty else {
      if file.isNarrowed {
        if !file.isJSON { try output.line("\(file.path): no sample of resources in what was asked for") }
        return 1
      }
      throw CommandFailure(
        "\(file.path): no samples of what containers took (container.resources)",
        remedy: "the recorder takes them once a second of every container; older recorders took none")
    }
    if file.isJSON {
      for item in items { try ResourceFields(request: item.request).print(item.history, of: item.key, to: output) }
    } else if items.count == 1 {
      try ResourceText(request: items[0].request, output: output).print(items[0].history, of: items[0].key)
    } else {
      try printTable(items)
    }
    return 0
  }

  /// The containers of one boot, those that take the most memory first.
  private func items(of request: ReadingRequest) throws -> [Item] {
    let entries = request.blocks.filter { $0.kinds.mayContain(.containerResources) }
    let span = request.boot.span
    let (from, to) = (max(request.from, span.first), min(request.to, span.last))
    var histories: [ContainerKey: ResourceHistory] = [:]
    var merge = EventMerge(request.boot.sections, entries: entries)
    while let event = try merge.next() {
      guard event.kind == .containerResources, request.isInWindow(event.time) else { continue }
      histories[event.entry.container, default: ResourceHistory(from: from, to: to)].take(event)
    }
    func memory(_ key: ContainerKey) -> UInt64 { histories[key]?.series[.memoryCurrent]?.most ?? 0 }
    return histories.keys.sorted { (memory($1), $0) < (memory($0), $1) }.map {
      Item(key: $0, history: histories[$0]!, request: request)
    }
  }

  private func printTable(_ items: [Item]) throws {
    var header = file.hasSeveralBoots ? ["HOST"] : []
    header += ["CONTAINER", "MEMORY", "LIMIT", "MOST", "GROWS/S", "CPU", "QUOTA", "TASKS", "READ", "WRITTEN"]
    var table = TextTable(header + ["MEMORY OVER TIME"])
    for item in items {
      let memory = item.history.series[.memoryCurrent]
      var row = file.hasSeveralBoots ? [item.request.hostLabel] : []
      row.append(item.request.label(of: item.key))
      row.append(cell(memory?.last))
      row.append(cell(item.history.limit(of: .memoryCurrent)))
      row.append(cell(memory?.most))
      row.append(cell(memory?.growthPerSecond.map { UInt64($0) }))
      row.append(cell(item.history.series[.cpuUsage]?.last, ResourceText.cpus))
      row.append(cell(item.history.limit(of: .cpuUsage), ResourceText.cpus))
      row.append(cell(item.history.series[.pidsCurrent]?.last, countText))
      row.append(cell(item.history.increase(of: .ioReadBytes)))
      row.append(cell(item.history.increase(of: .ioWrittenBytes)))
      row.append(memory.map(ResourceText.sparkline) ?? "")
      table.append(row)
    }
    for line in table.lines { try output.line(line) }
  }

  private func cell(_ number: UInt64?, _ text: (UInt64) -> String = sizeText) -> String { number.map(text) ?? "-" }
}
