internal import CaptureFormat
internal import Glibc
internal import Posix

/// One file per fuzzing process, in memory.
private let path = "/dev/shm/aftertrace-fuzz-\(getpid())"

/// Reads the bytes as a capture, all of it.
func readCapture(_ bytes: UnsafeRawBufferPointer) {
  do {
    let file = try FileDescriptor.open(path, flags: O_WRONLY | O_CREAT | O_TRUNC)
    defer { unlink(path) }
    try file.write(bytes)
    try readAll(of: CaptureFile(path: path))
  } catch {
    // An error is an answer.
  }
}

private func readAll(of capture: CaptureFile) throws {
  _ = try? capture.processes()
  _ = try? capture.containers()
  _ = try? capture.state()
  _ = try? capture.losses()
  _ = try? capture.anchors()
  _ = try? capture.counts()
  for entry in capture.directory {
    guard let block = try? capture.readEvents(entry) else { continue }
    while block.next() { readRow(of: block) }
  }
  _ = try capture.refresh()
}

private func readRow(of block: EventBlock) {
  _ = (block.sequence, block.time, block.process, block.thread, block.kind, block.call, block.result, block.flags)
  for column in block.columns {
    _ = (block.value(column), block.bytes(column), block.file(column), block.address(column))
  }
}
