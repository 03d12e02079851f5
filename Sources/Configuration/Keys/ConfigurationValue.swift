/// A value as a file would give it.
public indirect enum ConfigurationValue: Hashable, Sendable {
  /// A word, size or duration that needs no quotes.
  case word(String)
  /// Any text.
  case text(String)
  case number(Int64)
  case flag(Bool)
  case list([ConfigurationValue])
  case map([Member])

  public struct Member: Hashable, Sendable {
    public var key: String
    public var value: ConfigurationValue

    public init(_ key: String, _ value: ConfigurationValue) {
      self.key = key
      self.value = value
    }
  }
}

extension ConfigurationValue {
  /// In one line of YAML.
  public var yaml: String {
    switch self {
    case .word(let word): word
    case .text(let text): Self.isPlain(text) ? text : Self.quoted(text)
    case .number(let number): "\(number)"
    case .flag(let flag): flag ? "true" : "false"
    case .list(let values): "[" + values.map(\.yaml).joined(separator: ", ") + "]"
    case .map(let members): "{" + members.map { "\($0.key): \($0.value.yaml)" }.joined(separator: ", ") + "}"
    }
  }

  /// Whether YAML takes the text for itself without quotes, anywhere.
  private static func isPlain(_ text: String) -> Bool {
    guard let first = text.unicodeScalars.first, first == "/" || isLetter(first) else { return false }
    let isWord = text.unicodeScalars.allSatisfy {
      isLetter($0) || ("0"..."9").contains($0) || "/._-".unicodeScalars.contains($0)
    }
    return isWord && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
  }

  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case _ where scalar.value < 32 || (127..<160).contains(scalar.value):
        let digits = String(scalar.value, radix: 16)
        result += "\\x" + (digits.count < 2 ? "0" : "") + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
