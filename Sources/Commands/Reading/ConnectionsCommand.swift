internal import CaptureFormat
internal import Events
internal import JSON
internal import Reconstruction

/// `connections`: who talked with whom, a line a connection.
struct ConnectionsCommand {
  let file: ReadingFile
  let output: Output

  func run() throws -> Int32 {
    var count = 0
    for request in file.requests {
      let list = try ConnectionList(of: request.boot, containers: request.selected, filter: request.filter)
      let shown = list.connections.filter { $0.first <= request.to && $0.last >= request.from }
      count += shown.count
      let printer = try ConnectionPrinter(request, list, namesHost: file.hasSeveralBoots)
      if request.isJSON {
        for connection in shown { try output.bytes(printer.json(connection)) }
      } else {
        for line in printer.table(shown) { try output.line(line) }
      }
    }
    return count == 0 && file.isNarrowed ? 1 : 0
  }
}

/// Prints the connections of one boot.
private struct ConnectionPrinter {
  private let request: ReadingRequest
  private let list: ConnectionList
  private let time: TimeText
  private let names: ProcessNames
  private let namesContainer: Bool
  private let namesHost: Bool

  init(_ request: ReadingRequest, _ list: ConnectionList, namesHost: Bool) throws {
    self.request = request
    self.list = list
    self.namesHost = namesHost
    time = TimeText(clock: request.clock, isLocal: request.isLocal)
    names = try ProcessNames(of: request.boot)
    namesContainer = request.hasSeveralContainers
  }

  // MARK: For people

  func table(_ connections: [Connection]) -> [String] {
    guard !connections.isEmpty else { return [] }
    var header = namesHost ? ["HOST"] : []
    header += ["OPENED", "LASTED"]
    if namesContainer { header.append("CONTAINER") }
    header += ["PROCESS", "PROTO", "LOCAL", "", "REMOTE", "SENT", "RECEIVED", "RETRANS", "RESULT", "NAME"]
    var table = TextTable(header)
    for connection in connections { table.append(row(connection)) }
    return table.lines + notes(connections)
  }

  private func row(_ connection: Connection) -> [String] {
    var row = namesHost ? [request.hostLabel] : []
    row.append(connection.opened.map { time.time($0) } ?? "before")
    let over = connection.closed ?? connection.last
    row.append(
      durationText(over.nanoseconds - min((connection.opened ?? connection.first).nanoseconds, over.nanoseconds)))
    if namesContainer { row.append(request.label(of: connection.container)) }
    row.append(connection.process.map(names.label) ?? "-")
    row.append(Self.name(ofTransport: connection.transport))
    row.append(end(connection.local, beyond: connection.outsideLocal))
    row.append(Self.arrow(connection.direction))
    row.append(end(connection.remote, beyond: connection.outsideRemote))
    row.append(traffic(connection.sent))
    row.append(traffic(connection.received))
    row.append(retransmissions(connection))
    row.append(Self.text(of: connection.result))
    row.append(peer(connection))
    return row
  }

  private static func arrow(_ direction: Connection.Direction) -> String {
    switch direction {
    case .out: "->"
    case .in: "<-"
    case .forwarded: "=>"
    case .unknown: "--"
    }
  }

  private func end(_ address: SocketAddress?, beyond outside: SocketAddress?) -> String {
    let text = address.map { $0.port == 0 ? $0.ip ?? "-" : "\($0)" } ?? "-"
    return outside.map { "\(text) (\($0))" } ?? text
  }

  /// `1.2 KiB in 8`; without packets the bytes alone.
  private func traffic(_ traffic: Connection.Traffic) -> String {
    let bytes = traffic.bytes.map(sizeText) ?? "-"
    return traffic.packets.map { "\(bytes) in \(countText($0))" } ?? bytes
  }

  private func retransmissions(_ connection: Connection) -> String {
    let counts = [connection.sent.retransmissions, connection.received.retransmissions].compactMap { $0 }
    return counts.isEmpty ? "-" : countText(counts.reduce(0, +))
  }

  static func text(of result: Connection.Result) -> String {
    switch result {
    case .closed: "closed"
    case .open: "open"
    case .reset: "reset"
    case .refused: "refused"
    case .timedOut: "timed out"
    case .unanswered: "no answer"
    case .unreachable: "unreachable"
    case .failed(let error?): "failed: " + (ErrorNumber.name(-error) ?? "\(error)")
    case .failed(nil): "failed"
    case .answered: "answered"
    case .sent: "one way"
    case .unknown: "-"
    }
  }

  private func peer(_ connection: Connection) -> String {
    var words = [connection.name, connection.requestLine].compactMap { $0.map { EventText.printable($0) } }
    if let name = connection.serverName { words.append("tls " + EventText.printable(name)) }
    return words.joined(separator: " ")
  }

  /// What the figures are not.
  private func notes(_ connections: [Connection]) -> [String] {
    var notes: [String] = []
    let missing = connections.count { !$0.hasPackets }
    if missing == connections.count {
      notes.append("no packets of these: bytes are what calls transferred; packets and retransmissions are not known")
    } else if missing > 0 {
      notes.append("\(missing) without packets: of these bytes are what calls transferred, the rest is not known")
    }
    if connections.contains(where: { !$0.hasPackets && $0.isCountUnsure }) {
      notes.append("some calls do not tell how much they transferred: bytes are at least so many")
    }
    let lossy = Set(connections.map(\.container)).intersection(list.lossy)
    if !lossy.isEmpty {
      let labels = lossy.sorted().map { request.label(of: $0) }.joined(separator: ", ")
      notes.append("packets were lost of \(labels): its packets are at least so many, and retransmissions are not sure")
    }
    return notes.isEmpty ? [] : [""] + notes
  }

  static func name(ofTransport number: UInt8) -> String { PacketText.name(ofTransport: number) }

  // MARK: For programs

  func json(_ connection: Connection) -> [UInt8] {
    var json = JSONText()
    json.beginObject()
    json.set("host.name", ifPresent: request.boot.hostName)
    json.set("host.boot.id", ifPresent: request.boot.bootID)
    let container = request.container(connection.container)
    json.set("container.id", ifPresent: container?.id)
    json.set("container.name", ifPresent: container?.name)
    json.set("event.start", ifPresent: connection.opened.map { time.date($0, digits: 9) })
    json.set("event.end", ifPresent: connection.closed.map { time.date($0, digits: 9) })
    json.set("first", time.date(connection.first, digits: 9))
    json.set("last", time.date(connection.last, digits: 9))
    if let process = connection.process {
      json.set("process.pid", process.pid)
      json.set("process.start_boot_ns", "\(process.start.nanoseconds)")
      json.set("process.name", ifPresent: names.name(process))
      json.set("process.executable", ifPresent: names.executable(process))
    }
    json.set("network.transport", Self.name(ofTransport: connection.transport))
    json.set("network.iana_number", "\(connection.transport)")
    if let address = connection.remote ?? connection.local {
      json.set("network.type", NetworkEndpoint(address)?.isIPv4 == true ? "ipv4" : "ipv6")
    }
    json.set("network.direction", Self.direction(connection.direction))
    json.set("network.community_id", ifPresent: connection.communityID)
    json.set("network_namespace", ifPresent: connection.namespace)
    json.set("interface", ifPresent: connection.interface?.name)
    let isServer = connection.direction == .in
    let (source, destination) =
      isServer ? (connection.remote, connection.local) : (connection.local, connection.remote)
    let (sourceOutside, destinationOutside) =
      isServer
      ? (connection.outsideRemote, connection.outsideLocal) : (connection.outsideLocal, connection.outsideRemote)
    let (forth, back) = isServer ? (connection.received, connection.sent) : (connection.sent, connection.received)
    var unknown: [String] = []
    write("source", source, sourceOutside, forth, connection, &unknown, &json)
    write("destination", destination, destinationOutside, back, connection, &unknown, &json)
    json.set("destination.domain", ifPresent: isServer ? nil : connection.name)
    json.set("tls.client.server_name", ifPresent: connection.serverName)
    json.set("http.request_line", ifPresent: connection.requestLine)
    json.set("result", Self.text(of: connection.result))
    json.set("figures", connection.hasPackets ? "packets" : "calls")
    if !unknown.isEmpty { json.set("unknown", strings: unknown) }
    if list.lossy.contains(connection.container) { json.set("packets_lost", true) }
    if !connection.hasPackets, connection.isCountUnsure { json.set("bytes_at_least", true) }
    json.endObject()
    json.newline()
    return json.bytes
  }

  private func write(
    _ side: String, _ address: SocketAddress?, _ outside: SocketAddress?, _ traffic: Connection.Traffic,
    _ connection: Connection, _ unknown: inout [String], _ json: inout JSONText
  ) {
    json.set("\(side).ip", ifPresent: address?.ip)
    json.set("\(side).port", ifPresent: address?.port.flatMap { $0 == 0 ? nil : $0 })
    json.set("\(side).nat.ip", ifPresent: outside?.ip)
    json.set("\(side).nat.port", ifPresent: outside?.port)
    var figures = [("bytes", traffic.bytes), ("packets", traffic.packets)]
    if connection.transport == PacketLayers.tcp { figures.append(("retransmissions", traffic.retransmissions)) }
    for (name, value) in figures {
      json.set("\(side).\(name)", ifPresent: value)
      if value == nil { unknown.append("\(side).\(name)") }
    }
    if address == nil { unknown.append("\(side).ip") }
  }

  private static func direction(_ direction: Connection.Direction) -> String {
    switch direction {
    case .out: "egress"
    case .in: "ingress"
    case .forwarded: "external"
    case .unknown: "unknown"
    }
  }
}
