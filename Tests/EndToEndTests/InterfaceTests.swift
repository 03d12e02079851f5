import ContainerLab
import Glibc
import JSON
import Posix
import Testing

extension EndToEndTests {
  /// Calls of other binary interfaces, calls whose arguments lie in memory, and threads.
  @Suite struct InterfaceTests {
    /// No library, so that no 32-bit one is needed.
    static let i386 = """
      static int call(int number, int a, int b, int c) {
        int result;
        __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
        return result;
      }
      static const char name[] = "made-by-i386", text[] = "seven b";
      struct part { const void *base; unsigned length; };
      void _start(void) {
        int file = call(5, (int)name, 0102, 0600);
        call(4, file, (int)text, 7);
        struct part parts[3] = {{text, 1}, {text, 2}, {text, 3}};
        call(146, file, (int)parts, 3);
        call(10, (int)name, 0, 0);
        call(1, 0, 0, 0);
      }
      """

    /// Why a 32-bit program cannot run here; nil when it can.
    static let i386SkipReason: String? = {
      if let reason = TaskTests.skipReason { return reason }
      guard let place = try? Workplace(),
        (try? FileDescriptor.write(
          "void _start(void) { __asm__(\"int $0x80\" :: \"a\"(1), \"b\"(0)); }".utf8, to: place["a.c"])) != nil,
        let built = try? ProgramLaunch(Lab.find("cc")!, small + ["-o", place["a"], place["a.c"]]).run(),
        built.end.isSuccess
      else { return "the C compiler makes no 32-bit programs" }
      return (try? ProgramLaunch(place["a"]).run())?.end == .exited(0) ? nil : "the kernel runs no 32-bit programs"
    }()
    private static let small = [
      "-m32", "-O1", "-nostdlib", "-static", "-ffreestanding", "-fno-pic", "-no-pie", "-fno-stack-protector",
    ]

    @Test(.enabled(if: Program.canRecord(i386SkipReason)))
    func `calls of a 32-bit program have their own numbers, arguments and layouts`() throws {
      let place = try Workplace()
      let events = try TaskTests.record(Self.i386, in: place, flags: Self.small, isHere: true)
      let made = place["made-by-i386"]
      func of(_ kind: String) -> [JSONValue] {
        events.filter { $0.text("aftertrace.kind") == kind && $0.text("file.path") == made }
      }
      #expect(of("file.open").map { $0.text("aftertrace.open_flags") } == ["O_RDWR|O_CREAT"])
      #expect(of("file.write").map { $0.text("event.action") } == ["write (32-bit)", "writev (32-bit)"])
      #expect(of("file.write").map { $0.number("aftertrace.count") } == [7, 6])
      #expect(of("file.unlink").map { $0.number("aftertrace.result") } == [0])
      #expect(try Program.run("info", place["t.pcapng"]).text.contains(": complete"))
    }

    static let socketcall = """
      static int call(int number, int a, int b, int c) {
        int result;
        __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
        return result;
      }
      void _start(void) {
        int pair[2], made[4] = {1, 2, 0, (int)pair};
        call(102, 8, (int)made, 0);
        int sent[6] = {0, (int)"twelve bytes", 12, 0, 0, 0};
        sent[0] = pair[0];
        call(102, 9, (int)sent, 0);
        struct { unsigned short family; char path[20]; } address = {1, "/nowhere/at-all"};
        int to[3] = {0, (int)&address, sizeof address};
        to[0] = pair[1];
        call(102, 3, (int)to, 0);
        int ended[2] = {0, 2};
        ended[0] = pair[0];
        call(102, 13, (int)ended, 0);
        call(102, 3, 8, 0);
        call(102, 99, (int)ended, 0);
        call(37, 0x7fffff, 15, 0);
        call(1, 0, 0, 0);
      }
      """

    @Test(.enabled(if: Program.canRecord(i386SkipReason)))
    func `socketcall of a 32-bit program is told as the call that it stands for`() throws {
      let place = try Workplace()
      let events = try TaskTests.record(Self.socketcall, in: place, flags: Self.small, isHere: true)
      let lines = events.compactMap { event -> String? in
        guard event.text("event.action")?.hasSuffix("(32-bit)") == true else { return nil }
        return event.text("message").map { String($0.drop { $0 != " " }.dropFirst()) }
      }
      func isTold(_ pattern: String) -> Bool { lines.contains { Act.matches($0, pattern) } }
      #expect(
        isTold(
          "socketpair (32-bit) descriptor=# socket:[#] family=AF_UNIX socket_type=SOCK_DGRAM network_protocol=0 "
            + "second_descriptor=# second_file=socket:[#] = 0"), "\(lines)")
      #expect(lines.contains { $0.hasPrefix("sendto (32-bit) descriptor=") && $0.hasSuffix(" = 12") }, "\(lines)")
      #expect(isTold("connect (32-bit) descriptor=# socket:[#] unix:/nowhere/at-all = -ENOENT"), "\(lines)")
      #expect(isTold("shutdown (32-bit) descriptor=# socket:[#] operation=SHUT_RDWR = 0"), "\(lines)")
      // Where its arguments cannot be read, or it stands for nothing, it is itself.
      #expect(lines.filter { $0.hasPrefix("socketcall (32-bit)(") }.count == 2, "\(lines)")
      #expect(isTold("kill (32-bit) signal=SIGTERM target_pid=8388607 = -ESRCH"), "\(lines)")
    }

    static let memory = """
      #define _GNU_SOURCE
      #include <fcntl.h>
      #include <linux/openat2.h>
      #include <sys/socket.h>
      #include <sys/syscall.h>
      #include <unistd.h>
      int main(void) {
        struct open_how how = { .flags = O_WRONLY | O_CREAT | O_CLOEXEC, .mode = 0640, .resolve = RESOLVE_BENEATH };
        syscall(SYS_openat2, AT_FDCWD, "by-openat2", &how, sizeof how);
        syscall(SYS_openat2, AT_FDCWD, "nowhere", (void *)8, sizeof how);
        int pair[2];
        socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair);
        char bytes[100];
        struct iovec parts[3] = {{bytes, 11}, {bytes, 20}, {bytes, 30}};
        struct msghdr message = { .msg_iov = parts, .msg_iovlen = 3 };
        sendmsg(pair[0], &message, 0);
        parts[0].iov_len = 100;
        message.msg_iovlen = 1;
        recvmsg(pair[1], &message, 0);
        struct iovec many[20];
        for (int i = 0; i < 20; i++) many[i] = (struct iovec){bytes, 1};
        message.msg_iov = many;
        message.msg_iovlen = 20;
        sendmsg(pair[0], &message, 0);
        syscall(0x40000000 + 39); /* x32 */
        return 0;
      }
      """

    @Test(.enabled(if: Program.canRecord(TaskTests.skipReason)))
    func `what lies in a struct behind a pointer is read: openat2's flags, the sums of messages, x32's numbers`() throws
    {
      let place = try Workplace()
      let events = try TaskTests.record(Self.memory, in: place, isHere: true)
      let opens = events.filter { $0.text("event.action") == "openat2" }
      #expect(opens.map { $0.text("file.path") } == [place["by-openat2"], place["nowhere"]])
      #expect(opens.first?.text("aftertrace.open_flags") == "O_WRONLY|O_CREAT|O_CLOEXEC")
      #expect(opens.last?.number("aftertrace.result") == -14)
      #expect(opens.last?.text("message")?.contains("[unreadable pointer]") == true)
      let sent = events.filter { $0.text("event.action") == "sendmsg" }
      #expect(sent.map { $0.number("aftertrace.count") } == [61, 16], "of more than 16 parts the first 16")
      #expect(sent.map { $0.number("aftertrace.result") } == [61, 20])
      #expect(sent.map { $0.text("message")?.contains("[truncated]") } == [false, true])
      let received = try #require(events.first { $0.text("event.action") == "recvmsg" })
      #expect(received.number("aftertrace.count") == 100 && received.number("aftertrace.result") == 61)
      // Where the kernel lacks the interface, the call is told all the same, with its refusal.
      #expect(events.contains { $0.text("event.action") == "getpid" && $0.text("aftertrace.kind") == "call" })
    }

    static let threads = """
      #define _GNU_SOURCE
      #include <pthread.h>
      #include <unistd.h>
      #include <sys/wait.h>
      static void *end(void *nothing) { return nothing; }
      static void *replace(void *nothing) {
        execl("/proc/self/exe", "replaced", "by-a-thread", (char *)0);
        return nothing;
      }
      static void *last(void *nothing) { usleep(100000); _exit(5); return nothing; }
      int main(int argc, char **argv) {
        if (argc > 1) return 7;
        pthread_t thread;
        for (int i = 0; i < 4; i++) { pthread_create(&thread, 0, end, 0); pthread_join(thread, 0); }
        pid_t child = fork();
        if (child == 0) { pthread_create(&thread, 0, replace, 0); pause(); }
        waitpid(child, 0, 0);
        child = fork();
        if (child == 0) { pthread_create(&thread, 0, last, 0); pthread_exit(0); }
        waitpid(child, 0, 0);
        return 0;
      }
      """

    @Test(.enabled(if: Program.canRecord(TaskTests.skipReason)))
    func `threads end without their process, and one that execs becomes it`() throws {
      let place = try Workplace()
      let events = try TaskTests.record(Self.threads, in: place)
      let processes = try Program.rows("ps", place["t.pcapng"], "--json").filter { ($0.number("events") ?? 0) > 0 }
      #expect(processes.count == 3)
      let main = try #require(processes.first { $0.words == [place["program"]] && $0.number("exit_code") == 0 })
      let replaced = try #require(processes.first { $0.words == ["replaced", "by-a-thread"] })
      let survivor = try #require(processes.first { $0.number("exit_code") == 5 })
      #expect(replaced.number("exit_code") == 7 && replaced.number("ppid") == main.number("pid"))
      func ends(_ kind: String, of process: JSONValue) -> [JSONValue] {
        events.filter { $0.text("aftertrace.kind") == kind && $0.number("process.pid") == process.number("pid") }
      }
      #expect(ends("thread.exit", of: main).count == 4)
      #expect(ends("process.exit", of: main).count == 1)
      // The leader dies, and the thread that execs takes its number.
      #expect(ends("thread.exit", of: replaced).count == 1)
      #expect(ends("process.exit", of: replaced).count == 1)
      // A process is over with its last thread, not with its first.
      #expect(ends("thread.exit", of: survivor).map { $0.number("process.thread.id") } == [survivor.number("pid")])
      #expect(
        ends("process.exit", of: survivor).map { $0.number("process.thread.id") != survivor.number("pid") } == [true])
    }
  }
}
