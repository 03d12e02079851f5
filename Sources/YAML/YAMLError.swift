/// Why a text is refused: the facts. The wording is ``description``.
public struct YAMLError: Error, Equatable, Sendable {
  public enum Reason: Equatable, Sendable {
    /// What libyaml says, and what it was reading then.
    case syntax(String, context: String?)
    /// Not UTF-8, or a control character.
    case encoding(String)
    case duplicateKey(String, first: YAMLPlace)
    /// A key that is a list, a map or an alias of one.
    case keyIsNoText
    case unknownAlias(String)
    /// An alias of what it stands in.
    case aliasOfItself(String)
    case tooLong(limit: Int)
    case tooDeep(limit: Int)
    /// Counting what aliases stand for.
    case tooManyNodes(limit: Int)
  }

  public var reason: Reason
  public var place: YAMLPlace

  public init(_ reason: Reason, at place: YAMLPlace) {
    self.reason = reason
    self.place = place
  }
}

extension YAMLError: CustomStringConvertible {
  /// What is wrong, without the place.
  public var description: String {
    switch reason {
    case .syntax(let problem, let context): context.map { "\(problem), \($0)" } ?? problem
    case .encoding(let problem): problem
    case .duplicateKey(let key, let first): "the key '\(key)' is here twice: first in line \(first.line)"
    case .keyIsNoText: "a key has to be a text"
    case .unknownAlias(let name): "nothing before is named '&\(name)'"
    case .aliasOfItself(let name): "'*\(name)' stands inside of what it names"
    case .tooLong(let limit): "longer than \(limit) bytes"
    case .tooDeep(let limit): "nested deeper than \(limit) levels"
    case .tooManyNodes(let limit): "more than \(limit) values, counting what aliases stand for"
    }
  }

  /// What would help; nil where the description says it.
  public var remedy: String? {
    switch reason {
    case .syntax(let problem, _) where problem.contains("cannot start any token"):
      "indent with spaces, not tabs; put quotes around a text that begins with @, `, % or a tab"
    case .syntax(let problem, _) where problem.contains("mapping values are not allowed"):
      "put quotes around a text with ': ' in it, and check the indentation"
    case .encoding: "the text has to be UTF-8"
    default: nil
    }
  }
}
