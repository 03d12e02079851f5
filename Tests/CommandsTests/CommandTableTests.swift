internal import Arguments
internal import Commands
internal import Testing

@Suite struct CommandTableTests {
  @Test func `the declaration is consistent`() {
    #expect(program.problems == [])
  }
}
