internal import CPosix
internal import Glibc

/// A terminal's settings, given back as they were: by ``release()``, and when a fatal signal ends the program.
public struct TerminalGuard: ~Copyable {
  /// - Parameter undo: What to send the terminal to switch off what was switched on in it; below 256 bytes.
  ///
  /// The corresponding C functions are `tcgetattr` and `sigaction`.
  public init(of number: Int32, undo: String) throws(SystemError) {
    try check("tcgetattr") { at_guard_terminal(number, undo) }
  }

  /// The corresponding C function is `tcsetattr`.
  public consuming func release() { at_unguard_terminal() }
}

/// Rows and columns of a terminal. The corresponding C function is `ioctl` with `TIOCGWINSZ`.
public func terminalSize(of number: Int32) throws(SystemError) -> (rows: Int, columns: Int) {
  var rows: UInt16 = 0
  var columns: UInt16 = 0
  try check("ioctl") { at_terminal_size(number, &rows, &columns) }
  return (Int(rows), Int(columns))
}

/// The terminal that this process belongs to. The corresponding C function is `open`.
public func openControllingTerminal() throws(SystemError) -> FileDescriptor {
  try FileDescriptor.open("/dev/tty", flags: O_RDWR)
}
