import BPF
import Glibc
import Testing

@Suite struct BPFErrorTests {
  @Test func `bytes that are no object are refused by name, and libbpf stays silent`() {
    do {
      _ = try ObjectFile([1, 2, 3], name: "rubbish")
      Issue.record("three bytes are no object")
    } catch {
      guard case .unreadableObject("rubbish", _, let log) = error else {
        Issue.record("another error: \(error)")
        return
      }
      #expect(!log.isEmpty)
    }
  }

  @Test func `missing privilege names the capabilities and a remedy`() {
    let error = BPFError.missingCapabilities([.bpf, .performanceMonitoring])
    #expect(error.description == "no privilege to load probes: CAP_BPF, CAP_PERFMON missing")
    #expect(error.remedy == "run it as root, or grant CAP_BPF, CAP_PERFMON; captures can still be read")
  }

  @Test func `a refusal shows the verifier's last words`() {
    let error = BPFError.programRefused(
      object: "recorder", program: "on_exec", code: EACCES, log: ["R1 invalid mem access 'scalar'"])
    #expect(
      error.description == "probe on_exec: refused by the kernel: Permission denied\n  R1 invalid mem access 'scalar'")
  }

  @Test func `root lacks no capability`() throws {
    if geteuid() != 0 { return print("skipped: capabilities of root: not root") }
    #expect(try Capability.missing().isEmpty)
  }
}
