public import CaptureFormat
public import Events
public import Reconstruction
public import Rules

/// What one built-in rule found of one container.
public struct Finding: Hashable, Sendable {
  public var rule: String
  public var priority: RulePriority
  /// Of MITRE ATT&CK, such as `T1059.004`.
  public var techniques: [String]
  public var container: ContainerKey
  /// The first event, on the common line.
  public var first: EventPosition
  /// The rule's output for it, safe for a terminal.
  public var text: String
  public var count: Int
}

extension Rule {
  /// Its tags that are techniques of MITRE ATT&CK; `TA0002` is a tactic.
  public var techniques: [String] {
    tags.filter { $0.hasPrefix("T") && $0.dropFirst().first.map { $0.isNumber } ?? false }
  }
}

/// Tries the built-in rules on all events of a capture, a slice at a time.
public final class FindingSearch {
  private struct Key: Hashable {
    var rule: Int
    var container: ContainerKey
  }

  private let capture: Capture
  private let line: CommonTime
  private let rules: [CompiledRule]
  /// By section.
  private var banks: [UInt32: (FilterBank, FalcoAlertWriter)] = [:]
  private var waiting: [BlockEntry]?
  private var total = 0
  private var found: [Key: Finding] = [:]

  public init(_ capture: Capture, on line: CommonTime) {
    self.capture = capture
    self.line = line
    var loader = RuleLoader()
    loader.load(Array(BuiltInRules.text.utf8), from: BuiltInRules.name)
    rules = loader.finish().enabled
  }

  /// The gravest first, then the earliest.
  public var findings: [Finding] {
    found.values.sorted { ($0.priority, $0.first, $0.rule) < ($1.priority, $1.first, $1.rule) }
  }

  /// Of what is to be read, 0 to 1.
  public var progress: Double {
    guard let waiting, total > 0 else { return waiting == nil ? 0 : 1 }
    return Double(total - waiting.count) / Double(total)
  }

  /// Reads on; true when all is read.
  ///
  /// - Parameter shown: The key that a container is known by.
  public func work(
    while goesOn: () -> Bool, shown: (ContainerKey) -> ContainerKey = { $0 }
  ) throws(CaptureError) -> Bool {
    if waiting == nil { try begin() }
    while let entry = waiting?.popLast() {
      guard let section = capture.section(of: entry), let (bank, writer) = banks[entry.section] else { continue }
      do throws(CaptureError) {
        bank.forEachMatch(in: try section.readEvents(entry)) { number, event in
          note(number, event, writer, shown(entry.container))
        }
      } catch {
        try section.noteDamage(error, at: entry)
      }
      if waiting?.isEmpty == false, !goesOn() { return false }
    }
    return true
  }

  private func begin() throws(CaptureError) {
    var entries: [BlockEntry] = []
    for boot in capture.boots {
      let bank = try FalcoAlertWriter.bank(for: rules, of: boot)
      for section in boot.sections { banks[section.section] = (bank, FalcoAlertWriter(bank, boot)) }
      entries += boot.directory.filter { bank.mayMatch($0) }
    }
    total = entries.count
    waiting = entries.reversed()
  }

  private func note(_ number: Int, _ event: EventBlock, _ writer: FalcoAlertWriter, _ container: ContainerKey) {
    let entry = event.entry
    let position = EventPosition(
      time: line.time(event.time, in: entry.section), lane: entry.lane?.rawValue ?? 255, container: entry.container,
      offset: entry.offset, row: UInt32(event.row))
    let key = Key(rule: number, container: container)
    if var known = found[key] {
      known.count += 1
      if position < known.first {
        known.first = position
        known.text = writer.text(rules[number], event)
      }
      found[key] = known
      return
    }
    let rule = rules[number].rule
    found[key] = Finding(
      rule: rule.name, priority: rule.priority, techniques: rule.techniques, container: container, first: position,
      text: writer.text(rules[number], event), count: 1)
  }
}
