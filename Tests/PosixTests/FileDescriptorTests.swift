import Glibc
import Posix
import Testing

@Suite struct FileDescriptorTests {
  @Test func `bytes move from a pipe into a file and are gone from the pipe`() throws {
    let directory = try Directory.createTemporary(prefix: "at-move-")
    defer { try? Directory.removeAll(directory) }
    let target = try FileDescriptor.create(directory + "/target")
    let pipe = try Pipe()
    try Array("some bytes".utf8).withUnsafeBytes { try pipe.writing.write($0) }
    #expect(try pipe.reading.move(4, to: target) == 4)
    #expect(try pipe.reading.move(100, to: target) == 6)
    #expect(try FileDescriptor.contents(of: directory + "/target") == Array("some bytes".utf8))
    let rest = pipe.closeWriting()
    #expect(try rest.move(100, to: target) == 0)
  }

  @Test func `what cannot be moved is an error that says so`() throws {
    let null = try FileDescriptor.open("/dev/null", flags: O_RDWR)
    #expect(throws: SystemError(call: "splice", code: EINVAL)) { try null.move(1, to: null) }
  }
}
