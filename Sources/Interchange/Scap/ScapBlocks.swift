internal import Posix

/// The numbers of a .scap file's blocks.
enum ScapBlockType {
  static let section: UInt32 = 0x0A0D_0D0A
  static let machine: UInt32 = 0x201
  static let descriptorsV1: UInt32 = 0x203
  static let events: UInt32 = 0x204
  static let interfaces: UInt32 = 0x205
  static let users: UInt32 = 0x206
  static let eventsWithFlags: UInt32 = 0x208
  static let processesV9: UInt32 = 0x215
  static let eventsV2: UInt32 = 0x216
  static let eventsV2WithFlags: UInt32 = 0x217
  static let descriptorsV2: UInt32 = 0x218
  static let interfacesV2: UInt32 = 0x219
  static let usersV2: UInt32 = 0x220
  static let largeEvents: UInt32 = 0x221
  static let largeEventsWithFlags: UInt32 = 0x222

  /// The version of a list of processes, 1 to 9; nil for any other block.
  static func processListVersion(_ type: UInt32) -> Int? {
    switch type {
    case 0x202: 1
    case 0x207: 2
    case 0x209: 3
    case 0x210...0x215: Int(type) - 0x210 + 4
    default: nil
    }
  }

  /// The number of today for one of before the library's first release.
  static func current(_ type: UInt32) -> UInt32 {
    switch type {
    case 0x8000_ABCD: 0x202
    case 0x8001_ABCD: descriptorsV1
    case 0x8002_ABCD: machine
    case 0x8010_ABCD: events
    case 0x8011_ABCD: interfaces
    case 0x8012_ABCD: users
    case 0x8013_ABCD: 0x207
    case 0x8014_ABCD: 0x209
    default: type
    }
  }

  static func isKnown(_ type: UInt32) -> Bool {
    let type = current(type)
    return type == section || (0x201...0x209).contains(type) || (0x210...0x222).contains(type)
  }
}

/// A place of a .scap file that could not be read.
struct ScapProblem: Hashable {
  /// In the unpacked bytes.
  var offset: UInt64
  var length: UInt64
  var reason: String

  var message: String { "offset \(offset): \(reason), \(length) bytes passed over" }
}

/// Walks the blocks of a .scap file, and goes on behind damage where the next block is recognised.
///
/// ```
///  0        4         8                       8 + n            total
/// ┌────────┬─────────┬────────────────────────┬────────┬───────┐
/// │ type   │ total   │ body                   │ pad to │ total │
/// │ u32    │ u32     │                        │ 4      │ u32   │
/// └────────┴─────────┴────────────────────────┴────────┴───────┘
/// ```
final class ScapBlocks {
  let source: ScapSource
  /// The first ``problemLimit`` of them.
  private(set) var problems: [ScapProblem] = []
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

  init(_ source: ScapSource) { self.source = source }

  /// Goes to the next block.
  ///
  /// - Parameter body: What is between its frame, padding included; valid until the next call.
  /// - Returns: Its type, as today's number; nil at the end.
  func next(_ body: inout UnsafeRawBufferPointer) throws(SystemError) -> UInt32? {
    source.skip(pending)
    pending = 0
    while true {
      guard try source.require(8) else {
        endTail()
        return nil
      }
      let type = source.available.loadUnaligned(as: UInt32.self)
      let total = Int(source.available.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
      if let reason = try fault(type, total, limit: Self.lengthLimit) {
        try findNext(reason)
        continue
      }
      pending = total
      body = UnsafeRawBufferPointer(rebasing: source.available[8..<(total - 4)])
      if !ScapBlockType.isKnown(type) {
        unknownBlocks += 1
        source.skip(pending)
        pending = 0
        continue
      }
      return ScapBlockType.current(type)
    }
  }

  /// Takes note of a block whose frame is whole and whose inside is not.
  func noteDamage(_ reason: String, length: Int) { note(at: source.position, UInt64(length), reason) }

  /// What is wrong with the frame that begins here; nil where it is whole.
  private func fault(_ type: UInt32, _ total: Int, limit: Int) throws(SystemError) -> String? {
    guard total >= 12, total <= limit else { return "a block cannot be \(total) bytes long" }
    if type == ScapBlockType.section {
      guard try source.require(12) else { return "the file ends inside a block" }
      let magic = source.available.loadUnaligned(fromByteOffset: 8, as: UInt32.self)
      guard magic == 0x1A2B_3C4D else { return "a section header without its mark" }
    }
    guard try source.require(total) else { return "the file ends inside a block" }
    let trailer = source.available.loadUnaligned(fromByteOffset: total - 4, as: UInt32.self)
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
        let type = bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)
        if ScapBlockType.isKnown(type) {
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
      let type = source.available.loadUnaligned(as: UInt32.self)
      let total = Int(source.available.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
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
      problems.append(ScapProblem(offset: offset, length: length, reason: reason))
    }
  }
}
