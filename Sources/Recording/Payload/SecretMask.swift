/// Finds what is likely a secret in what was read, written, sent or received.
///
/// It looks at one call's bytes alone, once: what a program reads in pieces is seen in pieces, but for private keys
/// (``OpenKeys``). It rather hides too much.
enum SecretMask {
  /// Where the secrets are, ascending; most often there is none.
  static func secrets(in bytes: UnsafeRawBufferPointer) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var position = 0
    while position < bytes.count {
      if let plain = MarkSearch.plainBytes(in: bytes, from: position) {
        position += plain
        continue
      }
      var secret: Range<Int>?
      switch bytes[position] {
      case UInt8(ascii: ":"), UInt8(ascii: "="): secret = value(after: position, in: bytes)
      case UInt8(ascii: "-"): secret = privateKey(at: position, in: bytes) ?? token(endingPrefixAt: position, in: bytes)
      case UInt8(ascii: "_"), UInt8(ascii: "A"), UInt8(ascii: "J"): secret = token(endingPrefixAt: position, in: bytes)
      default: break
      }
      if let secret, !secret.isEmpty {
        found.append(secret)
        position = secret.upperBound
      } else {
        position += 1
      }
    }
    return found
  }

  // MARK: Values of names

  private static let headers: [StaticString] = ["authorization", "cookie"]
  /// What a name ends in whose value is a secret.
  private static let names: [StaticString] = [
    "password", "passwd", "passphrase", "secret", "token", "api_key", "api-key", "apikey", "access_key", "access-key",
    "accesskey", "private_key", "privatekey", "secret_key", "secretkey", "credential", "credentials",
  ]

  /// `password=…`, `"token": "…"`, `Authorization: Bearer …`, `://user:…@`, `root:$6$…`.
  private static func value(after mark: Int, in bytes: UnsafeRawBufferPointer) -> Range<Int>? {
    if bytes[mark] == UInt8(ascii: ":") {
      if let range = passwordHash(after: mark, in: bytes) ?? passwordOfAddress(after: mark, in: bytes) { return range }
    }
    var end = mark
    while end > 0, isSpaceOrQuote(bytes[end - 1]) { end -= 1 }
    guard end > 0, isLetterThatEndsAName(bytes[end - 1]) else { return nil }
    if headers.contains(where: { endsIn($0, bytes, end) }) { return headerValue(after: mark, in: bytes) }
    guard names.contains(where: { endsIn($0, bytes, end) }) else { return nil }
    var start = mark + 1
    while start < bytes.count, bytes[start] == UInt8(ascii: " ") { start += 1 }
    if start < bytes.count, isQuote(bytes[start]) {
      let quote = bytes[start]
      start += 1
      return start..<(firstIndex(in: bytes, from: start) { $0 == quote } ?? bytes.count)
    }
    return start..<(firstIndex(in: bytes, from: start, where: endsValue) ?? bytes.count)
  }

  /// To the end of the line; the word that says how it is meant stays.
  private static func headerValue(after mark: Int, in bytes: UnsafeRawBufferPointer) -> Range<Int> {
    var start = mark + 1
    while start < bytes.count, bytes[start] == UInt8(ascii: " ") { start += 1 }
    let end = firstIndex(in: bytes, from: start) { $0 == 10 || $0 == 13 || $0 == 0 } ?? bytes.count
    for scheme: StaticString in ["basic ", "bearer ", "digest ", "negotiate ", "token "] {
      let after = start + scheme.utf8CodeUnitCount
      if after <= end, endsIn(scheme, bytes, after) {
        start = after
        break
      }
    }
    return start..<max(start, end)
  }

  /// `$6$salt$hash`, as /etc/shadow has it.
  private static func passwordHash(after mark: Int, in bytes: UnsafeRawBufferPointer) -> Range<Int>? {
    let start = mark + 1
    guard start + 3 < bytes.count, bytes[start] == UInt8(ascii: "$") else { return nil }
    let end = firstIndex(in: bytes, from: start) { $0 == UInt8(ascii: ":") || endsValue($0) } ?? bytes.count
    return bytes[start..<end].lazy.filter { $0 == UInt8(ascii: "$") }.count >= 3 || end == bytes.count
      ? start..<end : nil
  }

  /// `scheme://user:password@host`.
  private static func passwordOfAddress(after mark: Int, in bytes: UnsafeRawBufferPointer) -> Range<Int>? {
    guard mark + 2 < bytes.count, bytes[mark + 1] == UInt8(ascii: "/"), bytes[mark + 2] == UInt8(ascii: "/") else {
      return nil
    }
    let start = mark + 3
    let end =
      firstIndex(in: bytes, from: start) { $0 == UInt8(ascii: "@") || $0 == UInt8(ascii: "/") || endsValue($0) }
      ?? bytes.count
    guard end < bytes.count, bytes[end] == UInt8(ascii: "@"),
      let colon = firstIndex(in: bytes, from: start, where: { $0 == UInt8(ascii: ":") }), colon < end
    else { return nil }
    return (colon + 1)..<end
  }

  // MARK: Keys and tokens

  /// What stands between the lines that say where a private key begins and ends.
  private static func privateKey(at start: Int, in bytes: UnsafeRawBufferPointer) -> Range<Int>? {
    let begin: StaticString = "-----begin "
    guard endsIn(begin, bytes, start + begin.utf8CodeUnitCount) else { return nil }
    let line = firstIndex(in: bytes, from: start + begin.utf8CodeUnitCount) { $0 == 10 || $0 == 13 } ?? bytes.count
    guard endsIn("private key-----", bytes, line) || endsIn("private key block-----", bytes, line) else { return nil }
    var end = line
    while end < bytes.count {
      end = firstIndex(in: bytes, from: end) { $0 == UInt8(ascii: "-") } ?? bytes.count
      if endsIn("-----end ", bytes, end + 9) { break }
      end += end < bytes.count ? 1 : 0
    }
    return line..<end
  }

  private static let prefixes: [StaticString] = [
    "github_pat_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "glpat-", "xoxb-", "xoxp-", "xoxa-", "sk-", "akia", "asia",
    "eyj",
  ]
  private static let leastToken = 16

  /// A token whose kind its first letters tell; `mark` is the last of them. They stay.
  private static func token(endingPrefixAt mark: Int, in bytes: UnsafeRawBufferPointer) -> Range<Int>? {
    for prefix in prefixes where endsIn(prefix, bytes, mark + 1) {
      let start = mark + 1
      let before = start - prefix.utf8CodeUnitCount - 1
      if before >= 0, isTokenLetter(bytes[before]) { continue }
      let end = firstIndex(in: bytes, from: start) { !isTokenLetter($0) && $0 != UInt8(ascii: ".") } ?? bytes.count
      if end - start >= leastToken { return start..<end }
    }
    return nil
  }

  // MARK: Bytes

  /// Whether what ends at `end` is `text`, whatever its case; `text` is in small letters.
  static func endsIn(_ text: StaticString, _ bytes: UnsafeRawBufferPointer, _ end: Int) -> Bool {
    let length = text.utf8CodeUnitCount
    guard end >= length, end <= bytes.count else { return false }
    for offset in 0..<length where small(bytes[end - length + offset]) != text.utf8Start[offset] { return false }
    return true
  }

  static func small(_ byte: UInt8) -> UInt8 { byte >= 65 && byte <= 90 ? byte + 32 : byte }

  private static func firstIndex(in bytes: UnsafeRawBufferPointer, from start: Int, where isIt: (UInt8) -> Bool) -> Int?
  {
    var position = start
    while position < bytes.count {
      if isIt(bytes[position]) { return position }
      position += 1
    }
    return nil
  }

  private static func isQuote(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") }
  private static func isSpaceOrQuote(_ byte: UInt8) -> Bool { isQuote(byte) || byte == UInt8(ascii: " ") }

  /// Of ``names`` and ``headers``.
  private static func isLetterThatEndsAName(_ byte: UInt8) -> Bool {
    switch small(byte) {
    case UInt8(ascii: "d"), UInt8(ascii: "e"), UInt8(ascii: "l"), UInt8(ascii: "n"), UInt8(ascii: "s"),
      UInt8(ascii: "t"), UInt8(ascii: "y"):
      true
    default: false
    }
  }

  private static func endsValue(_ byte: UInt8) -> Bool {
    byte <= 32 || isQuote(byte) || byte == UInt8(ascii: "&") || byte == UInt8(ascii: ",") || byte == UInt8(ascii: ";")
      || byte == UInt8(ascii: "<")
  }

  private static func isTokenLetter(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 65...90, 97...122, UInt8(ascii: "_"), UInt8(ascii: "-"): true
    default: false
    }
  }
}
