public import CaptureFormat
internal import Events
public import Reconstruction

extension CaptureTables {
  /// What is quick to read: all but processes and the state.
  ///
  /// - Parameter line: What all times are told in.
  public init(overview capture: Capture, on line: CommonTime, path: String) throws(CaptureError) {
    self.path = path
    var hosts: [String] = []
    for name in capture.boots.compactMap(\.hostName) where !hosts.contains(name) { hosts.append(name) }
    hostCount = max(hosts.count, 1)
    hostName =
      hosts.isEmpty ? nil : hosts.count > 3 ? "\(hosts.count) hosts" : hosts.map(Self.clean).joined(separator: ", ")
    sectionCount = capture.sections.count
    catalogue = capture.catalogue
    clock = line.clock
    completeness = Self.completeness(of: capture, on: line)
    lengthInBytes = capture.sections.reduce(0) { $0 &+ $1.length }
    partialTail = capture.sections.last?.partialTail ?? 0
    hasPackets = capture.sections.contains { !$0.packetBlocks.isEmpty }
    try readContainers(capture, on: line)
    counts = try ActivityCounts(of: capture, on: line) { shown($0) }
    triggers = try capture.triggers(on: line).map {
      TriggerMark(time: $0.time, container: shown($0.container), reason: $0.title)
    }
    problems = capture.problems
  }

  private mutating func readContainers(_ capture: Capture, on line: CommonTime) throws(CaptureError) {
    var kindSet = KindSet()
    var events: [ContainerKey: UInt64] = [:]
    var earliest = UInt64.max
    for block in capture.directory where block.rowCount > 0 {
      let block = line.isOfOneBoot ? block : Self.placed(block, on: line)
      earliest = min(earliest, block.firstTime.nanoseconds)
      last = max(last, block.lastTime)
      events[block.container, default: 0] += UInt64(block.rowCount)
      eventCount += UInt64(block.rowCount)
      kindSet.low |= block.kinds.low
      kindSet.high |= block.kinds.high
    }
    first = BootTime(nanoseconds: earliest == .max ? 0 : earliest)
    var seen = Set<UInt16>()
    kinds = catalogue.kinds.filter { seen.insert($0.number).inserted }.map { EventKind(rawValue: $0.number) }
      .filter { kindSet.mayContain($0) }
    let rows = try capture.containers(on: line)
    summarise(rows, capture, events)
    try readLosses(capture, on: line)
  }

  /// One summary for each id, whatever sections tell of it, and for each key that nothing tells of.
  private mutating func summarise(_ rows: [ContainerRow], _ capture: Capture, _ events: [ContainerKey: UInt64]) {
    var summaries: [ContainerSummary] = []
    var places: [String: Int] = [:]
    for row in rows where row.key != .host {
      let host = hostCount > 1 ? capture.boot(of: row.key.section)?.hostName : nil
      let identity = row.id.isEmpty ? "\(row.key.section) \(row.key.rawValue)" : (host ?? "") + " " + row.id
      if let place = places[identity] {
        summaries[place].keys.insert(row.key)
        summaries[place].take(row)
        summaries[place].eventCount += events[row.key] ?? 0
      } else {
        places[identity] = summaries.count
        summaries.append(
          ContainerSummary(
            key: row.key, keys: [row.key], row: row, label: host ?? "", image: row.image.map(Self.clean) ?? "",
            eventCount: events[row.key] ?? 0, lostCount: 0, processCount: 0))
      }
    }
    var names: [String: Int] = [:]
    for summary in summaries { if let name = summary.row.name { names[name + "\n" + summary.label, default: 0] += 1 } }
    for place in summaries.indices {
      let (row, host) = (summaries[place].row, summaries[place].label)
      let isReused = row.name.map { names[$0 + "\n" + host] ?? 0 > 1 } ?? false
      summaries[place].label = Self.label(of: row, isReused: isReused) + (host.isEmpty ? "" : "@" + Self.clean(host))
    }
    // Blocks of a container that no row describes: named by their number, not hidden.
    let known = Set(rows.map(\.key)).union([.host])
    for key in events.keys.filter({ !known.contains($0) }).sorted() {
      summaries.append(
        ContainerSummary(
          key: key, keys: [key], row: ContainerRow(key: key, id: ""), label: "container \(key.rawValue)", image: "",
          eventCount: events[key] ?? 0, lostCount: 0, processCount: 0))
    }
    summaries.sort { ($0.row.started ?? first, $0.key) < ($1.row.started ?? first, $1.key) }
    if let count = events[.host] {
      summaries.append(
        ContainerSummary(
          key: .host, keys: [.host], row: ContainerRow(key: .host, id: ""), label: hostCount > 1 ? "hosts" : "host",
          image: "", eventCount: count, lostCount: 0, processCount: 0))
    }
    containers = summaries
    containerPlaces = [:]
    for (place, summary) in summaries.enumerated() { for key in summary.keys { containerPlaces[key] = place } }
  }

  private mutating func readLosses(_ capture: Capture, on line: CommonTime) throws(CaptureError) {
    var rows = try capture.losses(on: line).map { row in
      var row = row
      row.container = row.container.map { shown($0) }
      return row
    }
    if sectionCount > 1 {
      // Captures of one recorder tell of the same loss.
      var seen = Set<LossRow>()
      rows = rows.filter { seen.insert($0).inserted }
    }
    losses = rows.sorted { ($0.from, $0.to) < ($1.from, $1.to) }
    for loss in losses where loss.cause.countsEvents {
      guard let container = loss.container, let place = containerPlaces[container] else { continue }
      containers[place].lostCount &+= loss.count
    }
  }

  private static func placed(_ block: BlockEntry, on line: CommonTime) -> BlockEntry {
    var block = block
    block.firstTime = line.time(block.firstTime, in: block.section)
    block.lastTime = line.time(block.lastTime, in: block.section)
    return block
  }

  /// Of all sections together: finished when each is, complete when each is.
  private static func completeness(of capture: Capture, on line: CommonTime) -> Completeness? {
    var result: Completeness?
    for section in capture.sections {
      guard var part = section.completeness else { return nil }
      part.from = line.time(part.from, in: section.section)
      part.to = line.time(part.to, in: section.section)
      guard let before = result else {
        result = part
        continue
      }
      part.from = min(part.from, before.from)
      part.to = max(part.to, before.to)
      part.isComplete = part.isComplete && before.isComplete
      result = part
    }
    return result
  }

  /// Adds the processes, and how things stood when the window began.
  ///
  /// - Parameters:
  ///   - history: What was read before, brought up to date where a file without a footer has grown.
  ///   - blocks: How many of the file's event blocks that takes in.
  mutating func read(
    processesOf capture: Capture, on line: CommonTime, history: inout ProcessHistory?, blocks: inout Int
  ) throws(CaptureError) {
    let file = capture.sections[0]
    if capture.sections.count > 1 {
      history = nil
      processes = try capture.processes(on: line).map { row in
        var row = row
        row.container = shown(row.container)
        return row
      }
    } else if var known = history, !file.hasFooter {
      let added = file.directory[min(blocks, file.directory.count)...].filter { $0.lane == .lifecycle }
      var merge = EventMerge(file, entries: added)
      while let event = try merge.next() { known.apply(event, in: event.entry.container) }
      history = known
      processes = known.processes
    } else {
      let known = try ProcessHistory(of: file)
      history = known
      processes = known.processes
    }
    blocks = file.directory.count
    processPlaces = Dictionary(
      processes.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { $1 })
    let groups = Dictionary(grouping: processes, by: \.container)
    forests = [nil: ProcessForest(processes)]
    for (key, rows) in groups { forests[key] = ProcessForest(rows) }
    for place in containers.indices {
      let rows = groups[containers[place].key] ?? []
      containers[place].processCount = rows.count
      guard containers[place].key != .host else { continue }
      // The process that is 1 inside says how the container ended; the first one where no pid namespace is known.
      let leader =
        rows.filter { $0.namespacePID == 1 }.max { $0.key.start < $1.key.start }
        ?? rows.min {
          $0.key.start < $1.key.start
        }
      containers[place].exitCode = leader?.exitCode
      containers[place].isOutOfMemory = leader?.death?.memoryUsage != nil
    }
    if state == nil {
      let found = try WindowState(of: capture, on: line) { shown($0) }
      if found.isTold { state = found }
    }
    hasProcesses = true
    problems = capture.problems
  }

  static func clean(_ text: String) -> String { EventText.printable(Array(text.utf8)) }

  private static func label(of row: ContainerRow, isReused: Bool) -> String {
    let id = String(row.id.prefix(12))
    return clean(row.name.map { isReused ? "\($0) (\(id))" : $0 } ?? id)
  }

  /// Until they are read again: a growing file should not lose its tree for a moment each second.
  mutating func keepProcesses(of old: CaptureTables) {
    processes = old.processes
    processPlaces = old.processPlaces
    forests = old.forests
    state = old.state
    hasProcesses = true
    for place in containers.indices {
      guard let known = old.container(containers[place].key) else { continue }
      containers[place].processCount = known.processCount
      containers[place].exitCode = known.exitCode
      containers[place].isOutOfMemory = known.isOutOfMemory
    }
  }
}

extension ContainerSummary {
  /// Adds what another section says of the container.
  fileprivate mutating func take(_ other: ContainerRow) {
    row.name = row.name ?? other.name
    row.image = row.image ?? other.image
    if image.isEmpty { image = other.image.map(CaptureTables.clean) ?? "" }
    if let started = other.started { row.started = min(row.started ?? started, started) }
    row.ended = row.ended ?? other.ended
    if !other.flags.contains(.foundByScan) { row.flags.remove(.foundByScan) }
  }
}
