import LZ4
import Testing

@Suite struct LZ4Tests {
  static let text = Array("the same words again, the same words again, the same words again and again".utf8)

  static func compressed(_ bytes: [UInt8]) -> [UInt8]? {
    var target = [UInt8](repeating: 0, count: LZ4.bound(bytes.count))
    let length = bytes.withUnsafeBytes { source in target.withUnsafeMutableBytes { LZ4.compress(source, into: $0) } }
    return length.map { Array(target.prefix($0)) }
  }

  @Test func `what was compressed is read back`() throws {
    let packed = try #require(Self.compressed(Self.text))
    #expect(packed.count < Self.text.count)
    #expect(LZ4.decompress(packed.span.bytes, count: Self.text.count) == Self.text)
  }

  @Test func `a result that does not fit is nil`() {
    var small = [UInt8](repeating: 0, count: 8)
    #expect(
      Self.text.withUnsafeBytes { source in small.withUnsafeMutableBytes { LZ4.compress(source, into: $0) } } == nil)
  }

  @Test func `cut at any byte, or of another length, it is nil`() throws {
    let packed = try #require(Self.compressed(Self.text))
    for length in 0..<packed.count {
      #expect(LZ4.decompress(packed.span.bytes.extracting(0..<length), count: Self.text.count) == nil)
    }
    for count in [Self.text.count - 1, Self.text.count + 1, -1, Int.max] {
      #expect(LZ4.decompress(packed.span.bytes, count: count) == nil)
    }
  }

  @Test func `a flipped byte never crashes it`() throws {
    let packed = try #require(Self.compressed(Self.text))
    for position in packed.indices {
      var bytes = packed
      bytes[position] ^= 0xFF
      let plain = LZ4.decompress(bytes.span.bytes, count: Self.text.count)
      #expect(plain == nil || plain?.count == Self.text.count)
    }
  }
}
