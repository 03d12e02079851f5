public import CaptureFormat
public import Events
public import FilterLanguage

/// Which events are wanted. Nil and false are no condition.
public struct EventSelection: Hashable, Sendable {
  public var containers: Set<ContainerKey>?
  public var processes: Set<ProcessKey>?
  public var lanes: Set<Lane>?
  public var kinds: Set<EventKind>?
  /// Calls with an error, processes that ended otherwise than with 0.
  public var isFailedOnly = false
  /// All of them have to be found.
  public var texts: [TextPattern] = []
  /// Left out, where ``kinds`` does not ask for them.
  public var unwantedKinds: Set<EventKind> = []
  public var filter: EventFilter?
  public var from = BootTime(nanoseconds: 0)
  public var to = BootTime(nanoseconds: .max)

  public init() {}

  /// False: there is certainly nothing in the block.
  public func mayMatch(_ entry: BlockEntry) -> Bool {
    guard entry.firstTime <= to, entry.lastTime >= from, entry.rowCount > 0 else { return false }
    if let containers, !containers.contains(entry.container) { return false }
    if let lanes, let lane = entry.lane, !lanes.contains(lane) { return false }
    if let kinds, !kinds.contains(where: { entry.kinds.mayContain($0) }) { return false }
    return true
  }
}

/// A filter by itself, without lists and macros: its text says all of it.
public struct EventFilter: Hashable, Sendable {
  public let compiled: CompiledFilter

  public init(_ text: String) throws(FilterError) { compiled = try CompiledFilter(text) }

  public var text: String { compiled.text }

  public static func == (left: Self, right: Self) -> Bool { left.text == right.text }
  public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension EventBlock {
  /// The call answered an error, or the process ended otherwise than with 0. A call that the kernel runs again did neither.
  public var isFailed: Bool {
    if kind == .processExit { return (value(.exitCode) ?? 0) != 0 }
    return result < 0 && kind != .signalReturn && !flags.contains(.restarted)
  }
}

/// Text to look for. Without an upper-case letter in it, case does not count.
public struct TextPattern: Hashable, Sendable {
  public let text: String
  private let needle: [UInt8]
  private let ignoresCase: Bool

  /// Nil for empty text.
  public init?(_ text: String) {
    guard !text.isEmpty else { return nil }
    self.text = text
    needle = Array(text.utf8)
    ignoresCase = !text.contains(where: \.isUppercase)
  }

  public func isFound(in text: String) -> Bool {
    var text = text
    return text.withUTF8 { isFound(in: $0) }
  }

  public func isFound(in bytes: [UInt8]) -> Bool { bytes.withUnsafeBufferPointer { isFound(in: $0) } }

  private func isFound(in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard bytes.count >= needle.count else { return false }
    return needle.withUnsafeBufferPointer { needle in
      let first = needle[0]
      for start in 0...(bytes.count - needle.count) where folded(bytes[start]) == first {
        var place = 1
        while place < needle.count, folded(bytes[start + place]) == needle[place] { place += 1 }
        if place == needle.count { return true }
      }
      return false
    }
  }

  @inline(__always) private func folded(_ byte: UInt8) -> UInt8 {
    ignoresCase && byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
  }
}
