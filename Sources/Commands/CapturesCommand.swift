internal import Arguments
internal import CaptureFormat
internal import Events
internal import JSON
internal import Posix
internal import Reconstruction
internal import Recording

/// `captures`: what `watch` has written, and which of it is to stay.
struct CapturesCommand {
  let listing: ShelfListing
  let isJSON: Bool
  let isLocal: Bool

  init(_ invocation: Invocation) throws {
    do throws(ShelfError) {
      listing = try ShelfListing(invocation.value(of: "directory") ?? ShelfOptions.standardDirectory)
    } catch {
      throw CommandFailure(error.description, remedy: error.remedy)
    }
    isJSON = invocation.isSet("json")
    isLocal = invocation.isSet("local")
  }

  func run(_ words: [String]) throws -> Int32 {
    guard let action = words.first else { return try list() }
    let names = words.dropFirst()
    switch action {
    case "list" where names.isEmpty: return try list()
    case "keep": return try each(names, action) { try listing.keep($0) }
    case "release": return try each(names, action) { try listing.release($0) }
    case "remove": return try each(names, action) { try listing.remove($0) }
    default:
      throw CommandFailure(
        "captures: '\(action)' is not something to do with them", remedy: "keep, release or remove, then names",
        status: 64)
    }
  }

  /// Does the same with each name; one that is wrong does not keep the others from it.
  private func each(_ names: ArraySlice<String>, _ action: String, _ body: (ShelfEntry) throws -> Void) throws -> Int32
  {
    guard !names.isEmpty else {
      throw CommandFailure(
        "captures \(action): no capture named", remedy: "`aftertrace captures` lists them", status: 64)
    }
    var status: Int32 = 0
    for name in names {
      do {
        try body(try entry(named: name, for: action))
      } catch let error as CommandFailure {
        complain(error)
        status = 2
      } catch {
        complain("\(name): \(error)")
        status = 2
      }
    }
    return status
  }

  private func entry(named name: String, for action: String) throws -> ShelfEntry {
    guard let entry = listing.entry(named: name) else {
      throw CommandFailure(
        "\(name): no such capture in \(listing.directory)",
        remedy: "`aftertrace captures` lists them; another directory is named with --directory")
    }
    if entry.state == .partial, listing.isWatched {
      throw CommandFailure(
        "\(entry.name): is being written", remedy: "\(action) it when it is closed: `aftertrace captures` says so")
    }
    return entry
  }

  // MARK: The list

  private func list() throws -> Int32 {
    let output = Output()
    let isWatched = listing.isWatched
    var table = TextTable(["NAME", "CONTAINER", "IMAGE", "TRIGGER", "WHEN", "EVENTS", "SIZE", "STATE"])
    for entry in listing.entries.reversed() {
      let summary = entry.state == .damaged ? nil : try? CaptureSummary(path: entry.path)
      let state = Self.state(of: entry, summary, isWatched)
      if isJSON {
        try output.bytes(json(entry, summary, state))
      } else {
        table.append(row(entry, summary, state))
      }
    }
    if !isJSON {
      if table.isEmpty {
        try output.line("\(listing.directory): no captures")
      } else {
        for line in table.lines { try output.line(line) }
      }
    }
    try output.flush()
    return 0
  }

  private static func state(of entry: ShelfEntry, _ summary: CaptureSummary?, _ isWatched: Bool) -> String {
    switch entry.state {
    case .damaged: "damaged"
    case .partial: isWatched ? "writing" : "interrupted"
    case .closed: summary.map { $0.isComplete ? "complete" : "incomplete" } ?? "unreadable"
    }
  }

  private func row(_ entry: ShelfEntry, _ summary: CaptureSummary?, _ state: String) -> [String] {
    let container = summary?.container.map { $0.name ?? String($0.id.prefix(12)) }
    let triggers = summary?.triggers ?? []
    let sections = summary?.sectionCount ?? 1
    let more = triggers.count > 1 ? " and \(triggers.count - 1) more" : ""
    let time = summary?.time.map { time in
      let calendar = CalendarTime(time, offset: isLocal ? localOffset(at: time.nanoseconds) : 0)
      return calendar.date + " " + calendar.timeOfDay(digits: 0)
    }
    return [
      entry.name, container ?? (summary == nil || summary?.triggers.isEmpty == true ? "-" : "host"),
      summary?.container?.image ?? "-",
      (triggers.first.map { $0.title } ?? "-") + more, time ?? "-", summary.map { countText($0.eventCount) } ?? "-",
      sizeText(entry.lengthInBytes),
      state + (entry.isKept ? ", kept" : "") + (sections > 1 ? ", first of \(sections) sections" : ""),
    ].map { EventText.printable(Array($0.utf8)) }
  }

  private func json(_ entry: ShelfEntry, _ summary: CaptureSummary?, _ state: String) -> [UInt8] {
    var json = JSONText()
    json.beginObject()
    json.set("name", entry.name)
    json.set("state", state)
    json.set("kept", entry.isKept)
    json.set("modified", CalendarTime(WallTime(nanoseconds: entry.modified)).iso8601(digits: 9))
    if let summary {
      summary.write(to: &json)
    } else {
      json.set("path", entry.path)
      json.set("complete", false)
      json.set("bytes", entry.lengthInBytes)
    }
    json.endObject()
    json.newline()
    return json.bytes
  }
}
