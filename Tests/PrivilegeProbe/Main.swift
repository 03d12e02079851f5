internal import Posix

/// Gives its privileges up as the recorder does, with threads that wait, work and end meanwhile, and prints what each
/// thread has left: for PrivilegesTests.
@main
struct Main {
  static func main() throws {
    let kept = CommandLine.arguments.dropFirst().first.flatMap { UInt64($0, radix: 16) } ?? 0
    // One that sleeps in the kernel, one that computes, and a row of short ones that start others.
    let pipe = try Pipe()
    let ready = pipe.writing.number
    _ = try WorkerThread(name: "sleeps") {
      tell(ready)
      let never = try? WakeUp()
      // A signal ends a wait early.
      while true { never?.wait(milliseconds: nil) }
    }
    _ = try WorkerThread(name: "computes") {
      tell(ready)
      var number: UInt64 = 1
      while true { number = number &* 6_364_136_223_846_793_005 &+ 1 }
    }
    startShort(remaining: 300)
    let byte = UnsafeMutableRawBufferPointer.allocate(byteCount: 1, alignment: 1)
    for _ in 0..<2 { _ = try pipe.reading.read(into: byte) }

    try Privileges.restrict(to: CapabilitySet(bits: kept))
    for thread in try Directory.names(in: "/proc/self/task") {
      guard let status = try? FileDescriptor.contents(of: "/proc/self/task/\(thread)/status") else { continue }
      let lines = String(decoding: status, as: UTF8.self).split(separator: "\n").filter {
        $0.hasPrefix("Cap") || $0.hasPrefix("NoNewPrivs") || $0.hasPrefix("Name")
      }
      print(lines.map { $0.split(separator: "\t").joined(separator: " ") }.joined(separator: "|"))
    }
    // What it starts has no more.
    let child = try ProgramLaunch("/bin/cat", ["/proc/self/status"]).run()
    for line in child.text.split(separator: "\n") where line.hasPrefix("Cap") || line.hasPrefix("NoNewPrivs") {
      print("child " + line.split(separator: "\t").joined(separator: " "))
    }
    // Still of use: a file of another owner, without permissions.
    if CommandLine.arguments.count > 2 {
      print("read " + ((try? FileDescriptor.contents(of: CommandLine.arguments[2])) == nil ? "refused" : "done"))
    }
  }

  @Sendable static func startShort(remaining: Int) {
    guard remaining > 0 else { return }
    _ = try? WorkerThread(name: "short") { startShort(remaining: remaining - 1) }
  }
}

private func tell(_ number: Int32) {
  let byte: [UInt8] = [1]
  byte.withUnsafeBytes { try? Posix.write($0, to: number) }
}
