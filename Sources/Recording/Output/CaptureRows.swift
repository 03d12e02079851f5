internal import CaptureFormat
internal import Events

extension ContainerRow {
  /// What a capture says of a container that was recorded.
  init(_ record: ContainerRecord) {
    let metadata = record.metadata
    self.init(
      key: record.key, id: metadata.id, name: metadata.name, image: metadata.image, imageID: metadata.imageID,
      runtime: metadata.runtime.rawValue, podName: metadata.podName, podNamespace: metadata.podNamespace,
      podUID: metadata.podUID,
      labels: metadata.labels.sorted { $0.key < $1.key }.map { ContainerLabel(key: $0.key, value: $0.value) },
      created: metadata.created, started: record.firstSeen, ended: record.removed,
      cgroupPaths: [record.cgroupPath.description], cgroup: record.cgroups.first,
      mountNamespace: metadata.mountNamespace, metadataSource: metadata.source,
      flags: (record.isOlderThanRecording ? .foundByScan : ContainerFlags()).union(metadata.isSandbox ? .sandbox : []))
    users = record.accounts?.users.map { AccountName(id: $0.id, name: $0.name) } ?? []
    groups = record.accounts?.groups.map { AccountName(id: $0.id, name: $0.name) } ?? []
  }
}

extension ProcessTable {
  /// The rows of a capture's table of processes.
  ///
  /// A process that is not the capture's own is there as an ancestor: pid, start and name, and nothing of what it was
  /// told, so that one tenant's capture holds nobody else's data.
  ///
  /// - Parameter isOwn: Whether the process belongs to what is recorded.
  func rows(isOwn: (RecordedProcess) -> Bool) -> [ProcessRow] {
    var ancestors = Set<Int>()
    var rows: [ProcessRow] = []
    for (number, process) in processes.enumerated() where !process.isForgotten && isOwn(process) {
      rows.append(process.row)
      var next = process.parent.flatMap { self.number(of: $0) }
      while let ancestor = next, ancestor != number, !isOwn(processes[ancestor]), ancestors.insert(ancestor).inserted {
        next = processes[ancestor].parent.flatMap { self.number(of: $0) }
      }
    }
    rows += ancestors.sorted().map { processes[$0].ancestorRow }
    return rows
  }
}

extension RecordedProcess {
  var row: ProcessRow {
    var notes = ProcessFlags()
    if flags.contains(.tableScan) { notes.insert(.foundByScan) }
    if flags.contains(.truncated) { notes.insert(.argumentsTruncated) }
    notes.formUnion(marks)
    var row = ProcessRow(
      key: key, parent: parent, container: container, flags: notes, end: end,
      exitCode: exitCode.map { Int32(truncatingIfNeeded: $0) }, userID: userID, groupID: groupID, comm: comm,
      executable: executable, arguments: arguments.isEmpty ? nil : ByteList(arguments),
      workingDirectory: workingDirectory, namespacePID: namespacePID, execTime: execTime, session: session,
      terminalName: terminalName, eventCount: eventCount)
    row.death = death
    return row
  }

  var ancestorRow: ProcessRow {
    ProcessRow(key: key, parent: parent, container: container, flags: .ancestorOnly, comm: comm)
  }
}
