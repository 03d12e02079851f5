public import CaptureFormat
public import Events

/// One line of time for all that a file holds.
///
/// Of one boot it is that boot's own clock. Sections of several boots have no clock in common: there it is wall time, and a
/// ``BootTime`` on it counts from 1970. Processes follow: their keys bear the start as it stands on the line.
public struct CommonTime: Sendable {
  /// By section; empty where all are of one boot.
  private var clocks: [UInt32: CaptureClock] = [:]
  /// Tells the wall time of a place on the line.
  public let clock: CaptureClock

  public init(_ boots: [CaptureBoot]) {
    guard boots.count != 1 else {
      clock = boots[0].clock
      return
    }
    let zero = BootTime(nanoseconds: 0)
    clock = CaptureClock(anchors: [
      AnchorRow(boot: zero, monotonic: 0, real: WallTime(nanoseconds: 0), reason: .start)
    ])
    for boot in boots { for section in boot.sections { clocks[section.section] = boot.clock } }
  }

  /// Whether it is one boot's clock.
  public var isOfOneBoot: Bool { clocks.isEmpty }

  /// Where a boot time of a section stands. A boot without an anchor comes before all others.
  public func time(_ time: BootTime, in section: UInt32) -> BootTime {
    guard let clock = clocks[section] else { return time }
    let wall = Int64(bitPattern: clock.timeLine(of: time) ^ 1 << 63)
    return BootTime(nanoseconds: UInt64(max(wall, 0)))
  }

  /// A start that is not known stays so.
  public func key(_ key: ProcessKey, in section: UInt32) -> ProcessKey {
    if clocks.isEmpty || key.start.nanoseconds == 0 { return key }
    return ProcessKey(pid: key.pid, start: time(key.start, in: section))
  }

  func entry(_ entry: BlockEntry) -> BlockEntry {
    if clocks.isEmpty { return entry }
    var entry = entry
    entry.firstTime = time(entry.firstTime, in: entry.section)
    entry.lastTime = time(entry.lastTime, in: entry.section)
    return entry
  }

  func row(_ row: ProcessRow, in section: UInt32) -> ProcessRow {
    if clocks.isEmpty { return row }
    var row = row
    row.key = key(row.key, in: section)
    row.parent = row.parent.map { key($0, in: section) }
    row.end = row.end.map { time($0, in: section) }
    row.execTime = row.execTime.map { time($0, in: section) }
    return row
  }
}

extension Capture {
  /// Every process of all sections, on the common line of time.
  public func processes(on line: CommonTime) throws(CaptureError) -> [ProcessRow] {
    var rows: [ProcessRow] = []
    for boot in boots {
      let section = boot.sections[0].section
      let processes = try ProcessHistory(of: boot).processes
      rows += line.isOfOneBoot ? processes : processes.map { line.row($0, in: section) }
    }
    return rows
  }

  public func losses(on line: CommonTime) throws(CaptureError) -> [LossRow] {
    var rows: [LossRow] = []
    for section in sections {
      rows += try section.losses().map { row in
        var row = row
        row.from = line.time(row.from, in: section.section)
        row.to = line.time(row.to, in: section.section)
        return row
      }
    }
    return rows
  }

  public func triggers(on line: CommonTime) throws(CaptureError) -> [TriggerRow] {
    var rows: [TriggerRow] = []
    for section in sections {
      rows += try section.triggers().map { row in
        var row = row
        row.time = line.time(row.time, in: section.section)
        return row
      }
    }
    return rows
  }

  public func containers(on line: CommonTime) throws(CaptureError) -> [ContainerRow] {
    var rows: [ContainerRow] = []
    for section in sections {
      rows += try section.containers().map { row in
        var row = row
        row.started = row.started.map { line.time($0, in: section.section) }
        row.ended = row.ended.map { line.time($0, in: section.section) }
        return row
      }
    }
    return rows
  }
}
