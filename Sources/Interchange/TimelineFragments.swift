internal import CaptureFormat
internal import Events
internal import JSON
internal import Reconstruction

/// Members of the timeline's objects that many events share, as JSON text made once.
///
/// What comes from a block's dictionary lives as long as the block; what follows from an event's kind, call and error is
/// kept in a table of fixed size, where a newer one takes an older one's place. So memory is bounded whatever is read.
final class TimelineFragments {
  /// Of one block.
  final class Block {
    /// An exporter's own: another one may say other things of the same block.
    let owner: ObjectIdentifier
    /// Capture, host and container.
    let origin: [UInt8]
    var processes: [Process?]
    var files = PlaceTable<File>()

    init(owner: TimelineFragments, origin: [UInt8], processCount: Int) {
      self.owner = ObjectIdentifier(owner)
      self.origin = origin
      processes = Array(repeating: nil, count: processCount)
    }
  }

  /// What stands before and after the thread's number.
  final class Process {
    let head: [UInt8]
    let tail: [UInt8]
    init(head: [UInt8], tail: [UInt8]) {
      self.head = head
      self.tail = tail
    }
  }

  final class File {
    let isSocket: Bool
    /// Path, name and directory.
    let path: [UInt8]
    /// Inode and device.
    let identity: [UInt8]
    /// Of a kind of event that says no address of its own.
    var network: (kind: EventKind, members: [UInt8])?

    init(isSocket: Bool, path: [UInt8], identity: [UInt8]) {
      self.isSocket = isSocket
      self.path = path
      self.identity = identity
    }
  }

  /// What decides the members that say what kind of event it is.
  struct AspectKey: Equatable {
    var kind: EventKind
    var call: UInt32?
    /// Zero where there is none.
    var error: Int64
    var isRestarted: Bool
    var hasNoResult: Bool
    /// Of a file that is opened.
    var access: Access?
    var lane: Lane?

    enum Access: UInt8 { case read, change, create }

    fileprivate var slot: Int {
      var hash = UInt64(kind.rawValue) &* 0x9e37_79b9_7f4a_7c15
      hash = (hash ^ UInt64(call ?? .max)) &* 0x9e37_79b9_7f4a_7c15
      hash = (hash ^ UInt64(bitPattern: error) ^ UInt64(access?.rawValue ?? 7) << 32) &* 0x9e37_79b9_7f4a_7c15
      return Int(hash >> 54)
    }
  }

  /// What stands before and after the sequence.
  final class Aspect {
    let key: AspectKey
    let head: [UInt8]
    let tail: [UInt8]
    let hasResult: Bool
    let isNetwork: Bool

    init(key: AspectKey, head: [UInt8], tail: [UInt8], hasResult: Bool, isNetwork: Bool) {
      self.key = key
      self.head = head
      self.tail = tail
      self.hasResult = hasResult
      self.isNetwork = isNetwork
    }
  }

  private var aspects = [Aspect?](repeating: nil, count: 1024)
  /// Where a line is put together.
  var line: [UInt8] = []
  var calendar = CalendarText.iso8601()

  func aspect(_ key: AspectKey, make: () -> Aspect) -> Aspect {
    let slot = key.slot
    if let known = aspects[slot], known.key == key { return known }
    let made = make()
    aspects[slot] = made
    return made
  }

  func block(of event: EventBlock, origin: () -> [UInt8]) -> Block {
    let readings = BlockReadings.of(event)
    if let known = readings.exported as? Block, known.owner == ObjectIdentifier(self) { return known }
    let made = Block(owner: self, origin: origin(), processCount: event.processes.count)
    readings.exported = made
    return made
  }
}

extension JSONText {
  /// Members outside of any object, to be appended to many.
  static func members(_ write: (inout JSONText) -> Void) -> [UInt8] {
    var json = JSONText()
    write(&json)
    return json.bytes
  }
}
