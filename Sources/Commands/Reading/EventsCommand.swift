internal import Bytes
internal import CaptureFormat
internal import Events
internal import FilterLanguage
internal import Interchange
internal import JSON
internal import Posix
internal import Reconstruction

/// `events` and `export`: every event that was asked for, and the triggers, in the order of time.
struct EventsCommand {
  enum Format {
    case text, lines, array
    /// As `-p` says: text, or JSON with the fields that it names.
    case template(OutputTemplate, isJSON: Bool)

    var isArray: Bool { if case .array = self { true } else { false } }
  }

  let file: ReadingFile
  let output: Output
  let format: Format
  /// What names the functions of a crash's stack.
  let stackSymbols: StackSymbols?

  /// Reads the blocks that can matter and no other.
  func run() throws -> Int32 {
    var merge = file.events(in: file.requests.flatMap(\.blocks))
    let printers = try file.requests.map {
      try EventPrinter(
        $0, output: output, format: format, namesHost: file.hasSeveralBoots, stackSymbols: stackSymbols)
    }
    let sections = file.capture.sections.map(\.section).max() ?? 0
    var bySection = [EventPrinter?](repeating: nil, count: Int(sections) + 1)
    for (boot, printer) in zip(file.capture.boots, printers) {
      for section in boot.sections { bySection[Int(section.section)] = printer }
    }
    var count = 0
    if format.isArray { try output.line("[") }
    while let event = try merge.next() { try bySection[Int(event.entry.section)]?.print(event, &count) }
    for printer in printers { try printer.printTriggers(upTo: BootTime(nanoseconds: .max), &count) }
    if format.isArray { try output.line(count > 0 ? "\n]" : "]") }
    return count == 0 && file.isNarrowed ? 1 : 0
  }
}

/// Prints the events of one boot, and its triggers each where it fired.
private final class EventPrinter {
  private let request: ReadingRequest
  private let output: Output
  private let format: EventsCommand.Format
  private let exporter: TimelineExporter?
  private let fields: FilterBank?
  private let text: EventText
  private var time: TimeText
  private let namesContainer: Bool
  private let namesHost: Bool
  private var json = JSONText()
  private var line: [UInt8] = []
  private var triggers: ArraySlice<TriggerRow>

  init(
    _ request: ReadingRequest, output: Output, format: EventsCommand.Format, namesHost: Bool,
    stackSymbols: StackSymbols?
  ) throws {
    self.request = request
    self.output = output
    self.format = format
    self.namesHost = namesHost
    switch format {
    case .lines, .array: exporter = try TimelineExporter(request.boot, stackSymbols: stackSymbols)
    case .text, .template: exporter = nil
    }
    if case .template(let template, _) = format {
      fields = try FilterBank([], asking: template.fields.map(\.term), of: request.boot)
    } else {
      fields = nil
    }
    text = EventText(request.boot.catalogue, naming: request.containers, stackSymbols: stackSymbols)
    time = TimeText(clock: request.clock, isLocal: request.isLocal)
    namesContainer = request.hasSeveralContainers
    triggers = request.triggers[...]
  }

  /// - Parameter count: Of what was printed; counted on.
  func print(_ event: EventBlock, _ count: inout Int) throws {
    guard request.isInWindow(event.time) else { return }
    if let trigger = triggers.first, trigger.time <= event.time { try printTriggers(upTo: event.time, &count) }
    if let exporter {
      exporter.write(event, to: &json)
      try flush(isFirst: count == 0)
    } else if case .template(let template, let isJSON) = format, let fields {
      try print(event, template, isJSON, fields)
    } else {
      line.removeAll(keepingCapacity: true)
      time.append(event.time, to: &line)
      line.append(UInt8(ascii: " "))
      if namesHost || namesContainer { line.append(text: whose(event.entry.container)) }
      BlockReadings.of(event).appendProcess(of: event, to: &line)
      line.append(UInt8(ascii: " "))
      text.appendLine(event, to: &line)
      line.append(UInt8(ascii: "\n"))
      try output.bytes(line)
    }
    count += 1
  }

  private func print(_ event: EventBlock, _ template: OutputTemplate, _ isJSON: Bool, _ fields: FilterBank) throws {
    guard isJSON else {
      // What comes from the capture is made safe for a terminal; line ends of the format stay.
      return try output.line(
        template.text { EventText.printable(Array(fields.value(of: $0, at: event).text.utf8)) })
    }
    json.beginObject()
    for (name, term) in template.fields { json.set(name, fields.value(of: term, at: event)) }
    json.endObject()
    json.newline()
    try output.bytes(json.bytes)
    json.removeAll()
  }

  func printTriggers(upTo end: BootTime, _ count: inout Int) throws {
    // A trigger has none of the fields.
    if fields != nil { return }
    while let trigger = triggers.first, trigger.time <= end {
      triggers.removeFirst()
      if let exporter {
        exporter.write(trigger, to: &json)
        try flush(isFirst: count == 0)
      } else {
        try output.line(
          "\(time.time(trigger.time)) \(whose(trigger.container))--- trigger: \(TriggerText.line(trigger)) ---")
      }
      count += 1
    }
  }

  private static let separator = Array(",\n".utf8)

  private func flush(isFirst: Bool) throws {
    if !format.isArray { json.newline() } else if !isFirst { try output.bytes(Self.separator) }
    try output.bytes(json.bytes)
    json.removeAll()
  }

  /// Host and container, as far as there are several of them.
  private func whose(_ container: ContainerKey) -> String {
    (namesHost ? request.hostLabel + " " : "") + (namesContainer ? request.label(of: container) + " " : "")
  }
}
