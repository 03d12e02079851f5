import ContainerLab
import Glibc
import Posix
import Testing

extension EndToEndTests {
  /// Machines and users that nothing can be recorded for: exactly why, what would help, and what still works.
  @Suite struct RefusalTests {
    /// The program and a capture where anybody may read them.
    private static func publicPlace() throws -> Workplace {
      let place = try Workplace()
      chmod(place.directory, 0o755)
      try FileDescriptor.write(
        try FileDescriptor.contents(of: Program.path, limit: 1 << 30), to: place["aftertrace"], mode: 0o755)
      try Program.record(["/bin/true"], to: place["c.pcapng"])
      chmod(place["c.pcapng"], 0o644)
      return place
    }

    private static func run(_ program: String, _ arguments: [String]) throws -> ProgramResult {
      try ProgramLaunch(try #require(Lab.find(program)), arguments, environment: Program.clean)
        .run(mergingErrors: true)
    }

    private static func missing(_ program: String) -> String? {
      Lab.find(program) == nil ? "\(program) is not installed" : nil
    }

    @Test(.enabled(if: Program.canRecord(missing("setpriv"))))
    func `without privilege it says which capabilities are missing, writes nothing, and reads all the same`() throws {
      let place = try Self.publicPlace()
      let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", place["aftertrace"]]
      chmod(place.directory, 0o777)
      let refused = try Self.run("setpriv", nobody + ["record", "-o", place["no.pcapng"], "--", "/bin/true"])
      #expect(refused.end == .exited(2))
      #expect(refused.text.contains("CAP_BPF, CAP_PERFMON missing"), "\(refused.text)")
      #expect(refused.text.contains("help: run it as root, or grant CAP_BPF, CAP_PERFMON"), "\(refused.text)")
      #expect(!File.exists(place["no.pcapng"]))
      let read = try Self.run("setpriv", nobody + ["info", place["c.pcapng"]])
      #expect(read.end == .exited(0) && read.text.contains(": complete"), "\(read.text)")
    }

    @Test(.enabled(if: Program.canRecord(missing("unshare"))))
    func `inside a pid namespace it says so, and reads all the same`() throws {
      let place = try Self.publicPlace()
      let inside = ["-p", "-f", "--mount-proc", place["aftertrace"]]
      let refused = try Self.run("unshare", inside + ["record", "-o", place["no.pcapng"], "--", "/bin/true"])
      #expect(refused.end == .exited(2))
      #expect(refused.text.contains("inside a pid namespace"), "\(refused.text)")
      #expect(refused.text.contains("--pid=host"), "\(refused.text)")
      #expect(!File.exists(place["no.pcapng"]))
      #expect(try Self.run("unshare", inside + ["ps", place["c.pcapng"]]).end == .exited(0))
    }

    @Test(.enabled(if: Program.canRecord(missing("unshare"))))
    func `without the kernel's type information it says what is missing`() throws {
      let place = try Self.publicPlace()
      let script = "mount -t tmpfs none /sys/kernel/btf && exec \"$0\" record -o \"$1\" -- /bin/true"
      let refused = try Self.run("unshare", ["-m", "sh", "-c", script, place["aftertrace"], place["no.pcapng"]])
      #expect(refused.end == .exited(2))
      #expect(refused.text.contains("/sys/kernel/btf/vmlinux") && refused.text.contains("CONFIG_DEBUG_INFO_BTF"))
      #expect(!File.exists(place["no.pcapng"]))
    }
  }
}
