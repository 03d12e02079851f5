internal import Glibc
internal import Posix

/// A command that waits until the probes are live, so that not its first call is missed.
///
/// The program starts itself with ``holdFlag``: that process stops itself, and when it is continued becomes the command.
public final class HeldCommand {
  public static let holdFlag = "--hold-until-recorded"
  private let child: ChildProcess
  private(set) var status: Int32?
  var pid: Int32 { child.pid }

  init(_ words: [String]) throws(SystemError) {
    var launch = ProgramLaunch(
      "/proc/self/exe", [Self.holdFlag] + words, input: StandardStream.input.rawValue,
      output: StandardStream.output.rawValue, errorOutput: StandardStream.error.rawValue)
    launch.hasOwnGroup = false
    child = try ChildProcess(starting: launch)
    guard try child.waitUntilStopped() else { throw SystemError(call: "posix_spawn", subject: words[0], code: ECHILD) }
  }

  /// Lets the command begin.
  func release() { try? child.signal(SIGCONT) }

  /// Whether it is over; then ``status`` is what wait(2) gave.
  func endIfOver() -> Bool {
    if status != nil { return true }
    guard let end = try? child.endIfOver() else { return false }
    switch end {
    case .exited(let code): status = code << 8
    case .signalled(let signal): status = signal
    }
    return true
  }

  /// What the held process does: waits, then becomes the command. Returns the exit status when it cannot.
  public static func hold(thenRun words: [String]) -> Int32 {
    stopThisProcess()
    let error = becomeProgram(words)
    try? StandardStream.error.write("aftertrace: \(error)\n")
    return 127
  }
}
