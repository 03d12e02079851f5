internal import Events
internal import ProbeRecords

/// The credentials that each thread had when it was last heard of: what a call that changes them found.
///
/// The probes see a call when it is over. Credentials are a thread's own, so what is known of one says nothing of the
/// others of its process, but for those that it makes: a new thread or process begins with its maker's.
struct CredentialTable {
  private struct Entry {
    var process: ProcessKey
    /// The time of the record that told of them.
    var since: UInt64
    var credentials: at_credentials
  }

  private var entries: [UInt32: Entry] = [:]
  /// Ends may be lost. Beyond this the table begins anew: then "before" is unknown for a while, and never wrong.
  private static let limit = 65_536

  /// What the thread had before `time`; nil where that is not known.
  func credentials(of thread: UInt32, _ process: ProcessKey, before time: UInt64) -> at_credentials? {
    guard let entry = entries[thread], entry.process == process, entry.since < time else { return nil }
    return entry.credentials
  }

  mutating func set(_ thread: UInt32, _ process: ProcessKey, _ credentials: at_credentials?, at time: UInt64) {
    guard let credentials else {
      entries[thread] = nil
      return
    }
    if entries.count >= Self.limit { entries = [:] }
    entries[thread] = Entry(process: process, since: time, credentials: credentials)
  }

  var memoryInBytes: Int { entries.capacity * (MemoryLayout<Entry>.stride + 8) }
}

/// The column of each part of credentials: after a call, and before it where that is told.
enum CredentialColumns {
  static let all: [(now: ColumnID, old: ColumnID?, value: @Sendable (at_credentials) -> UInt64)] = [
    (.userID, .oldUserID, { UInt64($0.uid) }), (.groupID, .oldGroupID, { UInt64($0.gid) }),
    (.effectiveUserID, .oldEffectiveUserID, { UInt64($0.effective_uid) }),
    (.effectiveGroupID, .oldEffectiveGroupID, { UInt64($0.effective_gid) }),
    (.savedUserID, nil, { UInt64($0.saved_uid) }), (.savedGroupID, nil, { UInt64($0.saved_gid) }),
    (.filesystemUserID, nil, { UInt64($0.filesystem_uid) }), (.filesystemGroupID, nil, { UInt64($0.filesystem_gid) }),
    (.effectiveCapabilities, .oldEffectiveCapabilities, { $0.effective }),
    (.permittedCapabilities, .oldPermittedCapabilities, { $0.permitted }),
    (.inheritableCapabilities, nil, { $0.inheritable }),
    (.boundingCapabilities, .oldBoundingCapabilities, { $0.bounding }), (.ambientCapabilities, nil, { $0.ambient }),
  ]
}
