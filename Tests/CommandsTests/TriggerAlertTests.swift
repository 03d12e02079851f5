import Arguments
import JSON
import Testing

@testable import Commands

@Suite struct TriggerAlertTests {
  /// 2026-01-31T14:02:05Z
  static let now: Int64 = 1_769_868_125_000_000_000

  private func alert(_ arguments: String...) throws -> JSONValue {
    guard case .run(let invocation) = try program.parse(["trigger"] + arguments) else { return .null }
    return try JSONValue(parsing: TriggerAlert(invocation, now: Self.now).body)
  }

  @Test func `what is typed becomes a native alert`() throws {
    #expect(
      try alert("--container", "web", "--before", "1m", "--after", "5s", "--reason", "odd \"traffic\"")
        == .object([
          "container": .string("web"), "before": .string("1m"), "after": .string("5s"),
          "reason": .string("odd \"traffic\""),
        ]))
    #expect(try alert("--pod", "shop/web-0") == .object(["pod": .string("shop/web-0")]))
    #expect(try alert("--pid", "4711") == .object(["pid": .integer(4711)]))
    #expect(try alert("--host") == .object(["host": .bool(true)]))
    #expect(try alert("--cgroup", "/a/b") == .object(["cgroup": .string("/a/b")]))
  }

  @Test(
    arguments: [
      ("2026-01-31T14:00:00.5Z", 1_769_868_000_500_000_000), ("-30s", now - 30_000_000_000),
      ("14:02", 1_769_868_120_000_000_000), ("14:03", 1_769_868_180_000_000_000 - 86_400_000_000_000),
    ] as [(String, Int64)])
  func `a time is an instant in the past`(text: String, nanoseconds: Int64) throws {
    #expect(try alert("--host", "--at", text)["at"] == .integer(nanoseconds))
  }

  @Test(arguments: [
    [], ["--reason", "x"], ["--container", "a", "--host"], ["--pod", "a/b", "--pid", "1"], ["--pid", "x"],
    ["--pid", "0"],
    ["--alert", "f", "--container", "a"], ["--alert", "f", "--at", "-1s"], ["--host", "--at", "+5s"],
    ["--host", "--at", "trigger"], ["--host", "--at=-999999999999d"],
  ])
  func `without one scope it is wrong usage`(arguments: [String]) throws {
    do {
      guard case .run(let invocation) = try program.parse(["trigger"] + arguments) else { return }
      _ = try TriggerAlert(invocation, now: Self.now)
      Issue.record("accepted: \(arguments)")
    } catch let error as CommandFailure {
      #expect(error.status == 64)
    } catch is UsageError {}
  }
}
