internal import Arguments
internal import CaptureFormat
internal import Glibc
internal import Interchange
internal import Posix
internal import Reconstruction

/// A file of sysdig, Falco or Stratoshark, made into a capture of ours in an unnamed file that goes with the process.
///
/// A .scap file has no directory: every question but the first would read it all again.
struct ForeignCapture {
  /// What a reader opens.
  let path: String
  let summary: ScapConverter.Summary

  /// Nil where the file is not a .scap file.
  ///
  /// - Parameter path: Of the file; `-` is not.
  init?(path: String) throws(SystemError) {
    // What cannot be opened is told by who opens it as a capture.
    guard let file = try? ForeignInput(path: path), file.mayBeForeign,
      try ScapConverter.recognizes({ (buffer) throws(SystemError) in try file.read(into: buffer) })
    else { return nil }
    let input = try ForeignInput(path: path)
    try self.init(length: input.length, named: path) { (buffer) throws(SystemError) in try input.read(into: buffer) }
  }

  /// The same of bytes that came through a pipe.
  init?(bytes: [UInt8]) throws(SystemError) {
    guard try ScapConverter.recognizes(Self.filler(of: bytes)) else { return nil }
    try self.init(length: UInt64(bytes.count), named: "standard input", Self.filler(of: bytes))
  }

  private init(
    length: UInt64, named name: String,
    _ fill: @escaping (UnsafeMutableRawBufferPointer) throws(SystemError) -> Int
  ) throws(SystemError) {
    let number = try FileDescriptor.unnamed(in: environmentVariable("TMPDIR") ?? "/var/tmp").release()
    let converter = try ScapConverter(
      toolVersion: program.version, reading: fill,
      writingTo: { (bytes) throws(SystemError) in try Posix.write(bytes, to: number) })
    let isWatched = StandardStream.error.isTerminal
    if isWatched, length > 0 {
      converter.progress = { read in
        try? StandardStream.error.write("\r\(name): \(min(read, length) * 100 / length) % read ")
      }
    }
    summary = try converter.run()
    if isWatched { try? StandardStream.error.write("\r\u{1B}[K") }
    path = "/proc/self/fd/\(number)"
  }

  /// What a person is to know of places that could not be read.
  var complaints: [String] {
    let more = summary.problemCount - summary.problems.count
    return summary.problems + (more > 0 ? ["and \(more) more places that could not be read"] : [])
  }

  private static func filler(
    of bytes: [UInt8]
  ) -> (UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
    var place = 0
    return { buffer in
      let count = min(buffer.count, bytes.count - place)
      bytes.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[place..<(place + count)])) }
      place += count
      return count
    }
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
      return ScapConverter.mayBegin(with: UnsafeRawBufferPointer(rebasing: head[..<got]))
    }
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int { try file.read(into: buffer) }
}
