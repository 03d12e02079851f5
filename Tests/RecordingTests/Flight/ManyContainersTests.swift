import ContainerLab
import Events
import Glibc
import JSON
import Posix
import Testing

@testable import CaptureFormat
@testable import Recording

/// Many quiet containers beside a loud one: its flood costs them nothing.
@Suite(.serialized) struct ManyContainersTests {
  private static let count = 300

  /// The cgroups look like docker's: that is what makes them containers.
  private static let script = """
    base=$1; count=$2
    name() { printf 'docker-%064x.scope' "$1"; }
    sh -c 'echo 0 >"$1/cgroup.procs"; exec dd if=/dev/zero of=/dev/null bs=1 count=6000000 2>/dev/null' - \
      "$base/$(name $count)" &
    round=0
    while [ $round -lt 3 ]; do
      i=0
      while [ $i -lt $count ]; do
        ( echo 0 >"$base/$(name $i)/cgroup.procs"; exec /bin/true "canary-$i." ) &
        i=$((i + 1))
      done
      wait
      round=$((round + 1))
    done
    """

  private static func id(_ number: Int) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 64 - digits.count) + digits
  }

  @Test(.enabled(if: FlightRig.canRecord()))
  func `a flood shortens no quiet container's history, and all stays within the budget`() throws {
    let mount = try CgroupHierarchy.detect().mountPoint
    let base = mount + "/at-many-\(processID)"
    let rig = try FlightRig { options in
      // Resident are the other tests of this process, too: what is enforced here is the limit on blocks.
      options.memory = 512 << 20
      options.ringSize = 8 << 20
      options.blockLimit = 6 << 20
      options.windows.after = .milliseconds(200)
      options.sealAge = .seconds(1)
    }
    try Directory.create(base, mode: 0o755)
    // A cgroup of arbitrary name may be a container of its own: until that is decided, those below it wait.
    usleep(2_000_000)
    defer {
      rig.end()
      for name in (try? Directory.names(in: base)) ?? [] { try? Directory.remove(base + "/" + name) }
      try? Directory.remove(base)
    }
    for number in 0...Self.count { try Directory.create("\(base)/docker-\(Self.id(number)).scope", mode: 0o755) }
    let driver = try ProgramLaunch("/bin/sh", ["-c", Self.script, "-", base, "\(Self.count)"]).run(mergingErrors: true)
    #expect(driver.end == .exited(0), "\(driver.text)")

    let status = try JSONValue(parsing: String(decoding: rig.desk.statusJSON(), as: UTF8.self))
    let memory = try #require(status["memory"])
    // Resident memory and maps are counted for the whole process, with those of the other tests in it: what the store itself
    // holds is judged here, the sum where the program runs on its own.
    let parts = ["sealed_blocks", "open_blocks", "archives", "processes", "descriptors", "files", "write_queue"]
    let held = try parts.map { try #require(memory[$0]?.integer) }.reduce(0, +)
    #expect(held <= 32 << 20, "\(memory)")
    #expect(try #require(memory["sealed_blocks"]?.integer) <= 6 << 20, "\(memory)")
    for number in [0, 7, Self.count / 2, Self.count - 1] {
      let path = try rig.capture(Self.id(number))
      let file = try CaptureFile(path: path)
      // Older than no window: what it ever did is there.
      let arguments = try file.processes().compactMap { $0.arguments?.items.last }
      #expect(arguments.filter { $0 == Array("canary-\(number).".utf8) }.count == 3)
      #expect(try file.losses().allSatisfy { $0.cause != .evicted && $0.cause != .shed })
      let text = String(decoding: try FlightRecorderTests.plainBytes(of: path), as: UTF8.self)
      for other in [1, Self.count / 2 + 1] where other != number { #expect(!text.contains("canary-\(other).")) }
      #expect(Set(file.directory.map(\.container)).count == 1)
    }
    let loud = try CaptureFile(path: try rig.capture(Self.id(Self.count)))
    // It pays itself: by what is evicted, or on a machine too slow to take it all in, by what is shed before.
    let paid = try loud.losses()
    #expect(paid.contains { [.evicted, .shed].contains($0.cause) && $0.lane == .detail }, "\(paid)")
    #expect(rig.error == nil)
  }
}
