internal import CaptureFormat
internal import Events
internal import Interchange
internal import Posix

/// `export --to scap` and `--to capture`: files for programs, not for people.
struct BinaryExport {
  let file: ReadingFile
  let output: Output

  func run(isScap: Bool) throws -> Int32 {
    if output.isTerminal {
      throw CommandFailure("export: this is not for a terminal", remedy: "name a file with -o", status: 64)
    }
    return try isScap ? writeScap() : writeCapture()
  }

  private func writeScap() throws -> Int32 {
    var count: UInt64 = 0
    for request in file.requests {
      let exporter = try ScapExporter(
        request.boot, containers: request.selected, from: request.from, to: request.to,
        writingTo: { (bytes) throws(SystemError) in try output.bytes(Array(bytes)) })
      try exporter.run()
      count += exporter.eventCount
    }
    return count == 0 && file.isNarrowed ? 1 : 0
  }

  private func writeCapture() throws -> Int32 {
    if file.isNarrowed {
      throw CommandFailure(
        "export: --to capture writes all of a file", remedy: "narrow it when it is read", status: 64)
    }
    try file.copy { (bytes) throws(SystemError) in try output.bytes(bytes) }
    return 0
  }
}
