/// A place in a text: line and column, both counted from 1, the column in Unicode scalars.
public struct YAMLPlace: Hashable, Sendable, Comparable, CustomStringConvertible {
  public var line: Int
  public var column: Int

  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  public static func < (left: Self, right: Self) -> Bool { (left.line, left.column) < (right.line, right.column) }
  public var description: String { "line \(line), column \(column)" }
}

/// How a scalar was written. Only a plain one can mean a number, a truth value or nothing; `"yes"` is always a text.
public enum YAMLStyle: Hashable, Sendable {
  case plain, singleQuoted, doubleQuoted, literal, folded
}

/// A part of a YAML document: text, list or map, and where it stands.
///
/// Scalars are texts. What they mean is for the reader of the document to say, so none becomes a number or a truth
/// value by looking like one (`NO`, `1e3`, `12:30`).
public struct YAMLNode: Sendable {
  public enum Content: Sendable {
    case scalar(String, YAMLStyle)
    case sequence([YAMLNode])
    case mapping([YAMLEntry])
  }

  public var content: Content
  /// Where it begins.
  public var place: YAMLPlace
  /// Behind its last character; for a block, where the next thing begins.
  public var end: YAMLPlace
  /// As written: `!!str` is `tag:yaml.org,2002:str`. Nil when there is none.
  public var tag: String?

  public init(_ content: Content, at place: YAMLPlace, end: YAMLPlace, tag: String? = nil) {
    self.content = content
    self.place = place
    self.end = end
    self.tag = tag
  }
}

/// A key of a map, and what it stands for. Keys are scalars, each once, in the order of the text.
public struct YAMLEntry: Sendable {
  public var key: String
  public var keyPlace: YAMLPlace
  public var keyStyle: YAMLStyle
  public var value: YAMLNode

  public init(key: String, keyPlace: YAMLPlace, keyStyle: YAMLStyle, value: YAMLNode) {
    self.key = key
    self.keyPlace = keyPlace
    self.keyStyle = keyStyle
    self.value = value
  }
}

extension YAMLNode {
  /// The value of `key`; nil when there is none or this is no map.
  public subscript(key: String) -> YAMLNode? { entries.first { $0.key == key }?.value }

  /// The text of a scalar, however it is written.
  public var text: String? {
    if case .scalar(let text, _) = content { text } else { nil }
  }

  /// The text of a plain scalar: the only one that may be a number, a truth value or nothing.
  public var plainText: String? {
    if case .scalar(let text, .plain) = content { text } else { nil }
  }

  /// The elements; none when this is no list.
  public var elements: [YAMLNode] {
    if case .sequence(let nodes) = content { nodes } else { [] }
  }

  /// The entries; none when this is no map.
  public var entries: [YAMLEntry] {
    if case .mapping(let entries) = content { entries } else { [] }
  }

  /// Nothing: an empty plain scalar, `null` or `~`.
  public var isNull: Bool { plainText.map { ["", "~", "null", "Null", "NULL"].contains($0) } ?? false }

  /// `true` or `false`. The words of YAML 1.1 (`yes`, `on`, `NO`) are texts, as in YAML 1.2.
  public var bool: Bool? {
    switch plainText {
    case "true", "True", "TRUE": true
    case "false", "False", "FALSE": false
    default: nil
    }
  }

  /// A decimal number without sign, point or leading zeros, as far as 64 bits reach.
  public var integer: Int64? {
    guard let text = plainText, let value = Int64(text), String(value) == text else { return nil }
    return value
  }

  /// What it is, for messages: "a list".
  public var kind: String {
    switch content {
    case .scalar where isNull: "nothing"
    case .scalar: "a text"
    case .sequence: "a list"
    case .mapping: "a map"
    }
  }
}

extension YAMLNode {
  /// Whether both mean the same: content, quoting and tags, wherever they stand.
  public func hasSameMeaning(as other: YAMLNode) -> Bool {
    guard tag == other.tag else { return false }
    switch (content, other.content) {
    case (.scalar(let left, let leftStyle), .scalar(let right, let rightStyle)):
      return left == right && (leftStyle == .plain) == (rightStyle == .plain)
    case (.sequence(let left), .sequence(let right)):
      return left.count == right.count && zip(left, right).allSatisfy { $0.hasSameMeaning(as: $1) }
    case (.mapping(let left), .mapping(let right)):
      return left.count == right.count
        && zip(left, right).allSatisfy { $0.key == $1.key && $0.value.hasSameMeaning(as: $1.value) }
    default: return false
    }
  }
}
