import JSON
import Recording
import Testing

@testable import Commands

@Suite struct DoctorTextTests {
  private static func findings(_ state: DoctorFinding.State) -> [DoctorFinding] {
    [
      DoctorFinding("kernel", "BTF", .ok, "there"), DoctorFinding("probe", "on_fork", .ok, "births"),
      DoctorFinding("act", "write", state, "not told", remedy: state == .ok ? nil : "look \u{1b}[31mhere"),
    ]
  }

  @Test(arguments: [
    (DoctorFinding.State.ok, Int32(0)), (.untried, 0), (.limited, 1), (.failed, 2),
  ])
  func `the exit status says whether recording will work`(state: DoctorFinding.State, status: Int32) {
    #expect(DoctorText(Self.findings(state)).exitStatus == status)
  }

  @Test func `what is well is summed up, what is not stands there with its remedy`() {
    let text = DoctorText(Self.findings(.limited)).lines(showsAll: false).joined(separator: "\n")
    #expect(text.contains("1 of 1") && !text.contains("on_fork"))
    #expect(text.contains("not told") && text.contains("act, write: look"))
    #expect(!text.contains("\u{1b}"))
    #expect(text.hasSuffix("recording works, and something will be missing"))
    #expect(DoctorText(Self.findings(.ok)).lines(showsAll: true).contains { $0.contains("on_fork") })
  }

  @Test func `each finding is an object of its own, and the verdict the last`() throws {
    let objects = try DoctorText(Self.findings(.failed)).objects.map { try JSONValue(parsing: $0) }
    #expect(objects.count == 4)
    #expect(objects[2]["state"]?.string == "failed" && objects[2]["help"]?.string != nil)
    #expect(objects[3]["area"]?.string == "verdict" && objects[3]["state"]?.string == "failed")
  }
}
