/// Text with fields in it, as sysdig's `-p` and the outputs of Falco's rules have it: `%proc.name`, `%proc.aname[2]`,
/// `%tolower(proc.name)`; `%20proc.name` is 20 characters wide, and `%%` is a percent sign.
///
/// A `*` in front, which asks sysdig for rows whose fields have no value too, is taken and changes nothing: no row is ever
/// left out.
public struct OutputTemplate: Sendable {
  public enum Part: Sendable {
    case text(String)
    /// As it was written, and how wide it is to be; 0 is as wide as it is.
    case field(String, CompiledTerm, width: Int)
  }
  public let parts: [Part]

  /// Every field, in the order of its first use.
  public var fields: [(name: String, term: CompiledTerm)] {
    var seen = Set<String>()
    return parts.compactMap { part in
      guard case .field(let name, let term, _) = part, seen.insert(name).inserted else { return nil }
      return (name, term)
    }
  }

  private static let widthLimit = 1000

  /// What older rules have in their outputs for what `-pc` and `-pk` add.
  private static let abbreviations = [
    "container.info": "container_id=%container.id container_name=%container.name",
    "kubernetes.info": "k8s_ns=%k8s.ns.name k8s_pod_name=%k8s.pod.name",
  ]

  /// `\n`, `\t`, `\r` and `\\` as what they stand for: for texts that were typed in a shell. Another backslash stays.
  public static func unescaped(_ text: String) -> String {
    var result = ""
    var rest = text[...]
    while let first = rest.popFirst() {
      guard first == "\\", let escape = rest.first else {
        result.append(first)
        continue
      }
      rest.removeFirst()
      switch escape {
      case "n": result.append("\n")
      case "t": result.append("\t")
      case "r": result.append("\r")
      case "\\": result.append("\\")
      default: result += ["\\", escape]
      }
    }
    return result
  }

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
    if bytes.first == UInt8(ascii: "*") { place = 1 }
    func flush() {
      if !plain.isEmpty { parts.append(.text(String(decoding: plain, as: UTF8.self))) }
      plain = []
    }
    while place < bytes.count {
      guard bytes[place] == UInt8(ascii: "%") else {
        plain.append(bytes[place])
        place += 1
        continue
      }
      if place + 1 < bytes.count, bytes[place + 1] == UInt8(ascii: "%") {
        plain.append(bytes[place])
        place += 2
        continue
      }
      var start = place + 1
      var width = 0
      while start < bytes.count, FilterScanner.isDigit(bytes[start]), width < Self.widthLimit {
        width = width * 10 + Int(bytes[start] - UInt8(ascii: "0"))
        start += 1
      }
      guard let end = Self.fieldEnd(bytes, from: start) else {
        plain.append(bytes[place])
        place += 1
        continue
      }
      let name = String(decoding: bytes[start..<end], as: UTF8.self)
      do throws(FilterError) {
        let term = try CompiledTerm(parsing: name)
        flush()
        parts.append(.field(name, term, width: min(width, Self.widthLimit)))
      } catch {
        throw error.moved(by: start)
      }
      place = end
    }
    flush()
    self.parts = parts
  }

  /// Where a field's name ends that begins at `start`: with its brackets, or with the parenthesis of a transformer. Nil
  /// where none begins.
  private static func fieldEnd(_ bytes: [UInt8], from start: Int) -> Int? {
    guard start < bytes.count, FilterScanner.isLetter(bytes[start]) else { return nil }
    var place = start
    var hasPoint = false
    while place < bytes.count {
      if FilterScanner.isNamePart(bytes[place]) {
        place += 1
      } else if bytes[place] == UInt8(ascii: "."), place + 1 < bytes.count, FilterScanner.isLetter(bytes[place + 1]) {
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
      case .field(_, let term, 0): value(term)
      case .field(_, let term, let width): Self.cut(value(term), to: width)
      }
    }.joined()
  }

  /// Exactly so wide: cut, or filled with blanks.
  private static func cut(_ text: String, to width: Int) -> String {
    let count = text.count
    return count < width ? text + String(repeating: " ", count: width - count) : String(text.prefix(width))
  }
}
