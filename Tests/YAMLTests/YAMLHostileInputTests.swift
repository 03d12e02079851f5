internal import Testing
internal import YAML

/// A document with everything in it: styles, nesting, anchors, tags, several documents, comments.
private let sample = Array(
  """
  %YAML 1.1
  --- # first
  plain: some words
  'single': 'it''s'
  "double": "tab\\t \\u00e9 \\x41"
  literal: |+
    line one
      line two

  folded: >-
    joined
    words
  list:
  - 1
  - [flow, {a: b, c: }]
  - !!str 5
  - - nested
    - ~
  base: &base
    x: 1
  again: *base
  ? complex
  : value
  ...
  ---
  - second
  """.utf8)

@Suite struct YAMLHostileInputTests {
  @Test(arguments: 0..<sample.count) func `a text cut at any byte gives an answer`(length: Int) {
    walk(Array(sample[..<length]))
  }

  @Test(arguments: 0..<sample.count) func `a text with any byte changed gives an answer`(position: Int) {
    for value in [sample[position] ^ 0xff, sample[position] ^ 0x01, sample[position] ^ 0x20, 0, 0x0a, 0x2a, 0x26] {
      var bytes = sample
      bytes[position] = value
      walk(bytes)
    }
  }

  @Test func `the sample itself is read whole`() throws {
    let documents = try YAMLNode.documents(of: sample)
    #expect(documents.count == 2)
    #expect(documents[0].entries.count == 9)
    #expect(documents[0]["again"]?["x"]?.integer == 1)
  }

  /// Trees made by chance, written in every style, mean what they meant.
  @Test func `what is written is read back`() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = Sequence(state: seed)
    for _ in 0..<500 {
      let tree = random.tree(depth: 0)
      let text = tree.written(with: &random)
      let read = try YAMLNode.documents(of: text)
      #expect(read.count == 1 && read[0].hasSameMeaning(as: tree), "seed \(seed):\n\(text)")
    }
  }

  private func walk(_ bytes: [UInt8]) {
    do throws(YAMLError) {
      let lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false).count
      for document in try YAMLNode.documents(of: bytes) { #expect(document.deepestLine <= lines + 1) }
    } catch {
      #expect(error.place.line >= 1 && error.place.column >= 1)
      #expect(!error.description.isEmpty)
    }
  }
}

extension YAMLNode {
  fileprivate var deepestLine: Int {
    max(
      place.line, elements.map(\.deepestLine).max() ?? 0, entries.map(\.value.deepestLine).max() ?? 0)
  }

  /// The tree as text. Top-level maps and lists are blocks; scalars are plain only where they are.
  fileprivate func written(with random: inout Sequence) -> String { block(0, &random) + "\n" }

  private func block(_ indent: Int, _ random: inout Sequence) -> String {
    let margin = String(repeating: " ", count: indent)
    switch content {
    case .mapping(let entries) where !entries.isEmpty && random.next(3) > 0:
      return entries.map { entry in
        let value = entry.value.block(indent + 2, &random)
        let separator = entry.value.isBlock(value) ? "\n" : " "
        return margin + quoted(entry.key) + ":" + separator + value
      }.joined(separator: "\n")
    case .sequence(let elements) where !elements.isEmpty && random.next(3) > 0:
      return elements.map { element in
        let value = element.block(indent + 2, &random)
        return margin + (element.isBlock(value) ? "-\n" : "- ") + value
      }.joined(separator: "\n")
    default: return flow(&random)
    }
  }

  private func isBlock(_ text: String) -> Bool { text.hasPrefix(" ") }

  private func flow(_ random: inout Sequence) -> String {
    switch content {
    case .scalar(let text, .plain): return text
    case .scalar(let text, _):
      let isSimple = text.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value < 127 }
      return isSimple && random.next(2) == 0
        ? "'"
          + text.split(separator: "'", omittingEmptySubsequences: false)
          .joined(separator: "''") + "'" : quoted(text)
    case .sequence(let elements): return "[" + elements.map { $0.flow(&random) }.joined(separator: ", ") + "]"
    case .mapping(let entries):
      return "{" + entries.map { quoted($0.key) + ": " + $0.value.flow(&random) }.joined(separator: ", ") + "}"
    }
  }

  private func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case _ where scalar.value < 32 || (127..<0xa0).contains(scalar.value) || scalar == "\u{2028}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

/// SplitMix64: the same trees for the same seed.
private struct Sequence {
  var state: UInt64

  mutating func next(_ bound: Int) -> Int {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return Int((value ^ (value >> 31)) % UInt64(bound))
  }

  mutating func tree(depth: Int) -> YAMLNode {
    let nowhere = YAMLPlace(line: 1, column: 1)
    switch depth < 4 ? next(4) : next(2) {
    case 0:
      return YAMLNode(.scalar(["a", "1", "true", "-x", "b c", "10m"][next(6)], .plain), at: nowhere, end: nowhere)
    case 1: return YAMLNode(.scalar(text(), .doubleQuoted), at: nowhere, end: nowhere)
    case 2: return YAMLNode(.sequence((0..<next(5)).map { _ in tree(depth: depth + 1) }), at: nowhere, end: nowhere)
    default:
      var entries: [YAMLEntry] = []
      for index in 0..<next(5) {
        entries.append(
          YAMLEntry(
            key: "\(index)" + text(), keyPlace: nowhere, keyStyle: .doubleQuoted, value: tree(depth: depth + 1)))
      }
      return YAMLNode(.mapping(entries), at: nowhere, end: nowhere)
    }
  }

  private mutating func text() -> String {
    let letters: [Unicode.Scalar] = [
      "a", " ", ":", "#", "'", "\"", "\\", "\n", "\t", "é", "💥", "\u{85}", "-", "*", "&", "{",
    ]
    var result = ""
    for _ in 0..<next(8) { result.unicodeScalars.append(letters[next(letters.count)]) }
    return result
  }
}
