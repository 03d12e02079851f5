internal import CaptureFormat
internal import Events
internal import Reconstruction

/// Reads the packets that a request is about, in the order of time.
final class PacketJob {
  let request: PacketRequest
  private var merges: [(merge: PacketMerge, section: UInt32)]
  private let line: CommonTime
  private let tables: CaptureTables
  private let flow: Flow?
  private var count = 0
  private static let limit = 10_000

  /// Two ends between which the packets of a socket go.
  struct Flow {
    var transport: UInt8
    /// Nil: any of the containers' own.
    var local: NetworkEndpoint?
    var remote: NetworkEndpoint?
    var text: String

    /// Nil where the event is of no socket that talks over a network.
    init?(_ event: EventBlock) {
      guard let file = event.file(.file), let transport = file.transportProtocol else { return nil }
      self.transport = transport
      local = file.localAddress.flatMap(NetworkEndpoint.init)
      remote = (event.kind == .networkBind ? nil : event.address(.address) ?? file.remoteAddress)
        .flatMap(NetworkEndpoint.init)
      guard local != nil || remote != nil else { return nil }
      let ends = [local, remote].map { $0.map { "\($0.address)" } ?? "-" }
      text = "\(PacketText.name(ofTransport: transport)) \(ends[0]) ↔ \(ends[1])"
    }

    func matches(_ bytes: UnsafeRawBufferPointer) -> Bool {
      guard let layers = PacketLayers(bytes) else { return false }
      if let quoted = layers.quotedFlow(bytes) {
        return quoted.transportProtocol == transport && matches(quoted.source, quoted.destination)
      }
      guard layers.transportProtocol == transport, let source = layers.sourcePort,
        let destination = layers.destinationPort
      else { return false }
      return matches(NetworkEndpoint(layers.source, source), NetworkEndpoint(layers.destination, destination))
    }

    private func matches(_ one: NetworkEndpoint, _ other: NetworkEndpoint) -> Bool {
      isPair(one, other) || isPair(other, one)
    }

    private func isPair(_ here: NetworkEndpoint, _ there: NetworkEndpoint) -> Bool {
      if let remote, remote != there { return false }
      guard let local else { return true }
      return local.isAny ? local.port == here.port : local == here
    }
  }

  /// - Parameter flow: Nil is every packet.
  init(_ request: PacketRequest, _ capture: Capture, on line: CommonTime, tables: CaptureTables, flow: Flow?) {
    self.request = request
    self.line = line
    self.tables = tables
    self.flow = flow
    merges = capture.boots.map { boot in
      let section = boot.sections[0].section
      let merge = PacketMerge(boot.sections) { entry in
        (request.containers?.contains(tables.shown(entry.container)) ?? true)
          && line.time(entry.firstTime, in: section) <= request.to
          && line.time(entry.lastTime, in: section) >= request.from
      }
      return (merge, section)
    }
  }

  /// Reads on; what was found since the last call.
  func work(while goesOn: () -> Bool) throws(CaptureError) -> PacketsResult {
    var result = PacketsResult(
      generation: request.generation, lines: [], isCut: false, isDone: false, flow: flow?.text)
    var looked = 0
    while !merges.isEmpty {
      guard let packet = try merges[0].merge.next() else {
        merges.removeFirst()
        continue
      }
      let section = merges[0].section
      let time = line.time(packet.time, in: section)
      let process = packet.process.map { line.key($0, in: section) }
      if time >= request.from, time <= request.to,
        request.processes.map({ keys in process.map { keys.contains($0) } ?? false }) ?? true,
        flow.map({ flow in packet.bytes.withUnsafeBytes { flow.matches($0) } }) ?? true
      {
        if count >= Self.limit {
          result.isCut = true
          break
        }
        count += 1
        let name = process.map { key in
          (tables.process(key).map { EventText.printable($0.comm) } ?? "") + "[\(key.pid)]"
        }
        result.lines.append(
          PacketLine(
            packet, at: time, process: process, name: name ?? "", container: tables.shown(packet.container)))
      }
      looked += 1
      if looked % 256 == 0, !goesOn() { return result }
    }
    result.isDone = true
    return result
  }
}
