/// What a check looks at: a field, or what transformers make of fields.
public indirect enum CompiledTerm: Sendable {
  case field(FieldUse)
  case literal(FieldValue)
  case list([CompiledTerm])
  case call(FilterTransformer, [CompiledTerm], selector: UInt8?)

  public func value(in source: some FieldSource) -> FieldValue {
    switch self {
    case .field(let use): source.value(of: use)
    case .literal(let value): value
    case .list(let terms): .list(terms.map { $0.value(in: source) }.filter { $0 != .absent })
    case .call(let transformer, let terms, let selector):
      Self.apply(transformer, terms.map { $0.value(in: source) }, selector)
    }
  }

  /// The fields that it needs.
  public var fields: [FieldUse] {
    switch self {
    case .field(let use): [use]
    case .literal: []
    case .list(let terms): terms.flatMap(\.fields)
    case .call(_, let terms, _): terms.flatMap(\.fields)
    }
  }

  private static func apply(_ transformer: FilterTransformer, _ values: [FieldValue], _ selector: UInt8?) -> FieldValue
  {
    guard let first = values.first else { return .absent }
    switch transformer {
    case .tolower: return first.map { $0.bytes.map { .text($0.map(lowered)) } ?? .absent }
    case .toupper: return first.map { $0.bytes.map { .text($0.map(raised)) } ?? .absent }
    case .b64: return first.map { .optional($0.bytes.flatMap(decodedBase64)) }
    case .basename:
      return first.map { value in
        .optional(
          value.bytes.map { bytes in Array(bytes[(bytes.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)...]) })
      }
    case .len:
      if case .list(let items) = first { return .integer(Int64(items.count)) }
      return first.map { .optional($0.bytes.map { Int64($0.count) }) }
    case .join:
      guard let separator = first.bytes, values.count == 2, case .list(let items) = values[1] else { return .absent }
      return .text(Array(items.compactMap(\.bytes).joined(separator: separator)))
    case .concat:
      let parts = values.map(\.bytes)
      return parts.contains { $0 == nil } ? .absent : .text(parts.flatMap { $0 ?? [] })
    case .getopt:
      guard values.count == 2, case .list(let items) = first, let options = values[1].bytes else { return .absent }
      return OptionReader(options).read(items.compactMap(\.bytes), selector)
    }
  }
}

/// The standard alphabet; padding may be missing. Nil for what is no base64.
private func decodedBase64(_ bytes: [UInt8]) -> [UInt8]? {
  var result: [UInt8] = []
  var bits: UInt32 = 0
  var count = 0
  var text = bytes[...]
  while text.last == UInt8(ascii: "=") { text.removeLast() }
  for byte in text {
    let value: UInt8
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = byte - 65
    case UInt8(ascii: "a")...UInt8(ascii: "z"): value = byte - 71
    case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte + 4
    case UInt8(ascii: "+"): value = 62
    case UInt8(ascii: "/"): value = 63
    default: return nil
    }
    bits = bits << 6 | UInt32(value)
    count += 6
    if count >= 8 {
      count -= 8
      result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
    }
  }
  return count == 6 ? nil : result
}

/// getopt(3) over an argument vector, of short options only.
private struct OptionReader {
  private var known = Set<UInt8>()
  private var withValue = Set<UInt8>()

  init(_ options: [UInt8]) {
    for (place, byte) in options.enumerated() where byte != UInt8(ascii: ":") {
      known.insert(byte)
      if place + 1 < options.count, options[place + 1] == UInt8(ascii: ":") { withValue.insert(byte) }
    }
  }

  /// All options with their values; with a selector the last value of that one, or its own letter where it has none.
  func read(_ items: [[UInt8]], _ selector: UInt8?) -> FieldValue {
    var found: [FieldValue] = []
    var selected: FieldValue = .absent
    var place = 0
    func take(_ option: UInt8, _ value: [UInt8]?) {
      if let selector {
        if option == selector { selected = .text(value ?? [option]) }
      } else {
        found.append(.text([option]))
        if let value { found.append(.text(value)) }
      }
    }
    reading: while place < items.count {
      let item = items[place]
      place += 1
      let dash = UInt8(ascii: "-")
      if item == [dash, dash] || item.count < 2 || item[0] != dash { break }
      // Long options are passed over.
      if item[1] == dash { continue }
      for (index, option) in item.enumerated().dropFirst() {
        guard known.contains(option) else {
          if selector == nil { found.append(.text("?")) }
          continue
        }
        guard withValue.contains(option) else {
          take(option, nil)
          continue
        }
        if index + 1 < item.count {
          take(option, Array(item[(index + 1)...]))
        } else if place < items.count {
          take(option, items[place])
          place += 1
        } else if selector == nil {
          // A value that is missing is an empty one.
          found.append(.text([UInt8]()))
        } else {
          take(option, [])
        }
        continue reading
      }
    }
    return selector == nil ? .list(found) : selected
  }
}

extension CompiledTerm {
  /// A field or a transformer by itself, as outputs name them: `proc.aname[2]`.
  public init(parsing text: String) throws(FilterError) {
    guard case .check(let check) = try FilterExpression(parsing: text + " exists"), case .none = check.right else {
      throw FilterError(.unexpected("'\(text)'", expected: "a field"), at: FilterRange(0, text.utf8.count))
    }
    self = try TypedTerm(check.left).term
  }
}

extension FilterError {
  /// The same in a text in which this one begins at `offset`.
  public func moved(by offset: Int) -> FilterError {
    FilterError(problem, at: FilterRange(range.start + offset, range.end + offset))
  }
}
