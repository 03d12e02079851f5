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
  var place = 0
  var capture: [UInt8] = []
  do {
    func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
      let count = min(buffer.count, bytes.count - place)
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[place..<(place + count)]))
      place += count
      return count
    }
    _ = try ForeignFormat.recognized(in: fill)
    place = 0
    _ = try format.convert(
      reading: fill, toolVersion: "fuzz", catalogue: Catalogue(),
      writingTo: { (bytes) throws(SystemError) in if capture.count < 16 << 20 { capture += bytes } })
    if !capture.isEmpty { _ = try fuzzCapture(capture) }
  } catch {
    // An error is an answer.
  }
}
