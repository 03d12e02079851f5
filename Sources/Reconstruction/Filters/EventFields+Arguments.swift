internal import CaptureFormat
internal import Events
internal import FilterLanguage

extension EventFields {
  /// An argument by upstream's name of it, by the capture's own, or by its place among those that the event has.
  func argument(_ use: FieldUse, _ event: EventBlock, isRaw: Bool) -> FieldValue {
    if let index = use.index {
      if let names = parameterNames(of: event) {
        guard names.indices.contains(index) else { return .absent }
        return argument(named: names[index], event, isRaw: isRaw)
      }
      let columns = event.columns
      guard columns.indices.contains(index) else { return .absent }
      return isRaw ? rawValue(of: columns[index], event) : text(of: columns[index], event)
    }
    return use.key.map { argument(named: $0, event, isRaw: isRaw) } ?? .absent
  }

  /// All that has a value, as `name=value` parted by blanks.
  func arguments(_ event: EventBlock) -> FieldValue {
    guard let names = EventParameters.names(of: EventTypes.name(of: event, context.text)) else {
      let text = context.text.what(event)
      // A call that has no columns of its own: `sync(0x1, 0x2)`.
      if let open = text.firstIndex(of: "("), text.last == ")" {
        return .text(String(text[text.index(after: open)...].dropLast()))
      }
      return .text(text.firstIndex(of: " ").map { String(text[text.index(after: $0)...]) } ?? "")
    }
    var result: [UInt8] = []
    for name in names {
      let value = argument(named: name, event, isRaw: false)
      if value == .absent { continue }
      if !result.isEmpty { result.append(UInt8(ascii: " ")) }
      result += Array("\(name)=\(value.text)".utf8)
    }
    return .text(result)
  }

  private func argument(named name: String, _ event: EventBlock, isRaw: Bool) -> FieldValue {
    if Self.results.contains(name) {
      guard context.text.hasResult(event) else { return .absent }
      if isRaw { return .integer(event.result) }
      return .text(event.result < 0 ? ErrorNumber.name(0 &- event.result) ?? "\(event.result)" : "\(event.result)")
    }
    // What calls that make a descriptor return.
    if name == "mode", !isRaw { return .optional(event.value(.mode).map(Self.modeText)) }
    if name == "fd", !isRaw, let text = descriptorText(event) { return .text(text) }
    for column in Self.columns[name] ?? [] where event.value(column) != nil || event.bytes(column) != nil {
      if column == .arguments, let list = event.list(column) {
        return .text(Array(list.items.dropFirst().joined(separator: [0x20])))
      }
      return isRaw ? rawValue(of: column, event) : text(of: column, event)
    }
    switch name {
    case "ID": return .text(EventTypes.name(of: event, context.text))
    case "exe": return .optional(event.list(.arguments)?.items.first)
    case "tuple": return descriptorValue(FieldUse(.fdName), event)
    case "size" where EventTypes.transfer(event) != nil: return .optional(event.value(.count))
    default: break
    }
    guard let column = context.columnNames[name], event.columns.contains(column) else { return .absent }
    return isRaw ? rawValue(of: column, event) : text(of: column, event)
  }

  /// A call that upstream has no event of its own for is told by its name.
  private func parameterNames(of event: EventBlock) -> [String]? {
    EventParameters.names(of: EventTypes.name(of: event, context.text)) ?? (event.kind == .call ? ["ID"] : nil)
  }

  /// `<f>/etc/passwd`, `<4t>10.0.0.2:40000->10.0.0.1:80`; nil where the descriptor's file is not known.
  private func descriptorText(_ event: EventBlock) -> [UInt8]? {
    guard case .text(let type) = descriptorValue(FieldUse(.fdTypechar), event) else { return nil }
    var text = [UInt8(ascii: "<")] + type
    if type == [UInt8(ascii: "4")] || type == [UInt8(ascii: "6")],
      case .text(let transport) = descriptorValue(FieldUse(.fdL4proto), event), let first = transport.first
    {
      text.append(first)
    }
    text.append(UInt8(ascii: ">"))
    if case .text(let name) = descriptorValue(FieldUse(.fdName), event) { text += name }
    return text
  }

  private static let results: Set<String> = ["res", "ret", "res_or_fd", "retval"]

  /// Upstream's names of arguments; of several columns the first that the event has.
  private static let columns: [String: [ColumnID]] = [
    "fd": [.descriptor], "oldfd": [.descriptor], "newfd": [.secondDescriptor], "fd1": [.descriptor],
    "fd2": [.secondDescriptor],
    // What a transfer reads from is the event's file, what it writes to the second.
    "in_fd": [.descriptor], "out_fd": [.secondDescriptor], "fd_in": [.descriptor], "fd_out": [.secondDescriptor],
    "fdin": [.descriptor], "fdout": [.secondDescriptor],
    "name": [.path, .objectName], "path": [.path], "pathname": [.path], "filename": [.path, .askedFor],
    "oldpath": [.path], "newpath": [.secondPath], "target": [.path], "linkpath": [.secondPath],
    "dir": [.path], "dev": [.source, .deviceNumber], "type": [.objectType, .socketType],
    "flags": [
      .openFlags, .callFlags, .mappingFlags, .cloneFlags,
    ],
    "uid": [.askedID, .userID], "ruid": [.askedID], "euid": [.askedEffectiveID, .effectiveUserID],
    "suid": [.askedSavedID], "gid": [.askedID, .groupID], "rgid": [.askedID], "egid": [.askedEffectiveID],
    "sgid": [.askedSavedID],
    "request": [.operation], "cmd": [.operation], "option": [.operation], "operation": [.operation],
    "how": [.operation], "resource": [.operation], "arg2_int": [.operand], "arg2_str": [.objectName],
    "domain": [.family], "proto": [.networkProtocol], "level": [.optionLevel], "optname": [.optionName],
    "backlog": [.backlog], "size": [.count, .length], "length": [.length], "len": [.length, .count],
    "pos": [.offset], "offset": [.offset], "data": [.payload], "prot": [.protection],
    "addr": [.memoryAddress, .address],
    "sig": [.signal], "pid": [.targetPID, .childPID], "tid": [.targetThread, .childThread], "status": [.exitCode],
    "args": [.arguments], "comm": [.comm], "cwd": [.workingDirectory], "tty": [.terminal], "exepath": [.executable],
    "trusted_exepath": [.executable], "vpid": [.namespacePID], "ptid": [.parentPID], "mask": [.eventMask],
    "nstype": [.cloneFlags], "cap_effective": [.effectiveCapabilities], "cap_permitted": [.permittedCapabilities],
    "cap_inheritable": [.inheritableCapabilities], "cgroups": [.cgroupPath],
  ]

  /// `0644(S_IROTH|S_IRGRP|S_IWUSR|S_IRUSR)`
  private static func modeText(_ mode: Int64) -> String {
    let names = modeNames.filter { mode & $0.0 != 0 }.map(\.1).joined(separator: "|")
    return "0" + String(UInt64(bitPattern: mode), radix: 8) + (names.isEmpty ? "" : "(\(names))")
  }

  private static let modeNames: [(Int64, String)] = [
    (0o1, "S_IXOTH"), (0o2, "S_IWOTH"), (0o4, "S_IROTH"), (0o10, "S_IXGRP"), (0o20, "S_IWGRP"), (0o40, "S_IRGRP"),
    (0o100, "S_IXUSR"), (0o200, "S_IWUSR"), (0o400, "S_IRUSR"), (0o1000, "S_ISVTX"), (0o2000, "S_ISGID"),
    (0o4000, "S_ISUID"),
  ]
}
