internal import CaptureFormat
internal import Events
internal import Reconstruction
internal import Terminal

extension InspectorState {
  private static let linesToKeep = 4000
  private var pageSize: Int { max(layout.rows(of: .events) * 2, 60) }

  // MARK: Asking

  /// Forgets the list and reads from `position` on.
  mutating func reload(from position: EventPosition) -> [Effect] {
    var list = EventList()
    list.generation = events.generation + 1
    list.before = position
    list.after = position
    list.isLoadingAfter = true
    events = list
    detail = nil
    wantedDetail = nil
    return [.ask(.page(request(isForward: true)))]
  }

  private func request(isForward: Bool) -> PageRequest {
    PageRequest(
      generation: events.generation, selection: selection, anchor: isForward ? events.after : events.before,
      isForward: isForward, limit: pageSize)
  }

  /// Puts the cursor on `position`, or on what comes first after it.
  mutating func go(to position: EventPosition) -> [Effect] {
    anchor = position
    let lines = events.lines
    if let first = lines.first, let last = lines.last, position >= first.position || events.isAtStart,
      position <= last.position || events.isAtEnd
    {
      events.place.cursor = lines.firstIndex { $0.position >= position } ?? lines.count - 1
      anchor = events.current?.position ?? anchor
      return []
    }
    return reload(from: position)
  }

  mutating func goToEnd() -> [Effect] {
    if events.isAtEnd {
      events.place.cursor = events.lines.count - 1
      anchor = events.current?.position ?? anchor
      return []
    }
    var list = EventList()
    list.generation = events.generation + 1
    list.before = .end
    list.after = .end
    list.isAtEnd = true
    list.isLoadingBefore = true
    list.wantsLast = true
    events = list
    detail = nil
    wantedDetail = nil
    return [.ask(.page(request(isForward: false)))]
  }

  /// Puts everything into range, and asks for what will be needed soon.
  mutating func settle() -> [Effect] {
    settlePlaces()
    guard hasTables, !isTooSmall else { return [] }
    var effects: [Effect] = []
    let height = max(layout.rows(of: .events), 10)
    if !events.isAtEnd, !events.isLoadingAfter, events.place.cursor + 2 * height > events.lines.count {
      events.isLoadingAfter = true
      effects.append(.ask(.page(request(isForward: true))))
    }
    if !events.isAtStart, !events.isLoadingBefore, !events.isLoadingAfter || !events.lines.isEmpty,
      events.place.cursor < 2 * height
    {
      events.isLoadingBefore = true
      effects.append(.ask(.page(request(isForward: false))))
    }
    let wantsDetail = overlay == .detail || layout.panes[.detail] != nil
    if wantsDetail, let line = events.current, case .event = line.body, detail?.position != line.position,
      wantedDetail != line.position
    {
      wantedDetail = line.position
      detailScroll = 0
      effects.append(.ask(.detail(line.position)))
    }
    effects += askForPackets()
    if let request = histogramRequest, request != histogram?.request, request != wantedHistogram {
      wantedHistogram = request
      effects.append(.ask(.histogram(request)))
    }
    if let request = bandRequest, request != band?.request, request != wantedBand {
      wantedBand = request
      effects.append(.ask(.band(request)))
    }
    return effects
  }

  var bandRequest: BandRequest? {
    guard tables.hasResources, tables.hasProcesses, range.width > 0 else { return nil }
    return BandRequest(
      containers: filter.container.map { [$0] }, from: range.from, to: range.to, parts: layout.axis.width)
  }

  /// The axis shows the selection itself where reading it is quick; else what the counts tell of its containers.
  var histogramRequest: HistogramRequest? {
    guard range.width > 0 else { return nil }
    let sums = tables.counts.parts(of: selection.containers, from: range.from, to: range.to, count: 1)
    guard sums.reduce(0, { $0 + $1[0] }) < 300_000 else { return nil }
    return HistogramRequest(selection: selection, from: range.from, to: range.to, parts: layout.axis.width)
  }

  mutating func settlePlaces() {
    let layout = layout
    containers.settle(count: tables.containers.count + 1, height: layout.rows(of: .containers))
    processes.settle(count: processRows.count + 1, height: layout.rows(of: .processes))
    events.place.settle(count: events.lines.count, height: layout.rows(of: .events))
    statePlace.settle(count: stateLines.count, height: layout.rows(of: .state))
    packets.place.settle(count: packets.lines.count, height: layout.rows(of: .packets))
    axis.cursor = max(0, min(axis.cursor, layout.axis.width - 1))
    axis.mark = axis.mark.map { max(0, min($0, layout.axis.width - 1)) }
    detailScroll = max(0, detailScroll)
    switch overlay {
    case .filter(var place):
      place.settle(count: filterItems.count, height: filterDialog.height - 4)
      overlay = .filter(place)
    case .files(var place):
      place.settle(count: files.count, height: filesDialog.height - 4)
      overlay = .files(place)
    case .findings(var place):
      place.settle(count: findings?.items.count ?? 0, height: findingsDialog.height - 4)
      overlay = .findings(place)
    default: break
    }
  }

  // MARK: Answers

  /// Takes in what the worker found.
  public mutating func take(_ result: WorkerResult) -> [Effect] {
    switch result {
    case .tables(let tables): return take(tables) + settle()
    case .page(let page): take(page)
    case .detail(let detail): if detail.position == events.current?.position { self.detail = detail }
    case .histogram(let request, let counts):
      histogram = Histogram(request: request, counts: counts)
      wantedHistogram = nil
    case .band(let request, let parts):
      band = Band(request: request, parts: parts)
      if wantedBand == request { wantedBand = nil }
    case .search(let result):
      guard result.generation == search.generation else { return [] }
      search.result = result
      return jump() + settle()
    case .findings(let items, let progress): findings = Findings(items: items, progress: progress)
    case .exported(let path, let count, let isDone):
      export = isDone ? nil : (path, count)
      if isDone { message = Message(text: "\(countText(UInt64(count))) events written to \(path)") }
    case .packets(let result): take(result)
    case .refreshed: break
    case .failure(let text):
      message = Message(text: EventText.printable(Array(text.utf8)), isProblem: true)
      events.isLoadingAfter = false
      events.isLoadingBefore = false
      events.isAtStart = true
      events.isAtEnd = true
    // What was asked for is not asked for again by itself: it would fail again.
    case .problem(let text):
      message = Message(text: EventText.printable(Array(text.utf8)), isProblem: true)
      export = nil
    }
    return settle()
  }

  private mutating func take(_ new: CaptureTables) -> [Effect] {
    let isFirst = !hasTables
    let hasGrown = !isFirst && new.eventCount > tables.eventCount
    tables = new
    hasTables = true
    if let place = files.firstIndex(of: new.path) { openFile = place }
    if let key = filter.container, let place = new.containers.firstIndex(where: { $0.key == key }) {
      containers.cursor = place + 1
    }
    rebuildProcesses()
    if isFirst { return refilter() }
    rebuildState()
    guard hasGrown else { return [] }
    if isFollowing {
      events.isAtEnd = false
      return goToEnd()
    }
    // What is there now stays; more can be asked for.
    if events.isAtEnd {
      events.isAtEnd = false
      events.isLoadingAfter = false
    }
    return []
  }

  private mutating func take(_ page: PageResult) {
    guard page.request.generation == events.generation else { return }
    if page.request.isForward {
      events.lines += page.lines
      events.after = page.reached
      events.isAtEnd = page.isAtEnd
      if page.isDone { events.isLoadingAfter = false }
    } else {
      events.lines = page.lines + events.lines
      events.before = page.reached
      events.isAtStart = page.isAtEnd
      if page.isDone { events.isLoadingBefore = false }
      if events.wantsLast {
        events.place.cursor = events.lines.count - 1
        anchor = events.current?.position ?? anchor
      } else {
        events.place.cursor += page.lines.count
        events.place.top += page.lines.count
        // Nothing came after the place that was asked for: stand on the last before it.
        if events.isAtEnd, events.place.cursor >= events.lines.count { events.place.cursor = events.lines.count - 1 }
      }
      if page.isDone { events.wantsLast = false }
    }
    if let last = events.lines.last, events.after == .end { events.after = last.position.successor }
    trim()
  }

  private mutating func trim() {
    let excess = events.lines.count - Self.linesToKeep
    guard excess > 0 else { return }
    if events.place.cursor > events.lines.count / 2 {
      events.lines.removeFirst(excess)
      events.place.cursor -= excess
      events.place.top -= excess
      events.isAtStart = false
      events.before = events.lines[0].position
    } else {
      events.lines.removeLast(excess)
      events.isAtEnd = false
      events.after = events.lines[events.lines.count - 1].position.successor
    }
  }

  // MARK: Following

  mutating func toggleFollowing() -> [Effect] {
    isFollowing.toggle()
    message = Message(
      text: isFollowing
        ? tables.completeness == nil ? "following: the end stays in view" : "following; this capture is finished"
        : "not following")
    return isFollowing ? [.ask(.refresh)] + goToEnd() : []
  }
}
