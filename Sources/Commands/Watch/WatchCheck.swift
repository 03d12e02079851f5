internal import Configuration
internal import Control
internal import JSON
internal import Posix
internal import Rules
internal import YAML

/// `watch --check`: what is wrong with the configuration, or what it comes to.
struct WatchCheck {
  let files: ConfigurationFiles
  let isJSON: Bool
  /// Rules that were named on the command line, in place of the configuration's.
  var ruleFiles: [String] = []

  /// - Returns: 0 when the configuration holds, with warnings or without; else 2.
  func run(_ output: Output) throws -> Int32 {
    let loaded: LoadedConfiguration
    do throws(InvalidConfiguration) {
      loaded = try files.load()
    } catch {
      if isJSON {
        try printJSON(nil, error.problems, output)
      } else {
        for problem in error.problems { complain(problem.description) }
      }
      return 2
    }
    var rules = loaded.configuration.rules
    if !ruleFiles.isEmpty { rules.files = ruleFiles }
    let problems = WatchCheck.problems(of: rules)
    guard !problems.contains(where: { !$0.isWarning }) else {
      if isJSON {
        try printJSON(nil, problems, output)
      } else {
        for problem in problems { complain(problem.description) }
      }
      return 2
    }
    let warnings = loaded.warnings + loaded.surroundings() + problems
    if isJSON {
      try printJSON(loaded, warnings, output)
    } else {
      for warning in warnings { complain(warning.description) }
      try output.line("OK")
      try output.line(
        "# " + (loaded.paths.isEmpty ? "no file: the defaults" : "from " + loaded.paths.joined(separator: ", ")))
      try output.bytes(Array(loaded.configuration.yaml.utf8))
      try output.flush()
    }
    return 0
  }

  /// What is wrong with the files of rules, each with its place.
  private static func problems(of rules: WatchConfiguration.WatchRules) -> [ConfigurationProblem] {
    if rules.isEmpty { return [] }
    return RuleFiles.load(rules.files, hasBuiltIn: rules.hasBuiltIn).problems.map { problem in
      var result = ConfigurationProblem(
        path: problem.place.file, place: YAMLPlace(line: problem.place.line, column: problem.place.column),
        message: problem.message, remedy: problem.hint)
      result.isWarning = problem.isWarning
      return result
    }
  }

  private func printJSON(_ loaded: LoadedConfiguration?, _ problems: [ConfigurationProblem], _ output: Output) throws {
    var json = JSONText()
    json.beginObject()
    json.set("ok", loaded != nil)
    json.set("files", strings: loaded?.paths ?? [])
    json.beginArray("problems")
    for problem in problems {
      json.beginObject()
      json.set("path", problem.path)
      json.set("line", ifPresent: problem.place?.line)
      json.set("column", ifPresent: problem.place?.column)
      json.set("message", problem.message)
      json.set("help", ifPresent: problem.remedy ?? problem.hint)
      json.set("warning", problem.isWarning)
      json.endObject()
    }
    json.endArray()
    if let configuration = loaded?.configuration { json.set("configuration", configuration) }
    json.endObject()
    json.newline()
    try output.bytes(json.bytes)
    try output.flush()
  }
}

extension LoadedConfiguration {
  /// What is missing on this machine for the configuration to do its work: warnings, for it may come later.
  func surroundings() -> [ConfigurationProblem] {
    var problems: [ConfigurationProblem] = []
    func warn(_ key: String, _ message: String, _ remedy: String) {
      let origin = origins[key]
      var problem = ConfigurationProblem(
        path: origin?.path ?? "the defaults", place: origin?.place, message: message, remedy: remedy)
      problem.isWarning = true
      problems.append(problem)
    }
    let http = configuration.http
    if http.isEnabled {
      if !File.exists(http.tokenFile) {
        warn(
          "http.token_file", "\(http.tokenFile): not there yet", "the first start makes it; senders need what is in it")
      } else {
        do throws(ControlError) {
          _ = try BearerToken(existing: http.tokenFile)
        } catch {
          warn("http.token_file", error.description, error.remedy ?? "the recorder has to read it")
        }
      }
    }
    for hook in configuration.onCapture {
      if case .command(let words) = hook.action, !File.isExecutable(words[0]) {
        warn("on_capture", "\(words[0]): no program that can be started", "captures are kept all the same")
      }
    }
    return problems
  }
}

extension JSONText {
  /// The configuration as nested objects; sizes and durations as they would be written in a file.
  mutating func set(_ key: String, _ configuration: WatchConfiguration) {
    beginObject(key)
    var open: [Substring] = []
    for item in ConfigurationKey.all {
      let components = item.path.split(separator: ".")
      let maps = Array(components.dropLast())
      var shared = 0
      while shared < min(open.count, maps.count), open[shared] == maps[shared] { shared += 1 }
      for _ in shared..<open.count { endObject() }
      for name in maps[shared...] { beginObject(String(name)) }
      open = maps
      set(String(components[components.count - 1]), item.value(in: configuration))
    }
    for _ in open { endObject() }
    endObject()
  }

  private mutating func set(_ key: String?, _ value: ConfigurationValue) {
    switch value {
    case .word(let text), .text(let text): set(key, text)
    case .number(let number): set(key, number)
    case .flag(let flag): set(key, flag)
    case .list(let values):
      beginArray(key)
      for value in values { set(nil, value) }
      endArray()
    case .map(let members):
      beginObject(key)
      for member in members { set(member.key, member.value) }
      endObject()
    }
  }
}
