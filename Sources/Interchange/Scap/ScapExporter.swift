public import CaptureFormat
internal import Digests
public import Events
internal import JSON
public import Posix
public import Reconstruction

/// Writes one boot of a capture as a .scap file: machine, processes, open descriptors, containers, events.
///
/// Every call becomes an entry and an exit, for sysdig takes from the one what the other lacks. Types are chosen that
/// sysdig 0.29 of Debian knows too; what has none there becomes a call that is told by its number.
public final class ScapExporter {
  let boot: CaptureBoot
  private let writer: ScapWriter
  private let selected: Set<ContainerKey>?
  private let from: BootTime
  private let to: BootTime
  private let filter: PreparedFilter?
  private let history: ProcessHistory
  private let containers: [ContainerKey: ContainerRow]
  let callNames: [UInt32: String]
  /// Of those that ran others before: what they are now, as far as events told.
  private var current: [ProcessKey: ProcessRow] = [:]
  public private(set) var eventCount: UInt64 = 0

  /// - Parameter containers: Whose; nil is everybody's.
  /// - Parameter filter: What does not pass it is written only where it changes what is running or open, to be not shown.
  public init(
    _ boot: CaptureBoot, containers selected: Set<ContainerKey>?, from: BootTime, to: BootTime,
    filter: PreparedFilter? = nil,
    writingTo sink: @escaping (UnsafeRawBufferPointer) throws(SystemError) -> Void
  ) throws(CaptureError) {
    self.boot = boot
    self.selected = selected
    self.from = from
    self.to = to
    self.filter = filter
    writer = ScapWriter(to: sink)
    history = try ProcessHistory(of: boot)
    containers = Dictionary(boot.containers.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
    callNames = Dictionary(
      boot.catalogue.calls.map { (SystemCall(abi: $0.abi, number: $0.number).packed, $0.name) },
      uniquingKeysWith: { $1 })
  }

  func isWanted(_ container: ContainerKey) -> Bool { selected?.contains(container) ?? true }

  private var blocks: [BlockEntry] {
    boot.directory.filter { isWanted($0.container) && $0.firstTime <= to && $0.lastTime >= from }
  }

  /// Reads the events twice: once for what was open all along, once to write them.
  public func run() throws {
    let inherited = try findInherited()
    try writer.section()
    let start = wall(BootTime(nanoseconds: 0))
    try writer.machine(cpuCount: inherited.cpuCount, hostName: boot.hostName ?? "", bootTime: start)
    try writeAccounts()
    try writeProcesses(inherited)
    try writeContainers()
    var merge = EventMerge(boot.sections, entries: blocks)
    while let event = try merge.next() {
      guard event.time >= from, event.time <= to else { continue }
      writer.isStateOnly = !(filter?.matches(event) ?? true)
      if !writer.isStateOnly || Self.changesState(event.kind) { try write(event) }
    }
    try writer.flush()
  }

  /// Nanoseconds since 1970.
  func wall(_ time: BootTime) -> UInt64 {
    boot.clock.wallTime(of: time).map { UInt64(max($0.nanoseconds, 0)) } ?? time.nanoseconds
  }

  // MARK: How things stood at the beginning

  private struct Inherited {
    var cpuCount: UInt32 = 1
    /// Those that had events, or had something open.
    var descriptors: [ProcessKey: [Int32: DescriptorRow]] = [:]
    /// When the first event is.
    var first: BootTime
    var processes: [ProcessRow] = []
    /// Threads beside the first of whose beginning no event tells.
    var threads: [ProcessKey: Set<Int64>] = [:]
  }

  private static let descriptorLimit = 1 << 20

  /// What was open when the window began: by the capture's own state, and by use without an opening.
  private func findInherited() throws -> Inherited {
    let first = blocks.map(\.firstTime).min() ?? from
    var result = Inherited(first: max(first, from))
    let state = try MomentState(of: boot, containers: selected, at: result.first)
    for (key, rows) in state.descriptors {
      result.descriptors[key] = rows.filter { !$0.value.flags.contains(.doubtful) }
    }
    result.processes = state.processes
    var made: [ProcessKey: Set<Int32>] = [:]
    var count = 0
    var forked = Set<ProcessKey>()
    var listed = Set(state.processes.map(\.key))
    // What a process was called before it gave itself another name.
    var firstNames: [ProcessKey: [UInt8]] = [:]
    var begun = Set<Int64>()
    var threadCount = 0
    var merge = EventMerge(boot.sections, entries: blocks)
    while let event = try merge.next() {
      guard event.time >= from, event.time <= to else { continue }
      result.cpuCount = max(result.cpuCount, UInt32(event.cpu) + 1)
      let key = event.process.key
      if event.kind == .processFork, let child = event.childKey { forked.insert(child) }
      if firstNames[key] == nil { firstNames[key] = event.process.comm }
      if event.kind == .threadStart, let thread = event.value(.childThread) { begun.insert(thread) }
      let thread = Int64(event.thread)
      if thread != Int64(key.pid), !begun.contains(thread), threadCount < Self.descriptorLimit {
        if result.threads[key, default: []].insert(thread).inserted { threadCount += 1 }
      }
      // Nothing tells of its beginning: a runtime's process, or one that was put into the container.
      if !forked.contains(key), listed.insert(key).inserted {
        result.processes.append(
          ProcessRow(
            key: key, parent: history[key]?.parent, container: event.entry.container, comm: event.process.comm,
            executable: event.process.executable, namespacePID: event.process.namespacePID))
      }
      // A child has what its parent has.
      if forked.contains(key) { continue }
      if let number = madeDescriptor(event) { made[key, default: []].insert(number) }
      guard let number = event.value(.descriptor).flatMap({ Int32(exactly: $0) }), number >= 0,
        let file = event.file(.file), made[key]?.contains(number) != true, count < Self.descriptorLimit,
        result.descriptors[key]?[number] == nil
      else { continue }
      count += 1
      result.descriptors[key, default: [:]][number] = DescriptorRow(
        container: event.entry.container, process: key, descriptor: number, file: file)
    }
    for place in result.processes.indices {
      let name = firstNames[result.processes[place].key] ?? []
      if !name.isEmpty { result.processes[place].comm = name }
    }
    return result
  }

  /// The descriptor that a row made.
  private func madeDescriptor(_ event: EventBlock) -> Int32? {
    guard event.result >= 0 else { return nil }
    switch event.kind {
    case .fileOpen, .networkSocket, .networkAccept, .descriptorDuplicate, .memoryFile, .descriptorTake:
      return Int32(exactly: event.result)
    default: return nil
    }
  }

  private func writeProcesses(_ inherited: Inherited) throws {
    let start = inherited.first
    var rows: [ProcessRow] = []
    var listed = Set<ProcessKey>()
    for row in inherited.processes where listed.insert(row.key).inserted { rows.append(row) }
    // Ancestors are in the file as who they are, and nothing else of them.
    var next = rows.compactMap(\.parent)
    while let key = next.popLast() {
      guard listed.insert(key).inserted, let row = history[key], row.key.start <= start else { continue }
      rows.append(
        ProcessRow(key: row.key, parent: row.parent, container: row.container, flags: .ancestorOnly, comm: row.comm))
      if let parent = row.parent { next.append(parent) }
    }
    rows.sort { $0.key.pid < $1.key.pid }
    var entries: [ScapThreadEntry] = []
    for row in rows {
      current[row.key] = row
      entries.append(entry(of: row))
      for thread in (inherited.threads[row.key] ?? []).sorted() {
        var entry = entry(of: row)
        entry.tid = thread
        entry.threadInNamespace = thread
        entries.append(entry)
      }
      if entries.count >= 256 {
        try writer.processes(entries)
        entries = []
      }
    }
    if !entries.isEmpty { try writer.processes(entries) }
    for row in rows {
      guard !row.flags.contains(.ancestorOnly), let descriptors = inherited.descriptors[row.key] else { continue }
      let entries = descriptors.values.sorted { $0.descriptor < $1.descriptor }.map {
        ScapDescriptorEntry($0.descriptor, $0.file, isListening: $0.flags.contains(.listening))
      }
      try writer.descriptors(of: Int64(row.key.pid), entries)
    }
  }

  private func entry(of row: ProcessRow) -> ScapThreadEntry {
    var entry = ScapThreadEntry()
    entry.tid = Int64(row.key.pid)
    entry.pid = Int64(row.key.pid)
    entry.parent = Int64(row.parent?.pid ?? 0)
    entry.session = row.session.map(Int64.init)
    entry.comm = row.comm
    (entry.exe, entry.arguments) = row.scapArguments
    entry.executablePath = row.executable ?? []
    entry.directory = row.workingDirectory ?? []
    entry.userID = row.userID ?? 0
    entry.groupID = row.groupID ?? 0
    entry.threadInNamespace = row.namespacePID.map(Int64.init)
    entry.pidInNamespace = row.namespacePID.map(Int64.init)
    entry.cgroups = row.flags.contains(.ancestorOnly) ? [] : cgroups(of: row.container)
    return entry
  }

  // MARK: Users

  /// The names that hold for all whose capture it is: sysdig knows one list of them, the host's.
  private func writeAccounts() throws {
    let rows = boot.containers.filter { isWanted($0.key) }
    func common(_ lists: [[AccountName]]) -> [AccountName] {
      var names: [UInt32: [UInt8]?] = [:]
      for account in lists.joined() {
        if let known = names[account.id], known != account.name {
          names[account.id] = .some(nil)
        } else {
          names[account.id] = account.name
        }
      }
      return names.compactMap { id, name in name.map { AccountName(id: id, name: $0) } }.sorted { $0.id < $1.id }
    }
    try writer.accounts(users: common(rows.map(\.users)), groups: common(rows.map(\.groups)))
  }

  // MARK: Containers

  /// As `cpuset=/docker/ID`: sysdig knows a container by the path of a cgroup.
  func cgroups(of key: ContainerKey) -> [UInt8] {
    guard key != .host, let row = containers[key] else { return Array("cpuset=/".utf8) + [0] }
    let path: String
    switch row.runtime {
    case "podman": path = "/machine.slice/libpod-\(Self.id(row)).scope"
    case "containerd", "cri": path = "/system.slice/cri-containerd-\(Self.id(row)).scope"
    case "cri-o": path = "/system.slice/crio-\(Self.id(row)).scope"
    default: path = "/docker/\(Self.id(row))"
    }
    return Array("cpuset=\(path)".utf8) + [0] + Array("memory=\(path)".utf8) + [0]
  }

  /// Sixty-four digits: of an id that is not, its digest, for sysdig knows containers by nothing else.
  static func id(_ row: ContainerRow) -> String {
    let digits = row.id.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    if row.id.utf8.count == 64, digits { return row.id }
    return SHA256.digest(Array(row.id.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private func writeContainers() throws {
    let time = wall(boot.directory.map(\.firstTime).min() ?? from)
    for row in boot.containers where row.key != .host && isWanted(row.key) {
      var json = JSONText()
      json.beginObject()
      json.beginObject("container")
      json.set("id", String(Self.id(row).prefix(12)))
      json.set("full_id", Self.id(row))
      json.set("type", Int(ScapContainers.type(ofRuntime: row.runtime)))
      json.set("name", row.name ?? row.id)
      json.set("image", row.image ?? "")
      json.set("imageid", row.imageID ?? "")
      if let created = row.created { json.set("created_time", "\(created.nanoseconds / 1_000_000_000)") }
      json.set("is_pod_sandbox", row.flags.contains(.sandbox))
      json.beginObject("labels")
      for label in labels(of: row) { json.set(label.key, label.value) }
      json.endObject()
      json.beginArray("Mounts")
      json.endArray()
      json.endObject()
      json.endObject()
      // One length in two bytes: what is longer is told without its labels.
      let text =
        json.bytes.count < 60_000 ? json.bytes : Array(#"{"container":{"id":"\#(Self.id(row).prefix(12))"}}"#.utf8)
      try writer.event(272, time: time, thread: 0, cpu: 0, [text + [0]])
      // The same for tools of 2025 on, which take containers from a plugin's events.
      try writer.event(402, time: time, thread: -1, cpu: 0, [[0, 0, 0, 0], Array("container".utf8) + [0], text + [0]])
    }
  }

  private func labels(of row: ContainerRow) -> [ContainerLabel] {
    var labels = Dictionary(row.labels.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
    labels["io.kubernetes.pod.name"] = row.podName ?? labels["io.kubernetes.pod.name"]
    labels["io.kubernetes.pod.namespace"] = row.podNamespace ?? labels["io.kubernetes.pod.namespace"]
    labels["io.kubernetes.pod.uid"] = row.podUID ?? labels["io.kubernetes.pod.uid"]
    return labels.sorted { $0.key < $1.key }.map { ContainerLabel(key: $0.key, value: $0.value) }
  }

  // MARK: Events

  func emit(_ type: Int, _ event: EventBlock, at time: UInt64, thread: Int64? = nil, _ parameters: [[UInt8]]) throws {
    if !writer.isStateOnly { eventCount += 1 }
    try writer.event(type, time: time, thread: thread ?? Int64(event.thread), cpu: event.cpu, parameters)
  }

  /// What is known of the process that an event is of, at that event.
  func known(_ event: EventBlock) -> ProcessRow {
    let key = event.process.key
    if let row = current[key] { return row }
    var row = ProcessRow(key: key, container: event.entry.container, comm: event.process.comm)
    row.executable = event.process.executable
    row.parent = history[key]?.parent
    row.userID = history[key]?.userID
    row.namespacePID = event.process.namespacePID
    current[key] = row
    return row
  }

  func learn(_ row: ProcessRow) { current[row.key] = row }
  func forget(_ key: ProcessKey) { current[key] = nil }
  func recorded(_ key: ProcessKey) -> ProcessRow? { history[key] }

  /// Kinds that change who runs, or what is open under which name.
  private static func changesState(_ kind: EventKind) -> Bool {
    switch kind {
    case .processFork, .threadStart, .processExec, .processExit, .threadExit, .fileOpen, .fileClose, .networkSocket,
      .networkConnect, .networkAccept, .networkBind, .networkPair, .pipeCreate, .descriptorDuplicate, .memoryFile,
      .processDirectory, .processHandle, .descriptorTake:
      true
    default: false
    }
  }

  private func write(_ event: EventBlock) throws { try ScapRow(exporter: self, event: event).write() }
}

extension ProcessRow {
  /// The first argument, and the others, each followed by NUL.
  var scapArguments: (exe: [UInt8], rest: [UInt8]) {
    guard let items = arguments?.items, let first = items.first else { return (executable ?? comm, []) }
    var rest: [UInt8] = []
    for item in items.dropFirst() where rest.count + item.count < ScapThreadEntry.textLimit - 1 { rest += item + [0] }
    return (first, rest)
  }
}
