import Bytes
import CaptureFormat
import Digests
import Events
import Glibc
import Testing

/// Captures come from compromised hosts.
@Suite(.serialized) struct HostileInputTests {
  static let eventCount = 4
  static let sample = try! SampleCapture.bytes(events: eventCount, small: true)

  @Test func `the sample holds every kind of block and is under 8 KiB`() throws {
    #expect(Self.sample.count < 8192)
    let outcome = try fuzzCapture(Self.sample)
    #expect(outcome.eventCount == Self.eventCount)
    #expect(outcome.problems == [])
  }

  @Test func `a capture cut at any byte opens with what is whole, or says why not`() throws {
    var lastCount = 0
    for length in 0..<Self.sample.count {
      do {
        let outcome = try fuzzCapture(Array(Self.sample.prefix(length)))
        // A cut is not damage: it reads as "not yet".
        #expect(outcome.problems == [], "cut at \(length)")
        #expect(outcome.eventCount >= lastCount, "cut at \(length)")
        lastCount = outcome.eventCount
      } catch { #expect(length <= 60, "cut at \(length): \(error)") }
    }
    #expect(lastCount == Self.eventCount)
  }

  @Test func `a flipped byte is noticed, and never crashes the reader`() throws {
    let whole = try fuzzCapture(Self.sample)
    for position in Self.sample.indices {
      var bytes = Self.sample
      bytes[position] ^= 0xFF
      guard let outcome = try? fuzzCapture(bytes) else { continue }
      // Past the pcapng header and interface, each byte of ours is under a checksum; padding and second lengths are
      // compared when the block is read, save those of footers that a walk passes over.
      if position >= 60, outcome == whole {
        Issue.record("byte \(position) was flipped and nothing noticed")
      }
    }
  }

  @Test func `a damaged block leaves the others readable`() throws {
    let blocks = SampleCapture.events(40_000)
    try #require(blocks.count >= 2)
    let output = SampleCapture.Output()
    let writer = try CaptureWriter(to: output.sink, provenance: SampleCapture.provenance, catalogue: Catalogue())
    var offsets: [Int] = []
    for block in blocks {
      offsets.append(output.bytes.count)
      try writer.append(block)
    }
    // In the block's data, its header, and its length.
    for place in [5000, 40, 4] {
      var bytes = output.bytes
      bytes[offsets[0] + place] ^= 0x40
      let outcome = try fuzzCapture(bytes)
      #expect(outcome.eventCount == 40_000 - Int(blocks[0].entry.rowCount))
      #expect(outcome.problems.count == 1)
      #expect(outcome.problems.first?.offset == UInt64(offsets[0]))
    }
  }

  /// Puts right the checksums of every block that is framed, so that what lies under them is reached.
  static func mended(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    func load(_ offset: Int) -> Int { Int(bytes.span.bytes.integer(at: offset, as: UInt32.self) ?? 0) }
    func store(_ value: UInt32, _ offset: Int) { bytes.store(value, at: offset) }
    func checksum(_ range: Range<Int>) -> UInt32 {
      bytes.withUnsafeBytes { CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }
    var offset = 0
    while offset + 12 <= bytes.count {
      let total = load(offset + 4)
      guard total >= 12, offset + total <= bytes.count else { break }
      let type = load(offset)
      if type == 0xAF7E_0014, total == 60 {
        store(checksum(offset..<offset + 52), offset + 52)
      } else if type & 0xFFFF_0000 == 0xAF7E_0000, total >= 172 {
        let headerLength = load(offset + 24) >> 16
        let data = offset + 8 + headerLength
        let end = data + load(offset + 116) + load(offset + 120)
        if headerLength >= 160, data <= end, end <= offset + total - 4 {
          store(checksum(data..<end), data - 8)
          store(checksum(offset..<data - 4), data - 4)
        }
      }
      offset += total
    }
    return bytes
  }

  @Test func `a flipped byte under right checksums never crashes the reader`() throws {
    for position in Self.sample.indices {
      var bytes = Self.sample
      bytes[position] ^= position % 2 == 0 ? 0xFF : 0x01
      _ = try? fuzzCapture(Self.mended(bytes))
    }
  }

  @Test func `hostile counts are refused before anything is allocated for them`() throws {
    // Fields are at even offsets: all ones, a large positive, a modest wrong number, in turn.
    for position in stride(from: 60, to: Self.sample.count - 4, by: 2) {
      let value: UInt32 = [.max, 0x7FFF_FFFF, 65_535][position / 2 % 3]
      var bytes = Self.sample
      for index in 0..<4 { bytes[position + index] = UInt8(truncatingIfNeeded: value >> (index * 8)) }
      _ = try? fuzzCapture(Self.mended(bytes))
    }
  }

  /// Time-bounded by AFTERTRACE_FUZZ_SECONDS; AFTERTRACE_FUZZ_SEED repeats a run.
  @Test func `mutated captures never crash the reader`() throws {
    let seconds = getenv("AFTERTRACE_FUZZ_SECONDS").flatMap { Double(String(cString: $0)) } ?? 5
    let seed =
      getenv("AFTERTRACE_FUZZ_SEED").flatMap { UInt64(String(cString: $0)) } ?? UInt64.random(in: .min ... .max)
    print("fuzz: seed \(seed), \(seconds) s: AFTERTRACE_FUZZ_SEED=\(seed) repeats it")
    var random = SplitMix(state: seed)
    let samples = [
      Self.sample, try SampleCapture.bytes(events: 600), try SampleCapture.bytes(events: 40, finished: false),
    ]
    let clock = ContinuousClock()
    let start = clock.now
    var runs = 0
    while clock.now - start < .seconds(seconds) {
      var bytes = samples[Int(random.next() % 3)]
      for _ in 0...(random.next() % 8) {
        let position = Int(random.next() % UInt64(bytes.count))
        switch random.next() % 6 {
        case 0: bytes[position] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes[position] ^= 1 << UInt8(random.next() % 8)
        case 2: bytes.removeSubrange(position..<min(bytes.count, position + Int(random.next() % 64)))
        case 3:
          let length = min(bytes.count - position, Int(random.next() % 300))
          bytes.insert(contentsOf: bytes[position..<position + length], at: Int(random.next() % UInt64(bytes.count)))
        case 4: for index in position..<min(bytes.count, position + 4) { bytes[index] = 0xFF }
        default: if random.next() % 8 == 0 { bytes.removeLast(bytes.count - position) }
        }
        if bytes.isEmpty { break }
      }
      if random.next() % 4 != 0 { bytes = Self.mended(bytes) }
      _ = try? fuzzCapture(bytes)
      runs += 1
    }
    print("fuzz: \(runs) captures")
    #expect(runs > 0)
  }
}

struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}
