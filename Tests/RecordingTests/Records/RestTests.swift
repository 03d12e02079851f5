import ContainerLab
import Posix
import Testing

@testable import Recording

/// A recorder that waits because nothing happens is not late when much begins to.
@Suite(.serialized) struct RestTests {
  @Test(.enabled(if: FlightRig.canRecord()))
  func `a ring that fills wakes the recorder that rests, once`() throws {
    let session = try ProbeSession(
      ProbeSettings(ringSize: 64 << 10, hierarchy: try CgroupHierarchy.detect().number), recipes: RecipeTable())
    try session.attach()
    let poll = try Poll()
    try poll.add(session.rings.urgentDescriptor, token: 1)
    session.rest()
    let flood = try ChildProcess(
      starting: ProgramLaunch("/bin/dd", ["if=/dev/zero", "of=/dev/null", "bs=1", "status=none"]))
    defer {
      try? flood.signal(9)
      _ = try? flood.wait()
    }
    // New cgroups wake it as well, and those of other tests come and go here.
    let isWoken = Lab.waitUntil(limit: .seconds(60)) {
      let ready = (try? poll.wait(milliseconds: 100)) ?? []
      if ready.contains(1), session.isResting { session.rings.drain(upTo: .max) { _, _ in } }
      return !session.isResting
    }
    #expect(isWoken)
    #expect(try poll.wait(milliseconds: 1000).contains(1), "what wakes is the urgent ring")
    var count = 0
    session.rings.drain(upTo: .max) { _, _ in count += 1 }
    #expect(count > 0)
    #expect(!session.isResting, "it has to be asked for again")
  }
}
