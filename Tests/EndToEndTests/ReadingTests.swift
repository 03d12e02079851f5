import CaptureFormat
import Events
import JSON
import Posix
import Testing

extension EndToEndTests {
  /// The commands that read, on files that are merged, damaged or hostile. They need no privilege.
  @Suite struct ReadingTests {
    private static let samples: String = {
      let parts = #filePath.split(separator: "/").dropLast(3)
      return "/" + parts.joined(separator: "/") + "/captures/v1/"
    }()
    private static let isBuilt = File.isExecutable(Program.path)

    private func sample(_ name: String) throws -> [UInt8] {
      try FileDescriptor.contents(of: Self.samples + name, limit: 1 << 24)
    }

    private func lineCount(_ arguments: String...) throws -> Int {
      let result = try ProgramLaunch(Program.path, arguments).run()
      #expect(result.end == .exited(0), "\(arguments)")
      return result.text.split(separator: "\n").count
    }

    @Test(.enabled(if: isBuilt)) func `every command reads all of captures that were merged`() throws {
      let place = try Workplace()
      let merged = place["merged.pcapng"]
      let parts = ["web-shell.pcapng", "crash.pcapng"]
      try FileDescriptor.write(try parts.flatMap(sample) + sample(parts[0]), to: merged)
      let counts = try parts.map { try lineCount("events", Self.samples + $0) }
      // The third section is the first once more: the same blocks, of the same recorder.
      #expect(try lineCount("events", merged) == counts[0] + counts[1])
      #expect(try lineCount("export", "--to", "jsonl", merged) == counts[0] + counts[1])
      #expect(try Program.rows("info", merged, "--json").map { $0.number("section") } == [1, 2, 3])
      let containers = try Program.rows("containers", merged, "--json")
      #expect(containers.map { $0.text("container.name") } == ["shop-web", "billing"])
      #expect(try lineCount("events", "--container", "billing", merged) == counts[1])
      let times = try Program.rows("export", merged).compactMap { $0.big("aftertrace.boot_time_ns") }
      #expect(times == times.sorted() && times.count == counts[0] + counts[1])
      let processes = try Program.rows("ps", merged, "--json")
      #expect(
        Set(processes.map { "\($0.number("pid") ?? 0) \($0.text("start_boot_ns") ?? "")" }).count == processes.count)
    }

    @Test(.enabled(if: isBuilt)) func `captures say how many sections a merged file has, and count the events of all`()
      throws
    {
      let place = try Workplace()
      try FileDescriptor.write(try sample("web-shell.pcapng") + sample("crash.pcapng"), to: place["merged.pcapng"])
      let row = try #require(try Program.rows("captures", "--json", "--directory", place.directory).first)
      #expect(row.number("sections") == 2 && row["complete"]?.bool == true)
      let counts = try ["web-shell.pcapng", "crash.pcapng"].map { try lineCount("events", Self.samples + $0) }
      #expect(row.number("events") == Int64(counts[0] + counts[1]))
      let text = try Program.run("captures", "--directory", place.directory).text
      #expect(text.contains("complete, first of 2 sections"))
    }

    @Test(.enabled(if: isBuilt))
    func `info claims no more than it read: damage in a block of events is found by events`() throws {
      let place = try Workplace()
      var bytes = try sample("crash.pcapng")
      let last = try #require(try CaptureFile(bytes: bytes, path: "sample").directory.last)
      bytes[Int(last.offset) + 200] ^= 0x40
      try FileDescriptor.write(bytes, to: place["damaged.pcapng"])
      #expect(try Program.run("info", place["damaged.pcapng"]).text.contains(": complete as recorded"))
      #expect(try Program.run("events", place["damaged.pcapng"]).end == .exited(2))
    }

    @Test(.enabled(if: isBuilt), arguments: ["info", "ps", "containers", "events", "export"])
    func `damage is said by every command that met it`(command: String) throws {
      let place = try Workplace()
      // A byte in each block of processes and containers, and in the last block of events.
      var bytes = try sample("crash.pcapng")
      let file = try CaptureFile(bytes: bytes, path: "sample")
      let last = try #require(file.directory.last)
      bytes[Int(last.offset) + 200] ^= 0x40
      for (offset, type) in Self.blocks(of: bytes) where type == 4 || type == 5 { bytes[offset + 200] ^= 0x40 }
      try FileDescriptor.write(bytes, to: place["damaged.pcapng"])
      let result = try Program.run(command, place["damaged.pcapng"])
      #expect(result.end == .exited(2), "\(result.text)")
      #expect(result.text.contains("checksum of block data"), "\(result.text)")
    }

    /// Offset and number of each block of ours.
    private static func blocks(of bytes: [UInt8]) -> [(Int, UInt8)] {
      var result: [(Int, UInt8)] = []
      var offset = 0
      while offset + 8 <= bytes.count {
        let length = (4..<8).reversed().reduce(0) { $0 << 8 | Int(bytes[offset + $1]) }
        guard length >= 12 else { break }
        if bytes[offset + 2] == 0x7E, bytes[offset + 3] == 0xAF { result.append((offset, bytes[offset])) }
        offset += length
      }
      return result
    }

    @Test(.enabled(if: isBuilt)) func `names from a hostile container never command the terminal`() throws {
      let place = try Workplace()
      try FileDescriptor.write(try Self.hostileCapture(), to: place["hostile.pcapng"])
      for arguments in [
        ["info"], ["containers"], ["ps"], ["events"], ["export"], ["events", "--container", "none"],
        ["ps", "--json"], ["containers", "--json"], ["info", "--json"],
      ] {
        let result = try ProgramLaunch(
          Program.path, [arguments[0], place["hostile.pcapng"]] + arguments.dropFirst()
        ).run(mergingErrors: true)
        let isClean = result.text.unicodeScalars.allSatisfy {
          $0 == "\n" || $0.value >= 32 && !(127..<160).contains($0.value)
        }
        #expect(isClean, "\(arguments): \(result.text)")
        #expect(result.text.contains("evil"), "\(arguments): \(result.text)")
      }
      // A very long argument vector (a table holds 32 KiB of it) and bytes that are not UTF-8 are there all the same.
      let process = try #require(try Program.rows("ps", place["hostile.pcapng"], "--json").first)
      #expect(process.words.count > 5000 && process["args_truncated"]?.bool == true)
      #expect(process.words[1] == "\u{fffd}\u{fffd}evil")
    }

    private static func hostileCapture() throws -> [UInt8] {
      let evil = "evil\u{1b}]0;x\u{7}\r\u{9b}2J\u{202e}"
      let key = ProcessKey(pid: 7, start: BootTime(nanoseconds: 1_000_000_000))
      let container = ContainerKey(rawValue: 1)
      var bytes: [UInt8] = []
      let writer = try CaptureWriter(
        to: { (buffer) throws(SystemError) in bytes += buffer },
        provenance: Provenance(properties: [
          .init(key: "host.name", value: evil), .init(key: "tool.version", value: evil),
          .init(key: "recording.filter", value: evil), .init(key: evil, value: evil),
        ]),
        catalogue: Catalogue(
          kinds: EventKind.catalogue.map { .init(number: $0.kind.rawValue, name: evil, summary: evil) },
          columns: ColumnID.catalogue, calls: [.init(abi: 0, number: 257, name: evil)],
          causes: [.init(number: 1, name: evil, summary: evil)]))
      try writer.append(containers: [
        ContainerRow(
          key: container, id: evil + "1234567890", name: evil, image: evil, runtime: evil, cgroupPaths: [evil])
      ])
      let arguments =
        [Array(evil.utf8), [0xFF, 0xFE] + Array("evil".utf8)] + (0..<20_000).map { Array("a\($0)".utf8) }
      try writer.append(processes: [
        ProcessRow(
          key: key, container: container, comm: Array(evil.utf8), executable: Array(evil.utf8),
          arguments: ByteList(arguments), workingDirectory: Array(evil.utf8), execTime: key.start,
          terminalName: Array(evil.utf8))
      ])
      let builder = EventBlockBuilder(stream: StreamKey(container: container, lane: .activity), firstSequence: 0)
      let process = builder.internProcess(key) { BlockProcess(key: key, comm: Array(evil.utf8)) }
      builder.beginRow(
        time: BootTime(nanoseconds: 2_000_000_000), process: process, thread: 7, kind: .fileOpen,
        call: SystemCall(abi: 0, number: 257), result: 3, flags: [], cpu: 0)
      builder.set(.path, string: Array(("/" + evil).utf8))
      builder.endRow()
      try writer.append(builder.seal())
      try writer.append(losses: [
        LossRow(
          cause: .ringFull, lane: .detail, container: container, from: key.start, to: key.start, count: 1)
      ])
      try writer.append(anchors: [
        AnchorRow(boot: key.start, monotonic: 0, real: WallTime(nanoseconds: 1_700_000_000_000_000_000), reason: .start)
      ])
      try writer.finish(Completeness(from: key.start, to: key.start, isComplete: true, reason: evil))
      return bytes
    }
  }
}
