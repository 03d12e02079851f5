internal import BPF
internal import Posix
internal import ProbeRecords
internal import Probes
internal import Synchronization

/// The least that any probe of this kind costs: it looks up a verdict, and fills a ring or does not.
struct BareProbe: ~Copyable {
  private let object: LoadedObject

  init() throws(BPFError) { object = try ObjectFile(ProbeObject.bare.bytes, name: "bare").load() }

  /// Runs `body` with the probe that finds nobody watched.
  func rejecting<Result>(_ body: () throws -> Result) throws -> Result {
    let attachment = try object.attach("bare_reject")
    let result = try body()
    _ = consume attachment
    return result
  }

  /// Runs `body` with the probe that writes 96 bytes a call of `cgroup`, read by a thread as often as the recorder reads.
  func recording<Result>(cgroup: UInt64, _ body: () throws -> Result) throws -> Result {
    let verdicts = try object.map("bare_verdicts")
    try verdicts.set(cgroup, to: AT_VERDICT_RECORD.rawValue)
    let drain = try Drain(object.map("bare_ring"))
    let attachment = try object.attach("bare_record")
    let result = Swift.Result { try body() }
    _ = consume attachment
    drain.stop()
    try verdicts.remove(cgroup)
    return try result.get()
  }
}

/// Empties a ring and keeps nothing.
private struct Drain: ~Copyable {
  private let thread: WorkerThread
  private let isOver: Flag

  private final class Flag: Sendable {
    let value = Atomic(false)
  }
  /// The thread takes the map over: it is used there alone.
  private final class Source: @unchecked Sendable {
    let map: KernelMap
    init(_ map: consuming KernelMap) { self.map = map }
  }

  init(_ map: consuming KernelMap) throws {
    let flag = Flag()
    let source = Source(map)
    isOver = flag
    thread = try WorkerThread(name: "bare-drain") {
      guard var reader = try? RingReader(source.map), let pause = try? WakeUp() else { return }
      while !flag.value.load(ordering: .relaxed) {
        var count = 0
        while reader.front() != nil {
          reader.advance()
          count += 1
          if count & 1023 == 0 { reader.commit() }
        }
        reader.commit()
        pause.wait(milliseconds: 5)
      }
    }
  }

  consuming func stop() {
    isOver.value.store(true, ordering: .relaxed)
    thread.join()
  }
}
