internal import RegularExpressions

/// Looks names up, and checks that types agree.
struct FilterCompiler {
  private let library: FilterLibrary
  /// Macros that are being replaced, outermost first.
  private var path: [String] = []
  private var checks = 0
  private(set) var fields: Set<FieldUse> = []
  private var known: [String: FilterNode] = [:]
  private var sizes: [String: Int] = [:]

  init(_ library: FilterLibrary) { self.library = library }

  mutating func node(of expression: FilterExpression) throws(FilterError) -> FilterNode {
    switch expression {
    case .all(let children):
      var nodes: [FilterNode] = []
      var isNever = false
      // All are looked at, so that what is wrong in one is said even where another decides.
      for child in children {
        switch try node(of: child) {
        case .constant(true): break
        case .constant(false): isNever = true
        case .all(let inner): nodes += inner
        case let other: nodes.append(other)
        }
      }
      if isNever { return .constant(false) }
      return nodes.isEmpty ? .constant(true) : nodes.count == 1 ? nodes[0] : .all(nodes)
    case .any(let children):
      var nodes: [FilterNode] = []
      var isAlways = false
      for child in children {
        switch try node(of: child) {
        case .constant(false): break
        case .constant(true): isAlways = true
        case .any(let inner): nodes += inner
        case let other: nodes.append(other)
        }
      }
      if isAlways { return .constant(true) }
      return nodes.isEmpty ? .constant(false) : nodes.count == 1 ? nodes[0] : .any(nodes)
    case .not(let child):
      return switch try node(of: child) {
      case .constant(let value): .constant(!value)
      case .not(let inner): inner
      case let other: .not(other)
      }
    case .check(let check): return try node(of: check)
    case .macro(let word): return try node(of: word)
    }
  }

  private mutating func node(of macro: FilterWord) throws(FilterError) -> FilterNode {
    let name = macro.text
    guard let expression = library.macros[name] else {
      throw FilterError(.unknownMacro(name, suggestion: Self.suggestion(name, library)), at: macro.range)
    }
    if path.contains(name) || path.count >= FilterExpression.depthLimit {
      throw FilterError(.circular(name), at: macro.range)
    }
    let before = checks
    if let node = known[name] {
      try count(sizes[name] ?? 1, at: macro.range)
      return node
    }
    path.append(name)
    defer { path.removeLast() }
    let made: FilterNode
    do throws(FilterError) { made = try node(of: expression) } catch {
      // What is wrong in a macro is wrong where it is named: its own text is elsewhere.
      throw FilterError(error.problem, at: macro.range)
    }
    known[name] = made
    sizes[name] = checks - before
    return made
  }

  private static func suggestion(_ name: String, _ library: FilterLibrary) -> String? {
    nearest(name, among: library.macros.keys.sorted()) ?? FieldCatalogue.suggestion(for: name)
  }

  private mutating func count(_ number: Int, at range: FilterRange) throws(FilterError) {
    checks += number
    if checks > FilterLibrary.checkLimit { throw FilterError(.tooLarge(limit: FilterLibrary.checkLimit), at: range) }
  }

  private mutating func node(of check: FilterCheck) throws(FilterError) -> FilterNode {
    try count(1, at: check.range)
    let left = try TypedTerm(check.left)
    let comparator = check.comparator
    let operand = CheckOperand(left, check, library)
    if left.isList {
      guard comparator == .exists || comparator == .in || comparator == .intersects, check.quantifier == nil else {
        throw FilterError(
          .unsuitableList(operator: comparator.rawValue, field: left.name), at: check.comparatorRange)
      }
    } else if !left.type.suits(comparator) {
      throw FilterError(
        .unsuitable(
          operator: comparator.rawValue, field: left.name, type: left.type.phrase,
          suitable: FilterOperator.allCases.filter(left.type.suits).map(\.rawValue).joined(separator: " ")),
        at: check.comparatorRange)
    }
    let comparison = try operand.comparison()
    fields.formUnion(left.term.fields)
    fields.formUnion(comparison.fields)
    // What a capture never has makes every check false.
    if left.isAbsent { return .constant(false) }
    if case .term(_, let term) = comparison, term.fields.contains(where: { FieldCatalogue[$0.field].absence != nil }) {
      return .constant(false)
    }
    return .check(CompiledCheck(term: left.term, comparison: comparison))
  }
}

/// A term with the type of its values.
struct TypedTerm {
  let term: CompiledTerm
  let type: FieldType
  let isList: Bool
  /// For messages.
  let name: String
  /// Never known.
  let isAbsent: Bool
  let isType: Bool

  init(_ term: FilterTerm) throws(FilterError) {
    switch term {
    case .field(let name): try self.init(field: name)
    case .literal(let word):
      let number = word.isQuoted ? nil : FilterNumber.integer(word.text)
      self.init(
        .literal(number.map { .integer($0) } ?? .text(word.bytes)), number == nil ? .text : .integer, name: word.text)
    case .list(let items, _):
      var terms: [TypedTerm] = []
      for item in items { terms.append(try TypedTerm(item)) }
      self.init(
        .list(terms.map(\.term)), terms.first?.type ?? .text, isList: true, name: "the list",
        isAbsent: terms.contains(where: \.isAbsent))
    case .call(let call): try self.init(call)
    }
  }

  private init(
    _ term: CompiledTerm, _ type: FieldType, isList: Bool = false, name: String, isAbsent: Bool = false,
    isType: Bool = false
  ) {
    self.term = term
    self.type = type
    self.isList = isList
    self.name = name
    self.isAbsent = isAbsent
    self.isType = isType
  }

  private init(field name: FilterFieldName) throws(FilterError) {
    guard let (description, dotted) = FieldCatalogue.find(name.name) else {
      throw FilterError(
        .unknownField(name.name, suggestion: FieldCatalogue.suggestion(for: name.name)), at: name.nameRange)
    }
    if dotted != nil, let second = name.argument {
      throw FilterError(.argumentUnwanted(field: name.name), at: second.range)
    }
    let text = dotted.map(String.init) ?? name.argument?.text
    let range = name.argument?.range ?? name.nameRange
    var argument: FieldUse.Argument?
    switch description.argument {
    case .none: if text != nil { throw FilterError(.argumentUnwanted(field: name.name), at: range) }
    case .optionalIndex:
      if let text {
        guard let index = Self.index(text) else {
          throw FilterError(.argumentInvalid(field: name.name, text, expected: "a number"), at: range)
        }
        argument = .index(index)
      }
    case .optionalKey: argument = text.map { .key($0) }
    case .key, .nameOrIndex:
      guard let text else {
        let example = description.argument == .key ? "\(name.name)[app]" : "\(name.name).fd"
        throw FilterError(.argumentMissing(field: name.name, example: example), at: name.nameRange)
      }
      argument = description.argument == .nameOrIndex ? Self.index(text).map { .index($0) } ?? .key(text) : .key(text)
    }
    self.init(
      .field(FieldUse(description.field, argument)), description.type, isList: description.isList,
      name: name.name + (name.argument.map { "[\($0.text)]" } ?? ""), isAbsent: description.absence != nil,
      isType: description.field == .evtType || description.field == .syscallType)
  }

  private static func index(_ text: String) -> Int? {
    guard !text.isEmpty, text.utf8.count < 10, text.utf8.allSatisfy(FilterScanner.isDigit) else { return nil }
    return Int(text)
  }

  private init(_ call: FilterCall) throws(FilterError) {
    var terms: [TypedTerm] = []
    for argument in call.arguments { terms.append(try TypedTerm(argument)) }
    let name = call.transformer.rawValue
    if let selector = call.selector, call.transformer != .getopt {
      throw FilterError(.argumentUnwanted(field: name), at: selector.range)
    }
    func wants(_ holds: Bool, _ what: String) throws(FilterError) {
      if !holds { throw FilterError(.wrongArguments(transformer: name, wants: what), at: call.range) }
    }
    let result: (type: FieldType, isList: Bool)
    switch call.transformer {
    case .tolower, .toupper, .b64, .basename, .len:
      try wants(terms.count == 1, "one field")
      let first = terms[0]
      guard first.type.isText || call.transformer == .len && first.isList else {
        throw FilterError(
          .notTransformable(transformer: name, field: first.name, wants: "a text"), at: call.arguments[0].range)
      }
      result = call.transformer == .len ? (.integer, false) : (.text, first.isList)
    case .join:
      try wants(terms.count == 2 && !terms[0].isList && terms[1].isList, "a separator and a list")
      result = (.text, false)
    case .concat:
      try wants(terms.count >= 2 && terms.allSatisfy { $0.type.isText && !$0.isList }, "two texts or more")
      result = (.text, false)
    case .getopt:
      try wants(
        terms.count == 2 && terms[0].isList && !terms[1].isList && terms[1].type.isText,
        "a list and the options' letters")
      if let selector = call.selector, selector.bytes.count != 1 {
        throw FilterError(.argumentInvalid(field: name, selector.text, expected: "one letter"), at: selector.range)
      }
      result = (.text, call.selector == nil)
    }
    self.init(
      .call(call.transformer, terms.map(\.term), selector: call.selector?.bytes.first), result.type,
      isList: result.isList, name: name + "()", isAbsent: terms.contains(where: \.isAbsent))
  }
}

/// The right side of one check.
private struct CheckOperand {
  let left: TypedTerm
  let check: FilterCheck
  let library: FilterLibrary

  init(_ left: TypedTerm, _ check: FilterCheck, _ library: FilterLibrary) {
    self.left = left
    self.check = check
    self.library = library
  }

  func comparison() throws(FilterError) -> FieldComparison {
    switch check.right {
    case .none: return .exists
    case .word(let word): return try comparison(with: word)
    case .term(let term, _): return try comparison(with: term)
    case .list(let words, _): return try comparison(withList: library.words(of: words, named: nil))
    case .listName(let word):
      guard let list = library.lists[word.text] else {
        throw FilterError(
          .unknownList(word.text, suggestion: nearest(word.text, among: library.lists.keys.sorted())), at: word.range)
      }
      return try comparison(withList: library.words(of: list, named: word), at: word.range)
    }
  }

  private func comparison(with term: FilterTerm) throws(FilterError) -> FieldComparison {
    let right = try TypedTerm(term)
    let isSame =
      left.type.isText && right.type.isText || left.type.isNumber && right.type.isNumber || left.type == right.type
      || left.type == .dynamic || right.type == .dynamic
    let isPossible = isSame && left.type != .network && check.comparator != .regex && check.comparator != .pmatch
    guard isPossible else {
      throw FilterError(.notComparable(field: left.name, with: "'\(right.name)'"), at: term.range)
    }
    return .term(check.comparator, right.term)
  }

  private func comparison(
    withList words: [FilterWord], at range: FilterRange? = nil
  ) throws(FilterError) -> FieldComparison {
    do throws(FilterError) {
      guard check.comparator.takesList else {
        var each: [FieldComparison] = []
        for word in words { each.append(try comparison(with: word)) }
        return .several(check.quantifier ?? .anyof, each)
      }
      let set = try set(of: words)
      return left.isList && check.comparator == .in ? .several(.allof, [set]) : set
    } catch {
      // A named list has its own text.
      throw FilterError(error.problem, at: range ?? error.range)
    }
  }

  /// Membership in a set, hashed where values can be.
  private func set(of words: [FilterWord]) throws(FilterError) -> FieldComparison {
    if check.comparator == .pmatch { return .part(.init(search: .paths(PathPrefixes(words.map(\.bytes))))) }
    switch left.type {
    case .text, .bytes: return .texts(Set(words.map(text)))
    case .dynamic:
      return .either(
        text: .texts(Set(words.map(\.bytes))),
        number: .integers(Set(words.compactMap { FilterNumber.integer($0.text) })))
    case .integer, .duration, .time, .port:
      var numbers = Set<Int64>()
      for word in words { numbers.insert(try integer(word)) }
      return .integers(numbers)
    case .boolean, .address, .network:
      var each: [FieldComparison] = []
      for word in words { each.append(try equality(with: word)) }
      return .several(.anyof, each)
    }
  }

  private func comparison(with word: FilterWord) throws(FilterError) -> FieldComparison {
    let comparator = check.comparator
    switch comparator {
    case .equals: return try equality(with: word)
    case .differs: return .not(try equality(with: word))
    case .less, .atMost, .greater, .atLeast:
      if left.type.isNumber {
        switch FilterNumber(word.text) {
        case .integer(let value)?: return .integer(comparator, value)
        case .decimal(let value)?: return .decimal(comparator, value)
        case nil: throw invalid(word)
        }
      }
      let text = FieldComparison.order(comparator, word.bytes)
      guard left.type == .dynamic else { return text }
      return .either(text: text, number: FilterNumber.integer(word.text).map { .integer(comparator, $0) })
    case .bcontains, .bstartswith:
      guard let bytes = Self.bytes(ofHexadecimal: word.bytes) else {
        throw FilterError(
          .invalidValue(
            word.text, field: comparator.rawValue, type: "hexadecimal digits in pairs", example: "7f454c46"),
          at: word.range)
      }
      return FieldComparison.text(comparator, bytes)!
    case .regex:
      guard String(validating: word.bytes, as: UTF8.self) != nil else {
        throw FilterError(.invalidRegex("it is no UTF-8"), at: word.range)
      }
      do throws(RegularExpressionError) {
        return .part(.init(search: .regex(try RegularExpression(word.text))))
      } catch {
        throw FilterError(.invalidRegex(error.message), at: word.range)
      }
    default: return FieldComparison.text(comparator, word.bytes)!
    }
  }

  /// Upstream calls two calls otherwise than the kernel does; both names are taken.
  private func text(_ word: FilterWord) -> [UInt8] {
    left.isType ? CallAliases.upstream(word.bytes) : word.bytes
  }

  private func equality(with word: FilterWord) throws(FilterError) -> FieldComparison {
    switch left.type {
    case .text, .bytes: return .equals(text(word))
    case .dynamic:
      return .either(text: .equals(word.bytes), number: FilterNumber.integer(word.text).map { .integer(.equals, $0) })
    case .integer, .duration, .time, .port: return .integer(.equals, try integer(word))
    case .boolean:
      switch word.text {
      case "true": return .boolean(true)
      case "false": return .boolean(false)
      default: throw invalid(word)
      }
    case .address:
      guard let address = NetworkRange.address(word.text), let range = NetworkRange(word.text),
        range.bits == address.count * 8
      else { throw invalid(word) }
      return .networks([range])
    case .network:
      guard let range = NetworkRange(word.text) else { throw invalid(word) }
      return .networks([range])
    }
  }

  private func integer(_ word: FilterWord) throws(FilterError) -> Int64 {
    guard let value = FilterNumber.integer(word.text) else { throw invalid(word) }
    return value
  }

  private func invalid(_ word: FilterWord) -> FilterError {
    FilterError(
      .invalidValue(word.text, field: left.name, type: left.type.phrase, example: left.type.example), at: word.range)
  }

  private static func bytes(ofHexadecimal text: [UInt8]) -> [UInt8]? {
    guard text.count % 2 == 0, !text.isEmpty else { return nil }
    var result: [UInt8] = []
    for place in stride(from: 0, to: text.count, by: 2) {
      guard let high = hexadecimal(text[place]), let low = hexadecimal(text[place + 1]) else { return nil }
      result.append(high << 4 | low)
    }
    return result
  }
}

/// Calls that sysdig and Falco name otherwise than the kernel.
public enum CallAliases {
  private static let names: [[UInt8]: [UInt8]] = [
    Array("pread64".utf8): Array("pread".utf8), Array("pwrite64".utf8): Array("pwrite".utf8),
  ]

  public static func upstream(_ name: [UInt8]) -> [UInt8] { names[name] ?? name }
}
