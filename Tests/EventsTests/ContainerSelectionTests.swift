import Events
import Testing

private struct Container: SelectableContainer, Equatable {
  var containerID: String
  var containerName: String?
}

private let web = Container(containerID: "abcdef0123456789", containerName: "web")
private let formerWeb = Container(containerID: "abc1230123456789", containerName: "web")
private let database = Container(containerID: "fedcba9876543210", containerName: "database")
private let unnamed = Container(containerID: "0000000000000000", containerName: nil)
private let all = [web, formerWeb, database, unnamed]

@Suite struct ContainerSelectionTests {
  private func choose(_ text: String, _ containers: [Container] = all) throws -> [Container] {
    try ContainerSelection.containers(matching: text, among: containers)
  }

  @Test func `a full id, a prefix of one, and a name choose`() throws {
    #expect(try choose("abcdef0123456789") == [web])
    #expect(try choose("abcd") == [web])
    #expect(try choose("fe") == [database])
    #expect(try choose("database") == [database])
    #expect(try choose("/database") == [database])
  }

  @Test func `a name chooses all its incarnations`() throws {
    #expect(try choose("web") == [web, formerWeb])
  }

  @Test func `a name goes before a prefix, and a full id before a name`() throws {
    let named = Container(containerID: "1111", containerName: "abc")
    #expect(try choose("abc", all + [named]) == [named])
    let other = Container(containerID: "2222", containerName: "1111")
    #expect(try choose("1111", [other, named]) == [named])
  }

  @Test func `a prefix of several ids is ambiguous and names them`() throws {
    let error = #expect(throws: ContainerSelection.Failure.self) { try choose("abc") }
    guard case .ambiguous("abc", let candidates) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(candidates.map(\.id) == [web.containerID, formerWeb.containerID])
    #expect(error?.description.contains("abcdef012345 (web)") == true)
  }

  @Test(arguments: ["nothing", "", "/", "ABCD", "we"]) func `what fits none is unknown and lists what there is`(
    text: String
  ) throws {
    let error = #expect(throws: ContainerSelection.Failure.self) { try choose(text) }
    guard case .unknown(text, let candidates) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(candidates.count == 4)
    #expect(error?.description.contains("database") == true)
  }

  @Test func `with no container at all it says so`() throws {
    let error = #expect(throws: ContainerSelection.Failure.self) { try choose("web", []) }
    #expect(error?.description == "no container 'web': there is none at all")
  }
}
