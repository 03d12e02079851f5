public import CaptureFormat
public import Events

extension EventText {
  /// How a process came to its end: `SIGSEGV at 0x0 (core dumped)`, `SIGKILL: OOM, 64 MiB of 64 MiB`,
  /// `SIGKILL from 1234 (docker-init)`, `SIGSYS: seccomp, call ptrace`; the exit code where it ended by itself.
  public func end(_ status: ExitStatus, _ death: ProcessDeath?) -> String {
    guard case .killed(let signal, let dumpedCore) = status else { return status.description }
    return ExitStatus.signalName(signal) + place(death) + (dumpedCore ? " (core dumped)" : "")
      + reason(death, signal: signal)
  }

  private func place(_ death: ProcessDeath?) -> String {
    death?.faultAddress.map { " at 0x" + String($0, radix: 16) } ?? ""
  }

  private func reason(_ death: ProcessDeath?, signal: Int32) -> String {
    guard let death else { return "" }
    if death.memoryUsage != nil { return ": OOM, " + memory(death) }
    var text = ""
    if let sender = death.sender {
      text += " from \(sender.key.pid)" + (sender.name.isEmpty ? "" : " (\(Self.printable(sender.name)))")
    }
    if let call = death.call {
      if let duration = death.callDuration {
        text += ", in \(name(of: call)) for \(durationText(duration))"
      } else if SignalCode.name(death.signalCode ?? 0, signal: signal) == "SYS_SECCOMP" {
        text += ": seccomp, call \(name(of: call))"
      }
    }
    return text
  }

  /// Where the thread was; with its callers where names are known, as far as they are.
  private func stack(_ frames: [StackFrame]) -> String {
    guard let first = frames.first else { return "" }
    let known = stackSymbols?.names(of: frames) ?? []
    guard let last = known.lastIndex(where: { $0 != nil }) else { return ", in \(first)" }
    let names = zip(frames, known).prefix(last + 1).map { frame, name in
      name.map { Self.printable(Array($0.utf8)) } ?? "\(frame)"
    }
    return ", in " + names.joined(separator: " < ")
  }

  private func memory(_ death: ProcessDeath) -> String {
    let usage = sizeText(death.memoryUsage ?? 0)
    return death.memoryLimit.map { "\(usage) of \(sizeText($0))" } ?? "\(usage), and the host had no more"
  }

  /// What of an event is told by ``appendDeath(_:to:)``.
  static let deathColumns: Set<ColumnID> = [
    .signal, .signalCode, .faultAddress, .senderPID, .senderStart, .senderName, .senderContainer, .frames,
    .memoryLimit, .memoryUsage, .duringCall, .duration,
  ]

  /// Whether the event is of a process's end: told in one phrase and not by columns.
  static func isDeath(_ kind: EventKind) -> Bool {
    kind == .signalFatal || kind == .memoryExhausted || kind == .processExit || kind == .containerExit
  }

  /// `exit_code=SIGSEGV at 0x0 (core dumped)`, `SIGSEGV at 0x0, SEGV_MAPERR`, `64 MiB of 64 MiB`.
  func appendDeath(_ event: EventBlock, to line: inout [UInt8]) {
    let death = ProcessDeath(event)
    switch event.kind {
    case .processExit:
      guard let status = event.value(.exitCode) else { return }
      line.append(contentsOf: Array(" exit_code=".utf8))
      line.append(contentsOf: Array(end(ExitStatus(waitStatus: Int32(truncatingIfNeeded: status)), death).utf8))
    case .containerExit:
      guard let status = event.value(.exitCode).map({ ExitStatus(waitStatus: Int32(truncatingIfNeeded: $0)) }) else {
        return
      }
      let plain = if case .exited = status { " exit " } else { " " }
      line.append(contentsOf: Array((plain + end(status, death)).utf8))
    case .signalFatal:
      let signal = Int32(truncatingIfNeeded: event.value(.signal) ?? 0)
      var text = " " + ExitStatus.signalName(signal) + place(death) + reason(death, signal: signal)
      if let code = death?.signalCode {
        text += ", " + (SignalCode.name(code, signal: signal) ?? "code \(code)")
      }
      text += stack(StackFrame.frames(event.bytes(.frames) ?? []))
      line.append(contentsOf: Array(text.utf8))
    default: if let death { line.append(contentsOf: Array((" " + memory(death)).utf8)) }
    }
  }
}
