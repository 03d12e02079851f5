internal import CaptureFormat
internal import Events
internal import ProbeRecords

/// Records of cgroups that may still turn out to be containers: held, copied, until their metadata was looked for.
///
/// Bounded: beyond the limit a record is decoded at once, as what its cgroup counts to so far.
struct PendingRecords {
  private struct Record {
    var time: UInt64
    var cgroup: UInt64
    var bytes: [UInt8]
  }

  private var records: [Record] = []
  private var heldBytes = 0
  private let limit = 8 << 20
  /// A cgroup is given this long to say what it is.
  private let patience: UInt64 = 2_000_000_000
  /// Records for which there was no room: attributed before it was known to whom.
  private(set) var droppedCount: UInt64 = 0
  /// When the first and the last of those were that were not taken yet.
  private var dropped: (from: UInt64, to: UInt64, count: UInt64)?

  /// False: there is no room, or the record is not one that depends on a container.
  mutating func hold(_ record: ProbeRecord) -> Bool {
    let header = record.header
    let form = UInt32(header.form)
    guard form != AT_FORM_DEFINITION.rawValue, form != AT_FORM_CGROUP.rawValue else { return false }
    guard heldBytes + record.bytes.count <= limit else {
      droppedCount += 1
      dropped = (dropped?.from ?? header.time, header.time, (dropped?.count ?? 0) + 1)
      return false
    }
    heldBytes += record.bytes.count
    records.append(Record(time: header.time, cgroup: header.cgroup, bytes: Array(record.bytes)))
    return true
  }

  /// Events that were attributed too early since the last call.
  mutating func takeDropped() -> LossRow? {
    defer { dropped = nil }
    return dropped.map {
      LossRow(
        cause: .notAttributed, lane: nil, container: nil, from: BootTime(nanoseconds: $0.from),
        to: BootTime(nanoseconds: $0.to), count: $0.count)
    }
  }

  mutating func replay(now: UInt64, isDecided: (UInt64) -> Bool, decode: (ProbeRecord) -> Void) {
    guard !records.isEmpty else { return }
    var kept: [Record] = []
    for record in records {
      let isOver = now > patience && now - patience > record.time
      guard isOver || isDecided(record.cgroup) else {
        kept.append(record)
        continue
      }
      heldBytes -= record.bytes.count
      record.bytes.withUnsafeBytes { bytes in
        if let record = ProbeRecord(bytes) { decode(record) }
      }
    }
    records = kept
  }
}
