internal import Commands
internal import Foundation
internal import Testing

@Suite struct CompletionTests {
  @Test(arguments: [
    ("aftertrace ex", ["export"]),
    ("aftertrace record --ma", ["--max-size"]),
    ("aftertrace export --to js", ["jsonl", "json"]),
    ("aftertrace export --to = js", ["jsonl", "json"]),
    ("aftertrace completions ", ["bash", "zsh", "fish"]),
    ("aftertrace help comp", ["completions"]),
    ("aftertrace record -- bash --no", []),
    ("aftertrace ps /etc/debian_ve", ["/etc/debian_version"]),
  ])
  func `bash completes commands, flags, choices and files`(line: String, words: [String]) throws {
    let script = """
      \(try #require(completions(for: "bash")))
      COMP_WORDS=(\(line.split(separator: " ").map { "'\($0)'" }.joined(separator: " "))\(line.hasSuffix(" ") ? " ''" : ""))
      COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
      _aftertrace
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    let (status, output) = try run("bash", ["-c", script])
    #expect(status == 0)
    #expect(output.split(separator: "\n").map(String.init) == words)
  }

  @Test func `bash can read its script`() throws { try expectReadable("bash") }

  @Test(.enabled(if: isInstalled("zsh"), "zsh is not installed"))
  func `zsh can read its script`() throws { try expectReadable("zsh") }

  @Test(.enabled(if: isInstalled("fish"), "fish is not installed"))
  func `fish can read its script`() throws { try expectReadable("fish") }

  @Test func `an unknown shell has no completions`() {
    #expect(completions(for: "csh") == nil)
  }
}

/// Whether the shell takes its own completion script for a script.
private func expectReadable(_ shell: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
  let script = FileManager.default.temporaryDirectory.appending(path: "completion-\(UUID().uuidString)")
  try #require(completions(for: shell)).write(to: script, atomically: true, encoding: .utf8)
  defer { try? FileManager.default.removeItem(at: script) }
  let (status, output) = try run(shell, ["-n", script.path])
  #expect(status == 0, "\(output)", sourceLocation: sourceLocation)
}

private func isInstalled(_ program: String) -> Bool {
  (try? run(program, ["--version"]).status) == 0
}

/// Runs a program of PATH; its status (127 when there is none) and all that it printed.
private func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
  let process = Process()
  process.executableURL = URL(filePath: "/usr/bin/env")
  process.arguments = [program] + arguments
  let pipe = Pipe()
  process.standardOutput = pipe
  process.standardError = pipe
  try process.run()
  let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
  process.waitUntilExit()
  return (process.terminationStatus, String(decoding: output, as: UTF8.self))
}
