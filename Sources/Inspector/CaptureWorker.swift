internal import CaptureFormat
internal import Events
internal import Interchange
internal import Posix
public import Reconstruction

/// Reads the capture for the screen, a slice of work at a time, so that what is asked next never waits for long.
///
/// To be used from one thread: the worker's own, or a test's.
public final class CaptureWorker {
  private var capture: Capture
  private var line: CommonTime
  private var path: String
  private let mailbox: Mailbox
  private let isLocal: Bool
  private var tables = CaptureTables()
  private var text: EventText
  private var history: ProcessHistory?
  private var blocksInHistory = 0
  /// Those used last, the latest first: going back to a selection finds its blocks known.
  private var windows: [EventWindow] = []

  private var isOverviewDue = true
  private var areProcessesDue = false
  private var isPageExpected = false
  private var detail: EventPosition?
  private var pages: [PageJob] = []
  private var histogram: HistogramRequest?
  private var band: BandRequest?
  private var resources: ResourceJob?
  private var search: SearchJob?
  private var packets: PacketJob?
  private var wantedPackets: PacketRequest?
  private var export: ExportJob?
  private var findings: FindingSearch?
  private var isRefreshDue = false
  private static let windowsToKeep = 4
  private static let sliceInNanoseconds: UInt64 = 8_000_000

  /// A page of which a part is found.
  private struct PageJob {
    var request: PageRequest
    var reached: EventPosition
    var found = 0
  }

  public init(_ capture: Capture, path: String, mailbox: Mailbox, isLocal: Bool) {
    self.capture = capture
    line = CommonTime(capture.boots)
    self.path = path
    self.mailbox = mailbox
    self.isLocal = isLocal
    text = EventText(capture.catalogue, naming: capture.boots.flatMap(\.containers))
  }

  /// Works until the mailbox is closed.
  ///
  /// - Parameter wait: Returns when there may be something to do, or after so many milliseconds.
  public func run(wait: (Int32?) -> Void) {
    while !mailbox.isClosed {
      // The screen asks for its first events once it has the overview: they come before the processes.
      if areProcessesDue, isPageExpected, !mailbox.hasRequests {
        isPageExpected = false
        wait(50)
      }
      if !step() { wait(nil) }
    }
    export?.abandon()
  }

  /// Does one slice of work; false when there is none.
  public func step() -> Bool {
    for request in mailbox.takeRequests() { take(request) }
    do throws(CaptureError) {
      return try work()
    } catch {
      mailbox.answer(.failure("\(error)"))
      dropJobs()
      return true
    }
  }

  private func take(_ request: WorkerRequest) {
    switch request {
    case .page(let page):
      isPageExpected = false
      pages.removeAll { $0.request.generation < page.generation }
      pages.append(PageJob(request: page, reached: page.anchor))
    case .detail(let position): detail = position
    case .histogram(let request): histogram = request
    case .band(let request): band = request
    case .search(let request): search = SearchJob(request, window(for: request.selection), fileEnd: tables.last)
    case .cancelSearch: search = nil
    case .findings: findings = FindingSearch(capture, on: line)
    case .packets(let request):
      wantedPackets = request
      packets = nil
    case .export(let request): begin(request)
    case .refresh: isRefreshDue = true
    case .open(let path): open(path)
    }
  }

  private func work() throws(CaptureError) -> Bool {
    if isOverviewDue {
      isOverviewDue = false
      let old = tables
      tables = try CaptureTables(overview: capture, on: line, path: path)
      if old.hasProcesses { tables.keepProcesses(of: old) }
      areProcessesDue = true
      isPageExpected = !old.hasProcesses
      mailbox.answer(.tables(tables))
    } else if let position = detail {
      detail = nil
      try answerDetail(position)
    } else if !pages.isEmpty {
      try workOnPage()
    } else if areProcessesDue {
      areProcessesDue = false
      try tables.read(processesOf: capture, on: line, history: &history, blocks: &blocksInHistory)
      mailbox.answer(.tables(tables))
    } else if let request = wantedPackets {
      try workOnPackets(request)
    } else if let request = histogram {
      let counts = try window(for: request.selection).counts(
        from: request.from, to: request.to, parts: request.parts, while: slice())
      if let counts {
        histogram = nil
        mailbox.answer(.histogram(request, counts))
      }
    } else if isRefreshDue {
      isRefreshDue = false
      let hasGrown = try capture.sections[capture.sections.count - 1].refresh()
      isOverviewDue = hasGrown
      if hasGrown { try takeGrowth() }
      mailbox.answer(.refreshed(hasGrown: hasGrown))
    } else if let request = band {
      try workOnBand(request)
    } else if let job = search {
      let isDone = try job.work(while: slice())
      mailbox.answer(.search(job.result(isDone: isDone)))
      if isDone { search = nil }
    } else if let job = findings {
      let tables = tables
      let isDone = try job.work(while: slice(), shown: { tables.shown($0) })
      mailbox.answer(.findings(job.findings, progress: isDone ? 1 : min(job.progress, 0.99)))
      if isDone { findings = nil }
    } else if let job = export {
      let isDone = try job.work(window(for: job.selection), while: slice())
      mailbox.answer(
        job.problem.map { .problem($0) } ?? .exported(path: job.path, count: job.count, isDone: isDone))
      if isDone { export = nil }
    } else {
      return false
    }
    return true
  }

  private func dropJobs() {
    detail = nil
    pages = []
    histogram = nil
    band = nil
    search = nil
    findings = nil
    wantedPackets = nil
    packets = nil
    isRefreshDue = false
    areProcessesDue = false
  }

  /// What a boot knows is kept with it: made again of the same sections.
  private func takeGrowth() throws(CaptureError) {
    capture = try Capture(capture.sections)
    line = CommonTime(capture.boots)
    text = EventText(capture.catalogue, naming: capture.boots.flatMap(\.containers))
    resources = nil
    // What a filter's fields are read from has grown too.
    if !line.isOfOneBoot { windows = [] } else { windows.removeAll { $0.selection.filter != nil } }
  }

  /// True until the slice is over or something new is asked for.
  private func slice() -> () -> Bool {
    let end = Clock.monotonic + Self.sliceInNanoseconds
    let mailbox = mailbox
    return { Clock.monotonic < end && !mailbox.hasRequests }
  }

  private func window(for selection: EventSelection) -> EventWindow {
    if let place = windows.firstIndex(where: { $0.selection == selection }) {
      windows.insert(windows.remove(at: place), at: 0)
    } else {
      windows.insert(EventWindow(capture, selection, text, on: line), at: 0)
      if windows.count > Self.windowsToKeep { windows.removeLast() }
    }
    return windows[0]
  }

  // MARK: Pages

  private func workOnPage() throws(CaptureError) {
    var job = pages[0]
    let request = job.request
    let window = window(for: request.selection)
    let limit = request.limit - job.found
    let page =
      request.isForward
      ? try window.page(from: job.reached, limit: limit, while: slice())
      : try window.page(before: job.reached, limit: limit, while: slice())
    var lines = try lines(page.positions, window)
    let low = request.isForward ? job.reached : page.reached
    let high = request.isForward ? page.reached : job.reached
    let losses = lossLines(request.selection).filter { $0.position >= low && $0.position < high }
    if !losses.isEmpty { lines = (lines + losses).sorted { $0.position < $1.position } }
    job.found += page.positions.count
    job.reached = page.reached
    let isDone = page.isAtEnd || job.found >= request.limit
    if isDone { pages.removeFirst() } else { pages[0] = job }
    if isDone || !lines.isEmpty {
      mailbox.answer(
        .page(
          PageResult(
            request: request, lines: lines, reached: page.reached, isAtEnd: page.isAtEnd, isDone: isDone)))
    }
  }

  private func lines(_ positions: [EventPosition], _ window: EventWindow) throws(CaptureError) -> [EventLine] {
    var lines: [EventLine] = []
    let (text, line, tables) = (text, line, tables)
    try window.visit(positions) { position, event in
      var row = EventLine(event, at: position, text)
      row.process = line.key(row.process, in: event.entry.section)
      row.container = tables.shown(row.container)
      lines.append(row)
    }
    return lines.sorted { $0.position < $1.position }
  }

  /// Losses stand among the events: where they begin.
  private func lossLines(_ selection: EventSelection) -> [EventLine] {
    tables.losses.enumerated().filter { _, loss in
      loss.cause.countsEvents && loss.to >= selection.from && loss.from <= selection.to
        && (selection.containers.flatMap { containers in loss.container.map { containers.contains($0) } } ?? true)
        && (selection.lanes.flatMap { lanes in loss.lane.map { lanes.contains($0) } } ?? true)
    }.map { EventLine($1, number: $0, notBefore: max(selection.from, tables.first)) }
  }

  private func answerDetail(_ position: EventPosition) throws(CaptureError) {
    guard let block = try event(at: position) else { return }
    mailbox.answer(
      .detail(
        EventDetail(
          block, at: position, on: line, tables: tables, text: text,
          times: ClockText(tables.clock, isLocal: isLocal))))
  }

  /// The block that holds an event, standing at it.
  private func event(at position: EventPosition) throws(CaptureError) -> EventBlock? {
    // Any selection will do: the position says it all.
    guard let entry = capture.directory.first(where: { $0.offset == position.offset }),
      let section = capture.section(of: entry)
    else { return nil }
    let block = try section.readEvents(entry)
    while block.next() { if block.row == Int(position.row) { return block } }
    return nil
  }

  // MARK: Packets

  private func workOnPackets(_ request: PacketRequest) throws(CaptureError) {
    if packets == nil {
      let flow = try request.event.flatMap { position throws(CaptureError) in
        try event(at: position).flatMap { PacketJob.Flow($0) }
      }
      if request.event != nil, flow == nil {
        wantedPackets = nil
        return mailbox.answer(
          .packets(PacketsResult(generation: request.generation, lines: [], isCut: false, isDone: true, flow: nil)))
      }
      packets = PacketJob(request, capture, on: line, tables: tables, flow: flow)
    }
    guard let job = packets else { return }
    let result = try job.work(while: slice())
    if result.isDone {
      wantedPackets = nil
      packets = nil
    }
    mailbox.answer(.packets(result))
  }

  // MARK: Resources

  /// Samples are read once, when a band is first asked for.
  private func workOnBand(_ request: BandRequest) throws(CaptureError) {
    let job = resources ?? ResourceJob(capture, on: line)
    resources = job
    let tables = tables
    guard try job.work(while: slice(), shown: { tables.shown($0) }) else { return }
    band = nil
    mailbox.answer(
      .band(
        request,
        job.history.parts(of: request.containers, from: request.from, to: request.to, count: request.parts)))
  }

  // MARK: Files

  private func open(_ path: String) {
    do throws(CaptureError) {
      capture = try Capture(path: path)
    } catch {
      let text = "\(error)"
      // The one that is open is shown again.
      isOverviewDue = true
      mailbox.answer(.problem(text.hasPrefix(path) ? text : "\(path): \(text)"))
      return
    }
    self.path = path
    line = CommonTime(capture.boots)
    dropJobs()
    windows = []
    resources = nil
    history = nil
    blocksInHistory = 0
    tables = CaptureTables()
    text = EventText(capture.catalogue, naming: capture.boots.flatMap(\.containers))
    isOverviewDue = true
  }

  private func begin(_ request: ExportRequest) {
    export?.abandon()
    do {
      export = try ExportJob(request, capture)
    } catch {
      mailbox.answer(.problem("\(error)"))
    }
  }
}
