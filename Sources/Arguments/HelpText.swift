/// How help is drawn.
public struct HelpStyle: Sendable {
  /// Columns of a line. Wider terminals do not get longer lines: nobody reads 200 columns of prose.
  public var width = 80
  /// Whether headings and names are bold. For a terminal only.
  public var isColoured: Bool

  public init(isColoured: Bool) { self.isColoured = isColoured }

  func heading(_ text: String) -> String { isColoured ? "\u{1b}[1;4m\(text)\u{1b}[0m" : text }
  func name(_ text: String) -> String { isColoured ? "\u{1b}[1m\(text)\u{1b}[0m" : text }
}

extension Program {
  /// Help on the program: its commands by group. The long form adds the discussion, exit statuses and environment.
  public func help(isLong: Bool, style: HelpStyle) -> String {
    var page = Page(style: style)
    page.line("\(style.name(name)): \(summary)")
    page.line("\(style.heading("Usage:")) \(name) COMMAND [FLAGS] [FILE…]")
    if isLong { page.paragraphs(discussion) }
    for group in groups {
      page.heading(group)
      for command in commands where command.group == group { page.entry(command.name, [command.summary]) }
    }
    page.heading("Flags")
    for flag in [Flag.help, .version] { page.entry(flag.label, [flag.summary]) }
    if isLong {
      page.heading("Exit status")
      for (status, meaning) in exitStatuses { page.entry("\(status)", [meaning]) }
      page.heading("Environment")
      for (name, meaning) in environment { page.entry(name, [meaning]) }
    }
    page.blank()
    page.line("`\(name) help COMMAND` says more about one.")
    return page.text
  }

  /// Help on one command. The short form has a line a flag.
  public func help(on command: CommandDescription, isLong: Bool, style: HelpStyle) -> String {
    var page = Page(style: style)
    page.line("\(style.name("\(name) \(command.name)")): \(command.summary)")
    page.line("\(style.heading("Usage:")) \(name) \(command.usage)")
    if isLong { page.paragraphs(command.discussion) }
    let operands = command.operands + (command.trailing.map { [$0] } ?? [])
    if !operands.isEmpty {
      page.heading("Arguments")
      for operand in operands { page.entry(operand.name, [operand.summary] + operand.kind.lines) }
    }
    page.heading("Flags")
    for flag in command.flags + [.help] {
      page.entry(flag.label, [flag.fullSummary] + (isLong ? flag.details : []))
    }
    if isLong, !command.examples.isEmpty {
      page.heading("Examples")
      for example in command.examples {
        page.wrapped("\(example.purpose):", indentation: 2)
        page.line("    " + style.name(example.command))
      }
    }
    if !isLong {
      page.blank()
      page.line("`\(name) help \(command.name)` says more.")
    }
    return page.text
  }
}

extension Flag {
  /// Such as `-o, --output FILE`, the long names in one column whether there is a letter or not.
  var label: String {
    (short.map { "-\($0), " } ?? "    ") + "--\(name)" + (value.map { " \($0.name)" } ?? "")
  }

  var fullSummary: String {
    var notes: [String] = []
    if let standard = value?.standard { notes.append("default \(standard)") }
    if isRepeatable { notes.append("repeatable") }
    return notes.isEmpty ? summary : "\(summary) (\(notes.joined(separator: "; ")))"
  }

  /// The long help's further lines.
  var details: [String] {
    (discussion.isEmpty ? [] : [discussion]) + (value?.kind.lines ?? [])
  }
}

extension ValueKind {
  /// A line for each word that may be given.
  var lines: [String] { choices.map { "\($0.name): \($0.summary)" } }
}

/// Text under construction, wrapped to a width.
struct Page {
  let style: HelpStyle
  private(set) var text = ""

  init(style: HelpStyle) { self.style = style }

  mutating func line(_ line: String) { text += line + "\n" }

  mutating func blank() { text += "\n" }

  mutating func heading(_ heading: String) {
    blank()
    line(style.heading("\(heading):"))
  }

  mutating func paragraphs(_ prose: String) {
    for paragraph in split(prose) {
      blank()
      wrapped(paragraph, indentation: 0)
    }
  }

  mutating func wrapped(_ prose: String, indentation: Int) {
    for piece in wrap(prose, to: style.width - indentation) {
      line(String(repeating: " ", count: indentation) + piece)
    }
  }

  /// A name, and beside it (below it, if the name is long) what it means.
  mutating func entry(_ label: String, _ meanings: [String]) {
    let column = 28
    var pieces = meanings.flatMap { wrap($0, to: style.width - column) }[...]
    if label.count + 4 <= column, let first = pieces.popFirst() {
      let gap = String(repeating: " ", count: column - 2 - label.count)
      line("  \(style.name(label))\(gap)\(first)")
    } else {
      line("  \(style.name(label))")
    }
    for piece in pieces { line(String(repeating: " ", count: column) + piece) }
  }
}

/// The paragraphs of `prose`: what empty lines part.
func split(_ prose: String) -> [String] {
  prose.split(separator: "\n\n").map { $0.split(separator: "\n").joined(separator: " ") }
}

/// Breaks at spaces so that no line is longer than `width`, unless one word is.
func wrap(_ prose: String, to width: Int) -> [String] {
  var lines: [String] = []
  var line = ""
  for word in prose.split(separator: " ") {
    if !line.isEmpty, line.count + 1 + word.count > width {
      lines.append(line)
      line = ""
    }
    line += (line.isEmpty ? "" : " ") + word
  }
  if !line.isEmpty { lines.append(line) }
  return lines
}
