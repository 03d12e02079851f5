internal import Testing
internal import YAML

@Suite struct YAMLNodeTests {
  private func document(_ text: String) throws -> YAMLNode {
    let documents = try YAMLNode.documents(of: text)
    #expect(documents.count == 1)
    return try #require(documents.first)
  }

  private func failure(_ text: String, limits: YAMLLimits = YAMLLimits()) -> YAMLError? {
    do throws(YAMLError) {
      _ = try YAMLNode.documents(of: text, limits: limits)
      return nil
    } catch {
      return error
    }
  }

  @Test func `every node knows its line and column`() throws {
    let root = try document("a: 1\nlist:\n  - x\n  - {k: \"é\", v: w}\n")
    let list = try #require(root["list"])
    #expect(root.entries.map(\.keyPlace) == [YAMLPlace(line: 1, column: 1), YAMLPlace(line: 2, column: 1)])
    #expect(list.elements[0].place == YAMLPlace(line: 3, column: 5))
    // Columns are counted in characters: é is one.
    #expect(list.elements[1].entries[1].keyPlace == YAMLPlace(line: 4, column: 14))
  }

  @Test(arguments: [
    ("x", YAMLStyle.plain, "x"), ("'x''y'", .singleQuoted, "x'y"), ("\"x\\n\"", .doubleQuoted, "x\n"),
    ("|\n  x\n  y\n", .literal, "x\ny\n"), (">\n  x\n  y\n", .folded, "x y\n"),
  ])
  func `a scalar keeps its style`(text: String, style: YAMLStyle, value: String) throws {
    guard case .scalar(let read, let readStyle) = try document(text).content else {
      Issue.record("no scalar")
      return
    }
    #expect(read == value)
    #expect(readStyle == style)
  }

  @Test func `only a plain scalar is a number, a truth value or nothing`() throws {
    let root = try document("[1, '1', true, 'true', yes, ~, '~', 007, +1, 0x10, -3, null, \"\"]")
    #expect(root.elements.map(\.integer) == [1, nil, nil, nil, nil, nil, nil, nil, nil, nil, -3, nil, nil])
    #expect(root.elements.map(\.bool).compactMap { $0 } == [true])
    #expect(root.elements.indices.filter { root.elements[$0].isNull } == [5, 11])
  }

  @Test func `all documents of a stream are read`() throws {
    let documents = try YAMLNode.documents(of: "a: 1\n---\n- b\n...\n---\nc\n")
    #expect(documents.map(\.kind) == ["a map", "a list", "a text"])
    #expect(try YAMLNode.documents(of: "# nothing\n").isEmpty)
    #expect(try YAMLNode.documents(of: "").isEmpty)
  }

  @Test func `a key that is there twice is refused with both lines`() {
    #expect(
      failure("a: 1\nb: 2\n'a': 3\n")
        == YAMLError(.duplicateKey("a", first: YAMLPlace(line: 1, column: 1)), at: YAMLPlace(line: 3, column: 1)))
  }

  @Test func `an alias stands for its anchor, within its document`() throws {
    let root = try document("base: &b {x: [1, 2]}\nother: *b\nkey: &k word\n*k : v\n")
    #expect(root["other"]?["x"]?.elements.map(\.integer) == [1, 2])
    #expect(root["word"]?.text == "v")
    #expect(failure("a: &x 1\n---\nb: *x\n")?.reason == .unknownAlias("x"))
    #expect(failure("a: &x [*x]\n")?.reason == .aliasOfItself("x"))
  }

  @Test func `a billion laughs cost nothing`() {
    var text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"
    for level in 1..<20 {
      text += "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ") + "]\n"
    }
    #expect(failure(text)?.reason == .tooManyNodes(limit: 400_000))
    // Deep rather than wide: each doubles nothing, but nests.
    let deep = "a0: &a0 [x]\n" + (1..<100).map { "a\($0): &a\($0) [*a\($0 - 1)]\n" }.joined()
    #expect(failure(deep)?.reason == .tooDeep(limit: 64))
  }

  @Test(arguments: ["[", "{", "- ", "? "])
  func `nesting without end is refused`(opening: String) {
    let error = failure(String(repeating: opening, count: 100_000))
    #expect(error != nil)
    if opening == "[" || opening == "- " { #expect(error?.reason == .tooDeep(limit: 64)) }
  }

  @Test func `what is too long or has too many values is refused`() {
    var limits = YAMLLimits()
    limits.lengthInBytes = 10
    limits.nodeCount = 3
    #expect(failure("aaaaaaaaaaa", limits: limits)?.reason == .tooLong(limit: 10))
    #expect(failure("[1, 2]", limits: limits) == nil)
    #expect(failure("[1,2,3]", limits: limits)?.reason == .tooManyNodes(limit: 3))
  }

  @Test(
    arguments: [
      ([0xff, 0xfe, 0x61, 0x00], 1, 1),  // UTF-16
      (Array("a: b\nc: ".utf8) + [0xc3, 0x28], 2, 4),
      (Array("a: b\nc: \u{1}".utf8), 2, 4),
      (Array("é: ".utf8) + [0xed, 0xa0, 0x80], 1, 4),  // a surrogate
      (Array("x\0y".utf8), 1, 2),
    ] as [([UInt8], Int, Int)])
  func `what is not UTF-8 is refused at its place`(bytes: [UInt8], line: Int, column: Int) {
    do throws(YAMLError) {
      _ = try YAMLNode.documents(of: bytes)
      Issue.record("taken")
    } catch {
      guard case .encoding = error.reason else {
        Issue.record("\(error.reason)")
        return
      }
      #expect(error.place == YAMLPlace(line: line, column: column))
    }
  }

  @Test func `a byte order mark is no part of the text`() throws {
    #expect(try document("\u{feff}a: 1")["a"]?.integer == 1)
  }

  @Test(arguments: [
    ("a: b: c", "mapping values are not allowed in this context"),
    ("a:\n\tb: 1", "found character that cannot start any token, while scanning for the next token"),
    ("a: [1, 2", "did not find expected ',' or ']', while parsing a flow sequence"),
    ("a: 'x", "found unexpected end of stream, while scanning a quoted scalar"),
  ])
  func `an error says what is wrong`(text: String, words: String) {
    #expect(failure(text)?.description == words)
  }

  @Test func `a key that is no text is refused`() {
    #expect(failure("? [a, b]\n: c\n")?.reason == .keyIsNoText)
  }
}
