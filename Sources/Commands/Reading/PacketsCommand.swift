internal import CaptureFormat
internal import Events
internal import JSON
internal import Reconstruction

/// `packets`: what went over the network, a line a packet.
struct PacketsCommand {
  let file: ReadingFile
  let output: Output

  func run() throws -> Int32 {
    var count = 0
    for request in file.requests {
      let printer = try PacketPrinter(request, output: output, namesHost: file.hasSeveralBoots)
      var merge = request.packets
      while let packet = try merge.next() {
        guard request.isInWindow(packet.time) else { continue }
        count += 1
        try printer.print(packet)
      }
    }
    guard count == 0 else { return 0 }
    if file.isNarrowed { return 1 }
    throw CommandFailure(
      "\(file.path): no packets",
      remedy: "they are recorded unless they are switched off (`record --packets off`, `packets.mode`)")
  }
}

extension ReadingRequest {
  /// What was asked for, in the order of time; at the edges of the window there may be more.
  var packets: PacketMerge {
    PacketMerge(boot.sections) { entry in
      (selected?.contains(entry.container) ?? true) && entry.firstTime <= to && entry.lastTime >= from
    }
  }
}

/// Prints the packets of one boot.
private struct PacketPrinter {
  private let request: ReadingRequest
  private let output: Output
  private let time: TimeText
  private let names: ProcessNames
  private let namesContainer: Bool
  private let namesHost: Bool

  init(_ request: ReadingRequest, output: Output, namesHost: Bool) throws {
    self.request = request
    self.output = output
    self.namesHost = namesHost
    time = TimeText(clock: request.clock, isLocal: request.isLocal)
    names = try ProcessNames(of: request.boot)
    namesContainer = request.hasSeveralContainers
  }

  func print(_ packet: CapturedPacket) throws {
    if request.isJSON { return try printJSON(packet) }
    var words = [time.time(packet.time)]
    if namesHost { words.append(request.hostLabel) }
    if namesContainer { words.append(request.label(of: packet.container)) }
    words.append(interface(packet))
    words.append(packet.direction == .outbound ? "out" : packet.direction == .inbound ? "in " : "?  ")
    words.append(PacketText.summary(of: packet))
    if let process = packet.process { words.append(names.label(process)) }
    try output.line(words.joined(separator: " "))
  }

  private func interface(_ packet: CapturedPacket) -> String {
    guard let interface = packet.interface else { return "-" }
    return interface.name.isEmpty ? "#\(interface.index)" : EventText.printable(Array(interface.name.utf8))
  }

  private func printJSON(_ packet: CapturedPacket) throws {
    var json = JSONText()
    json.beginObject()
    json.set("time", time.date(packet.time, digits: 9))
    let container = request.container(packet.container)
    json.set("container.id", ifPresent: container?.id)
    json.set("container.name", ifPresent: container?.name)
    json.set("interface", packet.interface.map(\.name) ?? "")
    json.set("network_namespace", ifPresent: packet.interface?.namespace)
    json.set("direction", packet.direction == .outbound ? "out" : packet.direction == .inbound ? "in" : "unknown")
    json.set("length", packet.length)
    json.set("captured", packet.bytes.count)
    packet.bytes.withUnsafeBytes { bytes in
      guard let layers = PacketLayers(bytes), !layers.source.isEmpty else { return }
      json.set("source.ip", ifPresent: address(layers.source))
      json.set("source.port", ifPresent: layers.sourcePort)
      json.set("destination.ip", ifPresent: address(layers.destination))
      json.set("destination.port", ifPresent: layers.destinationPort)
      json.set("network.iana_number", layers.transportProtocol)
      json.set("network.community_id", ifPresent: CommunityID.text(of: layers, bytes))
    }
    json.set("summary", PacketText.summary(of: packet))
    if let process = packet.process {
      json.set("pid", process.pid)
      json.set("start_boot_ns", "\(process.start.nanoseconds)")
      json.set("process", ifPresent: names.name(process))
    }
    json.endObject()
    json.newline()
    try output.bytes(json.bytes)
  }

  private func address(_ bytes: [UInt8]) -> String? {
    bytes.count == 4 ? SocketAddress.ipv4(address: bytes, port: 0).ip : SocketAddress.ipv6(address: bytes, port: 0).ip
  }
}
