extension Program {
  /// The man page, in man(7) macros.
  public var manualPage: String {
    var page = """
      .\\" Made by `\(name) man`; not edited by hand.
      .TH \(name.uppercased()) 1 "" "\(roff("\(name) \(version)"))" "User Commands"
      .SH NAME
      \(name) \\- \(roff(summary))
      .SH SYNOPSIS
      .B \(name)
      .I COMMAND
      .RI [ FLAGS ]
      .RI [ FILE ...]
      .SH DESCRIPTION

      """
    page += prose(discussion)
    for group in groups {
      page += ".SH \(roff(group.uppercased()))\n"
      for command in commands where command.group == group { page += section(on: command) }
    }
    page += ".SH FLAGS\n" + [Flag.help, .version].map(entry).joined()
    page += ".SH EXIT STATUS\n"
    for (status, meaning) in exitStatuses { page += ".TP\n.B \(status)\n\(roff(meaning))\n" }
    page += ".SH ENVIRONMENT\n"
    for (name, meaning) in environment { page += ".TP\n.B \(roff(name))\n\(roff(meaning))\n" }
    return page
  }

  private func section(on command: CommandDescription) -> String {
    var page = ".SS \"\(roff("\(name) \(command.usage)"))\"\n"
    page += prose(sentence(command.summary) + (command.discussion.isEmpty ? "" : "\n\n" + command.discussion))
    page += command.flags.map(entry).joined()
    for example in command.examples {
      page += ".PP\n\(roff(example.purpose)):\n.PP\n.RS\n.B \(roff(example.command))\n.RE\n"
    }
    return page
  }

  private func entry(_ flag: Flag) -> String {
    let names = (flag.short.map { ["-\($0)"] } ?? []) + ["--\(flag.name)"]
    var page = ".TP\n" + names.map { "\\fB\(roff($0))\\fR" }.joined(separator: ", ")
    if let value = flag.value { page += " \\fI\(roff(value.name))\\fR" }
    page += "\n\(roff(sentence(flag.fullSummary)))\n"
    for detail in flag.discussion.isEmpty ? [] : [flag.discussion] { page += "\(roff(detail))\n" }
    for choice in flag.value?.kind.choices ?? [] {
      page += ".br\n\\fB\(roff(choice.name))\\fR: \(roff(choice.summary))\n"
    }
    return page
  }

  private func prose(_ text: String) -> String {
    split(text).map { ".PP\n\(roff($0))\n" }.joined()
  }

  private func sentence(_ summary: String) -> String {
    summary.prefix(1).uppercased() + summary.dropFirst() + "."
  }
}

/// `text` as roff reads it literally: backslashes and dashes escaped, no line that could be taken for a request.
private func roff(_ text: String) -> String {
  var escaped = ""
  for character in text {
    switch character {
    case "\\": escaped += "\\e"
    case "-": escaped += "\\-"
    case "\"": escaped += "\\(dq"
    case "…": escaped += "..."
    case "\n": escaped += " "
    default: escaped.append(character)
    }
  }
  if escaped.hasPrefix(".") || escaped.hasPrefix("'") { escaped = "\\&" + escaped }
  return escaped
}
