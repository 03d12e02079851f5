import CaptureFormat
import Events
import Glibc
import Posix
import Testing
import Triggers

@testable import Recording

@Suite struct CaptureShelfTests {
  @Test func `the past is on the disk before the capture is finished, and what follows is in it when it is`() throws {
    let sample = try ShelfSample()
    let shelf = try sample.shelf()
    let job = try shelf.begin(start: ShelfSample.start())
    #expect(job.path.hasPrefix(sample.directory + "/node-1-web-20"))
    #expect(eventually { job.isPastDurable })
    let partial = try CaptureFile(path: job.path + ".partial")
    #expect(partial.eventCount == 1500)
    #expect(try partial.triggers().map(\.rule) == ["shell"])
    #expect(try FileStatus(of: job.path + ".partial").permissions == 0o600)
    #expect(try FileStatus(of: sample.directory).permissions == 0o700)
    #expect(job.queuedBytes == 0)
    #expect(job.outcome == nil)
    for number in 3..<6 { job.append(.block(ShelfSample.block(number: number))) }
    job.append(.triggers([ShelfSample.start().triggers[0]]))
    job.finish(ShelfSample.completeness())
    let outcome = try #require(job.waitUntilClosed(limit: .seconds(20)))
    #expect(outcome.failure == nil)
    #expect(outcome.path == job.path)
    #expect(outcome.eventCount == 3000)
    #expect(outcome.triggers.count == 2)
    let file = try CaptureFile(path: job.path)
    #expect(file.problems == [])
    #expect(file.eventCount == 3000)
    #expect(file.completeness == ShelfSample.completeness())
    #expect(file.provenance[.captureID] == job.captureID)
    #expect(file.length == outcome.bytesWritten)
    #expect(try file.triggers().count == 2)
    #expect(sample.names.count == 1)
    shelf.close()
    #expect(sample.reports == [])
  }

  @Test func `a storm of a thousand triggers costs captures, not threads`() throws {
    let sample = try ShelfSample()
    let shelf = try sample.shelf { $0.maximumInProgress = 2000 }
    let before = try Directory.names(in: "/proc/self/task").count
    let jobs = try (0..<1000).map { _ in try shelf.begin(start: ShelfSample.start(blocks: 1, rows: 20)) }
    #expect(shelf.inProgress > 0)
    // Other tests have threads too, of their own and coming and going.
    #expect(try Directory.names(in: "/proc/self/task").count < before + 100)
    #expect(Set(jobs.map(\.path)).count == 1000)
    for job in jobs { job.finish(ShelfSample.completeness()) }
    for job in jobs { #expect(job.waitUntilClosed(limit: .seconds(60))?.failure == nil) }
    #expect(sample.names.count == 1000)
    #expect(shelf.inProgress == 0)
    #expect(shelf.queuedBytes == 0)
    shelf.close()
  }

  @Test func `more captures at a time than are allowed are refused as busy`() throws {
    let sample = try ShelfSample()
    let shelf = try sample.shelf { $0.maximumInProgress = 2 }
    let jobs = [try shelf.begin(start: ShelfSample.start()), try shelf.begin(start: ShelfSample.start())]
    do {
      _ = try shelf.begin(start: ShelfSample.start())
      Issue.record("a third capture was begun")
    } catch {
      #expect(error.kind == .busy)
      #expect(error.remedy?.contains("aftertrace captures") == true)
    }
    jobs[0].finish(ShelfSample.completeness())
    _ = jobs[0].waitUntilClosed(limit: .seconds(20))
    #expect(throws: Never.self) { try shelf.begin(start: ShelfSample.start()) }
    shelf.close(limit: .milliseconds(100))
  }

  @Test func `a directory that others may write into, that is a file, or that is in use is refused`() throws {
    let sample = try ShelfSample()
    try Directory.create(sample.directory)
    try FileDescriptor.write(Array("x".utf8), to: sample.path("file"))
    func refusal(_ directory: String) -> ShelfError? {
      do throws(ShelfError) {
        try CaptureShelf(ShelfOptions(directory: directory)) { _ in }.close()
        return nil
      } catch {
        return error
      }
    }
    #expect(refusal(sample.path("file"))?.description == sample.path("file") + ": not a directory")
    chmod(sample.directory, 0o777)
    #expect(refusal(sample.directory)?.description.contains("others may write into it (mode 0777)") == true)
    #expect(refusal(sample.directory)?.remedy?.contains("chmod 0700") == true)
    chmod(sample.directory, 0o700)
    let shelf = try sample.shelf()
    #expect(refusal(sample.directory)?.description.contains("another aftertrace watch") == true)
    shelf.close()
  }

  @Test func `a container's name cannot lead out of the directory`() throws {
    let sample = try ShelfSample()
    let shelf = try sample.shelf()
    for name in ["../../../etc/passwd", "-rf", ".hidden", "a b\u{1B}[31m", "", String(repeating: "n", count: 4000)] {
      let job = try shelf.begin(start: ShelfSample.start(blocks: 0, name: name))
      job.finish(ShelfSample.completeness())
      #expect(job.waitUntilClosed(limit: .seconds(20))?.failure == nil)
    }
    #expect(sample.names.count == 6)
    #expect(sample.names.allSatisfy { $0.hasPrefix("node-1-") && $0.hasSuffix(".pcapng") && $0.utf8.count < 160 })
    #expect(sample.names.contains { $0.hasPrefix("node-1-_.._.._etc_passwd-") })
    shelf.close()
  }

  @Test func `what a crash left is finished at the next start, and what is unreadable is set aside`() throws {
    let sample = try ShelfSample()
    var shelf = try sample.shelf()
    let job = try shelf.begin(start: ShelfSample.start())
    #expect(eventually { job.isPastDurable })
    // As a crash leaves it: half a block behind it.
    let partial = try FileDescriptor.contents(of: job.path + ".partial", limit: .max)
    shelf.close(limit: .zero)
    for (name, bytes) in [
      ("cut.pcapng.partial", partial + ShelfSample.block(number: 9).bytes.prefix(700)),
      ("empty.pcapng.partial", []), ("noise.pcapng.partial", Array(repeating: 7, count: 5000)),
    ] {
      try FileDescriptor.write(bytes, to: sample.path(name))
    }
    shelf = try sample.shelf()
    shelf.settle()
    for path in [job.path, sample.path("cut.pcapng")] {
      let file = try CaptureFile(path: path)
      #expect(file.eventCount == 1500)
      #expect(file.problems == [])
      #expect(file.completeness?.isComplete == false)
      #expect(file.completeness?.reason == "the recorder was interrupted")
      #expect(try file.triggers().count == 1)
    }
    #expect(sample.names.filter { $0.hasSuffix(".damaged") } == ["empty.pcapng.damaged", "noise.pcapng.damaged"])
    #expect(!sample.names.contains { $0.hasSuffix(".partial") })
    #expect(sample.reports.filter { $0.message.contains("finished: its recorder was interrupted") }.count == 2)
    #expect(sample.reports.filter { $0.gravity == .warning && $0.remedy?.contains("set aside") == true }.count == 2)
    shelf.close()
  }
}
