import Posix
import Synchronization
import Testing

/// A directory of one test, removed with it.
final class Workplace {
  let directory: String
  init() throws { directory = try Directory.createTemporary(prefix: "at-control-") }
  deinit { try? Directory.removeAll(directory) }
  subscript(name: String) -> String { directory + "/" + name }
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// Runs `body` on `count` threads at once, and waits for them all.
func concurrently(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) throws {
  let running = Counter(count)
  for index in 0..<count {
    try WorkerThread(name: "storm") {
      body(index)
      running.add(-1)
    }.detach()
  }
  while running.count > 0 { pause(milliseconds: 5) }
}

final class Counter: Sendable {
  private let value: Mutex<Int>
  init(_ value: Int) { self.value = Mutex(value) }
  var count: Int { value.withLock { $0 } }
  func add(_ step: Int) { value.withLock { $0 += step } }
}
