import Digests
import Testing

@Suite struct DigestsTests {
  /// RFC 3720, B.4, and the usual check value.
  static let published: [(bytes: [UInt8], checksum: UInt32)] = [
    (Array("123456789".utf8), 0xE306_9283), ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
    ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43), ([], 0),
  ]

  @Test(arguments: published) func `CRC-32C has the published values`(bytes: [UInt8], expected: UInt32) {
    #expect(CRC32C.checksum(bytes.span.bytes) == expected)
  }

  @Test func `a checksum goes on where another ended`() {
    let bytes = Array("123456789".utf8)
    let first = CRC32C.checksum(bytes.span.bytes.extracting(0..<4))
    #expect(CRC32C.checksum(bytes.span.bytes.extracting(4..<9), continuing: first) == 0xE306_9283)
  }

  @Test func `SHA-256 has the published value, also when it is used again`() {
    let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    let computation = SHA256()
    for _ in 0..<2 {
      computation.update(Array("a".utf8))
      computation.update(Array("bc".utf8))
      let digest = computation.finish()
      #expect(digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == expected)
    }
    #expect(SHA256.digest(Array("abc".utf8)).count == 32)
  }

  @Test func `random bytes differ`() { #expect(randomBytes(16) != randomBytes(16)) }
}
