internal import CaptureFormat

/// What a program that was run is, as a shell: somebody types into it, or it hangs on a socket.
enum ShellInvocation {
  private static let names: Set<String> = [
    "sh", "bash", "dash", "ash", "zsh", "fish", "ksh", "mksh", "lksh", "csh", "tcsh", "rbash", "hush", "pwsh",
  ]

  /// - Parameters:
  ///   - arguments: As the kernel holds them; the first says as what a busybox is run.
  ///   - streams: As `at_image` has them: bit n says that descriptor n is a terminal, bit n + 4 that it is a socket.
  static func marks(_ arguments: [[UInt8]], executable: [UInt8]?, streams: UInt32) -> ProcessFlags {
    guard isShell(arguments.first ?? executable ?? []) else { return [] }
    var marks = ProcessFlags()
    let use = use(of: arguments.dropFirst())
    let readsTerminal = streams & 1 != 0
    if use == .interactive || readsTerminal && use == .standardInput { marks.insert(.interactiveShell) }
    if streams & 0x10 != 0, use != .command { marks.insert(.socketShell) }
    return marks
  }

  /// `-bash`, `/bin/sh`.
  private static func isShell(_ word: [UInt8]) -> Bool {
    var name = word[((word.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1)...]
    if name.first == UInt8(ascii: "-") { name = name.dropFirst() }
    return name.count < 8 && names.contains(String(decoding: name, as: UTF8.self))
  }

  private enum Use { case interactive, command, standardInput }

  /// Where the shell takes its commands from.
  private static func use(of words: ArraySlice<[UInt8]>) -> Use {
    var use = Use.standardInput
    for word in words {
      if word == Array("--interactive".utf8) { return .interactive }
      if word.starts(with: Array("--".utf8)) { continue }
      guard word.count > 1, word[0] == UInt8(ascii: "-") || word[0] == UInt8(ascii: "+") else {
        // An operand: a script, unless -s said otherwise, which need not be told apart from it here.
        return .command
      }
      guard word[0] == UInt8(ascii: "-") else { continue }
      if word.contains(UInt8(ascii: "i")) { return .interactive }
      if word.contains(UInt8(ascii: "c")) { use = .command }
    }
    return use
  }
}
