import CaptureFormat
import Events
import Glibc
import Posix
import Testing
import Triggers

@testable import Recording

/// A full disk, a directory that is removed, a recorder that is killed.
@Suite(.serialized) struct ShelfDisasterTests {
  /// A file system of its own, of `size`; nil where nothing may be mounted.
  private struct SmallDisk: ~Copyable {
    let path: String
    init?(_ path: String, size: String) throws {
      guard geteuid() == 0 else {
        print("skipped: mounting needs root")
        return nil
      }
      try Directory.createAll(path)
      try Mount.create("tmpfs", at: path, type: "tmpfs", options: "size=\(size),mode=0700")
      self.path = path
    }
    deinit { try? Mount.remove(path) }
  }

  private func fill(_ path: String, leaving room: UInt64 = 0) throws {
    let free = try FileSystemSpace(at: path).freeBytes
    try FileDescriptor.write([UInt8](repeating: 1, count: Int(free - min(free, room))), to: path + "/filler")
  }

  @Test func `a disk that fills up is told once, with a remedy, and all is written when there is room again`() throws {
    let sample = try ShelfSample()
    guard let disk = try SmallDisk(sample.directory, size: "1m") else { return }
    let shelf = try sample.shelf { $0.quota = nil }
    let job = try shelf.begin(start: ShelfSample.start(blocks: 10))
    #expect(eventually { job.isPastDurable })
    try fill(disk.path, leaving: 40_000)
    for number in 10..<30 {
      let start = ContinuousClock.now
      job.append(.block(ShelfSample.block(number: number)))
      #expect(ContinuousClock.now - start < .milliseconds(200), "appending waits for the disk")
    }
    #expect(eventually { !sample.reports.isEmpty })
    try WakeUp().wait(milliseconds: 700)
    #expect(sample.reports.count == 1)
    #expect(sample.reports.first?.gravity == .failure)
    #expect(sample.reports.first?.message.contains("No space left on device") == true)
    #expect(sample.reports.first?.remedy?.contains("make room on the file system of \(sample.directory)") == true)
    #expect(sample.reports.first?.remedy?.contains("aftertrace captures remove") == true)
    // What is durable is readable, and ends with a whole block.
    let partial = try CaptureFile(path: job.path + ".partial")
    #expect(partial.eventCount >= 5000)
    #expect(partial.eventCount < 15_000)
    #expect(partial.partialTail == 0)
    #expect(partial.problems == [])
    job.finish(ShelfSample.completeness())
    #expect(job.waitUntilClosed(limit: .milliseconds(500)) == nil)
    try File.remove(disk.path + "/filler")
    let outcome = try #require(job.waitUntilClosed(limit: .seconds(20)))
    #expect(outcome.failure == nil)
    #expect(outcome.eventCount == 15_000)
    let file = try CaptureFile(path: job.path)
    #expect(file.eventCount == 15_000)
    #expect(file.problems == [])
    #expect(file.completeness == ShelfSample.completeness())
    #expect(eventually { sample.reports.count == 2 })
    #expect(sample.reports.last?.message.contains("again") == true)
    shelf.close()
  }

  @Test func `what does not fit in the queue of a full disk is counted, and the capture says so`() throws {
    let sample = try ShelfSample()
    guard let disk = try SmallDisk(sample.directory, size: "1m") else { return }
    let shelf = try sample.shelf {
      $0.quota = nil
      $0.queueLimit = 50_000
    }
    let job = try shelf.begin(start: ShelfSample.start(blocks: 2))
    #expect(eventually { job.isPastDurable })
    try fill(disk.path)
    for number in 2..<22 { job.append(.block(ShelfSample.block(number: number))) }
    #expect(job.queuedBytes <= 50_000)
    #expect(eventually { !sample.reports.isEmpty })
    job.finish(ShelfSample.completeness())
    try File.remove(disk.path + "/filler")
    let outcome = try #require(job.waitUntilClosed(limit: .seconds(20)))
    let file = try CaptureFile(path: job.path)
    let losses = try file.losses()
    #expect(losses.map(\.cause) == [.notWritten])
    #expect(losses.first?.lane == .detail)
    #expect(losses.first?.container == ShelfSample.container)
    #expect(losses.first.map { Int($0.count) } ?? 0 == 11_000 - file.eventCount)
    #expect(file.eventCount >= 1000)
    #expect(outcome.eventCount == UInt64(file.eventCount))
    #expect(outcome.losses == losses)
    #expect(file.completeness?.isComplete == false)
    #expect(file.completeness?.reason.contains("events could not be written") == true)
    shelf.close()
  }

  @Test func `a capture that cannot be written for long is given up, and what is durable stays`() throws {
    let sample = try ShelfSample()
    guard let disk = try SmallDisk(sample.directory, size: "1m") else { return }
    let shelf = try sample.shelf {
      $0.quota = nil
      $0.patience = .milliseconds(300)
    }
    let job = try shelf.begin(start: ShelfSample.start(blocks: 2))
    #expect(eventually { job.isPastDurable })
    try fill(disk.path)
    for number in 2..<22 { job.append(.block(ShelfSample.block(number: number))) }
    job.finish(ShelfSample.completeness())
    let outcome = try #require(job.waitUntilClosed(limit: .seconds(20)))
    #expect(outcome.failure?.contains("No space left") == true)
    #expect(outcome.path == job.path + ".partial")
    #expect(job.queuedBytes == 0)
    #expect(try CaptureFile(path: outcome.path).eventCount >= 1000)
    #expect(outcome.losses.reduce(0) { $0 + $1.count } > 0)
    shelf.close()
    // The next start finishes it, once there is room.
    try File.remove(disk.path + "/filler")
    let next = try sample.shelf()
    next.settle()
    #expect(try CaptureFile(path: job.path).completeness?.reason == "the recorder was interrupted")
    next.close()
  }

  @Test func `no capture is begun when the disk has less room than its reserve`() throws {
    let sample = try ShelfSample()
    guard let disk = try SmallDisk(sample.directory, size: "1m") else { return }
    try fill(disk.path, leaving: 100_000)
    let shelf = try sample.shelf { $0.reserve = 500_000 }
    do {
      _ = try shelf.begin(start: ShelfSample.start())
      Issue.record("a capture was begun")
    } catch {
      #expect(error.kind == .cannotWrite)
      #expect(error.remedy?.contains("captures remove") == true)
    }
    #expect(sample.reports.count == 1)
    shelf.close()
  }

  @Test func `a directory that is removed is made again, and what was being written goes on in it`() throws {
    let sample = try ShelfSample()
    let shelf = try sample.shelf()
    let job = try shelf.begin(start: ShelfSample.start())
    #expect(eventually { job.isPastDurable })
    try Directory.removeAll(sample.directory)
    job.append(.block(ShelfSample.block(number: 3)))
    #expect(eventually { File.exists(job.path + ".partial") })
    #expect(try FileStatus(of: sample.directory).permissions == 0o700)
    #expect(eventually { !sample.reports.isEmpty })
    #expect(sample.reports.first?.message.contains("was removed") == true)
    #expect(sample.reports.first?.remedy != nil)
    // And once more, between the last write and the end.
    try Directory.removeAll(sample.directory)
    job.finish(ShelfSample.completeness())
    #expect(job.waitUntilClosed(limit: .seconds(20))?.failure == nil)
    #expect(try CaptureFile(path: job.path).eventCount == 2000)
    let another = try shelf.begin(start: ShelfSample.start())
    another.finish(ShelfSample.completeness())
    #expect(another.waitUntilClosed(limit: .seconds(20))?.failure == nil)
    shelf.close()
  }

  @Test func `where the directory cannot be made again the remedy is named, and it is tried until it can`() throws {
    let sample = try ShelfSample()
    let shelf = try sample.shelf()
    let job = try shelf.begin(start: ShelfSample.start())
    #expect(eventually { job.isPastDurable })
    try Directory.removeAll(sample.directory)
    try FileDescriptor.write([], to: sample.directory)
    job.append(.block(ShelfSample.block(number: 3)))
    #expect(eventually { !sample.reports.isEmpty })
    #expect(sample.reports.first?.gravity == .failure)
    #expect(sample.reports.first?.remedy?.contains("mkdir -p -m 0700 \(sample.directory)") == true)
    job.finish(ShelfSample.completeness())
    #expect(job.waitUntilClosed(limit: .milliseconds(500)) == nil)
    try File.remove(sample.directory)
    #expect(job.waitUntilClosed(limit: .seconds(20))?.failure == nil)
    #expect(try CaptureFile(path: job.path).eventCount == 2000)
    shelf.close()
  }

  @Test func `killed at random moments it leaves captures that are whole, and none of the past is gone`() throws {
    let program = CommandLine.arguments.map {
      $0.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/ShelfWriter"
    }.first(where: File.isExecutable)
    let path = try #require(
      program ?? (File.isExecutable(".build/debug/ShelfWriter") ? ".build/debug/ShelfWriter" : nil))
    let sample = try ShelfSample()
    var said: [String] = []
    for round in 0..<20 {
      let pipe = try Pipe()
      let child = try ChildProcess(
        starting: ProgramLaunch(path, [sample.directory], output: pipe.writing.number, errorOutput: 2))
      let reading = pipe.closeWriting()
      let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 8)
      defer { room.deallocate() }
      var text = ""
      // From the moment it is ready; in some rounds while it finishes what the one before left.
      while !text.contains(round % 4 == 3 ? "\n" : "durable") {
        let count = try reading.read(into: room)
        if count == 0 { break }
        text += String(decoding: room[..<count], as: UTF8.self)
      }
      try WakeUp().wait(milliseconds: Int32.random(in: 0...60))
      try child.signal(SIGKILL)
      text += String(decoding: try reading.readToEnd(), as: UTF8.self)
      #expect(try child.wait() == .signalled(SIGKILL), "\(text)")
      said += text.split(separator: "\n").map(String.init)
    }
    let shelf = try sample.shelf { ($0.quota, $0.maximumCount) = (nil, nil) }
    shelf.settle()
    shelf.close()
    var durable = 0
    for line in said {
      let words = line.split(separator: " ")
      guard words.count == 3, words[0] == "durable" || words[0] == "closed", let events = Int(words[2]) else {
        continue
      }
      durable += 1
      let file = try CaptureFile(path: String(words[1]))
      #expect(file.eventCount >= events, "\(line)")
      #expect(file.hasFooter)
      #expect(file.problems == [], "\(line)")
      if words[0] == "closed" { #expect(file.completeness?.isComplete == true) }
    }
    #expect(durable > 40)
    #expect(!sample.names.contains { $0.hasSuffix(".partial") })
    print("\(durable) captures promised, \(sample.names.count) files, after 20 kills")
  }
}
