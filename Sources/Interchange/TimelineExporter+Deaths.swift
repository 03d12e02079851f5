internal import CaptureFormat
internal import Events
internal import JSON
internal import Reconstruction

extension TimelineExporter {
  /// How a process came to its end: who sent the signal, where the fault was, what memory there was.
  func writeDeath(_ event: EventBlock, signal: Int32, to json: inout JSONText) {
    guard let death = ProcessDeath(event) else { return }
    if signal != 0 {
      json.set(
        "aftertrace.signal_code",
        ifPresent: death.signalCode.map { SignalCode.name($0, signal: signal) ?? "\($0)" })
    }
    json.set("aftertrace.fault_address", ifPresent: death.faultAddress.map { "0x" + String($0, radix: 16) })
    if let sender = death.sender {
      json.set("aftertrace.sender.pid", sender.key.pid)
      writeEntityID("aftertrace.sender.entity_id", of: sender.key, to: &json)
      json.set("aftertrace.sender.name", sender.name)
      json.set("aftertrace.sender.container.id", ifPresent: containerID(sender.container))
    }
    json.set("aftertrace.memory_limit", ifPresent: death.memoryLimit)
    json.set("aftertrace.memory_usage", ifPresent: death.memoryUsage)
    json.set("aftertrace.during_call", ifPresent: death.call.map { text.name(of: $0) })
    let frames = StackFrame.frames(event.bytes(.frames) ?? [])
    guard !frames.isEmpty else { return }
    json.set("aftertrace.stack", strings: frames.map { Self.fullText($0) })
    let names = text.stackSymbols?.names(of: frames) ?? []
    if names.contains(where: { $0 != nil }) {
      json.set("aftertrace.stack_symbols", strings: names.map { $0 ?? "" })
    }
  }

  /// With the whole build id.
  private static func fullText(_ frame: StackFrame) -> String {
    guard case .file(let buildID, let offset) = frame.place else { return frame.description }
    return buildID + "+0x" + String(offset, radix: 16)
  }
}
