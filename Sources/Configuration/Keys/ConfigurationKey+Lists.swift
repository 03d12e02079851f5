internal import Arguments
internal import YAML

extension ConfigurationKey {
  /// A list of container patterns: maps, or texts that stand for names.
  static func patterns(_ path: String, _ member: any Member<[ContainerPattern]>, summary: String) -> Self {
    let expectation =
      "a list of patterns: a name such as web-*, or {name:, image:, pod:, namespace:, label: NAME=VALUE}"
    return ConfigurationKey(
      path: path, expectation: expectation, summary: summary, change: .live,
      take: { node, configuration, problems in
        if node.isNull {
          configuration[keyPath: member] = []
        } else if case .sequence(let nodes) = node.content {
          configuration[keyPath: member] = nodes.compactMap { ContainerPattern($0, of: path, &problems) }
        } else {
          problems.append(.unfit(node, for: path, expectation))
        }
      },
      give: { .list($0[keyPath: member].map(\.configured)) },
      carry: { $1[keyPath: member] = $0[keyPath: member] })
  }

  /// A list of commands and addresses.
  static func hooks(_ path: String, _ member: any Member<[WatchConfiguration.CaptureHook]>, summary: String) -> Self {
    let expectation = "a list of {command: [PROGRAM, ARGUMENT…]} or {url: https://…}, each with a timeout if need be"
    return ConfigurationKey(
      path: path, expectation: expectation, summary: summary, change: .live,
      take: { node, configuration, problems in
        if node.isNull {
          configuration[keyPath: member] = []
        } else if case .sequence(let nodes) = node.content {
          configuration[keyPath: member] = nodes.compactMap {
            WatchConfiguration.CaptureHook($0, of: path, &problems)
          }
        } else {
          problems.append(.unfit(node, for: path, expectation))
        }
      },
      give: { .list($0[keyPath: member].map(\.configured)) },
      carry: { $1[keyPath: member] = $0[keyPath: member] })
  }
}

extension ContainerPattern {
  fileprivate static let keys = ["name", "image", "pod", "namespace", "label"]

  fileprivate init?(_ node: YAMLNode, of path: String, _ problems: inout [ValueProblem]) {
    self.init()
    if let text = node.text, !text.isEmpty {
      name = Glob(text)
      return
    }
    guard !node.entries.isEmpty else {
      problems.append(ValueProblem(node, "\(path): \(node.kind) is not a name or a map of patterns"))
      return nil
    }
    let before = problems.count
    for entry in node.entries {
      guard Self.keys.contains(entry.key) else {
        problems.append(.unknownKey(entry, in: path, among: Self.keys))
        continue
      }
      guard let text = entry.value.text, !text.isEmpty else {
        problems.append(
          ValueProblem(entry.value, "\(path): \(entry.key): \(entry.value.kind) is not a pattern such as web-*"))
        continue
      }
      switch entry.key {
      case "name": name = Glob(text)
      case "image": image = Glob(text)
      case "pod": pod = Glob(text)
      case "namespace": namespace = Glob(text)
      default:
        let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard !sides[0].isEmpty else {
          problems.append(ValueProblem(entry.value, "\(path): label: '\(shortened(text))' is not NAME or NAME=VALUE"))
          continue
        }
        labelName = String(sides[0])
        labelValue = sides.count > 1 ? Glob(String(sides[1])) : nil
      }
    }
    if problems.count > before { return nil }
  }

  fileprivate var configured: ConfigurationValue {
    var members: [ConfigurationValue.Member] = []
    for (key, glob) in [("name", name), ("image", image), ("pod", pod), ("namespace", namespace)] {
      if let glob { members.append(.init(key, .text(glob.pattern))) }
    }
    if let labelName { members.append(.init("label", .text(labelName + (labelValue.map { "=\($0)" } ?? "")))) }
    return .map(members)
  }
}

extension WatchConfiguration.CaptureHook {
  fileprivate static let keys = ["command", "url", "timeout"]
  private static let timeouts = Duration.seconds(1)...Duration.seconds(3600)

  fileprivate init?(_ node: YAMLNode, of path: String, _ problems: inout [ValueProblem]) {
    let before = problems.count
    guard case .mapping(let entries) = node.content else {
      problems.append(ValueProblem(node, "\(path): \(node.kind) is not a map with 'command' or 'url'"))
      return nil
    }
    var action: Action?
    var timeout = Duration.seconds(30)
    for entry in entries {
      let value = entry.value
      switch entry.key {
      case "command":
        let words = value.list { $0.text.flatMap { $0.utf8.contains(0) ? nil : $0 } } ?? []
        if let program = words.first, program.hasPrefix("/") {
          action = .command(words)
        } else {
          problems.append(
            ValueProblem(
              value, "\(path): command: \(value.kind) is not a list that begins with a program's whole path",
              remedy: "such as [/usr/local/bin/announce, --quiet]; no shell reads it"))
        }
      case "url":
        if let text = value.text, Self.isURL(text) {
          action = .url(text)
        } else {
          problems.append(
            ValueProblem(value, "\(path): url: this is not an address such as https://example.org/captures"))
        }
      case "timeout":
        if let given = value.duration(in: Self.timeouts) {
          timeout = given
        } else {
          problems.append(.unfit(value, for: path + ": timeout", "a duration from 1s to 1h"))
        }
      default: problems.append(.unknownKey(entry, in: path, among: Self.keys))
      }
    }
    if problems.count > before { return nil }
    guard let action, !(node["command"] != nil && node["url"] != nil) else {
      problems.append(ValueProblem(node, "\(path): an entry has either 'command' or 'url'"))
      return nil
    }
    self.init(action, timeout: timeout)
  }

  static func isURL(_ text: String) -> Bool {
    let rest = text.hasPrefix("https://") ? text.dropFirst(8) : text.hasPrefix("http://") ? text.dropFirst(7) : ""
    return rest.first.map { $0 != "/" } ?? false && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
  }

  fileprivate var configured: ConfigurationValue {
    let action: ConfigurationValue.Member =
      switch action {
      case .command(let words): .init("command", .list(words.map { .text($0) }))
      case .url(let url): .init("url", .text(url))
      }
    return .map([action, .init("timeout", .word(timeout.configured))])
  }
}

extension ValueProblem {
  static func unknownKey(_ entry: YAMLEntry, in path: String, among known: [String]) -> ValueProblem {
    let near = suggestion(for: entry.key, among: known)
    return ValueProblem(
      entry, "\(path.isEmpty ? "" : path + ": ")unknown key '\(shortened(entry.key))'",
      hint: near.map { "did you mean '\($0)'?" },
      remedy: near == nil ? "known here: \(known.joined(separator: ", "))" : nil)
  }
}
