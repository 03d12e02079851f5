/// The bytes that `text` stands for in base64 (RFC 4648), with or without its padding; nil when it is something else.
///
/// Bits beyond the last whole byte must be zero, so that no two texts mean the same bytes.
public func decodeBase64(_ text: String) -> [UInt8]? {
  var bytes: [UInt8] = []
  var pending: UInt32 = 0
  var bits: UInt32 = 0
  let digits = Array(text.utf8)
  let padding = digits.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
  guard padding == 0 || digits.count % 4 == 0 else { return nil }
  for digit in digits.dropLast(padding) {
    let value: UInt8
    switch digit {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = digit - 65
    case UInt8(ascii: "a")...UInt8(ascii: "z"): value = digit - 71
    case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit + 4
    case UInt8(ascii: "+"): value = 62
    case UInt8(ascii: "/"): value = 63
    default: return nil
    }
    pending = pending << 6 | UInt32(value)
    bits += 6
    if bits >= 8 {
      bits -= 8
      bytes.append(UInt8(truncatingIfNeeded: pending >> bits))
      pending &= 1 << bits - 1
    }
  }
  return bits < 6 && pending == 0 ? bytes : nil
}

/// `bytes` in base64 (RFC 4648), padded.
public func encodeBase64(_ bytes: [UInt8]) -> [UInt8] {
  let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  var result: [UInt8] = []
  result.reserveCapacity((bytes.count + 2) / 3 * 4)
  for start in stride(from: 0, to: bytes.count, by: 3) {
    let count = min(3, bytes.count - start)
    var word: UInt32 = 0
    for offset in 0..<count { word |= UInt32(bytes[start + offset]) << UInt32(16 - 8 * offset) }
    for place in 0..<4 {
      result.append(place <= count ? digits[Int(word >> UInt32(18 - 6 * place) & 63)] : UInt8(ascii: "="))
    }
  }
  return result
}
