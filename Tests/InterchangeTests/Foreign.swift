import CaptureFormat
import Interchange
import Posix
import Reconstruction

/// Files of other tools, from memory into memory.
enum Foreign {
  static func recognized(_ bytes: [UInt8]) throws -> ForeignFormat? {
    try ForeignFormat.recognized(in: ForeignFormat.filler(of: bytes))
  }

  /// - Parameter catalogue: An empty one where names do not matter and there are many conversions.
  static func convert(
    _ bytes: [UInt8], as format: ForeignFormat, catalogue: Catalogue? = nil
  ) throws -> ([UInt8], ConversionSummary) {
    var capture: [UInt8] = []
    let summary = try format.convert(
      reading: ForeignFormat.filler(of: bytes), toolVersion: "test", catalogue: catalogue,
      writingTo: { (bytes) throws(SystemError) in capture += bytes })
    return (capture, summary)
  }

  /// One line an event: kind, process, result, and what tells it apart.
  static func lines(_ capture: Capture) throws -> [String] {
    var merge = capture.events(in: capture.boots.flatMap(\.directory))
    let text = EventText(capture.catalogue)
    var lines: [String] = []
    while let event = try merge.next() {
      var line: [UInt8] = Array("\(EventText.name(of: event.process)) ".utf8)
      text.appendLine(event, to: &line)
      lines.append(String(decoding: line, as: UTF8.self))
    }
    return lines
  }
}
