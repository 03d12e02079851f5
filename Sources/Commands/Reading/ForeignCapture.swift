internal import Arguments
internal import CaptureFormat
internal import Glibc
internal import Interchange
internal import Posix
internal import Reconstruction

/// A file of another tool, made into a capture of ours in an unnamed file that goes with the process.
///
/// Those files have no directory: every question but the first would read them all again.
struct ForeignCapture {
  /// What a reader opens.
  let path: String
  let summary: ConversionSummary

  /// Nil where the file is of no other tool, or is a capture as it is.
  ///
  /// - Parameter path: Of the file; `-` is not.
  init?(path: String) throws(SystemError) {
    // What cannot be opened is told by who opens it as a capture.
    guard let file = try? ForeignInput(path: path), file.mayBeForeign,
      let format = try ForeignFormat.recognized(in: { (buffer) throws(SystemError) in try file.read(into: buffer) })
    else { return nil }
    if format == .packets, Self.isCapture(path) { return nil }
    let input = try ForeignInput(path: path)
    try self.init(format, length: input.length, named: path) { (buffer) throws(SystemError) in
      try input.read(into: buffer)
    }
  }

  /// The same of bytes that came through a pipe.
  init?(bytes: [UInt8]) throws(SystemError) {
    guard let format = try ForeignFormat.recognized(in: ForeignFormat.filler(of: bytes)) else { return nil }
    if format == .packets, (try? Capture(bytes: bytes, path: "")) != nil { return nil }
    try self.init(format, length: UInt64(bytes.count), named: "standard input", ForeignFormat.filler(of: bytes))
  }

  /// A capture that was merged into a file of others' packets, and stands behind them.
  private static func isCapture(_ path: String) -> Bool { (try? Capture(path: path)) != nil }

  private init(
    _ format: ForeignFormat, length: UInt64, named name: String, _ fill: @escaping ForeignFormat.Fill
  ) throws(SystemError) {
    let number = try FileDescriptor.unnamed(in: environmentVariable("TMPDIR") ?? "/var/tmp").release()
    let isWatched = StandardStream.error.isTerminal
    summary = try format.convert(
      reading: fill, toolVersion: program.version,
      writingTo: { (bytes) throws(SystemError) in try Posix.write(bytes, to: number) },
      progress: isWatched && length > 0
        ? { read in try? StandardStream.error.write("\r\(name): \(min(read, length) * 100 / length) % read ") } : nil)
    if isWatched { try? StandardStream.error.write("\r\u{1B}[K") }
    path = "/proc/self/fd/\(number)"
  }

  /// What a person is to know of places that could not be read.
  var complaints: [String] {
    let more = summary.problemCount - summary.problems.count
    return summary.problems + (more > 0 ? ["and \(more) more places that could not be read"] : [])
  }
}

/// A file that is read once, front to back.
private final class ForeignInput {
  private let file: FileDescriptor
  let length: UInt64

  init(path: String) throws(SystemError) {
    file = try FileDescriptor.open(path, flags: O_RDONLY)
    length = try file.length()
  }

  /// Whether its first bytes leave that open: a capture of ours costs no more than those.
  var mayBeForeign: Bool {
    withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { head in
      guard let got = try? file.read(into: head, at: 0) else { return true }
      return ForeignFormat.mayBegin(with: UnsafeRawBufferPointer(rebasing: head[..<got]))
    }
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int { try file.read(into: buffer) }
}
