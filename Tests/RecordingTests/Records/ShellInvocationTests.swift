import CaptureFormat
import Testing

@testable import Recording

@Suite struct ShellInvocationTests {
  struct Case: Sendable {
    var line: String
    var streams: UInt32
    var marks: ProcessFlags
  }
  private static func it(_ line: String, _ streams: UInt32, _ marks: ProcessFlags) -> Case {
    Case(line: line, streams: streams, marks: marks)
  }
  static let cases: [Case] = [
    it("-bash", 1, .interactiveShell), it("/bin/sh", 7, .interactiveShell), it("sh -i", 0, .interactiveShell),
    it("bash --norc -i", 0x70, [.interactiveShell, .socketShell]), it("sh", 0x70, .socketShell),
    it("sh -l", 1, .interactiveShell), it("sh -c ls", 7, []), it("sh script.sh", 7, []), it("sh -xc ls", 0x70, []),
    it("sh", 0, []), it("sh", 6, []), it("vi", 7, []), it("shred -i", 7, []),
    it("/usr/bin/zsh", 1, .interactiveShell), it("sh -ec true", 1, []), it("bash +x", 1, .interactiveShell),
  ]

  @Test(arguments: cases)
  func `a shell is interactive by its terminal or its word, and not with a command`(_ each: Case) {
    let words = each.line.split(separator: " ").map { Array($0.utf8) }
    #expect(ShellInvocation.marks(words, executable: nil, streams: each.streams) == each.marks, "\(each.line)")
  }

  @Test func `without arguments the executable's name counts`() {
    #expect(ShellInvocation.marks([], executable: Array("/bin/ash".utf8), streams: 1) == .interactiveShell)
    #expect(ShellInvocation.marks([], executable: nil, streams: 1) == [])
    #expect(ShellInvocation.marks([[]], executable: nil, streams: 1) == [])
  }
}
