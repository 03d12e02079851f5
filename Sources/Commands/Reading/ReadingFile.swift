internal import Arguments
internal import CaptureFormat
internal import Events
internal import FilterLanguage
internal import Posix
internal import Reconstruction

/// One capture file as a reading command was asked for it: a request for each boot that it holds.
struct ReadingFile {
  let path: String
  let capture: Capture
  let requests: [ReadingRequest]
  /// Of a .scap file: the places that could not be read.
  private let foreignProblems: [String]

  init(path: String, _ invocation: Invocation, filter: CompiledFilter? = nil) throws {
    let name = path == "-" ? "standard input" : path
    self.path = name
    do throws(CaptureError) {
      (capture, foreignProblems) = try Self.open(path, named: name)
    } catch {
      throw CommandFailure(error, in: name)
    }
    let containers = capture.boots.flatMap(\.containers).filter { $0.key != .host }
    let selected = try Self.select(invocation.values(of: "container"), among: containers, in: name)
    let windows = try Self.windows(invocation, of: capture)
    let labels = Self.labels(of: containers)
    requests = try zip(capture.boots, windows).map { boot, window in
      ReadingRequest(
        path: name, boot: boot, selected: selected, window: window,
        filter: try filter.map { try PreparedFilter($0, of: boot) }, labels: labels,
        isJSON: invocation.command.flags.contains { $0.name == "json" } && invocation.isSet("json"),
        isLocal: invocation.isSet("local"))
    }
  }

  /// The events that the requests want, in the order of time: those outside their windows are among them.
  func events(in entries: [BlockEntry]) -> EventMerge {
    guard requests.contains(where: { $0.filter != nil }) else { return capture.events(in: entries) }
    var bySection: [UInt32: ReadingRequest] = [:]
    for (boot, request) in zip(capture.boots, requests) {
      for section in boot.sections { bySection[section.section] = request }
    }
    return capture.events(in: entries) { block in bySection[block.entry.section]?.advance(block) ?? block.next() }
  }

  var isNarrowed: Bool { requests.contains { $0.isNarrowed } }
  var isJSON: Bool { requests.contains { $0.isJSON } }
  /// With several boots, what is shown says whose it is.
  var hasSeveralBoots: Bool { requests.count > 1 }

  /// Names the places that could not be read.
  ///
  /// - Returns: Whether there are any.
  func complainOfProblems() -> Bool {
    let problems = capture.sections.flatMap(\.problems)
    let messages = foreignProblems + problems.map(\.message)
    for message in messages { complain("\(path): \(message)") }
    return !messages.isEmpty
  }

  /// Opens a capture, or what a .scap file becomes.
  private static func open(_ path: String, named name: String) throws(CaptureError) -> (Capture, [String]) {
    let foreign: ForeignCapture?
    let input: [UInt8]
    do {
      input = path == "-" ? try StandardStream.input.readToEnd() : []
      foreign = path == "-" ? try ForeignCapture(bytes: input) : try ForeignCapture(path: path)
    } catch {
      throw .system(error)
    }
    if let foreign { return (try Capture(path: foreign.path), foreign.complaints) }
    if path == "-" { return (try Capture(bytes: input, path: name), []) }
    return (try Capture(path: path), [])
  }

  private static func select(
    _ names: [String], among containers: [ContainerRow], in path: String
  ) throws -> Set<ContainerKey>? {
    if names.isEmpty { return nil }
    var keys = Set<ContainerKey>()
    for name in names {
      do throws(ContainerSelection.Failure) {
        keys.formUnion(try ContainerSelection.containers(matching: name, among: containers).map(\.key))
      } catch {
        throw CommandFailure("\(path): \(error)")
      }
    }
    return keys
  }

  /// A name that several containers bore is told apart by their ids.
  private static func labels(of containers: [ContainerRow]) -> [ContainerKey: String] {
    var ids: [String: Set<String>] = [:]
    for row in containers { if let name = row.name { ids[name, default: []].insert(row.id) } }
    return Dictionary(
      containers.map { row in
        let id = String(row.id.prefix(12))
        let label = row.name.map { (ids[$0]?.count ?? 0) > 1 ? "\($0) (\(id))" : $0 } ?? id
        return (row.key, EventText.printable(Array(label.utf8)))
      }, uniquingKeysWith: { $1 })
  }

  private static func windows(_ invocation: Invocation, of capture: Capture) throws -> [ReadingRequest.Window] {
    let spans = capture.boots.map { boot in
      WindowResolver.Span(
        clock: boot.clock, first: boot.span.first, last: boot.span.last, trigger: boot.triggers.first?.time)
    }
    let resolver = WindowResolver(spans, isLocal: invocation.isSet("local"))
    let start = try invocation.time(of: "from").map { try resolver.resolve($0) }
    let end = try invocation.time(of: "to").map { try resolver.resolve($0) }
    return try spans.map { boot in
      var window = ReadingRequest.Window()
      if let start { window.from = resolver.time(of: start, in: boot) }
      if let end { window.to = resolver.time(of: end, in: boot) }
      window.isAsked = start != nil || end != nil
      if window.from > window.to { throw CommandFailure("--from is after --to", status: 64) }
      return window
    }
  }
}
