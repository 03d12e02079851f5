internal import CaptureFormat
internal import Interchange
internal import Posix

/// Reads the bytes as a .scap file, and then what it became.
func readScap(_ bytes: UnsafeRawBufferPointer) { convert(bytes, as: .scap) }

/// Reads the bytes as a log of strace.
func readStrace(_ bytes: UnsafeRawBufferPointer) { convert(bytes, as: .strace) }

/// Reads the bytes as pcap or pcapng.
func readPackets(_ bytes: UnsafeRawBufferPointer) { convert(bytes, as: .packets) }

private func convert(_ bytes: UnsafeRawBufferPointer, as format: ForeignFormat) {
  let content = Array(bytes)
  var capture: [UInt8] = []
  do {
    _ = try ForeignFormat.recognized(in: ForeignFormat.filler(of: content))
    _ = try format.convert(
      reading: ForeignFormat.filler(of: content), toolVersion: "fuzz", catalogue: Catalogue(),
      writingTo: { (bytes) throws(SystemError) in if capture.count < 16 << 20 { capture += bytes } })
    if !capture.isEmpty { _ = try fuzzCapture(capture) }
  } catch {
    // An error is an answer.
  }
}
