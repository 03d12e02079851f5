public import CaptureFormat
public import Events

/// Who was alive at a moment of a capture, and what they had open: how things stood at its start, brought forward by
/// the events until then.
///
/// Reads every event before the moment. A descriptor that was opened unseen is there once an event used it.
public struct MomentState {
  /// Alive at the moment, by pid. What a process was before an exec that only later events tell of is not known.
  public private(set) var processes: [ProcessRow] = []
  public private(set) var descriptors: [ProcessKey: [Int32: DescriptorRow]] = [:]
  private static let descriptorLimit = 1 << 20
  private var descriptorCount = 0

  /// - Parameter boot: The sections whose events tell.
  /// - Parameter containers: Whose; nil is everybody's.
  /// - Parameter moment: The state is that before the events of this time.
  public init(
    of boot: CaptureBoot, containers: Set<ContainerKey>?, at moment: BootTime
  ) throws(CaptureError) {
    try self.init(boot.sections, boot.directory, containers, moment)
  }

  /// The same of one section.
  public init(
    of section: CaptureFile, containers: Set<ContainerKey>?, at moment: BootTime
  ) throws(CaptureError) {
    try self.init([section], section.directory, containers, moment)
  }

  private init(
    _ sections: [CaptureFile], _ directory: [BlockEntry], _ containers: Set<ContainerKey>?, _ moment: BootTime
  ) throws(CaptureError) {
    func isWanted(_ key: ContainerKey) -> Bool { containers?.contains(key) ?? true }
    var told: [ProcessRow] = []
    var last: [ProcessRow] = []
    for section in sections {
      told += try section.processesAtStart()
      for row in try section.descriptorsAtStart() where isWanted(row.container) {
        open(row)
      }
    }
    var known = Set(told.map(\.key))
    for section in sections {
      for row in try section.processesAsFirstTold() where row.flags.contains(.foundByScan) {
        if known.insert(row.key).inserted { told.append(row) }
      }
      last += try section.processes()
    }
    var history = ProcessHistory(told)
    var merge = EventMerge(
      sections, entries: directory.filter { isWanted($0.container) && $0.firstTime < moment })
    while let event = try merge.next(), event.time < moment {
      if event.entry.lane == .lifecycle { history.apply(event, in: event.entry.container) }
      take(event)
    }
    finish(history, last, at: moment, isWanted)
  }

  private mutating func finish(
    _ history: ProcessHistory, _ last: [ProcessRow], at moment: BootTime, _ isWanted: (ContainerKey) -> Bool
  ) {
    var rows: [ProcessKey: ProcessRow] = [:]
    for row in history.processes { rows[row.key] = row }
    for row in last {
      if let end = row.end, end < moment {
        rows[row.key] = nil
        continue
      }
      guard rows[row.key] == nil else { continue }
      var row = row
      if let exec = row.execTime, exec >= moment {
        row.arguments = nil
        row.executable = nil
      }
      rows[row.key] = row
    }
    for row in rows.values {
      let isOlder =
        row.key.start < moment || row.flags.contains(.foundByScan) || row.flags.contains(.startNotSeen)
      let isAlive = row.end.map { $0 >= moment } ?? true
      guard isOlder, isAlive, isWanted(row.container), !row.flags.contains(.ancestorOnly) else { continue }
      var row = row
      row.end = nil
      row.exitCode = nil
      row.death = nil
      processes.append(row)
    }
    processes.sort { ($0.key.pid, $0.key.start) < ($1.key.pid, $1.key.start) }
    let alive = Set(processes.map(\.key))
    descriptors = descriptors.filter { alive.contains($0.key) }
  }

  // MARK: Descriptors

  private mutating func open(_ row: DescriptorRow) {
    guard descriptorCount < Self.descriptorLimit else { return }
    if descriptors[row.process, default: [:]].updateValue(row, forKey: row.descriptor) == nil { descriptorCount += 1 }
  }

  private mutating func close(_ number: Int32, of process: ProcessKey) {
    if descriptors[process]?.removeValue(forKey: number) != nil { descriptorCount -= 1 }
  }

  private mutating func take(_ event: EventBlock) {
    let process = event.process.key
    switch event.kind {
    case .processFork where event.result >= 0:
      guard let child = event.childKey, let own = descriptors[process] else { return }
      for row in own.values {
        var row = row
        row.process = child
        row.container = event.entry.container
        row.since = event.time
        open(row)
      }
    case .processExec where event.result >= 0:
      let closing = (descriptors[process] ?? [:]).values.filter { $0.flags.contains(.closesOnExec) }
      for row in closing { close(row.descriptor, of: process) }
    case .processExit:
      descriptorCount -= descriptors.removeValue(forKey: process)?.count ?? 0
    case .fileClose where event.result >= 0:
      if let number = number(event.value(.descriptor)) { close(number, of: process) }
    case .fileOpen, .networkSocket, .networkAccept, .memoryFile, .descriptorTake, .descriptorDuplicate, .processHandle:
      guard event.result >= 0, let made = number(event.result), let file = event.file(.file) else { return }
      var flags: DescriptorFlags = []
      if (file.openFlags ?? 0) & Self.closeOnExec != 0, event.kind != .descriptorDuplicate {
        flags.insert(.closesOnExec)
      }
      note(made, file, flags, since: event.time, event)
    case .pipeCreate, .networkPair:
      guard event.result >= 0 else { return }
      if let first = number(event.value(.descriptor)), let file = event.file(.file) {
        note(first, file, [], since: event.time, event)
      }
      if let second = number(event.value(.secondDescriptor)), let file = event.file(.secondFile) {
        note(second, file, [], since: event.time, event)
      }
    default:
      // Whatever an event uses is open, and is what the event says.
      guard let used = number(event.value(.descriptor)), let file = event.file(.file) else { return }
      let known = descriptors[process]?[used]
      var flags = known?.flags ?? []
      if event.kind == .networkListen, event.result >= 0 { flags.insert(.listening) }
      if let known, known.file == file, known.flags == flags { return }
      note(used, file, flags, since: known?.since, event)
    }
  }

  private mutating func note(
    _ number: Int32, _ file: BlockFile, _ flags: DescriptorFlags, since: BootTime?, _ event: EventBlock
  ) {
    open(
      DescriptorRow(
        container: event.entry.container, process: event.process.key, descriptor: number, flags: flags, since: since,
        file: file))
  }

  private func number(_ value: Int64?) -> Int32? { value.flatMap { Int32(exactly: $0) }.flatMap { $0 >= 0 ? $0 : nil } }

  private static let closeOnExec: UInt32 = 0o2_000_000
}

extension EventBlock {
  /// The process that a fork made.
  public var childKey: ProcessKey? {
    guard let pid = value(.childPID), let start = value(.childStart) else { return nil }
    return ProcessKey(
      pid: UInt32(truncatingIfNeeded: pid), start: BootTime(nanoseconds: UInt64(bitPattern: start)))
  }
}
