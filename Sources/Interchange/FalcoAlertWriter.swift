public import CaptureFormat
internal import Events
public import FilterLanguage
public import JSON
public import Reconstruction
public import Rules

/// Writes what rules found in the words of Falco: a line of text, or the JSON of its `json_output`.
public struct FalcoAlertWriter {
  private let bank: FilterBank
  private let clock: CaptureClock
  private let hostName: String?

  /// - Parameter bank: Of the rules' filters, with the fields of their outputs.
  public init(_ bank: FilterBank, _ boot: CaptureBoot) {
    self.init(bank, clock: boot.clock, hostName: boot.hostName)
  }

  public init(_ bank: FilterBank, clock: CaptureClock, hostName: String?) {
    self.bank = bank
    self.clock = clock
    self.hostName = hostName
  }

  /// The filters and fields of rules, to be tried on a boot.
  public static func bank(for rules: [CompiledRule], of boot: CaptureBoot) throws(CaptureError) -> FilterBank {
    try FilterBank(rules.map(\.filter), asking: rules.flatMap { $0.output.fields.map(\.term) }, of: boot)
  }

  /// `16:31:56.746609046: Warning A shell was spawned | user=root …`, safe for a terminal.
  public func line(_ rule: CompiledRule, _ event: EventBlock) -> String {
    EventText.printable(Array(output(rule, event).utf8))
  }

  /// The rule's output alone.
  public func text(_ rule: CompiledRule, _ event: EventBlock) -> String {
    EventText.printable(Array(rule.output.text { bank.value(of: $0, at: event).text }.utf8))
  }

  private func output(_ rule: CompiledRule, _ event: EventBlock) -> String {
    let text = rule.output.text { bank.value(of: $0, at: event).text }
    return "\(time(of: event)?.timeOfDay(digits: 9) ?? "-"): \(rule.rule.priority.name) \(text)"
  }

  private func time(of event: EventBlock) -> CalendarTime? { clock.wallTime(of: event.time).map { CalendarTime($0) } }

  /// One object, without a line end.
  public func write(_ rule: CompiledRule, _ event: EventBlock, to json: inout JSONText) {
    json.beginObject()
    json.set("hostname", ifPresent: hostName)
    json.set("output", output(rule, event))
    json.beginObject("output_fields")
    for (name, term) in rule.output.fields {
      json.set(name, bank.value(of: term, at: event))
    }
    json.endObject()
    json.set("priority", rule.rule.priority.name)
    json.set("rule", rule.rule.name)
    json.set("source", rule.rule.source)
    json.set("tags", strings: rule.rule.tags)
    json.set("time", ifPresent: time(of: event).map { $0.date + "T" + $0.timeOfDay(digits: 9) + "Z" })
    json.endObject()
  }
}

extension JSONText {
  /// A number, true or false where it is one, null where there is none, else text.
  public mutating func set(_ name: String, _ value: FieldValue) {
    switch value {
    case .absent: setNull(name)
    case .integer(let value): set(name, value)
    case .boolean(let value): set(name, value)
    case .text(let bytes): set(name, bytes)
    default: set(name, value.text)
    }
  }
}
