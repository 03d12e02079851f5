import Posix
import Testing

@Suite struct ChildProcessTests {
  @Test func `a program's output and its end are given`() throws {
    let result = try ProgramLaunch("/bin/sh", ["-c", "echo out; echo err >&2; exit 3"]).run(mergingErrors: true)
    #expect(result.text == "out\nerr\n")
    #expect(result.end == .exited(3))
  }

  @Test func `environment and working directory are the ones given`() throws {
    let result = try ProgramLaunch(
      "/bin/sh", ["-c", "echo $A; pwd; env | wc -l"], environment: ["A=b c"], workingDirectory: "/usr"
    ).run()
    #expect(result.text.hasPrefix("b c\n/usr\n"))
  }

  @Test func `more than a pipe holds is read`() throws {
    let result = try ProgramLaunch("/bin/sh", ["-c", "head -c 1000000 /dev/zero"]).run()
    #expect(result.output.count == 1_000_000 && result.omitted == 0)
  }

  @Test func `a program that writes more than is kept still ends`() throws {
    let result = try ProgramLaunch("/bin/sh", ["-c", "head -c 1000000 /dev/zero; exit 4"]).run(limit: 1000)
    #expect(result.output.count == 1000 && result.omitted == 999_000 && result.end == .exited(4))
  }

  @Test func `a child inherits no other descriptor`() throws {
    let file = try FileDescriptor.open("/dev/null", flags: 0)
    let result = try ProgramLaunch(
      "/bin/sh", ["-c", "ls /proc/self/fd | wc -l; ls /proc/$$/fd | grep -c '^\(file.number)$'"]
    ).run()
    #expect(result.text.split(separator: "\n").last == "0")
  }

  @Test func `a signal ends it`() throws {
    let child = try ChildProcess(starting: ProgramLaunch("/bin/sleep", ["1000"]))
    #expect(try child.endIfOver() == nil)
    try child.signal(9)
    #expect(try child.wait() == .signalled(9))
  }

  @Test func `what is not there cannot be started`() {
    #expect(throws: SystemError(call: "posix_spawn", subject: "/nonexistent", code: 2)) {
      try ChildProcess(starting: ProgramLaunch("/nonexistent"))
    }
  }
}

@Suite struct DirectoryTests {
  @Test func `a tree is made, listed and removed, links not followed`() throws {
    let directory = try Directory.createTemporary(prefix: "aftertrace-posix-")
    let outside = try Directory.createTemporary(prefix: "aftertrace-posix-")
    defer { try? Directory.removeAll(outside) }
    try FileDescriptor.write("kept".utf8, to: outside + "/file")
    try Directory.createAll(directory + "/a/b/c")
    try Directory.createAll(directory + "/a/b")
    try File.makeLink(directory + "/a/link", to: outside)
    #expect(try File.linkTarget(directory + "/a/link") == outside)
    #expect(try Directory.names(in: directory + "/a").sorted() == ["b", "link"])
    #expect(try FileStatus(of: directory + "/a/link").isDirectory)
    #expect(try FileStatus(ofLink: directory + "/a/link").isSymbolicLink)
    try Directory.removeAll(directory)
    #expect(!File.exists(directory))
    #expect(try FileDescriptor.contents(of: outside + "/file") == Array("kept".utf8))
  }

  @Test func `a whole file is read up to the limit, also one of no length`() throws {
    #expect(try !FileDescriptor.contents(of: "/proc/self/status").isEmpty)
    #expect(try FileDescriptor.contents(of: "/dev/zero", limit: 40_000).count == 40_000)
    #expect(throws: SystemError.self) { try FileDescriptor.contents(of: "/nonexistent") }
  }
}

@Suite struct WorkerThreadTests {
  @Test func `a ring before the wait is not lost`() throws {
    let bell = try WakeUp()
    bell.ring()
    let start = ContinuousClock.now
    bell.wait(milliseconds: 5000)
    #expect(ContinuousClock.now - start < .seconds(4))
    bell.wait(milliseconds: 1)
  }

  @Test func `a thread runs its body and is joined`() throws {
    let box = Box()
    let thread = try WorkerThread(name: "a-long-name-for-a-thread") { box.bell.ring() }
    box.bell.wait(milliseconds: 5000)
    thread.join()
  }

  private final class Box: Sendable {
    let bell = try! WakeUp()
  }
}
