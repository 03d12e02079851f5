internal import Arguments

/// The completion script for one of the shells that ``program`` declares; nil for any other.
public func completions(for shell: String) -> String? {
  switch shell {
  case "bash": program.bashCompletion
  case "zsh": program.zshCompletion
  case "fish": program.fishCompletion
  default: nil
  }
}

/// The man page, as roff.
public func manPage() -> String { program.manualPage }

/// Help on one command, or on the program when `command` is nil.
public func helpText(on command: String?, isLong: Bool, isColoured: Bool) -> String {
  let style = HelpStyle(isColoured: isColoured)
  guard let command = command.flatMap({ program.command(named: $0) }) else {
    return program.help(isLong: isLong, style: style)
  }
  return program.help(on: command, isLong: isLong, style: style)
}
