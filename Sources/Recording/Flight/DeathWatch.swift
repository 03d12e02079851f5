internal import CaptureFormat
internal import Events
internal import Posix
internal import Triggers

/// What the kernel's counts of kills for lack of memory were, by container.
struct DeathWatch {
  private var kills: [ContainerKey: UInt64] = [:]

  mutating func forget(_ key: ContainerKey) { kills[key] = nil }

  /// Whether the kernel has killed a process of the container for lack of memory since the last look.
  ///
  /// - Parameter cgroup: The directory of its cgroup; it must still be there.
  mutating func wasOutOfMemory(_ key: ContainerKey, cgroup: String?) -> Bool {
    guard let cgroup, let bytes = try? FileDescriptor.contents(of: cgroup + "/memory.events", limit: 4096) else {
      return false
    }
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix("oom_kill ") {
      guard let count = UInt64(line.dropFirst("oom_kill ".count)) else { return false }
      return count > kills.updateValue(count, forKey: key) ?? 0
    }
    return false
  }
}

extension FlightRecorder {
  private static let killed: UInt32 = 9

  /// Raises triggers for what died since the last look.
  func watchDeaths(_ now: UInt64) {
    for number in engine.decoder.processes.takeEnds() {
      let process = engine.decoder.processes[number]
      guard process.container != .host, engine.streams.wants(process.container), let code = process.exitCode,
        let record = engine.resolver[process.container]
      else { continue }
      var death = ContainerDeath(waitStatus: nil, wasOutOfMemory: false, lifetime: nil)
      if code & 0x7f == Self.killed {
        death.wasOutOfMemory = deaths.wasOutOfMemory(
          process.container, cgroup: engine.directory(ofCgroup: record.cgroupPath))
      }
      let end = process.end ?? BootTime(nanoseconds: now)
      if process.namespacePID == 1 || record.metadata.pid == process.key.pid {
        death.waitStatus = Int32(truncatingIfNeeded: code)
        if !process.flags.contains(.tableScan) {
          death.lifetime = .nanoseconds(
            Int64(clamping: end.nanoseconds - min(process.key.start.nanoseconds, end.nanoseconds)))
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
