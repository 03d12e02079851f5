internal import CaptureFormat
internal import Events
internal import ProbeRecords

extension FlightRecorder {
  /// How things stood when each lane's window began.
  ///
  /// Processes are told as of the lifecycle lane's first instant. Descriptors change by events of the detail lane: they
  /// are told as of the first whole second after that lane's first instant, for the ledger keeps what was open at whole
  /// seconds.
  func state(
    of history: ContainerHistory, _ processes: CaptureProcesses, achieved: [BootTime], now: BootTime
  ) -> StateImage {
    let second: UInt64 = 1_000_000_000
    let detail = achieved[Int(Lane.detail.rawValue)]
    var moment = BootTime(nanoseconds: (detail.nanoseconds + second - 1) / second * second)
    moment = min(max(moment, history.descriptors.completeSince), now)
    let streams = Lane.allCases.map { lane in
      let stream = history[lane]
      let first = stream.kept.first { $0.block.entry.lastTime >= achieved[Int(lane.rawValue)] }
      return StateRow(
        container: history.key, lane: lane, achievedStart: achieved[Int(lane.rawValue)],
        firstSequence: first?.block.entry.firstSequence
          ?? engine.streams.nextSequence(of: StreamKey(container: history.key, lane: lane)),
        stateTime: lane == .lifecycle ? achieved[0] : lane == .detail ? moment : nil)
    }
    return StateImage(
      streams: streams, processes: processes.alive(at: achieved[0]),
      descriptors: descriptors(of: history, processes, at: moment))
  }

  private func descriptors(
    of history: ContainerHistory, _ processes: CaptureProcesses, at time: BootTime
  ) -> [DescriptorRow] {
    var rows: [DescriptorRow] = []
    let table = engine.decoder.processes
    for row in processes.own where row.end == nil && row.key.start <= time {
      guard let number = table.number(of: row.key) else { continue }
      for descriptor in engine.decoder.descriptors?.descriptors(of: number) ?? []
      where descriptor.since <= time.nanoseconds {
        rows.append(descriptor.row(of: row.key, in: history.key))
      }
    }
    for closed in history.descriptors.since(time) where closed.descriptor.since <= time.nanoseconds {
      rows.append(closed.descriptor.row(of: closed.process, in: history.key))
    }
    // Closed, and not yet taken over from the ledger.
    return rows.sorted {
      ($0.process.pid, $0.process.start, $0.descriptor) < ($1.process.pid, $1.process.start, $1.descriptor)
    }
  }
}

extension OpenDescriptor {
  func row(of process: ProcessKey, in container: ContainerKey) -> DescriptorRow {
    DescriptorRow(
      container: container, process: process, descriptor: number, flags: flags.subtracting(.doubtfulExec),
      since: since == 0 ? nil : BootTime(nanoseconds: since),
      file: BlockFile(
        id: FileID(rawValue: id), inode: inode, device: device,
        type: FileType(rawValue: type == 0 ? definition?.type ?? 0 : type), mode: mode, definition))
  }
}
