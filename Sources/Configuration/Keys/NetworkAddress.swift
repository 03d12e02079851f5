/// An IPv4 or IPv6 address as text, no name: nothing is looked up while a configuration is read.
struct NetworkAddress {
  let isLoopback: Bool

  init?(_ text: String) {
    if text.contains(":") {
      guard let groups = Self.groups(text) else { return nil }
      isLoopback = groups == [0, 0, 0, 0, 0, 0, 0, 1]
    } else {
      guard let bytes = Self.bytes(text) else { return nil }
      isLoopback = bytes[0] == 127
    }
  }

  private static func bytes(_ text: some StringProtocol) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let bytes = parts.compactMap { part in UInt8(part).flatMap { String($0) == part ? $0 : nil } }
    return bytes.count == 4 && parts.count == 4 ? bytes : nil
  }

  /// The eight groups of an IPv6 address. One `::` stands for as many zeros as are missing, at least one.
  private static func groups(_ text: String) -> [UInt16]? {
    guard !text.contains(":::") else { return nil }
    var halves: [[UInt16]] = []
    var rest = Substring(text)
    var sides: [Substring] = []
    if let gap = rest.range(ofGap: ()) {
      sides = [rest[..<gap.lowerBound], rest[gap.upperBound...]]
      if sides[1].range(ofGap: ()) != nil { return nil }
    } else {
      sides = [rest]
    }
    for (index, side) in sides.enumerated() {
      var groups: [UInt16] = []
      let parts = side.isEmpty ? [] : side.split(separator: ":", omittingEmptySubsequences: false)
      for (place, part) in parts.enumerated() {
        if part.contains("."), index == sides.count - 1, place == parts.count - 1, let bytes = bytes(part) {
          groups += [UInt16(bytes[0]) << 8 | UInt16(bytes[1]), UInt16(bytes[2]) << 8 | UInt16(bytes[3])]
        } else {
          guard (1...4).contains(part.utf8.count), part.first != "+", part.first != "-",
            let group = UInt16(part, radix: 16)
          else { return nil }
          groups.append(group)
        }
      }
      halves.append(groups)
    }
    rest = ""
    if halves.count == 1 { return halves[0].count == 8 ? halves[0] : nil }
    let missing = 8 - halves[0].count - halves[1].count
    return missing >= 1 ? halves[0] + Array(repeating: 0, count: missing) + halves[1] : nil
  }
}

extension Substring {
  /// Where `::` is.
  fileprivate func range(ofGap: Void) -> Range<Index>? {
    var place = startIndex
    while place < endIndex {
      let next = index(after: place)
      if next < endIndex, self[place] == ":", self[next] == ":" { return place..<index(after: next) }
      place = next
    }
    return nil
  }
}
