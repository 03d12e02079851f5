/// What a command line asks for.
public enum Request: Sendable {
  case run(Invocation)
  /// Help on one command, or on the program.
  case help(command: String?, isLong: Bool)
  case version
}

/// A command with its checked values.
public struct Invocation: Sendable {
  public let command: CommandDescription
  /// What was typed before any `--` that starts a command line, flags taken out.
  public internal(set) var operands: [String] = []
  /// The command line after `--`; nil when there was no `--`.
  public internal(set) var trailing: [String]?
  /// By the flags' long names, in the order typed; a switch has an empty list.
  var typed: [String: [String]] = [:]

  init(_ command: CommandDescription) { self.command = command }
}

extension Invocation {
  /// Whether the flag was typed.
  ///
  /// - Precondition: The command declares `flag`; asking for another is a mistake in the program.
  public func isSet(_ flag: String) -> Bool {
    _ = declaration(of: flag)
    return typed[flag] != nil
  }

  /// Every value of a repeatable flag, in the order typed.
  public func values(of flag: String) -> [String] {
    _ = declaration(of: flag)
    return typed[flag] ?? []
  }

  /// The flag's value, or its default; nil when it has neither.
  public func value(of flag: String) -> String? {
    let standard = declaration(of: flag).value?.standard
    return typed[flag]?.last ?? standard
  }

  /// The value of a ``ValueKind/duration`` flag.
  public func duration(of flag: String) -> Duration? { value(of: flag).flatMap { parseDuration($0) } }

  /// The value of a ``ValueKind/size`` flag, in bytes.
  public func size(of flag: String) -> UInt64? { value(of: flag).flatMap { parseSize($0) } }

  /// The value of a ``ValueKind/time`` flag, or the time of a ``ValueKind/choiceOrTime(_:)`` one.
  public func time(of flag: String) -> TimeExpression? { values(of: flag).lazy.compactMap(TimeExpression.init).first }

  /// The value of a ``ValueKind/choice(_:)`` flag, or the word of a ``ValueKind/choiceOrTime(_:)`` one; or its default.
  public func choice(of flag: String) -> String? {
    let value = declaration(of: flag).value
    let names = value?.kind.choices.map(\.name) ?? []
    return typed[flag]?.first { names.contains($0) } ?? value?.standard
  }

  private func declaration(of flag: String) -> Flag {
    guard let declared = command.flags.first(where: { $0.name == flag }) else {
      preconditionFailure("\(command.name) declares no flag --\(flag)")
    }
    return declared
  }
}
