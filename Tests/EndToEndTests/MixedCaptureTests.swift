import CaptureFormat
import ContainerLab
import Events
import Posix
import Testing

extension EndToEndTests {
  /// A capture of many containers and processes: a question reads the tables, and the blocks that can answer it.
  ///
  /// What is read is seen from outside, by recording the reader.
  @Suite struct MixedCaptureTests {
    /// `make bench-data` makes it: 200 containers, 50,000 processes, 10 million events.
    static let large = "captures/bench/large.pcapng"
    static let memoryLimit: UInt64 = 64 << 20
    static let containers = 20
    /// By which a file is known to be ours.
    static let headLength: UInt64 = 64

    @Test(.enabled(if: Program.canRecord(File.exists(large) ? nil : RuncLab.skipReason)))
    func `questions about a mixed capture read tables and matching blocks only, within 64 MiB`() throws {
      let place = try Workplace()
      let capture = try Self.capture(in: place)
      let file = try CaptureFile(path: capture)
      let blocks = file.directory
      let rows = try file.containers().filter { $0.key != .host }
      #expect(rows.count >= Self.containers)
      #expect(try file.processes().count >= 500)
      #expect(blocks.reduce(0) { $0 + Int($1.rowCount) } > 300_000)
      #expect(Set(blocks.map(\.digest)).count == blocks.count, "no block is there twice")

      let container = try #require(rows.dropFirst(rows.count / 2).first)
      let own = blocks.filter { $0.container == container.key }
      #expect(!own.isEmpty && own.count < blocks.count / 4)

      let forInfo = try Self.reads(["info", "--json"], of: capture, in: place)
      let forProcesses = try Self.reads(["ps"], of: capture, in: place)
      let forOneTree = try Self.reads(["ps", "--container", container.id], of: capture, in: place)
      let forEvents = try Self.reads(["events", "--container", container.id], of: capture, in: place)
      for (name, reads) in [("info", forInfo), ("ps", forProcesses), ("ps --container", forOneTree)] {
        #expect(!reads.isEmpty && Self.count(blocks, touchedBy: reads) == 0, "\(name) reads blocks of events")
      }
      #expect(Self.count(own, touchedBy: forEvents) == own.count)
      #expect(Self.count(blocks, touchedBy: forEvents) == own.count, "blocks of other containers are read")
      // Each block once, and beside them no more than the tables.
      let ownLength = own.reduce(0) { $0 + UInt64($1.length) }
      let tables = file.length - blocks.reduce(0) { $0 + UInt64($1.length) }
      #expect(Self.length(forEvents) <= ownLength + tables + Self.headLength)
      // The program's own count is the kernel's.
      let told = try #require(try Program.rows("info", "--json", capture).first?.number("bytes_read"))
      #expect(UInt64(told) + Self.headLength == Self.length(forInfo))

      // A limit, not a measurement: the peak that wait4 tells is at least that of the process that it was spawned by.
      let limited = "ulimit -d \(Self.memoryLimit >> 10); exec \"$@\" >/dev/null"
      for words in [["info", capture], ["ps", capture], ["events", capture, "--container", container.id]] {
        let reader = ProgramLaunch(
          "/bin/sh", ["-c", limited, "sh", Program.path] + words, environment: Program.clean)
        let result = try reader.run(mergingErrors: true)
        #expect(result.end == .exited(0), "\(words[0]) with 64 MiB: \(result.text)")
      }
    }

    /// The large one if it is there, else a small one of the same kind, recorded now.
    static func capture(in place: Workplace) throws -> String {
      if File.exists(large) { return large }
      let capture = place["mixed.pcapng"]
      let lab = try RuncLab()
      defer { lab.end() }
      // Applets by path: busybox runs bare names without exec.
      let script = """
        number=$1; i=0
        while [ $i -lt 24 ]; do /bin/true $number $i; i=$((i + 1)); done
        /bin/find /bin /etc >/dev/null; /bin/cat /bin/busybox | /bin/wc -c >/dev/null
        /bin/dd if=/dev/zero of=/dev/null bs=1 count=$((8000 + number * 7)) 2>/dev/null
        echo $number >/tmp/own-$number; /bin/rm /tmp/own-$number
        """
      try FileDescriptor.write(script.utf8, to: lab.directory + "/rootfs/data/work", mode: 0o755)
      var all = ""
      for number in 0..<containers {
        // A cgroup that has the form of a container's: whatever the machine's load, all of them are told apart.
        let digits = String(processID, radix: 16) + "00" + String(number, radix: 16)
        let cgroup = "/" + String(repeating: "a", count: 64 - digits.count) + digits
        let words = try lab.command(
          "at-mixed-\(processID)-\(number)", ["/bin/sh", "/data/work", "\(number)"], cgroupsPath: cgroup)
        // Two at a time.
        all += words.joined(separator: " ") + (number % 2 == 0 ? " &\n" : "; wait\n")
      }
      let recording = try Program.record(["/bin/sh", "-c", all], to: capture, flags: ["--ring-size", "64MiB"])
      #expect(recording.end == .exited(0), "\(recording.text)")
      return capture
    }

    /// The bytes of `capture` that a command reads, as the kernel saw it read them.
    static func reads(_ words: [String], of capture: String, in place: Workplace) throws -> [Range<UInt64>] {
      let trace = place["reads.pcapng"]
      defer { try? File.remove(trace) }
      let reader = [Program.path, words[0], capture] + words.dropFirst()
      let recording = try Program.record(
        ["/bin/sh", "-c", "exec \"$@\" >/dev/null", "sh"] + reader, to: trace, flags: ["--ring-size", "64MiB"])
      #expect(recording.end == .exited(0), "\(recording.text)")
      let file = try CaptureFile(path: trace)
      #expect(file.completeness?.isComplete == true, "\(recording.text)")
      var merge = EventMerge(file, entries: file.directory)
      var ranges: [Range<UInt64>] = []
      while let event = try merge.next() {
        guard event.kind == .fileRead, event.result > 0, let path = event.file(.file)?.path,
          String(decoding: path, as: UTF8.self).hasSuffix(capture)
        else { continue }
        let offset = UInt64(try #require(event.value(.offset), "a reader reads by offset"))
        ranges.append(offset..<offset + UInt64(event.result))
      }
      return ranges
    }

    static func count(_ blocks: [BlockEntry], touchedBy reads: [Range<UInt64>]) -> Int {
      blocks.count { block in
        reads.contains { $0.overlaps(block.offset..<block.offset + UInt64(block.length)) }
      }
    }

    static func length(_ reads: [Range<UInt64>]) -> UInt64 { reads.reduce(0) { $0 + UInt64($1.count) } }
  }
}
