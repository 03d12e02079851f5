internal import Posix

/// A place of a file that could not be read.
struct FileProblem: Hashable {
  /// In the unpacked bytes.
  var offset: UInt64
  var length: UInt64
  var reason: String

  var message: String { "offset \(offset): \(reason), \(length) bytes passed over" }
}

/// Walks the blocks of a file in pcapng's framing, and goes on behind damage where the next block is recognised.
///
/// ```
///  0        4         8                       8 + n            total
/// ┌────────┬─────────┬────────────────────────┬────────┬───────┐
/// │ type   │ total   │ body                   │ pad to │ total │
/// │ u32    │ u32     │                        │ 4      │ u32   │
/// └────────┴─────────┴────────────────────────┴────────┴───────┘
/// ```
final class FramedBlocks {
  let source: PackedSource
  /// The first ``problemLimit`` of them.
  private(set) var problems: [FileProblem] = []
  private(set) var problemCount = 0
  private(set) var skippedBytes: UInt64 = 0
  /// Framed well and of a number that this version does not know.
  private(set) var unknownBlocks = 0
  private static let problemLimit = 64
  /// A list of all processes of a large host is the longest that is met.
  private static let lengthLimit = 64 << 20
  /// While a next block is looked for, shorter ones are believed in alone.
  private static let lengthLimitOfSearch = 4 << 20

  private var pending = 0
  private let isKnown: (UInt32) -> Bool
  private let mayBeBigEndian: Bool
  /// Of the section that the last block was in.
  private(set) var isBigEndian = false
  private static let section: UInt32 = 0x0A0D_0D0A
  private static let magic: UInt32 = 0x1A2B_3C4D

  /// - Parameters:
  ///   - mayBeBigEndian: Whether sections may be written in the other order of bytes.
  ///   - isKnown: Which types of block there are; others are passed over.
  init(_ source: PackedSource, mayBeBigEndian: Bool = false, isKnown: @escaping (UInt32) -> Bool) {
    self.source = source
    self.mayBeBigEndian = mayBeBigEndian
    self.isKnown = isKnown
  }

  func integer(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt32 {
    let value = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
    return isBigEndian ? value.byteSwapped : value
  }

  /// Goes to the next block.
  ///
  /// - Parameter body: What is between its frame, padding included; valid until the next call.
  /// - Returns: Its type; nil at the end.
  func next(_ body: inout UnsafeRawBufferPointer) throws(SystemError) -> UInt32? {
    source.skip(pending)
    pending = 0
    while true {
      guard try source.require(8) else {
        endTail()
        return nil
      }
      try settleOrder()
      let type = integer(source.available, at: 0)
      let total = Int(integer(source.available, at: 4))
      if let reason = try fault(type, total, limit: Self.lengthLimit) {
        try findNext(reason)
        continue
      }
      pending = total
      body = UnsafeRawBufferPointer(rebasing: source.available[8..<(total - 4)])
      if !isKnown(type) {
        unknownBlocks += 1
        source.skip(pending)
        pending = 0
        continue
      }
      return type
    }
  }

  /// A section header says in which order of bytes it is.
  private func settleOrder() throws(SystemError) {
    guard mayBeBigEndian, source.available.loadUnaligned(as: UInt32.self) == Self.section,
      try source.require(12)
    else { return }
    let mark = source.available.loadUnaligned(fromByteOffset: 8, as: UInt32.self)
    if mark == Self.magic || mark.byteSwapped == Self.magic { isBigEndian = mark != Self.magic }
  }

  /// Takes note of a block whose frame is whole and whose inside is not.
  func noteDamage(_ reason: String, length: Int) { note(at: source.position, UInt64(length), reason) }

  /// What is wrong with the frame that begins here; nil where it is whole.
  private func fault(_ type: UInt32, _ total: Int, limit: Int) throws(SystemError) -> String? {
    guard total >= 12, total <= limit else { return "a block cannot be \(total) bytes long" }
    if type == Self.section {
      guard try source.require(12) else { return "the file ends inside a block" }
      guard integer(source.available, at: 8) == Self.magic else { return "a section header without its mark" }
    }
    guard try source.require(total) else { return "the file ends inside a block" }
    let trailer = integer(source.available, at: total - 4)
    return Int(trailer) == total ? nil : "a block that begins with length \(total) and ends with \(trailer)"
  }

  /// Passes over bytes until a whole block begins.
  private func findNext(_ reason: String) throws(SystemError) {
    let begin = source.position
    source.skip(1)
    while try source.require(12) {
      let bytes = source.available
      var place = 0
      var found: Int?
      while place + 12 <= bytes.count {
        if isKnown(integer(bytes, at: place)) {
          found = place
          break
        }
        place += 1
      }
      guard let found else {
        source.skip(bytes.count - 11)
        continue
      }
      source.skip(found)
      try settleOrder()
      let type = integer(source.available, at: 0)
      let total = Int(integer(source.available, at: 4))
      if try fault(type, total, limit: Self.lengthLimitOfSearch) == nil {
        return note(at: begin, source.position - begin, reason)
      }
      source.skip(1)
    }
    source.skip(source.available.count)
    note(at: begin, source.position - begin, source.problem ?? reason)
  }

  private func endTail() {
    let rest = source.available.count
    let offset = source.position
    source.skip(rest)
    if rest > 0 || source.problem != nil {
      note(at: offset, UInt64(rest), source.problem ?? "the file ends inside a block")
    }
  }

  private func note(at offset: UInt64, _ length: UInt64, _ reason: String) {
    problemCount += 1
    skippedBytes += length
    if problems.count < Self.problemLimit {
      problems.append(FileProblem(offset: offset, length: length, reason: reason))
    }
  }
}
