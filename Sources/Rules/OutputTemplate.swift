public import FilterLanguage

/// A rule's output: text with fields in it.
public struct OutputTemplate: Sendable {
  public enum Part: Sendable {
    case text(String)
    case field(String, CompiledTerm)
  }
  public let parts: [Part]

  /// Every field, in the order of its first use.
  public var fields: [(name: String, term: CompiledTerm)] {
    var seen = Set<String>()
    return parts.compactMap { part in
      guard case .field(let name, let term) = part, seen.insert(name).inserted else { return nil }
      return (name, term)
    }
  }

  /// What older rules have in their outputs for what `-pc` and `-pk` add.
  private static let abbreviations = [
    "container.info": "container_id=%container.id container_name=%container.name",
    "kubernetes.info": "k8s_ns=%k8s.ns.name k8s_pod_name=%k8s.pod.name",
  ]

  /// - Throws: ``FilterError`` for a field that is not known; its range is of `text`.
  public init(_ text: String) throws(FilterError) {
    var expanded = text
    for (name, long) in Self.abbreviations where expanded.contains("%\(name)") {
      expanded = expanded.split(separator: "%\(name)", omittingEmptySubsequences: false).joined(separator: long)
    }
    var parts: [Part] = []
    var plain: [UInt8] = []
    let bytes = Array(expanded.utf8)
    var place = 0
    func flush() {
      if !plain.isEmpty { parts.append(.text(String(decoding: plain, as: UTF8.self))) }
      plain = []
    }
    while place < bytes.count {
      // `*%field` prints a row though the field is missing, which is always done here.
      let start =
        bytes[place] == UInt8(ascii: "*") && place + 1 < bytes.count && bytes[place + 1] == UInt8(ascii: "%")
        ? place + 1 : place
      guard bytes[start] == UInt8(ascii: "%"), let end = Self.fieldEnd(bytes, from: start + 1) else {
        plain.append(bytes[place])
        place += 1
        continue
      }
      let name = String(decoding: bytes[(start + 1)..<end], as: UTF8.self)
      do throws(FilterError) {
        let term = try CompiledTerm(parsing: name)
        flush()
        parts.append(.field(name, term))
      } catch {
        throw error.moved(by: start + 1)
      }
      place = end
    }
    flush()
    self.parts = parts
  }

  /// Where a field's name ends that begins at `start`: with its brackets, or with the parenthesis of a transformer. Nil
  /// where none begins.
  private static func fieldEnd(_ bytes: [UInt8], from start: Int) -> Int? {
    func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a }
    func isPart(_ byte: UInt8) -> Bool { isLetter(byte) || byte >= 0x30 && byte <= 0x39 || byte == UInt8(ascii: "_") }
    guard start < bytes.count, isLetter(bytes[start]) else { return nil }
    var place = start
    var hasPoint = false
    while place < bytes.count {
      if isPart(bytes[place]) {
        place += 1
      } else if bytes[place] == UInt8(ascii: "."), place + 1 < bytes.count, isLetter(bytes[place + 1]) {
        hasPoint = true
        place += 1
      } else {
        break
      }
    }
    if !hasPoint {
      guard place < bytes.count, bytes[place] == UInt8(ascii: "(") else { return nil }
      var depth = 0
      while place < bytes.count {
        if bytes[place] == UInt8(ascii: "(") { depth += 1 }
        if bytes[place] == UInt8(ascii: ")") { depth -= 1 }
        place += 1
        if depth == 0 { return place }
      }
      return nil
    }
    if place < bytes.count, bytes[place] == UInt8(ascii: "["),
      let close = bytes[place...].firstIndex(of: UInt8(ascii: "]"))
    {
      return close + 1
    }
    return place
  }

  /// The text with what `value` says of each field.
  public func text(_ value: (CompiledTerm) -> String) -> String {
    parts.map { part in
      switch part {
      case .text(let text): text
      case .field(_, let term): value(term)
      }
    }.joined()
  }
}
