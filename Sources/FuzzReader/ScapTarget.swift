internal import CaptureFormat
internal import Interchange
internal import Posix

/// Reads the bytes as a .scap file, and then what it became.
func readScap(_ bytes: UnsafeRawBufferPointer) {
  var place = 0
  var capture: [UInt8] = []
  do {
    let converter = try ScapConverter(
      toolVersion: "fuzz", catalogue: Catalogue(),
      reading: { (buffer) throws(SystemError) in
        let count = min(buffer.count, bytes.count - place)
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[place..<(place + count)]))
        place += count
        return count
      }, writingTo: { (bytes) throws(SystemError) in if capture.count < 16 << 20 { capture += bytes } })
    _ = try converter.run()
    if !capture.isEmpty { _ = try fuzzCapture(capture) }
  } catch {
    // An error is an answer.
  }
}
