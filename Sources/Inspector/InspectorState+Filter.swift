internal import CaptureFormat
internal import Events
internal import Reconstruction

/// One row of the filter dialog.
enum FilterItem: Hashable {
  case failed, text, expression
  case lane(Lane)
  case kind(EventKind)
}

extension InspectorState {
  var filterItems: [FilterItem] {
    [.failed, .text, .expression] + Lane.ofEvents.map { .lane($0) } + tables.kinds.map { .kind($0) }
  }

  /// Samples of resources come each second: the bands on the timeline show them, the list only when it is told to.
  var usualKinds: Set<EventKind> { Set(tables.kinds).subtracting([.containerResources]) }

  func isOn(_ item: FilterItem) -> Bool {
    switch item {
    case .failed: filter.isFailedOnly
    case .text: filter.text != nil
    case .expression: filter.expression != nil
    case .lane(let lane): filter.lanes?.contains(lane) ?? true
    case .kind(let kind): (filter.kinds ?? usualKinds).contains(kind)
    }
  }

  mutating func actInFilterMenu(_ command: Command, _ place: ListPlace) -> [Effect] {
    var place = place
    let items = filterItems
    switch command {
    case .move(let count), .wheel(let count, _): place.cursor += count
    case .page(let pages): place.cursor += Int(pages * 10)
    case .top: place.cursor = 0
    case .bottom: place.cursor = items.count - 1
    case .toggle, .toggleFailed, .choose, .clearFilters:
      overlay = .filter(place)
      switch command {
      case .toggleFailed: toggle(.failed)
      case .clearFilters: return clearFilters()
      case .choose: items.element(place.cursor).map { only($0) }
      default: items.element(place.cursor).map { toggle($0) }
      }
      return prompt == nil ? refilter() : []
    default: break
    }
    overlay = .filter(place)
    return []
  }

  private mutating func toggle(_ item: FilterItem) {
    switch item {
    case .failed: filter.isFailedOnly.toggle()
    case .text:
      if filter.text == nil { prompt = Prompt(.text) } else { filter.text = nil }
    case .expression:
      if filter.expression == nil { prompt = Prompt(.expression) } else { filter.expression = nil }
    case .lane(let lane):
      let lanes = (filter.lanes ?? Set(Lane.ofEvents)).symmetricDifference([lane])
      filter.lanes = lanes.count == Lane.ofEvents.count ? nil : lanes
    case .kind(let kind):
      let kinds = (filter.kinds ?? usualKinds).symmetricDifference([kind])
      filter.kinds = kinds == usualKinds ? nil : kinds
    }
  }

  /// This one alone; all again when it is alone already.
  private mutating func only(_ item: FilterItem) {
    switch item {
    case .failed, .text, .expression: toggle(item)
    case .lane(let lane): filter.lanes = filter.lanes == [lane] ? nil : [lane]
    case .kind(let kind): filter.kinds = filter.kinds == [kind] ? nil : [kind]
    }
  }

  mutating func clearFilters() -> [Effect] {
    filter = Filter()
    containers.cursor = 0
    processes.cursor = 0
    rebuildProcesses()
    return refilter()
  }

  // MARK: Panes

  /// The container under the cursor, nil for all.
  mutating func chooseContainer() -> [Effect] {
    let key = containers.cursor == 0 ? nil : tables.containers.element(containers.cursor - 1)?.key
    guard key != filter.container else { return [] }
    filter.container = key
    filter.process = nil
    processes = ListPlace()
    rebuildProcesses()
    return refilter()
  }

  mutating func chooseProcess() -> [Effect] {
    let place = processes.cursor - 1
    let key = place >= 0 && place < processRows.count ? processRows[place].node.process.key : nil
    guard key != filter.process else { return [] }
    filter.process = key
    return refilter()
  }

  /// Makes the rows of the processes pane; the cursor stays on its process.
  mutating func rebuildProcesses() {
    processRows = ProcessRows(tables.forests[filter.container] ?? ProcessForest([]), range: filter.range)
    guard let key = filter.process else { return }
    if let place = processRows.place(of: key) {
      processes.cursor = place + 1
    } else {
      processes.cursor = 0
      filter.process = nil
    }
  }

  /// Begins the list of events anew, at the place where it was.
  mutating func refilter() -> [Effect] {
    selection = makeSelection()
    rebuildState()
    search.result = nil
    search.isJumpingForward = nil
    return reload(from: max(anchor, .before(range.from)))
  }

  private func makeSelection() -> EventSelection {
    var selection = EventSelection()
    selection.containers = filter.container.map { tables.container($0)?.keys ?? [$0] }
    selection.lanes = filter.lanes
    selection.kinds = filter.kinds
    selection.isFailedOnly = filter.isFailedOnly
    selection.texts = filter.text.map { [$0] } ?? []
    selection.filter = filter.expression
    selection.unwantedKinds = [.containerResources]
    if let range = filter.range {
      selection.from = range.from
      selection.to = range.to
    }
    if let process = filter.process {
      let family = filter.hasDescendants ? tables.family(of: process) : [process]
      selection.processes = family
      // Nothing is to be read from when none of them lived; a second on either side for what is told late.
      let rows = family.compactMap { tables.process($0) }
      if rows.count == family.count {
        let slack: UInt64 = 1_000_000_000
        let start = rows.map(\.key.start.nanoseconds).min() ?? 0
        selection.from = max(selection.from, BootTime(nanoseconds: start > slack ? start - slack : 0))
        if rows.allSatisfy({ $0.end != nil }), let end = rows.compactMap(\.end?.nanoseconds).max(),
          end < .max - slack
        {
          selection.to = min(selection.to, BootTime(nanoseconds: end + slack))
        }
      }
    }
    return selection
  }

  /// What narrows the view, from the widest to the narrowest.
  var breadcrumbs: [String] {
    var crumbs = [
      filter.container.map { tables.container($0)?.label ?? "container \($0.rawValue)" } ?? "all containers"
    ]
    if let key = filter.process {
      let name = tables.process(key).map { EventText.printable($0.comm) } ?? ""
      crumbs.append("\(name)[\(key.pid)]" + (filter.hasDescendants ? " + descendants" : ""))
    }
    if let range = filter.range {
      let times = ClockText(tables.clock, isLocal: isLocal)
      let digits = range.width > 60_000_000_000 ? 0 : 3
      crumbs.append(times.time(range.from, digits: digits) + " – " + times.time(range.to, digits: digits))
    }
    if let lanes = filter.lanes {
      crumbs.append(lanes.isEmpty ? "no lane" : lanes.sorted().map(\.name).joined(separator: " + "))
    }
    if let kinds = filter.kinds {
      let text = EventText(tables.catalogue)
      let names = kinds.sorted { $0.rawValue < $1.rawValue }.prefix(3).map { text.name(of: $0) }
      crumbs.append(
        kinds.count == tables.kinds.count
          ? "with samples"
          : kinds.isEmpty
            ? "no kind" : names.joined(separator: " + ") + (kinds.count > 3 ? " + \(kinds.count - 3) kinds" : ""))
    }
    if filter.isFailedOnly { crumbs.append("failed only") }
    if let text = filter.text { crumbs.append("with “\(EventText.printable(Array(text.text.utf8)))”") }
    if let expression = filter.expression {
      crumbs.append("where " + EventText.printable(Array(expression.text.utf8)))
    }
    return crumbs
  }
}
