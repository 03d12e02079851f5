extension Program {
  /// Completions for fish.
  public var fishCompletion: String {
    var script = """
      # Completions of \(name) for fish. Made by `\(name) completions fish`; not edited by hand.

      # The containers of the capture files on the line; without any, those that run.
      function __\(name)_containers
          set -l found
          for word in (commandline -opc)[3..-1]
              if test -f $word
                  set found 1
                  \(name) containers --json $word 2>/dev/null | string replace -rf '.*"container\\.name":"([^"]*)".*' '$1'
              end
          end
          test -n "$found"; or docker ps --format '{{.Names}}' 2>/dev/null; or podman ps --format '{{.Names}}' 2>/dev/null
      end

      complete -c \(name) -f
      complete -c \(name) -n __fish_use_subcommand -s V -l version -d 'print the version'
      complete -c \(name) -s h -l help -d 'print help'

      """
    for command in commands {
      script += "\ncomplete -c \(name) -n __fish_use_subcommand -a \(command.name) -d \(fish(command.summary))\n"
      let here = "complete -c \(name) -n '__fish_seen_subcommand_from \(command.name)'"
      for flag in command.flags {
        var line = here + (flag.short.map { " -s \($0)" } ?? "") + " -l \(flag.name)"
        if let value = flag.value { line += (value.kind == .file ? " -r" : " -x") + arguments(of: value.kind) }
        script += "\(line) -d \(fish(flag.summary))\n"
      }
      for operand in command.operands {
        let arguments = arguments(of: operand.kind)
        if !arguments.isEmpty { script += here + arguments + "\n" }
      }
      if command.trailing != nil {
        script += here + " -a '(__fish_complete_subcommand --fcs-skip=2)'\n"
      }
    }
    return script
  }

  private func arguments(of kind: ValueKind) -> String {
    switch kind {
    case .file: " -F"
    case .container: " -a '(__\(name)_containers)'"
    case .choice(let choices), .choiceOrTime(let choices):
      " -a " + fish(choices.map { "\($0.name)\\t\(fish($0.summary))" }.joined(separator: " "))
    case .commandName: " -a " + fish(commands.map(\.name).joined(separator: " "))
    case .text, .duration, .size, .time, .commandLine: ""
    }
  }

  /// Fish's single quotes know two escapes.
  private func fish(_ text: String) -> String {
    text.reduce(into: "'") { quoted, character in
      if character == "'" || character == "\\" { quoted.append("\\") }
      quoted.append(character)
    } + "'"
  }
}
