/// Upstream's names of the arguments of calls, in upstream's order: of the newest form of each event that tells how a call
/// ended.
enum EventParameters {
  /// Nil for what upstream has no event of its own for.
  static func names(of type: [UInt8]) -> [String]? { table[type] }

  private static let table: [[UInt8]: [String]] = {
    var table: [[UInt8]: [String]] = [:]
    for line in ScapNames.events.split(separator: "\n") {
      let words = line.split(separator: " ")
      // Even numbers are entries; later ones are newer.
      guard words.count >= 2, let number = Int(words[0]), number % 2 == 1 else { continue }
      let names = words[2...].map { String($0.prefix { $0 != ":" }) }
      if !names.isEmpty { table[Array(words[1].utf8)] = names }
    }
    // Ends of processes are told by an entry.
    table[Array("procexit".utf8)] = ["status", "ret", "sig", "core", "reaper_tid"]
    return table
  }()
}
