internal import CJansson

extension JSONValue {
  /// Nesting beyond this is refused. Deeper than any metadata file, shallow enough for a small stack.
  public static let depthLimit = 256

  /// How strict the parser is.
  public struct ParsingOptions: OptionSet, Sendable {
    public var rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    /// A key that is there twice is an error. Otherwise the last one counts. `JSON_REJECT_DUPLICATES`.
    public static let refusingDuplicateKeys = ParsingOptions(rawValue: 0x1)
    /// Integers are read as reals: none is too large, and those beyond 2⁵³ lose digits. `JSON_DECODE_INT_AS_REAL`.
    public static let integersAsReals = ParsingOptions(rawValue: 0x8)
  }

  /// Reads one JSON document from `text`.
  ///
  /// Text with U+0000 in it is refused.
  ///
  /// - Throws: ``JSONError`` with line and column when the text is not JSON, is nested deeper than
  ///   ``depthLimit``, or holds an integer beyond 64 bits.
  public init(parsing text: [UInt8], _ options: ParsingOptions = []) throws(JSONError) {
    guard !text.isEmpty else { throw JSONError(line: 1, column: 1, reason: "the text is empty") }
    var failure = json_error_t()
    let flags = Self.decodeAny | options.rawValue
    let root = text.withUnsafeBytes { bytes in
      json_loadb(bytes.baseAddress!.assumingMemoryBound(to: CChar.self), bytes.count, flags, &failure)
    }
    guard let root else { throw JSONError(failure) }
    defer { json_decref(root) }
    self = try Self.copy(root, depth: 0)
  }

  public init(parsing text: String) throws(JSONError) {
    try self.init(parsing: Array(text.utf8))
  }

  /// `JSON_DECODE_ANY`, a macro that Swift cannot import: a lone number or text is a document too.
  private static let decodeAny = 0x4

  private static func copy(_ node: UnsafeMutablePointer<json_t>, depth: Int) throws(JSONError) -> JSONValue {
    guard depth < depthLimit else {
      throw JSONError(line: 0, column: 0, reason: "nested deeper than \(depthLimit) levels")
    }
    switch node.pointee.type {
    case JSON_OBJECT:
      var members: [String: JSONValue] = [:]
      var iterator = json_object_iter(node)
      while let place = iterator {
        if let key = json_object_iter_key(place), let value = json_object_iter_value(place) {
          members[String(cString: key)] = try copy(value, depth: depth + 1)
        }
        iterator = json_object_iter_next(node, place)
      }
      return .object(members)
    case JSON_ARRAY:
      var elements: [JSONValue] = []
      for index in 0..<json_array_size(node) {
        if let value = json_array_get(node, index) { elements.append(try copy(value, depth: depth + 1)) }
      }
      return .array(elements)
    case JSON_STRING:
      guard let start = json_string_value(node) else { return .string("") }
      let bytes = UnsafeRawBufferPointer(start: start, count: json_string_length(node))
      return .string(String(decoding: bytes, as: UTF8.self))
    case JSON_INTEGER: return .integer(Int64(json_integer_value(node)))
    case JSON_REAL: return .real(json_real_value(node))
    case JSON_TRUE: return .bool(true)
    case JSON_FALSE: return .bool(false)
    default: return .null
    }
  }
}

extension JSONError {
  /// What jansson says, without its habit of quoting the text: metadata can hold secrets (environments).
  fileprivate init(_ failure: json_error_t) {
    let words = withUnsafeBytes(of: failure.text) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    let reason = words.split(separator: " near ", maxSplits: 1).first.map(String.init) ?? "not JSON"
    self.init(line: max(Int(failure.line), 0), column: max(Int(failure.column), 0), reason: reason)
  }
}
