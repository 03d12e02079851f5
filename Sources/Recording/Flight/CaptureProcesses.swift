internal import CaptureFormat
internal import Events

/// The processes that a capture of one container tells of: its own, alive and dead, and above them whoever started them.
///
/// Those above are of others: they are there with pid, start and name, and nothing of what they were told.
struct CaptureProcesses {
  let key: ContainerKey
  private(set) var rows: [ProcessRow] = []
  /// Its own, of which some were something else before an exec.
  private(set) var own: [ProcessRow] = []
  private let superseded: [ProcessKey: [ProcessArchive.Image]]

  /// - Parameter since: Processes that had died before are left out.
  init(_ key: ContainerKey, table: ProcessTable, history: ContainerHistory, since: BootTime) {
    self.key = key
    let images = history.processes.images(since: since)
    own = images.filter { !$0.isSuperseded }.map(\.row)
    superseded = Dictionary(grouping: images.filter(\.isSuperseded)) { $0.row.key }
    var known = Set(own.map(\.key))
    for process in table.processes
    where !process.isForgotten && process.container == key && !process.isBuried && (process.end ?? since) >= since
      && known.insert(process.key).inserted
    {
      own.append(process.row)
    }
    rows = own
    // Parents, dead or another's, as far as they are known.
    var next = own.compactMap(\.parent)
    while let parent = next.popLast() {
      guard known.insert(parent).inserted, let number = table.number(of: parent) else { continue }
      let process = table[number]
      rows.append(process.container == key ? process.row : process.ancestorRow)
      if let above = process.parent { next.append(above) }
    }
  }

  /// Those that were alive at `time`, as they were then.
  func alive(at time: BootTime) -> [ProcessRow] {
    let byKey = Dictionary(rows.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    return own.compactMap { row in
      guard row.key.start <= time, (row.end ?? time) >= time else { return nil }
      return row.execTime.map { $0 <= time } ?? true ? plain(row) : image(of: row, at: time, byKey)
    }
  }

  /// A process that has run another program since: what it ran then, or the copy of its parent that it was.
  private func image(of row: ProcessRow, at time: BootTime, _ rows: [ProcessKey: ProcessRow]) -> ProcessRow {
    let earlier = superseded[row.key]?.first { $0.until > time && ($0.row.execTime ?? $0.row.key.start) <= time }
    if let earlier { return plain(earlier.row) }
    var copy = plain(row)
    copy.execTime = nil
    copy.arguments = nil
    let parent = row.parent.flatMap { rows[$0] }
    let isItself = parent.map { $0.container == key && ($0.execTime ?? $0.key.start) <= row.key.start } ?? false
    copy.comm = isItself ? parent?.comm ?? [] : []
    copy.executable = isItself ? parent?.executable : nil
    copy.arguments = isItself ? parent?.arguments : nil
    return copy
  }

  /// As it was while it lived: its end is not known yet.
  private func plain(_ row: ProcessRow) -> ProcessRow {
    var row = row
    row.end = nil
    row.exitCode = nil
    row.eventCount = nil
    return row
  }
}
