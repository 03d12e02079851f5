internal import CaptureFormat
internal import Events
internal import FilterLanguage

extension EventFields {
  private var time: BootTime { event?.time ?? BootTime(nanoseconds: .max) }

  func processValue(_ use: FieldUse) -> FieldValue {
    if process.isNone { return .absent }
    switch use.field {
    case .procPid: return .integer(Int64(process.key.pid))
    case .procName: return ownName.isEmpty ? .absent : .text(ownName)
    case .procExepath: return .optional(ownExecutable)
    case .procVpid: return .optional((process.namespacePID ?? image(0)?.namespacePID).map { Int64($0) })
    case .procPidTs: return .optional(wallTime(process.key.start))
    case .procDuration:
      guard event != nil, time >= process.key.start else { return .absent }
      return .integer(Int64(clamping: time.nanoseconds - process.key.start.nanoseconds))
    case .procIsExeFromMemfd:
      if mark(.memoryImage) == true { return .boolean(true) }
      return .optional(
        ownExecutable.map { $0.starts(with: Array("/memfd:".utf8)) || $0.starts(with: Array("memfd:".utf8)) })
    case .procIsExeUpperLayer: return .optional(mark(.upperLayer))
    case .aftertraceProcessMarks:
      guard let marks = marks, !marks.isEmpty else { return .absent }
      return .list(marks.markNames.map { .text($0) })
    case .procPpid: return .optional(image(0)?.parent.map { Int64($0.pid) })
    case .procPvpid: return .optional(image(1)?.namespacePID.map { Int64($0) })
    case .procPname: return name(1)
    case .procAname: return ancestors(use) { name($0) }
    case .procExe: return exe(0)
    case .procPexe: return exe(1)
    case .procAexe: return ancestors(use) { exe($0) }
    case .procPexepath: return executable(1)
    case .procAexepath: return ancestors(use) { executable($0) }
    case .procArgs:
      guard let index = use.index else { return arguments(0) }
      guard let items = image(0)?.items, items.indices.contains(index + 1) else { return .absent }
      return .text(items[index + 1])
    case .procAargs: return ancestors(use) { arguments($0) }
    case .procCmdline: return commandLine(0)
    case .procPcmdline: return commandLine(1)
    case .procAcmdline: return ancestors(use) { commandLine($0) }
    case .procCmdnargs: return .optional(known(0).map { Int64(max($0.count - 1, 0)) })
    case .procCmdlenargs: return .optional(known(0).map { Int64($0.dropFirst().reduce(0) { $0 + $1.count }) })
    case .procExeline: return .optional(known(0).map { Array($0.joined(separator: [0x20])) })
    case .procCwd: return .optional(image(0)?.workingDirectory)
    case .procApid: return ancestors(use) { .optional(pid($0).map { Int64($0) }) }
    case .procLoginshellid: return loginShell
    case .procTty: return .optional(image(0)?.terminal.map { Int64($0) })
    case .procSid: return .optional((view?.leader?.namespacePID).map { Int64($0) })
    case .procSname: return .optional(view?.leader.flatMap { $0.comm.isEmpty ? nil : $0.comm })
    case .procSidExe: return .optional(view?.leader?.items.first)
    case .procSidExepath: return .optional(view?.leader?.executable)
    case .procPpidTs: return .optional(image(1).flatMap { wallTime($0.key.start) })
    case .procPpidDuration:
      guard event != nil, let start = image(1)?.key.start, time >= start else { return .absent }
      return .integer(Int64(clamping: time.nanoseconds - start.nanoseconds))
    case .procIsSidLeader: return .optional(image(0)?.session.map { $0 == process.key.pid })
    case .procExeIno: return .optional(image(0)?.inode.map { Int64(bitPattern: $0) })
    default: return .absent
    }
  }

  /// What is remarkable of the process's program; nil where that is not known.
  private var marks: ProcessFlags? {
    guard context.knowsMarks else { return nil }
    if let event, event.kind == .processExec, event.result >= 0 { return event.marks ?? [] }
    return image(0)?.marks
  }

  private func mark(_ flag: ProcessFlags) -> Bool? { marks.map { $0.contains(flag) } }

  private func image(_ level: Int) -> ProcessImage? {
    guard let chain = view?.chain, chain.indices.contains(level) else { return nil }
    return chain[level]
  }

  /// The block tells what the process was called when the event was written.
  private var ownName: [UInt8] { process.comm.isEmpty ? image(0)?.comm ?? [] : process.comm }
  private var ownExecutable: [UInt8]? { process.executable ?? image(0)?.executable }

  private func name(_ level: Int) -> FieldValue {
    let comm = level == 0 ? ownName : image(level)?.comm ?? []
    return comm.isEmpty ? .absent : .text(comm)
  }

  private func executable(_ level: Int) -> FieldValue {
    .optional(level == 0 ? ownExecutable : image(level)?.executable)
  }

  private func pid(_ level: Int) -> UInt32? { level == 0 ? process.key.pid : image(level)?.key.pid }

  /// The argument vector, where it is known.
  private func known(_ level: Int) -> [[UInt8]]? {
    guard let image = image(level), image.arguments != nil else { return nil }
    return image.items
  }

  private func exe(_ level: Int) -> FieldValue { .optional(known(level)?.first) }

  private func arguments(_ level: Int) -> FieldValue {
    .optional(known(level).map { Array($0.dropFirst().joined(separator: [0x20])) })
  }

  /// The name, then the arguments: not the first of them, which the process can choose.
  private func commandLine(_ level: Int) -> FieldValue {
    guard case .text(let name) = name(level), let items = known(level) else { return .absent }
    return .text(Array(([name] + items.dropFirst()).joined(separator: [0x20])))
  }

  /// Of one ancestor; without a number of any, itself left out.
  private func ancestors(_ use: FieldUse, _ value: (Int) -> FieldValue) -> FieldValue {
    if let index = use.index { return value(index) }
    guard let count = view?.chain.count, count > 1 else { return .absent }
    return .anyOf((1..<count).map(value))
  }

  private static let shells: Set<[UInt8]> = Set(
    ["sh", "bash", "csh", "zsh", "ksh", "tcsh", "ash", "dash", "fish"].map { Array($0.utf8) })

  private var loginShell: FieldValue {
    guard let chain = view?.chain else { return .absent }
    // The oldest is the outermost.
    for (level, image) in chain.enumerated().reversed() where Self.shells.contains(level == 0 ? ownName : image.comm) {
      return .integer(Int64(image.key.pid))
    }
    return .absent
  }

  private static let root = Array("root".utf8)

  func ownerValue(_ use: FieldUse) -> FieldValue {
    let own = image(0)
    switch use.field {
    case .userUid: return .optional(own?.userID.map { Int64($0) })
    case .groupGid: return .optional(own?.groupID.map { Int64($0) })
    // What its container calls it; where that is not known, 0 is root everywhere.
    case .userName:
      guard let id = own?.userID else { return .absent }
      return .optional(context.accounts.user(id, in: container) ?? (id == 0 ? Self.root : nil))
    case .groupName:
      guard let id = own?.groupID else { return .absent }
      return .optional(context.accounts.group(id, in: container) ?? (id == 0 ? Self.root : nil))
    default: return .absent
    }
  }

  func threadValue(_ use: FieldUse) -> FieldValue {
    switch use.field {
    case .threadCapEffective:
      let bits = event?.value(.effectiveCapabilities).map { UInt64(bitPattern: $0) } ?? image(0)?.capabilities
      return .optional(bits.map(Self.capabilities))
    case .threadCapPermitted:
      return .optional(event?.value(.permittedCapabilities).map { Self.capabilities(UInt64(bitPattern: $0)) })
    case .threadCapInheritable:
      return .optional(event?.value(.inheritableCapabilities).map { Self.capabilities(UInt64(bitPattern: $0)) })
    case .threadCgroups:
      let paths = context.container(container)?.cgroupPaths ?? []
      return paths.isEmpty ? .absent : .text(paths.joined(separator: " "))
    default: break
    }
    guard let event, !process.isNone else { return .absent }
    let isMain = event.thread == process.key.pid
    switch use.field {
    case .threadTid: return .integer(Int64(event.thread))
    case .threadIsmain: return .boolean(isMain)
    case .threadVtid: return isMain ? processValue(FieldUse(.procVpid)) : .absent
    default: return .absent
    }
  }

  /// `CAP_CHOWN CAP_KILL`: blanks, as sysdig has them.
  private static func capabilities(_ bits: UInt64) -> String {
    if bits == 0 { return "NONE" }
    let names = ArgumentNames.text(
      Int64(bitPattern: bits), column: .effectiveCapabilities, kind: .credentialsCapabilities, call: nil)
    return (names ?? "").split(separator: "|").joined(separator: " ")
  }
}
