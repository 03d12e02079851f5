internal import CaptureFormat
internal import Events
internal import JSON
internal import Reconstruction

/// `containers`: what can be named with `--container`.
struct ContainersCommand {
  let request: ReadingRequest
  let output: Output

  func run() throws -> Int32 {
    var events: [ContainerKey: UInt64] = [:]
    for block in request.blocks { events[block.container, default: 0] += UInt64(block.rowCount) }
    var lost: [ContainerKey: UInt64] = [:]
    for loss in try request.file.losses() where loss.cause != .definition {
      if let container = loss.container { lost[container, default: 0] += loss.count }
    }
    let rows = request.containers.filter {
      $0.key != .host && (request.selected?.contains($0.key) ?? true)
        && (!request.hasWindow || events[$0.key] != nil)
    }
    if request.isJSON {
      try printJSON(rows, events, lost)
    } else if !rows.isEmpty {
      try printTable(rows, events, lost)
    } else {
      try output.line("\(request.path): no container")
    }
    return rows.isEmpty && request.isNarrowed ? 1 : 0
  }

  private func printTable(_ rows: [ContainerRow], _ events: [ContainerKey: UInt64], _ lost: [ContainerKey: UInt64])
    throws
  {
    let time = TimeText(clock: request.clock, isLocal: request.isLocal)
    var table = TextTable(["CONTAINER", "NAME", "IMAGE", "RUNTIME", "STARTED", "ENDED", "EVENTS", "LOST"])
    for row in rows {
      let started = row.flags.contains(.foundByScan) ? "before" : row.started.map { time.time($0) } ?? "-"
      table.append(
        [
          String(row.id.prefix(12)), row.name ?? "-", row.image ?? "-", row.runtime ?? "-", started,
          row.ended.map { time.time($0) } ?? "-", countText(events[row.key] ?? 0), countText(lost[row.key] ?? 0),
        ].map { EventText.printable(Array($0.utf8)) })
    }
    for line in table.lines { try output.line(line) }
  }

  private func printJSON(_ rows: [ContainerRow], _ events: [ContainerKey: UInt64], _ lost: [ContainerKey: UInt64])
    throws
  {
    let time = TimeText(clock: request.clock, isLocal: request.isLocal)
    for row in rows {
      var json = JSONText()
      json.beginObject()
      json.set("container.id", row.id)
      json.set("container.name", ifPresent: row.name)
      json.set("container.image.name", ifPresent: row.image)
      json.set("container.image.id", ifPresent: row.imageID)
      json.set("container.runtime", ifPresent: row.runtime)
      json.set("pod_name", ifPresent: row.podName)
      json.set("pod_namespace", ifPresent: row.podNamespace)
      json.set("pod_uid", ifPresent: row.podUID)
      json.beginObject("labels")
      for label in row.labels { json.set(label.key, label.value) }
      json.endObject()
      json.set("created", ifPresent: row.created.map { CalendarTime($0).iso8601(digits: 9) })
      json.set("started", ifPresent: row.started.map { time.date($0, digits: 9) })
      json.set("found_by_scan", row.flags.contains(.foundByScan))
      json.set("ended", ifPresent: row.ended.map { time.date($0, digits: 9) })
      json.set("cgroup_paths", strings: row.cgroupPaths)
      json.set("metadata_source", ifPresent: row.metadataSource)
      json.set("events", events[row.key] ?? 0)
      json.set("lost", lost[row.key] ?? 0)
      json.endObject()
      json.newline()
      try output.bytes(json.bytes)
    }
  }
}
