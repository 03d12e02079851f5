internal import RegularExpressions

/// The right side of a check, made ready: numbers are read, lists are hashed, patterns are compiled.
public indirect enum FieldComparison: Sendable {
  case exists
  case integer(FilterOperator, Int64)
  case decimal(FilterOperator, Double)
  case integers(Set<Int64>)
  case boolean(Bool)
  case equals([UInt8])
  case order(FilterOperator, [UInt8])
  case texts(Set<[UInt8]>)
  case prefix([UInt8])
  case suffix([UInt8])
  case part(TextPart)
  case networks([NetworkRange])
  case term(FilterOperator, CompiledTerm)
  /// `!=`
  case not(FieldComparison)
  case several(FilterQuantifier, [FieldComparison])
  /// Of a value that is a number or a text: nil where what it is compared with is no number.
  case either(text: FieldComparison, number: FieldComparison?)

  /// A search within a text.
  public struct TextPart: Sendable {
    enum Search: Sendable {
      case pattern(BytePattern)
      case glob(GlobPattern)
      case regex(RegularExpression)
      case paths(PathPrefixes)
    }
    let search: Search

    func matches(_ bytes: [UInt8]) -> Bool {
      switch search {
      case .pattern(let pattern): pattern.isFound(in: bytes)
      case .glob(let pattern): pattern.matches(bytes)
      case .regex(let expression): expression.matches(bytes)
      case .paths(let paths): paths.matches(bytes)
      }
    }
  }

  /// Whether the check holds for a value. False for one that is absent, whatever the check is.
  public func holds(for value: FieldValue, in source: some FieldSource) -> Bool {
    switch value {
    case .absent: return false
    case .anyOf(let values): return values.contains { holds(for: $0, in: source) }
    case .sides(let values):
      if case .not = self { return !values.isEmpty && values.allSatisfy { holds(for: $0, in: source) } }
      return values.contains { holds(for: $0, in: source) }
    case .list(let values): return holds(forList: values, in: source)
    default: return holds(forSingle: value, in: source)
    }
  }

  /// `in` is made as `several(.allof, …)` of one set, `intersects` as `anyof`.
  private func holds(forList values: [FieldValue], in source: some FieldSource) -> Bool {
    switch self {
    case .exists: true
    case .several(.allof, let sets): values.allSatisfy { value in sets.allSatisfy { $0.holds(for: value, in: source) } }
    default: values.contains { holds(for: $0, in: source) }
    }
  }

  private func holds(forSingle value: FieldValue, in source: some FieldSource) -> Bool {
    switch self {
    case .exists: return true
    case .not(let comparison): return !comparison.holds(forSingle: value, in: source)
    case .several(let quantifier, let comparisons):
      switch quantifier {
      case .anyof: return comparisons.contains { $0.holds(forSingle: value, in: source) }
      case .allof: return !comparisons.isEmpty && comparisons.allSatisfy { $0.holds(forSingle: value, in: source) }
      case .oneof:
        var count = 0
        for comparison in comparisons where comparison.holds(forSingle: value, in: source) { count += 1 }
        return count == 1
      }
    case .term(let comparator, let term):
      return Self.compare(value, comparator, term.value(in: source), in: source)
    case .either(let text, let number):
      if case .integer = value { return number?.holds(forSingle: value, in: source) ?? false }
      return text.holds(forSingle: value, in: source)
    default: break
    }
    switch value {
    case .integer(let number): return holds(for: number)
    case .boolean(let truth): if case .boolean(let wanted) = self { return truth == wanted }
    case .address(let address):
      if case .networks(let networks) = self { return networks.contains { $0.contains(address) } }
    case .text(let bytes): return holds(for: bytes)
    default: break
    }
    return false
  }

  private func holds(for number: Int64) -> Bool {
    switch self {
    case .integer(let comparator, let other): Self.isOrdered(number, comparator, other)
    case .decimal(let comparator, let other): Self.isOrdered(Double(number), comparator, other)
    case .integers(let set): set.contains(number)
    default: false
    }
  }

  private func holds(for bytes: [UInt8]) -> Bool {
    switch self {
    case .equals(let other): bytes == other
    case .order(let comparator, let other): Self.isOrdered(TextOrder(bytes), comparator, TextOrder(other))
    case .texts(let set): set.contains(bytes)
    case .prefix(let other): bytes.starts(with: other)
    case .suffix(let other): bytes.count >= other.count && bytes.suffix(other.count).elementsEqual(other)
    case .part(let part): part.matches(bytes)
    default: false
    }
  }

  private static func isOrdered<Value: Comparable>(_ left: Value, _ comparator: FilterOperator, _ right: Value) -> Bool
  {
    switch comparator {
    case .less: left < right
    case .atMost: left <= right
    case .greater: left > right
    case .atLeast: left >= right
    case .equals: left == right
    case .differs: left != right
    default: false
    }
  }

  /// Texts are ordered by their bytes.
  private struct TextOrder: Comparable {
    let bytes: [UInt8]
    init(_ bytes: [UInt8]) { self.bytes = bytes }
    static func < (left: Self, right: Self) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }
  }

  /// Against a value that only the event says.
  private static func compare(
    _ left: FieldValue, _ comparator: FilterOperator, _ right: FieldValue, in source: some FieldSource
  ) -> Bool {
    switch right {
    case .absent: return false
    case .anyOf(let values), .sides(let values), .list(let values):
      return values.contains { compare(left, comparator, $0, in: source) }
    case .integer(let number):
      if case .integer(let value) = left {
        return isOrdered(value, comparator == .in || comparator == .intersects ? .equals : comparator, number)
      }
      return false
    case .boolean, .address:
      switch comparator {
      case .equals, .in, .intersects: return left == right
      case .differs: return left != right
      default: return false
      }
    case .text(let bytes):
      guard let comparison = Self.text(comparator, bytes) else { return false }
      return comparison.holds(forSingle: left, in: source)
    }
  }

  /// Nil for an operator that a text cannot be compared with without having been compiled.
  static func text(_ comparator: FilterOperator, _ bytes: [UInt8]) -> FieldComparison? {
    switch comparator {
    case .equals, .in, .intersects: .equals(bytes)
    case .differs: .not(.equals(bytes))
    case .less, .atMost, .greater, .atLeast: .order(comparator, bytes)
    case .contains, .bcontains: .part(TextPart(search: .pattern(BytePattern(bytes))))
    case .icontains: .part(TextPart(search: .pattern(BytePattern(bytes, ignoresCase: true))))
    case .startswith, .bstartswith: .prefix(bytes)
    case .endswith: .suffix(bytes)
    case .glob: .part(TextPart(search: .glob(GlobPattern(bytes))))
    case .iglob: .part(TextPart(search: .glob(GlobPattern(bytes, ignoresCase: true))))
    case .exists, .regex, .pmatch: nil
    }
  }
}
