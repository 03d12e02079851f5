internal import Arguments
internal import CaptureFormat
internal import Events
internal import Interchange
internal import Posix
internal import Reconstruction

/// `slice`: a part of a capture, as a capture.
struct SliceCommand {
  let file: ReadingFile
  let output: Output
  let filterText: String?

  func run() throws -> Int32 {
    if output.isTerminal {
      throw CommandFailure("slice: a capture is not for a terminal", remedy: "name a file with -o", status: 64)
    }
    var count: UInt64 = 0
    for request in file.requests {
      let selection = SliceSelection(
        containers: request.selected, from: request.from, to: request.to, hasWindow: request.hasWindow,
        filter: request.filter, filterText: filterText)
      for section in request.boot.sections where !CaptureSlicer.isEmpty(section, selection) {
        let slicer = try CaptureSlicer(
          section, of: request.boot, selection, toolVersion: program.version, captureID: randomUUID(),
          writingTo: { (bytes) throws(SystemError) in try output.bytes(bytes) })
        try slicer.run()
        count += slicer.eventCount
      }
    }
    return count == 0 && file.isNarrowed ? 1 : 0
  }
}
