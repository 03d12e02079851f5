import ContainerLab
import JSON
import Posix
import Testing

extension EndToEndTests {
  /// What is kept of what goes through descriptors: how much, of what, and what of it is hidden.
  @Suite struct PayloadTests {
    static let source = """
      #define _GNU_SOURCE
      #include <arpa/inet.h>
      #include <fcntl.h>
      #include <pty.h>
      #include <stdio.h>
      #include <stdlib.h>
      #include <string.h>
      #include <sys/socket.h>
      #include <sys/uio.h>
      #include <sys/wait.h>
      #include <termios.h>
      #include <unistd.h>
      static char bytes[10000];
      static void check(long result) { if (result < 0) { perror("payload"); exit(3); } }
      int main(void) {
        for (int i = 0; i < (int)sizeof bytes; i++) bytes[i] = 'a' + i % 26;
        int file = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
        check(write(file, bytes, 1000));
        check(pread(file, bytes, 300, 26));
        struct iovec parts[3] = { { "one,", 4 }, { "two,", 4 }, { "three", 5 } };
        check(writev(file, parts, 3));
        check(write(1, bytes, 5000));
        check(write(2, "token=abcdefgh\\n", 15));
        int zero = open("/dev/zero", O_RDWR), closed = open("/dev/null", O_RDONLY);
        char zeros[77];
        check(read(zero, zeros, 77));
        if (write(closed, bytes, 78) >= 0) return 4;
        int pair[2];
        check(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
        check(send(pair[0], bytes, 600, 0));
        struct iovec room[2] = { { zeros, 10 }, { bytes, 500 } };
        struct msghdr message = { .msg_iov = room, .msg_iovlen = 2 };
        check(recvmsg(pair[1], &message, 0));
        /* Two questions in one call, to a name server's port. */
        int server = socket(AF_INET, SOCK_DGRAM, 0), client = socket(AF_INET, SOCK_DGRAM, 0);
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(53) };
        address.sin_addr.s_addr = htonl(0x7f000035);
        check(bind(server, (struct sockaddr *)&address, sizeof address));
        check(sendto(client, bytes, 700, 0, (struct sockaddr *)&address, sizeof address));
        check(connect(client, (struct sockaddr *)&address, sizeof address));
        struct iovec questions[2] = { { "first", 5 }, { "second", 6 } };
        struct mmsghdr messages[2] = { { { .msg_iov = questions, .msg_iovlen = 1 } }, { { .msg_iov = questions + 1, .msg_iovlen = 1 } } };
        check(sendmmsg(client, messages, 2, 0));
        /* A terminal: shown, then hidden. */
        int master, terminal;
        check(openpty(&master, &terminal, 0, 0, 0));
        char line[100];
        check(write(master, "shown line\\n", 11));
        check(read(terminal, line, 100));
        struct termios modes;
        tcgetattr(terminal, &modes);
        modes.c_lflag &= ~ECHO;
        tcsetattr(terminal, TCSANOW, &modes);
        check(write(master, "hunter2\\n", 8));
        check(read(terminal, line, 99));
        return 0;
      }
      """
    static let skipReason = Lab.find("cc") == nil ? "there is no C compiler" : nil

    private func record(_ flags: [String], in place: Workplace) throws -> [JSONValue] {
      try FileDescriptor.write(Self.source.utf8, to: place["payload.c"])
      let built = try ProgramLaunch(
        Lab.find("cc")!, ["-O1", "-o", place["payload"], place["payload.c"]], environment: Program.clean
      ).run(mergingErrors: true)
      try #require(built.end.isSuccess, "\(built.text)")
      let recording = try Program.record(
        ["sh", "-c", "cd \(place.directory) && exec ./payload"], to: place["p.pcapng"], flags: flags)
      #expect(recording.end == .exited(0), "\(recording.text)")
      return try Program.rows("export", place["p.pcapng"]).filter { $0.text("process.name") == "payload" }
    }

    /// The payload of the one call of this name and result.
    private func payload(_ call: String, _ result: Int64, of rows: [JSONValue]) throws -> Payload {
      let found = rows.filter { $0.text("event.action") == call && $0.number("aftertrace.result") == result }
      let row = try #require(found.count == 1 ? found[0] : nil, "\(found.count) of \(call) = \(result)")
      return Payload(
        text: row.text("aftertrace.payload.text"), captured: row.number("aftertrace.payload.captured"),
        length: row.number("aftertrace.payload.length"), isMasked: row["aftertrace.payload.masked"]?.bool ?? false)
    }

    private struct Payload: Equatable {
      var text: String?
      var captured: Int64?
      var length: Int64?
      var isMasked = false
    }

    private func letters(_ count: Int, from start: Int = 0) -> String {
      String(decoding: (0..<count).map { UInt8(97 + ($0 + start) % 26) }, as: UTF8.self)
    }

    @Test(.enabled(if: Program.canRecord(skipReason)))
    func `each class keeps what it is meant to, and says how much there was`() throws {
      let place = try Workplace()
      let rows = try record([], in: place)
      func expect(_ call: String, _ result: Int64, _ text: String?, length: Int64?, isMasked: Bool = false) throws {
        let expected = Payload(
          text: text, captured: text.map { Int64($0.utf8.count) }, length: length, isMasked: isMasked)
        #expect(try payload(call, result, of: rows) == expected, "\(call) = \(result)")
      }
      try expect("write", 1000, letters(256), length: 1000)
      try expect("pread64", 300, letters(256), length: 300)
      try expect("writev", 13, "one,two,three", length: 13)
      try expect("write", 5000, letters(4096), length: 5000)
      try expect("write", 15, "token=********\n", length: 15, isMasked: true)
      try expect("read", 77, nil, length: nil)
      try expect("sendto", 600, letters(256), length: 600)
      // What came in by recvmsg stands there by now.
      try expect("sendto", 700, letters(500, from: 10) + letters(200, from: 500), length: 700)
      try expect("sendmmsg", 2, "firstsecond", length: 11)
      try expect("read", 11, "shown line\n", length: 11)
      try expect("read", 8, "", length: 8, isMasked: true)
      let received = try payload("recvmsg", 510, of: rows)
      #expect(received.captured == 256 && received.length == 510)

      let logs = try Program.rows("logs", "--json", place["p.pcapng"])
      #expect(logs.map { $0.text("stream") } == ["stdout", "stderr"])
      #expect(logs.map { $0.number("length") } == [5000, 15])
      let text = try Program.run("logs", place["p.pcapng"]).text
      #expect(text.contains("[4 096 of 5 000 bytes]") && text.contains("token=********"), "\(text)")
    }

    @Test(.enabled(if: Program.canRecord(skipReason)))
    func `the length can be asked for, the mask and all of it taken off`() throws {
      let place = try Workplace()
      var rows = try record(["--snaplen", "5", "--no-mask"], in: place)
      #expect(try payload("write", 1000, of: rows).text == letters(5))
      #expect(try payload("sendto", 600, of: rows).captured == 5)
      #expect(try payload("write", 15, of: rows).text == "token=abcdefgh\n")
      #expect(try payload("read", 8, of: rows) == Payload(text: "hunter2\n", captured: 8, length: 8))

      try File.remove(place["p.pcapng"])
      rows = try record(["--no-payload"], in: place)
      #expect(rows.allSatisfy { $0["aftertrace.payload.length"] == nil })
      let logs = try Program.run("logs", place["p.pcapng"])
      #expect(logs.end == .exited(2) && logs.text.contains("--no-payload"), "\(logs.text)")
    }

    @Test(.enabled(if: Program.canRecord()))
    func `logs leave out what a pipeline passes on, and name the file that output went to`() throws {
      let place = try Workplace()
      let script = "cd \(place.directory); echo inner | tr a-z A-Z; echo redirected > there; cat there >&2"
      try Program.record(["sh", "-c", script], to: place["p.pcapng"])
      let rows = try Program.rows("logs", "--json", place["p.pcapng"])
      #expect(rows.map { $0.text("text") } == ["INNER\n", "redirected\n", "redirected\n"])
      #expect(rows[1].text("file") == place["there"])
      let all = try Program.rows("logs", "--all", "--json", place["p.pcapng"])
      #expect(all.map { $0.text("text") }.first == "inner\n")
    }
  }
}
