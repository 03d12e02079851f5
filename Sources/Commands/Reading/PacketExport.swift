internal import CaptureFormat
internal import Events
internal import Reconstruction

/// `export --to pcap` and `--to pcapng`: packets alone.
struct PacketExport {
  let file: ReadingFile
  let output: Output

  static let formats: [String: PacketFile.Format] = ["pcap": .pcap, "pcapng": .pcapng]

  /// A filter takes the packets of processes that pass it: a packet has no event's fields.
  func run(to format: PacketFile.Format) throws -> Int32 {
    if output.isTerminal {
      throw CommandFailure("export: this is not for a terminal", remedy: "name a file with -o", status: 64)
    }
    var target = PacketFile(format)
    try output.bytes(target.header)
    var count = 0
    for (recording, request) in file.requests.enumerated() {
      let history = try request.filter.map { _ in try ProcessHistory(of: request.boot) }
      var merge = request.packets
      while let packet = try merge.next() {
        guard request.isInWindow(packet.time) else { continue }
        if let filter = request.filter, let history {
          guard let row = packet.process.flatMap({ history[$0] }), filter.matches(row) else { continue }
        }
        try output.bytes(target.packet(packet, recording: recording))
        count += 1
      }
    }
    return count == 0 && file.isNarrowed ? 1 : 0
  }
}
