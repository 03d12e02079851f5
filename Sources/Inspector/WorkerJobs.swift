internal import CaptureFormat
internal import Events
internal import Interchange
internal import JSON
internal import Posix
internal import Reconstruction

/// A search through the events of a selection: from a place to the end, then from the beginning to that place.
final class SearchJob {
  private let request: SearchRequest
  private let window: EventWindow
  private var reached: EventPosition
  private var hasWrapped = false
  private var later: [EventPosition] = []
  private var earlier: [EventPosition] = []
  private let spanEnd: UInt64
  private static let matchesToKeep = 10_000

  init(_ request: SearchRequest, _ window: EventWindow, fileEnd: BootTime) {
    self.request = request
    self.window = window
    reached = request.from
    spanEnd = min(request.selection.to, fileEnd).nanoseconds
  }

  /// Searches on; true when everything was.
  func work(while goesOn: @escaping () -> Bool) throws(CaptureError) -> Bool {
    let page = try window.page(from: reached, limit: 200, while: goesOn)
    reached = page.reached
    if hasWrapped {
      earlier += page.positions.filter { $0 < request.from }
    } else {
      later += page.positions
    }
    if !hasWrapped, page.isAtEnd {
      hasWrapped = true
      reached = .before(request.selection.from)
      return request.from <= reached || isCut
    }
    return isCut || hasWrapped && (page.isAtEnd || reached >= request.from)
  }

  private var isCut: Bool { later.count + earlier.count >= Self.matchesToKeep }

  func result(isDone: Bool) -> SearchResult {
    SearchResult(
      generation: request.generation, matches: earlier + later, progress: isDone ? 1 : progress, isDone: isDone,
      isCut: isCut)
  }

  private var progress: Double {
    let first = window.blocks.first.map { max($0.firstTime, request.selection.from).nanoseconds } ?? 0
    let whole = max(Double(spanEnd) - Double(first), 1)
    let start = min(Double(request.from.time.nanoseconds), Double(spanEnd))
    let here = min(Double(reached.time.nanoseconds), Double(spanEnd))
    let done = hasWrapped ? Double(spanEnd) - start + here - Double(first) : here - start
    return min(max(done / whole, 0), 1)
  }
}

/// The events of a selection, written to a file as JSON lines.
final class ExportJob {
  let selection: EventSelection
  let path: String
  private(set) var count = 0
  /// Why it ended early.
  private(set) var problem: String?
  /// By section.
  private var exporters: [UInt32: TimelineExporter] = [:]
  private let output: FileDescriptor
  private var reached: EventPosition = .start

  init(_ request: ExportRequest, _ capture: Capture) throws {
    selection = request.selection
    path = request.path
    for boot in capture.boots {
      let exporter = try TimelineExporter(boot)
      for section in boot.sections { exporters[section.section] = exporter }
    }
    output = try FileDescriptor.create(request.path)
  }

  /// Writes some; true when all is written, or nothing more can be.
  func work(_ window: EventWindow, while goesOn: @escaping () -> Bool) throws(CaptureError) -> Bool {
    let page = try window.page(from: reached, limit: 500, while: goesOn)
    var rows: [(EventPosition, [UInt8])] = []
    let exporters = exporters
    try window.visit(page.positions) { position, event in
      var json = JSONText()
      exporters[event.entry.section]?.write(event, to: &json)
      json.newline()
      rows.append((position, json.bytes))
    }
    let bytes = rows.sorted { $0.0 < $1.0 }.flatMap(\.1)
    do throws(SystemError) {
      var failure: SystemError?
      bytes.withUnsafeBytes { buffer in
        do throws(SystemError) { try output.write(buffer) } catch { failure = error }
      }
      if let failure { throw failure }
    } catch {
      problem = "\(path): \(error)"
      return true
    }
    count += rows.count
    reached = page.reached
    return page.isAtEnd
  }

  /// Half an export is no export.
  func abandon() { try? File.remove(path) }
}

/// Reads all samples of what containers take.
final class ResourceJob {
  private(set) var history = ResourceBand()
  private let capture: Capture
  private let line: CommonTime
  private var waiting: [BlockEntry]

  init(_ capture: Capture, on line: CommonTime) {
    self.capture = capture
    self.line = line
    waiting = capture.directory.filter { ResourceBand.mayMatch($0) }.reversed()
  }

  /// Reads on; true when all is read.
  ///
  /// - Parameter shown: The key that a container is known by.
  func work(while goesOn: () -> Bool, shown: (ContainerKey) -> ContainerKey) throws(CaptureError) -> Bool {
    if waiting.isEmpty { return true }
    while let entry = waiting.popLast() {
      guard let section = capture.section(of: entry) else { continue }
      do throws(CaptureError) {
        history.add(try section.readEvents(entry), of: shown(entry.container), on: line)
      } catch {
        try section.noteDamage(error, at: entry)
      }
      if !waiting.isEmpty, !goesOn() { return false }
    }
    history.sort()
    return true
  }
}
