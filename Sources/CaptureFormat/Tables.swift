internal import Bytes
internal import Events

// How each kind of row becomes a row of a table, and back. Reading and writing stand together, column by column.

extension ProcessRow {
  func write(to table: TableBuilder) {
    table.set(.pid, key.pid)
    table.set(.start, key.start.nanoseconds)
    table.set(.parentPID, parent?.pid)
    table.set(.parentStart, parent?.start.nanoseconds)
    table.set(.container, container.rawValue)
    // A value that is longer than a table takes is cut, and says so.
    let isCut = (arguments?.bytes.count ?? 0) > TableBuilder.valueLimit
    table.set(.processFlags, (isCut ? flags.union(.argumentsTruncated) : flags).rawValue)
    table.set(.end, end?.nanoseconds)
    table.set(.exitCode, exitCode)
    table.set(.userID, userID)
    table.set(.groupID, groupID)
    table.set(.comm, comm)
    table.set(.executable, executable)
    table.set(.commandLine, arguments?.bytes)
    table.set(.workingDirectory, workingDirectory)
    table.set(.namespacePID, namespacePID)
    table.set(.execTime, execTime?.nanoseconds)
    table.set(.session, session)
    table.set(.terminalName, terminalName)
    table.set(.eventCount, eventCount)
    death?.write(to: table)
  }

  static func rows(_ table: TableReader) throws(ByteError) -> [ProcessRow] {
    var pids = try table.integers(.pid)
    var starts = try table.integers(.start)
    var parentPIDs = try table.integers(.parentPID)
    var parentStarts = try table.integers(.parentStart)
    var containers = try table.integers(.container)
    var flags = try table.integers(.processFlags)
    var ends = try table.integers(.end)
    var exitCodes = try table.integers(.exitCode)
    var userIDs = try table.integers(.userID)
    var groupIDs = try table.integers(.groupID)
    var comms = try table.bytes(.comm)
    var executables = try table.bytes(.executable)
    var commandLines = try table.bytes(.commandLine)
    var directories = try table.bytes(.workingDirectory)
    var namespacePIDs = try table.integers(.namespacePID)
    var execTimes = try table.integers(.execTime)
    var sessions = try table.integers(.session)
    var terminals = try table.bytes(.terminalName)
    var eventCounts = try table.integers(.eventCount)
    let deaths = try ProcessDeath.rows(table)
    let unknown = BootTime(nanoseconds: 0)
    return (0..<table.rowCount).map { row in
      var process = ProcessRow(
        key: ProcessKey(pid: pids.exactly(row) ?? 0, start: starts.time(row) ?? unknown),
        parent: parentPIDs.exactly(row).map { ProcessKey(pid: $0, start: parentStarts.time(row) ?? unknown) },
        container: table.container(containers.exactly(row) ?? 0),
        flags: ProcessFlags(rawValue: flags.exactly(row) ?? 0), end: ends.time(row), exitCode: exitCodes.exactly(row),
        userID: userIDs.exactly(row), groupID: groupIDs.exactly(row), comm: comms[row] ?? [],
        executable: executables[row], arguments: commandLines[row].map(ByteList.init(nulTerminated:)),
        workingDirectory: directories[row], namespacePID: namespacePIDs.exactly(row), execTime: execTimes.time(row),
        session: sessions.exactly(row), terminalName: terminals[row], eventCount: eventCounts.unsigned(row))
      if let deaths { process.death = deaths[row] }
      return process
    }
  }
}

extension ProcessRow {
  /// Key and container alone.
  static func containers(_ table: TableReader) throws(ByteError) -> [(key: ProcessKey, container: ContainerKey)] {
    var pids = try table.integers(.pid)
    var starts = try table.integers(.start)
    var containers = try table.integers(.container)
    return (0..<table.rowCount).map { row in
      (
        ProcessKey(pid: pids.exactly(row) ?? 0, start: starts.time(row) ?? BootTime(nanoseconds: 0)),
        table.container(containers.exactly(row) ?? 0)
      )
    }
  }
}

extension ContainerRow {
  func write(to table: TableBuilder) {
    table.set(.container, key.rawValue)
    table.set(.containerID, id)
    table.set(.containerName, name)
    table.set(.imageName, image)
    table.set(.imageID, imageID)
    table.set(.runtime, runtime)
    table.set(.podName, podName)
    table.set(.podNamespace, podNamespace)
    table.set(.podUID, podUID)
    if !labels.isEmpty {
      table.set(.labels, ByteList(labels.flatMap { [Array($0.key.utf8), Array($0.value.utf8)] }).bytes)
    }
    table.set(.created, created?.nanoseconds)
    table.set(.started, started?.nanoseconds)
    table.set(.ended, ended?.nanoseconds)
    if !cgroupPaths.isEmpty { table.set(.cgroupPaths, ByteList(cgroupPaths.map { Array($0.utf8) }).bytes) }
    table.set(.cgroup, cgroup?.rawValue)
    table.set(.mountNamespace, mountNamespace)
    table.set(.metadataSource, metadataSource)
    table.set(.containerFlags, flags.rawValue)
    if !users.isEmpty { table.set(.userNames, AccountName.list(users)) }
    if !groups.isEmpty { table.set(.groupNames, AccountName.list(groups)) }
  }

  static func rows(_ table: TableReader) throws(ByteError) -> [ContainerRow] {
    var keys = try table.integers(.container)
    var ids = try table.bytes(.containerID)
    var names = try table.bytes(.containerName)
    var images = try table.bytes(.imageName)
    var imageIDs = try table.bytes(.imageID)
    var runtimes = try table.bytes(.runtime)
    var podNames = try table.bytes(.podName)
    var podNamespaces = try table.bytes(.podNamespace)
    var podUIDs = try table.bytes(.podUID)
    var labels = try table.bytes(.labels)
    var created = try table.integers(.created)
    var started = try table.integers(.started)
    var ended = try table.integers(.ended)
    var paths = try table.bytes(.cgroupPaths)
    var cgroups = try table.integers(.cgroup)
    var namespaces = try table.integers(.mountNamespace)
    var sources = try table.bytes(.metadataSource)
    var flags = try table.integers(.containerFlags)
    var users = try table.bytes(.userNames)
    var groups = try table.bytes(.groupNames)
    func texts(_ bytes: [UInt8]?) -> [String] {
      bytes.map { ByteList(nulTerminated: $0).items.map { String(decoding: $0, as: UTF8.self) } } ?? []
    }
    return (0..<table.rowCount).map { row in
      let pairs = texts(labels[row])
      var container = ContainerRow(
        key: table.container(keys.exactly(row) ?? 0), id: ids.string(row) ?? "", name: names.string(row),
        image: images.string(row), imageID: imageIDs.string(row), runtime: runtimes.string(row),
        podName: podNames.string(row), podNamespace: podNamespaces.string(row), podUID: podUIDs.string(row),
        labels: stride(from: 0, to: pairs.count - 1, by: 2).map {
          ContainerLabel(key: pairs[$0], value: pairs[$0 + 1])
        },
        created: created[row].map(WallTime.init(nanoseconds:)), started: started.time(row), ended: ended.time(row),
        cgroupPaths: texts(paths[row]), cgroup: cgroups.unsigned(row).map(CgroupID.init(rawValue:)),
        mountNamespace: namespaces.exactly(row), metadataSource: sources.string(row),
        flags: ContainerFlags(rawValue: flags.exactly(row) ?? 0))
      container.users = users[row].map(AccountName.names) ?? []
      container.groups = groups[row].map(AccountName.names) ?? []
      return container
    }
  }
}

extension AccountName {
  /// Number and name by turns.
  fileprivate static func list(_ names: [AccountName]) -> [UInt8] {
    ByteList(names.flatMap { [Array(String($0.id).utf8), $0.name] }).bytes
  }

  fileprivate static func names(_ bytes: [UInt8]) -> [AccountName] {
    let items = ByteList(nulTerminated: bytes).items
    return stride(from: 0, to: items.count - 1, by: 2).compactMap { place in
      UInt32(String(decoding: items[place], as: UTF8.self)).map { AccountName(id: $0, name: items[place + 1]) }
    }
  }
}

extension LossRow {
  func write(to table: TableBuilder) {
    table.set(.cause, cause.rawValue)
    table.set(.lane, lane?.rawValue)
    table.set(.container, container?.rawValue)
    table.set(.firstTime, from.nanoseconds)
    table.set(.lastTime, to.nanoseconds)
    table.set(.lostCount, count)
  }

  static func rows(_ table: TableReader) throws(ByteError) -> [LossRow] {
    var causes = try table.integers(.cause)
    var lanes = try table.integers(.lane)
    var containers = try table.integers(.container)
    var firsts = try table.integers(.firstTime)
    var lasts = try table.integers(.lastTime)
    var counts = try table.integers(.lostCount)
    return (0..<table.rowCount).map { row in
      LossRow(
        cause: LossCause(rawValue: causes.exactly(row) ?? 0), lane: lanes.exactly(row).flatMap(Lane.init(rawValue:)),
        container: containers.exactly(row).map { table.container($0) },
        from: firsts.time(row) ?? BootTime(nanoseconds: 0), to: lasts.time(row) ?? BootTime(nanoseconds: 0),
        count: counts.unsigned(row) ?? 0)
    }
  }
}

extension TriggerRow {
  func write(to table: TableBuilder) {
    table.set(.triggerTime, time.nanoseconds)
    table.set(.acceptedTime, accepted.nanoseconds)
    table.set(.triggerSource, cut(source))
    table.set(.reason, cut(reason))
    table.set(.rule, cut(rule))
    table.set(.priority, cut(priority))
    table.set(.container, container.rawValue)
    table.set(.windowBefore, before)
    table.set(.windowAfter, after)
    table.set(.fingerprint, cut(fingerprint))
    if let body { body.withUnsafeBytes { table.set(.alertBody, $0, limit: Self.bodyLimit) } }
    table.set(.alertLength, bodyLength)
  }

  /// The words of an alert are its sender's: none may take the room that the others and the body need.
  private func cut(_ text: String?) -> [UInt8]? { text.map { Array($0.utf8.prefix(4096)) } }

  static func rows(_ table: TableReader) throws(ByteError) -> [TriggerRow] {
    var times = try table.integers(.triggerTime)
    var accepted = try table.integers(.acceptedTime)
    var sources = try table.bytes(.triggerSource)
    var reasons = try table.bytes(.reason)
    var rules = try table.bytes(.rule)
    var priorities = try table.bytes(.priority)
    var containers = try table.integers(.container)
    var befores = try table.integers(.windowBefore)
    var afters = try table.integers(.windowAfter)
    var fingerprints = try table.bytes(.fingerprint)
    var bodies = try table.bytes(.alertBody)
    var lengths = try table.integers(.alertLength)
    return (0..<table.rowCount).map { row in
      var trigger = TriggerRow(
        time: times.time(row) ?? BootTime(nanoseconds: 0), accepted: accepted.time(row) ?? BootTime(nanoseconds: 0),
        source: sources.string(row) ?? "", reason: reasons.string(row), rule: rules.string(row),
        priority: priorities.string(row), container: table.container(containers.exactly(row) ?? 0),
        before: befores.unsigned(row), after: afters.unsigned(row), fingerprint: fingerprints.string(row),
        body: bodies[row])
      trigger.bodyLength = lengths.unsigned(row)
      trigger.section = table.section
      return trigger
    }
  }
}

extension AnchorRow {
  func write(to table: TableBuilder) {
    table.set(.bootTime, boot.nanoseconds)
    table.set(.monotonicTime, monotonic)
    table.set(.realTime, real.nanoseconds)
    table.set(.anchorReason, reason.rawValue)
  }

  static func rows(_ table: TableReader) throws(ByteError) -> [AnchorRow] {
    var boots = try table.integers(.bootTime)
    var monotonics = try table.integers(.monotonicTime)
    var reals = try table.integers(.realTime)
    var reasons = try table.integers(.anchorReason)
    return (0..<table.rowCount).map { row in
      AnchorRow(
        boot: boots.time(row) ?? BootTime(nanoseconds: 0), monotonic: monotonics.unsigned(row) ?? 0,
        real: WallTime(nanoseconds: reals[row] ?? 0), reason: AnchorReason(rawValue: reasons.exactly(row) ?? 0))
    }
  }
}

extension CountRow {
  func write(to table: TableBuilder) {
    table.set(.container, container.rawValue)
    table.set(.lane, lane.rawValue)
    table.set(.second, second)
    table.set(.rowCount, count)
  }

  static func rows(_ table: TableReader) throws(ByteError) -> [CountRow] {
    var containers = try table.integers(.container)
    var lanes = try table.integers(.lane)
    var seconds = try table.integers(.second)
    var counts = try table.integers(.rowCount)
    return (0..<table.rowCount).compactMap { row in
      guard let lane = lanes.exactly(row).flatMap(Lane.init(rawValue:)) else { return nil }
      return CountRow(
        container: table.container(containers.exactly(row) ?? 0), lane: lane, second: seconds.unsigned(row) ?? 0,
        count: counts.unsigned(row) ?? 0)
    }
  }
}

extension BlockEntry {
  func write(to table: TableBuilder) {
    table.set(.blockOffset, offset)
    table.set(.blockLength, length)
    table.set(.blockType, type.rawValue)
    table.set(.container, container.rawValue)
    table.set(.lane, lane?.rawValue)
    table.set(.firstTime, firstTime.nanoseconds)
    table.set(.lastTime, lastTime.nanoseconds)
    table.set(.rowCount, rowCount)
    table.set(.firstSequence, firstSequence)
    table.set(.digest, digest)
    var bits: [UInt8] = []
    bits.append(littleEndian: kinds.low)
    bits.append(littleEndian: kinds.high)
    table.set(.kindsPresent, bits)
  }

  static func rows(_ table: TableReader) throws(ByteError) -> [BlockEntry] {
    var offsets = try table.integers(.blockOffset)
    var lengths = try table.integers(.blockLength)
    var types = try table.integers(.blockType)
    var containers = try table.integers(.container)
    var lanes = try table.integers(.lane)
    var firsts = try table.integers(.firstTime)
    var lasts = try table.integers(.lastTime)
    var counts = try table.integers(.rowCount)
    var sequences = try table.integers(.firstSequence)
    var digests = try table.bytes(.digest)
    var kinds = try table.bytes(.kindsPresent)
    return (0..<table.rowCount).map { row in
      var set = KindSet()
      if let bits = kinds[row] {
        set.low = bits.span.bytes.integer(at: 0, as: UInt64.self) ?? 0
        set.high = bits.span.bytes.integer(at: 8, as: UInt64.self) ?? 0
      }
      return BlockEntry(
        type: BlockType(rawValue: types.exactly(row) ?? 0), offset: offsets.unsigned(row) ?? 0,
        length: lengths.exactly(row) ?? 0, container: table.container(containers.exactly(row) ?? 0),
        lane: lanes.exactly(row).flatMap(Lane.init(rawValue:)), firstTime: firsts.time(row) ?? BootTime(nanoseconds: 0),
        lastTime: lasts.time(row) ?? BootTime(nanoseconds: 0), rowCount: counts.exactly(row) ?? 0,
        firstSequence: sequences.unsigned(row) ?? 0, digest: digests[row] ?? [], kinds: set)
    }
  }
}
