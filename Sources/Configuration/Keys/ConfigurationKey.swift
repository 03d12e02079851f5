internal import Events
internal import YAML

/// One key of the configuration files: its name, what may stand there, and its place in the model.
///
/// The one declaration that reading, printing, reloading, the reference page and the tests are made from.
public struct ConfigurationKey: Sendable {
  /// What a change needs to take effect.
  public enum Change: Hashable, Sendable {
    /// It holds from the reload on.
    case live
    /// It holds after a restart, for this reason.
    case restart(because: String)
  }

  /// From the top, parted by points: `windows.detail.before`.
  public let path: String
  /// To end the sentence "… is not": "a duration from 1s to 24h".
  public let expectation: String
  /// One sentence without a full stop.
  public let summary: String
  public let change: Change
  let take: @Sendable (YAMLNode, inout WatchConfiguration, inout [ValueProblem]) -> Void
  let give: @Sendable (WatchConfiguration) -> ConfigurationValue
  let carry: @Sendable (WatchConfiguration, inout WatchConfiguration) -> Void

  /// The value that `configuration` has.
  public func value(in configuration: WatchConfiguration) -> ConfigurationValue { give(configuration) }

  /// Gives `configuration` this key's value of another.
  func copy(from other: WatchConfiguration, to configuration: inout WatchConfiguration) { carry(other, &configuration) }

  var components: [Substring] { path.split(separator: ".") }
}

/// What is wrong with a value, before anybody knows which file it is of.
struct ValueProblem {
  var place: YAMLPlace
  /// Characters to underline.
  var length: Int
  var message: String
  /// Stands behind the underlining.
  var hint: String?
  var remedy: String?

  init(_ node: YAMLNode, _ message: String, hint: String? = nil, remedy: String? = nil) {
    place = node.place
    let isOneLine = node.end.line == node.place.line
    length = isOneLine ? max(node.end.column - node.place.column, 1) : 1
    self.message = message
    self.hint = hint
    self.remedy = remedy
  }

  init(_ entry: YAMLEntry, _ message: String, hint: String? = nil, remedy: String? = nil) {
    place = entry.keyPlace
    length = max(entry.key.unicodeScalars.count, 1)
    self.message = message
    self.hint = hint
    self.remedy = remedy
  }
}

extension ConfigurationKey {
  typealias Member<Value> = WritableKeyPath<WatchConfiguration, Value> & Sendable

  /// A key whose value is one scalar or list: `read` answers nil for what it does not take. For an optional member that
  /// is the outer one: an inner nil is the value "off".
  static func key<Value: Sendable>(
    _ path: String, _ member: any Member<Value>, _ expectation: String, _ change: Change = .live, summary: String,
    read: @escaping @Sendable (YAMLNode) -> Value?, write: @escaping @Sendable (Value) -> ConfigurationValue
  ) -> ConfigurationKey {
    ConfigurationKey(
      path: path, expectation: expectation, summary: summary, change: change,
      take: { node, configuration, problems in
        if node.isNull {
          configuration[keyPath: member] = WatchConfiguration()[keyPath: member]
        } else if let value = read(node) {
          configuration[keyPath: member] = value
        } else {
          problems.append(.unfit(node, for: path, expectation))
        }
      },
      give: { write($0[keyPath: member]) },
      carry: { $1[keyPath: member] = $0[keyPath: member] })
  }

  static func flag(_ path: String, _ member: any Member<Bool>, _ change: Change = .live, summary: String) -> Self {
    key(path, member, "true or false", change, summary: summary, read: \.bool, write: { .flag($0) })
  }

  static func duration(
    _ path: String, _ member: any Member<Duration>, _ range: ClosedRange<Duration>, _ change: Change = .live,
    summary: String
  ) -> Self {
    key(
      path, member,
      "a duration from \(range.lowerBound.configured) to \(range.upperBound.configured), such as 30s or 1h30m",
      change, summary: summary, read: { $0.duration(in: range) }, write: { .word($0.configured) })
  }

  /// A limit that can be taken away with `off`.
  static func duration(
    _ path: String, orOff member: any Member<Duration?>, _ range: ClosedRange<Duration>, _ change: Change = .live,
    summary: String
  ) -> Self {
    key(
      path, member,
      "off or a duration from \(range.lowerBound.configured) to \(range.upperBound.configured), such as 30s or 1h30m",
      change, summary: summary, read: { $0.isOff ? .some(nil) : $0.duration(in: range).map { .some($0) } },
      write: { .word($0?.configured ?? "off") })
  }

  static func size(
    _ path: String, _ member: any Member<UInt64>, _ range: ClosedRange<UInt64>, _ change: Change = .live,
    summary: String
  ) -> Self {
    key(
      path, member, "a size from \(configuredSize(range.lowerBound)) to \(configuredSize(range.upperBound))", change,
      summary: summary, read: { $0.size(in: range) }, write: { .word(configuredSize($0)) })
  }

  /// Of one call's payload.
  static func bytes(_ path: String, _ member: any Member<UInt32>, summary: String) -> Self {
    let greatest = UInt64(PayloadLimits.greatest)
    return key(
      path, member, "a number of bytes from 0 to \(greatest)", summary: summary,
      read: { $0.size(in: 0...greatest).map { UInt32($0) } }, write: { .number(Int64($0)) })
  }

  static func size(
    _ path: String, _ member: any Member<UInt64?>, orWord word: String, _ range: ClosedRange<UInt64>,
    _ change: Change = .live, summary: String
  ) -> Self {
    key(
      path, member, "\(word) or a size from \(configuredSize(range.lowerBound)) to \(configuredSize(range.upperBound))",
      change, summary: summary, read: { $0.plainText == word ? .some(nil) : $0.size(in: range).map { .some($0) } },
      write: { .word($0.map(configuredSize) ?? word) })
  }

  static func path(
    _ path: String, _ member: any Member<String>, limit: Int = 4000, _ change: Change = .live, summary: String
  )
    -> Self
  {
    key(
      path, member, "a path that begins with '/', of \(limit) bytes at most", change, summary: summary,
      read: { $0.absolutePath(limit: limit) }, write: { .text($0) })
  }
}

extension ValueProblem {
  static func unfit(_ node: YAMLNode, for path: String, _ expectation: String) -> ValueProblem {
    let what = node.text.map { "'\(shortened($0))'" } ?? node.kind
    return ValueProblem(
      node, "\(path): \(what) is not \(expectation)",
      hint: expectation.contains("duration") || expectation.contains("size") ? node.unitHint : nil)
  }
}

/// A text as it may stand in a message.
func shortened(_ text: String) -> String {
  let clean = printable(text)
  return clean.count > 60 ? clean.prefix(57) + "…" : clean
}

/// Without control characters: they would reach a terminal or a journal.
func printable(_ text: some StringProtocol) -> String {
  var result = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    let isControl =
      scalar.value < 32 || (127..<160).contains(scalar.value) || (0x200b...0x200f).contains(scalar.value)
      || (0x2028...0x202e).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
    result.append(isControl ? "\u{fffd}" : scalar)
  }
  return String(result)
}
