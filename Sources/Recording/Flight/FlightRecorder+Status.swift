internal import CaptureFormat
internal import Events
internal import JSON
internal import Posix

extension FlightRecorder {
  /// The recorder's account of itself.
  func status(now: UInt64) -> [UInt8] {
    let time = BootTime(nanoseconds: now)
    var json = JSONText()
    json.beginObject()
    json.beginObject("recorder")
    json.set("version", options.toolVersion)
    json.set("pid", processID)
    json.set("uptime_s", (now - engine.started.nanoseconds) / 1_000_000_000)
    json.set("events", engine.streams.eventCount)
    json.set("processor_ms", Clock.processCPU / 1_000_000)
    json.endObject()
    writeMemory(to: &json)
    json.beginObject("windows_s")
    for lane in Lane.allCases { json.set(lane.name, options.windows.before(lane) / 1_000_000_000) }
    json.set("after", options.windows.after.wholeNanoseconds / 1_000_000_000)
    json.endObject()
    writeLosses(now, to: &json)
    json.beginObject("triggers")
    json.set("accepted", triggerCounts.accepted)
    json.set("merged", triggerCounts.merged)
    json.set("duplicate", triggerCounts.duplicate)
    json.set("refused", triggerCounts.refused)
    json.endObject()
    if let listener {
      json.beginObject("rules")
      listener.writeStatus(to: &json)
      json.endObject()
    }
    writeCaptures(to: &json)
    json.beginArray("containers")
    for history in store.histories.values.sorted(by: { $0.key < $1.key }) where keeps(history.key) {
      write(history, time, to: &json)
    }
    json.endArray()
    json.endObject()
    json.newline()
    return json.bytes
  }

  private func writeLosses(_ now: UInt64, to json: inout JSONText) {
    json.beginArray("losses")
    var sums = engine.ledger.sums
    sums[LossLedger.Sum(cause: .evicted, lane: nil)] = store.evictedEvents
    sums[LossLedger.Sum(cause: .shed, lane: nil)] = store.shedEvents
    for row in standingLosses(from: BootTime(nanoseconds: 0), until: BootTime(nanoseconds: now)) {
      sums[LossLedger.Sum(cause: row.cause, lane: nil), default: 0] += row.count
    }
    let order = sums.sorted {
      ($0.key.cause.rawValue, $0.key.lane?.rawValue ?? 255) < ($1.key.cause.rawValue, $1.key.lane?.rawValue ?? 255)
    }
    for (sum, count) in order where count > 0 {
      json.beginObject()
      json.set("cause", sum.cause.name ?? "cause-\(sum.cause.rawValue)")
      json.set("lane", ifPresent: sum.lane?.name)
      json.set("count", count)
      json.set("of", sum.cause.noun(for: count))
      json.set("text", LossCause.catalogue.first { $0.number == sum.cause.rawValue }?.summary ?? "")
      json.endObject()
    }
    json.endArray()
    json.beginArray("shedding")
    for shedding in engine.sheddings {
      json.beginObject()
      let record = engine.resolver[shedding.container]
      json.set("container", record?.id ?? "")
      json.set("name", ifPresent: record?.metadata.name)
      json.set("lanes", strings: shedding.lanes.sorted { $0.rawValue < $1.rawValue }.map(\.name))
      json.set("since_s", (now - min(now, shedding.since.nanoseconds)) / 1_000_000_000)
      json.endObject()
    }
    json.endArray()
    json.beginArray("probes_missing")
    for gap in engine.session.gaps {
      json.beginObject()
      json.set("probe", gap.program)
      json.set("reason", gap.reason)
      json.endObject()
    }
    json.endArray()
    if let pausedSince {
      json.set(
        "not_running_s",
        (engine.started.nanoseconds - min(pausedSince.nanoseconds, engine.started.nanoseconds)) / 1_000_000_000)
    }
  }

  private func writeMemory(to json: inout JSONText) {
    json.beginObject("memory")
    json.set("budget", account.budget)
    json.set("used", account.total)
    json.set("resident", account.resident)
    json.set("rings_and_maps", account.kernel)
    json.set("packet_rings", account.packetRings)
    json.set("open_files", account.openFiles)
    json.set("sealed_blocks", account.blocks)
    json.set("sealed_blocks_limit", store.limit)
    json.set("open_blocks", account.open)
    json.set("archives", account.archives)
    json.set("processes", account.processes)
    json.set("descriptors", account.descriptors)
    json.set("files", account.files)
    json.set("write_queue", account.queue)
    json.set("rest", account.rest)
    json.endObject()
  }

  private func writeCaptures(to json: inout JSONText) {
    json.beginArray("captures")
    for capture in captures.values.sorted(by: { $0.key < $1.key }) {
      json.beginObject()
      json.set("path", capture.job.path)
      json.set("capture_id", capture.job.captureID)
      json.set("container", capture.containerID)
      json.set("name", ifPresent: engine.resolver[capture.key]?.metadata.name)
      json.set("triggers", capture.triggerCount)
      json.set("past_is_durable", capture.job.isPastDurable)
      if let time = capture.job.pastDurableAt {
        json.set("past_durable_after_us", (time.nanoseconds - min(capture.begun.nanoseconds, time.nanoseconds)) / 1000)
      }
      let progress = capture.job.progress
      json.set("bytes", progress.bytesWritten)
      json.set("error", ifPresent: progress.failure)
      json.endObject()
    }
    json.endArray()
  }

  private func write(_ history: ContainerHistory, _ now: BootTime, to json: inout JSONText) {
    json.beginObject()
    let record = engine.resolver[history.key]
    json.set("id", record?.id ?? "")
    json.set("name", ifPresent: record?.metadata.name)
    json.set("image", ifPresent: record?.metadata.image)
    json.set("running", record.map { $0.removed == nil } ?? true)
    json.set("memory", history.memoryInBytes)
    json.beginObject("history_s")
    for lane in Lane.allCases {
      let wanted = now.before(options.windows.before(lane))
      let start = max(history.achievedStart(lane, wanted: wanted), history.start)
      json.set(lane.name, (now.nanoseconds - min(start.nanoseconds, now.nanoseconds)) / 1_000_000_000)
    }
    json.endObject()
    let lost = Lane.allCases.reduce(UInt64(0)) { sum, lane in history[lane].gaps.reduce(sum) { $0 + $1.count } }
    json.set("lost", history.losses.reduce(lost) { $0 + ($1.cause.countsEvents ? $1.count : 0) })
    json.endObject()
  }
}
