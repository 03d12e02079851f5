public import CaptureFormat
public import Events
public import Reconstruction

/// Everything of a capture but its events: what the panes show. Made by the worker, never changed afterwards.
public struct CaptureTables: Sendable {
  /// What a person calls the file.
  public var path = ""
  public var hostName: String?
  public var containers: [ContainerSummary] = []
  public var processes: [ProcessRow] = []
  public var processPlaces: [ProcessKey: Int] = [:]
  /// Nil is all of them.
  public var forests: [ContainerKey?: ProcessForest] = [:]
  public var counts = ActivityCounts()
  public var losses: [LossRow] = []
  public var triggers: [TriggerMark] = []
  public var clock = CaptureClock(anchors: [])
  public var catalogue = Catalogue()
  public var completeness: Completeness?
  public var first = BootTime(nanoseconds: 0)
  public var last = BootTime(nanoseconds: 0)
  public var eventCount: UInt64 = 0
  public var lengthInBytes: UInt64 = 0
  public var kinds: [EventKind] = []
  public var problems: [CaptureProblem] = []
  /// Of the file; the first is shown.
  public var sectionCount = 1
  public var partialTail: UInt64 = 0
  /// Processes take longer to read than the rest, and come after it.
  public var hasProcesses = false

  public init() {}

  public func container(_ key: ContainerKey) -> ContainerSummary? { containers.first { $0.key == key } }

  /// The process and all that descend from it.
  public func family(of key: ProcessKey) -> Set<ProcessKey> {
    var result: Set<ProcessKey> = [key]
    guard let nodes = forests[nil]?.nodes, let place = nodes.firstIndex(where: { $0.process.key == key }) else {
      return result
    }
    for node in nodes[(place + 1)...] {
      if node.depth <= nodes[place].depth { break }
      result.insert(node.process.key)
    }
    return result
  }

  public func process(_ key: ProcessKey) -> ProcessRow? { processPlaces[key].map { processes[$0] } }
}

/// Something fired: where in time, and why.
public struct TriggerMark: Hashable, Sendable {
  public var time: BootTime
  /// Nil is the whole host.
  public var container: ContainerKey?
  public var reason: String
  public init(time: BootTime, container: ContainerKey?, reason: String) {
    self.time = time
    self.container = container
    self.reason = reason
  }
}

/// A container with what the capture has of it.
public struct ContainerSummary: Hashable, Sendable {
  public var key: ContainerKey
  public var row: ContainerRow
  /// Safe for a terminal.
  public var label: String
  public var image: String
  public var eventCount: UInt64
  public var lostCount: UInt64
  public var processCount: Int
  /// Of its first process.
  public var exitCode: Int32?

  /// `running`, `ended 139`, `before`.
  public var hasEnded: Bool { row.ended != nil || exitCode != nil }
}

extension CaptureTables {
  /// What is quick to read: all but processes.
  public init(overview file: CaptureFile, path: String) throws(CaptureError) {
    self.path = path
    hostName = file.provenance[.hostName].map { EventText.printable(Array($0.utf8)) }
    catalogue = file.catalogue
    clock = CaptureClock(anchors: try file.anchors())
    losses = try file.losses().sorted { ($0.from, $0.to) < ($1.from, $1.to) }
    counts = try ActivityCounts(of: file)
    triggers = try file.triggers().map { TriggerMark(time: $0.time, container: $0.container, reason: $0.title) }
    completeness = file.completeness
    lengthInBytes = file.length
    partialTail = file.partialTail
    var kindSet = KindSet()
    var events: [ContainerKey: UInt64] = [:]
    var earliest = UInt64.max
    for block in file.directory where block.rowCount > 0 {
      earliest = min(earliest, block.firstTime.nanoseconds)
      last = max(last, block.lastTime)
      events[block.container, default: 0] += UInt64(block.rowCount)
      eventCount += UInt64(block.rowCount)
      kindSet.low |= block.kinds.low
      kindSet.high |= block.kinds.high
    }
    first = BootTime(nanoseconds: earliest == .max ? 0 : earliest)
    kinds = catalogue.kinds.map { EventKind(rawValue: $0.number) }.filter { kindSet.mayContain($0) }
    var lost: [ContainerKey: UInt64] = [:]
    for loss in losses where loss.cause.countsEvents {
      if let container = loss.container { lost[container, default: 0] &+= loss.count }
    }
    let rows = try file.containers()
    var names: [String: Int] = [:]
    for row in rows { if let name = row.name { names[name, default: 0] += 1 } }
    var summaries = rows.filter { $0.key != .host }.map { row in
      ContainerSummary(
        key: row.key, row: row, label: Self.label(of: row, isReused: row.name.map { names[$0] ?? 0 > 1 } ?? false),
        image: row.image.map { EventText.printable(Array($0.utf8)) } ?? "", eventCount: events[row.key] ?? 0,
        lostCount: lost[row.key] ?? 0, processCount: 0)
    }
    // Blocks of a container that no row describes: named by their number, not hidden.
    let known = Set(rows.map(\.key)).union([.host])
    for key in events.keys.filter({ !known.contains($0) }).sorted() {
      summaries.append(
        ContainerSummary(
          key: key, row: ContainerRow(key: key, id: ""), label: "container \(key.rawValue)", image: "",
          eventCount: events[key] ?? 0, lostCount: lost[key] ?? 0, processCount: 0))
    }
    summaries.sort { ($0.row.started ?? first, $0.key) < ($1.row.started ?? first, $1.key) }
    if let count = events[.host] {
      summaries.append(
        ContainerSummary(
          key: .host, row: ContainerRow(key: .host, id: ""), label: "host", image: "", eventCount: count,
          lostCount: lost[.host] ?? 0, processCount: 0))
    }
    containers = summaries
    problems = file.problems
  }

  /// Adds the processes.
  ///
  /// - Parameters:
  ///   - history: What was read before, brought up to date where a file without a footer has grown.
  ///   - blocks: How many of the file's event blocks that takes in.
  mutating func read(
    processesOf file: CaptureFile, history: inout ProcessHistory?, blocks: inout Int
  ) throws(CaptureError) {
    if var known = history, !file.hasFooter {
      let added = file.directory[min(blocks, file.directory.count)...].filter { $0.lane == .lifecycle }
      var merge = EventMerge(file, entries: added)
      while let event = try merge.next() { known.apply(event, in: event.entry.container) }
      history = known
    } else {
      history = try ProcessHistory(of: file)
    }
    blocks = file.directory.count
    processes = history?.processes ?? []
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
    }
    hasProcesses = true
    problems = file.problems
  }

  private static func label(of row: ContainerRow, isReused: Bool) -> String {
    let id = String(row.id.prefix(12))
    let text = row.name.map { isReused ? "\($0) (\(id))" : $0 } ?? id
    return EventText.printable(Array(text.utf8))
  }
}
