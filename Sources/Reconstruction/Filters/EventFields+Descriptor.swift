internal import CaptureFormat
internal import Events
internal import FilterLanguage

extension EventFields {
  func descriptorValue(_ use: FieldUse, _ event: EventBlock) -> FieldValue {
    switch use.field {
    case .fsPathName, .fsPathSource, .fsPathNameraw, .fsPathSourceraw, .fsPathTarget, .fsPathTargetraw:
      return pathValue(use, event)
    case .fdNum:
      // What a call makes is its result; the directory that an open began at is not what it is about.
      if event.kind == .fileOpen { return .integer(max(event.result, -1)) }
      if [.networkSocket, .networkAccept, .memoryFile].contains(event.kind) {
        return event.result >= 0 ? .integer(event.result) : .absent
      }
      return .optional(event.value(.descriptor).map { $0 == -100 ? nil : $0 } ?? nil)
    case .fdTypes:
      let types = [event.file(.file), event.file(.secondFile)].compactMap { $0.flatMap(DescriptorKind.init) }
      return types.isEmpty ? .absent : .list(types.map { .text($0.name) })
    case .fdNameraw: return .optional(event.bytes(.path) ?? event.file(.file)?.path)
    // Who looks an address up is its client.
    case .fdSipName, .fdRipName: return .optional(event.bytes(.addressName))
    case .fdUid:
      guard let number = event.value(.descriptor) else { return .absent }
      return .text("\(process.key.pid)-\(number)")
    case .fdConnected:
      guard let file = event.file(.file), file.type == .socket else { return .absent }
      if event.kind == .networkConnect { return .boolean(event.result >= 0) }
      return .boolean(file.remoteAddress != nil || event.kind == .networkAccept && event.result >= 0)
    case .fdNameChanged:
      return .boolean(
        event.result >= 0 && [EventKind.networkConnect, .networkBind, .networkAccept].contains(event.kind))
    default: break
    }
    guard let file = event.file(.file) else { return failedOpen(use, event) }
    switch use.field {
    case .fdType: return .optional(kind(of: file, event)?.name)
    case .fdTypechar: return .optional(kind(of: file, event)?.letter)
    case .fdDev:
      return file.type == .none ? .absent : .integer(Int64(file.device >> 20) << 8 | Int64(file.device & 0xfffff))
    case .fdDevMajor: return file.type == .none ? .absent : .integer(Int64(file.device >> 20))
    case .fdDevMinor: return file.type == .none ? .absent : .integer(Int64(file.device & 0xfffff))
    case .fdIno: return file.type == .none ? .absent : .integer(Int64(bitPattern: file.inode))
    default: break
    }
    if file.type == .socket || file.localAddress != nil || file.remoteAddress != nil {
      return SocketEnds(event, file, context).value(use, named: containerName)
    }
    guard let path = file.path else { return .absent }
    return fileValue(use, path)
  }

  /// A socket that has no address yet is of the family that it was made for, or of the one that it is connected to.
  private func kind(of file: BlockFile, _ event: EventBlock) -> DescriptorKind? {
    let kind = DescriptorKind(file)
    guard kind == .otherSocket else { return kind }
    switch event.value(.family) {
    case 1: return .unix
    case 2: return .ipv4
    case 10: return .ipv6
    case 16: return .netlink
    case 17: return .packet
    default: break
    }
    return switch event.address(.address) {
    case .unix: .unix
    case .ipv4: .ipv4
    case .ipv6: .ipv6
    case .other, nil: kind
    }
  }

  private var containerName: [UInt8] {
    guard case .text(let name) = containerValue(FieldUse(.containerName)) else { return [] }
    return name
  }

  private func fileValue(_ use: FieldUse, _ path: [UInt8]) -> FieldValue {
    switch use.field {
    case .fdName: .text(path)
    case .fdDirectory: .optional(PathText.directory(path))
    case .fdFilename: .text(PathText.name(path))
    case .fdContainername: .text(containerName + [UInt8(ascii: ":")] + path)
    case .fdContainerdirectory:
      .optional(PathText.directory(path).map { containerName + [UInt8(ascii: ":")] + $0 })
    default: .absent
    }
  }

  /// An open that failed has no file: its path is what the program asked for.
  private func failedOpen(_ use: FieldUse, _ event: EventBlock) -> FieldValue {
    guard event.kind == .fileOpen, let path = event.bytes(.path) else { return .absent }
    switch use.field {
    case .fdType: return .text("file")
    case .fdTypechar: return .text("f")
    default: return fileValue(use, PathText.normal(path))
    }
  }

  private func pathValue(_ use: FieldUse, _ event: EventBlock) -> FieldValue {
    let hasTwo = event.value(.secondPath) != nil
    switch use.field {
    case .fsPathName, .fsPathNameraw:
      let path = event.kind == .fileSymlink || event.kind == .fileLink ? event.bytes(.secondPath) : event.bytes(.path)
      return .optional(use.field == .fsPathName ? path.map(PathText.normal) : path)
    case .fsPathSource, .fsPathSourceraw:
      guard hasTwo, let path = event.bytes(.path) else { return .absent }
      return .text(use.field == .fsPathSource ? PathText.normal(path) : path)
    default:
      guard let path = event.bytes(.secondPath) else { return .absent }
      return .text(use.field == .fsPathTarget ? PathText.normal(path) : path)
    }
  }
}

/// What a descriptor is, in upstream's words.
enum DescriptorKind {
  case file, directory, pipe, ipv4, ipv6, unix, netlink, packet, otherSocket
  case event, signal, eventpoll, inotify, timer, fanotify, userfault, uring, program, memory, process, other

  init?(_ file: BlockFile) {
    switch file.type {
    case .regular:
      self =
        file.path.map { $0.starts(with: Array("/memfd:".utf8)) || $0.starts(with: Array("memfd:".utf8)) } ?? false
        ? .memory : .file
    case .character, .block, .symlink: self = .file
    case .directory: self = .directory
    case .pipe: self = .pipe
    case .socket:
      switch file.localAddress ?? file.remoteAddress {
      case .ipv4: self = .ipv4
      case .ipv6: self = .ipv6
      case .unix: self = .unix
      case .other(16, _): self = .netlink
      case .other(17, _): self = .packet
      case .other, nil: self = .otherSocket
      }
    case .anonymous: self = Self.anonymous[Self.bare(file.path ?? [])] ?? .other
    default: return nil
    }
  }

  /// `eventpoll` of `anon_inode:[eventpoll]`.
  private static func bare(_ path: [UInt8]) -> String {
    let text = String(decoding: path, as: UTF8.self)
    return String((text.split(separator: ":").last ?? "").filter { $0 != "[" && $0 != "]" && $0 != "/" })
  }

  private static let anonymous: [String: DescriptorKind] = [
    "eventfd": .event, "signalfd": .signal, "eventpoll": .eventpoll, "inotify": .inotify, "timerfd": .timer,
    "fanotify": .fanotify, "userfaultfd": .userfault, "io_uring": .uring, "bpf-prog": .program, "bpf-map": .program,
    "bpf_link": .program, "bpf-link": .program, "pidfd": .process,
  ]

  var name: String {
    switch self {
    case .file: "file"
    case .directory: "directory"
    case .pipe: "pipe"
    case .ipv4: "ipv4"
    case .ipv6: "ipv6"
    case .unix: "unix"
    case .netlink: "netlink"
    case .packet, .otherSocket: "unknown"
    case .event: "event"
    case .signal: "signalfd"
    case .eventpoll: "eventpoll"
    case .inotify: "inotify"
    case .timer: "timerfd"
    case .fanotify: "fanotify"
    case .userfault: "userfaultfd"
    case .uring: "io_uring"
    case .program: "bpf"
    case .memory: "memfd"
    case .process: "pidfd"
    case .other: "other"
    }
  }

  var letter: String {
    switch self {
    case .file: "f"
    case .directory: "d"
    case .pipe: "p"
    case .ipv4: "4"
    case .ipv6: "6"
    case .unix: "u"
    case .netlink: "n"
    case .packet, .otherSocket: "X"
    case .event: "e"
    case .signal: "s"
    case .eventpoll: "l"
    case .inotify: "i"
    case .timer: "t"
    case .fanotify: "o"
    case .userfault: "u"
    case .uring: "r"
    case .program: "b"
    case .memory: "m"
    case .process: "P"
    case .other: "o"
    }
  }
}
