internal import CaptureFormat
internal import Reconstruction

/// Reads the bytes as a capture, all of it, section by section and then merged.
func readCapture(_ bytes: UnsafeRawBufferPointer) {
  do {
    let capture = try Capture(bytes: Array(bytes), path: "fuzz")
    for section in capture.sections { try readTables(of: section) }
    for boot in capture.boots { _ = ProcessForest(try ProcessHistory(of: boot).processes) }
    var merge = capture.events(in: capture.boots.flatMap(\.directory))
    while let block = try merge.next() { readRow(of: block) }
    _ = try CaptureFile(bytes: Array(bytes), path: "fuzz").refresh()
  } catch {
    // An error is an answer.
  }
}

private func readTables(of capture: CaptureFile) throws {
  _ = try capture.processes()
  _ = try capture.containersOfProcesses()
  _ = try capture.containers()
  _ = try capture.state()
  _ = try capture.losses()
  _ = try capture.anchors()
  _ = try capture.counts()
  _ = try capture.triggers()
}

private func readRow(of block: EventBlock) {
  _ = (block.sequence, block.time, block.process, block.thread, block.kind, block.call, block.result, block.flags)
  for column in block.columns {
    _ = (block.value(column), block.bytes(column), block.file(column), block.address(column))
  }
}
