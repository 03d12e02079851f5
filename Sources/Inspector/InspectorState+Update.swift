internal import Events
internal import Reconstruction
public import Terminal

extension InspectorState {
  /// Takes an input, and answers what is to be done beside drawing.
  public mutating func update(_ input: TerminalInput) -> [Effect] {
    if case .terminate = input { return [.quit] }
    guard let command = command(for: input) else { return [] }
    return update(command)
  }

  public mutating func update(_ command: Command) -> [Effect] {
    if case .resize(let size) = command {
      self.size = size
      return settle()
    }
    message = nil
    if isTooSmall {
      switch command {
      case .quit: return [.quit]
      case .suspend: return [.suspend]
      default: return []
      }
    }
    if case .edit(let edit) = command { return self.edit(edit) + settle() }
    let effects = overlay == .none ? act(command) : actInOverlay(command)
    return effects + settle()
  }

  private mutating func act(_ command: Command) -> [Effect] {
    switch command {
    case .move(let count): return move(count)
    case .page(let pages):
      let rows = Double(max(layout.rows(of: focus), 2))
      return move(Int((pages * rows).rounded(.towardZero)))
    case .top: return jumpToEdge(isEnd: false)
    case .bottom: return jumpToEdge(isEnd: true)
    case .sideways(let count): moveSideways(count)
    case .nextPane: changeFocus(by: 1)
    case .previousPane: changeFocus(by: -1)
    case .focus(let pane): visit(pane)
    case .toggleState: visit(focus == .state ? .events : .state)
    case .showPackets: visitPackets()
    case .choose: return choose()
    case .back: return back()
    case .search: prompt = Prompt(.search(searchedPane))
    case .findNext: return find(isForward: true)
    case .findPrevious: return find(isForward: false)
    case .filterMenu: overlay = .filter(ListPlace())
    case .filterPrompt: prompt = Prompt(.expression, filter.expression?.text ?? "")
    case .toggleFailed:
      filter.isFailedOnly.toggle()
      return refilter()
    case .toggleDescendants:
      filter.hasDescendants.toggle()
      return refilter()
    case .clearFilters: return clearFilters()
    case .goToTime: prompt = Prompt(.time)
    case .export: prompt = Prompt(.export, suggestedExport)
    case .copyLine: return copyLine()
    case .follow: return toggleFollowing()
    case .help: overlay = .help(scroll: 0)
    case .files: overlay = .files(ListPlace())
    case .findings: return openFindings()
    case .zoomIn: return zoomIn()
    case .zoomOut: return zoomOut()
    case .zoomWhole: return setRange(nil)
    case .mark:
      if focus == .timeline { axis.mark = axis.mark == nil ? axis.cursor : nil } else { focus = .timeline }
    case .toggle: return focus == .timeline ? act(.mark) : choose()
    case .suspend: return [.suspend]
    case .redraw: return [.redraw]
    case .quit: return [.quit]
    case .click(let position): return click(position)
    case .wheel(let count, let position): return wheel(count, position)
    case .edit, .resize: break
    }
    return []
  }

  // MARK: Moving

  private mutating func move(_ count: Int) -> [Effect] {
    switch focus {
    case .timeline: axis.cursor += count
    case .containers:
      let before = containers.cursor
      containers.cursor += count
      settlePlaces()
      return containers.cursor == before ? [] : chooseContainer()
    case .processes:
      let before = processes.cursor
      processes.cursor += count
      settlePlaces()
      return processes.cursor == before ? [] : chooseProcess()
    case .events:
      events.place.cursor += count
      settlePlaces()
      anchor = events.current?.position ?? anchor
      if count < 0 { isFollowing = false }
    case .detail: detailScroll += count
    case .state: statePlace.cursor += count
    case .packets: packets.place.cursor += count
    }
    return []
  }

  private mutating func jumpToEdge(isEnd: Bool) -> [Effect] {
    switch focus {
    case .events:
      if !isEnd { isFollowing = false }
      return isEnd ? goToEnd() : go(to: .before(range.from))
    case .timeline:
      axis.cursor = isEnd ? layout.axis.width - 1 : 0
      return []
    default: return move(isEnd ? Int.max / 4 : -Int.max / 4)
    }
  }

  private mutating func moveSideways(_ count: Int) {
    switch focus {
    case .timeline: axis.cursor += count
    default: horizontal = max(0, min(horizontal + 8 * count, 4000))
    }
  }

  private mutating func changeFocus(by count: Int) {
    let panes = Pane.allCases.filter(isVisitable)
    guard let place = panes.firstIndex(of: focus) else { return }
    focus = panes[(place + count + panes.count) % panes.count]
  }

  private func isVisitable(_ pane: Pane) -> Bool {
    switch pane {
    case .detail: layout.hasDetail
    case .state: tables.state != nil
    case .packets: tables.hasPackets
    default: true
    }
  }

  private mutating func visit(_ pane: Pane) {
    if isVisitable(pane) {
      focus = pane
      // From the state back to the events: their fields are of more use beside them.
      if pane == .events, shared != .detail { leaveState() }
    } else if pane == .state {
      message = Message(
        text: tables.hasProcesses
          ? "this capture does not tell how things stood when it began: those of `aftertrace watch` do"
          : "still reading")
    }
  }

  private mutating func leaveState() {
    focus = .detail
    focus = .events
  }

  private mutating func choose() -> [Effect] {
    switch focus {
    case .containers: focus = .processes
    case .processes: focus = .events
    case .events, .detail: if events.current != nil { overlay = .detail }
    case .state: return chooseStateLine()
    case .packets: return choosePacket()
    case .timeline:
      if axis.mark != nil { return zoomIn() }
      let effects = go(to: .before(time(atColumn: axis.cursor)))
      focus = .events
      return effects
    }
    return []
  }

  /// Takes back the last thing that narrows what is shown.
  private mutating func back() -> [Effect] {
    if search.isJumpingForward != nil || search.result.map({ !$0.isDone }) ?? false {
      search.isJumpingForward = nil
      search.result = nil
      search.generation += 1
      message = Message(text: "search ended")
      return [.ask(.cancelSearch)]
    }
    if axis.mark != nil {
      axis.mark = nil
    } else if filter.expression != nil {
      filter.expression = nil
    } else if filter.text != nil {
      filter.text = nil
    } else if filter.kinds != nil || filter.lanes != nil {
      filter.kinds = nil
      filter.lanes = nil
    } else if filter.isFailedOnly {
      filter.isFailedOnly = false
    } else if filter.process != nil {
      processes.cursor = 0
      return chooseProcess()
    } else if filter.range != nil {
      return setRange(nil)
    } else if filter.container != nil {
      containers.cursor = 0
      return chooseContainer()
    } else if search.pattern != nil {
      search.pattern = nil
      return []
    } else {
      return []
    }
    return refilter()
  }

  // MARK: Mouse

  private mutating func click(_ position: ScreenPosition) -> [Effect] {
    let layout = layout
    if layout.timeline.contains(position) {
      focus = .timeline
      axis.cursor = position.column - layout.axis.column
      settlePlaces()
      return go(to: .before(time(atColumn: axis.cursor)))
    }
    if !layout.isSplit, let body = layout.panes.values.first, position.row == body.row {
      if let pane = tabs(width: body.width).first(where: { $0.columns.contains(position.column) })?.pane {
        focus = pane
      }
      return []
    }
    guard let (pane, area) = layout.panes.first(where: { $0.value.contains(position) }) else { return [] }
    focus = pane
    let row = position.row - area.row - (pane == .state ? 1 : 2)
    guard row >= 0, pane != .detail else { return [] }
    switch pane {
    case .containers: return clickRow(containers.top + row, containers.cursor, move: containers.top + row)
    case .packets: return clickRow(packets.place.top + row, packets.place.cursor, move: packets.place.top + row)
    case .state: return clickRow(statePlace.top + row, statePlace.cursor, move: statePlace.top + row)
    case .processes: return clickRow(processes.top + row, processes.cursor, move: processes.top + row)
    default: return clickRow(events.place.top + row, events.place.cursor, move: events.place.top + row)
    }
  }

  private mutating func clickRow(_ row: Int, _ cursor: Int, move target: Int) -> [Effect] {
    // A second click on a row is Enter, where Enter shows more of it.
    row == cursor && focus == .events ? choose() : move(target - cursor)
  }

  private mutating func wheel(_ count: Int, _ position: ScreenPosition) -> [Effect] {
    let layout = layout
    if layout.timeline.contains(position) {
      axis.cursor = position.column - layout.axis.column
      focus = .timeline
      return count < 0 ? zoomIn() : zoomOut()
    }
    guard let pane = layout.panes.first(where: { $0.value.contains(position) })?.key else { return [] }
    let before = focus
    focus = pane
    let effects = move(count)
    focus = before
    return effects
  }

  // MARK: Overlays

  private mutating func actInOverlay(_ command: Command) -> [Effect] {
    switch (command, overlay) {
    case (.quit, .detail), (.quit, .help), (.quit, .filter), (.quit, .files), (.quit, .findings), (.back, _):
      overlay = .none
    case (.help, .help): overlay = .none
    case (.choose, .help), (.choose, .detail): overlay = .none
    case (.filterMenu, .filter): overlay = .none
    case (.resize, _): break
    case (.suspend, _): return [.suspend]
    case (.redraw, _): return [.redraw]
    case (.move(let count), .help(let scroll)): overlay = .help(scroll: scroll + count)
    case (.page(let pages), .help(let scroll)): overlay = .help(scroll: scroll + Int(pages * Double(size.rows - 6)))
    case (.top, .help): overlay = .help(scroll: 0)
    case (.bottom, .help): overlay = .help(scroll: Int.max / 4)
    case (.wheel(let count, _), .help(let scroll)): overlay = .help(scroll: scroll + count)
    case (.move(let count), .detail): detailScroll += count
    case (.page(let pages), .detail): detailScroll += Int(pages * Double(size.rows - 6))
    case (.wheel(let count, _), .detail): detailScroll += count
    case (.top, .detail): detailScroll = 0
    case (.bottom, .detail): detailScroll = Int.max / 4
    // The next and the previous event, without leaving.
    case (.sideways(let count), .detail):
      focus = .events
      let effects = move(count)
      detailScroll = 0
      return effects
    case (.findNext, .detail): return find(isForward: true)
    case (.findPrevious, .detail): return find(isForward: false)
    case (.copyLine, .detail): return copyLine()
    case (_, .filter(let place)): return actInFilterMenu(command, place)
    case (_, .files(let place)): return actInFiles(command, place)
    case (_, .findings(let place)): return actInFindings(command, place)
    default: break
    }
    return []
  }

  private mutating func actInFiles(_ command: Command, _ place: ListPlace) -> [Effect] {
    var place = place
    switch command {
    case .move(let count), .wheel(let count, _): place.cursor += count
    case .top: place.cursor = 0
    case .bottom: place.cursor = files.count - 1
    case .page(let pages): place.cursor += Int(pages * 10)
    case .choose, .toggle:
      overlay = .none
      return open(place.cursor)
    default: break
    }
    overlay = .files(place)
    return []
  }

  private mutating func open(_ number: Int) -> [Effect] {
    guard files.indices.contains(number), number != openFile else { return [] }
    let generation = events.generation + 1
    var fresh = InspectorState(size: size, colourCount: colourCount, files: files)
    fresh.isLocal = isLocal
    fresh.timeResolver = timeResolver
    fresh.openFile = number
    fresh.events.generation = generation
    fresh.search.generation = search.generation + 1
    self = fresh
    return [.ask(.open(path: files[number]))]
  }

  // MARK: Ranges

  /// The time at a column of the axis.
  func time(atColumn column: Int) -> BootTime {
    let width = max(layout.axis.width, 1)
    let share = Double(max(0, min(column, width))) / Double(width)
    return BootTime(nanoseconds: range.from.nanoseconds + UInt64(Double(range.width) * share))
  }

  /// The column of a time, which may lie outside.
  func column(of time: BootTime) -> Int {
    let offset = Double(time.nanoseconds) - Double(range.from.nanoseconds)
    let column = offset / Double(max(range.width, 1)) * Double(layout.axis.width)
    return Int(max(-1e6, min(column, 1e6)).rounded(.down))
  }

  private mutating func zoomIn() -> [Effect] {
    if focus == .timeline, let mark = axis.mark, mark != axis.cursor {
      let (low, high) = (min(mark, axis.cursor), max(mark, axis.cursor))
      let range = TimeRange(from: time(atColumn: low), to: time(atColumn: high + 1))
      axis.mark = nil
      return setRange(range)
    }
    let middle = focus == .timeline ? time(atColumn: axis.cursor) : events.current?.time ?? time(atColumn: axis.cursor)
    return zoom(to: range.width / 2, around: middle)
  }

  private mutating func zoomOut() -> [Effect] {
    guard filter.range != nil else { return [] }
    let middle = focus == .timeline ? time(atColumn: axis.cursor) : events.current?.time ?? time(atColumn: axis.cursor)
    return zoom(to: range.width * 2, around: middle)
  }

  private mutating func zoom(to width: UInt64, around middle: BootTime) -> [Effect] {
    let (first, last) = (tables.first.nanoseconds, tables.last.nanoseconds)
    let width = max(width, 1000)
    guard last > first, width < last - first else { return setRange(nil) }
    // What is under the cursor stays under it.
    let share = (Double(middle.nanoseconds) - Double(range.from.nanoseconds)) / Double(max(range.width, 1))
    let before = UInt64(Double(width) * max(0, min(share, 1)))
    var from = middle.nanoseconds > before ? middle.nanoseconds - before : 0
    from = min(max(from, first), last - width)
    return setRange(TimeRange(from: BootTime(nanoseconds: from), to: BootTime(nanoseconds: from + width)))
  }

  mutating func setRange(_ range: TimeRange?) -> [Effect] {
    guard range != filter.range else { return [] }
    filter.range = range
    rebuildProcesses()
    return refilter()
  }
}
