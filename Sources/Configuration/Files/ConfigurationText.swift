public import YAML

/// One configuration file, read into memory.
public struct ConfigurationText: Sendable {
  public var path: String
  public var bytes: [UInt8]

  public init(path: String, bytes: [UInt8]) {
    self.path = path
    self.bytes = bytes
  }
}

/// A configuration that can be used, and where it is from.
public struct LoadedConfiguration: Sendable {
  public var configuration: WatchConfiguration
  /// The files, in the order in which they were merged; none when the defaults hold.
  public var paths: [String]
  public var warnings: [ConfigurationProblem]
  /// Which file and place set a key last; keys that hold their default are missing.
  public var origins: [String: Origin]

  public struct Origin: Hashable, Sendable {
    public var path: String
    public var place: YAMLPlace
  }
}

extension WatchConfiguration {
  /// Merges `texts` over the defaults, in their order.
  ///
  /// A map is merged key by key. Everything else, a list too, takes the place of what an earlier file said; nothing or
  /// `null` gives a key its default back.
  ///
  /// - Throws: ``InvalidConfiguration`` with every problem of every text.
  public static func merged(_ texts: [ConfigurationText]) throws(InvalidConfiguration) -> LoadedConfiguration {
    var merging = Merging()
    for text in texts { merging.take(text) }
    merging.checkTogether()
    let errors = merging.problems.filter { !$0.isWarning }
    guard errors.isEmpty else { throw InvalidConfiguration(merging.problems) }
    return LoadedConfiguration(
      configuration: merging.configuration, paths: texts.map(\.path), warnings: merging.problems,
      origins: merging.origins.mapValues { .init(path: $0.text.path, place: $0.entry.keyPlace) })
  }
}

/// The files' values as they come together.
private struct Merging {
  struct Origin {
    var text: ConfigurationText
    var entry: YAMLEntry
  }

  var configuration = WatchConfiguration()
  var problems: [ConfigurationProblem] = []
  var origins: [String: Origin] = [:]
  private static let keys = Dictionary(uniqueKeysWithValues: ConfigurationKey.all.map { ($0.path, $0) })

  private static var limits: YAMLLimits {
    var limits = YAMLLimits()
    limits.lengthInBytes = ConfigurationFiles.lengthLimit
    limits.nodeCount = 20_000
    limits.depth = 16
    return limits
  }

  mutating func take(_ text: ConfigurationText) {
    do throws(YAMLError) {
      let documents = try YAMLNode.documents(of: text.bytes, limits: Self.limits)
      guard let root = documents.first else { return }
      if documents.count > 1 {
        add(ValueProblem(documents[1], "a second document: a configuration file has one"), in: text)
      }
      take(root, under: "", in: text)
    } catch {
      var problem = ConfigurationProblem(
        path: text.path, place: error.place, message: error.description, remedy: error.remedy)
      problem.line = text.line(error.place.line)
      problems.append(problem)
    }
  }

  private mutating func take(_ node: YAMLNode, under prefix: String, in text: ConfigurationText) {
    guard case .mapping(let entries) = node.content else {
      // All keys of a map may be commented out.
      if !node.isNull {
        let name = prefix.isEmpty ? "a configuration file" : "'\(prefix.dropLast())'"
        add(ValueProblem(node, "\(name) is a map of keys, and this is \(node.kind)"), in: text)
      }
      return
    }
    for entry in entries {
      let path = prefix + entry.key
      if let key = Self.keys[path], !entry.key.contains(".") {
        var found: [ValueProblem] = []
        key.take(entry.value, &configuration, &found)
        for problem in found { add(problem, in: text) }
        origins[path] = Origin(text: text, entry: entry)
      } else if !entry.key.contains("."), Self.keys.keys.contains(where: { $0.hasPrefix(path + ".") }) {
        take(entry.value, under: path + ".", in: text)
      } else {
        add(unknown(entry, under: prefix), in: text)
      }
    }
  }

  private func unknown(_ entry: YAMLEntry, under prefix: String) -> ValueProblem {
    let depth = prefix.split(separator: ".").count
    var siblings: [String] = []
    for key in ConfigurationKey.all where key.path.hasPrefix(prefix) {
      let name = String(key.components[depth])
      if !siblings.contains(name) { siblings.append(name) }
    }
    var problem = ValueProblem.unknownKey(entry, in: String(prefix.dropLast()), among: siblings)
    if problem.hint == nil {
      // The right name in the wrong place.
      let homes = ConfigurationKey.all.map(\.path).filter { $0 == entry.key || $0.hasSuffix("." + entry.key) }
      if let home = homes.first, homes.count == 1 {
        problem.hint = entry.key.contains(".") ? "maps are nested: write \(nested(home))" : "did you mean '\(home)'?"
        problem.remedy = nil
      }
    }
    return problem
  }

  private func nested(_ path: String) -> String {
    path.split(separator: ".").joined(separator: ": {") + ": …"
      + String(repeating: "}", count: path.split(separator: ".").count - 1)
  }

  /// What no single key can tell.
  mutating func checkTogether() {
    if configuration.http.isEnabled, NetworkAddress(configuration.http.address)?.isLoopback == false {
      warn(
        "http.address",
        "\(configuration.http.address) is no loopback address: token and alerts cross the network unencrypted",
        remedy: "keep 127.0.0.1 and let a proxy that speaks TLS stand in front")
    }
    let windows = configuration.windows
    for (key, window, other) in [
      ("windows.activity.before", windows.activity, windows.lifecycle),
      ("windows.detail.before", windows.detail, windows.activity),
    ] where window.before > other.before {
      warn(
        key, "\(key) is longer than the window of the lane above it, which memory is kept for first",
        remedy: "lanes are shed in the order detail, activity, lifecycle")
    }
  }

  private mutating func warn(_ key: String, _ message: String, remedy: String) {
    guard let origin = origins[key] else { return }
    var problem = ValueProblem(origin.entry.value, message, remedy: remedy)
    if origin.entry.value.isNull { problem.place = origin.entry.keyPlace }
    add(problem, in: origin.text, isWarning: true)
  }

  private mutating func add(_ found: ValueProblem, in text: ConfigurationText, isWarning: Bool = false) {
    var problem = ConfigurationProblem(
      path: text.path, place: found.place, message: found.message, remedy: found.remedy)
    problem.line = text.line(found.place.line)
    problem.length = found.length
    problem.hint = found.hint
    problem.isWarning = isWarning
    problems.append(problem)
  }
}

extension ConfigurationText {
  /// Line `number`, counted from 1; nil when there is none.
  fileprivate func line(_ number: Int) -> String? {
    var current = 1
    var start = bytes.startIndex
    while current < number {
      guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
      start = end + 1
      current += 1
    }
    guard start < bytes.endIndex else { return nil }
    let line = bytes[start...].prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
    return String(decoding: line.prefix(4096), as: UTF8.self)
  }
}
