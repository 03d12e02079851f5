public import CaptureFormat
public import Events

/// Says in one line what an event is.
public struct EventText: Sendable {
  private let kinds: [UInt16: String]
  private let calls: [UInt32: String]
  private let columns: [UInt16: ColumnDescription]

  /// Names come from the capture's own catalogue, so that what this version does not know is named all the same. They are
  /// made safe for a terminal like all that is in a capture.
  public init(_ catalogue: Catalogue) {
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
  }

  public func name(of kind: EventKind) -> String { kinds[kind.rawValue] ?? kind.name ?? "kind-\(kind.rawValue)" }

  /// `openat`, or `call 451` where the catalogue has no name.
  public func name(of call: SystemCall) -> String {
    (calls[call.packed] ?? "call \(call.number)") + (call.abi == 1 || call.abi == 4 ? " (32-bit)" : "")
  }

  public func name(of column: ColumnID) -> String { columns[column.rawValue]?.name ?? "column-\(column.rawValue)" }

  /// What kind of value a column has; nil for one that nothing is known of.
  public func type(of column: ColumnID) -> ColumnValueType? { columns[column.rawValue]?.valueType }

  public func description(of column: ColumnID) -> ColumnDescription? { columns[column.rawValue] }

  /// `sh[9288]`
  public static func name(of process: BlockProcess) -> String { "\(printable(process.comm))[\(process.key.pid)]" }

  /// `openat /etc/hosts flags=O_RDONLY fd=3 = 3`, and what qualifies it.
  public func line(_ event: EventBlock) -> String {
    var line = what(event)
    if hasResult(event) { line += " = " + result(event) }
    let notes = notes(event)
    return notes.isEmpty ? line : line + " [" + notes.joined(separator: ", ") + "]"
  }

  /// A return from a signal handler gives the interrupted code its registers back: it has no result of its own.
  public func hasResult(_ event: EventBlock) -> Bool { event.call != nil && event.kind != .signalReturn }

  /// `openat /etc/hosts flags=O_RDONLY`: the line without its result.
  ///
  /// - Parameter putsTextFirst: Paths, addresses and arguments stand before numbers: where a line may be cut.
  public func what(_ event: EventBlock, putsTextFirst: Bool = false) -> String {
    var texts = 1
    var parts = [event.call.map { name(of: $0) } ?? verb(event)]
    var raw: [String] = []
    let path = event.bytes(.path).map(Self.printable)
    let isExec = event.kind == .processExec
    let isAboutUser = isExec || event.kind == .fileChangeOwner
    let isAboutName = event.kind == .processRename || event.kind == .threadRename
    for column in event.columns
    where !Self.folded.contains(column) || isAboutUser && Self.owners.contains(column)
      || isAboutName && column == .comm
    {
      guard let value = value(column, of: event) else { continue }
      if Self.raw.contains(column) {
        raw.append(value)
        continue
      }
      // What was opened is named once where the program's string and the kernel's path agree.
      if column == .file, value == path { continue }
      let isPlain = Self.plain.contains(column)
      parts.insert(
        isPlain ? value : "\(name(of: column))=\(value)", at: putsTextFirst && isPlain ? texts : parts.count)
      if isPlain { texts += 1 }
    }
    if !raw.isEmpty { parts[0] += "(" + raw.joined(separator: ", ") + ")" }
    return parts.joined(separator: " ")
  }

  /// `ENOENT`, a number, or `restarted`.
  public func result(_ event: EventBlock) -> String {
    if event.flags.contains(.restarted) { return "restarted" }
    // An address, most likely.
    if event.result > UInt32.max { return "0x" + Self.hexadecimal(UInt64(event.result)) }
    guard event.result < 0 else { return "\(event.result)" }
    return ErrorNumber.name(-event.result).map { "-\($0)" } ?? "\(event.result)"
  }

  /// An argument's value as text; nil when the row has none.
  public func value(_ column: ColumnID, of event: EventBlock) -> String? {
    switch columns[column.rawValue]?.valueType {
    case .file: return event.file(column).map(describe)
    case .address: return event.address(column)?.description
    case .list: return event.bytes(column).map { Self.commandLine(ByteList(nulTerminated: $0)) }
    case .string: return event.bytes(column).map(Self.printable)
    case .bytes: return event.bytes(column).map { $0.map { Self.hexadecimal(UInt64($0)) }.joined() }
    case .integer: return event.value(column).map { number($0, column) }
    case .unsigned, .process, nil: return event.value(column).map { number($0, column) }
    }
  }

  private func number(_ value: Int64, _ column: ColumnID) -> String {
    switch column {
    case .descriptor where value == -100: "AT_FDCWD"
    case .openFlags: OpenFlags.names(value)
    case .mode: "0" + String(UInt64(bitPattern: value), radix: 8)
    case .exitCode: ExitStatus(waitStatus: Int32(truncatingIfNeeded: value)).description
    case .cloneFlags, .argument0, .argument1, .argument2, .argument3, .argument4, .argument5:
      "0x" + Self.hexadecimal(UInt64(bitPattern: value))
    default: columns[column.rawValue]?.valueType == .unsigned ? "\(UInt64(bitPattern: value))" : "\(value)"
    }
  }

  /// The file's path, its addresses, or `unknown` with what is known: never another file's name.
  public func describe(_ file: BlockFile) -> String {
    let device = "\(file.device >> 20):\(file.device & 0xfffff)"
    if file.localAddress != nil || file.remoteAddress != nil {
      return [file.localAddress, file.remoteAddress].map { $0?.description ?? "-" }.joined(separator: "->")
    }
    if let path = file.path, !path.isEmpty { return Self.printable(path) }
    return file.type == .socket && file.id != .unknown ? "socket:[\(file.inode)]" : "unknown \(device):\(file.inode)"
  }

  private func verb(_ event: EventBlock) -> String {
    let name = name(of: event.kind)
    if event.kind == .signalReturn { return "return from a signal handler" }
    // A number that no interface has, or one that a tracer took away.
    if event.kind == .call { return "call of unknown number" }
    return name.split(separator: ".").last.map(String.init) ?? name
  }

  /// `truncated`, `from scan` …: what qualifies the event.
  public func notes(_ event: EventBlock) -> [String] {
    let words: [(EventFlags, String)] = [
      (.truncated, "truncated"), (.unreadable, "unreadable pointer"), (.tableScan, "from scan"),
      (.outOfOrder, "out of order"), (.deletedFile, "deleted"), (.enteredFromOutside, "entered from outside"),
      (.unfinished, "unfinished"),
    ]
    return words.filter { event.flags.contains($0.0) }.map(\.1)
  }

  /// Registers of a call that is not taken apart.
  private static let raw: Set<ColumnID> = [.argument0, .argument1, .argument2, .argument3, .argument4, .argument5]
  private static let owners: Set<ColumnID> = [.userID, .groupID]
  /// Shown without their name.
  private static let plain: Set<ColumnID> = [.path, .secondPath, .file, .address, .arguments]
  /// Details that a line leaves to `--json`.
  private static let folded: Set<ColumnID> = [
    .childStart, .parentStart, .argumentLength, .askedFor, .comm, .oldThread, .namespacePID, .terminal, .session,
    .executable, .userID, .groupID, .childThread,
  ]

  private static func hexadecimal(_ value: UInt64) -> String { String(value, radix: 16) }

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

  /// Text from a capture, made safe for a terminal: control characters are shown, not sent.
  public static func printable(_ bytes: [UInt8]) -> String {
    let text = String(decoding: bytes, as: UTF8.self)
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
  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7f..<0xa0, 0x202a...0x202e, 0x2066...0x2069: true
    default: false
    }
  }
}
