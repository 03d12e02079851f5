internal import CaptureFormat
internal import Events
internal import ProbeRecords

/// What a file identity is called: from the one definition record that carried its number.
struct FileDefinition: Sendable {
  var file: FileID
  var inode: UInt64
  var device: UInt32
  var mode: UInt16
  var type: UInt8
  /// `O_*` as the open file held them when it was first seen.
  var openFlags: UInt32?
  /// Path as the container sees it, or a name such as `pipe:[4711]`; nil for sockets without one.
  var path: [UInt8]?
  var flags: EventFlags
  var local: SocketAddress?
  var remote: SocketAddress?
  var cookie: UInt64?
  var networkNamespace: UInt32?
  var socketType: UInt16?
  var networkProtocol: UInt16?
  var peerInode: UInt64?
}

/// The definitions seen so far, bounded: the oldest go first, and what is gone reads as unknown.
struct FileTable {
  private var definitions: [FileID: FileDefinition] = [:]
  private var order: [FileID] = []
  private var oldest = 0
  private let capacity: Int
  /// Definitions given up to stay within the bound.
  private(set) var evictions: UInt64 = 0

  init(capacity: Int) { self.capacity = capacity }

  subscript(id: FileID) -> FileDefinition? { definitions[id] }

  mutating func insert(_ definition: FileDefinition) {
    if definitions.updateValue(definition, forKey: definition.file) == nil { order.append(definition.file) }
    guard order.count - oldest > capacity else { return }
    definitions[order[oldest]] = nil
    oldest += 1
    evictions += 1
    if oldest > capacity {
      order.removeFirst(oldest)
      oldest = 0
    }
  }
}
