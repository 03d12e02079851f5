internal import CaptureFormat
internal import Events
internal import Interchange
internal import JSON
internal import Posix
internal import Reconstruction

/// `events` and `export`: every event that was asked for, and the triggers, in the order of time.
struct EventsCommand {
  enum Format { case text, lines, array }

  let request: ReadingRequest
  let output: Output
  let format: Format

  /// Reads the blocks that can matter and no other.
  func run() throws -> Int32 {
    var merge = EventMerge(request.file, entries: request.blocks)
    let text = EventText(request.file.catalogue)
    let time = TimeText(clock: request.clock, isLocal: request.isLocal)
    let exporter = format == .text ? nil : try TimelineExporter(request.file)
    let severalContainers = request.containers.count > 1 && request.selected?.count != 1
    var json = JSONText()
    var count = 0
    var triggers = request.triggers[...]
    /// Writes the triggers that fired up to a time, each where it fired.
    func writeTriggers(upTo end: BootTime) throws {
      while let trigger = triggers.first, trigger.time <= end {
        triggers.removeFirst()
        if let exporter {
          if format == .array, count > 0 { try output.bytes(Array(",\n".utf8)) }
          exporter.write(trigger, to: &json)
          if format == .lines { json.newline() }
          try output.bytes(json.bytes)
          json.removeAll()
        } else {
          let whose = severalContainers ? request.label(of: trigger.container) + " " : ""
          try output.line("\(time.time(trigger.time)) \(whose)--- trigger: \(TriggerText.line(trigger)) ---")
        }
        count += 1
      }
    }
    if format == .array { try output.line("[") }
    while let event = try merge.next() {
      guard request.isInWindow(event.time) else { continue }
      try writeTriggers(upTo: event.time)
      if let exporter {
        if format == .array, count > 0 { try output.bytes(Array(",\n".utf8)) }
        exporter.write(event, to: &json)
        if format == .lines { json.newline() }
        try output.bytes(json.bytes)
        json.removeAll()
      } else {
        let whose = severalContainers ? request.label(of: event.entry.container) + " " : ""
        let process = "\(EventText.printable(event.process.comm))[\(event.process.key.pid)]"
        try output.line("\(time.time(event.time)) \(whose)\(process) \(text.line(event))")
      }
      count += 1
    }
    try writeTriggers(upTo: BootTime(nanoseconds: .max))
    if format == .array { try output.line(count > 0 ? "\n]" : "]") }
    for problem in request.file.problems { complain("\(request.path): \(problem.message)") }
    if !request.file.problems.isEmpty { return 2 }
    return count == 0 && request.isNarrowed ? 1 : 0
  }
}
