internal import CaptureFormat
internal import Events

/// Decides on the rows of one block whether a selection wants them. What rows share is decided once.
struct EventMatcher {
  private let selection: EventSelection
  /// By place in the block's dictionary; nil where every process is wanted.
  private let wanted: [Bool]?
  private let hasRowConditions: Bool
  private let unwantedKinds: Set<EventKind>
  private var texts: [TextMatcher]

  init(_ selection: EventSelection, _ block: EventBlock, _ text: EventText, _ line: CommonTime) {
    self.selection = selection
    let section = block.entry.section
    wanted = selection.processes.map { keys in
      block.processes.map { keys.contains(line.key($0.key, in: section)) }
    }
    texts = selection.texts.map { TextMatcher($0, block, text) }
    // Rare kinds: most blocks have none of them, and their rows need not be asked.
    unwantedKinds =
      selection.kinds == nil ? selection.unwantedKinds.filter { block.entry.kinds.mayContain($0) } : []
    hasRowConditions =
      selection.kinds != nil || selection.isFailedOnly || !texts.isEmpty || !unwantedKinds.isEmpty
  }

  /// False: the block has none of the processes that are wanted.
  var canMatch: Bool { wanted?.contains(true) ?? true }

  /// - Parameter time: The event's, on the common line.
  mutating func matches(_ event: EventBlock, at time: BootTime) -> Bool {
    guard time >= selection.from, time <= selection.to else { return false }
    if let wanted {
      let index = event.processIndex
      guard wanted.indices.contains(index), wanted[index] else { return false }
    }
    guard hasRowConditions else { return true }
    if let kinds = selection.kinds, !kinds.contains(event.kind) { return false }
    if selection.isFailedOnly, !event.isFailed { return false }
    if !unwantedKinds.isEmpty, unwantedKinds.contains(event.kind) { return false }
    for place in texts.indices where !texts[place].matches(event) { return false }
    return true
  }
}

/// Looks for one text in the rows of one block.
private struct TextMatcher {
  private let pattern: TextPattern
  private let text: EventText
  /// By place in the block's dictionary.
  private var processes: [Bool?]
  private var calls: [UInt32: Bool] = [:]
  private var kinds: [UInt16: Bool] = [:]
  private var results: [Int64: Bool] = [:]
  private var files: [Int64: Bool] = [:]
  private var strings: [Int64: Bool] = [:]

  init(_ pattern: TextPattern, _ block: EventBlock, _ text: EventText) {
    self.pattern = pattern
    self.text = text
    processes = Array(repeating: nil, count: block.processes.count)
  }

  /// Looks into the process's name and program, the call, the error, every text of the arguments and what was transferred.
  mutating func matches(_ event: EventBlock) -> Bool {
    let process = event.processIndex
    if processes.indices.contains(process) {
      let isFound = processes[process] ?? self.isFound(pattern, event.process)
      processes[process] = isFound
      if isFound { return true }
    }
    if let call = event.call {
      let isFound = calls[call.packed] ?? pattern.isFound(in: text.name(of: call))
      calls[call.packed] = isFound
      if isFound { return true }
    }
    let kind = event.kind
    let isKindFound = kinds[kind.rawValue] ?? pattern.isFound(in: text.name(of: kind))
    kinds[kind.rawValue] = isKindFound
    if isKindFound { return true }
    let result = event.result
    if result < 0 {
      let isFound = results[result] ?? pattern.isFound(in: text.result(event))
      results[result] = isFound
      if isFound { return true }
    }
    for column in event.columns where isFound(pattern, column, event) { return true }
    return false
  }

  private func isFound(_ pattern: TextPattern, _ process: BlockProcess) -> Bool {
    pattern.isFound(in: EventText.name(of: process)) || process.executable.map { pattern.isFound(in: $0) } ?? false
  }

  private mutating func isFound(_ pattern: TextPattern, _ column: ColumnID, _ event: EventBlock) -> Bool {
    switch text.type(of: column) {
    case .file:
      guard let place = event.value(column) else { return false }
      if let isFound = files[place] { return isFound }
      let isFound = event.file(column).map { pattern.isFound(in: text.describe($0)) } ?? false
      files[place] = isFound
      return isFound
    case .address: return event.address(column).map { pattern.isFound(in: $0.description) } ?? false
    case .list, .string:
      // Most stand in the block's dictionary: a number says which.
      guard let place = event.value(column) else {
        return event.bytes(column).map { self.isFound(pattern, inText: $0) } ?? false
      }
      if let isFound = strings[place] { return isFound }
      let isFound = event.bytes(column).map { self.isFound(pattern, inText: $0) } ?? false
      strings[place] = isFound
      return isFound
    case .bytes where column == .payload: return event.bytes(column).map { pattern.isFound(in: $0) } ?? false
    default: return false
    }
  }

  /// An argument vector's items are parted by blanks where a person reads them.
  private func isFound(_ pattern: TextPattern, inText bytes: [UInt8]) -> Bool {
    pattern.isFound(in: bytes.contains(0) ? bytes.map { $0 == 0 ? UInt8(ascii: " ") : $0 } : bytes)
  }
}
