extension Program {
  /// A completion function for zsh, to be found as `_NAME` in `fpath`.
  public var zshCompletion: String {
    var script = """
      #compdef \(name)
      # Completions of \(name) for zsh. Made by `\(name) completions zsh`; not edited by hand.

      # The containers of the capture files on the line; without any, those that run.
      _\(name)_containers() {
        local word found
        local -a names
        for word in ${words[2,-1]}; do
          if [[ -f $word ]]; then
            found=1
            names+=(${(f)"$(\(name) containers --json $word 2>/dev/null | sed -n 's/.*"container\\.name":"\\([^"]*\\)".*/\\1/p')"})
          fi
        done
        if [[ -z $found ]]; then
          names=(${(f)"$({ docker ps --format '{{.Names}}' || podman ps --format '{{.Names}}' } 2>/dev/null)"})
        fi
        compadd -a names
      }

      _\(name)() {
        local -a commands
        local curcontext=$curcontext state line
        commands=(

      """
    for command in commands { script += "    \(quoted("\(command.name):\(command.summary)"))\n" }
    script += """
        )
        _arguments -C '(-h --help)'{-h,--help}'[print help]' '(-V --version)'{-V,--version}'[print the version]' \\
          '1: :->command' '*:: :->rest'
        case $state in
          command) _describe -t commands command commands ;;
          rest)
            case $words[1] in

      """
    for command in commands {
      script += "        \(command.name))\n"
      if command.trailing != nil {
        // What follows `--` is a command line of its own.
        script += """
                    local index=${words[(i)--]}
                    if ((index < CURRENT)); then
                      shift $index words
                      ((CURRENT -= index))
                      _normal
                      return
                    fi

          """
      }
      script += "          _arguments -s -S \\\n"
      for flag in command.flags { script += "            \(zsh(flag)) \\\n" }
      script += "            '(-h --help)'{-h,--help}'[print help]'"
      for operand in command.operands {
        let position = operand.isRepeatable ? "*" : ""
        script += " \\\n            " + quoted("\(position):\(escaped(operand.name)):\(action(operand.kind))")
      }
      script += "\n          ;;\n"
    }
    return script + """
            esac
            ;;
        esac
      }

      _\(name) "$@"

      """
  }

  private func zsh(_ flag: Flag) -> String {
    let long = "--\(flag.name)"
    let text = "[\(escaped(flag.summary))]" + (flag.value.map { ":\($0.name):\(action($0.kind))" } ?? "")
    let equals = flag.value == nil ? "" : "="
    // A letter takes its value attached or apart (`+`), a long name after `=` or apart.
    guard let short = flag.short else {
      return quoted((flag.isRepeatable ? "*" : "") + long + equals + text)
    }
    let names = "{-\(short)\(flag.value == nil ? "" : "+"),\(long)\(equals)}"
    return quoted(flag.isRepeatable ? "*" : "(-\(short) \(long))") + names + quoted(text)
  }

  private func action(_ kind: ValueKind) -> String {
    switch kind {
    case .file: "_files"
    case .container: "_\(name)_containers"
    case .choice(let choices), .choiceOrTime(let choices):
      "((" + choices.map { "\($0.name)\\:\(quoted(escaped($0.summary)))" }.joined(separator: " ") + "))"
    case .commandName: "(" + commands.map(\.name).joined(separator: " ") + ")"
    case .commandLine: "_command_names"
    case .text, .duration, .size, .time: " "
    }
  }

  private func escaped(_ text: String) -> String {
    text.reduce(into: "") { escaped, character in
      if "[]:\\".contains(character) { escaped.append("\\") }
      escaped.append(character)
    }
  }
}

/// `text` between single quotes, for any shell.
func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }
