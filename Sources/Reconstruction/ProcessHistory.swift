public import CaptureFormat
public import Events

/// Every process that a capture knows of, the dead included.
///
/// With a footer its table says it all. Without one the rows found by the scan are brought up to date with the
/// lifecycle events: the same folding that follows a growing file.
public struct ProcessHistory: Sendable {
  public private(set) var processes: [ProcessRow]
  private var numbers: [ProcessKey: Int]

  public init(_ rows: [ProcessRow] = []) {
    processes = []
    numbers = [:]
    for row in rows { insert(row) }
  }

  /// Reads the table, and the lifecycle blocks where there is no footer.
  public init(of file: CaptureFile) throws(CaptureError) { try self.init(of: [file]) }

  /// The same of all sections of one boot.
  public init(of boot: CaptureBoot) throws(CaptureError) { try self.init(of: boot.sections) }

  private init(of sections: [CaptureFile]) throws(CaptureError) {
    // Unique already within a section: inserting them would hash each once more than it takes.
    processes = try sections[0].processes()
    numbers = [:]
    numbers.reserveCapacity(processes.count)
    for (number, process) in processes.enumerated() { numbers[process.key] = number }
    for section in sections.dropFirst() { for row in try section.processes() { take(row) } }
    let unfinished = sections.filter { !$0.hasFooter }
    if unfinished.isEmpty { return }
    var merge = EventMerge(unfinished, entries: unfinished.flatMap(\.directory).filter { $0.lane == .lifecycle })
    while let event = try merge.next() { apply(event, in: event.entry.container) }
  }

  /// Adds what another section says of a process: the one that recorded it, and then saw its end, knows more.
  private mutating func take(_ row: ProcessRow) {
    guard let number = numbers[row.key] else { return insert(row) }
    let known = processes[number]
    guard known.flags.contains(.ancestorOnly) == row.flags.contains(.ancestorOnly) else {
      if known.flags.contains(.ancestorOnly) { processes[number] = row }
      return
    }
    if known.end == nil || row.end != nil { processes[number] = row }
    let isFoundByScan = known.flags.intersection(row.flags).contains(.foundByScan)
    if !isFoundByScan { processes[number].flags.remove(.foundByScan) }
  }

  /// The container of each process, for those who only count.
  public static func containers(of file: CaptureFile) throws(CaptureError) -> [ContainerKey] {
    file.hasFooter ? Array(try file.containersOfProcesses().values) : try Self(of: file).processes.map(\.container)
  }

  public subscript(key: ProcessKey) -> ProcessRow? { numbers[key].map { processes[$0] } }

  private mutating func insert(_ row: ProcessRow) {
    if let number = numbers[row.key] {
      processes[number] = row
    } else {
      numbers[row.key] = processes.count
      processes.append(row)
    }
  }

  private mutating func number(of key: ProcessKey, in container: ContainerKey) -> Int {
    if let number = numbers[key] { return number }
    insert(ProcessRow(key: key, container: container, flags: .startNotSeen))
    return processes.count - 1
  }

  /// Folds one lifecycle event into the table.
  public mutating func apply(_ event: EventBlock, in container: ContainerKey) {
    if event.process.isNone { return }
    let number = number(of: event.process.key, in: container)
    processes[number].container = container
    switch event.kind {
    case .processFork: applyFork(event, parent: number, container)
    case .processExec: applyExec(event, number)
    case .processRename: if let comm = event.bytes(.comm) { processes[number].comm = comm }
    case .processExit:
      processes[number].end = event.time
      processes[number].exitCode = event.value(.exitCode).map { Int32(truncatingIfNeeded: $0) }
      processes[number].death = ProcessDeath(event)
      if processes[number].userID == nil { processes[number].userID = unsigned(event, .userID) }
    default: break
    }
    if processes[number].comm.isEmpty { processes[number].comm = event.process.comm }
  }

  private mutating func applyFork(_ event: EventBlock, parent: Int, _ container: ContainerKey) {
    guard event.result >= 0, let pid = unsigned(event, .childPID), let start = event.value(.childStart) else { return }
    let key = ProcessKey(pid: pid, start: BootTime(nanoseconds: UInt64(bitPattern: start)))
    let source = processes[parent]
    let child = number(of: key, in: container)
    processes[child].flags.remove(.startNotSeen)
    let parent = self.parent(of: event) ?? source.key
    // Events of one lane are in order; what the scan found may have run something since.
    guard processes[child].execTime == nil else {
      processes[child].parent = parent
      return
    }
    processes[child].flags.formUnion(source.flags.intersection(.ofImage))
    if event.flags.contains(.runtimeSetUp) { processes[child].flags.insert(.runtimeSetUp) }
    processes[child].inherit(
      from: source, parent: parent, comm: event.bytes(.comm) ?? source.comm,
      namespacePID: unsigned(event, .namespacePID))
  }

  private mutating func applyExec(_ event: EventBlock, _ number: Int) {
    guard event.result >= 0 else { return }
    processes[number].flags.subtract(.ofImage.union(.runtimeSetUp))
    if let marks = event.marks { processes[number].flags.formUnion(marks) }
    var program = NewProgram(arguments: event.bytes(.arguments).map { ByteList(nulTerminated: $0) })
    program.comm = event.bytes(.comm) ?? event.process.comm
    program.executable = event.bytes(.executable)
    program.workingDirectory = event.bytes(.workingDirectory)
    program.userID = unsigned(event, .userID)
    program.groupID = unsigned(event, .groupID)
    program.session = unsigned(event, .session)
    program.namespacePID = unsigned(event, .namespacePID)
    program.hasTerminal = event.value(.terminal) != nil || event.bytes(.terminalName) != nil
    program.terminalName = event.bytes(.terminalName)
    program.parent = parent(of: event)
    processes[number].run(program, at: event.time)
  }

  private func parent(of event: EventBlock) -> ProcessKey? {
    guard let pid = unsigned(event, .parentPID), let start = event.value(.parentStart) else { return nil }
    return ProcessKey(pid: pid, start: BootTime(nanoseconds: UInt64(bitPattern: start)))
  }

  private func unsigned(_ event: EventBlock, _ column: ColumnID) -> UInt32? {
    event.value(column).map { UInt32(truncatingIfNeeded: $0) }
  }
}
