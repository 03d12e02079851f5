internal import Foundation
public import Testing

/// Compares `text` with the file of that name in the caller's Snapshots. A missing file is written, and the test fails;
/// `RECORD_SNAPSHOTS=1` writes all of them, for the difference to be reviewed like code.
public func expectSnapshot(
  _ name: String, _ text: String, filePath: String = #filePath, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let directory = URL(filePath: filePath).deletingLastPathComponent().appending(path: "Snapshots")
  let file = directory.appending(path: name)
  let isRecording = ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] == "1"
  if !isRecording, let known = try? String(contentsOf: file, encoding: .utf8) {
    #expect(text == known, "\(name) differs; RECORD_SNAPSHOTS=1 rewrites it", sourceLocation: sourceLocation)
    return
  }
  try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  try text.write(to: file, atomically: true, encoding: .utf8)
  if !isRecording { Issue.record("\(name) was missing and is written now: review it", sourceLocation: sourceLocation) }
}
