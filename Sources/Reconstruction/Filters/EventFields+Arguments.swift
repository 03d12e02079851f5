internal import CaptureFormat
internal import Events
internal import FilterLanguage

extension EventFields {
  /// An argument by upstream's name of it, by the capture's own, or by its place among those that the event has.
  func argument(_ use: FieldUse, _ event: EventBlock, isRaw: Bool) -> FieldValue {
    if let index = use.index {
      let columns = event.columns
      guard columns.indices.contains(index) else { return .absent }
      return isRaw ? rawValue(of: columns[index], event) : text(of: columns[index], event)
    }
    guard let name = use.key else { return .absent }
    if Self.results.contains(name) {
      guard context.text.hasResult(event) else { return .absent }
      if isRaw { return .integer(event.result) }
      return .text(event.result < 0 ? ErrorNumber.name(-event.result) ?? "\(event.result)" : "\(event.result)")
    }
    // What calls that make a descriptor return.
    if name == "mode", !isRaw { return .optional(event.value(.mode).map(Self.modeText)) }
    for column in Self.columns[name] ?? [] where event.value(column) != nil || event.bytes(column) != nil {
      if column == .arguments, let list = event.list(column) {
        return .text(Array(list.items.dropFirst().joined(separator: [0x20])))
      }
      return isRaw ? rawValue(of: column, event) : text(of: column, event)
    }
    switch name {
    case "exe": return .optional(event.list(.arguments)?.items.first)
    case "tuple": return descriptorValue(FieldUse(.fdName), event)
    case "size" where EventTypes.transfer(event) != nil: return .optional(event.value(.count))
    default: break
    }
    guard let column = context.columnNames[name], event.columns.contains(column) else { return .absent }
    return isRaw ? rawValue(of: column, event) : text(of: column, event)
  }

  private static let results: Set<String> = ["res", "ret", "res_or_fd", "retval"]

  /// Upstream's names of arguments; of several columns the first that the event has.
  private static let columns: [String: [ColumnID]] = [
    "fd": [.descriptor], "oldfd": [.descriptor], "newfd": [.secondDescriptor], "fd1": [.descriptor],
    "fd2": [.secondDescriptor], "in_fd": [.secondDescriptor], "out_fd": [.descriptor],
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
