import ContainerLab
import Events
import Glibc
import JSON
import Posix
import Reconstruction
import Testing
import Triggers

@testable import CaptureFormat
@testable import Recording

/// The armed recorder against real containers: what a capture holds of the time before its trigger.
@Suite(.serialized) struct FlightRecorderTests {
  /// What happens before the window, within it, and late in it.
  private static let story = """
    exec 3>/tmp/held-open
    nc -l -p 7777 >/dev/null </dev/null &
    ( ( exec sleep 1001 ) & )
    sleep 1002 & doomed=$!
    round=0
    while [ $round -lt 11 ]; do
      dd if=/dev/zero of=/dev/null bs=1 count=150000 2>/dev/null
      sleep 1
      round=$((round + 1))
    done
    kill -9 $doomed
    exec 4>/tmp/later-open
    sleep 1003 &
    dd if=/dev/zero of=/dev/null bs=1 count=150000 2>/dev/null
    : >/tmp/story-is-over
    sleep 1004
    """

  private static func opening(of path: String, in file: CaptureFile) throws -> BootTime? {
    var merge = EventMerge(file, entries: file.directory)
    while let event = try merge.next() {
      if event.kind == .fileOpen, event.bytes(.path) == Array(path.utf8) { return event.time }
    }
    return nil
  }

  @Test(.enabled(if: FlightRig.canRecord(RuncLab.skipReason)))
  func `the state at the window's start has what was open and alive then, and nothing that began later`() throws {
    let rig = try FlightRig { options in
      options.windows.lifecycle = .seconds(7)
      options.windows.activity = .seconds(7)
      options.windows.detail = .seconds(4)
      options.windows.after = .milliseconds(500)
      options.sealAge = .seconds(1)
      options.blockLimit = 1 << 20
    }
    let lab = try RuncLab()
    defer { lab.end() }
    let name = "at-flight-\(processID)"
    let runc = try lab.launch(name, ["/bin/sh", "-c", Self.story])
    // Longer than the lifecycle's window, and ten times the limit in events.
    usleep(12_000_000)
    let isOver = Lab.waitUntil(limit: .seconds(90)) {
      usleep(500_000)
      return (try? lab.exec(name, ["/bin/ls", "/tmp/story-is-over"])) != nil
    }
    #expect(isOver)
    let path = try rig.capture(name)
    lab.remove(name)
    _ = try? runc.wait()

    let file = try CaptureFile(path: path)
    let state = try WindowState(of: file)
    let container = try #require(try file.containers().first { $0.id == name })
    let own = state.processes
    func running(_ argument: String) -> ProcessRow? { own.first { $0.arguments?.items.last == Array(argument.utf8) } }
    // Alive then: the shell, the daemon, the one that dies within the window.
    let daemon = try #require(running("1001"))
    let doomed = try #require(running("1002"))
    let shell = try #require(own.first { $0.namespacePID == 1 })
    #expect(running("1003") == nil && running("1004") == nil)
    #expect(own.allSatisfy { $0.container == container.key && $0.end == nil })
    // The daemon's parent is dead, long before the window, and known.
    let history = try ProcessHistory(of: file)
    let parent = try #require(daemon.parent.flatMap { history[$0] })
    #expect(parent.end != nil && parent.parent == shell.key)
    #expect(history[doomed.key]?.exitCode == 9)
    // Open then: the file with its path, the listener with its port; not what was opened later.
    let files = (state.descriptors[shell.key] ?? []).compactMap(\.file.path).map { String(decoding: $0, as: UTF8.self) }
    #expect(files.contains("/tmp/held-open"), "\(files)")
    // On a busy machine others' events push the state's moment on: what counts is what that moment was.
    let moment = try #require(state.streams.first { $0.lane == .detail }?.stateTime)
    #expect(state.descriptors.values.joined().allSatisfy { ($0.since ?? moment) <= moment })
    let opened = try Self.opening(of: "/tmp/later-open", in: file)
    #expect(!files.contains("/tmp/later-open") || opened.map { $0 <= moment } ?? true)
    let netcat = try #require(own.first { $0.arguments?.items.first == Array("nc".utf8) })
    let listener = (state.descriptors[netcat.key] ?? []).first { $0.flags.contains(.listening) }
    guard case .ipv4(_, 7777)? = listener?.file.localAddress ?? .none else {
      guard case .ipv6(_, 7777)? = listener?.file.localAddress ?? .none else {
        Issue.record("no listener: \(state.descriptors[netcat.key] ?? [])")
        return
      }
      return
    }
    // What died holds what it had.
    #expect(state.descriptors[doomed.key]?.contains { $0.descriptor == 3 } == true)
    // The blocks begin where the state says.
    for lane in Lane.ofEvents {
      let row = try #require(state.streams.first { $0.lane == lane })
      let first = file.directory.filter { $0.lane == lane }.min { $0.firstSequence < $1.firstSequence }
      #expect(first.map { $0.firstSequence == row.firstSequence } ?? true)
    }
    // More was made than fits, and that is said.
    let lost = try file.losses().filter { $0.cause == .evicted && $0.lane == .detail }
    #expect(!lost.isEmpty)
    #expect(file.completeness?.isComplete == false)
    #expect(rig.error == nil)
  }

  @Test(.enabled(if: FlightRig.canRecord(RuncLab.skipReason)))
  func `triggers of one container merge, others get their own, and none holds another's bytes`() throws {
    let rig = try FlightRig { $0.windows.after = .seconds(2) }
    let lab = try RuncLab()
    defer { lab.end() }
    let names = ["at-canary-a-\(processID)", "at-canary-b-\(processID)"]
    for name in names {
      try lab.start(
        name,
        ["/bin/sh", "-c", "while :; do echo \(name) >/tmp/path-\(name); /bin/echo argument-\(name); sleep 0.2; done"])
    }
    usleep(2_000_000)
    guard case .accepted(let first) = rig.trigger(container: names[0], { $0.fingerprint = "one" }),
      case .accepted(let second) = rig.trigger(container: names[1]),
      case .accepted(let third) = rig.trigger(container: names[0], reason: "again"),
      case .duplicate(let fourth) = rig.trigger(container: names[0], { $0.fingerprint = "one" })
    else {
      Issue.record("a trigger was not taken")
      return
    }
    #expect(!first.isMerged && !second.isMerged && third.isMerged)
    #expect(third.path == first.path && fourth.path == first.path && second.path != first.path)
    for receipt in [first, second] { #expect(rig.desk.waitUntilClosed(receipt) == nil) }
    #expect(try CaptureFile(path: first.path).triggers().map(\.reason) == ["test", "again"])
    for (path, own, other) in [(first.path, names[0], names[1]), (second.path, names[1], names[0])] {
      let text = String(decoding: try Self.plainBytes(of: path), as: UTF8.self)
      #expect(text.contains("argument-\(own)") && text.contains("path-\(own)"))
      #expect(!text.contains(other))
      let file = try CaptureFile(path: path)
      #expect(Set(file.directory.map(\.container)).count == 1)
      // Complete exactly where nothing was lost, as on a machine that has nothing else to do.
      let lost = try file.losses()
      #expect(file.completeness?.isComplete == lost.isEmpty, "\(file.completeness?.reason ?? ""): \(lost)")
      // It goes on after the trigger.
      let trigger = try #require(try file.triggers().first)
      #expect(file.directory.contains { $0.lastTime > BootTime(nanoseconds: trigger.time.nanoseconds + 1_000_000_000) })
    }
  }

  @Test(.enabled(if: FlightRig.canRecord(RuncLab.skipReason)))
  func `a container that is gone is still captured, and whom nobody can tell is refused`() throws {
    let rig = try FlightRig { $0.windows.after = .milliseconds(100) }
    let lab = try RuncLab()
    defer { lab.end() }
    let name = "at-gone-\(processID)"
    _ = try? lab.run(name, ["/bin/sh", "-c", "/bin/true; exit 3"])
    usleep(500_000)
    let file = try CaptureFile(path: try rig.capture(name))
    #expect(try file.processes().contains { $0.namespacePID == 1 && $0.exitCode == 3 << 8 })
    #expect(file.directory.contains { $0.lane == .lifecycle })
    func refusal(_ scope: TriggerScope) -> TriggerRefusal.Kind? {
      guard case .refused(let refusal) = rig.desk.submit(TriggerRequest(scope: scope, source: "request")) else {
        return nil
      }
      return refusal.kind
    }
    var scope = TriggerScope()
    #expect(refusal(scope) == .noScope)
    scope.containerID = "0000000000000000"
    #expect(refusal(scope) == .unknownContainer)
    scope = TriggerScope()
    scope.pid = 1
    #expect(refusal(scope) == .unknownContainer)
    #expect(try JSONValue(parsing: String(decoding: rig.desk.statusJSON(), as: UTF8.self))["memory"] != nil)
  }

  /// The file as it is, and every column of every table of every block, unpacked.
  static func plainBytes(of capture: String) throws -> [UInt8] {
    var result = try FileDescriptor.contents(of: capture, limit: 64 << 20)
    let file = try CaptureFile(path: capture)
    for entry in Set(file.directory + file.tables) {
      for table in try file.readBlock(entry).tables {
        for column in table.columns { result += try #require(try file.readBlock(entry).encodedBytes(column)) + [0] }
      }
    }
    return result
  }
}
