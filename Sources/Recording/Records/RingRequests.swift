internal import Events
internal import ProbeRecords
internal import SystemCalls

/// Requests to io_uring that are on their way, and whether they can be read at all.
///
/// What a request names is told when it is submitted, what became of it when it is complete: both make one event.
struct RingRequests {
  /// How a trial went: a request that the recorder made itself.
  enum Trial {
    /// At this time; its event has not come yet.
    case made(UInt64)
    /// It could not be made, or its event did not come.
    case unseen
    case seen
    /// This host has no rings.
    case needless
  }

  var trial = Trial.unseen
  /// Nothing is known against it.
  var isDecoded: Bool { if case .unseen = trial { false } else { true } }
  private var submissions: [UInt64: [UInt8]] = [:]
  /// Completions may be lost.
  static let limit = 4096
  /// Bytes of them.
  private(set) var memoryInBytes = 0
  #if arch(arm64)
    static let abi = UInt8(AT_ABI_ARM64.rawValue)
  #else
    static let abi = UInt8(AT_ABI_X86_64.rawValue)
  #endif

  mutating func keep(_ record: UnsafeRawBufferPointer, id: UInt64) {
    submissions[id] = Array(record)
    memoryInBytes += record.count + 64
  }

  mutating func take(_ id: UInt64) -> [UInt8]? {
    guard id != 0, let bytes = submissions.removeValue(forKey: id) else { return nil }
    memoryInBytes -= bytes.count + 64
    return bytes
  }

  /// Takes out what will not be complete, or does not say so: the oldest of too many, and what asked for silence before `time`.
  mutating func takeStale(silentBefore time: UInt64) -> [[UInt8]] {
    if submissions.isEmpty { return [] }
    var ids = submissions.filter { _, bytes in
      bytes.withUnsafeBytes { bytes in
        let ring = bytes.loadUnaligned(as: at_ring.self)
        return ring.header.time < time && (ring.flags & UInt8(AT_RING_SILENT) != 0 || time == .max)
      }
    }.map(\.key)
    if submissions.count - ids.count > Self.limit {
      ids = submissions.keys.sorted().prefix(submissions.count - Self.limit / 2) + ids
    }
    return ids.sorted().compactMap { take($0) }
  }
}
