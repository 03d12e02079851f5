internal import Configuration
internal import Foundation
internal import Posix
internal import Testing
internal import YAML

private let docs = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs").standardized
  .path()

@Suite struct DocumentationTests {
  @Test func `the default file gives the defaults, and has every key`() throws {
    let bytes = try FileDescriptor.contents(of: docs + "/aftertrace.yaml")
    let loaded = try WatchConfiguration.merged([ConfigurationText(path: "docs/aftertrace.yaml", bytes: bytes)])
    #expect(loaded.configuration == WatchConfiguration())
    #expect(Set(loaded.origins.keys) == Set(ConfigurationKey.all.map(\.path)))
    #expect(loaded.warnings.isEmpty)
    // Equal as printed, too: `null` would give the default without saying it.
    let root = try #require(try YAMLNode.documents(of: bytes).first)
    for key in ConfigurationKey.all {
      var node: YAMLNode? = root
      for component in key.path.split(separator: ".") { node = node?[String(component)] }
      #expect(node.map { !$0.isNull } == true, "\(key.path)")
    }
  }

  /// `RECORD_SNAPSHOTS=1` writes the table.
  @Test func `the reference page has every key with its default and its range`() throws {
    let path = docs + "/configuration.md"
    var text = String(decoding: try FileDescriptor.contents(of: path), as: UTF8.self)
    let rest = try #require(text.range(of: "## Every key\n"))
    let end = try #require(text.range(of: "\n### ", range: rest.upperBound..<text.endIndex))
    if environmentVariable("RECORD_SNAPSHOTS") != nil {
      text.replaceSubrange(rest.upperBound..<end.lowerBound, with: ConfigurationKey.referenceTable)
      try FileDescriptor.write(Array(text.utf8), to: path, mode: 0o644)
    }
    #expect(
      text.contains("## Every key\n" + ConfigurationKey.referenceTable + "\n### "), "RECORD_SNAPSHOTS=1 writes it")
  }
}
