internal import Configuration
internal import Posix
internal import Testing
internal import YAML

@Suite struct ConfigurationReloadTests {
  @Test func `nothing changed is said`() {
    let reload = ConfigurationReload(from: WatchConfiguration(), to: WatchConfiguration())
    #expect(reload.isEmpty)
    #expect(reload.messages == ["configuration read again: nothing changed"])
  }

  @Test func `what can change at once does, the rest keeps its value and waits`() throws {
    let new = try read("memory: {budget: 1GiB}\nwindows: {detail: {before: 1m}}\nsocket: /run/other.sock")
    let reload = ConfigurationReload(from: WatchConfiguration(), to: new)
    #expect(reload.configuration.windows.detail.before == .seconds(60))
    #expect(reload.configuration.memory.budget == .automatic)
    #expect(reload.configuration.socket == WatchConfiguration().socket)
    #expect(reload.needsRestart)
    #expect(
      reload.messages == [
        "memory.budget changed from auto to 1GiB: holds after a restart, because the memory is laid out when the recorder starts",
        "windows.detail.before changed from 30s to 1m",
        "socket changed from /run/aftertrace/control.sock to /run/other.sock: holds after a restart, "
          + "because clients know the socket by its place",
      ])
  }

  @Test func `every key that changes is told of, and every other value is the new one`() throws {
    let new = try read(everything)
    let reload = ConfigurationReload(from: WatchConfiguration(), to: new)
    #expect(reload.differences.map(\.key) == ConfigurationKey.all.map(\.path))
    for key in ConfigurationKey.all {
      let expected = key.change == .live ? new : WatchConfiguration()
      #expect(key.value(in: reload.configuration) == key.value(in: expected), "\(key.path)")
    }
  }

  @Test func `the secret in an address is not logged`() throws {
    let new = try read("on_capture: [{url: \"https://hooks.example.org/services/SECRET\"}]")
    let messages = ConfigurationReload(from: WatchConfiguration(), to: new).messages
    #expect(messages == ["on_capture changed"])
  }

  @Test func `a new file that is not valid changes nothing and says why`() throws {
    let directory = try Directory.createTemporary(prefix: "at-config-")
    defer { try? Directory.removeAll(directory) }
    try FileDescriptor.write(Array("log: {level: loud}".utf8), to: directory + "/aftertrace.yaml")
    let files = ConfigurationFiles(named: directory)
    guard case .failure(let error) = ConfigurationReload.read(files, over: WatchConfiguration()) else {
      Issue.record("taken")
      return
    }
    #expect(error.problems.map(\.place?.line) == [1])
    try FileDescriptor.write(Array("log: {level: debug}".utf8), to: directory + "/aftertrace.yaml")
    let reload = try ConfigurationReload.read(files, over: WatchConfiguration()).get()
    #expect(reload.configuration.logLevel == .debug)

    // What is typed holds over the files, at the start and now: no difference.
    func typed(_ configuration: WatchConfiguration) -> WatchConfiguration {
      var configuration = configuration
      configuration.socket = "/run/typed.sock"
      return configuration
    }
    let again = try ConfigurationReload.read(files, over: typed(reload.configuration), override: typed).get()
    #expect(again.isEmpty)
  }
}
