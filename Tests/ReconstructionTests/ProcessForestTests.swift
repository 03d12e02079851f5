import CaptureFormat
import Events
import Reconstruction
import Testing

@Suite struct ProcessForestTests {
  private func process(_ pid: UInt32, _ start: UInt64, parent: (UInt32, UInt64)? = nil) -> ProcessRow {
    ProcessRow(
      key: ProcessKey(pid: pid, start: BootTime(nanoseconds: start)),
      parent: parent.map { ProcessKey(pid: $0.0, start: BootTime(nanoseconds: $0.1)) })
  }

  @Test func `children stand below their parent in the order they started`() {
    let forest = ProcessForest([
      process(30, 30, parent: (10, 10)), process(10, 10), process(20, 20, parent: (10, 10)),
      process(40, 40, parent: (20, 20)),
    ])
    #expect(forest.nodes.map(\.process.key.pid) == [10, 20, 40, 30])
    #expect(forest.nodes.map(\.depth) == [0, 1, 2, 1])
    #expect(forest.nodes.map { $0.isLast.last } == [true, false, true, true])
  }

  @Test func `a parent with the same pid and another start is not the parent`() {
    let forest = ProcessForest([process(10, 500), process(20, 20, parent: (10, 10))])
    #expect(forest.nodes.map(\.depth) == [0, 0])
    #expect(forest.nodes.first { $0.process.key.pid == 20 }?.missingParent?.pid == 10)
  }

  @Test func `parents that form a ring are each shown once`() {
    let forest = ProcessForest([
      process(1, 1, parent: (3, 3)), process(2, 2, parent: (1, 1)), process(3, 3, parent: (2, 2)),
    ])
    #expect(Set(forest.nodes.map(\.process.key.pid)) == [1, 2, 3])
    #expect(forest.nodes.count == 3)
  }

  @Test func `a chain of ten thousand generations does not overflow`() {
    var rows = [process(1, 1)]
    for number in 2...10_000 {
      let parent = (UInt32(number - 1), UInt64(number - 1))
      rows.append(process(UInt32(number), UInt64(number), parent: parent))
    }
    #expect(ProcessForest(rows).nodes.count == 10_000)
  }
}

@Suite struct CaptureClockTests {
  private func anchor(_ boot: UInt64, _ real: Int64) -> AnchorRow {
    AnchorRow(
      boot: BootTime(nanoseconds: boot), monotonic: boot, real: WallTime(nanoseconds: real), reason: .periodic)
  }

  @Test func `a time takes the offset of the nearest anchor, on its own side of a step`() {
    let clock = CaptureClock(anchors: [anchor(2000, 90_000), anchor(1000, 11_000)])
    #expect(clock.wallTime(of: BootTime(nanoseconds: 900))?.nanoseconds == 10_900)
    #expect(clock.wallTime(of: BootTime(nanoseconds: 1400))?.nanoseconds == 11_400)
    #expect(clock.wallTime(of: BootTime(nanoseconds: 1600))?.nanoseconds == 89_600)
    #expect(clock.wallTime(of: BootTime(nanoseconds: 3000))?.nanoseconds == 91_000)
  }

  @Test func `without an anchor there is no wall time`() {
    #expect(CaptureClock(anchors: []).wallTime(of: BootTime(nanoseconds: 1)) == nil)
  }
}

@Suite struct EventTextTests {
  @Test(arguments: [
    ("plain", "plain"), ("line\nbreak", "line\\nbreak"), ("\u{1b}[31mred", "\\u{1b}[31mred"),
    ("\u{202e}txt.exe", "\\u{202e}txt.exe"), ("ünï", "ünï"),
  ]) func `what a terminal would obey is shown instead`(text: String, shown: String) {
    #expect(EventText.printable(Array(text.utf8)) == shown)
  }

  @Test(arguments: [
    (["sh", "-c", "echo 'x'"], "sh -c 'echo '\\''x'\\'''"), (["a b", ""], "'a b' ''"),
    (["/bin/ls", "-l"], "/bin/ls -l"),
  ]) func `a command line can be given to a shell again`(words: [String], line: String) {
    #expect(EventText.commandLine(ByteList(words.map { Array($0.utf8) })) == line)
  }
}
