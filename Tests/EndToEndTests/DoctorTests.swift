import ContainerLab
import Glibc
import JSON
import Posix
import Testing

extension EndToEndTests {
  /// `doctor` on this machine as it is, and as somebody who may do less.
  @Suite struct DoctorTests {
    private static func examine(
      _ wrapper: [String] = [], environment: [String] = []
    ) throws -> (status: ProcessEnd, findings: [JSONValue]) {
      let words = wrapper + [Program.path, "doctor", "--json", "--directory", "/tmp"]
      let result = try ProgramLaunch(
        words[0].hasPrefix("/") || words[0].hasPrefix(".") ? words[0] : try #require(Lab.find(words[0])),
        Array(words.dropFirst()), environment: Program.clean + environment
      ).run()
      return (result.end, try result.text.split(separator: "\n").map { try JSONValue(parsing: String($0)) })
    }

    private static func states(_ area: String, _ findings: [JSONValue]) -> [String: String] {
      let own = findings.filter { $0.text("area") == area }
      return Dictionary(own.map { ($0.text("name") ?? "", $0.text("state") ?? "") }, uniquingKeysWith: { $1 })
    }

    @Test(.enabled(if: Program.canRecord()))
    func `every probe loads by itself, and every act comes out of the pipeline`() throws {
      let (status, findings) = try Self.examine()
      let probes = Self.states("probe", findings)
      #expect(probes.count >= 16 && probes.values.allSatisfy { $0 == "ok" }, "\(probes)")
      // Other tests record meanwhile: whether something was lost is not the acts' matter.
      let acts = Self.states("act", findings).filter { $0.key != "all" }
      #expect(acts.count == 35 && acts.values.allSatisfy { $0 == "ok" }, "\(acts)")
      #expect(status == .exited(0) || status == .exited(1))
      #expect(!findings.contains { $0.text("state") == "failed" }, "\(findings)")
      #expect(findings.last?.text("area") == "verdict")
      let left = try Directory.names(in: "/tmp").filter { $0.hasPrefix("aftertrace-doctor-") }
      #expect(left.isEmpty, "\(left)")
    }

    @Test(.enabled(if: Program.canRecord()))
    func `an act whose probe does not run is told as missing, with what would help`() throws {
      let (status, findings) = try Self.examine(environment: ["AFTERTRACE_TEST_WITHOUT_PROBE=on_rename"])
      let acts = Self.states("act", findings)
      #expect(acts["take a name"] == "limited" && acts["fork, and end"] == "ok", "\(acts)")
      #expect(acts["all"] == "limited")
      #expect(status == .exited(1))
      #expect(
        findings.filter { $0.text("state") == "limited" && $0.text("area") != "verdict" }.allSatisfy {
          $0.text("help") != nil
        }, "\(findings)")
    }

    private static func missing(_ program: String) -> String? {
      Lab.find(program) == nil ? "\(program) is not installed" : nil
    }

    @Test(.enabled(if: Program.canRecord(missing("setpriv"))))
    func `without privilege it says which is missing, and looks at the rest`() throws {
      let place = try Workplace()
      // Whoever has no rights cannot get at the build's own directories.
      let copy = place["aftertrace"]
      try FileDescriptor.write(try FileDescriptor.contents(of: Program.path, limit: 1 << 30), to: copy, mode: 0o755)
      chmod(place.directory, 0o755)
      let result = try ProgramLaunch(
        try #require(Lab.find("setpriv")),
        [
          "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all", copy, "doctor", "--json",
          "--directory", "/nonexistent/captures",
        ], environment: Program.clean
      ).run(mergingErrors: true)
      let findings = try result.text.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
      #expect(result.end == .exited(2), "\(result.text)")
      let loading = findings.first { $0.text("name") == "load probes" }
      #expect(loading?.text("state") == "failed" && loading?.text("text")?.contains("CAP_BPF") == true)
      #expect(loading?.text("help")?.contains("root") == true)
      #expect(Self.states("probe", findings).values.allSatisfy { $0 == "untried" })
      #expect(Self.states("act", findings).values.allSatisfy { $0 == "untried" })
      #expect(Self.states("kernel", findings)["BTF"] == "ok")
      #expect(Self.states("disk", findings)["directory"] == "limited")
    }

    @Test(.enabled(if: Program.canRecord(missing("unshare"))))
    func `inside a pid namespace recording does not work, and it says so`() throws {
      let (status, findings) = try Self.examine(["unshare", "--pid", "--fork", "--mount-proc"])
      #expect(status == .exited(2))
      let space = findings.first { $0.text("name") == "pid namespace" }
      #expect(space?.text("state") == "failed" && space?.text("help")?.contains("--pid=host") == true, "\(findings)")
    }
  }
}
