internal import CaptureFormat
internal import Events

extension FlightRecorder {
  /// Decides of every container, and of the host, whether it is recorded.
  func chooseAll(_ now: BootTime) {
    for key in [.host] + engine.resolver.containers.map(\.key) { choose(key, now) }
  }

  /// Decides whether a container is recorded. Of what only a cgroup tells is not known, and so kept.
  func choose(_ key: ContainerKey, _ now: BootTime) {
    let record = engine.resolver[key]
    let isWanted =
      key == .host ? options.includesHost : record.map { !$0.isDescribed || options.includes($0.metadata) } ?? true
    if isWanted {
      guard engine.streams.unwanted.remove(key) != nil else { return }
      store.forget(key)
      store.resumed[key] = now
    } else if engine.streams.unwanted.insert(key).inserted {
      if let capture = captures[key] {
        capture.obstacles.insert("the configuration leaves its container out")
        finish(capture, at: now)
      }
      engine.streams.forget(key)
      store.forget(key)
    }
    // Cgroups made below it inherit this in the kernel. The host's are not passed by: containers begin in them. Of
    // processes that begin and end the probes tell in any case.
    for cgroup in record?.cgroups ?? [] { engine.session.pass(by: !isWanted, cgroup) }
  }
}
