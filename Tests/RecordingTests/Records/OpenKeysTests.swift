import Testing

@testable import Recording

/// Private keys that go through a file in pieces of any length. Asterisks stand for what is hidden.
@Suite struct OpenKeysTests {
  private static let text =
    "some words - and dashes\n-----BEGIN EC PRIVATE KEY-----\nMIIE-notthis\nsecret\n-----END EC PRIVATE KEY-----\nafter\n"
  private static let key = "MIIE-notthis\nsecret\n"

  /// Gives `text` in pieces, and what is left of each.
  private func masked(_ text: String, pieces length: Int, kept: Int? = nil, with keys: inout OpenKeys) -> String {
    let all = Array(text.utf8)
    var result: [UInt8] = []
    for start in stride(from: 0, to: all.count, by: length) {
      let whole = all[start..<min(start + length, all.count)]
      var piece = Array(whole.prefix(kept ?? length))
      let (secrets, goesOn) = piece.withUnsafeBytes { bytes in
        let secrets = SecretMask.secrets(in: bytes)
        return (secrets, keys.take(bytes, length: UInt64(whole.count), through: 7, secrets: secrets))
      }
      for range in secrets + [goesOn] { for index in range { piece[index] = UInt8(ascii: "*") } }
      result += piece
    }
    return String(decoding: result, as: UTF8.self)
  }

  @Test(arguments: 1...120) func `a key is hidden in pieces of any length, and nothing after it`(length: Int) {
    var keys = OpenKeys()
    let result = masked(Self.text, pieces: length, with: &keys)
    #expect(result.hasPrefix("some words - and dashes\n-----BEGIN EC PRIVATE KEY-----"), "\(length): \(result)")
    for line in ["MIIE", "notthis", "secret"] { #expect(!result.contains(line), "\(length): \(result)") }
    #expect(result.hasSuffix("after\n"), "\(length): \(result)")
    #expect(masked("plain words", pieces: 4, with: &keys) == "plain words")
  }

  @Test func `of pieces that are cut, nothing of the key is shown`() {
    var keys = OpenKeys()
    let long =
      "-----BEGIN PRIVATE KEY-----\n" + String(repeating: "c2VjcmV0", count: 200) + "\n-----END PRIVATE KEY-----\n"
    #expect(!masked(long, pieces: 300, kept: 64, with: &keys).contains("c2Vj"))
  }

  @Test func `what is never ended is given up, other files go on as they are, and little is remembered`() {
    var keys = OpenKeys()
    let endless = "-----BEGIN PRIVATE KEY-----\n" + String(repeating: "x", count: 100_000)
    let result = masked(endless, pieces: 1000, with: &keys)
    #expect(result.hasSuffix("xxx") && !result.prefix(60_000).contains("xxx"))
    for file in 0..<1000 as Range<UInt64> {
      _ = Array("-----BEGIN PRIVATE KEY-----\nabc".utf8).withUnsafeBytes {
        keys.take($0, length: UInt64($0.count), through: file, secrets: SecretMask.secrets(in: $0))
      }
    }
    let other = Array("nothing".utf8).withUnsafeBytes { keys.take($0, length: 7, through: 5000, secrets: []) }
    #expect(other.isEmpty)
    #expect(keys.count == OpenKeys.limit)
  }
}
