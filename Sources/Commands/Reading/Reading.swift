internal import Arguments
internal import CaptureFormat
internal import Posix
internal import Reconstruction
internal import Symbols

/// Runs one reading command over every file named.
///
/// One bad file does not end the run; the exit status remembers the worst: an error before "nothing matched".
func runReading(_ invocation: Invocation) throws -> Int32 {
  var statuses: [Int32] = []
  let target = try outputDescriptor(of: invocation)
  let output = Output(to: target ?? StandardStream.output.rawValue)
  guard !invocation.operands.isEmpty else {
    throw CommandFailure("\(invocation.command.name): no capture named", remedy: "name a file, or `-`", status: 64)
  }
  let stackSymbols = try stackSymbols(of: invocation)
  let wish = try FilterWish(invocation)
  for path in wish.paths {
    do {
      let file = try ReadingFile(path: path, invocation, filter: wish.filter)
      let status = try run(invocation, file, output, wish, stackSymbols)
      statuses.append(file.complainOfProblems() ? 2 : status)
    } catch let error as CaptureError {
      complain(CommandFailure(error, in: path))
      statuses.append(2)
    } catch let error as CommandFailure where error.status != 64 {
      complain(error)
      statuses.append(error.status)
    }
  }
  try output.flush()
  if statuses.contains(2) { return 2 }
  return statuses.allSatisfy { $0 == 1 } ? 1 : 0
}

private func run(
  _ invocation: Invocation, _ file: ReadingFile, _ output: Output, _ wish: FilterWish, _ stackSymbols: StackSymbols?
) throws -> Int32 {
  switch invocation.command.name {
  case "info": try InfoCommand(file: file, output: output).run()
  case "containers": try ContainersCommand(file: file, output: output).run()
  case "state": try StateCommand(file: file, output: output).run()
  case "logs": try LogsCommand(file: file, output: output, showsAll: invocation.isSet("all")).run()
  case "top": try TopCommand(file: file, output: output).run()
  case "packets": try PacketsCommand(file: file, output: output).run()
  case "connections": try ConnectionsCommand(file: file, output: output).run()
  case "dns": try NamesCommand(file: file, output: output).run()
  case "ps": try PsCommand(file: file, output: output).run()
  case "events":
    try EventsCommand(
      file: file, output: output, format: try EventFormat.format(of: invocation), stackSymbols: stackSymbols
    ).run()
  case "slice": try SliceCommand(file: file, output: output, filterText: wish.text).run()
  case "export" where invocation.choice(of: "to") == "scap":
    try ScapExport(file: file, output: output).run()
  case "export" where PacketExport.formats[invocation.choice(of: "to") ?? ""] != nil:
    try PacketExport(file: file, output: output).run(
      to: PacketExport.formats[invocation.choice(of: "to") ?? ""] ?? .pcap)
  default:
    try EventsCommand(
      file: file, output: output, format: invocation.choice(of: "to") == "json" ? .array : .lines,
      stackSymbols: stackSymbols
    ).run()
  }
}

/// The file that `-o` names; nil is standard output.
private func outputDescriptor(of invocation: Invocation) throws(SystemError) -> Int32? {
  guard invocation.command.flags.contains(where: { $0.name == "output" }),
    let path = invocation.value(of: "output"), path != "-"
  else { return nil }
  return try FileDescriptor.create(path).release()
}

/// The names that `--symbols` asks for; nil where it is not given.
private func stackSymbols(of invocation: Invocation) throws -> StackSymbols? {
  guard invocation.command.flags.contains(where: { $0.name == "symbols" }) else { return nil }
  let places = invocation.values(of: "symbols")
  guard !places.isEmpty else { return nil }
  let finder: SymbolFinder
  do throws(SystemError) {
    finder = try SymbolFinder(places)
  } catch {
    throw CommandFailure("--symbols: \(error)", remedy: "name a program, or a directory that programs are in")
  }
  return StackSymbols { buildID, offset in finder.symbol(buildID: buildID, offset: offset)?.description }
}
