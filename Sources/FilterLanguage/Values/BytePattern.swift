/// A text that is looked for in others.
struct BytePattern: Hashable, Sendable {
  let needle: [UInt8]
  /// The needle is in lower case.
  let ignoresCase: Bool

  init(_ needle: [UInt8], ignoresCase: Bool = false) {
    self.needle = ignoresCase ? needle.map(lowered) : needle
    self.ignoresCase = ignoresCase
  }

  /// - Complexity: O(n · m) at worst; the first byte is looked for alone.
  func isFound(in bytes: [UInt8]) -> Bool {
    guard let first = needle.first else { return true }
    guard bytes.count >= needle.count else { return false }
    return bytes.withUnsafeBufferPointer { bytes in
      needle.withUnsafeBufferPointer { needle in
        let last = bytes.count - needle.count
        var start = 0
        while start <= last {
          if fold(bytes[start]) == first {
            var place = 1
            while place < needle.count, fold(bytes[start + place]) == needle[place] { place += 1 }
            if place == needle.count { return true }
          }
          start += 1
        }
        return false
      }
    }
  }

  @inline(__always) private func fold(_ byte: UInt8) -> UInt8 { ignoresCase ? lowered(byte) : byte }
}

/// ASCII letters in lower case.
@inline(__always) func lowered(_ byte: UInt8) -> UInt8 {
  byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
}

func raised(_ byte: UInt8) -> UInt8 { byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") ? byte & ~0x20 : byte }

/// A pattern of fnmatch(3) without FNM_PATHNAME: `*` and `?` match `/` too.
struct GlobPattern: Hashable, Sendable {
  private enum Piece: Hashable, Sendable {
    case byte(UInt8)
    case any
    case star
    case oneOf(ByteSet)
  }
  private let pieces: [Piece]
  private let ignoresCase: Bool

  init(_ pattern: [UInt8], ignoresCase: Bool = false) {
    self.ignoresCase = ignoresCase
    var pieces: [Piece] = []
    var place = 0
    while place < pattern.count {
      switch pattern[place] {
      case UInt8(ascii: "*"): if pieces.last != .star { pieces.append(.star) }
      case UInt8(ascii: "?"): pieces.append(.any)
      case UInt8(ascii: "\\") where place + 1 < pattern.count:
        place += 1
        pieces.append(.byte(ignoresCase ? lowered(pattern[place]) : pattern[place]))
      case UInt8(ascii: "["):
        if let (set, end) = ByteSet.parse(pattern, from: place, ignoresCase: ignoresCase) {
          pieces.append(.oneOf(set))
          place = end
        } else {
          pieces.append(.byte(UInt8(ascii: "[")))
        }
      default: pieces.append(.byte(ignoresCase ? lowered(pattern[place]) : pattern[place]))
      }
      place += 1
    }
    self.pieces = pieces
  }

  /// - Complexity: O(n · m): only the last star is ever tried again.
  func matches(_ text: [UInt8]) -> Bool {
    var place = 0
    var piece = 0
    var star: (piece: Int, place: Int)?
    while place < text.count {
      if piece < pieces.count, pieces[piece] == .star {
        star = (piece, place)
        piece += 1
      } else if piece < pieces.count, isMatch(pieces[piece], text[place]) {
        piece += 1
        place += 1
      } else if let last = star {
        star = (last.piece, last.place + 1)
        piece = last.piece + 1
        place = last.place + 1
      } else {
        return false
      }
    }
    return pieces[piece...].allSatisfy { $0 == .star }
  }

  private func isMatch(_ piece: Piece, _ byte: UInt8) -> Bool {
    switch piece {
    case .byte(let wanted): wanted == (ignoresCase ? lowered(byte) : byte)
    case .any: true
    case .star: false
    case .oneOf(let set): set.contains(ignoresCase ? lowered(byte) : byte)
    }
  }
}

/// A set of bytes: a bracket of a pattern.
struct ByteSet: Hashable, Sendable {
  private var words: SIMD4<UInt64> = .zero

  func contains(_ byte: UInt8) -> Bool { words[Int(byte >> 6)] & 1 << UInt64(byte & 63) != 0 }
  mutating func insert(_ byte: UInt8) { words[Int(byte >> 6)] |= 1 << UInt64(byte & 63) }

  /// Reads `[a-z]`, `[!0-9]`, `[[:alpha:]_]` from its bracket on; nil where it is not closed.
  ///
  /// - Returns: The set, and the place of the bracket that closes it.
  static func parse(_ pattern: [UInt8], from start: Int, ignoresCase: Bool) -> (ByteSet, Int)? {
    var set = ByteSet()
    var place = start + 1
    var isInverted = false
    if place < pattern.count, pattern[place] == UInt8(ascii: "!") || pattern[place] == UInt8(ascii: "^") {
      isInverted = true
      place += 1
    }
    let first = place
    while place < pattern.count {
      var low = pattern[place]
      if low == UInt8(ascii: "]"), place > first {
        if ignoresCase {
          for byte in UInt8(ascii: "A")...UInt8(ascii: "Z") where set.contains(byte) { set.insert(byte | 0x20) }
        }
        if isInverted { set.words = ~set.words }
        return (set, place)
      }
      if low == UInt8(ascii: "["), place + 1 < pattern.count, pattern[place + 1] == UInt8(ascii: ":"),
        let end = (place + 2..<pattern.count).first(where: { pattern[$0] == UInt8(ascii: ":") }),
        end + 1 < pattern.count, pattern[end + 1] == UInt8(ascii: "]"),
        let members = Self.classes[String(decoding: pattern[(place + 2)..<end], as: UTF8.self)]
      {
        for byte in UInt8.min..<0x80 where members(byte) { set.insert(byte) }
        place = end + 2
        continue
      }
      if low == UInt8(ascii: "\\"), place + 1 < pattern.count {
        place += 1
        low = pattern[place]
      }
      var high = low
      if place + 2 < pattern.count, pattern[place + 1] == UInt8(ascii: "-"), pattern[place + 2] != UInt8(ascii: "]") {
        place += 2
        if pattern[place] == UInt8(ascii: "\\"), place + 1 < pattern.count { place += 1 }
        high = pattern[place]
      }
      if low <= high { for byte in low...high { set.insert(byte) } }
      place += 1
    }
    return nil
  }

  private static let classes: [String: @Sendable (UInt8) -> Bool] = [
    "alpha": FilterScanner.isLetter, "digit": FilterScanner.isDigit,
    "alnum": { FilterScanner.isLetter($0) || FilterScanner.isDigit($0) },
    "upper": { $0 >= 0x41 && $0 <= 0x5a }, "lower": { $0 >= 0x61 && $0 <= 0x7a },
    "space": { $0 == 0x20 || $0 >= 0x09 && $0 <= 0x0d }, "blank": { $0 == 0x20 || $0 == 0x09 },
    "xdigit": { hexadecimal($0) != nil }, "cntrl": { $0 < 0x20 || $0 == 0x7f },
    "print": { $0 >= 0x20 && $0 < 0x7f }, "graph": { $0 > 0x20 && $0 < 0x7f },
    "punct": { $0 > 0x20 && $0 < 0x7f && !FilterScanner.isLetter($0) && !FilterScanner.isDigit($0) },
  ]
}

/// Paths of which one is to be the beginning of another, by whole components: `/var/run` of `/var/run/x`, not of
/// `/var/runx`. A component may be a pattern.
struct PathPrefixes: Hashable, Sendable {
  /// Components joined by `/`, without one in front.
  private let plain: Set<[UInt8]>
  private let patterns: [[GlobPattern]]
  private static let slash = UInt8(ascii: "/")

  init(_ paths: [[UInt8]]) {
    let isPattern = { (path: [UInt8]) in path.contains { "*?[".utf8.contains($0) } }
    plain = Set(
      paths.filter { !isPattern($0) }.map { Array($0.split(separator: Self.slash).joined(separator: [Self.slash])) })
    patterns = paths.filter(isPattern).map { $0.split(separator: Self.slash).map { GlobPattern(Array($0)) } }
  }

  func matches(_ path: [UInt8]) -> Bool {
    if plain.contains([]) { return true }
    let components = path.split(separator: Self.slash)
    var known: [UInt8] = []
    for component in components {
      if !known.isEmpty { known.append(Self.slash) }
      known += component
      if plain.contains(known) { return true }
    }
    return patterns.contains { pattern in
      pattern.count <= components.count && zip(pattern, components).allSatisfy { $0.matches(Array($1)) }
    }
  }
}
