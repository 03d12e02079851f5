import ContainerLab
import JSON
import Posix
import Testing

extension EndToEndTests {
  /// What tasks do to themselves: names, threads, signals, images without a path, calls of other interfaces.
  @Suite struct TaskTests {
    static let skipReason = Lab.find("cc") == nil ? "there is no C compiler" : nil

    /// Builds a program from C and records it.
    ///
    /// - Parameter isHere: It runs in the place's directory.
    static func record(
      _ source: String, in place: Workplace, flags: [String] = ["-O1", "-pthread"], isHere: Bool = false
    ) throws -> [JSONValue] {
      try FileDescriptor.write(source.utf8, to: place["program.c"])
      let result = try ProgramLaunch(
        Lab.find("cc")!, flags + ["-o", place["program"], place["program.c"]], environment: Program.clean
      ).run(mergingErrors: true)
      try #require(result.end.isSuccess, "\(result.text)")
      let command = isHere ? ["sh", "-c", "cd \(place.directory) && exec ./program"] : [place["program"]]
      let recording = try Program.record(command, to: place["t.pcapng"])
      #expect(recording.end == .exited(0), "\(recording.text)")
      return try Program.rows("export", place["t.pcapng"])
    }

    static let names = """
      #define _GNU_SOURCE
      #include <fcntl.h>
      #include <pthread.h>
      #include <string.h>
      #include <sys/prctl.h>
      #include <sys/wait.h>
      #include <unistd.h>
      static void *work(void *nothing) {
        prctl(PR_SET_NAME, "worker");
        pid_t child = fork();
        if (child == 0) { access("/by-the-workers-child", F_OK); _exit(0); }
        waitpid(child, 0, 0);
        return nothing;
      }
      int main(void) {
        access("/before", F_OK);
        prctl(PR_SET_NAME, "[kworker/0:1]");
        access("/between", F_OK);
        pthread_t thread;
        pthread_create(&thread, 0, work, 0);
        pthread_join(thread, 0);
        access("/still", F_OK);
        int comm = open("/proc/self/comm", O_WRONLY);
        if (write(comm, "written", 7) < 0) return 1;
        access("/after", F_OK);
        return 0;
      }
      """

    @Test(.enabled(if: Program.canRecord(File.exists("/proc/sys/kernel/ns_last_pid") ? nil : "no ns_last_pid")))
    func `two processes of one pid are two`() throws {
      let place = try Workplace()
      let capture = place["c.pcapng"]
      // The kernel gives the next number after the one that is written; another process may be faster.
      let script = """
        /bin/echo first >/dev/null & p=$!; wait $p; i=0
        while [ $i -lt 50 ]; do
          echo $((p - 1)) >/proc/sys/kernel/ns_last_pid; /bin/echo second >/dev/null & q=$!; wait $q
          [ $q = $p ] && exit 0; i=$((i + 1))
        done; exit 9
        """
      let recording = try Program.record(["/bin/sh", "-c", script], to: capture)
      guard recording.end == .exited(0) else { return print("skipped: the pid was not given again: \(recording.text)") }
      let rows = try Program.rows("ps", capture, "--json").filter { $0.words.first == "/bin/echo" }
      let first = try #require(rows.first { $0.words.last == "first" })
      let twins = rows.filter { $0.number("pid") == first.number("pid") }
      #expect(twins.map { $0.words.last } == ["first", "second"], "\(twins)")
      #expect(twins.first?.text("start") != twins.last?.text("start") || twins.first != twins.last)
      let writes = try Program.rows("export", capture).filter {
        $0.text("event.action") == "write" && $0.number("process.pid") == first.number("pid")
      }
      #expect(Set(writes.compactMap { $0.text("process.entity_id") }).count == 2, "\(writes)")
    }

    @Test(.enabled(if: Program.canRecord(skipReason)))
    func `a process bears the name that it gave itself, whatever its threads are called`() throws {
      let place = try Workplace()
      let events = try Self.record(Self.names, in: place)
      let renames = events.filter { $0.text("aftertrace.kind") == "process.rename" }
      #expect(renames.map { $0.text("aftertrace.new_name") } == ["[kworker/0:1]", "written"])
      #expect(renames.allSatisfy { $0.text("aftertrace.lane") == "lifecycle" })
      let ofThreads = events.filter { $0.text("aftertrace.kind") == "thread.rename" }
      #expect(ofThreads.map { $0.text("aftertrace.new_name") } == ["worker"])
      // access is not taken apart: the calls are told by their order.
      let accesses = events.filter { $0.text("event.action") == "access" && $0.number("aftertrace.result") == -2 }
        .map { $0.text("process.name") }.suffix(5)
      #expect(accesses == ["program", "[kworker/0:1]", "worker", "[kworker/0:1]", "written"])
      let processes = try Program.rows("ps", place["t.pcapng"], "--json").filter { ($0.number("events") ?? 0) > 0 }
      #expect(processes.map { $0.text("comm") }.sorted { $0 ?? "" < $1 ?? "" } == ["worker", "written"])
      let text = try Program.run("events", place["t.pcapng"]).text
      #expect(text.contains("rename comm=written") && text.contains("rename comm=worker"))
    }

    static let signals = """
      #define _GNU_SOURCE
      #include <signal.h>
      #include <unistd.h>
      #include <sys/syscall.h>
      static void handle(int number) { (void)number; }
      int main(void) {
        signal(SIGUSR1, handle);
        for (int i = 0; i < 5; i++) raise(SIGUSR1);
        syscall(0x10001, 11, 12, 13); /* no such number: it must not be cut to that of write */
        syscall(-1);
        return 0;
      }
      """

    @Test(.enabled(if: Program.canRecord(skipReason)))
    func `a return from a signal handler is called what it is, a call of no number is not given one`() throws {
      let place = try Workplace()
      let events = try Self.record(Self.signals, in: place)
      let returns = events.filter { $0.text("aftertrace.kind") == "signal.return" }
      #expect(returns.count == 5)
      #expect(returns.allSatisfy { $0.text("event.action") == "rt_sigreturn" && $0.number("aftertrace.result") == nil })
      let text = try Program.run("events", place["t.pcapng"]).text
      let lines = text.split(separator: "\n").filter { $0.contains("rt_sigreturn") }
      #expect(lines.count == 5 && lines.allSatisfy { $0.hasSuffix("rt_sigreturn") }, "\(lines)")
      #expect(text.split(separator: "\n").filter { $0.contains("call of unknown number") }.count == 2)
      #expect(!events.contains { $0.text("event.action") == "write" && $0.number("aftertrace.descriptor") == 11 })
    }

    static let memory = """
      #define _GNU_SOURCE
      #include <fcntl.h>
      #include <sys/mman.h>
      #include <sys/sendfile.h>
      #include <unistd.h>
      int main(int argc, char **argv) {
        if (argc > 1) return 0;
        int own = open("/proc/self/exe", O_RDONLY), copy = memfd_create("ghost", MFD_CLOEXEC);
        while (sendfile(copy, own, 0, 1 << 20) > 0) {}
        char *words[] = { "ghost-word", "again", 0 }, *none[] = { 0 };
        fexecve(copy, words, none);
        return 1;
      }
      """

    @Test(.enabled(if: Program.canRecord(skipReason)))
    func `an image that no directory holds has its name for a path`() throws {
      let place = try Workplace()
      let events = try Self.record(Self.memory, in: place)
      let exec = try #require(
        events.first {
          $0.text("aftertrace.kind") == "process.exec" && $0.text("process.command_line") == "ghost-word again"
        })
      #expect(exec.text("process.executable") == "memfd:ghost")
      #expect(exec["aftertrace.marks"]?.elements.compactMap(\.string) == ["memory_image"])
      let processes = try Program.rows("ps", place["t.pcapng"], "--json")
      #expect(processes.contains { $0.text("executable") == "memfd:ghost" })
    }
  }
}
