import CaptureFormat
import Events
import Testing

/// Captures that were merged: one file after the other.
@Suite struct SectionTests {
  static let small = HostileInputTests.sample
  static let unfinished = try! SampleCapture.bytes(events: 4, finished: false, small: true)

  @Test(arguments: [true, false], [true, false])
  func `every section is read, with a footer and without`(first: Bool, second: Bool) throws {
    let parts = [first, second].map { $0 ? Self.small : Self.unfinished }
    let sections = try CaptureFile.sections(bytes: parts[0] + parts[1] + parts[0], path: "merged")
    #expect(sections.map(\.section) == [0, 1, 2])
    #expect(sections.map(\.hasFooter) == [first, second, first])
    #expect(sections.map(\.start) == [0, UInt64(parts[0].count), UInt64(parts[0].count + parts[1].count)])
    let alone = try CaptureFile(bytes: parts[0], path: "alone")
    for file in sections {
      #expect(file.problems == [])
      #expect(file.length == UInt64(parts[file.section == 1 ? 1 : 0].count))
      #expect(file.provenance == SampleCapture.provenance)
      #expect(try file.losses().map(\.container) == [ContainerKey(rawValue: 7, section: file.section), nil])
      #expect(try file.processes().map(\.key) == alone.processes().map(\.key))
      #expect(try file.anchors() == SampleCapture.anchors)
      let entry = try #require(file.directory.first)
      #expect(file.directory.count == 1 && entry.section == file.section)
      #expect(entry.container == ContainerKey(rawValue: 7, section: file.section))
      #expect(entry.offset == file.start + alone.directory[0].offset)
      #expect(try file.verify(entry))
      try CaptureFileTests().check(try file.readEvents(entry), rows: 4)
    }
  }

  @Test func `the host is one key in every section`() throws {
    let bytes = try SampleCapture.bytes()
    let sections = try CaptureFile.sections(bytes: bytes + bytes, path: "merged")
    #expect(try sections[1].containers().map(\.key) == [ContainerKey(rawValue: 7, section: 1), .host])
  }

  @Test func `opened on its own, the first section says that there is a further one`() throws {
    for first in [Self.small, Self.unfinished] {
      let file = try CaptureFile(bytes: first + Self.small, path: "merged")
      #expect(file.directory.count == 1)
      #expect(
        file.problems.map(\.message) == ["offset \(first.count): a further section begins, which is not read"])
    }
  }

  @Test func `a section cut off at any byte does not reach into the one after it`() throws {
    for next in [Self.small, Self.unfinished] {
      for length in 60..<Self.small.count {
        let bytes = Array(Self.small.prefix(length)) + next
        let sections = try CaptureFile.sections(bytes: bytes, path: "merged")
        let last = try #require(sections.last)
        // What is cut off right behind its interface block is a section without a block of ours.
        #expect(sections.count == (length == 60 ? 1 : 2), "cut at \(length)")
        #expect(last.start == UInt64(length), "cut at \(length)")
        #expect(last.directory.count == 1 && last.problems == [], "cut at \(length)")
        #expect(try last.processes().count == 1)
        guard sections.count == 2 else { continue }
        #expect(sections[0].directory.allSatisfy { $0.offset + UInt64($0.length) <= UInt64(length) })
        #expect(sections[0].provenance.properties.count <= SampleCapture.provenance.properties.count)
      }
    }
  }

  @Test func `pcapng of others before and after ours is passed over`() throws {
    let foreign = Array(Self.small.prefix(60))
    let sections = try CaptureFile.sections(bytes: foreign + Self.small + foreign + foreign, path: "merged")
    #expect(sections.map(\.start) == [60])
    #expect(sections[0].section == 0)
    #expect(throws: CaptureError.notACapture(path: "x")) {
      try CaptureFile.sections(bytes: foreign + foreign, path: "x")
    }
  }

  @Test func `a byte flipped in merged captures is noticed, and never crashes the reader`() throws {
    let merged = Self.unfinished + Self.small
    let whole = try fuzzCapture(merged)
    #expect(whole.sectionCount == 2 && whole.eventCount == 8 && whole.problems == [])
    for position in merged.indices {
      var bytes = merged
      bytes[position] ^= 0xFF
      guard let outcome = try? fuzzCapture(bytes) else { continue }
      let isUnchecked = position < 60 || (Self.unfinished.count..<Self.unfinished.count + 60).contains(position)
      if outcome == whole, !isUnchecked { Issue.record("byte \(position) was flipped and nothing noticed") }
    }
  }

  @Test func `a trailer that names a place without a section is not believed`() throws {
    // The last section's first byte: its footer is whole, and what it counts from is no section.
    var bytes = Self.small + Self.small
    bytes[Self.small.count] ^= 0xFF
    let outcome = try fuzzCapture(bytes)
    #expect(outcome.eventCount >= 4 && !outcome.problems.isEmpty)
  }

  @Test func `a file that grows by a further section stays at its own`() throws {
    try SampleCapture.withFile(Self.unfinished) { path in
      let file = try CaptureFile(path: path)
      try SampleCapture.append(Self.small[...], to: path)
      _ = try file.refresh()
      #expect(file.directory.count == 1 && file.length == UInt64(Self.unfinished.count))
      #expect(try !file.refresh())
      #expect(try CaptureFile.sections(path: path).count == 2)
    }
  }

  @Test func `a file of nothing but section headers is read in time that grows with its length`() throws {
    let header = Array(Self.small.prefix(28))
    let bytes = Array(repeatElement(header, count: 20_000).joined()) + Self.small
    let clock = ContinuousClock()
    let start = clock.now
    #expect(try CaptureFile.sections(bytes: bytes, path: "x").count == 1)
    #expect(clock.now - start < .seconds(20))
  }
}
