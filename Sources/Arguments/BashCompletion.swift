extension Program {
  /// A completion script for bash; needs no bash-completion package.
  public var bashCompletion: String {
    var script = """
      # Completions of \(name) for bash. Made by `\(name) completions bash`; not edited by hand.

      # The containers of the capture files on the line; without any, those that run.
      _\(name)_containers() {
        local word found=
        for word in "${COMP_WORDS[@]:2}"; do
          if [[ -f $word ]]; then
            found=1
            \(name) containers --json "$word" 2>/dev/null | sed -n 's/.*"container\\.name":"\\([^"]*\\)".*/\\1/p'
          fi
        done
        [[ -n $found ]] || { docker ps --format '{{.Names}}' || podman ps --format '{{.Names}}'; } 2>/dev/null
      }

      _\(name)() {
        local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} flags= files=
        local IFS=$' \\t\\n' index
        COMPREPLY=()
        # `--flag=value` arrives as three words.
        if [[ $previous == = ]]; then previous=${COMP_WORDS[COMP_CWORD - 2]}; fi
        if [[ $current == = ]]; then current=; fi
        if ((COMP_CWORD == 1)); then
          COMPREPLY=($(compgen -W '\(words(commands.map(\.name) + ["--help", "--version"]))' -- "$current"))
          return
        fi
        case ${COMP_WORDS[1]} in

      """
    for command in commands { script += bash(command) }
    script += """
        esac
        if [[ $current == -* ]]; then
          COMPREPLY=($(compgen -W "$flags --help" -- "$current"))
        elif [[ -n $files ]]; then
          compopt -o filenames 2>/dev/null
          mapfile -t COMPREPLY < <(compgen -f -- "$current")
        fi
      }

      complete -F _\(name) \(name)

      """
    return script
  }

  private func bash(_ command: CommandDescription) -> String {
    var lines = ["    \(command.name))"]
    if command.trailing != nil {
      lines += [
        "      for ((index = 2; index < COMP_CWORD; index++)); do",
        "        if [[ ${COMP_WORDS[index]} == -- ]]; then",
        "          if ((index + 1 == COMP_CWORD)); then",
        "            mapfile -t COMPREPLY < <(compgen -c -- \"$current\")",
        "          else",
        "            mapfile -t COMPREPLY < <(compgen -f -- \"$current\")",
        "          fi",
        "          return",
        "        fi",
        "      done",
      ]
    }
    lines.append("      case $previous in")
    for flag in command.flags {
      guard let value = flag.value else { continue }
      let names = ["--\(flag.name)"] + (flag.short.map { ["-\($0)"] } ?? [])
      lines.append("        \(names.joined(separator: " | "))) \(bash(value.kind)); return ;;")
    }
    lines.append("      esac")
    lines.append(
      "      flags='\(words(command.flags.map { "--\($0.name)" } + (command.trailing == nil ? [] : ["--"])))'")
    for operand in command.operands {
      switch operand.kind {
      case .file: lines.append("      files=1")
      case .choice, .commandName:
        lines.append("      [[ $current == -* ]] || \(bash(operand.kind))")
      default: break
      }
    }
    lines.append("      ;;")
    return lines.joined(separator: "\n") + "\n"
  }

  private func bash(_ kind: ValueKind) -> String {
    switch kind {
    case .file: "compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$current\")"
    case .container: "COMPREPLY=($(compgen -W \"$(_\(name)_containers)\" -- \"$current\"))"
    case .choice(let choices), .choiceOrTime(let choices):
      "COMPREPLY=($(compgen -W '\(words(choices.map(\.name)))' -- \"$current\"))"
    case .commandName: "COMPREPLY=($(compgen -W '\(words(commands.map(\.name)))' -- \"$current\"))"
    case .commandLine: "mapfile -t COMPREPLY < <(compgen -c -- \"$current\")"
    case .text, .duration, .size, .time: ":"
    }
  }

  private func words(_ names: [String]) -> String { names.joined(separator: " ") }
}
