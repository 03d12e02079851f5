import CaptureFormat
import ContainerLab
import Events
import Glibc
import Posix
import Testing

@testable import Recording

@Suite struct RunNoteTests {
  @Test func `what was noted is read again, of the same boot only`() throws {
    let directory = try Directory.createTemporary(prefix: "at-note-")
    defer { try? Directory.removeAll(directory) }
    let path = directory + "/run"
    let note = RunNote(path: path, bootID: "one")
    let now = BootTime(nanoseconds: 500)
    #expect(note.lastRun(before: now) == nil)
    note.write(BootTime(nanoseconds: 400))
    #expect(note.lastRun(before: now) == BootTime(nanoseconds: 400))
    #expect(note.lastRun(before: BootTime(nanoseconds: 399)) == nil, "the future is no past")
    #expect(RunNote(path: path, bootID: "two").lastRun(before: now) == nil)
  }

  @Test func `a note that was cut, or is of others, says nothing`() throws {
    let directory = try Directory.createTemporary(prefix: "at-note-")
    defer { try? Directory.removeAll(directory) }
    let path = directory + "/run"
    let note = RunNote(path: path, bootID: "one")
    note.write(BootTime(nanoseconds: 400))
    let whole = try FileDescriptor.contents(of: path)
    for length in 0..<(whole.count - 4) {
      try FileDescriptor.write(Array(whole.prefix(length)), to: path)
      let time = note.lastRun(before: BootTime(nanoseconds: 500))
      #expect(time == nil || time == BootTime(nanoseconds: 0), "\(length)")
    }
    try FileDescriptor.write(Array("something else altogether\n".utf8), to: path)
    #expect(note.lastRun(before: BootTime(nanoseconds: 500)) == nil)
  }

  @Test(.enabled(if: FlightRig.canRecord(RuncLab.skipReason)))
  func `the time between two recorders is told as missing in what the second one writes`() throws {
    let directory = try Directory.createTemporary(prefix: "at-note-")
    defer { try? Directory.removeAll(directory) }
    let lab = try RuncLab()
    defer { lab.end() }
    let name = "at-pause-\(processID)"
    try lab.start(name, ["/bin/sh", "-c", "while :; do /bin/true; sleep 0.1; done"])
    let first = try FlightRig { $0.noteOfRun = directory + "/run" }
    usleep(1_300_000)
    let ended = Clock.boot
    first.end()
    usleep(1_000_000)
    let begun = Clock.boot
    let second = try FlightRig {
      $0.noteOfRun = directory + "/run"
      $0.windows.after = .seconds(1)
    }
    usleep(500_000)
    let file = try CaptureFile(path: try second.capture(name))
    let pauses = try file.losses().filter { $0.cause == .notRunning }
    let pause = try #require(pauses.first)
    #expect(pauses.count == 1 && pause.container == nil && pause.lane == nil)
    #expect(pause.from.nanoseconds > ended - 1_500_000_000 && pause.from.nanoseconds < begun)
    #expect(pause.to.nanoseconds >= begun)
    #expect(file.completeness?.isComplete == false)
    #expect(file.completeness?.reason.contains("the recorder was not running") == true)
  }
}
