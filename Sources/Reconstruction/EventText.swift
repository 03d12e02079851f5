internal import Bytes
public import CaptureFormat
public import Events

/// Says in one line what an event is.
public struct EventText: Sendable {
  /// What containers call users and groups.
  public let accounts: AccountNames
  private let kinds: [UInt16: String]
  private let calls: [UInt32: String]
  private let columns: [UInt16: ColumnDescription]
  /// The names of calls that have one, by ABI and number: those of most events, found without a hash.
  private let callNames: [[UInt8]]
  private static let abiLimit = 8
  private static let callLimit = 512
  /// By number; those beyond are made when they are met.
  private let styles: [ColumnStyle]

  /// What names the functions of a crash's stack; nil: offsets are told.
  public let stackSymbols: StackSymbols?

  /// How a column's value stands in a line.
  private struct ColumnStyle: Sendable {
    var type: ColumnValueType?
    /// `fd=`
    var prefix: [UInt8]
    var isFolded: Bool
    var isOwner: Bool
    var isRaw: Bool
    var isPlain: Bool
    var hasNames: Bool
    /// Of credentials: what they were before.
    var before: ColumnID?
  }

  /// Names come from the capture's own catalogue, so that what this version does not know is named all the same. They are
  /// made safe for a terminal like all that is in a capture.
  ///
  /// - Parameter containers: Those whose names of users and groups stand beside the numbers.
  public init(_ catalogue: Catalogue, naming containers: [ContainerRow] = [], stackSymbols: StackSymbols? = nil) {
    accounts = AccountNames(containers)
    self.stackSymbols = stackSymbols
    kinds = Dictionary(
      catalogue.kinds.map { ($0.number, Self.printable(Array($0.name.utf8))) }, uniquingKeysWith: { $1 })
    calls = Dictionary(
      catalogue.calls.map {
        (SystemCall(abi: $0.abi, number: $0.number).packed, Self.printable(Array($0.name.utf8)))
      }, uniquingKeysWith: { $1 })
    columns = Dictionary(
      catalogue.columns.map { column in
        var column = column
        column.name = Self.printable(Array(column.name.utf8))
        return (column.column.rawValue, column)
      }, uniquingKeysWith: { $1 })
    var names = [[UInt8]](repeating: [], count: Self.abiLimit * Self.callLimit)
    for (packed, name) in calls {
      let call = SystemCall(packed: packed)
      guard call.abi < Self.abiLimit, call.number < Self.callLimit else { continue }
      names[Int(call.abi) * Self.callLimit + Int(call.number)] = Array((name + Self.suffix(of: call)).utf8)
    }
    callNames = names
    let columns = columns
    styles = (0..<336).map { Self.style(of: ColumnID(rawValue: $0), columns) }
  }

  public func name(of kind: EventKind) -> String { kinds[kind.rawValue] ?? kind.name ?? "kind-\(kind.rawValue)" }

  /// `openat`, or `call 451` where the catalogue has no name.
  public func name(of call: SystemCall) -> String {
    (calls[call.packed] ?? "call \(call.number)") + Self.suffix(of: call)
  }

  /// `openat`, whatever the interface; UTF-8.
  func bareName(of call: SystemCall) -> [UInt8] {
    if call.abi < Self.abiLimit, call.number < Self.callLimit, Self.suffix(of: call).isEmpty {
      let name = callNames[Int(call.abi) * Self.callLimit + Int(call.number)]
      if !name.isEmpty { return name }
    }
    return Array((calls[call.packed] ?? "call \(call.number)").utf8)
  }

  private static func suffix(of call: SystemCall) -> String { call.abi == 1 || call.abi == 4 ? " (32-bit)" : "" }

  public func name(of column: ColumnID) -> String { columns[column.rawValue]?.name ?? "column-\(column.rawValue)" }

  private static func style(of column: ColumnID, _ columns: [UInt16: ColumnDescription]) -> ColumnStyle {
    ColumnStyle(
      type: columns[column.rawValue]?.valueType,
      prefix: Array(((columns[column.rawValue]?.name ?? "column-\(column.rawValue)") + "=").utf8),
      isFolded: folded.contains(column), isOwner: owners.contains(column), isRaw: raw.contains(column),
      isPlain: plain.contains(column), hasNames: ArgumentNames.hasNames(column), before: changes[column])
  }

  private func style(of column: ColumnID) -> ColumnStyle {
    let number = Int(column.rawValue)
    return number < styles.count ? styles[number] : Self.style(of: column, columns)
  }

  /// What kind of value a column has; nil for one that nothing is known of.
  public func type(of column: ColumnID) -> ColumnValueType? { columns[column.rawValue]?.valueType }

  public func description(of column: ColumnID) -> ColumnDescription? { columns[column.rawValue] }

  /// `sh[9288]`; `-` for what no process did.
  public static func name(of process: BlockProcess) -> String {
    process.isNone ? "-" : "\(printable(process.comm))[\(process.key.pid)]"
  }

  /// `openat /etc/hosts flags=O_RDONLY fd=3 = 3`, and what qualifies it.
  public func line(_ event: EventBlock) -> String {
    var line: [UInt8] = []
    appendLine(event, to: &line)
    return String(decoding: line, as: UTF8.self)
  }

  /// The same in bytes, which are UTF-8: no string is made of what most events have.
  public func appendLine(_ event: EventBlock, to line: inout [UInt8]) {
    appendWhat(event, putsTextFirst: false, to: &line)
    if hasResult(event) {
      line.append(text: " = ")
      appendResult(event, to: &line)
    }
    if let duration = duration(event) { line.append(text: " (" + duration + ")") }
    let notes = notes(event)
    if !notes.isEmpty { line.append(text: " [" + notes.joined(separator: ", ") + "]") }
  }

  /// How long a call slept; nil where that is not told, or told with a death.
  public func duration(_ event: EventBlock) -> String? {
    if Self.isDeath(event.kind) { return nil }
    return event.value(.duration).map { durationText(UInt64(bitPattern: $0)) }
  }

  /// A return from a signal handler gives the interrupted code its registers back: it has no result of its own.
  public func hasResult(_ event: EventBlock) -> Bool {
    if event.kind == .signalReturn || !event.flags.isDisjoint(with: [.unfinished, .resultUnknown]) { return false }
    return event.call != nil || event.kind == .ringRequest
  }

  /// `openat /etc/hosts flags=O_RDONLY`: the line without its result.
  ///
  /// - Parameter putsTextFirst: Paths, addresses and arguments stand before numbers: where a line may be cut.
  public func what(_ event: EventBlock, putsTextFirst: Bool = false) -> String {
    var line: [UInt8] = []
    appendWhat(event, putsTextFirst: putsTextFirst, to: &line)
    return String(decoding: line, as: UTF8.self)
  }

  private func appendWhat(_ event: EventBlock, putsTextFirst: Bool, to line: inout [UInt8]) {
    appendVerb(event, to: &line)
    var columns = event.columns
    if Self.isDeath(event.kind) {
      appendDeath(event, to: &line)
      columns.removeAll { Self.deathColumns.contains($0) || $0 == .exitCode }
    }
    var isOpen = false
    for column in columns where style(of: column).isRaw {
      guard let value = event.value(column) else { continue }
      line.append(text: isOpen ? ", " : "(")
      isOpen = true
      append(number: value, column, style(of: column), of: event, to: &line)
    }
    if isOpen { line.append(UInt8(ascii: ")")) }
    if putsTextFirst {
      for column in columns where style(of: column).isPlain { append(column, of: event, to: &line) }
      for column in columns where !style(of: column).isPlain { append(column, of: event, to: &line) }
    } else {
      for column in columns { append(column, of: event, to: &line) }
    }
    if columns.contains(.payload), let payload = event.bytes(.payload), !payload.isEmpty {
      line.append(UInt8(ascii: " "))
      if let message = NameLookup(event, payload) { return line.append(text: message.text) }
      PayloadText.append(
        payload, limit: Self.payloadLimit, total: event.value(.payloadLength).map { UInt64(bitPattern: $0) }, to: &line)
    }
  }

  /// Bytes of a payload that a line shows.
  private static let payloadLimit = 64

  private func append(_ column: ColumnID, of event: EventBlock, to line: inout [UInt8]) {
    let style = style(of: column)
    if style.isRaw { return }
    if style.before != nil, appendChange(column, style, of: event, to: &line) { return }
    if style.isFolded {
      let kind = event.kind
      let isShown =
        style.isOwner && (kind == .processExec || kind == .fileChangeOwner)
        || column == .comm && (kind == .processRename || kind == .threadRename)
      if !isShown { return }
    }
    let start = line.count
    line.append(UInt8(ascii: " "))
    if !style.isPlain { line.append(contentsOf: style.prefix) }
    let valueStart = line.count
    let isThere = append(value: column, style, of: event, to: &line)
    // What was opened is named once where the program's string and the kernel's path agree.
    let isTwice = column == .file && isThere && isPath(of: event, line[valueStart...])
    if !isThere || isTwice { line.removeSubrange(start...) }
  }

  /// Credentials that the event tells of before and after: `user_id=0->1000`, and nothing where they stayed the same.
  ///
  /// False: it does not tell how they were.
  private func appendChange(_ column: ColumnID, _ style: ColumnStyle, of event: EventBlock, to line: inout [UInt8])
    -> Bool
  {
    guard let before = style.before, let old = event.value(before), let new = event.value(column) else { return false }
    if old == new { return true }
    line.append(UInt8(ascii: " "))
    line.append(contentsOf: style.prefix)
    if style.hasNames {
      // Sets of forty: what went and what came.
      var parts: [String] = []
      if old & ~new != 0 { parts.append("-" + (new == 0 ? "all" : brief(column, old & ~new, event))) }
      if new & ~old != 0 { parts.append("+" + brief(column, new & ~old, event)) }
      line.append(text: parts.joined(separator: " "))
    } else {
      line.append(decimal: old)
      appendName(of: old, column, of: event, to: &line)
      line.append(text: "->")
      line.append(decimal: new)
      appendName(of: new, column, of: event, to: &line)
    }
    return true
  }

  /// The names of a few; many are told as the number that they are.
  private func brief(_ column: ColumnID, _ bits: Int64, _ event: EventBlock) -> String {
    if bits.nonzeroBitCount > 8 { return "0x" + String(UInt64(bitPattern: bits), radix: 16) }
    return names(of: column, bits, event) ?? ""
  }

  private func isPath(of event: EventBlock, _ text: ArraySlice<UInt8>) -> Bool {
    guard let path = event.bytes(.path) else { return false }
    var line: [UInt8] = []
    Self.append(printable: path, to: &line)
    return line.elementsEqual(text)
  }

  /// `ENOENT`, a number, or `restarted`.
  public func result(_ event: EventBlock) -> String {
    var text: [UInt8] = []
    appendResult(event, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  private func appendResult(_ event: EventBlock, to line: inout [UInt8]) {
    if event.flags.contains(.restarted) { return line.append(text: "restarted") }
    let result = event.result
    if result > UInt32.max {
      // An address, most likely.
      line.append(text: "0x")
      line.append(hexadecimal: UInt64(result))
    } else if result < 0, result > -4096, let name = ErrorNumber.name(-result) {
      line.append(UInt8(ascii: "-"))
      line.append(text: name)
    } else {
      line.append(decimal: result)
    }
  }

  /// An argument's value as text; nil when the row has none.
  public func value(_ column: ColumnID, of event: EventBlock) -> String? {
    var text: [UInt8] = []
    return append(value: column, style(of: column), of: event, to: &text) ? String(decoding: text, as: UTF8.self) : nil
  }

  /// False: the row has none.
  private func append(value column: ColumnID, _ style: ColumnStyle, of event: EventBlock, to line: inout [UInt8])
    -> Bool
  {
    switch style.type {
    case .file:
      guard let place = event.value(column) else { return false }
      let readings = BlockReadings.of(event)
      if let text = readings.files[place] {
        line.append(contentsOf: text)
      } else {
        guard let file = event.file(column) else { return false }
        let text = Array(describe(file).utf8)
        readings.files[place] = text
        line.append(contentsOf: text)
      }
    case .address:
      guard let address = event.address(column) else { return false }
      line.append(text: address.description)
      if column == .address, let name = event.bytes(.addressName) {
        line.append(text: " (" + Self.printable(name) + ")")
      }
    case .list:
      guard let bytes = event.bytes(column) else { return false }
      line.append(text: Self.commandLine(ByteList(nulTerminated: bytes)))
    case .string:
      guard let bytes = event.bytes(column) else { return false }
      Self.append(printable: bytes, to: &line)
    case .bytes where column == .payload:
      guard let bytes = event.bytes(column) else { return false }
      PayloadText.append(bytes, to: &line)
    case .bytes:
      guard let bytes = event.bytes(column) else { return false }
      for byte in bytes {
        if byte < 0x10 { line.append(UInt8(ascii: "0")) }
        line.append(hexadecimal: UInt64(byte))
      }
    case .integer, .unsigned, .process, nil:
      guard let value = event.value(column) else { return false }
      append(number: value, column, style, of: event, to: &line)
    }
    return true
  }

  private func append(
    number value: Int64, _ column: ColumnID, _ style: ColumnStyle, of event: EventBlock, to line: inout [UInt8]
  ) {
    if style.hasNames, let names = names(of: column, value, event) { return line.append(text: names) }
    switch column {
    case .descriptor where value == -100: line.append(text: "AT_FDCWD")
    case .mode: line.append(text: "0" + String(UInt64(bitPattern: value), radix: 8))
    case .duration: line.append(text: durationText(UInt64(bitPattern: value)))
    case .faultAddress:
      line.append(text: "0x")
      line.append(hexadecimal: UInt64(bitPattern: value))
    case .marks:
      let marks = ProcessFlags(rawValue: UInt32(truncatingIfNeeded: value))
      line.append(text: marks.markNames.isEmpty ? "0" : marks.markNames.joined(separator: "|"))
    case .signal: line.append(text: ExitStatus.signalName(Int32(truncatingIfNeeded: value)))
    case .duringCall: line.append(text: name(of: SystemCall(packed: UInt32(truncatingIfNeeded: value))))
    case .exitCode: line.append(text: ExitStatus(waitStatus: Int32(truncatingIfNeeded: value)).description)
    case .deviceNumber: line.append(text: "\(value >> 8 & 0xfff):\(value & 0xff | value >> 12 & 0xfff00)")
    case .softLimit where value == -1, .hardLimit where value == -1: line.append(text: "RLIM_INFINITY")
    case .operand where value > UInt32.max, .cloneFlags, .memoryAddress, .argument0, .argument1, .argument2, .argument3,
      .argument4, .argument5:
      line.append(text: "0x")
      line.append(hexadecimal: UInt64(bitPattern: value))
    default:
      if style.type == .unsigned {
        line.append(decimal: UInt64(bitPattern: value))
        appendName(of: value, column, of: event, to: &line)
      } else {
        line.append(decimal: value)
      }
    }
  }

  /// ` (www-data)` behind the number of a user or a group that the container has a name for.
  private func appendName(of value: Int64, _ column: ColumnID, of event: EventBlock, to line: inout [UInt8]) {
    guard let name = accounts.name(of: value, column, in: event.entry.container) else { return }
    line.append(text: " (" + Self.printable(name) + ")")
  }

  /// What the kernel's headers call a number; nil where it is just a number.
  public func names(of column: ColumnID, _ value: Int64, _ event: EventBlock) -> String? {
    if column == .optionName { return ArgumentNames.socketOption(value, level: event.value(.optionLevel)) }
    if column == .operand {
      return ArgumentNames.operand(value, kind: event.kind, operation: event.value(.operation))
    }
    return ArgumentNames.text(value, column: column, kind: event.kind, call: event.call)
  }

  /// The file's path, its addresses, or `unknown` with what is known: never another file's name.
  public func describe(_ file: BlockFile) -> String {
    let device = "\(file.device >> 20):\(file.device & 0xfffff)"
    if file.localAddress != nil || file.remoteAddress != nil {
      return [file.localAddress, file.remoteAddress].map { $0?.description ?? "-" }.joined(separator: "->")
    }
    if let path = file.path, !path.isEmpty { return Self.printable(path) }
    if file.type == .socket, file.id != .unknown { return file.inode == 0 ? "socket" : "socket:[\(file.inode)]" }
    return "unknown \(device):\(file.inode)"
  }

  private func appendVerb(_ event: EventBlock, to line: inout [UInt8]) {
    guard let call = event.call else { return line.append(text: verb(event.kind)) }
    if event.kind == .networkOutcome { line.append(text: "outcome of ") }
    if call.abi < Self.abiLimit, call.number < Self.callLimit {
      let name = callNames[Int(call.abi) * Self.callLimit + Int(call.number)]
      if !name.isEmpty { return line.append(contentsOf: name) }
    }
    line.append(text: name(of: call))
  }

  private func verb(_ kind: EventKind) -> String {
    if kind == .signalReturn { return "return from a signal handler" }
    if kind == .signalFatal { return "killed by" }
    if kind == .memoryExhausted { return "out of memory:" }
    if let words = Self.lifecycle[kind] { return words }
    // A number that no interface has, or one that a tracer took away.
    if kind == .call { return "call of unknown number" }
    let name = name(of: kind)
    return name.split(separator: ".").last.map(String.init) ?? name
  }

  /// `truncated`, `from scan` …: what qualifies the event.
  public func notes(_ event: EventBlock) -> [String] {
    if event.flags.isEmpty, event.kind != .processExec { return [] }
    let words: [(EventFlags, String)] = [
      (.truncated, "truncated"), (.unreadable, "unreadable pointer"), (.tableScan, "from scan"),
      (.outOfOrder, "out of order"), (.deletedFile, "deleted"), (.enteredFromOutside, "entered from outside"),
      (.unfinished, "unfinished"), (.resultUnknown, "result unknown"), (.masked, "masked"), (.viaRing, "io_uring"),
      (.runtimeSetUp, "runtime set-up"),
    ]
    var notes = words.filter { event.flags.contains($0.0) }.map(\.1)
    if let marks = event.marks {
      notes += marks.subtracting([.enteredFromOutside, .runtimeSetUp]).markWords
    }
    return notes
  }

  private static let lifecycle: [EventKind: String] = [
    .containerCreate: "container created", .containerStart: "container started", .containerExit: "container ended:",
    .containerRemove: "container removed", .containerPause: "container paused", .containerResume: "container resumed",
  ]

  /// Registers of a call that is not taken apart.
  private static let raw: Set<ColumnID> = [.argument0, .argument1, .argument2, .argument3, .argument4, .argument5]
  private static let owners: Set<ColumnID> = [.userID, .groupID]
  /// Shown without their name.
  private static let plain: Set<ColumnID> = [.path, .secondPath, .file, .address, .arguments]
  /// Details that a line leaves to `--json`.
  private static let folded: Set<ColumnID> = [
    .childStart, .parentStart, .argumentLength, .askedFor, .comm, .oldThread, .namespacePID, .terminal, .session,
    .executable, .userID, .groupID, .childThread, .duration, .payload, .payloadLength, .effectiveUserID,
    .effectiveGroupID, .savedUserID,
    .savedGroupID,
    .filesystemUserID, .filesystemGroupID, .effectiveCapabilities, .permittedCapabilities, .inheritableCapabilities,
    .boundingCapabilities, .ambientCapabilities, .oldUserID, .oldGroupID, .oldEffectiveUserID, .oldEffectiveGroupID,
    .oldEffectiveCapabilities, .oldPermittedCapabilities, .oldBoundingCapabilities,
    .memoryPeak, .memoryAnonymous, .memoryFile, .swapMax, .cpuUser, .cpuSystem, .ioReads, .ioWrites, .cpuPressureFull,
    .memoryPressureFull, .ioPressureFull, .marks, .standardStreams, .addressName,
  ]
  /// What stands for the time before.
  private static let changes: [ColumnID: ColumnID] = [
    .userID: .oldUserID, .groupID: .oldGroupID, .effectiveUserID: .oldEffectiveUserID,
    .effectiveGroupID: .oldEffectiveGroupID, .effectiveCapabilities: .oldEffectiveCapabilities,
    .permittedCapabilities: .oldPermittedCapabilities, .boundingCapabilities: .oldBoundingCapabilities,
  ]

  /// Arguments as a shell would take them.
  public static func commandLine(_ arguments: ByteList) -> String {
    arguments.items.map { item in
      let text = printable(item)
      let isPlain = !text.isEmpty && text.utf8.allSatisfy { isWord($0) }
      return isPlain
        ? text : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }.joined(separator: " ")
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: byte >= 0x80 || "_-+=./:,@%".utf8.contains(byte)
    }
  }

  /// Appends what ``printable(_:)`` makes of `bytes`.
  public static func append(printable bytes: [UInt8], to line: inout [UInt8]) {
    if bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) {
      line.append(contentsOf: bytes)
    } else {
      line.append(text: printable(bytes))
    }
  }

  /// Text from a capture, made safe for a terminal: control characters are shown, not sent.
  public static func printable(_ bytes: [UInt8]) -> String {
    let text = String(decoding: bytes, as: UTF8.self)
    if bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return text }
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      case _ where isControl(scalar): result += "\\u{" + String(scalar.value, radix: 16) + "}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// C0, DEL, C1 and what turns the direction of writing around.
  static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7f..<0xa0, 0x202a...0x202e, 0x2066...0x2069: true
    default: false
    }
  }
}
