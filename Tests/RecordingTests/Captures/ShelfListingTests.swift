import Glibc
import Posix
import Testing

@testable import Recording

@Suite struct ShelfListingTests {
  private func entry(
    _ number: Int, bytes: UInt64 = 100, age: Int64 = 0, kept: Bool = false, _ state: ShelfEntry.State = .closed
  ) -> ShelfEntry {
    ShelfEntry(
      name: "\(number)", path: "/\(number)", state: state, lengthInBytes: bytes, modified: 1_000_000_000_000 - age,
      isKept: kept)
  }

  private func removed(_ limits: ShelfLimits, _ entries: [ShelfEntry]) -> [String] {
    limits.removals(from: entries, now: 1_000_000_000_000).map(\.entry.name)
  }

  @Test func `the oldest goes first, until quota and count hold`() {
    let entries = (0..<6).map { entry($0, bytes: 100) }
    #expect(removed(ShelfLimits(), entries) == [])
    #expect(removed(ShelfLimits(quota: 600), entries) == [])
    #expect(removed(ShelfLimits(quota: 599), entries) == ["0"])
    #expect(removed(ShelfLimits(quota: 250), entries) == ["0", "1", "2", "3"])
    #expect(removed(ShelfLimits(maximumCount: 4), entries) == ["0", "1"])
    #expect(removed(ShelfLimits(quota: 550, maximumCount: 3), entries) == ["0", "1", "2"])
  }

  @Test func `what is too old goes, whatever room there is`() {
    let entries = [entry(0, age: 900), entry(1, age: 500), entry(2, age: 10)]
    #expect(removed(ShelfLimits(quota: 1 << 40, maximumAge: 499), entries) == ["0", "1"])
    #expect(removed(ShelfLimits(maximumAge: 500), entries) == ["0"])
  }

  @Test func `what is kept, being written, damaged or newest is never removed`() {
    let entries = [
      entry(0, kept: true), entry(1, .partial), entry(2), entry(3, .damaged), entry(4, bytes: 5000), entry(5, .partial),
    ]
    #expect(removed(ShelfLimits(quota: 0, maximumAge: 0, maximumCount: 0), entries) == ["2"])
  }

  @Test func `a shelf makes room for its captures, and keeps those that are marked`() throws {
    let sample = try ShelfSample()
    let shelf = try sample.shelf { $0.maximumCount = 3 }
    var paths: [String] = []
    for _ in 0..<6 {
      let job = try shelf.begin(start: ShelfSample.start(blocks: 1))
      job.finish(ShelfSample.completeness())
      paths.append(try #require(job.waitUntilClosed(limit: .seconds(20))).path)
      if paths.count == 1 {
        let listing = try ShelfListing(sample.directory)
        try listing.keep(try #require(listing.entry(named: paths[0])))
      }
      try WakeUp().wait(milliseconds: 15)
    }
    #expect(eventually { sample.names.filter { $0.hasSuffix(".pcapng") }.count == 3 })
    #expect(paths.map(File.exists) == [true, false, false, false, true, true])
    // Told after it is done.
    #expect(
      eventually {
        sample.reports.filter { $0.message.contains("removed: there were more than 3 captures") }.count == 3
      })
    let listing = try ShelfListing(sample.directory)
    #expect(listing.isWatched)
    #expect(listing.entries.map(\.isKept) == [true, false, false])
    let kept = try #require(listing.entry(named: paths[0]))
    try listing.release(kept)
    #expect(try ShelfListing(sample.directory).entries.map(\.isKept) == [false, false, false])
    try listing.keep(kept)
    try listing.remove(kept)
    #expect(sample.names.count == 2)
    shelf.close()
    #expect(try !ShelfListing(sample.directory).isWatched)
  }

  @Test func `a name is one of the directory's, and leads nowhere else`() throws {
    let sample = try ShelfSample()
    try Directory.create(sample.directory)
    for name in ["a.pcapng", "b.pcapng.partial", "c.pcapng.damaged", "notes.txt"] {
      try FileDescriptor.write([1], to: sample.path(name))
    }
    try File.makeLink(sample.path("link.pcapng"), to: "/etc/passwd")
    let listing = try ShelfListing(sample.directory)
    #expect(Set(listing.entries.map(\.name)) == ["a.pcapng", "b.pcapng.partial", "c.pcapng.damaged"])
    #expect(listing.entry(named: "a")?.name == "a.pcapng")
    #expect(listing.entry(named: sample.path("a.pcapng"))?.name == "a.pcapng")
    for name in ["../a.pcapng", "/etc/passwd", "notes.txt", "", "link.pcapng"] {
      #expect(listing.entry(named: name) == nil)
    }
    #expect(throws: ShelfError.self) { try ShelfListing("/no/such/directory") }
  }
}
