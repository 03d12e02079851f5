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

  /// With a program that is there: the real one need not be installed.
  @Test(.enabled(if: File.isExecutable("/usr/bin/systemd-analyze"), "systemd is not installed"))
  func `systemd finds nothing to object to in the unit`() throws {
    let directory = try Directory.createTemporary(prefix: "at-unit-")
    defer { try? Directory.removeAll(directory) }
    let text = String(decoding: try FileDescriptor.contents(of: docs + "/aftertrace.service"), as: UTF8.self)
    #expect(text.contains("\nExecStart=/usr/local/bin/aftertrace watch\n"))
    let unit = text.replacingOccurrences(of: "/usr/local/bin/aftertrace watch", with: "/bin/true")
    try FileDescriptor.write(Array(unit.utf8), to: directory + "/aftertrace.service", mode: 0o644)
    let result = try ProgramLaunch(
      "/usr/bin/systemd-analyze", ["verify", "--man=no", directory + "/aftertrace.service"]
    ).run(mergingErrors: true)
    #expect(result.end == .exited(0) && result.text == "", "\(result.text)")
  }
}
