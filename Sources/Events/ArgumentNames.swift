/// What an argument's number is called in the kernel's headers.
public enum ArgumentNames {
  /// One name or names joined by `|`; bits and numbers without a name in hexadecimal. Nil for a column whose numbers
  /// are just numbers.
  ///
  /// - Parameter call: Where it was made: some flags have other numbers in other interfaces.
  public static func text(_ value: Int64, column: ColumnID, kind: EventKind, call: SystemCall?) -> String? {
    switch column {
    case .openFlags: return OpenFlags.names(value, isARM: isARM(call))
    case .signal: return signal(value)
    case .socketType: return socketType(value)
    case .optionName: return nil
    case .protection where isARM(call): return flags(value, FlagTables.protections + FlagTables.armProtections)
    case .cloneFlags where kind == .processFork || kind == .threadStart: return cloneFlags(value)
    default: break
    }
    if let table = flagTable(column, kind, call) { return flags(value, table) }
    if let table = valueTable(column, kind) { return name(of: value, table) }
    return nil
  }

  /// The option of a socket, which its level names.
  public static func socketOption(_ value: Int64, level: Int64?) -> String? {
    let table: [(Int64, String)]
    switch level {
    case 0: table = ValueTables.ipOptions
    case 1: table = ValueTables.socketOptions
    case 6: table = ValueTables.tcpOptions
    case 41: table = ValueTables.ipv6Options
    default: return nil
    }
    return name(of: value, table)
  }

  /// What an operation's number stands for: a signal, a capability. Nil where it is just a number.
  public static func operand(_ value: Int64, kind: EventKind, operation: Int64?) -> String? {
    guard kind == .processControl else { return nil }
    switch operation {
    case 1: return signal(value)  // PR_SET_PDEATHSIG
    case 23, 24: return (0..<63).contains(value) ? flags(1 << value, FlagTables.capabilities) : nil  // PR_CAPBSET_*
    default: return nil
    }
  }

  /// Whether ``text(_:column:kind:call:)`` may have names for the column.
  public static func hasNames(_ column: ColumnID) -> Bool { named.contains(column) }

  private static let named: Set<ColumnID> = [
    .openFlags, .signal, .socketType, .family, .optionLevel, .optionName, .protection, .mappingFlags, .cloneFlags,
    .callFlags, .operation, .operand, .ringOperation, .eventMask, .socketState, .standardStreams, .endedBy,
    .attributesSet, .attributesCleared,
    .effectiveCapabilities,
    .permittedCapabilities, .inheritableCapabilities, .boundingCapabilities, .ambientCapabilities,
    .oldEffectiveCapabilities, .oldPermittedCapabilities, .oldBoundingCapabilities, .askedEffectiveCapabilities,
    .askedPermittedCapabilities, .askedInheritableCapabilities,
  ]

  private static func isARM(_ call: SystemCall?) -> Bool { call.map { $0.abi == 3 || $0.abi == 4 } ?? false }

  /// kexec_file_load, not kexec_load: they number their flags apart.
  private static func isFileReplacement(_ call: SystemCall?) -> Bool {
    switch call?.abi {
    case 0, 2: call?.number == 320
    case 3: call?.number == 294
    case 4: call?.number == 401
    default: false
    }
  }

  private static func signal(_ value: Int64) -> String {
    if value == 0 { return "0" }
    if value >= 34, value <= 64 { return value == 34 ? "SIGRTMIN" : "SIGRTMIN+\(value - 34)" }
    return value > 0 && value < 34 ? ExitStatus.signalName(Int32(value)) : "\(value)"
  }

  private static func socketType(_ value: Int64) -> String {
    let flagBits: Int64 = 0o2_004_000
    let type = name(of: value & ~flagBits, ValueTables.socketTypes)
    return value & flagBits == 0 ? type : type + "|" + flags(value & flagBits, FlagTables.socketFlags)
  }

  /// The low byte is the signal that tells of the child's end.
  private static func cloneFlags(_ value: Int64) -> String {
    let names = value & ~0xff == 0 ? "" : flags(value & ~0xff, FlagTables.clones)
    let signal = value & 0xff == 0 ? "" : signal(value & 0xff)
    return names.isEmpty ? (signal.isEmpty ? "0" : signal) : signal.isEmpty ? names : names + "|" + signal
  }

  private static func flagTable(_ column: ColumnID, _ kind: EventKind, _ call: SystemCall?) -> [(Int64, String)]? {
    switch column {
    case .callFlags where kind == .mountOpen && call?.number == 430: return FlagTables.fileSystemOpens  // fsopen
    case .callFlags where kind == .kernelReplace:
      return isFileReplacement(call) ? FlagTables.fileReplacements : FlagTables.replacements
    case .callFlags: return callFlagTables[kind]
    case .protection: return FlagTables.protections
    case .mappingFlags: return FlagTables.mappings
    case .cloneFlags: return FlagTables.namespaces
    case .standardStreams: return FlagTables.standardStreams
    case .eventMask: return kind == .fileWatch ? FlagTables.watched : FlagTables.monitored
    case .attributesSet, .attributesCleared: return FlagTables.mountAttributes
    case .effectiveCapabilities, .permittedCapabilities, .inheritableCapabilities, .boundingCapabilities,
      .ambientCapabilities, .oldEffectiveCapabilities, .oldPermittedCapabilities, .oldBoundingCapabilities,
      .askedEffectiveCapabilities, .askedPermittedCapabilities, .askedInheritableCapabilities:
      return FlagTables.capabilities
    default: return nil
    }
  }

  private static let callFlagTables: [EventKind: [(Int64, String)]] = [
    .mountAttach: FlagTables.mounts, .mountDetach: FlagTables.unmounts, .mountOpen: FlagTables.fileSystemPicks,
    .mountCreate: FlagTables.fileSystemMounts, .mountMove: FlagTables.moves, .mountTree: FlagTables.trees,
    .mountAttributes: FlagTables.paths, .fileRename: FlagTables.renames, .memoryFile: FlagTables.memoryFiles,
    .attributeSet: FlagTables.attributes, .fileTransfer: FlagTables.splices, .fileAllocate: FlagTables.allocations,
    .fileTimes: FlagTables.paths, .fileMonitor: FlagTables.monitors, .fileMonitorMark: FlagTables.marks,
    .processFilter: FlagTables.filterFlags, .kernelModuleLoad: FlagTables.moduleLoads,
    .kernelModuleUnload: FlagTables.moduleUnloads, .kernelPerformance: FlagTables.performance,
    .kernelFaultHandler: FlagTables.faultHandlers, .processHandle: FlagTables.handles,
    .processSignal: FlagTables.handleSignals,
  ]

  private static func valueTable(_ column: ColumnID, _ kind: EventKind) -> [(Int64, String)]? {
    switch column {
    case .family: return ValueTables.families
    case .socketState: return ValueTables.socketStates
    case .endedBy: return ValueTables.enders
    case .optionLevel: return ValueTables.optionLevels
    case .ringOperation: return RingOperation.names
    case .operation:
      // arch_prctl is told as prctl is, and their numbers do not meet.
      return operationTables[kind]
    default: return nil
    }
  }

  private static let operationTables: [EventKind: [(Int64, String)]] = [
    .processControl: ValueTables.controls + ValueTables.archControls, .processTrace: ValueTables.traces,
    .keyControl: ValueTables.keyOperations, .kernelProgram: ValueTables.bpfCommands,
    .terminalControl: ValueTables.terminalCommands, .processFilter: ValueTables.filters,
    .networkShutdown: ValueTables.shutdowns, .mountConfigure: ValueTables.configurations,
    .processPriority: ValueTables.priorities, .processLimit: ValueTables.resources,
    .kernelPerformance: ValueTables.performanceTypes,
  ]

  /// The number of every option, command and flag that has a name of its own.
  public static let numbers: [String: Int64] = {
    let tables = [
      ValueTables.controls, ValueTables.archControls, ValueTables.traces, ValueTables.keyOperations,
      ValueTables.bpfCommands, ValueTables.terminalCommands, ValueTables.filters, ValueTables.shutdowns,
      ValueTables.resources, ValueTables.optionLevels, ValueTables.socketOptions, ValueTables.tcpOptions,
      ValueTables.families, ValueTables.socketTypes, FlagTables.clones, FlagTables.namespaces, FlagTables.mounts,
      FlagTables.unmounts, FlagTables.paths, FlagTables.renames, FlagTables.memoryFiles, FlagTables.splices,
      FlagTables.protections, FlagTables.mappings, FlagTables.socketFlags,
    ]
    return Dictionary(tables.joined().map { ($0.1, $0.0) }, uniquingKeysWith: { first, _ in first })
  }()

  private static func name(of value: Int64, _ table: [(Int64, String)]) -> String {
    table.first { $0.0 == value }?.1 ?? (value > 4095 ? "0x" + String(value, radix: 16) : "\(value)")
  }

  /// `MS_BIND|MS_REC|0x8000000000`; `0` where no bit is set.
  static func flags(_ value: Int64, _ table: [(Int64, String)]) -> String {
    if value == 0 { return "0" }
    var parts: [String] = []
    var rest = value
    for (bits, name) in table where rest & bits == bits {
      parts.append(name)
      rest &= ~bits
    }
    if rest != 0 { parts.append("0x" + String(UInt64(bitPattern: rest), radix: 16)) }
    return parts.joined(separator: "|")
  }
}
