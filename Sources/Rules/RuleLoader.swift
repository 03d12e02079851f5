internal import Arguments
internal import FilterLanguage
internal import YAML

/// Reads files of rules in their order: what a later one says of a list, a macro or a rule of the same name adds to it or
/// takes its place.
public struct RuleLoader: Sendable {
  /// What this program understands of Falco's rules.
  public static let engineVersion = (0, 64, 0)

  public private(set) var problems: [RuleProblem] = []
  private var lists: [String: [FilterWord]] = [:]
  private var macros: [String: (text: String, place: RulePlace)] = [:]
  private var rules: [Rule] = []
  private var numbers: [String: Int] = [:]

  public init() {}

  /// Reads one file. What is wrong is among ``problems``; the rest of the file is read all the same.
  public mutating func load(_ text: [UInt8], from file: String) {
    let documents: [YAMLNode]
    do throws(YAMLError) { documents = try YAMLNode.documents(of: text) } catch {
      problems.append(
        RuleProblem(
          "\(error)", at: RulePlace(file: file, line: error.place.line, column: error.place.column), hint: error.remedy)
      )
      return
    }
    for document in documents where !document.isNull {
      guard case .sequence(let items) = document.content else {
        report("rules are a list, not \(document.kind)", document.place, file)
        continue
      }
      for item in items { load(item, file) }
    }
  }

  /// Adds something that is wrong, found by who reads the files.
  public mutating func report(_ problem: RuleProblem) { problems.append(problem) }

  private mutating func report(
    _ message: String, _ place: YAMLPlace, _ file: String, hint: String? = nil, isWarning: Bool = false
  ) {
    problems.append(
      RuleProblem(
        message, at: RulePlace(file: file, line: place.line, column: place.column), hint: hint, isWarning: isWarning))
  }

  private static let kinds = ["list", "macro", "rule", "required_engine_version", "required_plugin_versions"]

  private mutating func load(_ item: YAMLNode, _ file: String) {
    guard case .mapping(let entries) = item.content else {
      return report("an item is a map, not \(item.kind)", item.place, file)
    }
    guard let kind = Self.kinds.first(where: { item[$0] != nil }) else {
      let key = entries.first?.key ?? ""
      return report(
        "an item is a list, a macro, a rule or a required version, not '\(key)'", item.place, file,
        hint: suggestion(for: key, among: Self.kinds).map { "did you mean '\($0)'?" })
    }
    switch kind {
    case "list": loadList(item, file)
    case "macro": loadMacro(item, file)
    case "rule": loadRule(item, file)
    case "required_engine_version": checkVersion(item["required_engine_version"]!, file)
    // There are no plugins: containers and Kubernetes are known without them.
    default: break
    }
  }

  private mutating func checkVersion(_ node: YAMLNode, _ file: String) {
    guard let text = node.text else { return report("a version is a text, not \(node.kind)", node.place, file) }
    let parts = text.split(separator: ".").map { Int($0) }
    // Versions were plain numbers once: the minor one.
    let version: (Int, Int, Int)
    switch parts.count {
    case 1: version = (0, parts[0] ?? -1, 0)
    case 3: version = (parts[0] ?? -1, parts[1] ?? -1, parts[2] ?? -1)
    default: version = (-1, -1, -1)
    }
    guard version.0 >= 0, version.1 >= 0, version.2 >= 0 else {
      return report("'\(text)' is no version", node.place, file, hint: "as in 0.57.0")
    }
    let own = Self.engineVersion
    if version > own {
      report(
        "the rules want version \(text) of Falco's engine, and this is \(own.0).\(own.1).\(own.2)", node.place, file,
        hint: "what is not understood is named below", isWarning: true)
    }
  }

  /// How a key of an item is to be taken: from `override`, else from `append: true`.
  private mutating func mode(_ key: String, _ item: YAMLNode, _ file: String) -> Mode {
    if let overrides = item["override"] {
      guard let entry = overrides.entries.first(where: { $0.key == key }) else { return .none }
      switch entry.value.text {
      case "append": return .append
      case "replace": return .replace
      default:
        report("override: '\(key)' is append or replace", entry.value.place, file)
        return .none
      }
    }
    if item["append"]?.bool == true { return .append }
    return .replace
  }

  private enum Mode { case append, replace, none }

  private func changes(_ item: YAMLNode) -> Bool { item["append"]?.bool == true || item["override"] != nil }

  private mutating func name(_ key: String, _ item: YAMLNode, _ file: String) -> String? {
    guard let name = item[key]?.text, !name.isEmpty else {
      report("a \(key) lacks its name", item.place, file)
      return nil
    }
    return name
  }

  // MARK: Lists and macros

  private mutating func loadList(_ item: YAMLNode, _ file: String) {
    guard let name = name("list", item, file) else { return }
    guard let items = item["items"], case .sequence(let nodes) = items.content else {
      return report("list '\(name)' lacks its items", item.place, file)
    }
    let words = nodes.compactMap { $0.text.map(Self.word) }
    if words.count < nodes.count { report("list '\(name)': an item is no text", items.place, file) }
    guard changes(item) else {
      lists[name] = words
      return
    }
    guard let known = lists[name] else { return reportUnknown("list", name, item, file, Array(lists.keys)) }
    if mode("items", item, file) != .none { lists[name] = mode("items", item, file) == .append ? known + words : words }
  }

  /// An item as a condition has it: in quotes of its own, or bare.
  static func word(_ text: String) -> FilterWord {
    let bytes = Array(text.utf8)
    if let quote = bytes.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'"), bytes.count >= 2,
      bytes.last == quote
    {
      return FilterWord(bytes: Array(bytes.dropFirst().dropLast()), isQuoted: true, range: FilterRange(0, 0))
    }
    return FilterWord(bytes: bytes, isQuoted: false, range: FilterRange(0, 0))
  }

  private mutating func reportUnknown(
    _ kind: String, _ name: String, _ item: YAMLNode, _ file: String, _ known: [String]
  ) {
    report(
      "\(kind) '\(name)' is to be changed, and there is none before", item.place, file,
      hint: suggestion(for: name, among: known.sorted()).map { "did you mean '\($0)'?" })
  }

  private mutating func loadMacro(_ item: YAMLNode, _ file: String) {
    guard let name = name("macro", item, file) else { return }
    guard let condition = item["condition"]?.text, !condition.isEmpty else {
      return report("macro '\(name)' lacks its condition", item.place, file)
    }
    let place = RulePlace(file: file, line: item.place.line, column: item.place.column)
    guard changes(item) else {
      macros[name] = (condition, place)
      return
    }
    guard let known = macros[name] else { return reportUnknown("macro", name, item, file, Array(macros.keys)) }
    switch mode("condition", item, file) {
    case .append: macros[name]?.text = known.text + " " + condition
    case .replace: macros[name]?.text = condition
    case .none: break
    }
  }

  // MARK: Rules

  private mutating func loadRule(_ item: YAMLNode, _ file: String) {
    guard let name = name("rule", item, file) else { return }
    if let number = numbers[name] {
      // What only says whether a rule is on changes nothing else of it.
      let isSwitch = item["condition"] == nil && item["output"] == nil && item["exceptions"] == nil
      if changes(item) || isSwitch {
        var rule = rules[number]
        change(&rule, item, file)
        rules[number] = rule
        return
      }
      guard let rule = rule(name, item, file) else { return }
      rules[number] = rule
      return
    }
    guard !changes(item) else { return reportUnknown("rule", name, item, file, rules.map(\.name)) }
    guard let rule = rule(name, item, file) else { return }
    numbers[name] = rules.count
    rules.append(rule)
  }

  private mutating func rule(_ name: String, _ item: YAMLNode, _ file: String) -> Rule? {
    for key in ["condition", "output", "desc", "priority"] where item[key]?.text?.isEmpty ?? true {
      report("rule '\(name)' lacks its \(key)", item.place, file)
      return nil
    }
    var rule = Rule(
      name: name, summary: "", condition: "", output: "", priority: .debug, tags: [], isEnabled: true,
      source: "syscall", exceptions: [], wantsCapture: nil, captureDuration: nil, skipsUnknownFields: false,
      place: RulePlace(file: file, line: item.place.line, column: item.place.column))
    set(&rule, item, file) { _ in .replace }
    return rule
  }

  private mutating func change(_ rule: inout Rule, _ item: YAMLNode, _ file: String) {
    var modes: [String: Mode] = [:]
    for entry in item.entries { modes[entry.key] = mode(entry.key, item, file) }
    // Whether it is on was always replaced, also by what appends.
    if item["override"] == nil {
      for key in [
        "enabled", "priority", "source", "skip-if-unknown-filter", "warn_evttypes", "capture", "capture_duration",
      ] { modes[key] = .replace }
    }
    set(&rule, item, file) { modes[$0] ?? .none }
  }

  private mutating func set(_ rule: inout Rule, _ item: YAMLNode, _ file: String, _ mode: (String) -> Mode) {
    for entry in item.entries {
      let how = mode(entry.key)
      guard how != .none else { continue }
      let node = entry.value
      func joined(_ old: String) -> String { how == .append ? old + " " + (node.text ?? "") : node.text ?? "" }
      switch entry.key {
      case "rule", "append", "override", "warn_evttypes": break
      case "desc": rule.summary = joined(rule.summary)
      case "condition": rule.condition = joined(rule.condition)
      case "output": rule.output = joined(rule.output)
      case "source": rule.source = node.text ?? "syscall"
      case "priority":
        guard let priority = node.text.flatMap(RulePriority.init) else {
          report(
            "'\(node.text ?? node.kind)' is no priority", node.place, file,
            hint: "there are: " + RulePriority.allCases.map { "\($0)" }.joined(separator: " "))
          continue
        }
        rule.priority = priority
      case "tags": rule.tags = (how == .append ? rule.tags : []) + node.elements.compactMap(\.text)
      case "enabled": set(&rule.isEnabled, node, "enabled", file)
      case "capture":
        var isWanted = rule.wantsCapture ?? false
        set(&isWanted, node, "capture", file)
        rule.wantsCapture = isWanted
      case "skip-if-unknown-filter": set(&rule.skipsUnknownFields, node, "skip-if-unknown-filter", file)
      case "capture_duration":
        guard let duration = node.integer, duration > 0 else {
          report("capture_duration is a number of milliseconds", node.place, file)
          continue
        }
        rule.captureDuration = duration
      case "exceptions": setExceptions(&rule, node, file, isAppended: how == .append)
      default:
        report(
          "rule '\(rule.name)': '\(entry.key)' is not known", entry.keyPlace, file,
          hint: suggestion(for: entry.key, among: Self.keys).map { "did you mean '\($0)'?" }, isWarning: true)
      }
    }
  }

  private static let keys = [
    "condition", "output", "desc", "priority", "source", "tags", "enabled", "exceptions", "append", "override",
    "warn_evttypes", "skip-if-unknown-filter", "capture", "capture_duration",
  ]

  private mutating func set(_ value: inout Bool, _ node: YAMLNode, _ key: String, _ file: String) {
    guard let truth = node.bool else {
      return report("\(key) is true or false, not '\(node.text ?? node.kind)'", node.place, file)
    }
    value = truth
  }

  private mutating func setExceptions(_ rule: inout Rule, _ node: YAMLNode, _ file: String, isAppended: Bool) {
    if !isAppended { rule.exceptions = [] }
    for item in node.elements {
      guard let name = item["name"]?.text else {
        report("an exception lacks its name", item.place, file)
        continue
      }
      let rows = item["values"]?.elements ?? []
      if let number = rule.exceptions.firstIndex(where: { $0.name == name }), item["fields"] == nil {
        rule.exceptions[number].rows += rows.map { Self.row($0, isTable: rule.exceptions[number].isTable) }
        continue
      }
      guard let fields = item["fields"] else {
        report("exception '\(name)' lacks its fields", item.place, file)
        continue
      }
      let isTable = fields.text == nil
      let names = isTable ? fields.elements.compactMap(\.text) : [fields.text ?? ""]
      let comparators = item["comps"]?.text.map { [$0] } ?? item["comps"]?.elements.compactMap(\.text)
      let exception = RuleException(
        name: name, fields: names, comparators: comparators ?? names.map { _ in isTable ? "=" : "in" },
        isTable: isTable, rows: rows.map { Self.row($0, isTable: isTable) })
      guard exception.comparators.count == names.count else {
        report(
          "exception '\(name)' has \(names.count) fields and \(exception.comparators.count) comps", item.place, file)
        continue
      }
      if let row = exception.rows.first(where: { $0.count != names.count }) {
        report("exception '\(name)' has \(names.count) fields and a row of \(row.count) values", item.place, file)
        continue
      }
      if let number = rule.exceptions.firstIndex(where: { $0.name == name }) {
        rule.exceptions[number] = exception
      } else {
        rule.exceptions.append(exception)
      }
    }
  }

  private static func row(_ node: YAMLNode, isTable: Bool) -> [RuleExceptionValue] {
    func value(_ node: YAMLNode) -> RuleExceptionValue {
      node.text.map { .one($0) } ?? .several(node.elements.compactMap(\.text))
    }
    return isTable ? node.elements.map(value) : [value(node)]
  }

  // MARK: The result

  /// Compiles what was read. What is wrong with a rule leaves that rule out, and is among the set's problems.
  public consuming func finish() -> RuleSet {
    var library = FilterLibrary(lists: lists)
    var problems = problems
    for (name, macro) in macros.sorted(by: { $0.key < $1.key }) {
      do throws(FilterError) { library.macros[name] = try FilterExpression(parsing: macro.text) } catch {
        problems.append(
          RuleProblem("macro '\(name)': \(error.description(in: macro.text))", at: macro.place))
      }
    }
    var compiled: [CompiledRule] = []
    var skipped: [SkippedRule] = []
    for rule in rules {
      if rule.source != "syscall" {
        skipped.append(
          SkippedRule(name: rule.name, reason: "its events come from '\(rule.source)', which is not recorded"))
        continue
      }
      do throws(RuleProblem) { compiled.append(try Self.compile(rule, library)) } catch {
        if rule.skipsUnknownFields {
          skipped.append(SkippedRule(name: rule.name, reason: error.message))
        } else {
          problems.append(error)
        }
      }
    }
    return RuleSet(
      rules: compiled, skipped: skipped, problems: problems, listCount: lists.count, macroCount: macros.count)
  }

  private static func compile(_ rule: Rule, _ library: FilterLibrary) throws(RuleProblem) -> CompiledRule {
    let text = RuleConditions.condition(of: rule)
    let filter: CompiledFilter
    do throws(FilterError) { filter = try CompiledFilter(text, library: library) } catch {
      throw RuleProblem("rule '\(rule.name)': condition: \(error.description(in: text))", at: rule.place)
    }
    do throws(FilterError) {
      let output = try OutputTemplate(rule.output)
      return CompiledRule(
        rule: rule, filter: filter, output: output,
        fieldsNamed: filter.fieldsNamed.union(output.fields.flatMap(\.term.fields)))
    } catch {
      throw RuleProblem("rule '\(rule.name)': output: \(error.description(in: rule.output))", at: rule.place)
    }
  }
}

/// Rules that are ready, and what of them is not.
public struct RuleSet: Sendable {
  /// In the order that they were read in, also those that are switched off.
  public let rules: [CompiledRule]
  public let skipped: [SkippedRule]
  public let problems: [RuleProblem]
  public let listCount: Int
  public let macroCount: Int

  public var enabled: [CompiledRule] { rules.filter(\.rule.isEnabled) }
  public var hasErrors: Bool { problems.contains { !$0.isWarning } }
}

/// A rule's condition with what its exceptions take away.
enum RuleConditions {
  static func condition(of rule: Rule) -> String {
    let exceptions = rule.exceptions.compactMap(text)
    if exceptions.isEmpty { return rule.condition }
    return "(\(rule.condition)) and " + exceptions.map { "not (\($0))" }.joined(separator: " and ")
  }

  /// Nil for one without values: it takes nothing away.
  private static func text(_ exception: RuleException) -> String? {
    if exception.rows.isEmpty { return nil }
    guard exception.isTable else {
      let values = exception.rows.flatMap { row in
        row.flatMap { value in
          switch value {
          case .one(let text): [text]
          case .several(let texts): texts
          }
        }
      }
      let comparator = exception.comparators[0]
      guard ["in", "pmatch", "intersects"].contains(comparator) else {
        return values.map { "\(exception.fields[0]) \(comparator) \(literal($0))" }.joined(separator: " or ")
      }
      return "\(exception.fields[0]) \(comparator) (\(values.map(literal).joined(separator: ", ")))"
    }
    return exception.rows.map { row in
      let checks = zip(zip(exception.fields, exception.comparators), row).map { column, value in
        switch value {
        case .one(let text):
          ["in", "pmatch", "intersects"].contains(column.1)
            ? "\(column.0) \(column.1) (\(literal(text)))" : "\(column.0) \(column.1) \(literal(text))"
        case .several(let texts): "\(column.0) \(column.1) (\(texts.map(literal).joined(separator: ", ")))"
        }
      }
      return "(" + checks.joined(separator: " and ") + ")"
    }.joined(separator: " or ")
  }

  /// As it was written where that is a word or quoted already, else in quotes. A list in parentheses stands for itself.
  private static func literal(_ text: String) -> String {
    let word = RuleLoader.word(text)
    if word.isQuoted { return text }
    let isBare = !text.isEmpty && text.unicodeScalars.allSatisfy { !"()\"'=, \t\n\r".unicodeScalars.contains($0) }
    if isBare { return text }
    if text.hasPrefix("("), text.hasSuffix(")") { return String(text.dropFirst().dropLast()) }
    return FilterWord.quoted(Array(text.utf8))
  }
}
