internal import CaptureFormat
internal import Events
internal import FilterLanguage

/// What the fields of a boot's events are read from, beside the events. Made when a field first needs it.
final class FilterContext {
  let boot: CaptureBoot
  let text: EventText
  let first: BootTime
  let hostName: [UInt8]?
  let timeline: ProcessTimeline?
  private let containers: [ContainerKey: ContainerRow]
  private var servers: [FileID: Bool]?
  let columnNames: [String: ColumnID]

  init(_ boot: CaptureBoot, needs fields: Set<FieldUse>) throws(CaptureError) {
    self.boot = boot
    text = EventText(boot.catalogue)
    first = boot.span.first
    hostName = boot.hostName.map { Array($0.utf8) }
    containers = Dictionary(boot.containers.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
    columnNames = Dictionary(
      boot.catalogue.columns.map { ($0.name, $0.column) }, uniquingKeysWith: { first, _ in first })
    let needsTimeline = fields.contains { FieldScope.needsTimeline($0) }
    timeline =
      try needsTimeline
      ? ProcessTimeline(of: boot, withDirectories: fields.contains { $0.field == .procCwd }) : nil
  }

  func container(_ key: ContainerKey) -> ContainerRow? { containers[key] }

  /// Whether a socket is its process's as the server: true where it was accepted, false where it was connected, nil where
  /// neither was seen. Reads the blocks in which that can be, once.
  func isServer(_ file: FileID) -> Bool? {
    if file == .unknown { return nil }
    if servers == nil { servers = Self.servers(of: boot) }
    return servers?[file]
  }

  private static func servers(of boot: CaptureBoot) -> [FileID: Bool] {
    var result: [FileID: Bool] = [:]
    let kinds: [EventKind] = [.networkAccept, .networkConnect, .networkListen]
    for section in boot.sections {
      for entry in boot.directory
      where entry.section == section.section && kinds.contains(where: { entry.kinds.mayContain($0) }) {
        guard let block = try? section.readEvents(entry) else { continue }
        while block.next() {
          let kind = block.kind
          guard kinds.contains(kind), let file = block.file(.file), file.id != .unknown else { continue }
          result[file.id] = kind != .networkConnect
        }
      }
    }
    return result
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
    case .fdNum, .fdConnected, .fdNameChanged, .fdTypes, .fdUid: self = .row
    case .aftertraceFileId, .aftertraceSocketCookie, .aftertraceNetworkNamespace: self = .file
    case .aftertraceProcessEntityStart: self = .process
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
    case .procPid, .procName, .procExepath, .procVpid, .procDuration, .procPidTs, .procIsExeFromMemfd,
      .aftertraceProcessEntityStart:
      false
    case .procAname, .procAexepath, .procApid: use.index != 0
    case .userUid, .userName, .groupGid, .groupName, .threadCapEffective: true
    default: use.field.rawValue.hasPrefix("proc.")
    }
  }
}
