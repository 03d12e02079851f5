internal import Arguments
internal import CaptureFormat
internal import Events
internal import Inspector
internal import Posix
internal import Reconstruction
internal import Terminal

/// `inspect`: a capture in the terminal.
func runInspect(_ invocation: Invocation) throws -> Int32 {
  var files = invocation.operands
  guard !files.isEmpty else {
    throw CommandFailure("inspect: no capture named", remedy: "name a file, or `-`", status: 64)
  }
  let isLocal = invocation.isSet("local")
  for place in files.indices where files[place] == "-" { files[place] = try spoolStandardInput() }
  for place in files.indices {
    guard let foreign = try ForeignCapture(path: files[place]) else { continue }
    for complaint in foreign.complaints { complain("\(files[place]): \(complaint)") }
    files[place] = foreign.path
  }
  let capture: Capture
  // Before the terminal is taken: what is wrong with the file is to be read afterwards.
  do throws(CaptureError) { capture = try Capture(path: files[0]) } catch {
    throw CommandFailure(error, in: invocation.operands[0])
  }
  var state = InspectorState(size: InspectorState.smallest, files: files)
  state.isLocal = isLocal
  state.timeResolver = { text, tables in resolve(text, tables, isLocal: isLocal) }
  do {
    return try inspect(capture, state, wantsColour: environmentVariable("NO_COLOR") == nil)
  } catch let error as TerminalError {
    throw CommandFailure("inspect: \(error)", remedy: error.remedy)
  }
}

/// What `--from` and `--to` understand.
private func resolve(_ text: String, _ tables: CaptureTables, isLocal: Bool) -> Result<BootTime, TimeProblem> {
  guard let expression = TimeExpression(text) else {
    return .failure(TimeProblem(text: "not a time: '\(text)'; such as 14:02, 14:02:11.5, -30s, +5s"))
  }
  let span = WindowResolver.Span(
    clock: tables.clock, first: tables.first, last: tables.last, trigger: tables.triggers.map(\.time).min())
  let resolver = WindowResolver([span], isLocal: isLocal)
  do {
    return .success(resolver.time(of: try resolver.resolve(expression), in: span))
  } catch let failure as CommandFailure {
    return .failure(TimeProblem(text: failure.message))
  } catch {
    return .failure(TimeProblem(text: "\(error)"))
  }
}
