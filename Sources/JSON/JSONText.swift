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
    append(string: value.utf8)
  }

  /// A string of a capture, which need not be UTF-8.
  public mutating func set(_ key: String?, _ value: [UInt8]) { set(key, String(decoding: value, as: UTF8.self)) }

  public mutating func set(_ key: String?, _ value: some FixedWidthInteger) {
    begin(key)
    bytes.append(contentsOf: String(value).utf8)
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
    append(string: key.utf8)
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

  private mutating func append(string: String.UTF8View) {
    bytes.append(UInt8(ascii: "\""))
    // The first byte of U+0080 to U+00BF, held until the second is seen: terminals obey U+0080 to U+009F.
    var isHeld = false
    for byte in string {
      if isHeld {
        isHeld = false
        if byte < 0xa0 {
          bytes.append(contentsOf: ("\\u00" + String(byte, radix: 16)).utf8)
        } else {
          bytes.append(0xc2)
          bytes.append(byte)
        }
        continue
      }
      switch byte {
      case 0xc2: isHeld = true
      case UInt8(ascii: "\""): bytes.append(contentsOf: "\\\"".utf8)
      case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
      case UInt8(ascii: "\n"): bytes.append(contentsOf: "\\n".utf8)
      case UInt8(ascii: "\r"): bytes.append(contentsOf: "\\r".utf8)
      case UInt8(ascii: "\t"): bytes.append(contentsOf: "\\t".utf8)
      case 0..<0x20, 0x7f:
        let digits = String(byte, radix: 16)
        bytes.append(contentsOf: ("\\u00" + (byte < 16 ? "0" : "") + digits).utf8)
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
