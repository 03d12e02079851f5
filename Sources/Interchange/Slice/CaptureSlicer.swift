public import CaptureFormat
public import Events
public import Posix
public import Reconstruction

/// What of a boot goes into a slice.
public struct SliceSelection {
  /// Nil is everybody.
  public var containers: Set<ContainerKey>?
  public var from: BootTime
  public var to: BootTime
  /// Whether a window was asked for: else it is everything.
  public var hasWindow: Bool
  public var filter: PreparedFilter?
  /// What was asked for in words, of the filter that was typed.
  public var filterText: String?

  public init(
    containers: Set<ContainerKey>?, from: BootTime, to: BootTime, hasWindow: Bool, filter: PreparedFilter?,
    filterText: String?
  ) {
    self.containers = containers
    self.from = from
    self.to = to
    self.hasWindow = hasWindow
    self.filter = filter
    self.filterText = filterText
  }

  func isWanted(_ key: ContainerKey) -> Bool { containers?.contains(key) ?? true }
  func isInWindow(_ time: BootTime) -> Bool { time >= from && time <= to }

  /// Whether rows are taken out of blocks, not blocks of a file.
  var isNarrowed: Bool { hasWindow || filter != nil }
}

/// Writes a part of a capture as a capture: of some containers, of a span of time, of what passes a filter.
///
/// Blocks that are wanted whole are copied byte for byte; of those at an edge, and of all where there is a filter, rows
/// are put into new ones. Of other containers it has no more than the number and name of ancestors.
public final class CaptureSlicer {
  private let section: CaptureFile
  private let boot: CaptureBoot
  private let selection: SliceSelection
  private let writer: CaptureWriter
  private let assembler = BlockAssembler()
  /// Events that were written.
  public private(set) var eventCount: UInt64 = 0

  /// - Parameter section: Of `boot`: each becomes a section of its own.
  /// - Parameter captureID: A new capture has a new one; nil leaves it without.
  public init(
    _ section: CaptureFile, of boot: CaptureBoot, _ selection: SliceSelection, toolVersion: String, captureID: String?,
    writingTo sink: @escaping CaptureWriter.Sink
  ) throws(SystemError) {
    self.section = section
    self.boot = boot
    self.selection = selection
    var provenance = section.provenance
    if let parent = provenance[.captureID] { provenance.properties.append(.init(key: "parent.uuid", value: parent)) }
    provenance[.captureID] = captureID
    var operation = "slice by aftertrace \(toolVersion)"
    if selection.containers != nil {
      let names = boot.containers.filter { selection.isWanted($0.key) && $0.key.section == section.section }.map(\.id)
      operation += "; containers: " + names.joined(separator: " ")
    }
    if selection.hasWindow {
      operation += "; times of boot: \(selection.from.nanoseconds) to \(selection.to.nanoseconds) ns"
    }
    if let text = selection.filterText { operation += "; filter: " + text }
    provenance.properties.append(.init(key: "operation", value: operation))
    writer = try CaptureWriter(to: sink, provenance: provenance, catalogue: section.catalogue)
  }

  /// Nothing of the section is wanted: it has no row of a wanted container.
  public static func isEmpty(_ section: CaptureFile, _ selection: SliceSelection) -> Bool {
    guard let containers = selection.containers else { return false }
    return !containers.contains { $0 == .host || $0.section == section.section }
  }

  public func run() throws {
    try writer.append(anchors: section.anchors())
    try writeState()
    let triggers = try section.triggers().filter {
      selection.isWanted($0.container) && selection.isInWindow($0.time)
    }
    try writer.append(triggers: triggers) { boot.clock.wallTime(of: $0) }
    try writer.append(containers: section.containers().filter { selection.isWanted($0.key) })
    try writeEvents()
    if selection.filter == nil { try writePackets() }
    try writeProcesses()
    try writer.append(losses: losses())
    try writer.finish(completeness())
  }

  // MARK: How things stood

  private func writeState() throws {
    let streams = try section.state().filter { selection.isWanted($0.container) }
    guard !streams.isEmpty else { return }
    var image = StateImage(streams: streams, processes: [], descriptors: [])
    if selection.hasWindow, streams.contains(where: { $0.achievedStart < selection.from }) {
      for place in image.streams.indices where image.streams[place].achievedStart < selection.from {
        image.streams[place].achievedStart = selection.from
        image.streams[place].firstSequence = 0
        if image.streams[place].stateTime != nil { image.streams[place].stateTime = selection.from }
      }
      let state = try MomentState(of: section, containers: selection.containers, at: selection.from)
      image.processes = state.processes
      image.descriptors = state.processes.flatMap { process in
        (state.descriptors[process.key] ?? [:]).values.sorted { $0.descriptor < $1.descriptor }
      }
    } else {
      image.processes = try section.processesAtStart().filter { selection.isWanted($0.container) }
      image.descriptors = try section.descriptorsAtStart().filter { selection.isWanted($0.container) }
    }
    try writer.append(image)
  }

  // MARK: Blocks

  private func writeEvents() throws {
    let entries = section.directory.filter { entry in
      selection.isWanted(entry.container) && entry.firstTime <= selection.to && entry.lastTime >= selection.from
        && (selection.filter?.mayMatch(entry) ?? true)
    }
    var copies: [StreamKey: RowCopy] = [:]
    for entry in entries {
      let isWhole = selection.isInWindow(entry.firstTime) && selection.isInWindow(entry.lastTime)
      if selection.filter == nil, isWhole {
        guard let block = try section.copy(of: entry) else { continue }
        eventCount += UInt64(entry.rowCount)
        try writer.append(block)
      } else if selection.filter == nil {
        try cut(entry)
      } else {
        try pick(entry, &copies)
      }
    }
    for key in copies.keys.sorted(by: { ($0.container, $0.lane) < ($1.container, $1.lane) }) {
      if let copy = copies[key], copy.builder.rowCount > 0 { try writer.append(copy.seal()) }
    }
  }

  /// The rows of a block that are in the window, with the numbers that they have: a block for each stretch of them.
  private func cut(_ entry: BlockEntry) throws {
    guard let stream = entry.stream, let event = try readEvents(entry) else { return }
    var copy: RowCopy?
    while event.next() {
      guard selection.isInWindow(event.time) else { continue }
      if let open = copy, open.builder.nextSequence != event.sequence || open.builder.isFull {
        try writer.append(open.seal())
        copy = nil
      }
      let open =
        copy
        ?? RowCopy(
          stream: stream, firstSequence: event.sequence, catalogue: section.catalogue, assembler: assembler)
      copy = open
      try open.append(event)
      eventCount += 1
    }
    if let copy, copy.builder.rowCount > 0 { try writer.append(copy.seal()) }
  }

  /// The rows of a block that pass the filter; they are numbered anew.
  private func pick(_ entry: BlockEntry, _ copies: inout [StreamKey: RowCopy]) throws {
    guard let filter = selection.filter, let stream = entry.stream, let event = try readEvents(entry) else { return }
    while filter.advance(event) {
      guard selection.isInWindow(event.time) else { continue }
      let copy =
        copies[stream]
        ?? RowCopy(stream: stream, firstSequence: 0, catalogue: section.catalogue, assembler: assembler)
      copies[stream] = copy
      try copy.append(event)
      eventCount += 1
      if copy.builder.isFull { try writer.append(copy.seal()) }
    }
  }

  /// Nil and a problem noted where it is damaged.
  private func readEvents(_ entry: BlockEntry) throws -> EventBlock? {
    do throws(CaptureError) { return try section.readEvents(entry) } catch {
      try section.noteDamage(error, at: entry)
      return nil
    }
  }

  private func writePackets() throws {
    for entry in section.packetBlocks
    where selection.isWanted(entry.container) && entry.firstTime <= selection.to && entry.lastTime >= selection.from {
      let block = try section.copyPackets(of: entry, with: assembler) { selection.isInWindow($0.time) }
      if let block { try writer.append(block) }
    }
  }

  // MARK: Tables

  private func writeProcesses() throws {
    let history = try ProcessHistory(of: section)
    var next: [ProcessKey] = []
    var whole = Set<ProcessKey>()
    for row in history.processes where selection.isWanted(row.container) && !row.flags.contains(.ancestorOnly) {
      guard row.key.start <= selection.to, row.end.map({ $0 >= selection.from }) ?? true else { continue }
      whole.insert(row.key)
      if let parent = row.parent { next.append(parent) }
    }
    // Dead before the window, or of another tenant: who it was, and nothing else.
    var ancestors = Set<ProcessKey>()
    while let key = next.popLast() {
      guard !whole.contains(key), ancestors.insert(key).inserted, let parent = history[key]?.parent else { continue }
      next.append(parent)
    }
    let rows = history.processes.compactMap { row -> ProcessRow? in
      if whole.contains(row.key) {
        var row = row
        if selection.isNarrowed { row.eventCount = nil }
        return row
      }
      guard ancestors.contains(row.key) else { return nil }
      return ProcessRow(
        key: row.key, parent: row.parent, container: selection.isWanted(row.container) ? row.container : .host,
        flags: .ancestorOnly, comm: row.comm)
    }
    try writer.append(processes: rows)
  }

  private func losses() throws -> [LossRow] {
    try section.losses().filter { loss in
      (loss.container.map(selection.isWanted) ?? true) && loss.from <= selection.to && loss.to >= selection.from
    }
  }

  private func completeness() -> Completeness {
    let known = section.completeness
    let span = boot.span
    var reason = known?.reason ?? "what it was taken from has no footer"
    if selection.filter != nil { reason += "; only what passed a filter is in it" }
    let isWhole = section.problems.isEmpty && selection.filter == nil
    return Completeness(
      from: max(selection.from, span.first), to: min(selection.to, span.last),
      isComplete: (known?.isComplete ?? false) && isWhole, reason: reason)
  }
}
