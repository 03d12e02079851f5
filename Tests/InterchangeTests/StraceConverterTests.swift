import CaptureFormat
import Events
import Interchange
import Reconstruction
import Testing

@Suite struct StraceConverterTests {
  private func convert(_ text: String) throws -> (lines: [String], capture: Capture, summary: ConversionSummary) {
    let (bytes, summary) = try Foreign.convert(Array(text.utf8), as: .strace)
    let capture = try Capture(bytes: bytes, path: "log")
    return (try Foreign.lines(capture), capture, summary)
  }

  private static let session = """
    100 1700000000.000100 execve("/bin/sh", ["sh", "-c", "cat f | wc"], 0x7ffd /* 3 vars */) = 0 <0.000100>
    100 1700000000.000300 openat(AT_FDCWD</srv>, "f", O_RDONLY|O_CLOEXEC) = 3</srv/f> <0.000010>
    100 1700000000.000400 pipe2([4<pipe:[77]>, 5<pipe:[77]>], 0) = 0
    100 1700000000.000500 clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD <unfinished ...>
    101 1700000000.000520 dup2(5<pipe:[77]>, 1) = 1<pipe:[77]>
    101 1700000000.000540 read(3, "a\\"b\\n\\0\\377"..., 64) = 40
    100 1700000000.000560 <... clone resumed>, child_tidptr=0x7f) = 101
    100 1700000000.000580 socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP) = 6<TCP:[991]>
    100 1700000000.000600 connect(6<TCP:[991]>, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("10.0.0.9")}, 16) = -1 ECONNREFUSED (Connection refused)
    100 1700000000.000620 wait4(-1,  <unfinished ...>
    101 1700000000.000640 --- SIGSEGV {si_signo=SIGSEGV, si_code=SI_USER, si_pid=99, si_uid=0} ---
    101 1700000000.000650 +++ killed by SIGSEGV (core dumped) +++

    """

  @Test func `a log becomes rows of who did what, with what -y says of descriptors`() throws {
    let (lines, capture, summary) = try convert(Self.session)
    #expect(summary.problems == [])
    let expected = [
      "sh[100] execve", "sh[100] openat /srv/f", "sh[100] pipe2", "sh[100] clone", "sh[101] dup2",
      "sh[101] read /srv/f", "sh[100] socket", "sh[100] connect", "sh[101] signal", "sh[101] exit", "sh[100] wait4",
    ]
    #expect(lines.count == expected.count, "\(lines)")
    for (line, begin) in zip(lines, expected) {
      let words = begin.split(separator: " ")
      #expect(words.allSatisfy { line.contains($0) }, "\(begin): \(line)")
    }
    #expect(lines.contains { $0.contains("10.0.0.9:443") && $0.contains("ECONNREFUSED") })
    #expect(lines.contains { $0.contains("exit exit_code=SIGSEGV") })
    let boot = capture.boots[0]
    #expect(boot.clock.wallTime(of: boot.span.first)?.nanoseconds == 1_700_000_000_000_200_000)
    let history = try ProcessHistory(of: boot)
    let child = try #require(history.processes.first { $0.key.pid == 101 })
    #expect(history.processes.count { $0.key.pid == 101 } == 1)
    #expect(child.parent?.pid == 100)
    #expect(child.exitCode == 0x8B)
    #expect(history.processes.first { $0.key.pid == 100 }?.arguments == ["sh", "-c", "cat f | wc"])
    var merge = capture.events(in: boot.directory)
    var read: [UInt8]?
    var unfinished: [String] = []
    while let event = try merge.next() {
      if event.kind == .fileRead { read = event.bytes(.payload) }
      if event.flags.contains(.unfinished) { unfinished.append("\(event.thread)") }
    }
    #expect(read == Array("a\"b\n\0".utf8) + [0xFF])
    #expect(unfinished == ["100"])
  }

  @Test(arguments: [
    ("openat(AT_FDCWD, \"/etc/passwd\", O_RDONLY) = 3\n", "/etc/passwd"),
    ("14:02:05.250000 unlink(\"/tmp/a\") = -1 EACCES (Permission denied)\n", "-EACCES"),
    ("14:02:05 rmdir(\"/tmp/a\") = 0\n", "/tmp/a"),
    ("     0.000123 mkdir(\"/tmp/b\", 0755) = 0\n", "/tmp/b"),
    ("[pid   42] renameat2(AT_FDCWD, \"/a\", AT_FDCWD, \"/b\", RENAME_NOREPLACE) = 0\n", "/b"),
    (
      "42 1700000000.5 bind(3, {sa_family=AF_INET6, sin6_port=htons(53), sin6_flowinfo=htonl(0), "
        + "inet_pton(AF_INET6, \"::1\", &sin6_addr), sin6_scope_id=0}, 28) = 0\n", "[::1]:53"
    ),
    ("42 1700000000.5 connect(3, {sa_family=AF_UNIX, sun_path=@\"bus\"}, 20) = 0\n", "@bus"),
    (
      "42 1700000000.5 writev(1</dev/null<char 1:3>>, [{iov_base=\"ab\", iov_len=2}, {iov_base=\"cd\", iov_len=2}], 2) = 4\n",
      "\"abcd\""
    ),
    ("42 1700000000.5 epoll_wait(5<anon_inode:[eventpoll]>, [], 8, 100) = 0\n", "epoll_wait"),
    ("42 1700000000.5 nanosleep({tv_sec=1}, NULL) = ? ERESTART_RESTARTBLOCK (Interrupted by signal)\n", "nanosleep"),
  ])
  func `lines are read however strace was asked to print them`(line: String, text: String) throws {
    #expect(try Foreign.recognized(Array(line.utf8)) == .strace)
    let (lines, _, summary) = try convert(line)
    #expect(summary.problems == [])
    #expect(lines.count == 1 && lines[0].contains(text), "\(lines)")
  }

  @Test func `what strace remarks in the middle of a line is taken out of it`() throws {
    let (lines, capture, summary) = try convert(
      """
      10:00:00 vfork(strace: Process 78 attached
      )                                = 78
      [pid  77] 10:00:01 close(3)      = 0
      [pid  78] 10:00:01 +++ exited with 1 +++

      """)
    #expect(summary.problems == [])
    #expect(lines.count == 3)
    let history = try ProcessHistory(of: capture.boots[0])
    #expect(history.processes.map(\.key.pid).sorted() == [77, 78])
    #expect(history.processes.first { $0.key.pid == 78 }?.parent?.pid == 77)
    // Without a date nothing has one.
    #expect(capture.boots[0].clock.wallTime(of: capture.boots[0].span.first) == nil)
  }

  @Test func `a line that makes no sense is told by its number, and the others are read`() throws {
    let text = Self.session.replacing("100 1700000000.000400", with: "what is this?\n100 1700000000.000400")
    let (lines, capture, summary) = try convert(text)
    #expect(lines.count == 11)
    #expect(summary.problems.count == 1)
    #expect(summary.problems[0].hasPrefix("line 3: "))
    #expect(try capture.boots[0].losses().map(\.cause) == [.undecodable])
  }

  @Test func `texts that are nobody's log are not taken for one`() throws {
    for text in ["", "hello\n", "f(x) = y\ng(x)\n", "{\"a\": 1}\n", "int main(void) { return 0; }\n", "1 2 3\n"] {
      #expect(try Foreign.recognized(Array(text.utf8)) == nil, "\(text)")
    }
  }

  @Test func `a log cut at any byte, or with any byte changed, crashes nothing`() throws {
    // Short, for each byte is a file of its own: a call that resumes, one with an address, an end.
    let lines = Self.session.split(separator: "\n").enumerated().filter { [3, 6, 8, 11].contains($0.offset) }
    let bytes = Array(lines.map(\.element).joined(separator: "\n").utf8)
    for place in bytes.indices {
      _ = try Foreign.convert(Array(bytes[..<place]), as: .strace, catalogue: Catalogue())
      var other = bytes
      other[place] ^= [1, 0x20, 0x80, 0x55][place % 4]
      _ = try Foreign.convert(other, as: .strace, catalogue: Catalogue())
    }
    for text in ["<", "1 <... read resumed>", "1 read(3</a", "1 x(\"", "1 x({[(", "1 x() = -", "1 x() = 0x", "1 +++ "] {
      _ = try Foreign.convert(Array(text.utf8), as: .strace, catalogue: Catalogue())
    }
  }

  @Test func `a line without an end takes a bounded memory`() throws {
    var text = Array("1 1700000000.0 write(1, \"".utf8)
    text += [UInt8](repeating: 65, count: 5 << 20)
    text += Array("\", 1) = 1\n1 1700000000.1 close(1) = 0\n".utf8)
    let (bytes, summary) = try Foreign.convert(text, as: .strace)
    #expect(summary.problemCount > 0)
    #expect(try Foreign.lines(Capture(bytes: bytes, path: "log")).last?.contains("close") == true)
  }
}
