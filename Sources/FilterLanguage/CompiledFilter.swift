/// A filter that is ready: names are looked up, types agree, what is constant is folded.
public struct CompiledFilter: Sendable {
  /// As it was written.
  public let text: String
  public let root: FilterNode
  /// Every field that it names, also in what was folded away.
  public let fieldsNamed: Set<FieldUse>

  /// - Throws: ``FilterError`` at the first thing that is wrong.
  public init(_ text: String, library: FilterLibrary = FilterLibrary()) throws(FilterError) {
    try self.init(FilterExpression(parsing: text), text: text, library: library)
  }

  public init(_ expression: FilterExpression, text: String, library: FilterLibrary) throws(FilterError) {
    self.text = text
    var compiler = FilterCompiler(library)
    root = try compiler.node(of: expression)
    fieldsNamed = compiler.fields
  }

  /// Every field that it needs, each once.
  public var fields: Set<FieldUse> { Set(root.fields) }

  /// Whether it lets an event through; each check asks `source`.
  public func matches(_ source: some FieldSource) -> Bool { root.matches(source) }
}

/// A part of a compiled filter.
public indirect enum FilterNode: Sendable {
  case constant(Bool)
  case all([FilterNode])
  case any([FilterNode])
  case not(FilterNode)
  case check(CompiledCheck)

  public func matches(_ source: some FieldSource) -> Bool {
    switch self {
    case .constant(let value): value
    case .all(let nodes): nodes.allSatisfy { $0.matches(source) }
    case .any(let nodes): nodes.contains { $0.matches(source) }
    case .not(let node): !node.matches(source)
    case .check(let check): check.holds(in: source)
    }
  }

  public var fields: [FieldUse] {
    switch self {
    case .constant: []
    case .all(let nodes), .any(let nodes): nodes.flatMap(\.fields)
    case .not(let node): node.fields
    case .check(let check): check.fields
    }
  }
}

/// One comparison of a filter.
public struct CompiledCheck: Sendable {
  public let term: CompiledTerm
  public let comparison: FieldComparison

  public func holds(in source: some FieldSource) -> Bool { comparison.holds(for: term.value(in: source), in: source) }

  /// The fields that it needs.
  public var fields: [FieldUse] { term.fields + comparison.fields }
}

extension FieldComparison {
  var fields: [FieldUse] {
    switch self {
    case .term(_, let term): term.fields
    case .not(let comparison): comparison.fields
    case .several(_, let comparisons): comparisons.flatMap(\.fields)
    case .either(let text, let number): text.fields + (number?.fields ?? [])
    default: []
    }
  }
}
