internal import CFuzzer
internal import CaptureFormat
internal import Glibc
internal import Posix

/// Reads whatever libFuzzer makes up as a capture, all of it: nothing may crash, and no answer may take for ever.
///
/// Built by `make fuzz` only, with checksums unverified (`FUZZING`): otherwise nothing but checksums would be tested.
@main
struct Main {
  static func main() {
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    exit(LLVMFuzzerRunDriver(&count, &arguments, readCapture))
  }
}

/// One file per fuzzing process, in memory.
private let path = "/dev/shm/aftertrace-fuzz-\(getpid())"

private func readCapture(_ data: UnsafePointer<UInt8>?, _ length: Int) -> Int32 {
  do {
    let file = try FileDescriptor.open(path, flags: O_WRONLY | O_CREAT | O_TRUNC)
    defer { unlink(path) }
    try file.write(UnsafeRawBufferPointer(start: data, count: length))
    try readAll(of: CaptureFile(path: path))
  } catch {
    // An error is an answer.
  }
  return 0
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
