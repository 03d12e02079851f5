internal import CaptureFormat
internal import Events

/// What a process is from one change to the next: its program, arguments and credentials.
final class ProcessImage {
  let key: ProcessKey
  let since: BootTime
  let parent: ProcessKey?
  let comm: [UInt8]
  let executable: [UInt8]?
  let arguments: ByteList?
  let workingDirectory: [UInt8]?
  let userID: UInt32?
  let groupID: UInt32?
  /// Effective.
  let capabilities: UInt64?
  let session: UInt32?
  /// Device number of the terminal; 0 is none, nil not known.
  let terminal: UInt32?
  let namespacePID: UInt32?
  let inode: UInt64?
  /// What is remarkable of its program; nil is not known.
  let marks: ProcessFlags?
  /// `ls -l`, made when it is first asked for.
  private(set) lazy var items: [[UInt8]] = arguments?.items ?? []

  init(_ row: ProcessRow, since: BootTime, knowsProgram: Bool = true) {
    key = row.key
    self.since = since
    parent = row.parent
    namespacePID = row.namespacePID
    session = row.session
    userID = knowsProgram ? row.userID : nil
    groupID = knowsProgram ? row.groupID : nil
    comm = knowsProgram ? row.comm : []
    executable = knowsProgram ? row.executable : nil
    arguments = knowsProgram ? row.arguments : nil
    workingDirectory = knowsProgram ? row.workingDirectory : nil
    capabilities = nil
    terminal = nil
    inode = nil
    marks = knowsProgram ? row.flags.intersection(.ofImage) : nil
  }

  /// The child of a fork: its parent's copy.
  init(child key: ProcessKey, of parent: ProcessKey?, copying image: ProcessImage?, _ event: EventBlock) {
    self.key = key
    since = min(event.time, key.start)
    self.parent = parent
    // The thread that forked may have a name of its own.
    comm = event.bytes(.comm) ?? image?.comm ?? event.process.comm
    executable = image?.executable ?? event.process.executable
    arguments = image?.arguments
    workingDirectory = image?.workingDirectory
    userID = image?.userID
    groupID = image?.groupID
    capabilities = image?.capabilities
    session = image?.session
    terminal = image?.terminal
    namespacePID = event.value(.namespacePID).map { UInt32(truncatingIfNeeded: $0) }
    inode = image?.inode
    marks = image?.marks
  }

  /// What the process is after `event`: an exec, a new name, other credentials, another directory. Nil: it changes nothing.
  init?(_ before: ProcessImage?, after event: EventBlock) {
    func unsigned(_ column: ColumnID) -> UInt32? { event.value(column).map { UInt32(truncatingIfNeeded: $0) } }
    key = event.process.key
    since = event.time
    guard event.result >= 0 else { return nil }
    switch event.kind {
    case .processExec:
      parent = before?.parent ?? Self.parent(of: event)
      comm = event.bytes(.comm) ?? event.process.comm
      executable = event.bytes(.executable)
      arguments = event.bytes(.arguments).map { ByteList(nulTerminated: $0) }
      workingDirectory = event.bytes(.workingDirectory)
      userID = unsigned(.userID)
      groupID = unsigned(.groupID)
      capabilities = event.value(.effectiveCapabilities).map { UInt64(bitPattern: $0) }
      session = unsigned(.session)
      terminal = unsigned(.terminal) ?? 0
      namespacePID = unsigned(.namespacePID)
      inode = event.file(.file)?.inode
      // None are none: it is not told of most.
      marks = (event.marks ?? []).intersection(.ofImage)
    case .processRename, .credentialsUser, .credentialsGroup, .credentialsCapabilities, .processSession,
      .processDirectory:
      let isDirectory = event.kind == .processDirectory
      parent = before?.parent
      comm =
        event.kind == .processRename ? event.bytes(.comm) ?? event.process.comm : before?.comm ?? event.process.comm
      executable = before?.executable ?? event.process.executable
      arguments = before?.arguments
      workingDirectory = isDirectory ? event.file(.file)?.path ?? event.bytes(.path) : before?.workingDirectory
      userID = unsigned(.userID) ?? before?.userID
      groupID = unsigned(.groupID) ?? before?.groupID
      capabilities = event.value(.effectiveCapabilities).map { UInt64(bitPattern: $0) } ?? before?.capabilities
      session = event.kind == .processSession ? event.process.key.pid : before?.session
      // A session of its own begins without a terminal.
      terminal = event.kind == .processSession ? 0 : before?.terminal
      namespacePID = before?.namespacePID ?? event.process.namespacePID
      inode = before?.inode
      marks = before?.marks
    default: return nil
    }
  }

  static func parent(of event: EventBlock) -> ProcessKey? {
    guard let pid = event.value(.parentPID), let start = event.value(.parentStart) else { return nil }
    return ProcessKey(
      pid: UInt32(truncatingIfNeeded: pid), start: BootTime(nanoseconds: UInt64(bitPattern: start)))
  }
}

/// What every process was at every time, as far as the capture tells.
final class ProcessTimeline {
  private var images: [ProcessKey: [ProcessImage]] = [:]
  private var byPID: [UInt32: [ProcessKey]] = [:]
  /// When processes ended, where somebody is going to bury them.
  private var ends: [ProcessKey: BootTime] = [:]
  private var keepsEnds = false

  /// Of a recorder at work: what it knows comes bit by bit.
  init() { keepsEnds = true }

  /// What changes the image of a process, beside ``EventKind/processDirectory``.
  static let kinds: [EventKind] = [
    .processFork, .processExec, .processRename, .credentialsUser, .credentialsGroup, .credentialsCapabilities,
    .processSession,
  ]

  /// Reads the lifecycle blocks; with `withDirectories` also those in which a working directory changes.
  init(of boot: CaptureBoot, withDirectories: Bool) throws(CaptureError) {
    let first = boot.span.first
    for row in try ProcessHistory(of: boot).processes {
      // A row tells what the process was last. Before its last exec, seen here, that is not known.
      let isOld = row.execTime.map { $0 < first } ?? true
      enter(row.key, [ProcessImage(row, since: BootTime(nanoseconds: 0), knowsProgram: isOld)])
    }
    for row in try WindowState(of: boot).processes {
      enter(row.key, [ProcessImage(row, since: BootTime(nanoseconds: 0))])
    }
    var kinds = Self.kinds
    if withDirectories { kinds.append(.processDirectory) }
    let entries = boot.directory.filter { entry in
      (entry.lane == .lifecycle || withDirectories || entry.kinds.mayContain(.processSession))
        && kinds.contains { entry.kinds.mayContain($0) }
    }
    var merge = EventMerge(boot.sections, entries: entries)
    while let event = try merge.next() { apply(event) }
  }

  /// Enters a process that was there before.
  func add(_ row: ProcessRow) {
    if images[row.key] == nil { enter(row.key, [ProcessImage(row, since: BootTime(nanoseconds: 0))]) }
  }

  private func enter(_ key: ProcessKey, _ list: [ProcessImage]) {
    if images.updateValue(list, forKey: key) == nil {
      var keys = byPID[key.pid] ?? []
      keys.insert(key, at: keys.lastIndex { $0.start < key.start }.map { $0 + 1 } ?? 0)
      byPID[key.pid] = keys
    }
  }

  var count: Int { images.count }

  /// Lets go of processes that ended before `time` and of which no living one descends, and of what the others were before.
  func bury(before time: BootTime) {
    var isNeeded = Set<ProcessKey>()
    for key in images.keys where ends[key] == nil {
      var next = images[key]?.last?.parent
      while let parent = next, images[parent] != nil, isNeeded.insert(parent).inserted {
        next = images[parent]?.last?.parent
      }
    }
    for (key, end) in ends where end < time && !isNeeded.contains(key) {
      ends[key] = nil
      images[key] = nil
      let rest = (byPID[key.pid] ?? []).filter { $0 != key }
      byPID[key.pid] = rest.isEmpty ? nil : rest
    }
    for (key, list) in images where list.count > 1 {
      // The last one that began before `time` held then.
      if let first = list.lastIndex(where: { $0.since < time }), first > 0 { images[key] = Array(list[first...]) }
    }
  }

  func apply(_ event: EventBlock) {
    if event.kind == .processExit {
      if keepsEnds { ends[event.process.key] = event.time }
      return
    }
    if event.kind == .processFork {
      guard event.result >= 0, let pid = event.value(.childPID), let start = event.value(.childStart) else { return }
      let key = ProcessKey(
        pid: UInt32(truncatingIfNeeded: pid), start: BootTime(nanoseconds: UInt64(bitPattern: start)))
      let source = event.process.key
      let image = ProcessImage(
        child: key, of: ProcessImage.parent(of: event) ?? source, copying: images[source]?.last, event)
      // An exec of the child may stand before the fork that made it, in another CPU's stream.
      enter(key, [image] + (images[key] ?? []).filter { $0.since > image.since })
      return
    }
    let key = event.process.key
    if let image = ProcessImage(images[key]?.last, after: event) {
      if images[key] == nil { enter(key, [image]) } else { images[key]?.append(image) }
    }
  }

  /// What it was at `time`, and until when; nil for a process that nothing is known of.
  func image(of key: ProcessKey, at time: BootTime) -> (image: ProcessImage, until: BootTime?)? {
    guard let images = images[key], let first = images.first else { return nil }
    var low = 0
    var high = images.count
    while low < high {
      let middle = (low + high) / 2
      if images[middle].since <= time { low = middle + 1 } else { high = middle }
    }
    // Before it was seen to start: what it was first.
    if low == 0 { return (first, images.count > 1 ? images[1].since : nil) }
    return (images[low - 1], low < images.count ? images[low].since : nil)
  }

  /// The process that had the number at `time`.
  func process(withPID pid: UInt32, at time: BootTime) -> ProcessKey? { byPID[pid]?.last { $0.start <= time } }
}

/// A process at a time, with its ancestors: what fields of processes are read from.
struct ProcessView {
  /// Itself, its parent, and so on; empty where nothing is known but what the event's block says.
  let chain: [ProcessImage]
  let leader: ProcessImage?
  /// From when on, and until when, it is so.
  let from: BootTime
  let until: BootTime

  private static let chainLimit = 64

  init(_ key: ProcessKey, at time: BootTime, in timeline: ProcessTimeline) {
    var chain: [ProcessImage] = []
    var from = BootTime(nanoseconds: 0)
    var until = BootTime(nanoseconds: .max)
    func take(_ key: ProcessKey) -> ProcessImage? {
      guard let (image, end) = timeline.image(of: key, at: time) else { return nil }
      from = max(from, min(image.since, time))
      if let end { until = min(until, max(end, time)) }
      return image
    }
    var next: ProcessKey? = key
    // A hostile file can make parents a ring.
    while let key = next, chain.count < Self.chainLimit, !chain.contains(where: { $0.key == key }),
      let image = take(key)
    {
      chain.append(image)
      next = image.parent.flatMap { parent in
        parent.start.nanoseconds == 0 ? timeline.process(withPID: parent.pid, at: key.start) : parent
      }
    }
    leader = chain.first?.session.flatMap { timeline.process(withPID: $0, at: time) }.flatMap { take($0) }
    self.chain = chain
    self.from = from
    self.until = until
  }

  /// Of a process alone: what a table tells.
  init(_ chain: [ProcessImage], leader: ProcessImage?) {
    self.chain = chain
    self.leader = leader
    from = BootTime(nanoseconds: 0)
    until = BootTime(nanoseconds: .max)
  }
}
