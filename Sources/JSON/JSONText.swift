internal import Bytes

/// Writes one JSON object after another, without a tree in between.
///
/// Bytes that are not UTF-8 become U+FFFD: JSON has no other way to say them.
public struct JSONText {
  public private(set) var bytes: [UInt8] = []
  private var needsComma = false

  public init() { bytes.reserveCapacity(1024) }

  public mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    needsComma = false
  }

  public mutating func newline() {
    bytes.append(UInt8(ascii: "\n"))
    needsComma = false
  }

  public mutating func beginObject(_ key: String? = nil) { open(key, UInt8(ascii: "{")) }
  public mutating func endObject() { close(UInt8(ascii: "}")) }
  public mutating func beginArray(_ key: String? = nil) { open(key, UInt8(ascii: "[")) }
  public mutating func endArray() { close(UInt8(ascii: "]")) }

  public mutating func set(_ key: String?, _ value: String) {
    begin(key)
    append(string: value)
  }

  /// A string of a capture, which need not be UTF-8.
  public mutating func set(_ key: String?, _ value: [UInt8]) {
    guard value.allSatisfy({ $0 < 0x80 }) else { return set(key, String(decoding: value, as: UTF8.self)) }
    set(key, utf8: value)
  }

  /// A string whose bytes are known to be UTF-8.
  public mutating func set(_ key: String?, utf8 value: [UInt8]) {
    begin(key)
    value.withUnsafeBufferPointer { append(utf8: $0) }
  }

  /// A string that `write` appends: nothing in it may need escaping.
  public mutating func set(_ key: String?, write: (inout [UInt8]) -> Void) {
    begin(key)
    bytes.append(UInt8(ascii: "\""))
    write(&bytes)
    bytes.append(UInt8(ascii: "\""))
  }

  /// Members that another text wrote outside of any object: what many objects share is made once.
  public mutating func append(members: [UInt8]) {
    if members.isEmpty { return }
    begin(nil)
    bytes.append(contentsOf: members)
  }

  @inlinable public mutating func set(_ key: String?, _ value: some FixedWidthInteger) {
    if value < 0 {
      set(key, signed: Int64(value))
    } else {
      set(key, unsigned: UInt64(value))
    }
  }

  @usableFromInline mutating func set(_ key: String?, signed value: Int64) {
    begin(key)
    bytes.append(decimal: value)
  }

  @usableFromInline mutating func set(_ key: String?, unsigned value: UInt64) {
    begin(key)
    bytes.append(decimal: value)
  }

  public mutating func set(_ key: String?, _ value: Bool) {
    begin(key)
    bytes.append(contentsOf: (value ? "true" : "false").utf8)
  }

  /// Infinity and what is no number become null: JSON has no word for them.
  public mutating func set(_ key: String?, _ value: Double) {
    guard value.isFinite else { return setNull(key) }
    begin(key)
    bytes.append(contentsOf: "\(value)".utf8)
  }

  public mutating func setNull(_ key: String?) {
    begin(key)
    bytes.append(contentsOf: "null".utf8)
  }

  public mutating func set(_ key: String, strings: some Sequence<String>) {
    beginArray(key)
    for string in strings { set(nil, string) }
    endArray()
  }

  /// Sets `key` when there is a value.
  public mutating func set(_ key: String, ifPresent value: String?) { if let value { set(key, value) } }
  public mutating func set(_ key: String, ifPresent value: [UInt8]?) { if let value { set(key, value) } }
  public mutating func set(_ key: String, ifPresent value: (some FixedWidthInteger)?) {
    if let value { set(key, value) }
  }

  private mutating func begin(_ key: String?) {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
    guard let key else { return }
    append(string: key)
    bytes.append(UInt8(ascii: ":"))
  }

  private mutating func open(_ key: String?, _ bracket: UInt8) {
    begin(key)
    bytes.append(bracket)
    needsComma = false
  }

  private mutating func close(_ bracket: UInt8) {
    bytes.append(bracket)
    needsComma = true
  }

  private mutating func append(string: String) {
    if string.utf8.withContiguousStorageIfAvailable({ append(utf8: $0) }) == nil {
      var copy = string
      copy.withUTF8 { append(utf8: $0) }
    }
  }

  private mutating func append(utf8 text: UnsafeBufferPointer<UInt8>) {
    bytes.append(UInt8(ascii: "\""))
    // Where the bytes begin that are as they stand, up to one that is not.
    var start = 0
    var index = 0
    while index < text.count {
      let byte = text[index]
      // U+0080 to U+009F begin with 0xC2; terminals obey them.
      let isPlain =
        byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") && byte != 0x7f && byte != 0xc2
      if isPlain || byte == 0xc2 && index + 1 < text.count && text[index + 1] >= 0xa0 {
        index += 1
        continue
      }
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<index]))
      if byte == 0xc2 { index += 1 }
      if index < text.count { append(escaped: text[index]) }
      index += 1
      start = min(index, text.count)
    }
    bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start...]))
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func append(escaped byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): bytes.append(contentsOf: "\\\"".utf8)
    case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
    case UInt8(ascii: "\n"): bytes.append(contentsOf: "\\n".utf8)
    case UInt8(ascii: "\r"): bytes.append(contentsOf: "\\r".utf8)
    case UInt8(ascii: "\t"): bytes.append(contentsOf: "\\t".utf8)
    default:
      bytes.append(contentsOf: (byte < 16 ? "\\u000" : "\\u00").utf8)
      bytes.append(hexadecimal: UInt64(byte))
    }
  }
}
