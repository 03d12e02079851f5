internal import CaptureFormat
internal import Events
internal import FilterLanguage

extension EventFields {
  func eventValue(_ use: FieldUse, _ event: EventBlock) -> FieldValue {
    switch use.field {
    case .evtTime, .evtOutputtime, .evtTimeS, .evtTimeIso8601, .evtDatetime, .evtDatetimeS, .evtRawtime, .evtRawtimeS,
      .evtRawtimeNs,
      .evtReltime, .evtReltimeS, .evtReltimeNs:
      return timeValue(use, event)
    case .evtLatency, .evtLatencyS, .evtLatencyNs, .evtLatencyHuman:
      guard let duration = event.value(.duration) else { return .absent }
      return switch use.field {
      case .evtLatencyS: .integer(duration / 1_000_000_000)
      case .evtLatencyNs: .integer(duration % 1_000_000_000)
      case .evtLatencyHuman: .text(durationText(UInt64(bitPattern: duration)))
      default: .integer(duration)
      }
    case .evtDir: return .text("<")
    case .evtType: return .text(EventTypes.name(of: event, context.text))
    case .evtTypeIs:
      guard let key = use.key else { return .absent }
      return .boolean(EventTypes.name(of: event, context.text) == CallAliases.upstream(Array(key.utf8)))
    case .syscallType: return event.call == nil ? .absent : .text(EventTypes.name(of: event, context.text))
    case .evtCategory: return .text(EventTypes.category(of: event, context.text))
    case .evtCpu: return .integer(Int64(event.cpu))
    case .evtArgs, .evtInfo: return arguments(event)
    case .evtArg: return argument(use, event, isRaw: false)
    case .evtRawarg: return argument(use, event, isRaw: true)
    case .evtBuffer: return .optional(event.bytes(.payload))
    case .evtBuflen:
      return .optional(
        event.value(.payloadLength) ?? (EventTypes.transfer(event) != nil && event.result >= 0 ? event.result : nil))
    case .evtRes:
      guard context.text.hasResult(event) else { return .absent }
      if event.result >= 0 { return .text("SUCCESS") }
      return .text(ErrorNumber.name(0 &- event.result) ?? String(event.result))
    case .evtRawres: return context.text.hasResult(event) ? .integer(event.result) : .absent
    case .evtFailed: return context.text.hasResult(event) ? .boolean(event.result < 0) : .absent
    case .evtIsIo: return .boolean(EventTypes.transfer(event) != nil)
    case .evtIsIoRead: return .boolean(EventTypes.transfer(event) == .read)
    case .evtIsIoWrite: return .boolean(EventTypes.transfer(event) == .write)
    case .evtIoDir:
      return switch EventTypes.transfer(event) {
      case .read: .text("read")
      case .write: .text("write")
      case nil: .absent
      }
    case .evtIsWait: return .boolean(EventTypes.isWait(EventTypes.name(of: event, context.text)))
    case .evtIsSyslog:
      guard EventTypes.transfer(event) == .write else { return .boolean(false) }
      return .boolean(
        event.file(.file).map { file in
          [file.remoteAddress, file.localAddress].contains { $0 == .unix(path: Array("/dev/log".utf8)) }
        } ?? false)
    case .evtIsOpenRead, .evtIsOpenWrite, .evtIsOpenExec, .evtIsOpenCreate: return openValue(use, event)
    case .evtAbspath:
      let path = use.key == "dst" ? event.bytes(.secondPath) : event.bytes(.path)
      return .optional(path.flatMap { $0.first == UInt8(ascii: "/") ? PathText.normal($0) : nil })
    case .evtCount: return .integer(1)
    case .evtCountError: return event.result < 0 ? .integer(1) : .absent
    case .evtCountErrorFile: return event.result < 0 && EventTypes.isFile(event.kind) ? .integer(1) : .absent
    case .evtCountErrorNet: return event.result < 0 && EventTypes.isNetwork(event.kind) ? .integer(1) : .absent
    case .evtSource: return .text("syscall")
    case .evtHostname: return .optional(context.hostName)
    default: return .absent
    }
  }

  private func timeValue(_ use: FieldUse, _ event: EventBlock) -> FieldValue {
    let relative = Int64(clamping: event.time.nanoseconds) - Int64(clamping: context.first.nanoseconds)
    switch use.field {
    case .evtReltime: return .integer(relative)
    case .evtReltimeS: return .integer(relative / 1_000_000_000)
    case .evtReltimeNs: return .integer(relative % 1_000_000_000)
    default: break
    }
    guard let wall = wallTime(event.time) else { return .absent }
    switch use.field {
    case .evtRawtime: return .integer(wall)
    case .evtRawtimeS: return .integer(wall / 1_000_000_000)
    case .evtRawtimeNs: return .integer(wall % 1_000_000_000)
    default: break
    }
    let calendar = CalendarTime(WallTime(nanoseconds: wall))
    return switch use.field {
    case .evtTime, .evtOutputtime: .text(calendar.timeOfDay(digits: 9))
    case .evtTimeS: .text(calendar.timeOfDay(digits: 0))
    case .evtTimeIso8601: .text(calendar.iso8601(digits: 9))
    case .evtDatetime: .text(calendar.date + " " + calendar.timeOfDay(digits: 9))
    default: .text(calendar.date + " " + calendar.timeOfDay(digits: 0))
    }
  }

  private func openValue(_ use: FieldUse, _ event: EventBlock) -> FieldValue {
    guard event.kind == .fileOpen else { return .absent }
    // creat(2) has no flags: it opens for writing.
    let flags = event.value(.openFlags) ?? OpenFlags.writeOnly | OpenFlags.create
    let access = flags & 3
    switch use.field {
    case .evtIsOpenRead: return .boolean(access == 0 || access == 2)
    case .evtIsOpenWrite: return .boolean(access == 1 || access == 2)
    case .evtIsOpenCreate: return .boolean(flags & OpenFlags.create != 0)
    default:
      guard flags & OpenFlags.create != 0, let mode = event.value(.mode) else { return .boolean(false) }
      return .boolean(mode & 0o111 != 0)
    }
  }
}

/// What events are called upstream.
enum EventTypes {
  /// `openat`; what is no call has upstream's name for it, or its kind.
  static func name(of event: EventBlock, _ text: EventText) -> [UInt8] {
    switch event.kind {
    // Success is told by the scheduler's events, failure by the call's.
    case .processFork where event.call == nil: return clone
    case .threadStart where event.call == nil: return clone
    case .processExec where event.call == nil: return exec
    case .processExit, .threadExit: return exit
    case .signalFatal: return signal
    case .networkOutcome: return outcome
    default: break
    }
    guard let call = event.call else { return Array(text.name(of: event.kind).utf8) }
    return CallAliases.upstream(text.bareName(of: call))
  }

  private static let clone = Array("clone".utf8)
  private static let exec = Array("execve".utf8)
  private static let exit = Array("procexit".utf8)
  private static let signal = Array("signaldeliver".utf8)
  private static let outcome = Array("net.outcome".utf8)

  enum Transfer { case read, write }

  static func transfer(_ event: EventBlock) -> Transfer? {
    switch event.kind {
    case .fileRead, .networkReceive: .read
    case .fileWrite, .networkSend: .write
    default: nil
    }
  }

  static func isFile(_ kind: EventKind) -> Bool {
    switch kind {
    case .fileOpen, .fileClose, .fileRead, .fileWrite, .fileRename, .fileUnlink, .fileMakeDirectory,
      .fileRemoveDirectory, .fileLink, .fileSymlink, .fileChangeMode, .fileChangeOwner, .fileTruncate,
      .descriptorDuplicate, .fileMakeNode, .fileTransfer, .fileAllocate, .fileTimes, .attributeSet, .attributeGet,
      .attributeList, .attributeRemove, .processDirectory:
      true
    default: false
    }
  }

  static func isNetwork(_ kind: EventKind) -> Bool {
    switch kind {
    case .networkSocket, .networkConnect, .networkAccept, .networkBind, .networkListen, .networkSend, .networkReceive,
      .networkOption, .networkPair, .networkShutdown, .networkOutcome:
      true
    default: false
    }
  }

  static func category(of event: EventBlock, _ text: EventText) -> String {
    let kind = event.kind
    if let transfer = transfer(event) { return transfer == .read ? "IO-read" : "IO-write" }
    if isNetwork(kind) { return "net" }
    if isFile(kind) { return "file" }
    switch kind {
    case .processFork, .processExec, .processExit, .threadStart, .threadExit, .processControl, .processSession,
      .processGroup, .processHandle, .processPriority, .processLimit, .processFilter, .processTrace, .processPeek,
      .processPoke, .namespaceEnter, .namespaceUnshare, .processRename, .threadRename:
      return "process"
    case .processSignal, .signalFatal, .signalReturn: return "signal"
    case .credentialsUser, .credentialsGroup, .credentialsGroups, .credentialsCapabilities: return "user"
    case .memoryMap, .memoryProtect, .memoryFile, .memoryExhausted: return "memory"
    case .pipeCreate: return "ipc"
    case .call:
      let name = name(of: event, text)
      return sleeps.contains(name) ? "sleep" : isWait(name) ? "wait" : "other"
    default: return "system"
    }
  }

  private static let sleeps: Set<[UInt8]> = Set(["nanosleep", "clock_nanosleep"].map { Array($0.utf8) })
  private static let waits: Set<[UInt8]> = Set(
    [
      "select", "pselect6", "poll", "ppoll", "epoll_wait", "epoll_pwait", "epoll_pwait2", "futex", "wait4", "waitid",
      "nanosleep", "clock_nanosleep", "pause", "rt_sigtimedwait", "io_getevents",
    ].map { Array($0.utf8) })

  static func isWait(_ name: [UInt8]) -> Bool { waits.contains(name) }
}

/// Paths as texts, without looking at a file system.
enum PathText {
  private static let slash = UInt8(ascii: "/")

  /// Without `.`, `..` and doubled slashes, as far as the text alone can tell.
  static func normal(_ path: [UInt8]) -> [UInt8] {
    guard path.first == slash else { return path }
    var parts: [ArraySlice<UInt8>] = []
    for part in path.split(separator: slash) {
      if part.elementsEqual([UInt8(ascii: ".")]) { continue }
      if part.elementsEqual([UInt8(ascii: "."), UInt8(ascii: ".")]) {
        _ = parts.popLast()
      } else {
        parts.append(part)
      }
    }
    return [slash] + Array(parts.joined(separator: [slash]))
  }

  static func directory(_ path: [UInt8]) -> [UInt8]? {
    guard let place = path.lastIndex(of: slash) else { return nil }
    return place == 0 ? [slash] : Array(path[..<place])
  }

  static func name(_ path: [UInt8]) -> [UInt8] { Array(path[(path.lastIndex(of: slash).map { $0 + 1 } ?? 0)...]) }
}
