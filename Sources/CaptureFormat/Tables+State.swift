internal import Bytes
internal import Events

// The tables of a state block: where streams begin, and what was open there. Processes have the columns that they have
// everywhere.

extension StateRow {
  func write(to table: TableBuilder) {
    table.set(.container, container.rawValue)
    table.set(.lane, lane.rawValue)
    table.set(.firstTime, achievedStart.nanoseconds)
    table.set(.firstSequence, firstSequence)
    table.set(.stateTime, stateTime?.nanoseconds)
  }

  static func rows(_ table: TableReader) throws(ByteError) -> [StateRow] {
    var containers = try table.integers(.container)
    var lanes = try table.integers(.lane)
    var starts = try table.integers(.firstTime)
    var sequences = try table.integers(.firstSequence)
    var stateTimes = try table.integers(.stateTime)
    return (0..<table.rowCount).compactMap { row in
      guard let lane = lanes.exactly(row).flatMap(Lane.init(rawValue:)) else { return nil }
      return StateRow(
        container: table.container(containers.exactly(row) ?? 0), lane: lane,
        achievedStart: starts.time(row) ?? BootTime(nanoseconds: 0), firstSequence: sequences.unsigned(row) ?? 0,
        stateTime: stateTimes.time(row))
    }
  }
}

extension DescriptorRow {
  func write(to table: TableBuilder) {
    table.set(.container, container.rawValue)
    table.set(.pid, process.pid)
    table.set(.start, process.start.nanoseconds)
    table.set(.descriptor, descriptor)
    table.set(.descriptorFlags, flags.rawValue)
    table.set(.since, since?.nanoseconds)
    file.write(to: table)
  }

  static func rows(_ table: TableReader) throws(ByteError) -> [DescriptorRow] {
    var containers = try table.integers(.container)
    var pids = try table.integers(.pid)
    var starts = try table.integers(.start)
    var numbers = try table.integers(.descriptor)
    var flags = try table.integers(.descriptorFlags)
    var sinces = try table.integers(.since)
    let files = try BlockFile.rows(table)
    return (0..<table.rowCount).map { row in
      DescriptorRow(
        container: table.container(containers.exactly(row) ?? 0),
        process: ProcessKey(pid: pids.exactly(row) ?? 0, start: starts.time(row) ?? BootTime(nanoseconds: 0)),
        descriptor: numbers.exactly(row) ?? -1, flags: DescriptorFlags(rawValue: flags.exactly(row) ?? 0),
        since: sinces.time(row), file: files[row])
    }
  }
}

extension BlockFile {
  /// The columns of a table of files, with the strings in them.
  fileprivate func write(to table: TableBuilder) {
    table.set(.fileID, id.rawValue)
    table.set(.inode, inode)
    table.set(.device, device)
    table.set(.fileType, type.rawValue)
    table.set(.fileMode, mode)
    table.set(.filePath, path)
    table.set(.localAddress, localAddress?.encoded)
    table.set(.remoteAddress, remoteAddress?.encoded)
    table.set(.socketCookie, socketCookie)
    table.set(.networkNamespace, networkNamespace)
    table.set(.socketType, socketType)
    table.set(.networkProtocol, networkProtocol)
    table.set(.fileFlags, openFlags)
    table.set(.peerInode, peerInode)
  }
}
