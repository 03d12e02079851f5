/// What is done with each capture once it is closed.
public enum CaptureHook: Hashable, Sendable {
  /// Runs a program: its path and arguments, no shell. It gets the summary on standard input.
  case command([String], limit: Duration = .seconds(30))
  /// Posts the summary to a URL, and tries again when that fails.
  case url(String, limit: Duration = .seconds(10), attempts: Int = 4)
}
