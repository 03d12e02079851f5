public import YAML

/// Something wrong in a configuration file, or worth a warning: the facts and their wording.
public struct ConfigurationProblem: Error, Hashable, Sendable {
  public var path: String
  /// Nil when the file itself is the problem.
  public var place: YAMLPlace?
  public var message: String
  /// The line it is about, as far as it can be shown.
  public var line: String?
  /// How many characters of the line are meant.
  public var length = 1
  /// Stands behind the underlining.
  public var hint: String?
  public var remedy: String?
  /// The configuration holds all the same.
  public var isWarning = false

  public init(path: String, place: YAMLPlace? = nil, message: String, remedy: String? = nil) {
    self.path = path
    self.place = place
    self.message = message
    self.remedy = remedy
  }
}

extension ConfigurationProblem: CustomStringConvertible {
  /// As it is printed behind the program's name:
  ///
  /// ```
  /// /etc/aftertrace/aftertrace.yaml:3:3: unknown key 'bugdet'
  ///   bugdet: 256MiB
  ///   ^^^^^^ did you mean 'budget'?
  /// ```
  public var description: String {
    var text = printable(path)
    if let place { text += ":\(place.line):\(place.column)" }
    text += ": \(isWarning ? "warning: " : "")\(message)"
    if let excerpt { text += "\n  \(excerpt.text)\n  \(excerpt.marks)" }
    if let hint, excerpt == nil { text += "\n  help: \(hint)" }
    if let remedy { text += "\n  help: \(remedy)" }
    return text
  }

  private static let width = 100

  /// The line, cut around the place, and what underlines it. Each character is as wide as it is counted but for wide
  /// ones, which nobody uses in keys.
  private var excerpt: (text: String, marks: String)? {
    guard let line, let place else { return nil }
    let characters = Array(line.unicodeScalars)
    guard place.column <= characters.count + 1 else { return nil }
    let first = place.column > Self.width - 20 ? place.column - 20 : 1
    let last = min(characters.count, first + Self.width - 1)
    let shown = first <= last ? characters[(first - 1)..<last] : []
    // The indentation says nothing here; the marks move with it.
    let margin = first == 1 ? min(shown.prefix { $0 == " " }.count, place.column - 1) : 0
    var text = String.UnicodeScalarView()
    text.append(contentsOf: shown.dropFirst(margin))
    let column = place.column - first - margin
    let count = max(1, min(length, shown.count - margin - column))
    let marks = String(repeating: " ", count: column) + String(repeating: "^", count: count)
    return (
      (first > 1 ? "…" : "") + printable(String(text)) + (last < characters.count ? "…" : ""),
      (first > 1 ? " " : "") + marks + (hint.map { " " + $0 } ?? "")
    )
  }
}

/// A configuration that cannot be used: everything that is wrong with it, in the order of files and lines.
public struct InvalidConfiguration: Error, Sendable {
  public var problems: [ConfigurationProblem]

  public init(_ problems: [ConfigurationProblem]) { self.problems = problems }
}
