internal import Configuration
internal import Posix
internal import Testing

/// A configuration directory of one test.
private final class Place {
  let directory: String
  init(_ files: [String: String]) throws {
    directory = try Directory.createTemporary(prefix: "at-config-")
    try Directory.create(directory + "/conf.d")
    for (name, text) in files { try FileDescriptor.write(Array(text.utf8), to: directory + "/" + name) }
  }
  deinit { try? Directory.removeAll(directory) }
}

private func failure(_ files: ConfigurationFiles) -> [String] {
  do throws(InvalidConfiguration) {
    _ = try files.load()
    return []
  } catch {
    return error.problems.map(\.description)
  }
}

@Suite struct ConfigurationFilesTests {
  @Test func `the parts of a directory are merged in the order of their names`() throws {
    let place = try Place([
      "aftertrace.yaml": "log: {level: error}\ndead_containers_for: 1m", "conf.d/20-b.yaml": "log: {level: debug}",
      "conf.d/10-a.yaml": "log: {level: warning}\nsocket: /a", "conf.d/.hidden.yaml": "nonsense", "conf.d/README": "no",
    ])
    let loaded = try ConfigurationFiles(named: place.directory).load()
    #expect(loaded.configuration.logLevel == .debug)
    #expect(loaded.configuration.socket == "/a")
    #expect(loaded.configuration.deadContainersFor == .seconds(60))
    #expect(
      loaded.paths == ["aftertrace.yaml", "conf.d/10-a.yaml", "conf.d/20-b.yaml"].map { place.directory + "/" + $0 })
    #expect(loaded.warnings.isEmpty)
  }

  @Test func `a named file stands alone`() throws {
    let place = try Place(["aftertrace.yaml": "socket: /a", "conf.d/x.yaml": "socket: /b"])
    #expect(try ConfigurationFiles(named: place.directory + "/aftertrace.yaml").load().configuration.socket == "/a")
  }

  @Test func `the problems of all files are told`() throws {
    let place = try Place(["aftertrace.yaml": "a: 1", "conf.d/x.yaml": "b: 1", "conf.d/y.yaml": "c: ["])
    #expect(failure(ConfigurationFiles(named: place.directory)).count == 3)
  }

  @Test func `a file that is missing, no file, too long or writable by everybody is refused`() throws {
    let place = try Place(["long.yaml": String(repeating: "# long\n", count: 200_000), "open.yaml": "socket: /a"])
    #expect(
      failure(ConfigurationFiles(named: "/nonexistent/x.yaml")) == ["/nonexistent/x.yaml: No such file or directory"])
    #expect(
      failure(ConfigurationFiles(named: place.directory)).first?.contains("aftertrace.yaml: no such file") == true)
    #expect(failure(ConfigurationFiles(named: "/dev/null")) == ["/dev/null: not a file"])
    #expect(
      failure(ConfigurationFiles(named: place.directory + "/long.yaml")).first?.contains("longer than 1048576 bytes")
        == true)
    let open = place.directory + "/open.yaml"
    _ = try ProgramLaunch("/bin/chmod", ["o+w", open]).run()
    #expect(failure(ConfigurationFiles(named: open)).first?.contains("everybody may write to it") == true)
  }

  @Test func `a part whose name ends otherwise is warned of`() throws {
    let place = try Place(["aftertrace.yaml": "", "conf.d/x.yml": "socket: /b"])
    let loaded = try ConfigurationFiles(named: place.directory).load()
    #expect(loaded.warnings.map(\.path) == [place.directory + "/conf.d/x.yml"])
    #expect(loaded.configuration == WatchConfiguration())
  }
}
