import ContainerLab
import JSON
import Posix
import Testing

extension EndToEndTests {
  /// Which file a descriptor stands for, through everything that can happen to a descriptor.
  @Suite struct DescriptorTests {
    /// Each transfer has a length of its own, by which the tests tell it.
    static let source = """
      #define _GNU_SOURCE
      #include <fcntl.h>
      #include <stdlib.h>
      #include <string.h>
      #include <sys/socket.h>
      #include <sys/wait.h>
      #include <unistd.h>
      static char bytes[256];
      static int make(const char *name) { return open(name, O_RDWR | O_CREAT, 0600); }
      static void put(int fd, int count) { if (write(fd, bytes, count) < 0) return; }
      int main(int argc, char **argv) {
        if (argc > 1) { /* the image after exec */
          put(50, 102);
          put(51, 103); /* closed by exec */
          int other = make("other");
          dup2(other, 51);
          put(51, 104);
          return 0;
        }
        int kept = make("kept");
        dup2(kept, 50);
        put(kept, 101);
        fcntl(make("closed"), F_DUPFD_CLOEXEC, 51);
        pid_t child = fork();
        if (child == 0) { execl("/proc/self/exe", "image", "child", (char *)0); _exit(9); }
        waitpid(child, 0, 0);
        int first = make("duped"), second = dup(first);
        close(first);
        put(second, 105);
        int reused = make("reused"); /* the number that "duped" had */
        put(reused, 106);
        close(reused);
        int again = make("again");
        put(again, 107);
        int pair[2];
        socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
        char room[CMSG_SPACE(sizeof(int))], one = 1;
        struct iovec part = { &one, 1 };
        struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room };
        child = fork();
        if (child == 0) {
          recvmsg(pair[1], &message, 0);
          int got;
          memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof got);
          put(got, 108);
          lseek(got, 0, SEEK_SET);
          if (read(got, bytes, 109) < 0) _exit(1);
          _exit(0);
        }
        int passed = make("passed");
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET; head->cmsg_type = SCM_RIGHTS; head->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(head), &passed, sizeof passed);
        sendmsg(pair[0], &message, 0);
        waitpid(child, 0, 0);
        open((char *)1, O_RDONLY);
        return 0;
      }
      """
    static let expected: [Int64: String] = [
      101: "kept", 102: "kept", 104: "other", 105: "duped", 106: "reused", 107: "again", 108: "passed", 109: "passed",
    ]
    static let skipReason = Lab.find("cc") == nil ? "there is no C compiler" : nil

    static func build(in place: Workplace) throws -> String {
      try FileDescriptor.write(source.utf8, to: place["descriptors.c"])
      let result = try ProgramLaunch(
        Lab.find("cc")!, ["-O1", "-o", place["descriptors"], place["descriptors.c"]], environment: Program.clean
      ).run(mergingErrors: true)
      try #require(result.end.isSuccess, "\(result.text)")
      return place["descriptors"]
    }

    /// The transfers by their length.
    static func transfers(_ capture: String) throws -> [Int64: JSONValue] {
      let events = try Program.rows("export", capture).filter { event in
        ["file.read", "file.write"].contains(event.text("aftertrace.kind"))
          && (101...109).contains(event.number("aftertrace.count") ?? 0)
      }
      return Dictionary(events.map { ($0.number("aftertrace.count")!, $0) }, uniquingKeysWith: { first, _ in first })
    }

    @Test(.enabled(if: Program.canRecord(skipReason)))
    func `every read and write bears the path of its own file`() throws {
      let place = try Workplace()
      let program = try Self.build(in: place)
      let recording = try Program.record(
        ["sh", "-c", "cd \(place.directory) && \(program); echo x >f"], to: place["d.pcapng"])
      #expect(recording.end == .exited(0), "\(recording.text)")
      let transfers = try Self.transfers(place["d.pcapng"])
      for (count, name) in Self.expected {
        #expect(transfers[count]?.text("file.path") == place[name], "the transfer of \(count) bytes")
      }
      #expect(transfers[103]?.number("aftertrace.result") == -9)
      #expect(transfers[103]?.text("file.path") == nil)
      let events = try Program.rows("export", place["d.pcapng"])
      #expect(
        events.contains {
          $0.text("aftertrace.kind") == "file.write" && $0.text("file.path") == place["f"]
            && $0.number("aftertrace.count") == 2
        })
      // A pointer that cannot be read: the call is kept and marked.
      #expect(
        events.contains {
          $0.text("aftertrace.kind") == "file.open" && $0.number("aftertrace.result") == -14
            && $0.text("message")?.contains("[unreadable pointer]") == true
        })
      #expect(try Program.run("info", place["d.pcapng"]).text.contains(": complete"))
    }

    @Test(.enabled(if: Program.canRecord(skipReason)))
    func `a file whose name was lost has none, never another's`() throws {
      let place = try Workplace()
      let program = try Self.build(in: place)
      let recording = try Program.record(
        ["sh", "-c", "cd \(place.directory) && \(program)"], to: place["d.pcapng"],
        environment: ["AFTERTRACE_TEST_LOSE_DEFINITIONS=1"])
      #expect(recording.end == .exited(0), "\(recording.text)")
      let transfers = try Self.transfers(place["d.pcapng"])
      for count in Self.expected.keys {
        let transfer = try #require(transfers[count], "the transfer of \(count) bytes is missing")
        #expect(transfer.text("file.path") == nil, "the transfer of \(count) bytes")
      }
      let information = try Program.rows("info", place["d.pcapng"], "--json")
      #expect(information[0]["complete"]?.bool == false)
      #expect(information[0]["losses"]?.elements.contains { $0.text("cause") == "path-definition" } == true)
    }
  }
}
