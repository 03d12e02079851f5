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
    json.beginArray("losses")
    var counts = losses
    counts[.evicted] = store.evictedEvents
    counts[.shed] = store.shedEvents
    for (cause, count) in counts.sorted(by: { $0.key.rawValue < $1.key.rawValue }) where count > 0 {
      json.beginObject()
      json.set("cause", cause.name ?? "cause-\(cause.rawValue)")
      json.set("count", count)
      json.endObject()
    }
    json.endArray()
    json.beginObject("triggers")
    json.set("accepted", triggerCounts.accepted)
    json.set("merged", triggerCounts.merged)
    json.set("duplicate", triggerCounts.duplicate)
    json.set("refused", triggerCounts.refused)
    json.endObject()
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

  private func writeMemory(to json: inout JSONText) {
    json.beginObject("memory")
    json.set("budget", account.budget)
    json.set("used", account.total)
    json.set("resident", account.resident)
    json.set("rings_and_maps", account.kernel)
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
    json.set("lost", history.losses.reduce(lost) { $0 + ($1.cause == .definition ? 0 : $1.count) })
    json.endObject()
  }
}
