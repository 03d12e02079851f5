internal import CaptureFormat
internal import Events

extension FlightRecorder {
  /// Decides of every container, and of the host, whether it is recorded.
  func chooseAll(_ now: BootTime) {
    chooseHost(now)
    for record in engine.resolver.containers { choose(record.key, now) }
  }

  /// Whether the past of a container, or of the host, is kept.
  func keeps(_ key: ContainerKey) -> Bool { key == .host ? keepsHost : engine.streams.wants(key) }

  /// The host is decoded in any case, and its blocks dropped when they are sealed: what its processes do to their descriptors
  /// is what containers' processes inherit, and a runtime's pipes would have the names of what was there before.
  private func chooseHost(_ now: BootTime) {
    guard options.includesHost != keepsHost else { return }
    keepsHost = options.includesHost
    leaveOrTakeIn(.host, isWanted: keepsHost, now)
  }

  /// Decides whether a container is recorded. Of what only a cgroup tells is not known, and so kept.
  func choose(_ key: ContainerKey, _ now: BootTime) {
    guard key != .host, let record = engine.resolver[key] else { return }
    let isWanted = !record.isDescribed || options.includes(record.metadata)
    if isWanted {
      guard engine.streams.unwanted.remove(key) != nil else { return }
      engine.rescanDescriptors(of: key)
      leaveOrTakeIn(key, isWanted: true, now)
    } else if engine.streams.unwanted.insert(key).inserted {
      leaveOrTakeIn(key, isWanted: false, now)
      engine.streams.forget(key)
    }
    // Cgroups made below it inherit this in the kernel. Of processes that begin and end the probes tell in any case.
    for cgroup in record.cgroups { engine.session.pass(by: !isWanted, cgroup) }
  }

  private func leaveOrTakeIn(_ key: ContainerKey, isWanted: Bool, _ now: BootTime) {
    if isWanted {
      store.resumed[key] = now
    } else if let capture = captures[key] {
      capture.obstacles.insert("the configuration leaves its container out")
      finish(capture, at: now)
    }
    store.forget(key)
  }
}
