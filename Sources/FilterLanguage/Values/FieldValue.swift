/// What a field is at one event.
public enum FieldValue: Hashable, Sendable {
  /// It has none, or it is not known: any check of it is false.
  case absent
  case text([UInt8])
  case integer(Int64)
  case boolean(Bool)
  /// Four or sixteen bytes in network order.
  case address([UInt8])
  /// One field with several values: `in` wants all of them in the set.
  case list([FieldValue])
  /// A check holds if it holds for one: any ancestor.
  case anyOf([FieldValue])
  /// Both ends of a connection: like ``anyOf(_:)``, but `!=` must hold for both.
  case sides([FieldValue])

  public static func text(_ text: String) -> FieldValue { .text(Array(text.utf8)) }
  public static func optional(_ bytes: [UInt8]?) -> FieldValue { bytes.map { .text($0) } ?? .absent }
  public static func optional(_ text: String?) -> FieldValue { text.map { .text(Array($0.utf8)) } ?? .absent }
  public static func optional(_ value: Int64?) -> FieldValue { value.map { .integer($0) } ?? .absent }
  public static func optional(_ value: Bool?) -> FieldValue { value.map { .boolean($0) } ?? .absent }

  /// As text, where it is one or a number.
  var bytes: [UInt8]? {
    switch self {
    case .text(let bytes): bytes
    case .integer(let value): Array(String(value).utf8)
    case .boolean(let value): Array((value ? "true" : "false").utf8)
    default: nil
    }
  }

  /// Applies `body` to each of several, or to the one.
  func map(_ body: (FieldValue) -> FieldValue) -> FieldValue {
    switch self {
    case .list(let values): .list(values.map(body))
    case .anyOf(let values): .anyOf(values.map(body))
    case .sides(let values): .sides(values.map(body))
    default: body(self)
    }
  }
}

/// A field as a filter uses it.
public struct FieldUse: Hashable, Sendable {
  public enum Argument: Hashable, Sendable {
    case index(Int)
    case key(String)
  }
  public var field: FilterField
  public var argument: Argument?

  public init(_ field: FilterField, _ argument: Argument? = nil) {
    self.field = field
    self.argument = argument
  }

  public var index: Int? { if case .index(let index)? = argument { index } else { nil } }
  public var key: String? { if case .key(let key)? = argument { key } else { nil } }
}

/// Whatever can say what fields are: an event of a capture, a process, a live event.
public protocol FieldSource {
  func value(of use: FieldUse) -> FieldValue
}

extension FieldValue {
  /// As an output shows it: `<NA>` where there is none, several values joined.
  public var text: String {
    switch self {
    case .absent: "<NA>"
    case .text(let bytes): String(decoding: bytes, as: UTF8.self)
    case .integer(let value): String(value)
    case .boolean(let value): value ? "true" : "false"
    case .address(let bytes): NetworkRange.text(of: bytes)
    case .list(let values): "(" + values.map(\.text).joined(separator: ",") + ")"
    case .anyOf(let values): values.filter { $0 != .absent }.map(\.text).joined(separator: "->")
    case .sides(let values): values.map(\.text).joined(separator: ",")
    }
  }
}

extension NetworkRange {
  /// `10.0.0.1`, or an IPv6 address as RFC 5952 has it.
  static func text(of bytes: [UInt8]) -> String {
    guard bytes.count == 16 else { return bytes.map(String.init).joined(separator: ".") }
    let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
    // The longest run of two zero groups or more is left out, the first one on a tie.
    var best = 0..<0
    var start = 0
    while start < 8 {
      var end = start
      while end < 8, groups[end] == 0 { end += 1 }
      if end - start > max(best.count, 1) { best = start..<end }
      start = max(end, start + 1)
    }
    let hex = { (range: Range<Int>) in range.map { String(groups[$0], radix: 16) }.joined(separator: ":") }
    return best.isEmpty ? hex(0..<8) : hex(0..<best.lowerBound) + "::" + hex(best.upperBound..<8)
  }
}
