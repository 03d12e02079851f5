internal import CaptureFormat
internal import Events
internal import JSON
internal import NameService
internal import Reconstruction

/// `dns`: what was asked of name servers and what they answered, a line a question.
struct NamesCommand {
  let file: ReadingFile
  let output: Output

  func run() throws -> Int32 {
    var count = 0
    for request in file.requests {
      let transactions = try request.boot.nameTransactions(containers: request.selected, filter: request.filter)
        .filter { request.isInWindow($0.time) }
      count += transactions.count
      let printer = try NamePrinter(request, namesHost: file.hasSeveralBoots)
      if request.isJSON {
        for transaction in transactions { try output.bytes(printer.json(transaction)) }
      } else {
        for line in printer.table(transactions) { try output.line(line) }
      }
    }
    return count == 0 && file.isNarrowed ? 1 : 0
  }
}

/// Prints the questions of one boot.
private struct NamePrinter {
  private let request: ReadingRequest
  private let time: TimeText
  private let names: ProcessNames
  private let namesContainer: Bool
  private let namesHost: Bool

  init(_ request: ReadingRequest, namesHost: Bool) throws {
    self.request = request
    self.namesHost = namesHost
    time = TimeText(clock: request.clock, isLocal: request.isLocal)
    names = try ProcessNames(of: request.boot)
    namesContainer = request.hasSeveralContainers
  }

  func table(_ transactions: [NameTransaction]) -> [String] {
    guard !transactions.isEmpty else { return [] }
    var header = namesHost ? ["HOST"] : []
    header.append("TIME")
    if namesContainer { header.append("CONTAINER") }
    header += ["PROCESS", "", "SERVER", "TYPE", "NAME", "TOOK", "RESULT", "ANSWER"]
    var table = TextTable(header)
    for transaction in transactions {
      var row = namesHost ? [request.hostLabel] : []
      row.append(time.time(transaction.time))
      if namesContainer { row.append(request.label(of: transaction.container)) }
      let process = transaction.isServer ? transaction.server : transaction.client
      row.append(process.map(names.label) ?? "-")
      row.append(transaction.isServer ? "answers" : transaction.attempts > 1 ? "asks ×\(transaction.attempts)" : "asks")
      row.append((transaction.isServer ? transaction.clientAddress : transaction.serverAddress).map { "\($0)" } ?? "-")
      row.append(NameMessage.typeName(transaction.question.type))
      row.append(EventText.printable(transaction.question.name))
      row.append(transaction.duration.map(durationText) ?? "-")
      row.append(transaction.answer.map { $0.codeName + ($0.isCut ? ", cut" : "") } ?? "no answer")
      row.append(transaction.answer.map { $0.answers.map(Self.text).joined(separator: ", ") } ?? "")
      table.append(row)
    }
    return table.lines
  }

  /// `93.184.216.34`, `CNAME www.example.com`, `TXT`.
  private static func text(of answer: NameMessage.Answer) -> String {
    switch answer.value {
    case .address(let bytes): NetworkEndpoint(bytes, 0).address.ip ?? ""
    case .name(let name): NameMessage.typeName(answer.type) + " " + EventText.printable(name)
    case .other: NameMessage.typeName(answer.type)
    }
  }

  func json(_ transaction: NameTransaction) -> [UInt8] {
    var json = JSONText()
    json.beginObject()
    json.set("host.name", ifPresent: request.boot.hostName)
    json.set("host.boot.id", ifPresent: request.boot.bootID)
    let container = request.container(transaction.container)
    json.set("container.id", ifPresent: container?.id)
    json.set("container.name", ifPresent: container?.name)
    json.set("event.start", ifPresent: transaction.asked.map { time.date($0, digits: 9) })
    json.set("event.end", ifPresent: transaction.answered.map { time.date($0, digits: 9) })
    json.set("event.duration", ifPresent: transaction.duration)
    json.set("role", transaction.isServer ? "server" : "client")
    if let process = transaction.isServer ? transaction.server : transaction.client {
      json.set("process.pid", process.pid)
      json.set("process.start_boot_ns", "\(process.start.nanoseconds)")
      json.set("process.name", ifPresent: names.name(process))
      json.set("process.executable", ifPresent: names.executable(process))
    }
    json.set("network.transport", ifPresent: transaction.transport.map(PacketText.name(ofTransport:)))
    write("client", transaction.clientAddress, &json)
    write("server", transaction.serverAddress, &json)
    json.set("dns.id", "\(transaction.id)")
    json.set("dns.question.name", transaction.question.name)
    json.set("dns.question.type", NameMessage.typeName(transaction.question.type))
    json.set("attempts", transaction.attempts)
    if let answer = transaction.answer {
      json.set("dns.response_code", answer.codeName)
      json.beginArray("dns.answers")
      for record in answer.answers {
        json.beginObject()
        json.set("name", record.name)
        json.set("type", NameMessage.typeName(record.type))
        json.set("ttl", record.seconds)
        switch record.value {
        case .address(let bytes): json.set("data", ifPresent: NetworkEndpoint(bytes, 0).address.ip)
        case .name(let name): json.set("data", name)
        case .other: break
        }
        json.endObject()
      }
      json.endArray()
      let addresses = answer.addresses.compactMap { NetworkEndpoint($0.address, 0).address.ip }
      if !addresses.isEmpty { json.set("dns.resolved_ip", strings: addresses) }
      if answer.isCut { json.set("cut", true) }
    }
    json.set("seen_by", strings: transaction.witnesses.map { "\($0)" })
    json.endObject()
    json.newline()
    return json.bytes
  }

  private func write(_ side: String, _ address: SocketAddress?, _ json: inout JSONText) {
    json.set("\(side).ip", ifPresent: address?.ip)
    json.set("\(side).port", ifPresent: address?.port.flatMap { $0 == 0 ? nil : $0 })
  }
}
