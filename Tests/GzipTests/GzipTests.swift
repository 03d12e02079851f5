import Foundation
import Gzip
import Testing

@Suite struct GzipTests {
  /// `printf hello | gzip -n`
  static let hello: [UInt8] = [
    0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0, 0x86, 0xa6, 0x10, 0x36, 5, 0, 0, 0,
  ]

  @Test func `what gzip packed is unpacked`() throws {
    #expect(try gunzip(Self.hello, limit: 5) == Array("hello".utf8))
    let text = Array(String(repeating: "all work and no play ", count: 20_000).utf8)
    #expect(try gunzip(try pack(text), limit: text.count) == text)
  }

  @Test(arguments: 0..<hello.count) func `cut at any byte it is an error`(length: Int) {
    #expect(throws: GzipError.self) { try gunzip(Array(Self.hello[..<length]), limit: 100) }
  }

  @Test(arguments: 0..<hello.count) func `with any byte flipped it never gives another text`(place: Int) {
    var bytes = Self.hello
    bytes[place] ^= 0xff
    if let result = try? gunzip(bytes, limit: 100) { #expect(result == Array("hello".utf8)) }
  }

  @Test func `something behind it is an error`() {
    #expect(throws: GzipError.damaged) { try gunzip(Self.hello + [0], limit: 100) }
  }

  @Test func `a bomb is defused before it fills memory`() throws {
    let bomb = try pack([UInt8](repeating: 0x20, count: 200 << 20))
    #expect(bomb.count < 1 << 20)
    #expect(throws: GzipError.tooLarge(limit: 1 << 20)) { try gunzip(bomb, limit: 1 << 20) }
  }

  private func pack(_ bytes: [UInt8]) throws -> [UInt8] {
    let file = FileManager.default.temporaryDirectory.appending(path: "gzip-\(UUID().uuidString)")
    try Data(bytes).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/gzip")
    process.arguments = ["-nc", file.path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return Array(output)
  }
}
