import CaptureFormat
import Digests
import Interchange
import JSON
import Reconstruction
import Testing

@Suite struct TimelineExporterTests {
  private func open(_ name: String) throws -> Capture {
    let parts = #filePath.split(separator: "/").dropLast(3)
    return try Capture(path: "/" + parts.joined(separator: "/") + "/captures/v1/" + name)
  }

  /// Whoever loads timelines into a database wants the same bytes of the same capture. One that changes on purpose
  /// gets a new digest here, and a line in the changelog.
  @Test(
    arguments: [
      ("web-shell.pcapng", "b5895a21e18bbdc31b9b8330c951b61efdc906726cf3ada928a1496ff6eaa2a3"),
      ("crash.pcapng", "5326cc1e081f660bb1d3903c0b09e615c33cb472383d9d9fa0c22f0fd8dda467"),
    ]) func `the timeline of a sample is what it was, byte for byte`(name: String, digest: String) throws
  {
    let capture = try open(name)
    let exporter = try TimelineExporter(capture.boots[0])
    var merge = capture.events(in: capture.boots[0].directory)
    var lines: [UInt8] = []
    var json = JSONText()
    while let event = try merge.next() {
      exporter.write(event, to: &json)
      json.newline()
      lines += json.bytes
      json.removeAll()
    }
    #expect(SHA256.digest(lines).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == digest)
  }

  @Test(arguments: ["web-shell.pcapng", "crash.pcapng"])
  func `what an exporter remembers of earlier events changes nothing in later ones`(name: String) throws {
    let capture = try open(name)
    let boot = capture.boots[0]
    let old = try TimelineExporter(boot)
    var merge = capture.events(in: boot.directory)
    var count = 0
    while let event = try merge.next() {
      count += 1
      // One in some: a new exporter reads the whole table of processes.
      var known = JSONText()
      old.write(event, to: &known)
      guard count % 7 == 0 else { continue }
      event.readings = nil
      var fresh = JSONText()
      try TimelineExporter(boot).write(event, to: &fresh)
      #expect(known.bytes == fresh.bytes)
      // The fresh one's notes are in the block now: the old one must not take them for its own.
      var again = JSONText()
      old.write(event, to: &again)
      #expect(again.bytes == known.bytes)
    }
    #expect(count > 30)
  }
}
