import Posix
import Testing

@testable import Symbols

@Suite struct SymbolFinderTests {
  /// This test's own program: it has code, a build id and symbols.
  private static let program = CommandLine.arguments[0]

  private func buildID() throws -> (id: String, path: String) {
    let files = ProgramFiles([Self.program, "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"])
    return try #require(files.paths.first { $0.value.contains("/libc.so") }.map { ($0.key, $0.value) })
  }

  @Test func `a library's function is found by its build id, wherever the library is`() throws {
    let (id, path) = try buildID()
    #expect(id.count == 40)
    let place = try Directory.createTemporary(prefix: "at-symbols-")
    defer { try? Directory.removeAll(place) }
    try Directory.createAll(place + "/a/b")
    try FileDescriptor.write(try FileDescriptor.contents(of: path, limit: .max), to: place + "/a/b/renamed")
    try FileDescriptor.write(Array("no program".utf8), to: place + "/a/text")
    try File.makeLink(place + "/a/circle", to: place)
    let finder = try SymbolFinder([place])
    // Every page of its code but the first few belongs to some function that it exports.
    let named = stride(from: UInt64(0x40000), to: 0x140000, by: 0x1000).compactMap {
      finder.symbol(buildID: id, offset: $0)
    }
    #expect(named.count > 100, "\(named.count)")
    #expect(Set(named.map(\.function)).count > 50)
    #expect(finder.symbol(buildID: id, offset: .max) == nil)
    #expect(finder.symbol(buildID: String(repeating: "0", count: 40), offset: 0x40000) == nil)
  }

  @Test func `a program that is cut or altered is not named, or named, and harms nothing`() throws {
    let (id, path) = try buildID()
    let whole = try FileDescriptor.contents(of: path, limit: .max)
    let place = try Directory.createTemporary(prefix: "at-symbols-")
    defer { try? Directory.removeAll(place) }
    var random = Sequence(state: 7)
    for round in 0..<60 {
      var bytes = whole
      if round % 2 == 0 {
        bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
      } else {
        // Headers, notes and dynamic section, where counts and offsets stand.
        for _ in 0..<8 { bytes[Int.random(in: 0..<4096, using: &random)] = .random(in: 0...255, using: &random) }
      }
      try FileDescriptor.write(bytes, to: place + "/program")
      let finder = try SymbolFinder([place])
      for offset in [UInt64(0x40000), 0x80000, .max] { _ = finder.symbol(buildID: id, offset: offset) }
    }
  }

  @Test func `a place that is not there is an error`() {
    #expect(throws: SystemError.self) { try SymbolFinder(["/nowhere/at/all"]) }
  }
}

/// The same numbers each time.
private struct Sequence: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ state >> 29
  }
}
