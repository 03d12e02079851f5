internal import CaptureFormat
internal import Events
internal import FilterLanguage

/// What the fields of a boot's events are read from, beside the events. Made when a field first needs it.
///
/// Of a capture that was read it stays as it is; a recorder at work adds to it.
final class FilterContext {
  private(set) var clock: CaptureClock
  let text: EventText
  let first: BootTime
  let hostName: [UInt8]?
  let timeline: ProcessTimeline?
  private(set) var accounts: AccountNames
  private var containers: [ContainerKey: ContainerRow]
  private var ends: SocketRoles?
  /// Where the roles of sockets are read from when they are first asked for.
  private let boot: CaptureBoot?
  let columnNames: [String: ColumnID]
  /// Whether what is remarkable of programs is told.
  let knowsMarks: Bool

  init(_ boot: CaptureBoot, needs fields: Set<FieldUse>) throws(CaptureError) {
    self.boot = boot
    clock = boot.clock
    text = EventText(boot.catalogue)
    first = boot.span.first
    hostName = boot.hostName.map { Array($0.utf8) }
    containers = Dictionary(boot.containers.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
    accounts = AccountNames(boot.containers)
    columnNames = Self.columnNames(of: boot.catalogue)
    knowsMarks = columnNames["marks"] != nil && !boot.sections.contains { $0.provenance[.source] == "scap" }
    timeline =
      try fields.contains { FieldScope.needsTimeline($0) }
      ? ProcessTimeline(of: boot, withDirectories: fields.contains { $0.field == .procCwd }) : nil
  }

  /// Of a recorder at work.
  init(live catalogue: Catalogue, hostName: String?, since first: BootTime) {
    boot = nil
    clock = CaptureClock(anchors: [])
    text = EventText(catalogue)
    self.first = first
    self.hostName = hostName.map { Array($0.utf8) }
    containers = [:]
    accounts = .none
    columnNames = Self.columnNames(of: catalogue)
    knowsMarks = true
    timeline = ProcessTimeline()
    ends = SocketRoles()
  }

  private static func columnNames(of catalogue: Catalogue) -> [String: ColumnID] {
    Dictionary(catalogue.columns.map { ($0.name, $0.column) }, uniquingKeysWith: { first, _ in first })
  }

  func container(_ key: ContainerKey) -> ContainerRow? { containers[key] }

  /// Whether a socket is its process's as the server: true where it was accepted, false where it was connected, nil where
  /// neither was seen. Reads the blocks in which that can be, once.
  func isServer(_ file: FileID) -> Bool? {
    if file == .unknown { return nil }
    if ends == nil, let boot { ends = SocketRoles(of: boot) }
    return ends?[file]
  }

  // MARK: What a recorder adds

  func take(_ rows: [ContainerRow]) {
    for row in rows { containers[row.key] = row }
    accounts.take(rows)
  }

  func forget(_ container: ContainerKey) { containers[container] = nil }

  func take(_ anchors: [AnchorRow]) { clock = CaptureClock(anchors: anchors) }

  /// Takes in what an event changes for the fields of those that follow.
  func apply(_ event: EventBlock) {
    timeline?.apply(event)
    ends?.apply(event)
  }
}

/// Which sockets are their processes' as servers, and which as clients.
struct SocketRoles {
  static let kinds: [EventKind] = [.networkAccept, .networkConnect, .networkListen]
  private var roles: [FileID: Bool] = [:]
  /// Those of before, where they became many: numbers are not given twice, and old sockets are closed.
  private var older: [FileID: Bool] = [:]
  private static let limit = 1 << 16

  init() {}

  init(of boot: CaptureBoot) {
    for section in boot.sections {
      for entry in boot.directory
      where entry.section == section.section && Self.kinds.contains(where: { entry.kinds.mayContain($0) }) {
        guard let block = try? section.readEvents(entry) else { continue }
        while block.next() { note(block) }
      }
    }
  }

  subscript(file: FileID) -> Bool? { roles[file] ?? older[file] }

  /// The same, in bounded memory.
  mutating func apply(_ event: EventBlock) {
    note(event)
    if roles.count >= Self.limit {
      older = roles
      roles = [:]
    }
  }

  private mutating func note(_ event: EventBlock) {
    let kind = event.kind
    guard Self.kinds.contains(kind), let file = event.file(.file), file.id != .unknown else { return }
    roles[file.id] = kind != .networkConnect
  }
}

/// What decides a field's value: as long as that is the same, so is the value.
enum FieldScope: Int {
  case block, call, process, file, row

  /// Of two checks together.
  func joined(with other: FieldScope) -> FieldScope {
    self == other || other == .block ? self : self == .block ? other : .row
  }

  init(_ use: FieldUse) {
    let name = use.field.rawValue
    switch use.field {
    case .evtSource, .evtDir, .evtHostname, .aftertraceLane, .evtCount: self = .block
    case .containerDuration: self = .row
    case .evtType, .evtTypeIs, .syscallType, .evtCategory, .evtIsIo, .evtIsIoRead, .evtIsIoWrite, .evtIoDir, .evtIsWait,
      .aftertraceKind:
      self = .call
    case .procDuration, .procPpidDuration: self = .row
    case .userUid, .userName, .groupGid, .groupName: self = .process
    case .fdNum, .fdNameraw, .fdSipName, .fdRipName, .fdConnected, .fdNameChanged, .fdTypes, .fdUid: self = .row
    case .aftertraceFileId, .aftertraceSocketCookie, .aftertraceNetworkNamespace: self = .file
    case .aftertraceProcessEntityStart: self = .process
    // An exec tells of the process as it is from there on.
    case .procIsExeUpperLayer, .procIsExeFromMemfd, .aftertraceProcessMarks: self = .row
    default:
      switch name.prefix(while: { $0 != "." }) {
      case "container", "k8s": self = .block
      case "proc": self = .process
      case "fd": self = .file
      default: self = .row
      }
    }
  }

  static func needsTimeline(_ use: FieldUse) -> Bool {
    switch use.field {
    // What the event's own block says of its process.
    case .procPid, .procName, .procExepath, .procVpid, .procDuration, .procPidTs,
      .aftertraceProcessEntityStart:
      false
    case .procAname, .procAexepath, .procApid: use.index != 0
    case .userUid, .userName, .groupGid, .groupName, .threadCapEffective, .aftertraceProcessMarks: true
    default: use.field.rawValue.hasPrefix("proc.")
    }
  }
}
