internal import CaptureFormat
internal import Events
internal import Posix
internal import Triggers

extension FlightRecorder {
  /// Raises triggers for what died since the last look.
  func watchDeaths(_ now: UInt64) {
    for number in engine.decoder.processes.takeEnds() {
      let process = engine.decoder.processes[number]
      guard process.container != .host, engine.streams.wants(process.container), let code = process.exitCode,
        let record = engine.resolver[process.container]
      else { continue }
      var death = ContainerDeath(waitStatus: nil, wasOutOfMemory: process.wasOutOfMemory, lifetime: nil)
      let end = process.end ?? BootTime(nanoseconds: now)
      if process.namespacePID == 1 || record.metadata.pid == process.key.pid {
        death.waitStatus = Int32(truncatingIfNeeded: code)
        store.histories[process.container]?.ended = end
        if !process.flags.contains(.tableScan) {
          // Before its first exec it is the runtime, which sets the container up and may wait to be told to start it.
          let start = process.firstExec ?? process.key.start
          death.lifetime = .nanoseconds(Int64(clamping: end.nanoseconds - min(start.nanoseconds, end.nanoseconds)))
        }
      }
      guard death.waitStatus != nil || death.wasOutOfMemory, let reason = options.deathReason(death) else { continue }
      raise(record, reason, process, at: end, now)
    }
  }

  private func raise(
    _ record: ContainerRecord, _ reason: String, _ process: RecordedProcess, at time: BootTime, _ now: UInt64
  ) {
    var scope = TriggerScope()
    scope.containerID = record.id
    var request = TriggerRequest(scope: scope, source: "death")
    request.reason = "\(String(decoding: process.comm, as: UTF8.self)) (\(process.key.pid)) ended: \(reason)"
    request.time = engine.wallTime(of: time)
    if case .refused(let refusal) = take(request, now) {
      tell(ShelfReport(.warning, "no capture of \(record.metadata.name ?? record.id): \(refusal.description)"))
    }
  }
}
