internal import Configuration
internal import Posix
internal import Service
internal import Testing

@testable internal import Commands

@Suite struct WatchReloadTests {
  /// What a reload answers and logs when the file says `text`.
  private func reload(_ text: String, over current: WatchConfiguration = WatchConfiguration()) throws
    -> (configuration: WatchConfiguration?, said: String)
  {
    let directory = try Directory.createTemporary(prefix: "at-reload-")
    defer { try? Directory.removeAll(directory) }
    try FileDescriptor.write(Array(text.utf8), to: directory + "/aftertrace.yaml")
    let pipe = try Pipe()
    let log = Log(program: "p", descriptor: pipe.writing.number)
    let answer = WatchReload(files: ConfigurationFiles(named: directory), log: log, manager: .none)
      .begin(over: current)
    let reading = pipe.closeWriting()
    return (answer, String(decoding: try reading.readToEnd(), as: UTF8.self))
  }

  @Test func `what changed is logged and given back`() throws {
    let (configuration, said) = try reload("windows: {detail: {before: 45s}}\nsocket: /run/x\nlog: {level: debug}")
    #expect(configuration?.windows.detail.before == .seconds(45))
    #expect(configuration?.socket == WatchConfiguration().socket)
    #expect(said.contains("p: windows.detail.before changed from 30s to 45s\n"))
    #expect(said.contains("p: socket changed from /run/aftertrace/control.sock to /run/x: holds after a restart"))
  }

  @Test func `nothing is given back when nothing changes at once`() throws {
    #expect(try reload("").configuration == nil)
    #expect(try reload("").said == "p: configuration read again: nothing changed\n")
    #expect(try reload("memory: {budget: 1GiB}").configuration == nil)
  }

  @Test func `a file that is not valid leaves everything, and its problems are logged`() throws {
    let (configuration, said) = try reload("windows: {detail: {before: 45}}")
    #expect(configuration == nil)
    #expect(said.contains("aftertrace.yaml:1:28: windows.detail.before: '45' is not a duration"))
    #expect(said.contains("the one before stays in force"))
  }
}
