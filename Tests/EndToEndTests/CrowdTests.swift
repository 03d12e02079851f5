import ContainerLab
import Events
import Glibc
import JSON
import Posix
import Testing

@testable import CaptureFormat

extension EndToEndTests {
  /// A host full of containers. Where the program runs by itself, so that all that it takes is its own: Programs/crowd.c is
  /// what happens in them.
  @Suite struct CrowdTests {
    static let count = 2000
    static let rounds = 2
    static let skipReason = Lab.find("cc") == nil ? "there is no C compiler" : nil

    static func id(_ number: Int) -> String {
      let digits = String(number, radix: 16)
      return String(repeating: "0", count: 64 - digits.count) + digits
    }

    @Test(.enabled(if: Program.canRecord(skipReason)))
    func `two thousand containers keep their history beside one that floods, within the budget`() throws {
      let place = try Workplace()
      let source = #filePath.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
      let compiled = try ProgramLaunch(
        Lab.find("cc")!, ["-O1", "-static", "-w", "-o", place["crowd"], source + "/Programs/crowd.c"],
        environment: Program.clean
      ).run(mergingErrors: true)
      try #require(compiled.end == .exited(0), "\(compiled.text)")
      let watcher = try Watcher("memory: {budget: 128MiB}\nwindows: {after: 1s, detail: {before: 600s}}\n")
      defer { watcher.end() }
      let mount = File.exists("/sys/fs/cgroup/cgroup.procs") ? "/sys/fs/cgroup" : "/sys/fs/cgroup/unified"
      let base = mount + "/at-crowd-\(processID)"
      try Directory.create(base, mode: 0o755)
      defer {
        for number in 0...Self.count { try? Directory.remove("\(base)/docker-\(Self.id(number)).scope") }
        try? Directory.remove(base)
      }
      // A cgroup of arbitrary name may be a container of its own: until that is decided, those below it wait.
      usleep(2_000_000)
      for number in 0...Self.count { try Directory.create("\(base)/docker-\(Self.id(number)).scope", mode: 0o755) }

      let said = try FileDescriptor.open(place["said"], flags: O_RDWR | O_CREAT)
      let crowd = try ChildProcess(
        starting: ProgramLaunch(
          place["crowd"], [base, "\(Self.count)", "300000", "\(Self.rounds)", "3"], output: said.number,
          errorOutput: said.number))
      var most = (own: 0, judged: 0)
      var end: ProcessEnd?
      while end == nil {
        usleep(500_000)
        end = try crowd.endIfOver()
        let memory = try #require(try watcher.status()["memory"])
        most.own = max(most.own, Int(try #require(memory["used"]?.integer)))
        most.judged = max(most.judged, try watcher.memoryInBytes())
      }
      let words = String(decoding: try FileDescriptor.contents(of: place["said"]), as: UTF8.self)
      #expect(end == .exited(0), "\(words)")
      print("2,000 containers: \(most.own >> 20) MiB by its own account, \(most.judged >> 20) MiB by the kernel's")
      let budget = 128 << 20
      let parts = try watcher.status()["memory"]
      #expect(most.own <= budget && most.judged <= budget, "\(most), \(String(describing: parts))")

      for number in [0, 7, 999, 1500, Self.count - 1] {
        let capture = try watcher.capture(Self.id(number))
        let file = try CaptureFile(path: capture)
        let words = try file.processes().compactMap { $0.arguments?.items.last }
        #expect(words.filter { $0 == Array("canary-\(number).".utf8) }.count == Self.rounds)
        // All that it ever did, from its first call on: older than no window. A recorder that is built for debugging may be
        // overrun before it sheds the loud one, and what the rings had no room for is said: but nothing was given up to make
        // room, and of processes nothing is missing.
        let lost = try file.losses().filter { $0.cause.countsEvents && $0.container != nil }
        #expect(lost.allSatisfy { $0.cause == .ringFull && $0.lane != .lifecycle }, "\(number): \(lost)")
        let calls = file.directory.reduce(into: [Lane: UInt32]()) { $0[$1.lane ?? .detail, default: 0] += $1.rowCount }
        #expect(calls[.lifecycle, default: 0] >= 2 * UInt32(Self.rounds), "\(calls)")
        let ofDetail = UInt64(calls[.detail, default: 0]) + lost.reduce(0) { $0 + $1.count }
        #expect(ofDetail >= 10 * UInt64(Self.rounds), "\(calls) \(lost)")
        #expect(Set(file.directory.map(\.container)).count == 1)
        let text = String(decoding: try CanaryTests.plainBytes(of: capture), as: UTF8.self)
        let canaries = Set(text.matches(of: /canary-[0-9]+\./).map { String($0.output) })
        #expect(canaries == ["canary-\(number)."])
      }
      let loud = try CaptureFile(path: try watcher.capture(Self.id(Self.count)))
      #expect(loud.directory.contains { $0.lane == .detail })
    }
  }
}
