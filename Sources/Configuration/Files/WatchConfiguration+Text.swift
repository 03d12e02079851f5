extension WatchConfiguration {
  /// The whole configuration as a file would say it, every key, one a line; reading it gives the same again.
  public var yaml: String {
    var lines: [String] = []
    var open: [Substring] = []
    for key in ConfigurationKey.all {
      let components = key.components
      let maps = components.dropLast()
      var shared = 0
      while shared < min(open.count, maps.count), open[shared] == maps[shared] { shared += 1 }
      for level in shared..<maps.count {
        lines.append(String(repeating: "  ", count: level) + maps[level] + ":")
      }
      open = Array(maps)
      lines.append(
        String(repeating: "  ", count: maps.count) + components[components.count - 1] + ": " + key.value(in: self).yaml)
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension ConfigurationKey {
  /// The table of docs/configuration.md.
  public static var referenceTable: String {
    let standard = WatchConfiguration()
    var lines = ["| Key | Default | What it is | Values |", "|---|---|---|---|"]
    for key in all {
      let summary = key.summary.prefix(1).uppercased() + key.summary.dropFirst()
      let mark = key.change == .live ? "" : " **Restart.**"
      lines.append("| `\(key.path)` | `\(key.value(in: standard).yaml)` | \(summary).\(mark) | \(key.expectation) |")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
