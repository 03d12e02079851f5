internal import Arguments
internal import YAML

extension YAMLNode {
  /// YAML 1.1 would read a plain `off` as a truth value; here it is the word.
  var isOff: Bool { plainText == "off" }

  func duration(in range: ClosedRange<Duration>) -> Duration? {
    guard let text, let value = parseDuration(text) ?? (text == "0" ? .zero : nil) else { return nil }
    return range.contains(value) ? value : nil
  }

  func size(in range: ClosedRange<UInt64>) -> UInt64? {
    guard let text, let value = parseSize(text) else { return nil }
    return range.contains(value) ? value : nil
  }

  func share(in range: ClosedRange<Int>) -> Int? {
    guard let text, let value = parseShare(text) else { return nil }
    return range.contains(value) ? value : nil
  }

  func integer(in range: ClosedRange<Int64>) -> Int64? {
    guard let value = integer else { return nil }
    return range.contains(value) ? value : nil
  }

  func absolutePath(limit: Int) -> String? {
    guard let text, text.hasPrefix("/"), text.utf8.count <= limit, !text.utf8.contains(0) else { return nil }
    return text
  }

  /// A list of scalars, each taken by `read`; nil when one is not.
  func list<Value>(_ read: (YAMLNode) -> Value?) -> [Value]? {
    guard case .sequence(let nodes) = content else { return nil }
    var values: [Value] = []
    for node in nodes {
      guard let value = read(node) else { return nil }
      values.append(value)
    }
    return values
  }

  /// What a number without a unit most likely meant.
  var unitHint: String? {
    if let number = integer, number > 0 { return "a number needs its unit, such as \(number)s or \(number)MiB" }
    return nil
  }
}
