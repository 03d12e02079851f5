/// A command line that means nothing: the facts. Their wording is ``message(program:)``; the exit status for them is 64.
public enum UsageError: Error, Equatable, Sendable {
  case missingCommand
  case unknownCommand(String, suggestion: String?)
  case unknownFlag(String, command: String?, suggestion: String?)
  case missingValue(flag: String, command: String, name: String, expectation: String)
  case unexpectedValue(String, flag: String, command: String)
  case invalidValue(String, flag: String, command: String, expectation: String)
  case repeatedFlag(String, command: String)
  case missingOperand(String, command: String, expectation: String)
  case unexpectedOperand(String, command: String)
  case invalidOperand(String, name: String, command: String, expectation: String, suggestion: String?)

  /// `EX_USAGE` of sysexits.h.
  public static let exitStatus: Int32 = 64
}

extension UsageError {
  /// What is wrong, then, after a line feed, what would help.
  ///
  /// - Parameter program: The program's name, for the remedies; the caller puts it before the message.
  public func message(program: String) -> String {
    switch self {
    case .missingCommand:
      "no command given\n  help: `\(program) help` lists them"
    case .unknownCommand(let name, let suggestion):
      "unknown command '\(name)'\n  help: "
        + (suggestion.map { "did you mean '\($0)'?" } ?? "`\(program) help` lists the commands")
    case .unknownFlag(let flag, let command, let suggestion):
      (command.map { "\($0): " } ?? "") + "unknown flag '\(flag)'\n  help: "
        + (suggestion.map { "did you mean '\($0)'?" }
          ?? (command.map { "`\(program) help \($0)` lists its flags" } ?? "flags follow the command: `\(program) help`"))
    case .missingValue(let flag, let command, let name, let expectation):
      "\(command): '\(flag)' lacks its value\n  help: `\(flag) \(name)` wants \(expectation)"
    case .unexpectedValue(let value, let flag, let command):
      "\(command): '\(flag)' takes no value, and got '\(value)'"
    case .invalidValue(let value, let flag, let command, let expectation):
      "\(command): \(flag): '\(value)' is not \(expectation)"
    case .repeatedFlag(let flag, let command):
      "\(command): '\(flag)' is given twice"
    case .missingOperand(let name, let command, let expectation):
      "\(command): \(name) is missing\n  help: `\(program) \(command)` wants \(expectation)"
    case .unexpectedOperand(let value, let command):
      "\(command): '\(value)' is one argument too many\n  help: `\(program) help \(command)` shows what it takes"
    case .invalidOperand(let value, let name, let command, let expectation, let suggestion):
      "\(command): \(name): '\(value)' is not \(expectation)"
        + (suggestion.map { "\n  help: did you mean '\($0)'?" } ?? "")
    }
  }
}

/// The candidate that `typed` most likely stands for; nil when none is close.
///
/// Close is a Damerau–Levenshtein distance (with neighbours swapped as one step) of at most a third of the length, or
/// a candidate that begins with what was typed.
public func suggestion<Name: StringProtocol>(for typed: Name, among candidates: [Name]) -> Name? {
  let limit = max(1, typed.count / 3)
  let near = candidates.map { (name: $0, distance: distance(Array(typed), Array($0))) }
    .filter { $0.distance <= limit }.min { $0.distance < $1.distance }
  if let near { return near.name }
  let longer = candidates.filter { typed.count >= 2 && $0.hasPrefix(typed) }
  return longer.count == 1 ? longer[0] : nil
}

private func distance(_ left: [Character], _ right: [Character]) -> Int {
  // What is typed may be any length; a name is not.
  if abs(left.count - right.count) > 8 { return .max }
  var rows = [Array(0...right.count)]
  for row in 1..<max(left.count + 1, 1) {
    var line = [row]
    for column in 1..<max(right.count + 1, 1) {
      let same = left[row - 1] == right[column - 1]
      var best = min(rows[row - 1][column] + 1, line[column - 1] + 1, rows[row - 1][column - 1] + (same ? 0 : 1))
      if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
        best = min(best, rows[row - 2][column - 2] + 1)
      }
      line.append(best)
    }
    rows.append(line)
  }
  return rows[left.count][right.count]
}
