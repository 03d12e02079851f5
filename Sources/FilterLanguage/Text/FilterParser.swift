extension FilterExpression {
  /// How deep parentheses, `not` and transformers may be nested. Upstream allows fewer.
  public static let depthLimit = 100
  /// A filter's text may be this long: rules with all their exceptions are some kilobytes.
  public static let lengthLimit = 1 << 20

  /// Reads a filter in the language of sysdig and Falco.
  ///
  /// - Throws: ``FilterError`` at the first thing that is wrong. Names are not looked up: `nonsense` is a macro.
  public init(parsing text: String) throws(FilterError) {
    guard text.utf8.count <= Self.lengthLimit else {
      throw FilterError(.tooLong(limit: Self.lengthLimit), at: FilterRange(Self.lengthLimit, Self.lengthLimit))
    }
    var parser = FilterParser(text)
    self = try parser.parse()
  }
}

/// Recursive descent, one method a production.
private struct FilterParser {
  private var scanner: FilterScanner
  private var depth = 0

  init(_ text: String) { scanner = FilterScanner(text) }

  mutating func parse() throws(FilterError) -> FilterExpression {
    scanner.skipBlanks()
    if scanner.isAtEnd { throw FilterError(.empty, at: FilterRange(0, scanner.offset)) }
    let result = try parseAny()
    scanner.skipBlanks()
    guard scanner.isAtEnd else {
      throw unexpected(scanner.next == UInt8(ascii: ")") ? "the end, or a '(' before" : "'and' or 'or'")
    }
    return result
  }

  private func unexpected(_ expected: String) -> FilterError {
    scanner.isAtEnd
      ? FilterError(.missing(expected), at: FilterRange(scanner.offset, scanner.offset))
      : FilterError(.unexpected("'\(scanner.wordHere())'", expected: expected), at: scanner.rangeOfWordHere())
  }

  private mutating func parseAny() throws(FilterError) -> FilterExpression {
    var children = [try parseAll()]
    while try takeJoint("or") { children.append(try parseAll()) }
    return children.count == 1 ? children[0] : .any(children)
  }

  private mutating func parseAll() throws(FilterError) -> FilterExpression {
    var children = [try parseNot()]
    while try takeJoint("and") { children.append(try parseNot()) }
    return children.count == 1 ? children[0] : .all(children)
  }

  /// Takes `and` or `or`, after which a blank or `(` has to follow.
  private mutating func takeJoint(_ word: String) throws(FilterError) -> Bool {
    scanner.skipBlanks()
    let start = scanner.offset
    guard let name = scanner.takeName(), name == word else {
      scanner.go(to: start)
      return false
    }
    guard let next = scanner.next, FilterScanner.isBlank(next) || next == UInt8(ascii: "(") else {
      throw unexpected("a blank or '(' after '\(word)'")
    }
    return true
  }

  private mutating func parseNot() throws(FilterError) -> FilterExpression {
    scanner.skipBlanks()
    var isNegated = false
    while scanner.stands("not"), let byte = scanner.byte(after: 3), FilterScanner.isBlank(byte) {
      scanner.go(to: scanner.offset + 3)
      scanner.skipBlanks()
      isNegated.toggle()
    }
    if scanner.stands("not("), scanner.take("not") { isNegated.toggle() }
    let child = try parseCheck()
    return isNegated ? .not(child) : child
  }

  private mutating func nested<Result>(
    _ body: (inout FilterParser) throws(FilterError) -> Result
  ) throws(FilterError) -> Result {
    depth += 1
    defer { depth -= 1 }
    guard depth <= FilterExpression.depthLimit else {
      throw FilterError(.tooDeep(limit: FilterExpression.depthLimit), at: scanner.rangeOfWordHere())
    }
    return try body(&self)
  }

  private static let reserved: Set<String> = ["and", "or", "not"]

  private mutating func parseCheck() throws(FilterError) -> FilterExpression {
    scanner.skipBlanks()
    let start = scanner.offset
    if scanner.take(UInt8(ascii: "(")) {
      return try nested { (parser) throws(FilterError) in
        let child = try parser.parseAny()
        parser.scanner.skipBlanks()
        guard parser.scanner.take(UInt8(ascii: ")")) else { throw parser.unexpected("')', 'and' or 'or'") }
        return child
      }
    }
    guard let term = try takeTerm() else {
      guard let name = scanner.takeName() else { throw unexpected("a field, a macro or '('") }
      let range = scanner.range(from: start)
      if Self.reserved.contains(name) {
        scanner.go(to: start)
        throw unexpected("a field, a macro or '('")
      }
      try refuseCheck(of: name, range)
      return .macro(FilterWord(bytes: Array(name.utf8), isQuoted: false, range: range))
    }
    return .check(try parseCondition(of: term, from: start))
  }

  /// A single name that is compared is meant as a field, and one before a parenthesis as a transformer.
  private mutating func refuseCheck(of name: String, _ range: FilterRange) throws(FilterError) {
    if scanner.next == UInt8(ascii: "(") {
      if name == "val" {
        throw FilterError(.unexpected("'val('", expected: "a field, as val() stands on the right side,"), at: range)
      }
      throw FilterError(
        .unknownTransformer(name, suggestion: nearest(name, among: FilterTransformer.allCases.map(\.rawValue))),
        at: range)
    }
    let end = scanner.offset
    defer { scanner.go(to: end) }
    scanner.skipBlanks()
    let isCompared =
      scanner.next.map { "=!<>[".utf8.contains($0) } ?? false
      || scanner.takeName().flatMap(FilterOperator.init(rawValue:)) != nil
    if isCompared {
      throw FilterError(.unknownField(name, suggestion: FieldCatalogue.suggestion(for: name)), at: range)
    }
  }

  /// A field or a transformer; nil, and nothing taken, when neither stands here.
  private mutating func takeTerm() throws(FilterError) -> FilterTerm? {
    let start = scanner.offset
    guard let first = scanner.takeName() else { return nil }
    if scanner.next == UInt8(ascii: "("), let transformer = FilterTransformer(rawValue: first) {
      scanner.go(to: scanner.offset + 1)
      return .call(try nested { (parser) throws(FilterError) in try parser.parseCall(transformer, from: start) })
    }
    var name = first
    while scanner.next == UInt8(ascii: "."), let letter = scanner.byte(after: 1), FilterScanner.isLetter(letter) {
      scanner.go(to: scanner.offset + 1)
      name += "." + (scanner.takeName() ?? "")
    }
    guard name.utf8.count > first.utf8.count else {
      scanner.go(to: start)
      return nil
    }
    let nameRange = scanner.range(from: start)
    let argument = try takeBrackets()
    return .field(
      FilterFieldName(name: name, nameRange: nameRange, argument: argument, range: scanner.range(from: start)))
  }

  private mutating func takeBrackets() throws(FilterError) -> FilterWord? {
    guard scanner.take(UInt8(ascii: "[")) else { return nil }
    var argument = try scanner.takeQuoted()
    if argument == nil { argument = scanner.takeBareArgument() }
    guard let argument else { throw unexpected("an argument in the brackets") }
    guard scanner.take(UInt8(ascii: "]")) else { throw unexpected("']'") }
    return argument
  }

  private mutating func parseCall(_ transformer: FilterTransformer, from start: Int) throws(FilterError) -> FilterCall {
    var arguments: [FilterTerm] = []
    repeat {
      scanner.skipBlanks()
      arguments.append(try parseArgument(mayBeList: true))
      scanner.skipBlanks()
    } while scanner.take(UInt8(ascii: ","))
    guard scanner.take(UInt8(ascii: ")")) else { throw unexpected("')' or ','") }
    let selector = try takeBrackets()
    return FilterCall(
      transformer: transformer, arguments: arguments, selector: selector, range: scanner.range(from: start))
  }

  private mutating func parseArgument(mayBeList: Bool) throws(FilterError) -> FilterTerm {
    if let word = try scanner.takeQuoted() { return .literal(word) }
    let start = scanner.offset
    if mayBeList, scanner.take(UInt8(ascii: "(")) {
      var items: [FilterTerm] = []
      scanner.skipBlanks()
      if !scanner.take(UInt8(ascii: ")")) {
        repeat {
          scanner.skipBlanks()
          items.append(try parseArgument(mayBeList: false))
          scanner.skipBlanks()
        } while scanner.take(UInt8(ascii: ","))
        guard scanner.take(UInt8(ascii: ")")) else { throw unexpected("')' or ','") }
      }
      return .list(items, scanner.range(from: start))
    }
    if let term = try takeTerm() { return term }
    if let word = scanner.takeBare() {
      if FilterNumber(word.text) != nil { return .literal(word) }
      scanner.go(to: start)
    }
    throw unexpected("a field, a transformer, a quoted text or a number")
  }

  private mutating func parseCondition(of left: FilterTerm, from start: Int) throws(FilterError) -> FilterCheck {
    scanner.skipBlanks()
    let place = scanner.offset
    let comparator = try takeOperator()
    let range = scanner.range(from: place)
    let hadBlank = scanner.skipBlanks()
    if comparator.wantsBlank, !hadBlank { throw unexpected("a blank after '\(comparator.rawValue)'") }
    var quantifier: FilterQuantifier?
    let right: FilterOperand
    if comparator == .exists {
      // The blank belongs to what follows.
      right = .none
    } else if comparator.takesList {
      right = try parseList(mayBeTerm: true)
    } else if comparator.isOrder {
      right = try parseNumber(of: comparator)
    } else {
      quantifier = hadBlank ? takeQuantifier() : nil
      right = quantifier == nil ? try parseWord(of: comparator) : try parseList(mayBeTerm: false)
    }
    return FilterCheck(
      left: left, comparator: comparator, comparatorRange: range, quantifier: quantifier, right: right,
      range: scanner.range(from: start))
  }

  private mutating func takeOperator() throws(FilterError) -> FilterOperator {
    for sign in ["<=", "<", ">=", ">", "!="] where scanner.take(sign) { return FilterOperator(rawValue: sign)! }
    if scanner.take("==") || scanner.take("=") { return .equals }
    let start = scanner.offset
    guard let name = scanner.takeName() else { throw unexpected("an operator") }
    if let found = FilterOperator(rawValue: name), found.isWord { return found }
    let range = scanner.range(from: start)
    if Self.reserved.contains(name) {
      throw FilterError(.unexpected("'\(name)'", expected: "an operator, such as = or exists,"), at: range)
    }
    throw FilterError(
      .unknownOperator(name, suggestion: nearest(name, among: FilterOperator.words.map(\.rawValue))), at: range)
  }

  /// `oneof`, `anyof` or `allof` where a list follows; else the word is a value like another.
  private mutating func takeQuantifier() -> FilterQuantifier? {
    let start = scanner.offset
    if let quantifier = scanner.takeName().flatMap(FilterQuantifier.init(rawValue:)), scanner.skipBlanks() {
      let place = scanner.offset
      if scanner.next == UInt8(ascii: "(") { return quantifier }
      if let name = scanner.takeName(), !Self.reserved.contains(name) {
        scanner.go(to: place)
        return quantifier
      }
    }
    scanner.go(to: start)
    return nil
  }

  /// `val(field)` or a transformer.
  private mutating func takeOperandTerm() throws(FilterError) -> FilterOperand? {
    let start = scanner.offset
    if scanner.take("val(") {
      scanner.skipBlanks()
      guard case .field(let name)? = try takeTerm() else { throw unexpected("a field in val()") }
      scanner.skipBlanks()
      guard scanner.take(UInt8(ascii: ")")) else { throw unexpected("')'") }
      return .term(.field(name), isValue: true)
    }
    guard let name = scanner.takeName(), scanner.next == UInt8(ascii: "("), FilterTransformer(rawValue: name) != nil
    else {
      scanner.go(to: start)
      return nil
    }
    scanner.go(to: start)
    return try takeTerm().map { .term($0, isValue: false) }
  }

  private mutating func parseNumber(of comparator: FilterOperator) throws(FilterError) -> FilterOperand {
    if let term = try takeOperandTerm() { return term }
    let start = scanner.offset
    if let word = scanner.takeBare() {
      if FilterNumber(word.text) != nil { return .word(word) }
      scanner.go(to: start)
    }
    throw unexpected("a number after '\(comparator.rawValue)'")
  }

  private mutating func parseWord(of comparator: FilterOperator) throws(FilterError) -> FilterOperand {
    if let term = try takeOperandTerm() { return term }
    if let word = try scanner.takeQuoted() ?? scanner.takeBare() { return .word(word) }
    throw unexpected("a value after '\(comparator.rawValue)'")
  }

  private mutating func parseList(mayBeTerm: Bool) throws(FilterError) -> FilterOperand {
    let start = scanner.offset
    if scanner.take(UInt8(ascii: "(")) {
      var words: [FilterWord] = []
      scanner.skipBlanks()
      if scanner.take(UInt8(ascii: ")")) { return .list([], scanner.range(from: start)) }
      repeat {
        scanner.skipBlanks()
        guard let word = try scanner.takeQuoted() ?? scanner.takeBare() else { throw unexpected("a value") }
        words.append(word)
        scanner.skipBlanks()
      } while scanner.take(UInt8(ascii: ","))
      guard scanner.take(UInt8(ascii: ")")) else { throw unexpected("')' or ','") }
      return .list(words, scanner.range(from: start))
    }
    if mayBeTerm, let term = try takeOperandTerm() { return term }
    guard let name = scanner.takeName() else { throw unexpected("a list in parentheses, or the name of one") }
    return .listName(FilterWord(bytes: Array(name.utf8), isQuoted: false, range: scanner.range(from: start)))
  }
}
