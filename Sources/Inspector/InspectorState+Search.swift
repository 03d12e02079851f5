internal import CaptureFormat
internal import Events
internal import FilterLanguage
internal import Reconstruction
internal import Terminal

extension InspectorState {
  // MARK: Lines that are typed

  mutating func edit(_ edit: Command.Edit) -> [Effect] {
    guard var line = prompt else { return [] }
    line.problem = nil
    var scalars = Array(line.text.unicodeScalars)
    line.cursor = max(0, min(line.cursor, scalars.count))
    switch edit {
    case .insert(let text):
      let typed = text.unicodeScalars.filter { CharacterWidth.columns(of: $0) != nil }
      scalars.insert(contentsOf: typed.prefix(max(0, 1000 - scalars.count)), at: line.cursor)
      line.cursor += min(typed.count, scalars.count - line.cursor)
    case .deleteBackward:
      if scalars.isEmpty {
        prompt = nil
        return []
      }
      if line.cursor > 0 {
        scalars.remove(at: line.cursor - 1)
        line.cursor -= 1
      }
    case .deleteForward: if line.cursor < scalars.count { scalars.remove(at: line.cursor) }
    case .deleteWord:
      while line.cursor > 0, scalars[line.cursor - 1] == " " {
        line.cursor -= 1
        scalars.remove(at: line.cursor)
      }
      while line.cursor > 0, scalars[line.cursor - 1] != " ",
        scalars[line.cursor - 1] != "/" || line.cursor == scalars.count
      {
        line.cursor -= 1
        scalars.remove(at: line.cursor)
      }
    case .deleteAll:
      scalars.removeFirst(line.cursor)
      line.cursor = 0
    case .move(let count): line.cursor = max(0, min(line.cursor + count, scalars.count))
    case .home: line.cursor = 0
    case .end: line.cursor = scalars.count
    case .cancel:
      prompt = nil
      return []
    case .accept:
      prompt = nil
      return accept(line)
    }
    line.text = String(String.UnicodeScalarView(scalars))
    prompt = line
    return []
  }

  private mutating func accept(_ line: Prompt) -> [Effect] {
    switch line.purpose {
    case .search:
      // Nothing typed: the last one again.
      if let pattern = TextPattern(line.text) {
        search.pattern = pattern
        search.result = nil
        search.generation += 1
      }
      return find(isForward: true)
    case .text:
      filter.text = TextPattern(line.text)
      return refilter()
    case .expression: return filterEvents(line)
    case .time: return goTo(timeText: line.text)
    case .export:
      guard !line.text.isEmpty else { return [] }
      export = (line.text, 0)
      return [.ask(.export(ExportRequest(selection: selection, path: line.text)))]
    }
  }

  /// Takes what was typed as the filter; what is wrong with it is shown where it stands.
  private mutating func filterEvents(_ line: Prompt) -> [Effect] {
    if line.text.allSatisfy(\.isWhitespace) {
      filter.expression = nil
      return refilter()
    }
    do throws(FilterError) {
      filter.expression = try EventFilter(line.text)
    } catch {
      func characters(_ offset: Int) -> Int {
        String(decoding: line.text.utf8.prefix(offset), as: UTF8.self).unicodeScalars.count
      }
      var line = line
      line.problem = Prompt.Problem(
        message: error.problem.message, hint: error.problem.hint,
        place: characters(error.range.start)..<max(characters(error.range.end), characters(error.range.start) + 1))
      line.cursor = characters(error.range.start)
      prompt = line
      return []
    }
    return refilter()
  }

  private mutating func goTo(timeText text: String) -> [Effect] {
    guard !text.isEmpty else { return [] }
    switch timeResolver(text, tables) {
    case .success(let time):
      let clamped = max(range.from, min(time, range.to))
      if clamped != time { message = Message(text: "outside the range that is shown") }
      focus = .events
      return go(to: .before(clamped))
    case .failure(let problem):
      message = Message(text: problem.text, isProblem: true)
      return []
    }
  }

  /// The capture's name with `-selection.jsonl`.
  var suggestedExport: String {
    let name = tables.path.split(separator: "/").last.map(String.init) ?? "capture"
    let base = name.hasSuffix(".pcapng") ? String(name.dropLast(7)) : name
    return "\(EventText.printable(Array(base.utf8)))-selection.jsonl"
  }

  // MARK: Finding

  /// Where `/` and `n` look: in the list that has the focus; in the events from elsewhere.
  var searchedPane: Pane { [.containers, .processes, .state, .packets].contains(focus) ? focus : .events }

  mutating func find(isForward: Bool) -> [Effect] {
    guard let pattern = search.pattern else {
      message = Message(text: "nothing to look for: / begins a search")
      return []
    }
    switch focus {
    case .containers:
      let count = tables.containers.count + 1
      return step(containers.cursor, count, isForward) { state, place in
        place > 0 && state.tables.containers[place - 1].isFound(pattern)
      }
    case .processes:
      let count = processRows.count + 1
      return step(processes.cursor, count, isForward) { state, place in
        place > 0 && state.processRows[place - 1].node.process.isFound(pattern)
      }
    case .state:
      return step(statePlace.cursor, stateLines.count, isForward) { state, place in
        pattern.isFound(in: state.stateLines[place].text)
      }
    case .packets:
      return step(packets.place.cursor, packets.lines.count, isForward) { state, place in
        pattern.isFound(in: state.packets.lines[place].text)
      }
    default: break
    }
    search.isJumpingForward = isForward
    if search.result == nil {
      search.generation += 1
      var wanted = selection
      if !wanted.texts.contains(pattern) { wanted.texts.append(pattern) }
      let from = events.current?.position.successor ?? .before(range.from)
      search.result = SearchResult(
        generation: search.generation, matches: [], progress: 0, isDone: false, isCut: false)
      return [.ask(.search(SearchRequest(generation: search.generation, selection: wanted, from: from)))]
    }
    return jump()
  }

  /// Goes round a list from `cursor` to the next row that `matches`.
  private mutating func step(
    _ cursor: Int, _ count: Int, _ isForward: Bool, matches: (InspectorState, Int) -> Bool
  ) -> [Effect] {
    for distance in 0..<count {
      let distance = distance + 1
      let place = ((cursor + (isForward ? distance : -distance)) % count + count) % count
      guard matches(self, place) else { continue }
      if isForward ? place <= cursor : place >= cursor { message = Message(text: "search went round") }
      switch focus {
      case .containers:
        containers.cursor = place
        settlePlaces()
        return chooseContainer()
      case .state:
        statePlace.cursor = place
        return []
      case .packets:
        packets.place.cursor = place
        return []
      default: break
      }
      processes.cursor = place
      settlePlaces()
      return chooseProcess()
    }
    let list =
      switch focus {
      case .containers: "the containers"
      case .processes: "the processes"
      case .packets: "the packets"
      default: "what was open at the start"
      }
    message = Message(
      text: "not in \(list): \(search.pattern?.text ?? ""); 4 and n look in the events", isProblem: true)
    return []
  }

  /// Goes to the match that is waited for, if it is known.
  mutating func jump() -> [Effect] {
    guard let isForward = search.isJumpingForward, let result = search.result else { return [] }
    let here = events.current?.position ?? .before(range.from)
    let matches = result.matches
    let target =
      isForward ? matches.first { $0 > here } : matches.last { $0 < here }
    if let target, isForward || result.isDone {
      search.isJumpingForward = nil
      return go(to: target)
    }
    guard result.isDone else { return [] }
    search.isJumpingForward = nil
    guard let round = isForward ? matches.first : matches.last else {
      message = Message(text: "not found: \(search.pattern?.text ?? "")", isProblem: true)
      return []
    }
    message = Message(text: "search went round")
    return go(to: round)
  }

  // MARK: Copying

  mutating func copyLine() -> [Effect] {
    guard let text = lineText else { return [] }
    message = Message(text: "copied to the clipboard, if the terminal allows it")
    return [.copy(text)]
  }

  /// The row under the cursor as text.
  private var lineText: String? {
    let times = ClockText(tables.clock, isLocal: isLocal)
    switch focus {
    case .containers:
      guard containers.cursor > 0, let row = tables.containers.element(containers.cursor - 1)?.row else { return nil }
      return EventText.printable(Array(row.id.utf8))
    case .processes:
      guard processes.cursor > 0, processes.cursor <= processRows.count else { return nil }
      let row = processRows[processes.cursor - 1].node.process
      return "\(row.key.pid) \(row.commandText)"
    case .state: return stateLines.element(statePlace.cursor)?.text
    case .packets:
      return packets.lines.element(packets.place.cursor).map { "\(times.full($0.time)) \($0.text)" }
    default:
      guard let line = events.current else { return nil }
      return "\(times.full(line.time)) \(line.processName) \(line.text)"
    }
  }
}

extension ContainerSummary {
  func isFound(_ pattern: TextPattern) -> Bool {
    pattern.isFound(in: label) || pattern.isFound(in: image) || pattern.isFound(in: row.id)
  }
}

extension ProcessRow {
  func isFound(_ pattern: TextPattern) -> Bool {
    if pattern.isFound(in: comm) || pattern.isFound(in: "\(key.pid)") { return true }
    if let executable, pattern.isFound(in: executable) { return true }
    return arguments.map { pattern.isFound(in: $0.bytes.map { $0 == 0 ? 0x20 : $0 }) } ?? false
  }

  /// The command line; the name where there is none.
  var commandText: String {
    let text = arguments.map { EventText.commandLine($0) } ?? ""
    if !text.isEmpty {
      // What a runtime did is drawn dim, and needs no words.
      let marks = flags.subtracting(.runtimeSetUp).markWords
      return marks.isEmpty ? text : text + " [" + marks.joined(separator: ", ") + "]"
    }
    let name = EventText.printable(comm)
    return flags.contains(.kernelThread) ? "[\(name)]" : name.isEmpty ? "?" : name
  }
}

extension EventLine {
  /// What stands in the line, in one piece.
  var text: String {
    switch body {
    case .event(let what, let result, let notes):
      what + (result.isEmpty ? "" : " = " + result) + (notes.isEmpty ? "" : " [" + notes + "]")
    case .loss(let loss): Self.text(of: loss)
    }
  }

  static func text(of loss: LossRow) -> String {
    let whose = loss.container == nil ? "of anybody" : "of this container"
    return
      "\(countText(loss.count)) \(loss.lane?.name ?? "") events \(whose) lost here: \(loss.cause.name ?? "cause \(loss.cause.rawValue)"), over \(durationText(loss.to.nanoseconds - min(loss.from.nanoseconds, loss.to.nanoseconds)))"
  }
}
