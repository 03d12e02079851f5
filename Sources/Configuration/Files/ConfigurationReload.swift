/// What a changed configuration does to a running recorder, key by key.
///
/// History is never given up for a reload: what needs a restart keeps its old value, and the log says so.
public struct ConfigurationReload: Sendable {
  public struct Difference: Hashable, Sendable {
    public var key: String
    public var old: String
    public var new: String
    /// Why it waits for a restart; nil when it takes effect at once.
    public var restartReason: String?
  }

  /// What is to hold from now on: the new values that can change live, the old ones of the rest.
  public let configuration: WatchConfiguration
  public let differences: [Difference]

  public init(from old: WatchConfiguration, to new: WatchConfiguration) {
    var result = new
    var differences: [Difference] = []
    for key in ConfigurationKey.all {
      let before = key.value(in: old)
      let after = key.value(in: new)
      guard before != after else { continue }
      var difference = Difference(key: key.path, old: before.yaml, new: after.yaml, restartReason: nil)
      if case .restart(let reason) = key.change {
        difference.restartReason = reason
        key.copy(from: old, to: &result)
      }
      differences.append(difference)
    }
    configuration = result
    self.differences = differences
  }

  public var isEmpty: Bool { differences.isEmpty }
  public var needsRestart: Bool { differences.contains { $0.restartReason != nil } }

  /// For the log, a line each. Values of `on_capture` and `rules.url` are left out: addresses can hold secrets.
  public var messages: [String] {
    if isEmpty { return ["configuration read again: nothing changed"] }
    return differences.map { difference in
      let values =
        ["on_capture", "rules.url"].contains(difference.key)
        ? "" : " from \(shortened(difference.old)) to \(shortened(difference.new))"
      return "\(difference.key) changed\(values)"
        + (difference.restartReason.map { ": holds after a restart, because \($0)" } ?? "")
    }
  }
}

extension ConfigurationReload {
  /// Reads `files` again for a recorder that runs with `old`.
  ///
  /// - Parameter override: What the command line says, over the files: applied before both are compared, so that it is no
  ///   difference.
  /// - Returns: What to do; or, when a file is not valid, every problem: the old configuration stays then.
  public static func read(
    _ files: ConfigurationFiles, over old: WatchConfiguration,
    override: (WatchConfiguration) -> WatchConfiguration = { $0 }
  ) -> Result<ConfigurationReload, InvalidConfiguration> {
    do throws(InvalidConfiguration) {
      return .success(ConfigurationReload(from: old, to: override(try files.load().configuration)))
    } catch {
      return .failure(error)
    }
  }
}
