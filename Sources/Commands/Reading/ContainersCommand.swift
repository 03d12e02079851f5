internal import CaptureFormat
internal import Events
internal import JSON
internal import Reconstruction

/// `containers`: what can be named with `--container`.
struct ContainersCommand {
  let file: ReadingFile
  let output: Output

  /// A container with its counts, over all sections that it is in.
  fileprivate struct Item {
    var row: ContainerRow
    var events: UInt64
    var lost: UInt64
    let request: ReadingRequest
  }

  func run() throws -> Int32 {
    let items = try file.requests.flatMap { try self.items(of: $0) }
    if file.isJSON {
      for item in items { try printJSON(item) }
    } else if !items.isEmpty {
      try printTable(items)
    } else {
      try output.line("\(file.path): no container")
    }
    return items.isEmpty && file.isNarrowed ? 1 : 0
  }

  private func items(of request: ReadingRequest) throws -> [Item] {
    var events: [ContainerKey: UInt64] = [:]
    for block in request.blocks { events[block.container, default: 0] += UInt64(block.rowCount) }
    var lost: [ContainerKey: UInt64] = [:]
    for loss in try request.boot.losses() where loss.cause.countsEvents {
      if let container = loss.container { lost[container, default: 0] += loss.count }
    }
    var places: [String: Int] = [:]
    var items: [Item] = []
    for row in request.containers where row.key != .host && request.selected?.contains(row.key) ?? true {
      if request.hasWindow, events[row.key] == nil { continue }
      let item = Item(row: row, events: events[row.key] ?? 0, lost: lost[row.key] ?? 0, request: request)
      // In one section an id may come again; the same in two sections is the same container.
      if let place = places[row.id], items[place].row.key.section != row.key.section {
        items[place].add(item)
      } else {
        places[row.id] = items.count
        items.append(item)
      }
    }
    return items
  }

  private func printTable(_ items: [Item]) throws {
    let columns = ["CONTAINER", "NAME", "IMAGE", "RUNTIME", "STARTED", "ENDED", "EVENTS", "LOST"]
    var table = TextTable(file.hasSeveralBoots ? ["HOST"] + columns : columns)
    for item in items {
      let row = item.row
      let time = TimeText(clock: item.request.clock, isLocal: item.request.isLocal)
      let host = file.hasSeveralBoots ? [item.request.hostLabel] : []
      let started = row.flags.contains(.foundByScan) ? "before" : row.started.map { time.time($0) } ?? "-"
      table.append(
        host
          + [
            String(row.id.prefix(12)), row.name ?? "-", row.image ?? "-", row.runtime ?? "-", started,
            row.ended.map { time.time($0) } ?? "-", countText(item.events), countText(item.lost),
          ].map { EventText.printable(Array($0.utf8)) })
    }
    for line in table.lines { try output.line(line) }
  }

  private func printJSON(_ item: Item) throws {
    let row = item.row
    let time = TimeText(clock: item.request.clock, isLocal: item.request.isLocal)
    var json = JSONText()
    json.beginObject()
    json.set("host.name", ifPresent: item.request.boot.hostName)
    json.set("host.boot.id", ifPresent: item.request.boot.bootID)
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
    json.set("events", item.events)
    json.set("lost", item.lost)
    json.endObject()
    json.newline()
    try output.bytes(json.bytes)
  }
}

extension ContainersCommand.Item {
  /// Adds what a later section says of the same container.
  fileprivate mutating func add(_ other: ContainersCommand.Item) {
    events += other.events
    lost += other.lost
    let known = row
    row = other.row
    row.name = other.row.name ?? known.name
    row.image = other.row.image ?? known.image
    row.started = [known.started, other.row.started].compactMap { $0 }.min()
    row.ended = [known.ended, other.row.ended].compactMap { $0 }.max()
    if !known.flags.contains(.foundByScan) { row.flags.remove(.foundByScan) }
  }
}
