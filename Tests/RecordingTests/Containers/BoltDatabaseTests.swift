import Posix
import Testing

@testable import Recording

/// Builds small databases, page by page.
private struct BoltBuilder {
  static let pageSize = 4096
  var pages: [Int: [UInt8]] = [:]
  var root: UInt64 = 3
  var transactions: [UInt64] = [7, 6]

  static func bytes<Integer: FixedWidthInteger>(_ value: Integer) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  static func head(_ number: Int, flags: UInt16, count: Int) -> [UInt8] {
    bytes(UInt64(number)) + bytes(flags) + bytes(UInt16(count)) + bytes(UInt32(0))
  }

  static func leaf(_ number: Int, _ entries: [(key: String, isBucket: Bool, value: [UInt8])]) -> [UInt8] {
    var elements: [UInt8] = []
    var data: [UInt8] = []
    for (index, entry) in entries.enumerated() {
      let position = (entries.count - index) * 16 + data.count
      elements +=
        bytes(UInt32(entry.isBucket ? 1 : 0)) + bytes(UInt32(position)) + bytes(UInt32(entry.key.utf8.count))
        + bytes(UInt32(entry.value.count))
      data += Array(entry.key.utf8) + entry.value
    }
    return head(number, flags: 2, count: entries.count) + elements + data
  }

  static func branch(_ number: Int, _ children: [(key: String, page: UInt64)]) -> [UInt8] {
    var elements: [UInt8] = []
    var data: [UInt8] = []
    for (index, child) in children.enumerated() {
      let position = (children.count - index) * 16 + data.count
      elements += bytes(UInt32(position)) + bytes(UInt32(child.key.utf8.count)) + bytes(child.page)
      data += Array(child.key.utf8)
    }
    return head(number, flags: 1, count: children.count) + elements + data
  }

  static func bucket(root: UInt64) -> [UInt8] { bytes(root) + bytes(UInt64(0)) }
  static func bucket(inline entries: [(key: String, isBucket: Bool, value: [UInt8])]) -> [UInt8] {
    bucket(root: 0) + leaf(0, entries)
  }

  func build() -> [UInt8] {
    var file: [UInt8] = []
    for number in 0..<2 {
      let body =
        Self.bytes(UInt32(0xED0C_DAED)) + Self.bytes(UInt32(2)) + Self.bytes(UInt32(Self.pageSize))
        + Self.bytes(UInt32(0))
        + Self.bytes(root) + Self.bytes(UInt64(0)) + Self.bytes(UInt64(2)) + Self.bytes(UInt64(9))
        + Self.bytes(transactions[number])
      file += padded(Self.head(number, flags: 4, count: 0) + body + Self.bytes(fnv1a(body[...])))
    }
    for number in 2..<9 { file += padded(pages[number] ?? Self.head(number, flags: 16, count: 0)) }
    return file
  }

  private func padded(_ bytes: [UInt8]) -> [UInt8] { bytes + Array(repeating: 0, count: Self.pageSize - bytes.count) }

  /// v1 → default → containers → web (inline) → image, labels; the containers spread over two leaves.
  static let sample: [UInt8] = {
    var builder = BoltBuilder()
    let web = bucket(inline: [
      ("image", false, Array("nginx:1.25".utf8)),
      ("labels", true, bucket(inline: [("tier", false, Array("db".utf8))])),
    ])
    builder.pages[3] = leaf(3, [("v1", true, bucket(root: 4))])
    builder.pages[4] = leaf(4, [("default", true, bucket(inline: [("containers", true, bucket(root: 5))]))])
    builder.pages[5] = branch(5, [("alpha", 6), ("m", 7)])
    builder.pages[6] = leaf(6, [("alpha", true, bucket(inline: [("image", false, [97])]))])
    builder.pages[7] = leaf(7, [("m", true, bucket(inline: [])), ("web", true, web)])
    return builder.build()
  }()
}

@Suite struct BoltDatabaseTests {
  let directory: String
  init() throws { directory = try Directory.createTemporary(prefix: "aftertrace-bolt-") }

  private func look(_ bytes: [UInt8], at path: [String]) throws -> [UInt8]? {
    defer { try? Directory.removeAll(directory) }
    if !File.exists(directory) { try Directory.create(directory) }
    try FileDescriptor.write(bytes, to: directory + "/db")
    guard let database = BoltDatabase(path: directory + "/db") else { return nil }
    _ = database.strings(in: path.dropLast() + ["labels"])
    return database.value(at: path)
  }

  static let web = ["v1", "default", "containers", "web", "image"]

  @Test func `a value is found through branches and inline buckets`() throws {
    #expect(try look(BoltBuilder.sample, at: Self.web) == Array("nginx:1.25".utf8))
    #expect(try look(BoltBuilder.sample, at: ["v1", "default", "containers", "alpha", "image"]) == [97])
    #expect(
      try look(BoltBuilder.sample, at: ["v1", "default", "containers", "web", "labels", "tier"]) == Array("db".utf8))
  }

  @Test func `a bucket's texts are given as a table`() throws {
    defer { try? Directory.removeAll(directory) }
    try FileDescriptor.write(BoltBuilder.sample, to: directory + "/db")
    guard let database = BoltDatabase(path: directory + "/db") else {
      Issue.record("the file was not opened")
      return
    }
    let labels = database.strings(in: ["v1", "default", "containers", "web", "labels"])
    let nothing = database.strings(in: ["v1", "nothing"])
    #expect(labels == ["tier": "db"])
    #expect(nothing.isEmpty)
  }

  @Test(arguments: [
    ["v1"], ["v2"], [], ["v1", "default", "containers", "none", "image"], ["v1", "default", "containers", "web"],
    ["v1", "image", "x"],
  ])
  func `what is not there is not found`(path: [String]) throws {
    #expect(try look(BoltBuilder.sample, at: path) == nil)
  }

  @Test func `the newer of two meta pages counts, or the whole one`() throws {
    var broken = BoltBuilder.sample
    broken[40] ^= 1
    #expect(try look(broken, at: Self.web) == Array("nginx:1.25".utf8))
    var both = broken
    both[4096 + 40] ^= 1
    #expect(try look(both, at: Self.web) == nil)
  }

  @Test func `a database cut anywhere gives nothing or the value, never a crash`() throws {
    for length in stride(from: 0, to: BoltBuilder.sample.count, by: 97) {
      let found = try look(Array(BoltBuilder.sample[..<length]), at: Self.web)
      #expect(found == nil || found == Array("nginx:1.25".utf8))
    }
  }

  @Test func `hostile numbers lead nowhere`() throws {
    // Each field of the pages' heads and of the first elements, set to numbers that overflow, loop or reach too far.
    for page in 3...7 {
      for offset in stride(from: 8, to: 80, by: 2) {
        for value: [UInt8] in [[0xff, 0xff], [0xff, 0x7f], [0, 0], [1, 0], [5, 0]] {
          var bytes = BoltBuilder.sample
          bytes.replaceSubrange(page * 4096 + offset..<page * 4096 + offset + 2, with: value)
          _ = try look(bytes, at: Self.web)
        }
      }
    }
  }

  @Test func `a branch that leads to itself ends`() throws {
    var builder = BoltBuilder()
    builder.pages[3] = BoltBuilder.branch(3, [("a", 3)])
    #expect(try look(builder.build(), at: ["v1", "x"]) == nil)
  }
}
