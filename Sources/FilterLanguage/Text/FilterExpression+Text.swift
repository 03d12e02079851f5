extension FilterExpression: CustomStringConvertible {
  /// The filter as it could have been written: read again, it is the same.
  public var description: String {
    switch self {
    case .all(let children): children.map { $0.isAny || $0.isAll ? "(\($0))" : "\($0)" }.joined(separator: " and ")
    case .any(let children): children.map { $0.isAny ? "(\($0))" : "\($0)" }.joined(separator: " or ")
    case .not(let child): child.isSimple ? "not \(child)" : "not (\(child))"
    case .check(let check): check.description
    case .macro(let word): word.text
    }
  }

  private var isAny: Bool { if case .any = self { true } else { false } }
  private var isAll: Bool { if case .all = self { true } else { false } }
  private var isSimple: Bool {
    switch self {
    case .check, .macro: true
    default: false
    }
  }
}

extension FilterCheck: CustomStringConvertible {
  public var description: String {
    let quantifier = quantifier.map { " " + $0.rawValue } ?? ""
    let right = right.description
    return "\(left) \(comparator.rawValue)" + quantifier + (right.isEmpty ? "" : " " + right)
  }
}

extension FilterTerm: CustomStringConvertible {
  public var description: String {
    switch self {
    case .field(let name): name.name + (name.argument.map { "[\($0)]" } ?? "")
    case .call(let call):
      call.transformer.rawValue + "(" + call.arguments.map(\.description).joined(separator: ", ") + ")"
        + (call.selector.map { "[\($0)]" } ?? "")
    case .literal(let word): word.description
    case .list(let items, _): "(" + items.map(\.description).joined(separator: ", ") + ")"
    }
  }
}

extension FilterOperand: CustomStringConvertible {
  public var description: String {
    switch self {
    case .none: ""
    case .word(let word): word.description
    case .list(let words, _): "(" + words.map(\.description).joined(separator: ", ") + ")"
    case .listName(let word): word.text
    case .term(let term, let isValue): isValue ? "val(\(term))" : term.description
    }
  }
}

extension FilterWord: CustomStringConvertible {
  /// As it was written, quoted or not.
  public var description: String { isQuoted ? Self.quoted(bytes) : text }

  /// In double quotes, with the escapes that it needs.
  public static func quoted(_ bytes: [UInt8]) -> String {
    // A text that is no UTF-8 cannot stand in a string as it is.
    let isText = String(validating: bytes, as: UTF8.self) != nil
    var result: [UInt8] = [UInt8(ascii: "\"")]
    for byte in bytes {
      switch byte {
      case 0x08: result += Array("\\b".utf8)
      case 0x0c: result += Array("\\f".utf8)
      case 0x0a: result += Array("\\n".utf8)
      case 0x0d: result += Array("\\r".utf8)
      case 0x09: result += Array("\\t".utf8)
      case UInt8(ascii: "\\"), UInt8(ascii: "\""): result += [UInt8(ascii: "\\"), byte]
      case _ where byte < 0x20 || byte == 0x7f || byte >= 0x80 && !isText:
        let digits = Array("0123456789abcdef".utf8)
        result += Array("\\x".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      default: result.append(byte)
      }
    }
    return String(decoding: result + [UInt8(ascii: "\"")], as: UTF8.self)
  }
}
