import Events
import Testing

@testable import Recording

@Suite struct FileTableTests {
  private func definition(_ number: UInt64) -> FileDefinition {
    FileDefinition(
      file: FileID(rawValue: number), inode: number, device: 1, mode: 0, type: 0, path: Array("/\(number)".utf8),
      flags: [])
  }

  @Test func `a file that events go on naming keeps its name, however many come after it`() {
    var table = FileTable(capacity: 64)
    table.insert(definition(1))
    for number in 2..<10_000 {
      table.insert(definition(UInt64(number)))
      if number % 20 == 0 { #expect(table.definition(of: FileID(rawValue: 1))?.path == Array("/1".utf8)) }
    }
    #expect(table.misses == 0)
  }

  @Test func `the bound holds: what nobody asked for is unknown, and asking for it is counted`() {
    var table = FileTable(capacity: 64)
    for number in 1...1000 { table.insert(definition(UInt64(number))) }
    let known = (1...1000).filter { table.definition(of: FileID(rawValue: UInt64($0))) != nil }
    #expect(known.count <= 64 && known.last == 1000)
    #expect(table.misses == UInt64(1000 - known.count))
  }

  @Test func `a name that never came is no name that was given up`() {
    var table = FileTable(capacity: 64)
    table.insert(definition(1))
    #expect(table.definition(of: FileID(rawValue: 2)) == nil)
    #expect(table.misses == 0)
  }
}
