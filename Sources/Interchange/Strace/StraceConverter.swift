public import CaptureFormat
internal import Events
internal import Glibc
public import Posix

/// Makes a capture of what strace printed, in one pass: each line takes the way of a .scap event.
///
/// A line that is none of strace's is passed over and told with its number; the others are read.
public final class StraceConverter {
  private let source: PackedSource
  private let section: ScapSection
  private var summary = ConversionSummary()
  /// Told how many bytes of the file were read, now and then.
  public var progress: ((UInt64) -> Void)?

  private var lineNumber = 0
  private var hasDate = false
  /// When the last line was, nanoseconds; of a log without times lines are a microsecond apart.
  private var now: UInt64
  /// Beginnings of calls that were interrupted by lines of others.
  private var waiting: [Int64: Waiting] = [:]
  private var calls: [String: StraceCall] = [:]
  /// The number of the task that bears none: what was taken from standard error is of one process until that forks.
  private var nameless: Int64 = 1
  private var isNamelessKnown = false
  private var children = Set<Int64>()
  /// What stands before a remark that strace put into the middle of a line.
  private var fragment: [UInt8] = []

  /// Lines of tasks that nobody told of yet, while clones wait for their result: one of those will say whose child it is.
  private var held: [Int64: [(line: StraceLine, time: UInt64)]] = [:]
  private var heldCount = 0

  private struct Waiting {
    var name: String
    var text: [UInt8]
    var time: UInt64
    var makesTask: Bool
  }

  /// How much of a file is looked at to know it.
  static let sampleLength = 64 << 10
  private static let lineLimit = 1 << 20
  private static let waitingLimit = 1 << 16

  public init(
    toolVersion: String, catalogue: Catalogue? = nil, reading fill: @escaping ForeignFormat.Fill,
    writingTo sink: @escaping CaptureWriter.Sink
  ) throws(SystemError) {
    source = try PackedSource(fill)
    _ = try source.require(Self.sampleLength)
    var attached = Set<Int64>()
    for line in Self.lines(source.available) {
      if let (_, number) = Self.remark(in: line) { attached.insert(number) }
      guard let line = StraceLine(line) else { continue }
      if case .date = line.time { hasDate = true }
      if let number = line.task, !isNamelessKnown, !attached.contains(number) {
        nameless = number
        isNamelessKnown = true
      }
    }
    now = 1_000_000_000
    section = ScapSection(
      source: .strace(hasDate: hasDate), toolVersion: toolVersion,
      catalogue: catalogue ?? .current(calls: ScapPlan.catalogueCalls), sink: sink)
  }

  /// Whether a file begins like a log of strace: one call at least, and few lines that are nothing of its.
  static func recognizes(_ head: UnsafeRawBufferPointer) -> Bool {
    var known = 0
    var unknown = 0
    for line in lines(head).prefix(64) where !line.isEmpty {
      guard let line = StraceLine(line) else {
        unknown += 1
        continue
      }
      switch line.body {
      // `f(x) = 1` might stand in any text: the mark of a whole line is its result.
      case .call(_, let text): if StraceArguments(text).isWhole { known += 1 }
      case .signal, .exited, .resumed, .unfinished: known += 1
      case .superseded, .note: break
      }
    }
    return known > 0 && known >= unknown
  }

  private static func lines(_ head: UnsafeRawBufferPointer) -> [ArraySlice<UInt8>] {
    let bytes = Array(head.prefix(sampleLength))
    // NUL is in no log.
    if bytes.contains(0) { return [] }
    return bytes.split(separator: 10, omittingEmptySubsequences: true).map { $0 }
  }

  /// Reads to the end.
  ///
  /// - Throws: ``SystemError`` of reading or writing. Lines that make no sense are passed over, and told.
  public func run() throws(SystemError) -> ConversionSummary {
    while let line = try nextLine() {
      lineNumber += 1
      if line.isEmpty { continue }
      if let (begin, _) = Self.remark(in: line[...]) {
        fragment += begin
        continue
      }
      let line = fragment.isEmpty ? line : fragment + line
      fragment = []
      if let line = StraceLine(line[...]) { try take(line) } else { noteBadLine("nothing that strace prints") }
      if lineNumber & 0xFFFF == 0 { progress?(source.bytesRead) }
    }
    if let problem = source.problem { summary.note("line \(lineNumber): \(problem)") }
    try releaseAll()
    for (task, begun) in waiting.sorted(by: { $0.key < $1.key }) {
      let text = begun.text + Array(") = ?".utf8)
      try call(begun.name, text[...], by: task, began: begun.time, isUnfinished: true)
    }
    try section.finish(
      reason: "strace tells of the calls that it was asked for, and does not say which those are"
        + (summary.problemCount > 0 ? "; \(summary.problemCount) lines of it could not be read" : ""))
    summary.eventCount = section.eventCount
    summary.rowCount = section.streams?.rowCount ?? 0
    summary.leftOut = section.leftOut
    summary.sectionCount = section.streams == nil ? 0 : 1
    return summary
  }

  /// `clone(child_stack=NULLstrace: Process 7631 attached`: what stands before it, and whom it is of.
  private static func remark(in line: ArraySlice<UInt8>) -> (begin: ArraySlice<UInt8>, task: Int64)? {
    let end = Array(" attached".utf8)
    guard line.suffix(end.count).elementsEqual(end) else { return nil }
    var digits = line.dropLast(end.count)
    while let last = digits.last, (48...57).contains(last) { digits = digits.dropLast() }
    let mark = Array("strace: Process ".utf8)
    var number = StraceText(line[digits.endIndex...])
    guard digits.suffix(mark.count).elementsEqual(mark), let task = number.takeNumber() else { return nil }
    return (digits.dropLast(mark.count), task)
  }

  private func noteBadLine(_ what: String) {
    summary.note("line \(lineNumber): \(what); the lines around it are read")
    section.noteDamage()
  }

  /// Nil at the end.
  private func nextLine() throws(SystemError) -> [UInt8]? {
    var searched = 0
    while true {
      let window = source.available
      if searched < window.count, let start = window.baseAddress,
        let end = memchr(start + searched, 10, window.count - searched)
      {
        let length = start.distance(to: UnsafeRawPointer(end))
        let line = [UInt8](window[..<length])
        source.skip(length + 1)
        return line.last == 13 ? Array(line.dropLast()) : line
      }
      if window.count > Self.lineLimit {
        // Nobody's line: what is left of it is the next one.
        source.skip(window.count)
        return [0]
      }
      searched = window.count
      if try !source.require(searched + 1) {
        let line = [UInt8](source.available)
        source.skip(line.count)
        return line.isEmpty ? nil : line
      }
    }
  }

  // MARK: Lines

  private func take(_ line: StraceLine) throws(SystemError) {
    let task = task(of: line)
    let time = time(of: line)
    if held[task] != nil || (section.state.known(task) == nil && waiting.values.contains(where: \.makesTask)) {
      held[task, default: []].append((line, time))
      heldCount += 1
      if heldCount > Self.waitingLimit { try releaseAll() }
      return
    }
    try take(line, of: task, at: time)
  }

  /// Takes in what a task did before the call that made it came back.
  private func release(_ task: Int64) throws(SystemError) {
    for (line, time) in held.removeValue(forKey: task) ?? [] {
      heldCount -= 1
      try take(line, of: task, at: time)
    }
  }

  private func releaseAll() throws(SystemError) {
    for task in held.keys.sorted() { try release(task) }
  }

  private func take(_ line: StraceLine, of task: Int64, at time: UInt64) throws(SystemError) {
    switch line.body {
    case .note: break
    case .call(let name, let text): try call(name, text, by: task, began: time)
    case .unfinished(let name, let text):
      guard waiting.count < Self.waitingLimit else { return noteBadLine("more unfinished calls than are kept") }
      waiting[task] = Waiting(name: name, text: Array(text), time: time, makesTask: ScapPlan.makesTask(name))
    case .resumed(let name, let text):
      guard let begun = waiting.removeValue(forKey: task), begun.name == name else {
        return noteBadLine("'\(EscapedName(name))' goes on, and did not begin")
      }
      try call(name, (begun.text + text)[...], by: task, began: begun.time, ended: time)
      if begun.makesTask, !waiting.values.contains(where: \.makesTask) { try releaseAll() }
    case .signal(let name, let facts): try signal(name, facts, to: task, at: time)
    case .exited(let status): try end(task, status: status, at: time)
    case .superseded: try end(task, status: nil, at: time)
    }
  }

  private func task(of line: StraceLine) -> Int64 {
    guard let number = line.task else { return nameless }
    // Who bears a number that no fork gave, where somebody had none before, is that.
    if !isNamelessKnown, section.state.known(nameless) != nil, !children.contains(number) { return nameless }
    return number
  }

  private func time(of line: StraceLine) -> UInt64 {
    switch line.time {
    case .none: now &+= 1000
    case .since(let delta): now &+= delta
    case .date(let time): now = time
    case .clock(let time):
      // Over midnight.
      let day: UInt64 = 86_400_000_000_000
      let days = now / day
      now = days &* day &+ time &+ (now % day > time + day / 2 ? day : 0)
    }
    return now
  }

  private func end(_ task: Int64, status: Int64?, at time: UInt64) throws(SystemError) {
    waiting[task] = nil
    children.remove(task)
    var parameters = StraceParameters(StraceCall.exit.event)
    if let status { parameters.set(.status, status) }
    try tell(StraceCall.exit.plan, parameters, by: task, at: time)
  }

  private func signal(
    _ name: String, _ facts: ArraySlice<UInt8>, to task: Int64, at time: UInt64
  ) throws(SystemError) {
    guard let number = StraceNames.signal(Array(name.utf8)[...]) else { return noteBadLine("an unknown signal") }
    var parameters = StraceParameters(StraceCall.signal.event)
    parameters.set(.sig, number)
    if let sender = StraceText.member("si_pid=", in: facts).flatMap(StraceNames.number) {
      parameters.set(.spid, sender)
    }
    try tell(StraceCall.signal.plan, parameters, by: task, at: time)
  }

  private func tell(
    _ plan: ScapPlan, _ parameters: StraceParameters, by task: Int64, at time: UInt64, duration: UInt64? = nil,
    isUnfinished: Bool = false
  ) throws(SystemError) {
    try parameters.withParameters { (exit) throws(SystemError) in
      try section.take(plan, exit, by: task, at: time, duration: duration, isUnfinished: isUnfinished)
    }
  }

  // MARK: Calls

  private func call(
    _ name: String, _ text: ArraySlice<UInt8>, by task: Int64, began: UInt64, ended: UInt64? = nil,
    isUnfinished: Bool = false
  ) throws(SystemError) {
    let line = StraceArguments(text)
    guard line.isWhole else { return noteBadLine("a call without its result") }
    // It does not return; the end of the task is told by itself.
    if line.result == nil, !isUnfinished, name == "exit" || name == "exit_group" { return }
    let call = calls[name] ?? StraceCall.named(name)
    if calls[name] == nil, calls.count < 1024 { calls[name] = call }
    let process = section.state.thread(task).process
    var parameters = StraceParameters(call.event)
    if let result = line.result { parameters.set(.res, result) }
    for (argument, place) in zip(line.arguments, call.places) {
      guard let place else { continue }
      note(argument, of: process)
      switch place {
      case .field(let field): parameters.set(field, argument, of: name)
      case .pair:
        let pair = argument.dropFirst().split(separator: UInt8(ascii: ","))
        for (part, field) in zip(pair, [ScapField.fd1, .fd2]) {
          let digits = part.drop { $0 == UInt8(ascii: " ") }.prefix { (48...57).contains($0) }
          if let number = StraceNames.number(digits) { parameters.set(field, number) }
        }
      }
    }
    parameters.addSpecial(of: name, line, state: section.state, process: process)
    let duration = ended.map { $0 - min(began, $0) } ?? line.duration
    // A child may run before its parent's call returns.
    let end = isUnfinished ? now : call.makesTask ? began : ended ?? began &+ (line.duration ?? 0)
    try tell(
      call.plan, parameters, by: task, at: end, duration: isUnfinished ? end - min(began, end) : duration,
      isUnfinished: isUnfinished)
    if call.makesTask, let result = line.result, result > 0 {
      children.insert(result)
      try release(result)
    }
    if line.isResultDescriptor, let result = line.result, let annotation = line.resultAnnotation {
      note(result, annotation, of: process)
    }
  }

  /// What `-y` says of a descriptor: that is open, and is that.
  private func note(_ argument: ArraySlice<UInt8>, of process: ScapProcess) {
    guard let first = argument.first, StraceText.isWord(first) else { return }
    var text = StraceText(argument)
    let word = text.takeWord()
    guard let annotation = text.takeAnnotation() else { return }
    if word.elementsEqual("AT_FDCWD".utf8) {
      if annotation.first == UInt8(ascii: "/") { process.row.workingDirectory = Array(annotation) }
    } else if let number = StraceNames.number(word) {
      note(number, annotation, of: process)
    }
  }

  private func note(_ number: Int64, _ annotation: ArraySlice<UInt8>, of process: ScapProcess) {
    guard number >= 0, let described = StraceAnnotation.file(annotation) else { return }
    let state = section.state
    guard let known = state.file(number, of: process) else {
      return state.open(number, state.makeFile(described), in: process)
    }
    guard let renewed = StraceAnnotation.merged(known.file, described) else { return }
    state.renew(known, renewed)
  }
}

/// A name for a message: letters only, whatever the log holds.
private struct EscapedName: CustomStringConvertible {
  let description: String
  init(_ name: String) { description = String(name.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }) }
}
