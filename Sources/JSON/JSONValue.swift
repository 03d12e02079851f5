/// A JSON document, or a part of one.
///
/// A tree of values, not a view: the documents read here are a container's metadata, some kilobytes each.
public enum JSONValue: Equatable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case real(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])
}

extension JSONValue {
  /// The member called `name`; nil when there is none or this is no object.
  public subscript(name: String) -> JSONValue? {
    if case .object(let members) = self { members[name] } else { nil }
  }

  /// The element at `index`; nil when it is out of range or this is no array.
  public subscript(index: Int) -> JSONValue? {
    if case .array(let elements) = self, elements.indices.contains(index) { elements[index] } else { nil }
  }

  public var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  /// The text, unless it is empty: metadata files write "" where they mean "none".
  public var nonEmptyString: String? {
    if case .string(let value) = self, !value.isEmpty { value } else { nil }
  }

  public var integer: Int64? {
    if case .integer(let value) = self { value } else { nil }
  }

  public var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// The elements; none when this is no array.
  public var elements: [JSONValue] {
    if case .array(let values) = self { values } else { [] }
  }

  /// The members; none when this is no object.
  public var members: [String: JSONValue] {
    if case .object(let values) = self { values } else { [:] }
  }

  /// The members that are text, as a table: labels, annotations.
  public var strings: [String: String] {
    members.compactMapValues(\.string)
  }
}
