internal import CaptureFormat
internal import Events
internal import ProbeRecords

/// One descriptor that a process has open.
struct OpenDescriptor {
  var number: Int32
  var flags: DescriptorFlags = []
  var type: UInt8 = 0
  var mode: UInt16 = 0
  var device: UInt32 = 0
  var id: UInt64 = 0
  var inode: UInt64 = 0
  /// When the process got it, since boot; 0 is unknown, but before it was first seen.
  var since: UInt64 = 0
  /// What the file is called, where that is known.
  var definition: FileDefinition?

  mutating func take(_ file: at_file, _ definition: FileDefinition?) {
    id = file.id
    inode = file.inode
    device = file.device
    mode = file.mode
    type = file.type
    if let definition { self.definition = definition }
  }

  func isSameFile(as file: at_file) -> Bool { inode == file.inode && device == file.device && type == file.type }
}

/// A descriptor that is not open any more, kept while a window could begin before its end.
struct ClosedDescriptor {
  var descriptor: OpenDescriptor
  var process: ProcessKey
  var until: BootTime
}

/// The closed descriptors of one container, in the order of their ends.
///
/// Only those are here that a whole second of the boot clock fell into: a capture tells what was open at such a second,
/// so what came and went between two of them is never asked for.
struct DescriptorArchive {
  private var closed: [ClosedDescriptor] = []
  private var head = 0
  /// Before this some may be missing: they were too many.
  private(set) var completeSince = BootTime(nanoseconds: 0)
  private static let limit = 16_384

  var memoryInBytes: Int { closed.capacity * MemoryLayout<ClosedDescriptor>.stride }

  mutating func append(_ descriptor: ClosedDescriptor) {
    closed.append(descriptor)
    if closed.count - head > Self.limit {
      completeSince = closed[head].until
      removeFirst(1)
    }
  }

  mutating func forget(before time: BootTime) {
    var count = 0
    while head + count < closed.count, closed[head + count].until < time { count += 1 }
    removeFirst(count)
  }

  func since(_ time: BootTime) -> some Sequence<ClosedDescriptor> { closed[head...].lazy.filter { $0.until > time } }

  private mutating func removeFirst(_ count: Int) {
    head += count
    if head == closed.count {
      closed = []
      head = 0
    } else if head > 64, head * 2 > closed.count {
      closed.removeFirst(head)
      head = 0
    }
  }
}
