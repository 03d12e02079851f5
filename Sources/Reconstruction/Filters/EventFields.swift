internal import CaptureFormat
internal import Events
internal import FilterLanguage

/// What fields are at one event, or of one process without an event.
struct EventFields: FieldSource {
  let context: FilterContext
  /// Nil where a process is looked at by itself.
  let event: EventBlock?
  let process: BlockProcess
  let view: ProcessView?
  let container: ContainerKey

  func value(of use: FieldUse) -> FieldValue {
    let name = use.field.rawValue.utf8
    switch name.first {
    case UInt8(ascii: "p"): return processValue(use)
    case UInt8(ascii: "u"), UInt8(ascii: "g"): return ownerValue(use)
    case UInt8(ascii: "t"): return threadValue(use)
    case UInt8(ascii: "c"), UInt8(ascii: "k"): return containerValue(use)
    case UInt8(ascii: "f"): return event.map { descriptorValue(use, $0) } ?? .absent
    case UInt8(ascii: "a"):
      switch use.field {
      case .aftertraceContainerRuntime, .aftertraceContainerMetadataSource: return containerValue(use)
      case .aftertraceProcessMarks: return processValue(use)
      case .aftertraceProcessEntityStart: return .integer(Int64(clamping: process.key.start.nanoseconds))
      default: return event.map { ownValue(use, $0) } ?? .absent
      }
    default: return event.map { eventValue(use, $0) } ?? .absent
    }
  }

  func wallTime(_ time: BootTime) -> Int64? { context.clock.wallTime(of: time)?.nanoseconds }

  /// Own fields of the program.
  private func ownValue(_ use: FieldUse, _ event: EventBlock) -> FieldValue {
    switch use.field {
    case .aftertraceKind: return .text(context.text.name(of: event.kind))
    case .aftertraceLane: return .optional(event.entry.lane?.name)
    case .aftertraceSequence: return .integer(Int64(clamping: event.sequence))
    case .aftertraceBoottime: return .integer(Int64(clamping: event.time.nanoseconds))
    case .aftertraceFlags:
      let notes = context.text.notes(event)
      return notes.isEmpty ? .absent : .text(notes.joined(separator: ", "))
    case .aftertraceText: return .text(context.text.line(event))
    case .aftertraceColumn:
      guard let column = use.key.flatMap({ context.columnNames[$0] }) else { return .absent }
      return rawValue(of: column, event)
    case .aftertraceFileId:
      return .optional(event.file(.file).flatMap { $0.id == .unknown ? nil : Int64(bitPattern: $0.id.rawValue) })
    case .aftertraceSocketCookie: return .optional(event.file(.file)?.socketCookie.map { Int64(bitPattern: $0) })
    case .aftertraceNetworkNamespace: return .optional(event.file(.file)?.networkNamespace.map { Int64($0) })
    case .aftertraceRuntimeSetup: return .boolean(event.flags.contains(.runtimeSetUp))
    case .aftertraceEnteredFromOutside: return .boolean(event.flags.contains(.enteredFromOutside))
    case .aftertraceProcessAskedFor: return .optional(event.bytes(.askedFor))
    case .aftertraceProcessExitCode:
      return .optional(
        event.value(.exitCode).map { Int64(ExitStatus(waitStatus: Int32(truncatingIfNeeded: $0)).shellCode) })
    case .aftertraceProcessSignal:
      if let signal = event.value(.signal) { return .text(ExitStatus.signalName(Int32(truncatingIfNeeded: signal))) }
      guard
        case .killed(let signal, _)? = event.value(.exitCode).map({
          ExitStatus(waitStatus: Int32(truncatingIfNeeded: $0))
        })
      else { return .absent }
      return .text(ExitStatus.signalName(signal))
    default: return .absent
    }
  }

  /// A column as a number where it is one, else as text.
  func rawValue(of column: ColumnID, _ event: EventBlock) -> FieldValue {
    switch context.text.type(of: column) {
    case .integer, .unsigned: .optional(event.value(column))
    case .string: .optional(event.bytes(column))
    case nil: .absent
    default: .optional(context.text.value(column, of: event))
    }
  }

  /// A column with the names of its number, as text.
  func text(of column: ColumnID, _ event: EventBlock) -> FieldValue {
    if let bytes = context.text.type(of: column) == .string ? event.bytes(column) : nil { return .text(bytes) }
    return .optional(context.text.value(column, of: event))
  }
}
