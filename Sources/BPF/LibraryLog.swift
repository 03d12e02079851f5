internal import CLibBPF
internal import Synchronization

/// What libbpf says while it works: kept for an error's text, never written to standard error by the library itself.
enum LibraryLog {
  private static let lines = Mutex<[String]>([])
  private static let installed: Void = at_set_log_sink { level, text in
    guard let text, level <= LIBBPF_INFO.rawValue else { return }
    LibraryLog.append(String(cString: text))
  }

  /// Sends libbpf's messages here from now on, and forgets the earlier ones.
  static func begin() {
    _ = installed
    lines.withLock { $0.removeAll() }
  }

  /// The messages since ``begin()``, line by line.
  static func taken() -> [String] {
    lines.withLock { lines in
      defer { lines.removeAll() }
      return lines
    }
  }

  private static func append(_ text: String) {
    let parts = text.split(separator: "\n").map(String.init)
    lines.withLock { $0.append(contentsOf: parts) }
  }
}
