internal import Glibc
internal import Posix
internal import Synchronization

/// The kernel's own trace of every call, entered and left, spliced from its buffers to a file for each processor: what the
/// least recorder without a format of its own costs.
///
///     benchmarks --trace-raw INSTANCE DIRECTORY KIBIBYTES
///
/// Says on standard error when it records, ends with an interrupt, and says then how many events were read and lost.
struct RawTrace {
  /// A directory under the file system's `instances`: nobody else's tracing is touched.
  let instance: String
  let directory: String
  /// Of each processor's buffer.
  let bufferInKibibytes: String

  /// Where instances can be made; nil when tracefs is not mounted.
  static var instances: String? {
    ["/sys/kernel/tracing/instances", "/sys/kernel/debug/tracing/instances"].first { File.exists($0) }
  }

  func run() throws {
    let signals = try SignalSource([SignalSource.interrupt, SignalSource.terminate])
    try Directory.create(instance)
    defer { try? Directory.remove(instance) }
    try set("buffer_size_kb", bufferInKibibytes)
    try set("events/syscalls/enable", "1")
    let isOver = Flag()
    let processors = try Directory.names(in: instance + "/per_cpu")
    let threads = try processors.map { name in
      let from = "\(instance)/per_cpu/\(name)/trace_pipe_raw"
      let to = "\(directory)/\(name)"
      return Splicer(try WorkerThread(name: "splice") { try? Self.splice(from, to, isOver) })
    }
    complain("probes are live")
    let poll = try WakeUp()
    while signals.next() == nil { poll.wait(milliseconds: 20) }
    try set("events/syscalls/enable", "0")
    isOver.raise()
    for thread in threads { thread.join() }
    var read = 0
    var lost = 0
    for name in processors {
      let text = String(
        decoding: try FileDescriptor.contents(of: "\(instance)/per_cpu/\(name)/stats"), as: UTF8.self)
      for line in text.split(separator: "\n") {
        let words = line.split(separator: ":")
        guard words.count == 2, let number = Int(words[1].drop { $0 == " " }) else { continue }
        switch words[0] {
        case "read events": read += number
        case "overrun", "commit overrun", "dropped events": lost += number
        default: break
        }
      }
    }
    complain("events \(read) dropped \(lost)")
  }

  private func set(_ name: String, _ value: String) throws {
    try FileDescriptor.write(value.utf8, to: instance + "/" + name)
  }

  private static func splice(_ from: String, _ to: String, _ isOver: Flag) throws {
    let source = try FileDescriptor.open(from, flags: O_RDONLY | O_NONBLOCK)
    let target = try FileDescriptor.open(to, flags: O_WRONLY | O_CREAT | O_TRUNC)
    let pipe = try Pipe()
    let pause = try WakeUp()
    while true {
      // Read before: what came until then is all there is.
      let isLast = isOver.isRaised
      while var left = try source.move(1 << 16, to: pipe.writing), left > 0 {
        while left > 0 { left -= try pipe.reading.move(left, to: target) ?? 0 }
      }
      if isLast { return }
      pause.wait(milliseconds: 5)
    }
  }

  private func complain(_ text: String) {
    var line = "trace-raw: \(text)\n"
    line.withUTF8 { try? Posix.write(UnsafeRawBufferPointer($0), to: 2) }
  }
}

/// One for each processor.
private final class Splicer {
  private var thread: WorkerThread?
  init(_ thread: consuming WorkerThread) { self.thread = consume thread }
  func join() { thread.take()?.join() }
}

/// Raised by one thread, seen by others.
private final class Flag: Sendable {
  private let value = Mutex(false)
  var isRaised: Bool { value.withLock { $0 } }
  func raise() { value.withLock { $0 = true } }
}
