import JSON
import Testing
import TriggerLab

@testable import Commands

@Suite struct StatusTextTests {
  @Test func `the account fits 80 columns and says what there is`() throws {
    let status = try JSONValue(parsing: RecordingDesk().statusJSON())
    let lines = StatusText(status).lines
    #expect(
      lines == [
        "aftertrace 0.1.0, pid 812, up 2h2m",
        "  memory    96.1 MiB of 128 MiB",
        "  lost      1 204 detail (ring_full)",
        "  triggers  12 accepted, 3 merged, 2 refused; last 2026-01-31T14:02:05",
        "",
        "CONTAINER     NAME  LIFECYCLE  ACTIVITY  DETAIL  MEMORY   LOST",
        "3f1c9a7be402  web   600s       120s      30s     1.1 MiB  1 204",
        "host          host  600s       -         -       4 KiB    -",
        "",
        "WRITING  TRIGGERS  SIZE   CAPTURE",
        "web      2         5 MiB  /captures/web.pcapng",
      ])
    #expect(lines.allSatisfy { $0.count <= 80 })
  }

  @Test(arguments: [
    "{}", "[]", "null", #"{"containers":[{}],"losses":[{"count":-1}],"captures":[7],"memory":{"used":1e300}}"#,
  ])
  func `what the account lacks or lies about is a dash`(text: String) throws {
    let lines = StatusText(try JSONValue(parsing: text)).lines
    #expect(lines.count >= 4 && lines[2] == "  lost      nothing")
  }

  @Test func `a name moves no cursor`() throws {
    let status = JSONValue.object([
      "containers": .array([.object(["id": .string("\u{1b}[2J"), "name": .string("a\u{1b}]0;x\u{7}\nb")])])
    ])
    #expect(StatusText(status).lines.allSatisfy { !$0.contains("\u{1b}") && !$0.contains("\n") })
  }
}
