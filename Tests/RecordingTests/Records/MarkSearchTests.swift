import Testing

@testable import Recording

@Suite struct MarkSearchTests {
  private static let marks = Set(":=-_AJ".utf8)

  @Test func `eight bytes at once are judged as one by one`() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      // Marks, their neighbours, and bytes that differ from a mark in one bit.
      let bytes = (0..<40).map { _ -> UInt8 in
        let mark = Self.marks.randomElement(using: &random)!
        return Bool.random()
          ? .random(in: 0...255)
          : Bool.random() ? mark &+ .random(in: 0...2) &- 1 : mark ^ (1 << UInt8.random(in: 0...7))
      }
      for position in 0..<40 {
        let expected = bytes[position...].firstIndex { Self.marks.contains($0) } ?? 40
        let answer = bytes.withUnsafeBytes { MarkSearch.plainBytes(in: $0, from: position) }
        if position + 8 > 40 || expected == position {
          #expect(answer == nil, "\(bytes) from \(position)")
        } else {
          #expect(answer == min(8, expected - position), "\(bytes) from \(position)")
        }
      }
    }
  }

  @Test func `a byte is found among the last ones and not before them`() {
    for length in 0...70 {
      for place in 0..<max(length, 1) {
        var bytes = [UInt8](repeating: UInt8(ascii: ","), count: length)
        if place < length { bytes[place] = UInt8(ascii: "-") }
        let isThere = bytes.withUnsafeBytes { MarkSearch.contains(UInt8(ascii: "-"), inLast: 64, of: $0) }
        #expect(isThere == (length > 0 && place >= length - 64), "\(place) of \(length)")
      }
    }
  }
}
