import CaptureFormat
import Events
import PacketLab
import Testing

/// Packets of a capture: pcapng's own blocks, and the block that tells of them.
@Suite struct PacketBlockTests {
  static let container = SampleCapture.container
  static let ends = (BuiltPacket.end("10.0.0.2", 4000), BuiltPacket.end("10.0.0.3", 80))
  static let contents = (0..<6).map {
    BuiltPacket.tcp(
      ends.0, ends.1, flags: 24, sequence: UInt32($0), content: [UInt8](repeating: UInt8($0), count: $0 * 3))
  }

  static func time(_ number: Int) -> BootTime { BootTime(nanoseconds: 7_000_000_000 + UInt64(number) * 1_000_000) }

  /// Two runs of packets of two interfaces, an event block between them.
  static func bytes(isFinished: Bool = true) throws -> [UInt8] {
    let output = SampleCapture.Output()
    let writer = try CaptureWriter(to: output.sink, provenance: SampleCapture.provenance, catalogue: Catalogue())
    for run in 0..<2 {
      let script = PacketScript(container: container, interface: run == 0 ? "eth0" : "eth1", number: UInt32(run + 1))
      for number in (run * 3)..<(run * 3 + 3) {
        script.add(
          time(number), number % 2 == 0 ? .outbound : .inbound, contents[number],
          process: number == 5 ? nil : SampleCapture.shell, wireLength: UInt32(contents[number].count + 1000),
          comment: "container=web pid=\(number)")
      }
      try writer.append(script.seal())
      if run == 0 { for block in SampleCapture.events(2) { try writer.append(block) } }
    }
    if isFinished {
      try writer.finish(Completeness(from: time(0), to: time(9), isComplete: true, reason: ""))
    }
    return output.bytes
  }

  private func packets(_ bytes: [UInt8]) throws -> (packets: [CapturedPacket], problems: Int, events: Int) {
    let file = try CaptureFile(bytes: bytes, path: "c")
    var packets: [CapturedPacket] = []
    var errors = 0
    for entry in file.packetBlocks {
      do { packets += try file.packets(of: entry) } catch { errors += 1 }
    }
    // A block that ends beyond the file is one that is not whole yet.
    if file.partialTail > 0 { errors += 1 }
    return (packets, file.problems.count + errors, file.directory.count)
  }

  @Test(arguments: [true, false]) func `packets come back as they were, with a footer and without`(isFinished: Bool)
    throws
  {
    let (packets, problems, events) = try packets(Self.bytes(isFinished: isFinished))
    #expect(problems == 0 && events == 1 && packets.count == 6)
    for (number, packet) in packets.enumerated() {
      #expect(packet.bytes == Self.contents[number] && packet.time == Self.time(number))
      #expect(packet.length == UInt32(packet.bytes.count + 1000) && packet.container == Self.container)
      #expect(packet.direction == (number % 2 == 0 ? .outbound : .inbound))
      #expect(packet.interface?.name == (number < 3 ? "eth0" : "eth1"))
      #expect(packet.process == (number == 5 ? nil : SampleCapture.shell))
      #expect(packet.wallTime == 1_700_000_000_000_000_000 + Int64(Self.time(number).nanoseconds))
      #expect(packet.comment == Array("container=web pid=\(number)".utf8))
    }
  }

  @Test func `a capture cut anywhere has the packets before, and no wrong one`() throws {
    let whole = try Self.bytes(isFinished: false)
    var most = 0
    for length in 100..<whole.count {
      guard let (packets, _, _) = try? packets(Array(whole.prefix(length))) else { continue }
      #expect(packets.map(\.bytes) == Array(Self.contents.prefix(packets.count)), "cut at \(length)")
      most = max(most, packets.count)
    }
    #expect(most >= 5)
  }

  @Test(arguments: [true, false]) func `a packet that was altered is left out, and said to be`(isFinished: Bool) throws
  {
    let whole = try Self.bytes(isFinished: isFinished)
    for place in stride(from: 60, to: whole.count, by: isFinished ? 5 : 1) {
      var damaged = whole
      damaged[place] ^= 0x20
      guard let (packets, problems, _) = try? packets(damaged) else { continue }
      #expect(packets.allSatisfy { Self.contents.contains($0.bytes) }, "flipped at \(place)")
      if !isFinished { #expect(packets.count == 6 || problems > 0, "flipped at \(place)") }
    }
  }

  @Test func `hostile lengths are refused`() throws {
    let whole = try Self.bytes(isFinished: false)
    for place in stride(from: 60, to: whole.count - 4, by: 4) {
      for value in [UInt32.max, 0x7FFF_FFFF, 0, 65_535] {
        var damaged = whole
        for index in 0..<4 { damaged[place + index] = UInt8(truncatingIfNeeded: value >> UInt32(index * 8)) }
        _ = try? packets(damaged)
        _ = try? fuzzCapture(HostileInputTests.mended(damaged))
      }
    }
  }
}
