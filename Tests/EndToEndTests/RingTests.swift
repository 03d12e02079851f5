import ContainerLab
import JSON
import Posix
import Testing

extension EndToEndTests {
  /// What is asked of io_uring, by Programs/rings.c in a container, and what is told of it.
  @Suite struct RingTests {
    private static let skipReason: String? =
      RuncLab.skipReason ?? (Lab.find("cc") == nil ? "no C compiler" : RequestRing.isAbsent ? "no io_uring here" : nil)

    /// Runs one part of the program in a container; answers the events that came by a ring.
    private static func events(_ part: String, of place: Workplace) throws -> [JSONValue] {
      let lab = try RuncLab()
      defer { lab.end() }
      let source = #filePath.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
      let compiled = try ProgramLaunch(
        Lab.find("cc")!, ["-O1", "-static", "-w", "-o", lab.rootDirectory + "/bin/rings", source + "/Programs/rings.c"]
      ).run(mergingErrors: true)
      #expect(compiled.end == .exited(0), "\(compiled.text)")
      let capture = place["c.pcapng"]
      let recording = try Program.record(try lab.command("at-ring-\(processID)", ["/bin/rings", part]), to: capture)
      #expect(recording.end == .exited(0), "\(recording.text)")
      let info = try Program.run("info", capture).text
      #expect(!info.contains("io_uring"), "\(info)")
      return try Program.rows("export", capture).filter { $0.text("aftertrace.via") == "io_uring" }
    }

    private static func only(_ action: String, _ path: String? = nil, in events: [JSONValue]) throws -> JSONValue {
      let found = events.filter {
        $0.text("event.action") == action && (path == nil || $0.text("file.path") == path)
      }
      #expect(found.count == 1, "\(action) \(path ?? ""): \(found)")
      return try #require(found.first)
    }

    @Test(.enabled(if: Program.canRecord(skipReason)), arguments: ["files", "polled"])
    func `requests about files are told as the calls that do the same`(part: String) throws {
      let place = try Workplace()
      let events = try Self.events(part, of: place)
      func only(_ action: String, _ path: String? = nil) throws -> JSONValue {
        try Self.only(action, path, in: events)
      }
      let written = "/tmp/written"
      let made = try #require(events.first { $0.text("event.action") == "openat" })
      #expect(made.text("file.path") == written && made.text("aftertrace.open_flags") == "O_RDWR|O_CREAT")
      #expect(made.number("aftertrace.result") ?? -1 > 2 && made.text("aftertrace.lane") == "activity", "\(made)")
      #expect(made["aftertrace.duration_is_whole"] != nil && made.big("aftertrace.duration_ns") ?? 0 > 0)
      let write = try only("pwrite64", written)
      #expect(write.number("aftertrace.result") == 11 && write.text("aftertrace.payload.text") == "first words")
      let read = try only("pread64", written)
      #expect(read.number("aftertrace.result") == 5 && read.text("aftertrace.payload.text") == "words")
      let gathered = try only("pwritev", written)
      #expect(gathered.number("aftertrace.result") == 8 && gathered.number("aftertrace.count") == 8, "\(gathered)")
      #expect(try only("preadv", written).text("aftertrace.payload.text") == "onethree")
      #expect(try only("fsync").number("aftertrace.result") == 0)
      #expect(try only("fallocate", written).text("message")?.contains(" length=4096 ") == true)
      #expect(try only("ftruncate", written).text("message")?.contains(" length=5 ") == true)
      #expect(try only("close", written).number("aftertrace.result") == 0)
      #expect(try only("openat2", written).text("aftertrace.open_flags") == "O_RDONLY")
      #expect(try only("statx", written).number("aftertrace.result") == 0)
      #expect(try only("mkdirat", "/tmp/made").number("aftertrace.mode_number") ?? 0o750 == 0o750)
      let moved = try #require(events.first { $0.text("event.action") == "renameat2" })
      #expect("\(moved)".contains("/tmp/made/moved") && "\(moved)".contains(written), "\(moved)")
      #expect("\(try #require(events.first { $0.text("event.action") == "linkat" }))".contains("/tmp/hard"))
      let link = "\(try #require(events.first { $0.text("event.action") == "symlinkat" }))"
      #expect(link.contains("where/to") && link.contains("/tmp/soft"), "\(link)")
      let splice = try #require(events.first { $0.text("event.action") == "splice" })
      #expect(splice.text("file.path") == "/tmp/made/moved" && splice.number("aftertrace.result") == 5, "\(splice)")
      #expect(try only("unlinkat", "/tmp/hard").number("aftertrace.result") == 0)
      #expect(try only("unlinkat", "/tmp/not-there").number("aftertrace.result") == -2)
      // The name could not be read: by the kernel, which says so by the result.
      let refused = try #require(events.last { $0.text("event.action") == "openat" })
      #expect(refused.number("aftertrace.result") == -14 && refused["file.path"] == nil, "\(refused)")
      #expect(events.contains { $0.text("aftertrace.ring_operation") == "IORING_OP_NOP" })
    }

    @Test(.enabled(if: Program.canRecord(skipReason)))
    func `requests about sockets have addresses, bytes and each of several results`() throws {
      let place = try Workplace()
      let events = try Self.events("sockets", of: place)
      func all(_ action: String) -> [JSONValue] { events.filter { $0.text("event.action") == action } }
      #expect(all("socket").count == 3)
      #expect(all("listen").count == all("bind").count)
      let connect = try #require(all("connect").first)
      #expect(connect.text("destination.ip") == "127.0.0.1" && connect.number("destination.port") == 4711, "\(connect)")
      #expect(connect.number("aftertrace.result") == 0)
      // One that was alone, and two of one request.
      #expect(all("accept4").filter { $0.number("aftertrace.result") ?? -1 > 2 }.count == 3, "\(all("accept4"))")
      let send = try #require(all("sendto").first)
      #expect(send.text("aftertrace.payload.text") == "through a ring" && send.number("destination.port") == 4711)
      #expect(try #require(all("recvfrom").first).text("aftertrace.payload.text") == "through a ring")
      #expect(
        all("sendmsg").first?.number("aftertrace.count") == 9 && all("recvmsg").first?.number("aftertrace.result") == 9)
      #expect(all("sendmsg").last?.number("destination.port") == 53, "\(all("sendmsg"))")
      #expect(all("shutdown").first?.text("aftertrace.operation") == "SHUT_WR")
    }

    @Test(.enabled(if: Program.canRecord(skipReason)))
    func `linked, silent and worker's requests, slots of the ring's own, and what outlives its process are told`()
      throws
    {
      let place = try Workplace()
      let events = try Self.events("linked", of: place)
      let made = events.filter { $0.text("event.action") == "mkdirat" }
      #expect(made.compactMap { $0.text("file.path") } == ["/tmp/linked-first", "/tmp/linked-third", "/tmp/silent"])
      #expect(
        made.first?.number("aftertrace.result") == 0 && made.dropFirst().first?.number("aftertrace.result") == -125)
      #expect(made.last?["aftertrace.result"] == nil, "nothing says that it was done: \(made)")
      let slot = try #require(events.first { $0.text("file.path") == "/etc/passwd" })
      #expect(slot["aftertrace.descriptor"] == nil && slot.number("aftertrace.result") == 9, "\(slot)")
      #expect(events.contains { $0.text("file.path") == "/etc/group" && $0.number("aftertrace.result") == 0 })
      #expect(events.contains { $0.text("aftertrace.payload.text") == "worker" })

      let orphans = try Self.events("orphan", of: try Workplace())
      let cancelled = try #require(orphans.first { $0.number("aftertrace.result") == -125 })
      #expect(cancelled.text("event.action")?.hasPrefix("pread") == true && cancelled.text("process.name") == "rings")
    }
  }
}
