import ContainerLab
import Events
import Posix
import Testing

@testable import CaptureFormat

extension EndToEndTests {
  /// What was not asked for is not in the file.
  @Suite struct CanaryTests {
    @Test(.enabled(if: Program.canRecord(DockerLab.skipReason)))
    func `a capture of one container holds nothing of another's or the host's, in no byte`() throws {
      let place = try Workplace()
      let capture = place["a.pcapng"]
      do {
        let lab = try DockerLab()
        for name in ["inside", "outside"] {
          try lab.docker(
            "run", "-d", "--name", name, "-e", "E=ENVCANARY-\(name)", "--network", "none", DockerLab.image,
            "/bin/sleep", "60")
        }
        let recorder = try RunningRecorder(to: capture, flags: ["--container", "inside"])
        for name in ["inside", "outside"] { try lab.docker(["exec", name, "/bin/sh", "-c", Self.deeds(name)]) }
        _ = try ProgramLaunch("/bin/sh", ["-c", Self.deeds("host")], environment: Program.clean + ["E=ENVCANARY-host"])
          .run()
        #expect(try recorder.end() == .exited(0), "\(recorder.said)")
      }
      let plain = try Self.plainBytes(of: capture)
      let text = String(decoding: plain, as: UTF8.self)
      // That they would be found: the container's own are there, but for what is never recorded.
      #expect(text.contains("ARGCANARY-inside") && text.contains("PATHCANARY-inside"))
      #expect(!text.contains("ENVCANARY"))
      for kind in ["ARG", "PATH", "ENV", "DATA"] {
        for name in ["outside", "host"] { #expect(!text.contains("\(kind)CANARY-\(name)")) }
      }
    }

    /// A word in arguments, in a path, and in a file; the last not as an argument.
    static func deeds(_ name: String) -> String {
      """
      : ARGCANARY-\(name); echo DATACANARY-\(name) >/tmp/PATHCANARY-\(name)
      /bin/cat /tmp/PATHCANARY-\(name); rm /tmp/PATHCANARY-\(name)
      """
    }

    /// The file as it is, and every column of every table of every block, unpacked.
    static func plainBytes(of capture: String) throws -> [UInt8] {
      var result = try FileDescriptor.contents(of: capture, limit: 64 << 20)
      let file = try CaptureFile(path: capture)
      let entries = file.directory + file.tables
      #expect(!entries.isEmpty && file.problems.isEmpty)
      for entry in Set(entries) {
        let block = try file.readBlock(entry)
        for table in block.tables {
          for column in table.columns {
            result += try #require(try block.encodedBytes(column))
            result.append(0)
          }
        }
      }
      return result
    }
  }
}
