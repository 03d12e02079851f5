import CaptureFormat
import Events
import Foundation
import Interchange
import Reconstruction
import Testing

@Suite struct ScapConverterTests {
  @Test func `a file of today becomes rows of who did what`() throws {
    let (bytes, summary) = try ScapSample.convert(ScapSample.everything.bytes)
    #expect(summary.problems == [])
    #expect(summary.rowCount == 6)
    let capture = try Capture(bytes: bytes, path: "sample")
    let lines = try Foreign.lines(capture)
    #expect(lines.count == 6)
    try #require(lines.count == 6)
    #expect(lines[0].hasPrefix("sh[100] "))
    #expect(lines[0].contains("child_pid=101"))
    #expect(lines[1].hasPrefix("cat[101] "))
    #expect(lines[1].contains("cat motd"))
    #expect(lines[2].contains("/etc/motd"))
    #expect(lines[2].contains("\"hello\" = 5"))
    #expect(lines[3].contains("O_WRONLY|O_CREAT"))
    #expect(lines[3].contains("/srv/out"))
    #expect(lines[4].contains("10.0.0.2:80 = -ECONNREFUSED"))
    #expect(lines[5].contains("1"))
    let boot = capture.boots[0]
    #expect(boot.hostName == "host")
    #expect(boot.clock.wallTime(of: boot.span.first)?.nanoseconds == 1_000_500_001_000)
    let web = try #require(boot.containers.first)
    #expect(web.id == String(repeating: "0123456789abcdef", count: 4))
    #expect(web.name == "web")
    #expect(web.podName == "web-0")
    #expect(web.podNamespace == "shop")
    #expect(boot.directory.allSatisfy { $0.container == web.key })
    let state = try WindowState(of: boot)
    #expect(state.processes.map(\.key.pid) == [1, 100])
    #expect(state.descriptors.values.first?.first?.file.path == Array("/etc/motd".utf8))
    let history = try ProcessHistory(of: boot)
    let child = try #require(history.processes.first { $0.key.pid == 101 })
    #expect(child.parent?.pid == 100)
    #expect(child.exitCode == 256)
    #expect(child.arguments == ["cat", "motd"])
    #expect(!bytes.contains("SECRET"))
  }

  @Test(arguments: 1...9) func `processes are read of every version of their list`(version: Int) throws {
    var sample = ScapSample()
    sample.section()
    sample.machine()
    sample.process(
      version: version, pid: 5, parent: 1, comm: "nginx", cgroup: "/docker/" + String(repeating: "ab", count: 32))
    sample.descriptor(isSized: version == 9, of: 5)
    sample.event(5, time: 2_000_000_000, tid: 5, [little(Int64(0)), little(Int64(3))])
    let boot = try ScapSample.capture(sample.bytes).boots[0]
    let process = try #require(try ProcessHistory(of: boot).processes.first)
    #expect(process.comm == Array("nginx".utf8))
    #expect(process.arguments == ["/bin/nginx", "-x", "-y"])
    #expect(process.userID == 1000)
    #expect(process.executable == Array((version >= 7 ? "/usr/bin/nginx" : "/bin/nginx").utf8))
    #expect(process.namespacePID == (version >= 4 ? 7 : nil))
    #expect(boot.containers.count == (version >= 4 ? 1 : 0))
    #expect(try WindowState(of: boot).descriptors.values.first?.first?.file.inode == 77)
  }

  @Test(arguments: [UInt32(0x204), 0x208, 0x216, 0x217, 0x8010_ABCD])
  func `events are read of every version of their block`(block: UInt32) throws {
    var sample = ScapSample()
    sample.section()
    sample.machine()
    sample.process(version: 5, pid: 5, parent: 1, comm: "nginx")
    let number = block == 0x8010_ABCD ? 0x204 : block
    let hasFlags = block == 0x208 || block == 0x217
    sample.event(
      2, block: number, time: 2_000_000_000, tid: 5, flags: hasFlags ? 0 : nil,
      [sample.text("/tmp/x"), little(UInt32(1)), little(UInt32(0))])
    // Four parameters, where the table has six by now.
    sample.event(
      3, block: number, time: 2_000_000_500, tid: 5, flags: hasFlags ? 0 : nil,
      [little(Int64(3)), sample.text("/tmp/x"), little(UInt32(1)), little(UInt32(0))])
    let lines = try Foreign.lines(try ScapSample.capture(sample.bytes))
    #expect(lines.count == 1)
    #expect(lines.first?.contains("/tmp/x = 3 (500ns)") == true)
  }

  @Test func `an exit without its entry, or after another one, has no duration`() throws {
    var sample = ScapSample()
    sample.section()
    sample.machine()
    sample.event(6, time: 2_000_000_000, tid: 5, [little(Int64(3)), little(UInt32(64))])
    sample.event(5, time: 2_000_000_100, tid: 5, [little(Int64(0)), little(Int64(3))])
    sample.event(7, time: 2_000_000_200, tid: 5, [little(Int64(5)), Array("hello".utf8)])
    let capture = try ScapSample.capture(sample.bytes)
    var merge = capture.events(in: capture.boots[0].directory)
    var durations: [Int64?] = []
    while let event = try merge.next() { durations.append(event.value(.duration)) }
    #expect(durations == [nil, nil])
  }

  @Test(arguments: ["gzip", "zstd", "lz4"]) func `a packed file is what it was before`(tool: String) throws {
    let plain = ScapSample.everything.bytes
    let packed = try pack(plain, with: tool)
    #expect(packed.count < plain.count)
    #expect(try Foreign.lines(try ScapSample.capture(packed)) == Foreign.lines(try ScapSample.capture(plain)))
    // Two packed files, one after the other, are two sections.
    #expect(try ScapSample.convert(packed + packed).summary.sectionCount == 2)
    // Cut, it gives what can be had, and says so.
    let cut = try ScapSample.convert(Array(packed.dropLast(20)))
    #expect(cut.summary.problemCount > 0)
  }

  @Test func `files one after the other are sections of one capture`() throws {
    let bytes = ScapSample.everything.bytes
    let capture = try ScapSample.capture(bytes + bytes)
    #expect(capture.sections.count == 2)
    #expect(capture.sections.allSatisfy { $0.problems.isEmpty })
    #expect(try Foreign.lines(capture).count == 12)
  }

  @Test func `behind a damaged block reading goes on, and the loss is told`() throws {
    var sample = ScapSample()
    sample.section()
    sample.machine()
    for turn in 0..<10 {
      sample.event(5, time: 2_000_000_000 + UInt64(turn) * 1000, tid: 5, [little(Int64(0)), little(Int64(3))])
    }
    var bytes = sample.bytes
    // The length of the fourth event's block.
    let block = (bytes.count - 220) / 10
    bytes[220 + 3 * block + 4] = 0xFF
    let (converted, summary) = try ScapSample.convert(bytes)
    #expect(summary.rowCount == 9)
    #expect(summary.problemCount == 1)
    #expect(summary.problems.first?.contains("offset \(220 + 3 * block): ") == true)
    let capture = try Capture(bytes: converted, path: "sample")
    let losses = try capture.boots[0].losses()
    #expect(losses.count == 1)
    #expect(losses.first?.cause == .undecodable)
    #expect((losses.first?.from ?? BootTime(nanoseconds: 0)) < losses.first?.to ?? BootTime(nanoseconds: 0))
  }

  @Test func `cut at each byte it gives what came before, and never crashes`() throws {
    let bytes = ScapSample.everything.bytes
    let whole = try ScapSample.convert(bytes).summary
    var last: UInt64 = 0
    for length in 0..<bytes.count {
      let summary = try ScapSample.convert(Array(bytes[..<length]), catalogue: Catalogue()).summary
      #expect(summary.rowCount >= last && summary.rowCount <= whole.rowCount)
      last = max(last, summary.rowCount)
    }
    #expect(last >= whole.rowCount - 1)
  }

  @Test func `with each byte flipped the reader goes on`() throws {
    let bytes = ScapSample.everything.bytes
    for place in bytes.indices {
      for mask in [UInt8(0xFF), 0x01] {
        var damaged = bytes
        damaged[place] ^= mask
        let converted = try ScapSample.convert(damaged, catalogue: Catalogue()).capture
        if !converted.isEmpty { _ = try fuzzCapture(converted) }
      }
    }
  }

  @Test func `lengths and counts that cannot be are told, and cost no memory`() throws {
    for count in [UInt32(0), 11, 13, 0x7FFF_FFFF, 0xFFFF_FFFF] {
      var sample = ScapSample()
      sample.section()
      sample.machine()
      sample.bytes += little(UInt32(0x216)) + little(count) + [UInt8](repeating: 0, count: 32)
      sample.event(5, time: 2_000_000_000, tid: 5, [little(Int64(0)), little(Int64(3))])
      let summary = try ScapSample.convert(sample.bytes).summary
      #expect(summary.rowCount == 1)
      #expect(summary.problemCount == 1)
    }
  }

  private func pack(_ bytes: [UInt8], with tool: String) throws -> [UInt8] {
    let file = FileManager.default.temporaryDirectory.appending(path: "scap-\(UUID().uuidString)")
    try Data(bytes).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [tool, "-c", file.path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Array(data)
  }
}

extension [UInt8] {
  fileprivate func contains(_ text: String) -> Bool {
    String(decoding: self, as: UTF8.self).contains(text)
  }
}
