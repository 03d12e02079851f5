internal import CaptureFormat
internal import Events
internal import ProbeRecords

/// What each process has open, by its number in the table of processes: from a scan, and from then on by its calls.
///
/// It never guesses. A record that names a descriptor and its file sets right what calls that were not seen made wrong
/// (a lost record, a descriptor that came through a socket); until then the entry is what was last known, and what is
/// doubtful says so.
struct DescriptorLedger {
  private struct Table {
    /// By number, ascending.
    var entries: UnsafeMutablePointer<OpenDescriptor>
    var count = 0
    var capacity = 0
    /// Processes that share it: clone with CLONE_FILES.
    var users = 1
  }

  private var tables: [Table] = []
  private var freeTables: [Int] = []
  /// By process number; −1 is none.
  private var tableOfProcess: [Int32] = []
  /// Entries in all tables.
  private(set) var count = 0
  private(set) var capacityInUse = 0
  private let limit: Int
  /// Descriptors that were not taken in, for there were too many.
  private(set) var refusedCount: UInt64 = 0
  /// Since they were last taken out.
  private var closed: [(process: Int, ClosedDescriptor)] = []

  init(limit: Int) { self.limit = limit }

  /// To be called by the owner when it goes: a ledger lives as long as its recorder.
  mutating func removeAll() {
    for index in tables.indices where tables[index].capacity > 0 { deallocate(index) }
    tables = []
    tableOfProcess = []
  }

  var memoryInBytes: Int {
    capacityInUse * MemoryLayout<OpenDescriptor>.stride + tables.capacity * 40 + tableOfProcess.capacity * 4
      + closed.capacity * 96
  }

  mutating func takeClosed() -> [(process: Int, ClosedDescriptor)] {
    defer { closed = [] }
    return closed
  }

  /// What the process has open.
  func descriptors(of process: Int) -> [OpenDescriptor] {
    guard process < tableOfProcess.count, tableOfProcess[process] >= 0 else { return [] }
    let table = tables[Int(tableOfProcess[process])]
    return (0..<table.count).map { table.entries[$0] }
  }

  // MARK: Calls

  /// Whether this file is what is known under this descriptor: by far most often.
  @inline(__always)
  func knows(_ process: Int, _ number: Int32, _ file: at_file) -> Bool {
    guard process < tableOfProcess.count, tableOfProcess[process] >= 0 else { return false }
    let table = tables[Int(tableOfProcess[process])]
    // Most tables have no holes.
    let guess = Int(number)
    return guess >= 0 && guess < table.count && table.entries[guess].number == number
      && table.entries[guess].id == file.id && file.id != 0
  }

  /// A record named this file under this descriptor, and that was not known, or not at the first look.
  @inline(never)
  mutating func correct(
    _ process: Int, _ number: Int32, _ file: at_file, at time: UInt64, _ definition: FileDefinition?
  ) {
    guard number >= 0, file.type != UInt8(AT_FILE_NONE.rawValue) else { return }
    let table = table(of: process)
    guard let index = index(of: number, in: table) else {
      var new = OpenDescriptor(number: number, flags: .doubtfulExec)
      new.take(file, definition)
      return insert(new, into: table)
    }
    let entry = tables[table].entries + index
    if entry.pointee.id == file.id, file.id != 0 || entry.pointee.isSameFile(as: file) {
      entry.pointee.flags.remove(.doubtful)
    } else if entry.pointee.isSameFile(as: file) || entry.pointee.type == 0 {
      // Renamed, bound, connected, or known by the scan only: the same open file under the number that the probes gave it.
      entry.pointee.take(file, definition)
      entry.pointee.flags.remove(.doubtful)
    } else {
      // Another file: when it came was not seen.
      archive(entry.pointee, of: process, at: time)
      entry.pointee = OpenDescriptor(number: number, flags: .doubtfulExec)
      entry.pointee.take(file, definition)
    }
  }

  /// A call made the descriptor.
  mutating func open(
    _ process: Int, _ number: Int32, _ file: at_file?, at time: UInt64, flags: DescriptorFlags,
    _ definition: FileDefinition?
  ) {
    guard number >= 0 else { return }
    var new = OpenDescriptor(number: number, flags: flags, since: time)
    if let file { new.take(file, definition) }
    put(new, of: process, at: time)
  }

  /// dup and its like: `copy` is what `original` is.
  mutating func duplicate(
    _ process: Int, _ original: Int32, as copy: Int32, _ file: at_file?, at time: UInt64, flags: DescriptorFlags,
    _ definition: FileDefinition?
  ) {
    guard copy >= 0, copy != original else { return }
    let table = table(of: process)
    var new =
      index(of: original, in: table).map { tables[table].entries[$0] } ?? OpenDescriptor(number: copy)
    new.number = copy
    new.since = time
    new.flags = new.flags.intersection([.listening, .doubtful]).union(flags)
    if let file, file.type != UInt8(AT_FILE_NONE.rawValue) { new.take(file, definition) }
    put(new, of: process, at: time)
  }

  mutating func close(_ process: Int, _ numbers: ClosedRange<Int64>, at time: UInt64) {
    guard process < tableOfProcess.count, tableOfProcess[process] >= 0 else { return }
    removeAll(from: Int(tableOfProcess[process]), of: process, at: time) { numbers.contains(Int64($0.number)) }
  }

  /// Changes flags of an entry that is there.
  mutating func change(_ process: Int, _ numbers: ClosedRange<Int64>, _ body: (inout DescriptorFlags) -> Void) {
    guard process < tableOfProcess.count, tableOfProcess[process] >= 0 else { return }
    let table = tables[Int(tableOfProcess[process])]
    for index in 0..<table.count where numbers.contains(Int64(table.entries[index].number)) {
      body(&table.entries[index].flags)
    }
  }

  // MARK: Processes

  /// A child has its parent's table, or a copy of it.
  mutating func fork(_ parent: Int, _ child: Int, isShared: Bool, at time: UInt64) {
    guard parent < tableOfProcess.count, tableOfProcess[parent] >= 0 else { return }
    drop(child)
    makeRoom(for: child)
    let source = Int(tableOfProcess[parent])
    if isShared {
      tables[source].users += 1
      tableOfProcess[child] = Int32(source)
      return
    }
    let copy = newTable(capacity: tables[source].count)
    tableOfProcess[child] = Int32(copy)
    for index in 0..<tables[source].count {
      var entry = tables[source].entries[index]
      entry.since = time
      insert(entry, into: copy)
    }
  }

  /// The process has a table of its own from now on: exec and unshare.
  mutating func unshare(_ process: Int) {
    guard process < tableOfProcess.count, tableOfProcess[process] >= 0 else { return }
    let source = Int(tableOfProcess[process])
    guard tables[source].users > 1 else { return }
    tables[source].users -= 1
    let copy = newTable(capacity: tables[source].count)
    tableOfProcess[process] = Int32(copy)
    for index in 0..<tables[source].count { insert(tables[source].entries[index], into: copy) }
  }

  /// What is marked goes when a new program begins; where that is not known, what is left is doubtful.
  mutating func exec(_ process: Int, at time: UInt64) {
    unshare(process)
    guard process < tableOfProcess.count, tableOfProcess[process] >= 0 else { return }
    let table = Int(tableOfProcess[process])
    removeAll(from: table, of: process, at: time) { $0.flags.contains(.closesOnExec) }
    for index in 0..<tables[table].count where tables[table].entries[index].flags.contains(.doubtfulExec) {
      tables[table].entries[index].flags.remove(.doubtfulExec)
      tables[table].entries[index].flags.insert(.doubtful)
    }
  }

  mutating func exit(_ process: Int, at time: UInt64) {
    guard process < tableOfProcess.count, tableOfProcess[process] >= 0 else { return }
    let table = tables[Int(tableOfProcess[process])]
    for index in 0..<table.count { archive(table.entries[index], of: process, at: time) }
    drop(process)
  }

  /// Nothing that is known of the process's descriptors holds any more.
  mutating func forget(_ process: Int) {
    makeRoom(for: process)
    guard tableOfProcess[process] >= 0 else { return }
    drop(process)
  }

  /// Takes in what a scan found; what a record told of in the meantime stays.
  mutating func take(_ scanned: OpenDescriptor, of process: Int) {
    let table = table(of: process)
    if index(of: scanned.number, in: table) == nil { insert(scanned, into: table) }
  }

  // MARK: Tables

  private mutating func makeRoom(for process: Int) {
    while tableOfProcess.count <= process { tableOfProcess.append(-1) }
  }

  private mutating func table(of process: Int) -> Int {
    makeRoom(for: process)
    if tableOfProcess[process] < 0 { tableOfProcess[process] = Int32(newTable(capacity: 4)) }
    return Int(tableOfProcess[process])
  }

  private mutating func newTable(capacity: Int) -> Int {
    let capacity = max(capacity, 4)
    capacityInUse += capacity
    let table = Table(entries: .allocate(capacity: capacity), capacity: capacity)
    if let index = freeTables.popLast() {
      tables[index] = table
      return index
    }
    tables.append(table)
    return tables.count - 1
  }

  private mutating func drop(_ process: Int) {
    guard process < tableOfProcess.count, tableOfProcess[process] >= 0 else { return }
    let index = Int(tableOfProcess[process])
    tableOfProcess[process] = -1
    tables[index].users -= 1
    guard tables[index].users == 0 else { return }
    deallocate(index)
    freeTables.append(index)
  }

  private mutating func deallocate(_ index: Int) {
    tables[index].entries.deinitialize(count: tables[index].count)
    tables[index].entries.deallocate()
    count -= tables[index].count
    capacityInUse -= tables[index].capacity
    tables[index].count = 0
    tables[index].capacity = 0
  }

  private func index(of number: Int32, in table: Int) -> Int? {
    let place = place(of: number, in: table)
    return place < tables[table].count && tables[table].entries[place].number == number ? place : nil
  }

  /// Where it is, or would have to be.
  private func place(of number: Int32, in table: Int) -> Int {
    var low = 0
    var high = tables[table].count
    while low < high {
      let middle = (low + high) / 2
      if tables[table].entries[middle].number < number { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private mutating func put(_ new: OpenDescriptor, of process: Int, at time: UInt64) {
    let table = table(of: process)
    if let index = index(of: new.number, in: table) {
      archive(tables[table].entries[index], of: process, at: time)
      tables[table].entries[index] = new
    } else {
      insert(new, into: table)
    }
  }

  private mutating func insert(_ new: OpenDescriptor, into table: Int) {
    guard count < limit else {
      refusedCount += 1
      return
    }
    if tables[table].count == tables[table].capacity {
      let capacity = tables[table].capacity * 2
      let bigger = UnsafeMutablePointer<OpenDescriptor>.allocate(capacity: capacity)
      bigger.moveInitialize(from: tables[table].entries, count: tables[table].count)
      tables[table].entries.deallocate()
      tables[table].entries = bigger
      capacityInUse += capacity - tables[table].capacity
      tables[table].capacity = capacity
    }
    let place = place(of: new.number, in: table)
    let entries = tables[table].entries
    if place < tables[table].count {
      (entries + place + 1).moveInitialize(from: entries + place, count: tables[table].count - place)
    }
    (entries + place).initialize(to: new)
    tables[table].count += 1
    count += 1
  }

  private mutating func removeAll(
    from table: Int, of process: Int, at time: UInt64, where isGone: (OpenDescriptor) -> Bool
  ) {
    let entries = tables[table].entries
    var kept = 0
    let before = tables[table].count
    for index in 0..<before {
      if isGone(entries[index]) {
        archive(entries[index], of: process, at: time)
        (entries + index).deinitialize(count: 1)
      } else {
        if kept != index { (entries + kept).moveInitialize(from: entries + index, count: 1) }
        kept += 1
      }
    }
    tables[table].count = kept
    count -= before - kept
  }

  /// Keeps what a capture could still ask for: what was open when a whole second began.
  private mutating func archive(_ descriptor: OpenDescriptor, of process: Int, at time: UInt64) {
    guard descriptor.since / 1_000_000_000 != time / 1_000_000_000 else { return }
    closed.append(
      (
        process,
        ClosedDescriptor(
          descriptor: descriptor, process: ProcessKey(pid: 0, start: BootTime(nanoseconds: 0)),
          until: BootTime(nanoseconds: time))
      ))
  }
}
