internal import CaptureFormat
internal import Reconstruction

/// Reads the bytes as a capture, all of it, section by section and then merged.
func readCapture(_ bytes: UnsafeRawBufferPointer) {
  do {
    let capture = try Capture(bytes: Array(bytes), path: "fuzz")
    for section in capture.sections { _ = try fuzzTables(of: section) }
    for boot in capture.boots { _ = ProcessForest(try ProcessHistory(of: boot).processes) }
    var merge = capture.events(in: capture.boots.flatMap(\.directory))
    while let block = try merge.next() { _ = fuzzRow(of: block) }
    for boot in capture.boots {
      _ = try ConnectionList(of: boot).connections.map(\.communityID)
      _ = try boot.nameTransactions()
    }
    _ = try CaptureFile(bytes: Array(bytes), path: "fuzz").refresh()
  } catch {
    // An error is an answer.
  }
}
