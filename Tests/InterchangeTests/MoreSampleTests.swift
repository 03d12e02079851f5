import CaptureFormat
import Events
import JSON
import Reconstruction
import Testing

/// Samples of what captures hold beside calls: requests to io_uring, deaths, packets, payload.
@Suite struct MoreSampleTests {
  private func events(_ name: String) throws -> [JSONValue] {
    try SampleTests().timeline(Capture(path: SampleTests.directory + "/" + name))
  }

  private func kind(_ kind: String, in events: [JSONValue]) -> [JSONValue] {
    events.filter { $0["aftertrace.kind"]?.string == kind }
  }

  @Test func `requests to io_uring are in the sample: as calls, as requests alone, and one without an end`() throws {
    let requests = try events("rings.pcapng").filter { $0["aftertrace.via"]?.string == "io_uring" }
    #expect(requests.count == 64)
    let others = kind("ring.request", in: requests).compactMap { $0["aftertrace.ring_operation"]?.string }
    #expect(others.first == "IORING_OP_NOP")
    let opened = kind("file.open", in: requests).compactMap { $0["file.path"]?.string }
    #expect(!opened.isEmpty && opened.allSatisfy { $0.hasPrefix("/") })
    let connected = kind("net.connect", in: requests).compactMap { $0["destination.ip"]?.string }
    #expect(connected.contains("127.0.0.1"), "\(connected)")
    let capture = try SampleTests().open("rings.pcapng")
    var unfinished: [String?] = []
    for entry in capture.directory where entry.type == .events {
      let block = try capture.readEvents(entry)
      while block.next() {
        if block.flags.contains([.viaRing, .unfinished]) { unfinished.append(block.string(.path)) }
      }
    }
    #expect(unfinished == ["/tmp/silent"])
  }

  @Test func `ways to die are in the sample: what of, by whom, where in the program, and with what in use`() throws {
    let events = try events("deaths.pcapng")
    let deaths = kind("signal.fatal", in: events)
    #expect(deaths.compactMap { $0["aftertrace.signal"]?.string } == ["SIGSEGV", "SIGSYS", "SIGKILL", "SIGTERM"])
    #expect(deaths[0]["aftertrace.fault_address"]?.string == "0x10")
    #expect(deaths[1]["aftertrace.during_call"]?.string == "mkdir")
    #expect(deaths[3]["aftertrace.sender.name"]?.string == "busybox")
    let memory = try #require(kind("memory.oom", in: events).first)
    #expect(memory["aftertrace.memory_limit"]?.integer == 32 << 20)
    let capture = try SampleTests().open("deaths.pcapng")
    var stack: [StackFrame] = []
    for entry in capture.directory where entry.type == .events {
      let block = try capture.readEvents(entry)
      while block.next() {
        if block.kind == .signalFatal, stack.isEmpty { stack = StackFrame.frames(block.bytes(.frames) ?? []) }
      }
    }
    #expect(stack.count >= 5, "the fault, four calls of follow, main: \(stack)")
    let rows = kind("container.resources", in: events)
    #expect(rows.count == 2 && rows.allSatisfy { $0["aftertrace.resources.memory_max"]?.integer == 32 << 20 })
    let history = try ProcessHistory(of: capture)
    let deadly = history.processes.compactMap { $0.exitCode }.filter { $0 & 0x7f != 0 }.map { $0 & 0x7f }
    #expect(deadly.sorted() == [9, 11, 15, 31])
  }

  @Test func `packets, what a pipe carried and a masked token are in the sample`() throws {
    let events = try events("traffic.pcapng")
    let said = events.compactMap { $0["aftertrace.payload.text"]?.string }
    #expect(said.contains("piped\n") && said.contains("token=****************\n"))
    #expect(!said.contains { $0.contains("0123456789abcdef") })
    #expect(events.contains { $0["aftertrace.payload.masked"]?.bool == true })
    #expect(
      kind("file.transfer", in: events).contains {
        $0["file.path"]?.string == "/etc/passwd" && $0["aftertrace.second_descriptor"]?.integer == 1
      })
    let capture = try SampleTests().open("traffic.pcapng")
    var packets: [CapturedPacket] = []
    for entry in capture.packetBlocks { packets += try capture.packets(of: entry) }
    #expect(packets.count == 16)
  }
}
