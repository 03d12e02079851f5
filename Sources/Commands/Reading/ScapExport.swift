internal import CaptureFormat
internal import Events
internal import Interchange
internal import Posix

/// `export --to scap`: a file for sysdig.
struct ScapExport {
  let file: ReadingFile
  let output: Output

  func run() throws -> Int32 {
    if output.isTerminal {
      throw CommandFailure("export: this is not for a terminal", remedy: "name a file with -o", status: 64)
    }
    var count: UInt64 = 0
    for request in file.requests {
      let exporter = try ScapExporter(
        request.boot, containers: request.selected, from: request.from, to: request.to, filter: request.filter,
        writingTo: { (bytes) throws(SystemError) in try output.bytes(bytes) })
      try exporter.run()
      count += exporter.eventCount
    }
    return count == 0 && file.isNarrowed ? 1 : 0
  }
}
