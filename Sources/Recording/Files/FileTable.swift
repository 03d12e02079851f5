internal import CaptureFormat
internal import Events

/// What a file identity is called: from the one definition record that carried its number.
final class FileDefinition {
  let file: FileID
  let inode: UInt64
  let device: UInt32
  let mode: UInt16
  let type: UInt8
  /// `O_*` as the open file held them when it was first seen.
  let openFlags: UInt32?
  /// Path as the container sees it, or a name such as `pipe:[4711]`; nil for sockets without one.
  var path: [UInt8]?
  var flags: EventFlags
  var local: SocketAddress?
  var remote: SocketAddress?
  /// ``remote``, as a block holds it.
  var peer: EncodedAddress?
  var cookie: UInt64?
  var networkNamespace: UInt32?
  var socketType: UInt16?
  var networkProtocol: UInt16?
  var peerInode: UInt64?

  init(
    file: FileID, inode: UInt64, device: UInt32, mode: UInt16, type: UInt8, openFlags: UInt32? = nil,
    path: [UInt8]? = nil, flags: EventFlags = []
  ) {
    self.file = file
    self.inode = inode
    self.device = device
    self.mode = mode
    self.type = type
    self.openFlags = openFlags
    self.path = path
    self.flags = flags
  }
}

/// The definitions seen so far, bounded: what was not asked for the longest goes first, and what is gone reads as unknown.
struct FileTable {
  /// Those that came or were asked for lately; once they are half of the bound they become the older ones.
  private var recent: [FileID: FileDefinition] = [:]
  private var older: [FileID: FileDefinition] = [:]
  private let half: Int
  private var hasGivenUp = false
  /// Of the recent ones, by the low bits of their numbers: a dictionary costs a hash each time.
  private var latest: [FileDefinition?] = Array(repeating: nil, count: 64)
  /// Times that a name was asked for and not there, since definitions were given up to stay within the bound.
  private(set) var misses: UInt64 = 0

  init(capacity: Int) { half = max(capacity / 2, 1) }

  /// An object, its path and its place in a dictionary, roughly.
  var memoryInBytes: Int { (recent.count + older.count) * 320 + (recent.capacity + older.capacity) * 24 }

  mutating func insert(_ definition: FileDefinition) {
    if recent.updateValue(definition, forKey: definition.file) == nil, recent.count >= half {
      hasGivenUp = hasGivenUp || !older.isEmpty
      older = recent
      recent = [:]
      // Only of the recent ones: who is still asked for is to be found there again.
      for slot in latest.indices { latest[slot] = nil }
    } else {
      latest[slot(of: definition.file)] = definition
    }
  }

  /// What is known of a file. A file that events go on naming keeps its name, however many are defined after it.
  mutating func definition(of id: FileID) -> FileDefinition? {
    let slot = slot(of: id)
    if let definition = latest[slot], definition.file == id { return definition }
    if let definition = recent[id] {
      latest[slot] = definition
      return definition
    }
    guard let definition = older.removeValue(forKey: id) else {
      if hasGivenUp { misses += 1 }
      return nil
    }
    insert(definition)
    return definition
  }

  private func slot(of id: FileID) -> Int { Int(id.rawValue & 63) }
}
