extension JSONValue {
  /// The document as JSON text, in one line, members in the order of their names.
  ///
  /// It never holds a raw control character: nothing in it can end the line or move a terminal's cursor.
  public var encoded: [UInt8] {
    var text = JSONText()
    append(to: &text, key: nil)
    return text.bytes
  }

  private func append(to text: inout JSONText, key: String?) {
    switch self {
    case .null: text.setNull(key)
    case .bool(let value): text.set(key, value)
    case .integer(let value): text.set(key, value)
    case .real(let value): text.set(key, value)
    case .string(let value): text.set(key, value)
    case .array(let elements):
      text.beginArray(key)
      for element in elements { element.append(to: &text, key: nil) }
      text.endArray()
    case .object(let members):
      text.beginObject(key)
      for name in members.keys.sorted() { members[name]?.append(to: &text, key: name) }
      text.endObject()
    }
  }
}
