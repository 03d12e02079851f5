internal import Configuration
internal import JSON
internal import Posix
internal import Testing

@testable internal import Commands

@Suite struct WatchCheckTests {
  /// What is printed, and the exit status.
  private func check(_ text: String, isJSON: Bool) throws -> (text: String, status: Int32) {
    let directory = try Directory.createTemporary(prefix: "at-check-")
    defer { try? Directory.removeAll(directory) }
    try FileDescriptor.write(Array(text.utf8), to: directory + "/aftertrace.yaml")
    let pipe = try Pipe()
    let output = Output(to: pipe.writing.number)
    let status = try WatchCheck(files: ConfigurationFiles(named: directory), isJSON: isJSON).run(output)
    let reading = pipe.closeWriting()
    return (String(decoding: try reading.readToEnd(), as: UTF8.self), status)
  }

  @Test func `a configuration that holds is printed whole, and can be read back`() throws {
    let (text, status) = try check("windows: {detail: {before: 45s}}", isJSON: false)
    #expect(status == 0)
    #expect(text.hasPrefix("OK\n# from /tmp/at-check-"))
    let yaml = text.drop { $0 != "#" }
    let again = try WatchConfiguration.merged([ConfigurationText(path: "x", bytes: Array(yaml.utf8))]).configuration
    #expect(again.windows.detail.before == .seconds(45))
  }

  @Test func `one that does not hold ends with 2`() throws {
    #expect(try check("nonsense: 1", isJSON: false) == ("", 2))
  }

  @Test func `as JSON there is one object with files, problems and values`() throws {
    let good = try check(
      "windows: {detail: {before: 45s}}\non_capture: [{command: [/nonexistent/x, y]}]\nhttp: {enabled: true, token_file: /nonexistent/t}",
      isJSON: true)
    #expect(good.status == 0)
    let value = try JSONValue(parsing: good.text)
    #expect(value["ok"]?.bool == true)
    #expect(value["files"]?.elements.count == 1)
    #expect(value["problems"]?.elements.compactMap { $0["warning"]?.bool } == [true, true])
    #expect(value["configuration"]?["windows"]?["detail"]?["before"]?.string == "45s")
    #expect(value["configuration"]?["on_capture"]?[0]?["command"]?[1]?.string == "y")
    #expect(value["configuration"]?["http"]?["port"]?.integer == 9465)
    #expect(value["configuration"]?["log"]?["level"]?.string == "info")

    let bad = try check("a: 1\nlog: {levl: info}", isJSON: true)
    #expect(bad.status == 2)
    let problems = try JSONValue(parsing: bad.text)["problems"]?.elements ?? []
    #expect(problems.map { $0["line"]?.integer } == [1, 2])
    #expect(problems[1]["column"]?.integer == 7)
    #expect(problems[1]["help"]?.string == "did you mean 'level'?")
    #expect(try JSONValue(parsing: bad.text)["configuration"] == nil)
  }
}
